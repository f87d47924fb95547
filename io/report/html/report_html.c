// The page: head with its policy, the verdict, then the sections of one list.
#include "io/report/html/report_html.h"

#include "engine/shared/tensor.h"
#include "io/report/html/plots/slider.h"
#include "io/report/html/script.h"
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/html/style.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"

#include <openssl/evp.h>
#include <string.h>

// In the order of the page.
static const Section *const SECTIONS[] = {
    &section_decision,   &section_leaderboard, &section_money,     &section_agreement, &section_slices,
    &section_quality,    &section_calibration, &section_stability, &section_data,      &section_ledger,
    &section_operations, &section_lineage,     &section_methods,
};

// Places to link to, before everything that the style sheet shows or hides for them.
static const char VIEWS[] = "<span id=\"all\"></span><span id=\"pm\"></span><span id=\"ds\"></span><span "
                            "id=\"mle\"></span>\n";
static const char VIEW_LINKS[] =
    "<nav class=\"views\" aria-label=\"Views of this report\"><a href=\"#all\">Everything</a>"
    "<a href=\"#pm\">For product managers</a><a href=\"#ds\">For data scientists</a>"
    "<a href=\"#mle\">For ML engineers</a></nav>\n";

// "style-src 'sha256-...'; ": what the policy allows of its kind, this text alone.
static void allow(Text *text, const char *kind, const char *content) {
  uint8_t digest[DIGEST_BYTES];
  char base64[48];
  sha256(digest, content, strlen(content));
  EVP_EncodeBlock((unsigned char *)base64, digest, DIGEST_BYTES);
  text_add(text, "%s 'sha256-%s'; ", kind, base64);
}

static void write_head(Text *text, const json_t *report) {
  text_put(text, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ");
  allow(text, "style-src", REPORT_STYLE);
  if (has_slider(report)) allow(text, "script-src", REPORT_SCRIPT);
  text_put(
      text,
      "base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" "
      "content=\"no-referrer\">\n<title>");
  text_html(text, report_string(report, "verdict/state"));
  text_put(text, ": ");
  text_html(text, report_string(report, "subject/name"));
  text_add(text, "</title>\n<style>%s</style>\n</head>\n<body>\n%s", REPORT_STYLE, VIEWS);
}

static void write_fact(Text *text, const char *title, const char *value) {
  if (!*value) return;
  text_put(text, "<li>");
  text_html(text, title);
  text_put(text, " <b>");
  text_html(text, value);
  text_put(text, "</b></li>\n");
}

static void write_facts(Text *text, const json_t *report, const char *digest) {
  text_put(text, "<ul class=\"facts\">");
  if (has_champion(report)) {
    write_fact(text, "Champion", report_string(report, "subject/champion/name"));
    write_fact(text, "Challenger", report_string(report, "subject/challenger/name"));
  }
  write_fact(text, "Target", report_string(report, "task/target"));
  if (report_number(report, "evaluation_set/rows") >= 0) {
    Text rows = {0};
    const char *coverage = report_string(report, "evaluation_set/coverage/text");
    format_count(&rows, report_number(report, "evaluation_set/rows"));
    text_add(&rows, " %s", report_string(report, "evaluation_set/part"));
    if (*coverage != '\0') text_add(&rows, " (%s)", coverage);
    write_fact(text, "Rows", rows.bytes);
    text_free(&rows);
  }
  write_fact(text, "Owner", report_string(report, "subject/owner"));
  text_add(text, "<li>Report <b><code>%.12s…</code></b></li></ul>\n", digest);
}

static void write_title(Text *text, const json_t *report, const char *digest) {
  text_add(text, "<header>%s<p class=\"kicker\">%s</p>\n<h1>", VIEW_LINKS,
           has_champion(report) ? "Champion and challenger" : "Evaluation report");
  text_html(text, report_string(report, "subject/name"));
  text_put(text, "</h1>\n");
  put_paragraph(text, "lede", report_string(report, "subject/goal"));
  write_facts(text, report, digest);
  text_put(text, "</header>\n");
}

static const char *title_of(const Section *section, const json_t *report) {
  bool regression = strcmp(report_string(report, "task/kind"), "regression") == 0;
  return regression && section->regression_title != NULL ? section->regression_title : section->title;
}

static void write_section(Text *text, const Section *section, const json_t *report) {
  const char *title = title_of(section, report);
  if (!section->folded) {
    text_add(text,
             "<section class=\"%s\" id=\"%s\" aria-labelledby=\"%s-title\"><h2 id=\"%s-title\">%s</h2>\n",
             section->readers, section->id, section->id, section->id, title);
    section->body(text, report);
    text_put(text, "</section>\n");
    return;
  }
  text_add(text, "<details class=\"section %s\" id=\"%s\"><summary><h2>%s</h2><span>", section->readers,
           section->id, title);
  if (section->summary != NULL) section->summary(text, report);
  text_put(text, "</span></summary><div class=\"inside\">\n");
  section->body(text, report);
  text_put(text, "</div></details>\n");
}

static void digest_of(char hex[DIGEST_HEX], const json_t *report) {
  Text json = {0};
  uint8_t digest[DIGEST_BYTES];
  json_text(&json, report);
  sha256(digest, json.bytes, json.length);
  sha256_hex(hex, digest);
  text_free(&json);
}

void report_html(Text *text, const json_t *report) {
  char digest[DIGEST_HEX];
  digest_of(digest, report);
  write_head(text, report);
  write_title(text, report, digest);
  text_put(text, "<main>\n");
  write_verdict(text, report);
  for (size_t i = 0; i < sizeof SECTIONS / sizeof *SECTIONS; i++)
    if (SECTIONS[i]->present(report)) write_section(text, SECTIONS[i], report);
  text_add(
      text,
      "</main>\n<footer>A pure function of report.json, SHA-256 <code>%s</code>. No network; whole without "
      "scripts.</footer>\n",
      digest);
  if (has_slider(report)) text_add(text, "<script>%s</script>\n", REPORT_SCRIPT);
  text_put(text, "</body>\n</html>\n");
}
