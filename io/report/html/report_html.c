// The page: head with its policy, the verdict, then the sections of one list.
#include "io/report/html/report_html.h"

#include "engine/shared/tensor.h"
#include "io/report/html/sections.h"
#include "io/report/html/style.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"

#include <openssl/evp.h>
#include <string.h>

const Section SECTIONS[] = {
    {"decision", "Decision", false, has_gates, NULL, write_gates},
    {"money", "Money", false, has_money, NULL, write_money},
    {"quality", "Model quality", true, has_quality, summarise_quality, write_quality},
    {"calibration", "Can you trust the numbers it predicts?", true, has_calibration, summarise_calibration,
     write_calibration},
    {"lineage", "Lineage and reproduction", true, has_lineage, summarise_lineage, write_lineage},
    {"methods", "Methods", true, has_methods, NULL, write_methods},
    {NULL, NULL, false, NULL, NULL, NULL},
};

static void write_head(Text *text, const json_t *report) {
  uint8_t digest[DIGEST_BYTES];
  char base64[48];
  sha256(digest, REPORT_STYLE, strlen(REPORT_STYLE));
  EVP_EncodeBlock((unsigned char *)base64, digest, DIGEST_BYTES);
  text_add(
      text,
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-%s'; "
      "base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" "
      "content=\"no-referrer\">\n<title>",
      base64);
  text_html(text, report_string(report, "verdict/state"));
  text_put(text, ": ");
  text_html(text, report_string(report, "subject/name"));
  text_add(text, "</title>\n<style>%s</style>\n</head>\n<body>\n<main>\n", REPORT_STYLE);
}

static void write_fact(Text *text, const char *title, const char *value) {
  if (!*value) return;
  text_put(text, "<li>");
  text_html(text, title);
  text_put(text, " <b>");
  text_html(text, value);
  text_put(text, "</b></li>\n");
}

static void write_title(Text *text, const json_t *report) {
  text_add(text, "<header><div class=\"kicker\">%s</div>\n<h1>",
           has_champion(report) ? "Champion and challenger" : "Evaluation report");
  text_html(text, report_string(report, "subject/name"));
  text_put(text, "</h1>\n");
  if (*report_string(report, "subject/goal")) {
    text_put(text, "<p class=\"lede\">");
    text_html(text, report_string(report, "subject/goal"));
    text_put(text, "</p>\n");
  }
  text_put(text, "<ul class=\"facts\">");
  if (has_champion(report)) {
    write_fact(text, "Champion", report_string(report, "subject/champion/name"));
    write_fact(text, "Challenger", report_string(report, "subject/challenger/name"));
  }
  write_fact(text, "Target", report_string(report, "task/target"));
  Text rows = {0};
  format_count(&rows, report_number(report, "evaluation_set/rows"));
  text_add(&rows, " %s", report_string(report, "evaluation_set/part"));
  write_fact(text, "Rows", rows.bytes);
  text_free(&rows);
  write_fact(text, "Owner", report_string(report, "subject/owner"));
  text_put(text, "</ul></header>\n");
}

static void write_section(Text *text, const Section *section, const json_t *report) {
  if (!section->folded) {
    text_add(text, "<section id=\"%s\"><h2>%s</h2>\n", section->id, section->title);
    section->body(text, report);
    text_put(text, "</section>\n");
    return;
  }
  text_add(text, "<details class=\"section\" id=\"%s\"><summary><h2>%s</h2><span>", section->id,
           section->title);
  if (section->summary) section->summary(text, report);
  text_put(text, "</span></summary><div class=\"inside\">\n");
  section->body(text, report);
  text_put(text, "</div></details>\n");
}

static void write_foot(Text *text, const json_t *report) {
  Text json = {0};
  uint8_t digest[DIGEST_BYTES];
  char hex[DIGEST_HEX];
  json_text(&json, report);
  sha256(digest, json.bytes, json.length);
  sha256_hex(hex, digest);
  text_free(&json);
  text_put(text, "<footer>A pure function of report.json, SHA-256 <code>");
  text_put(text, hex);
  text_put(text, "</code>. No scripts, no network.</footer>\n</main>\n</body>\n</html>\n");
}

void report_html(Text *text, const json_t *report) {
  write_head(text, report);
  write_title(text, report);
  write_verdict(text, report);
  for (const Section *section = SECTIONS; section->id; section++)
    if (section->present(report)) write_section(text, section, report);
  write_foot(text, report);
}
