// Keeps where models came from, and opens them again.
#include "tools/cli/judge/verify/sources.h"

#include "engine/evaluate/rows_match.h"
#include "engine/shared/memory.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"

#include <stdlib.h>
#include <string.h>

// ---- writing ----

static void put_text(json_t *json, const char *key, const char *text) {
  if (text != NULL) json_object_set_new(json, key, json_string(text));
}

static void put_path(json_t *json, const char *key, const char *path) {
  char *absolute = path == NULL ? NULL : realpath(path, NULL);
  put_text(json, key, absolute);
  free(absolute);
}

json_t *sources_json(const Judgement *judgement, char (*names)[32]) {
  const JudgeChoices *choices = judgement->choices;
  json_t *files = json_object(), *sets = json_array();
  for (int i = 0; i < judgement->challenger_count; i++)
    put_text(files, names[i], judgement->challengers[i].source);
  if (judgement->champion != NULL) put_text(files, "champion.h5", judgement->champion->source);
  for (int i = 0; i < choices->sets.count; i++)
    json_array_append_new(sets, json_string(choices->sets.items[i]));
  json_t *json = json_pack("{s:o,s:b,s:o}", "files", files, "config", choices->config != NULL, "set", sets);
  put_path(json, "data", choices->data);
  put_text(json, "split", choices->part);
  put_text(json, "checkpoint", choices->checkpoint);
  return json;
}

// ---- reading ----

static const char *text_or_null(const json_t *json, const char *path) {
  return json_string_value(report_at(json, path));
}

void sources_read(Sources *sources, const char *folder) {
  char *path = memory_format("%s/environment.json", folder);
  Error ignored;
  *sources = (Sources){.config = memory_format("%s/config.yaml", folder)};
  if (json_text_read(&sources->json, path, &ignored) != STATUS_OK) sources->json = NULL;
  const json_t *given = report_at(sources->json, "sources");
  sources->choices =
      (JudgeChoices){.data = text_or_null(given, "data"), .checkpoint = text_or_null(given, "checkpoint")};
  const char *split = text_or_null(given, "split");
  if (sources->choices.data == NULL) sources->choices.part = split == NULL ? "test" : split;
  for (size_t i = 0; i < report_size(given, "set"); i++)
    text_list_add(&sources->choices.sets, report_string(json_array_get(report_at(given, "set"), i), ""));
  free(path);
}

void sources_free(Sources *sources) {
  text_list_free(&sources->choices.sets);
  json_decref(sources->json);
  free(sources->config);
  *sources = (Sources){0};
}

// ---- opening again ----

// Of the first challenger the report has the whole configuration; another run is opened by its own, unless
// one was given for all.
static JudgeChoices choices_for(const Sources *sources, const JudgedModel *lead, bool predictions) {
  static const TextList none = {NULL, 0};
  JudgeChoices choices = sources->choices;
  bool given = json_is_true(report_at(sources->json, "sources/config"));
  if (lead == NULL || given || predictions) {
    choices.config = sources->config;
    choices.sets = none;
  }
  return choices;
}

static bool same_numbers(const double *a, const double *b, int64_t count) {
  if (a == NULL || b == NULL) return a == b;
  return memcmp(a, b, (size_t)count * sizeof *a) == 0;
}

// Leaves the rows of `kept` in `again`, in that order; false where it lacks one.
static bool take_rows(JudgedModel *again, JudgedModel *kept, bool *more) {
  const JudgedRows *a = &again->judged, *b = &kept->judged;
  int64_t common = 0, *first = memory_get((size_t)b->rows, sizeof *first),
          *other = memory_get((size_t)b->rows, sizeof *other);
  bool partial = false;
  Error ignored;
  Status status = rows_intersect(&common, first, other, (const char *const *)b->ids, b->rows,
                                 (const char *const *)a->ids, a->rows, &ignored);
  bool all = status == STATUS_OK && common == b->rows;
  if (all) *more |= a->rows > b->rows;
  free(first);
  free(other);
  return all && judged_model_align(again, kept, true, &partial, &ignored) == STATUS_OK;
}

// What differs between a model and its stored scores; NULL: nothing.
static const char *difference_of(const JudgedModel *again, const JudgedModel *kept) {
  const JudgedRows *a = &again->judged, *b = &kept->judged;
  if (a->classes != b->classes || a->task != b->task) return "it has another target";
  if (!same_numbers(a->labels, b->labels, b->rows) || !same_numbers(a->weights, b->weights, b->rows))
    return "labels or weights are others";
  return same_numbers(again->scores, kept->scores, b->rows * b->classes) ? NULL : "the scores are others";
}

// The digests prove that this is the model that the report names, on its run's own data.
static bool is_proven(const JudgedModel *again, const JudgedModel *kept, const Sources *sources) {
  const char *a = again->subject.model_digest, *b = kept->subject.model_digest;
  return again->model.run != NULL && sources->choices.data == NULL && a[0] != '\0' && strcmp(a, b) == 0;
}

static Status open_again(JudgedModel *again, const JudgedModel *kept, const char *path,
                         const Sources *sources, const JudgedModel *lead, Error *error) {
  bool predictions = strcmp(kept->subject.kind == NULL ? "" : kept->subject.kind, "predictions") == 0;
  JudgeChoices choices = choices_for(sources, lead, predictions);
  if (judged_is_report(path))
    return error_set(error, STATUS_MISSING, "%s is a report, whose scores these are", path);
  return judged_model_open_any(again, path, &choices, lead == NULL ? NULL : lead->config, error);
}

bool sources_reopen(JudgedModel *kept, bool *more, bool *forged, char **reason, const Sources *sources,
                    const char *file, const JudgedModel *lead) {
  const char *path = json_string_value(json_object_get(report_at(sources->json, "sources/files"), file));
  JudgedModel again = {0};
  Error error;
  *reason = NULL;
  if (path == NULL) {
    *reason = memory_format("the model behind %s: environment.json does not say where it is", file);
    return false;
  }
  if (open_again(&again, kept, path, sources, lead, &error) != STATUS_OK)
    *reason = memory_format("%s: %s", path, error.text);
  else if (!take_rows(&again, kept, more))
    *reason = memory_format("%s: rows of the report are no longer there", path);
  const char *difference = *reason == NULL ? difference_of(&again, kept) : NULL;
  if (difference != NULL) {
    *forged = is_proven(&again, kept, sources);
    *reason = memory_format("%s, as it was: %s now", path, difference);
  }
  JudgedModel *closed = *reason == NULL ? kept : &again;
  judged_model_close(closed);
  if (*reason == NULL) *kept = again;
  return *reason == NULL;
}
