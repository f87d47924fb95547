// Operations: what the model is to those who run it, as far as it is a function of the inputs.
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/report_read.h"

static bool present(const json_t *report) {
  return json_is_object(report_at(report, "operations"));
}

static void summary(Text *text, const json_t *report) {
  double parameters = report_number(report, "operations/parameters");
  if (parameters != parameters) return;
  format_count(text, parameters);
  text_put(text, " parameters");
}

static void body(Text *text, const json_t *report) {
  Form count = {.scale = 1};
  const json_t *operations = report_at(report, "operations");
  Facts facts = facts_open(text, NULL, "Operations");
  fact_number(text, "Parameters", "/operations/parameters", report_number(operations, "parameters"), &count,
              "", "");
  fact_number(text, "Inputs", "/operations/inputs", report_number(operations, "inputs"), &count, "", "");
  fact_number(text, "Size of the model", "/operations/model_bytes", report_number(operations, "model_bytes"),
              &count, "bytes", "");
  fact_text(text, "Numerics", "/operations/numerics", report_string(operations, "numerics"));
  fact_text(text, "Determinism", "/operations/determinism", report_string(operations, "determinism"));
  facts_close(text, &facts);
  text_put(text,
           "<p class=\"small\">Latency of a row and of a batch, throughput, peak memory and device are of "
           "the machine, and measured on it: they stand in environment.json beside this page.</p>\n");
}

const Section section_operations = {"operations", "Operations", NULL, "mle", true, present, summary, body};
