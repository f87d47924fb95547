// What an import found, as a table for people.
#include "engine/shared/memory.h"
#include "io/data/import.h"
#include "io/shared/text.h"

#include <stdlib.h>
#include <string.h>

static void add_notes(Text *text, const ImportColumn *column) {
  bool number = strcmp(column->type, "number") == 0 || strcmp(column->type, "integer") == 0;
  if (number && column->least <= column->most) {
    text_put(text, "  ");
    text_number(text, column->least);
    text_put(text, " to ");
    text_number(text, column->most);
  }
  if (column->identifier) text_put(text, "  looks like an identifier");
  if (column->distinct == 1) text_put(text, "  only one value");
  if (column->note != NULL) text_add(text, "  %s", column->note);
}

char *import_summary_text(const ImportSummary *summary) {
  Text text = {0};
  int widest = 6;
  for (int i = 0; i < summary->column_count; i++) {
    int length = (int)strlen(summary->columns[i].name);
    if (length > widest) widest = length > 40 ? 40 : length;
  }
  text_add(&text, "%-*s  %-8s  %9s  %9s\n", widest, "column", "type", "missing", "distinct");
  for (int i = 0; i < summary->column_count; i++) {
    const ImportColumn *column = &summary->columns[i];
    text_add(&text, "%-*s  %-8s  %9lld  %9lld", widest, column->name, column->type,
             (long long)column->missing, (long long)column->distinct);
    add_notes(&text, column);
    text_put(&text, "\n");
  }
  return text_take(&text);
}

void import_summary_free(ImportSummary *summary) {
  for (int i = 0; i < summary->column_count; i++) {
    free(summary->columns[i].name);
    free(summary->columns[i].note);
  }
  free(summary->columns);
  *summary = (ImportSummary){0};
}
