// Fuzzer of report.json: whatever it holds, it is refused or shown as a page, Markdown, text and JUnit.
#include "io/report/html/report_html.h"
#include "io/report/html/script.h"
#include "io/report/json_text.h"
#include "io/report/report_junit.h"
#include "io/report/report_markdown.h"
#include "io/report/report_text.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

// A script other than the page's own.
static int has_foreign_script(const char *page) {
  static const char tag[] = "<script";
  for (const char *at = page; (at = strstr(at, tag)) != NULL; at += sizeof tag) {
    if (at[sizeof tag - 1] != '>' || strncmp(at + sizeof tag, REPORT_SCRIPT, strlen(REPORT_SCRIPT)) != 0)
      return 1;
  }
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  json_t *report = NULL;
  Error error = {0};
  Status status = json_text_read(&report, fuzz_file(".json", data, size), &error);
  fuzz_settled(status, &error);
  if (status != STATUS_OK) return 0;
  Text html = {0}, markdown = {0}, text = {0}, junit = {0};
  report_html(&html, report);
  report_markdown(&markdown, report);
  report_text(&text, report);
  report_junit(&junit, report);
  if (html.length == 0 || has_foreign_script(html.bytes)) abort();
  text_free(&html);
  text_free(&markdown);
  text_free(&text);
  text_free(&junit);
  json_decref(report);
  return 0;
}
