// Lineage and reproduction: the model card, digests, rows, and the exact command.
#include "io/report/html/sections/cells.h"
#include "io/report/html/sections/section.h"
#include "io/report/report_read.h"

#include <stdio.h>
#include <string.h>

static bool present(const json_t *report) {
  return json_is_object(report_at(report, "lineage")) || json_is_object(report_at(report, "card"));
}

static void summary(Text *text, const json_t *report) {
  text_html(text, report_string(report, "lineage/tool"));
  if (*report_string(report, "lineage/numerics")) {
    text_put(text, " · numerics ");
    text_html(text, report_string(report, "lineage/numerics"));
  }
}

static void fact(Text *text, const json_t *report, const char *title, const char *pointer) {
  Form count = {.scale = 1};
  const char *words = report_string(report, pointer + 1);
  bool code = strstr(pointer, "digest") != NULL;
  if (code) {
    fact_code(text, title, pointer, words);
  } else {
    fact_text(text, title, pointer, words);
    fact_number(text, title, pointer, report_number(report, pointer + 1), &count, "", "");
  }
}

static void card(Text *text, const json_t *report) {
  if (!json_is_object(report_at(report, "card"))) return;
  Facts facts = facts_open(text, "Model card", "Model card");
  fact(text, report, "Goal", "/card/goal");
  fact(text, report, "Owner", "/card/owner");
  fact(text, report, "Intended use", "/card/intended_use");
  fact(text, report, "Limits", "/card/limits");
  facts_close(text, &facts);
}

static void subject(Text *text, const json_t *report, const char *side, const char *title) {
  static const char *const FACTS[][2] = {{"Name", "name"},
                                         {"Model", "kind"},
                                         {"Checkpoint", "checkpoint"},
                                         {"Model digest", "model_digest"},
                                         {"State digest", "state_digest"},
                                         {"Training configuration", "config_digest"},
                                         {"Training data", "data_digest"},
                                         {"Scores of its file, by row id", "predictions_digest"},
                                         {"Report", "report_digest"},
                                         {"Seed", "seed"}};
  Facts facts = facts_open(text, title, title);
  for (size_t i = 0; i < sizeof FACTS / sizeof *FACTS; i++) {
    char pointer[POINTER_MAX];
    snprintf(pointer, sizeof pointer, "/subject/%s/%s", side, FACTS[i][1]);
    fact(text, report, FACTS[i][0], pointer);
  }
  facts_close(text, &facts);
}

static void evaluation(Text *text, const json_t *report) {
  const json_t *value;
  const char *name;
  Facts facts = facts_open(text, "Evaluation", "Evaluation");
  fact(text, report, "Rows", "/evaluation_set/rows");
  fact(text, report, "Rows that all models scored", "/evaluation_set/coverage/text");
  fact(text, report, "Positive rows", "/evaluation_set/events");
  fact(text, report, "Clusters", "/evaluation_set/clusters");
  fact(text, report, "From", "/evaluation_set/period/from");
  fact(text, report, "To", "/evaluation_set/period/to");
  fact(text, report, "Part of the split", "/evaluation_set/part");
  fact(text, report, "Evaluation data", "/evaluation_set/digest");
  fact(text, report, "Business definition", "/business/definition_digest");
  if (!json_is_object(report_at(report, "card"))) fact(text, report, "Owner", "/subject/owner");
  fact(text, report, "Program", "/lineage/tool");
  fact_code(text, "Commit of its source", "/lineage/commit", report_string(report, "lineage/commit"));
  fact(text, report, "Numerics", "/lineage/numerics");
  json_object_foreach((json_t *)report_at(report, "lineage/digests"), name, value) {
    Text title = {0};
    text_add(&title, "Digest of %.80s", name);
    fact_code(text, title.bytes, NULL, report_string(value, ""));
    text_free(&title);
  }
  facts_close(text, &facts);
}

static void body(Text *text, const json_t *report) {
  bool compared = has_champion(report);
  card(text, report);
  if (compared) subject(text, report, "champion", "Champion");
  subject(text, report, "challenger", compared ? "Challenger" : "Model");
  evaluation(text, report);
  if (!*report_string(report, "lineage/command")) return;
  text_put(text, "<h3>Reproduce this report</h3><p>Runs and files by their names, without "
                 "their folders.</p><pre id=\"/lineage/command\" tabindex=\"0\">");
  text_html(text, report_string(report, "lineage/command"));
  text_put(text,
           "</pre>\n<p class=\"small\"><code>ingot inspect report.json /metrics/0/delta</code> opens any "
           "number: each carries its JSON pointer as id.</p>\n");
}

const Section section_lineage = {"lineage", "Lineage and reproduction", NULL, "mle", true, present, summary,
                                 body};
