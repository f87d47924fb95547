// Judges a finished report again and finds the first difference.
#include "tools/cli/judge/recompute.h"

#include "engine/shared/memory.h"
#include "io/report/html/report_html.h"
#include "io/report/json_text.h"
#include "io/report/report_junit.h"
#include "io/report/report_markdown.h"
#include "io/report/report_read.h"
#include "io/shared/durable.h"
#include "io/shared/text.h"
#include "tools/cli/judge/judgement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MODELS_MAX = 21, PAGE_BYTES_MAX = 1 << 24 };

// The models of a report, and the checks that it made where the data were.
typedef struct Stored {
  JudgedModel champion, challengers[MODELS_MAX];
  int challenger_count;
  bool has_champion;
  ValidityCheck checks[MODELS_MAX][2 * MODEL_CHECKS];
  Validity validity[MODELS_MAX];
} Stored;

static void take_checks(Stored *stored, const json_t *report) {
  for (int i = 0; i < stored->challenger_count; i++) {
    ValidityCheck *checks = stored->checks[i];
    int count = 0;
    for (int c = 0; c < stored->champion.known_count; c++) checks[count++] = stored->champion.known[c];
    for (int c = 0; c < stored->challengers[i].known_count; c++)
      checks[count++] = stored->challengers[i].known[c];
    stored->validity[i] = (Validity){.checks = checks,
                                     .count = count,
                                     .partial = json_is_true(report_at(report, "evaluation_set/partial"))};
  }
}

static Status open_stored(Stored *stored, const json_t *report, const char *folder, Error *error) {
  int others = (int)report_size(report, "subject/others");
  PASS(judged_model_open_stored(&stored->challengers[0], report, folder, "subject/challenger", error));
  stored->challenger_count = 1;
  for (int i = 0; i < others && i + 1 < MODELS_MAX; i++) {
    char subject[32];
    snprintf(subject, sizeof subject, "subject/others/%d", i);
    PASS(judged_model_open_stored(&stored->challengers[i + 1], report, folder, subject, error));
    stored->challenger_count++;
  }
  stored->has_champion = report_at(report, "subject/champion") != NULL;
  if (stored->has_champion)
    PASS(judged_model_open_stored(&stored->champion, report, folder, "subject/champion", error));
  take_checks(stored, report);
  const char *identical = "IDENTICAL";
  stored->validity[0].identical = strcmp(report_string(report, "verdict/state"), identical) == 0;
  return STATUS_OK;
}

static void stored_close(Stored *stored) {
  judged_model_close(&stored->champion);
  for (int i = 0; i < stored->challenger_count; i++) judged_model_close(&stored->challengers[i]);
}

// ---- comparison ----

static char *value_text(const json_t *value) {
  char *text =
      value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
  size_t cut = 77;
  if (text != NULL && strlen(text) > 80) {
    while ((text[cut] & 0xC0) == 0x80) cut--; // not within a character
    strcpy(text + cut, "...");
  }
  return text == NULL ? memory_text("nothing") : text;
}

static void note(Recomputation *made, const char *pointer, const json_t *said, const json_t *found) {
  char *a = value_text(said), *b = value_text(found);
  made->difference = memory_format("%s: the report says %s, its scores say %s", pointer, a, b);
  free(a);
  free(b);
}

// Everything in `found` against what the report says; stops at the first difference. What only the report has
// needed more than the scores.
static void compare(Recomputation *made, const char *pointer, const json_t *said, const json_t *found) {
  const char *key;
  json_t *value;
  size_t i;
  if (made->difference != NULL) return;
  if (said == NULL || json_typeof(said) != json_typeof(found)) {
    note(made, pointer, said, found);
  } else if (json_is_object(found)) {
    json_object_foreach((json_t *)found, key, value) {
      char *below = memory_format("%s/%s", pointer, key);
      compare(made, below, json_object_get(said, key), value);
      free(below);
    }
    json_object_foreach((json_t *)said, key, value) {
      if (json_object_get(found, key) != NULL) continue;
      char *below = memory_format("%s/%s", pointer + 1, key);
      json_array_append_new(made->unheard, json_string(below));
      free(below);
    }
  } else if (json_is_array(found)) {
    json_array_foreach(found, i, value) {
      char *below = memory_format("%s/%zu", pointer, i);
      compare(made, below, json_array_get(said, i), value);
      free(below);
    }
    for (i = json_array_size(found); made->difference == NULL && i < json_array_size(said); i++) {
      char *below = memory_format("%s/%zu", pointer, i);
      note(made, below, json_array_get(said, i), NULL);
      free(below);
    }
  } else {
    made->compared++;
    if (!json_equal(said, found)) note(made, pointer, said, found);
  }
}

