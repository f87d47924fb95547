// The sections of report.html: each is a pure function of the report, in a file of its own.
#ifndef INGOT_IO_REPORT_HTML_SECTIONS_SECTION_H
#define INGOT_IO_REPORT_HTML_SECTIONS_SECTION_H

#include "io/shared/text.h"

#include <jansson.h>
#include <stdbool.h>

typedef struct Section {
  const char *id, *title;
  const char *regression_title;                      // where the task is regression; NULL: the same
  const char *readers;                               // whose printed view shows it, of "pm ds mle"
  bool folded;                                       // in <details>, with a line of summary
  bool (*present)(const json_t *report);             // has the report what the section shows?
  void (*summary)(Text *text, const json_t *report); // folded: what one sees without opening; may be NULL
  void (*body)(Text *text, const json_t *report);
} Section;

extern const Section section_decision, section_leaderboard, section_money, section_agreement, section_slices,
    section_quality, section_calibration, section_stability, section_data, section_ledger, section_operations,
    section_lineage, section_methods;

// The banner, which is always there and never folded.
void write_verdict(Text *text, const json_t *report);

// Parts of sections, in files of their own.
void write_money_plots(Text *text, const json_t *report);
void write_fairness(Text *text, const json_t *report);
void write_inputs(Text *text, const json_t *report); // importance and dependence

#endif
