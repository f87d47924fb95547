// The sections of report.html, in the order of the page; each is a pure function of the report.
#ifndef INGOT_IO_REPORT_HTML_SECTIONS_H
#define INGOT_IO_REPORT_HTML_SECTIONS_H

#include "io/shared/text.h"

#include <jansson.h>
#include <stdbool.h>

typedef struct Section {
  const char *id, *title;
  bool folded;                                       // in <details>, with a line of summary
  bool (*present)(const json_t *report);             // has the report what the section shows?
  void (*summary)(Text *text, const json_t *report); // folded: what one sees without opening; may be NULL
  void (*body)(Text *text, const json_t *report);
} Section;

// Ends with an item without id.
extern const Section SECTIONS[];

// True for a comparison of two models.
bool has_champion(const json_t *report);

// <td> helpers; `label` is what a phone shows before the value.
void cell_open(Text *text, const char *label, const char *style);
void cell_interval(Text *text, const char *label, const json_t *object, const char *path, int decimals,
                   bool sign);

// Bodies and summaries, by file.
bool has_gates(const json_t *report);
void write_verdict(Text *text, const json_t *report); // the banner, which is no folded section
void write_gates(Text *text, const json_t *report);
bool has_money(const json_t *report);
void write_money(Text *text, const json_t *report);
bool has_quality(const json_t *report);
void summarise_quality(Text *text, const json_t *report);
void write_quality(Text *text, const json_t *report);
bool has_calibration(const json_t *report);
void summarise_calibration(Text *text, const json_t *report);
void write_calibration(Text *text, const json_t *report);
bool has_lineage(const json_t *report);
void summarise_lineage(Text *text, const json_t *report);
void write_lineage(Text *text, const json_t *report);
bool has_methods(const json_t *report);
void write_methods(Text *text, const json_t *report);

#endif
