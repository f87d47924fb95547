// Parts of report.json: the rows that a decision needs, and in words how long labels for them take to come.
//
// How fast rows come: those judged, over the days of their own times where evaluate.time holds dates
// (YYYY-MM-DD...); else business.population rows in the time that its `per` names. Neither: rows alone.
#include "io/report/json/parts.h"
#include "io/report/report_read.h"

#include "engine/evaluate/panels/panels.h"

#include <string.h>

static const double MOST_YEARS = 100; // beyond it nobody plans

typedef struct Period {
  const char *name;
  double days;
} Period;

// The Gregorian year's mean, and parts of it.
static const Period PERIODS[] = {
    {"day", 1}, {"week", 7}, {"month", 365.2425 / 12}, {"quarter", 365.2425 / 4}, {"year", 365.2425}};

// ---- how fast rows come ----

static bool digits_at(int *number, const char *text, int count) {
  *number = 0;
  for (int i = 0; i < count; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    *number = *number * 10 + (text[i] - '0');
  }
  return true;
}

// Days since 0000-03-01 of "YYYY-MM-DD", whatever follows it; NaN where the text begins otherwise. Years that
// begin in March put the leap day last.
static double day_of(const char *text) {
  int year, month, day;
  if (text == NULL || strlen(text) < strlen("YYYY-MM-DD")) return __builtin_nan("");
  bool dated = digits_at(&year, text, 4) && text[4] == '-' && digits_at(&month, text + 5, 2) &&
               text[7] == '-' && digits_at(&day, text + 8, 2);
  if (!dated || month < 1 || month > 12 || day < 1 || day > 31) return __builtin_nan("");
  int march = (month + 9) % 12, years = year - (month < 3);
  return 365.0 * years + years / 4 - years / 100 + years / 400 + (153 * march + 2) / 5 + day - 1;
}

// In how many days the judged rows came; NaN where that is not known.
static double days_of_rows(const ReportParts *parts) {
  const Panels *panels = parts->context->panels;
  const BusinessConfig *business = &parts->context->config->business;
  double days = panels == NULL || panels->stability.by_row
                    ? __builtin_nan("")
                    : day_of(panels->stability.to) - day_of(panels->stability.from) + 1;
  if (days >= 1) return days;
  for (size_t i = 0; business->present && i < sizeof PERIODS / sizeof *PERIODS; i++) {
    bool named = business->population_per != NULL && strcmp(business->population_per, PERIODS[i].name) == 0;
    if (named && business->population_rows > 0)
      return PERIODS[i].days * (double)parts->challenger->rows / business->population_rows;
  }
  return __builtin_nan("");
}

// ---- words ----

// "about 3 more weeks of labels": in the longest period of which it is at least two, rounded up.
static void time_words(Text *text, double days) {
  size_t chosen = 0;
  if (!(days > 0)) return;
  if (days > MOST_YEARS * PERIODS[4].days) {
    text_add(text, "more than %.0f years of labels", MOST_YEARS);
    return;
  }
  for (size_t i = 0; i < sizeof PERIODS / sizeof *PERIODS; i++)
    if (strcmp(PERIODS[i].name, "quarter") != 0 && days >= 2 * PERIODS[i].days) chosen = i;
  double exact = days / PERIODS[chosen].days;
  int64_t count = (int64_t)exact + (exact > (double)(int64_t)exact);
  text_put(text, "about ");
  format_count(text, (double)count);
  text_add(text, " more %s%s of labels", PERIODS[chosen].name, count == 1 ? "" : "s");
}

void put_rows_needed(json_t *object, const ReportParts *parts, int64_t needed, int64_t rows) {
  Text text = {0};
  if (needed <= 0) return;
  put_count(object, "rows_needed", needed);
  time_words(&text, days_of_rows(parts) * ((double)needed / (double)rows - 1));
  put_text(object, "rows_text", text.bytes);
  text_free(&text);
}
