// What the sections are made of: numbers in their form, table cells and rows of facts.
//
// A number that is a member of report.json carries its JSON pointer as id, so that a link can point at it.
#ifndef INGOT_IO_REPORT_HTML_SECTIONS_CELLS_H
#define INGOT_IO_REPORT_HTML_SECTIONS_CELLS_H

#include "io/shared/text.h"

#include <jansson.h>
#include <stdbool.h>

enum { POINTER_MAX = 160 };

// How a number is shown: divided by scale; a percentage is times 100.
typedef struct Form {
  double scale;
  int decimals;
  bool sign, percent;
} Form;

// The form of an object's numbers by the largest of them, as stored: money where it has "scale".
Form form_of(const json_t *object, double largest);
Form form_percent(int decimals);
Form form_money(double scale, double largest); // largest as stored
Form form_signed(Form form);
void put_formed(Text *text, double value, const Form *form);

// True for a comparison of two models; "Challenger" or "This model".
bool has_champion(const json_t *report);
const char *challenger_title(const json_t *report);

// From method/confidence, 0.95 where it is absent; and as "95 %".
double report_confidence(const json_t *report);
void put_confidence(Text *text, const json_t *report);

// Index of the metric "value" in metrics, or -1.
int value_index(const json_t *report);

// "p" as people read it: three decimals, "< 0.001"; nothing for NaN.
void put_p(Text *text, double p);

// The words of a result and the class of its pill.
void put_result(Text *text, const char *result);

// "needs about 4,100 rows: about 3 more weeks of labels" of the object at the pointer base; nothing where it
// has no "rows_needed".
void write_rows_needed(Text *text, const char *base, const json_t *object);

// ---- tables ----

// A heading of a table; numbers stand at the right.
typedef struct Column {
  const char *title;
  bool number;
} Column;

// <table> with its caption (which classes "quiet" leave to screen readers) and headings; titles NULL are left
// out.
void table_open(Text *text, const char *style, const char *caption, const Column *columns, int count);
void table_close(Text *text);

// Opens a <td>; `label` is what a phone shows before the value; id NULL or a JSON pointer.
void cell_open(Text *text, const char *label, const char *style, const char *id);
void cell_text(Text *text, const char *label, const char *id, const char *value);
void cell_number(Text *text, const char *label, const char *id, double value, const Form *form);

// The estimate object[member] with its interval below; its id is base/member.
void cell_estimate(Text *text, const char *label, const char *base, const json_t *object, const char *member,
                   const Form *form);

// ---- facts: a table of titles and values ----

// Where a table of facts began, and where it was still empty.
typedef struct Facts {
  size_t before, empty;
} Facts;

Facts facts_open(Text *text, const char *heading, const char *caption);                // heading NULL: none
void fact_text(Text *text, const char *title, const char *pointer, const char *value); // nothing for ""
void fact_code(Text *text, const char *title, const char *pointer, const char *value);
void fact_number(Text *text, const char *title, const char *pointer, double value, const Form *form,
                 const char *unit, const char *note); // nothing for NaN; note may be ""
void facts_close(Text *text, const Facts *facts);     // an empty table leaves nothing, not even its heading

// ---- words ----

void put_paragraph(Text *text, const char *style, const char *words); // nothing for ""
void put_heading(Text *text, const char *title);                      // h3

// The first six sections' money: unit, scale and form of values on the judged rows.
typedef struct Money {
  const json_t *business;
  const char *unit, *per;
  double scale, rows, population; // population NaN: not scaled
} Money;

Money money_of(const json_t *report);

#endif
