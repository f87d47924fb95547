// The style sheet of report.html.
#ifndef INGOT_IO_REPORT_HTML_STYLE_H
#define INGOT_IO_REPORT_HTML_STYLE_H

// CSS between <style> and </style>; its SHA-256 is in the content security policy.
extern const char REPORT_STYLE[];

#endif
