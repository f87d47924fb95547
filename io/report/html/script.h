// The script of report.html: it moves the threshold slider. The page is whole without it.
#ifndef INGOT_IO_REPORT_HTML_SCRIPT_H
#define INGOT_IO_REPORT_HTML_SCRIPT_H

// JavaScript between <script> and </script>, less than 5 kB; its SHA-256 is in the content security policy.
extern const char REPORT_SCRIPT[];

#endif