// Members that speak of more than the scores: who ran what, and by what rules others were judged.
static bool is_hearsay(const char *member) {
  static const char *const names[] = {"lineage", "subject",    "rules_changed", "ledger",
                                      "data",    "operations", "card"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(member, names[i]) == 0) return true;
  return false;
}

static void compare_all(Recomputation *made, const json_t *report, const json_t *again) {
  const char *key;
  json_t *value;
  made->unheard = json_array();
  json_object_foreach((json_t *)report, key, value) {
    const json_t *found = json_object_get(again, key);
    char *pointer = memory_format("/%s", key);
    if (found == NULL || is_hearsay(key))
      json_array_append_new(made->unheard, json_string(key));
    else
      compare(made, pointer, value, found);
    free(pointer);
  }
}

// The tree as it reads from its file, where 1.0 is the integer 1.
static json_t *as_written(json_t *report) {
  Text text = {0};
  json_text(&text, report);
  json_t *read = json_loadb(text.bytes, text.length, 0, NULL);
  text_free(&text);
  json_decref(report);
  return read;
}

// The pages are what report.json renders to.
static void compare_page(Recomputation *made, const char *folder, const char *name, Text *text) {
  char *path = memory_format("%s/%s", folder, name), *bytes = NULL;
  size_t length = 0;
  Error ignored;
  bool read = file_read(&bytes, &length, path, PAGE_BYTES_MAX, &ignored) == STATUS_OK;
  bool same = read && length == text->length && memcmp(bytes, text->bytes, length) == 0;
  if (!same && made->difference == NULL)
    made->difference = memory_format("%s is not what report.json renders to", name);
  free(bytes);
  free(path);
  text_free(text);
}

static void compare_pages(Recomputation *made, const char *folder, const json_t *report) {
  Text text = {0};
  report_html(&text, report);
  compare_page(made, folder, "report.html", &text);
  report_markdown(&text, report);
  compare_page(made, folder, "report.md", &text);
  report_junit(&text, report);
  compare_page(made, folder, "junit.xml", &text);
}

Status report_recompute(Recomputation *made, const char *path, Error *error) {
  Stored *stored = memory_get(1, sizeof *stored);
  json_t *report = NULL, *again = NULL;
  char *folder = NULL;
  Status status;
  *made = (Recomputation){0};
  TRY(judged_report_read(&report, &folder, path, error));
  TRY(open_stored(stored, report, folder, error));
  Judgement judgement = {.challengers = stored->challengers,
                         .challenger_count = stored->challenger_count,
                         .champion = stored->has_champion ? &stored->champion : NULL,
                         .validity = stored->validity,
                         .part = report_string(report, "evaluation_set/part"),
                         .command = report_string(report, "lineage/command"),
                         .confidence = report_number(report, "method/confidence")};
  TRY(judgement_report(&again, &judgement, error));
  again = as_written(again);
  compare_all(made, report, again);
  compare_pages(made, folder, report);
  if (made->difference != NULL) status = error_set(error, STATUS_NO, "%s", made->difference);
done:
  json_decref(again);
  json_decref(report);
  stored_close(stored);
  free(stored);
  free(folder);
  return status;
}

void recomputation_clear(Recomputation *made) {
  free(made->difference);
  json_decref(made->unheard);
  *made = (Recomputation){0};
}
