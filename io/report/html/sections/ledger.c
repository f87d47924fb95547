// The test-set ledger: how many decisions these rows have already supported.
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/report_read.h"

// The report is the same however often it is made, so the count cannot be in it.
static const char counted_beside[] =
    "<p>How many decisions these rows have supported before is counted where the comparison was made. This "
    "report "
    "is the same bytes however often it is made, so the count stands beside it, as "
    "<code>ledger.decisions_before</code> in environment.json, and <code>ingot compare</code> says it. Where "
    "<code>gates.ledger</code> names a file, each decision asks for more evidence than the one before, and "
    "the count "
    "is a part of the verdict and of this section.</p>\n";

static bool present(const json_t *report) {
  return has_champion(report) && *report_string(report, "evaluation_set/digest") != '\0';
}

static void summary(Text *text, const json_t *report) {
  double before = report_number(report, "ledger/decisions_before");
  if (before != before) {
    text_put(text, "counted beside this report");
    return;
  }
  text_put(text, "this is decision ");
  format_count(text, before + 1);
  text_put(text, " on these rows");
}

static void body(Text *text, const json_t *report) {
  Form count = {.scale = 1}, alpha = {.scale = 1, .decimals = 5};
  double before = report_number(report, "ledger/decisions_before");
  if (before != before) {
    text_put(text, counted_beside);
    return;
  }
  Facts facts = facts_open(text, NULL, "Test-set ledger");
  fact_number(text, "Decisions before this one", "/ledger/decisions_before", before, &count, "", "");
  fact_number(text, "Alpha of all decisions", "/ledger/alpha", report_number(report, "ledger/alpha"), &alpha,
              "", "");
  fact_number(text, "Alpha of this decision", "/ledger/alpha_this_decision",
              report_number(report, "ledger/alpha_this_decision"), &alpha, "",
              "the more often rows are asked, the more evidence they must give");
  facts_close(text, &facts);
  if (before >= 4)
    text_add(text, "<p class=\"note warn\">These rows have been asked often: %s.</p>\n",
             before >= 19 ? "take new ones" : "plan for new ones");
}

const Section section_ledger = {"ledger", "Test-set ledger", NULL, "ds mle", true, present, summary, body};
