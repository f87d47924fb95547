// Whether the rows that are judged are new to a model, its threshold and its time, unknown where nobody can
// tell; and whether two models are one.
#include "engine/evaluate/rows_match.h"
#include "engine/shared/memory.h"
#include "io/run/manifest.h"
#include "io/run/run_policy.h"
#include "tools/cli/judge/judged_panels.h"
#include "tools/cli/judge/judgement.h"
#include "tools/cli/judge/models/judged_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- what a run learned from ----

// How the judged rows are told from those that a run learned from.
typedef struct Learned {
  Dataset *own;        // as the run split it; NULL: the judged dataset is that, whose part `asked` is judged
  SplitPart asked;     // where own is NULL
  bool by_number;      // the judged data are the run's own, row by row; else rows are told by their key
  const char *unknown; // why they cannot be told; NULL: they can
} Learned;

static bool is_what_was_learned(Dataset *dataset, const TrainedModel *model) {
  uint8_t digest[DIGEST_BYTES];
  Manifest *manifest = NULL;
  Error ignored; // of a column that is not there: then it is another file
  char *path = memory_format("%s/manifest.json", model->run);
  bool same = manifest_read(&manifest, path, &ignored) == STATUS_OK &&
              dataset_digest(digest, dataset, model->config, &ignored) == STATUS_OK &&
              memcmp(digest, manifest->data_digest, DIGEST_BYTES) == 0;
  manifest_free(manifest);
  free(path);
  return same;
}

// The run's own data, from `file` where that holds them (NULL: from where the run had them).
static Status open_own(Dataset **own, const TrainedModel *model, const char *file, Error *error) {
  char *path = model->config->data.file, *given = file == NULL ? NULL : memory_text(file);
  if (given != NULL) model->config->data.file = given;
  Status status = dataset_open(own, model->config, error);
  model->config->data.file = path;
  free(given);
  return status;
}

static void learned_open(Learned *learned, const JudgedModel *judged, const JudgeChoices *choices) {
  const TrainedModel *model = &judged->model;
  Error why;
  *learned = (Learned){.asked = PART_TEST};
  if (model->run == NULL || model->config == NULL) {
    learned->unknown = "the checkpoint lies outside of its run";
    return;
  }
  if (choices->data == NULL && choices->config == NULL) { // the run's own data and split, as opening checked
    if (choices->part != NULL && judged_part_of(&learned->asked, choices->part, &why) != STATUS_OK)
      learned->unknown = "its part is none"; // opening has refused it
    return;
  }
  const DataConfig *trained = &model->config->data;
  learned->by_number = is_what_was_learned(judged->dataset, model);
  const char *same = choices->data != NULL ? choices->data : judged->config->data.file;
  if (open_own(&learned->own, model, learned->by_number && trained->test_file[0] == '\0' ? same : NULL,
               &why) != STATUS_OK)
    learned->unknown = "the data that it was trained on are not there";
  else if (!is_what_was_learned(learned->own, model))
    learned->unknown = "the data that it was trained on have been changed since";
  else if (!learned->by_number &&
           (trained->split.key[0] == '\0' || strcmp(trained->split.key, judged->config->data.split.key) != 0))
    learned->unknown = "its data.split has no key by which rows of another file could be told from those it "
                       "was trained on";
}

// How many of the judged rows lie in a part of what the run learned from.
static Status count_common(int64_t *common, const Learned *learned, const JudgedModel *judged, SplitPart part,
                           Error *error) {
  const JudgedRows *rows = &judged->judged;
  int64_t count;
  *common = 0;
  if (learned->own == NULL) {
    *common = learned->asked == part ? rows->rows : 0;
    return STATUS_OK;
  }
  const int64_t *learned_rows = dataset_part(learned->own, part, &count);
  if (learned->by_number) {
    bool *within = memory_get((size_t)dataset_rows(learned->own), sizeof *within);
    for (int64_t i = 0; i < count; i++) within[learned_rows[i]] = true;
    for (int64_t i = 0; i < rows->rows; i++) *common += within[rows->numbers[i]];
    free(within);
    return STATUS_OK;
  }
  char **ids = NULL;
  PASS(dataset_row_ids(&ids, learned->own, learned_rows, count, error));
  int64_t *first = memory_get((size_t)count, sizeof *first),
          *other = memory_get((size_t)count, sizeof *other);
  Status status = rows_intersect(common, first, other, (const char *const *)ids, count,
                                 (const char *const *)rows->ids, rows->rows, error);
  free(first);
  free(other);
  free(ids);
  return status;
}

// ---- the checks ----

typedef struct Checks {
  ValidityCheck *items;
  int count;
  const JudgedModel *judged;
  const char *role;
} Checks;

// A clause behind the model's name.
__attribute__((format(printf, 4, 5))) static ValidityCheck *add(Checks *checks, const char *id,
                                                                GateResult result, const char *format, ...) {
  ValidityCheck *check = &checks->items[checks->count++];
  const char *name = checks->judged->name;
  size_t length = strlen(name), most = 60;
  while (length > most && ((unsigned char)name[most] & 0xC0) == 0x80) most--; // not within a character
  *check = (ValidityCheck){.id = id, .role = checks->role, .result = result};
  int used = snprintf(check->text, sizeof check->text, "%.*s%s: ", (int)(length > most ? most : length), name,
                      length > most ? "..." : "");
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(check->text + used, sizeof check->text - (size_t)used, format, arguments);
  va_end(arguments);
  return check;
}

static const char unseen[] = "rows_unseen", frozen[] = "threshold_frozen";

static void add_unseen(Checks *checks, int64_t common) {
  if (common == 0)
    add(checks, unseen, RESULT_PASS, "no row that is judged was trained on");
  else
    add(checks, unseen, RESULT_FAIL, "%lld of the %lld rows that are judged were trained on",
        (long long)common, (long long)checks->judged->judged.rows);
}

static void add_frozen(Checks *checks, int64_t common) {
  if (common == 0)
    add(checks, frozen, RESULT_PASS, "its threshold was not chosen on the rows that are judged");
  else
    add(checks, frozen, RESULT_FAIL, "its threshold was chosen on %lld of the %lld rows that are judged",
        (long long)common, (long long)checks->judged->judged.rows);
}

// Whether its threshold is the best of some rows; a number that the configuration gives is not.
static bool threshold_was_chosen(const JudgedModel *judged) {
  RunPolicy stored;
  Error ignored;
  if (judged->policy.kind != POLICY_FROZEN) return judged->policy.kind == POLICY_BEST_ON_VALIDATION;
  bool read = judged->model.run != NULL && run_policy_read(&stored, judged->model.run, &ignored) == STATUS_OK;
  return !read || strcmp(stored.kind, "threshold") != 0;
}

static Status check_run(Checks *checks, const JudgeChoices *choices, Error *error) {
  const JudgedModel *judged = checks->judged;
  Learned learned;
  int64_t common;
  bool chosen = threshold_was_chosen(judged), known, passed;
  Status status = STATUS_OK;
  learned_open(&learned, judged, choices);
  if (learned.unknown != NULL) {
    add(checks, unseen, RESULT_UNKNOWN, "whether it was trained on these rows is not known: %s",
        learned.unknown);
    if (chosen)
      add(checks, frozen, RESULT_UNKNOWN, "whether its threshold was chosen on these rows is not known: %s",
          learned.unknown);
  } else {
    TRY(count_common(&common, &learned, judged, PART_TRAIN, error));
    add_unseen(checks, common);
    if (chosen) TRY(count_common(&common, &learned, judged, PART_VALIDATION, error));
    if (chosen) add_frozen(checks, common);
  }
  TRY(judged_time_check(&known, &passed, judged, error));
  if (known)
    add(checks, "data_not_older", passed ? RESULT_PASS : RESULT_FAIL,
        passed ? "the rows that are judged are not older than its training rows"
               : "the rows that are judged are all older than the newest tenth of its training rows");
done:
  dataset_close(learned.own);
  return status;
}

// Of scores alone: what the file states of its rows.
static void check_statement(Checks *checks) {
  const JudgedRows *rows = &checks->judged->judged;
  int64_t trained = 0, missing = 0;
  for (int64_t i = 0; rows->stated != NULL && i < rows->rows; i++) {
    trained += rows->stated[i] == PART_TRAIN;
    missing += rows->stated[i] < 0;
  }
  if (rows->stated == NULL)
    add(checks, unseen, RESULT_UNKNOWN,
        "nobody says which rows it was trained on; state it in a column 'part' of its scores: train, "
        "validation or test");
  else if (trained > 0)
    add(checks, unseen, RESULT_FAIL,
        "%lld of the %lld rows that are judged were trained on, as its scores state", (long long)trained,
        (long long)rows->rows)
        ->stated = true;
  else if (missing > 0)
    add(checks, unseen, RESULT_UNKNOWN,
        "its scores state no 'part' for %lld of the %lld rows that are judged", (long long)missing,
        (long long)rows->rows);
  else
    add(checks, unseen, RESULT_PASS,
        "no row that is judged was trained on, as its scores state in the column 'part'")
        ->stated = true;
}

// Of a report: what it found; of a prediction file: what it states.
static void check_scores(Checks *checks) {
  const JudgedModel *judged = checks->judged;
  bool found = false;
  for (int i = 0; i < judged->known_count; i++) {
    checks->items[checks->count] = judged->known[i];
    checks->items[checks->count++].role = checks->role;
    found |= strcmp(judged->known[i].id, unseen) == 0;
  }
  if (!found) check_statement(checks);
  if (judged->threshold_common >= 0) add_frozen(checks, judged->threshold_common);
}

Status judgement_checks(ValidityCheck checks[MODEL_CHECKS], int *count, const JudgedModel *judged,
                        const char *role, const JudgeChoices *choices, Error *error) {
  Checks made = {checks, 0, judged, role};
  Status status = STATUS_OK;
  if (judged->model.checkpoint != NULL)
    status = check_run(&made, choices, error);
  else
    check_scores(&made);
  *count = made.count;
  return status;
}

static bool same_policy(const Policy *a, const Policy *b) {
  return a->kind == b->kind && a->threshold == b->threshold;
}

Status judgement_same_model(bool *same, const JudgedModel *champion, const JudgedModel *challenger,
                            Error *error) {
  const char *a = champion->subject.model_digest, *b = challenger->subject.model_digest;
  uint8_t scores[2][DIGEST_BYTES];
  *same = a[0] != '\0' && strcmp(a, b) == 0;
  if (a[0] != '\0' || b[0] != '\0') return STATUS_OK;
  EvaluationSet sets[2] = {judged_model_set(champion), judged_model_set(challenger)};
  PASS(scores_digest(scores[0], &sets[0], (const char *const *)champion->judged.ids, error));
  PASS(scores_digest(scores[1], &sets[1], (const char *const *)challenger->judged.ids, error));
  *same =
      memcmp(scores[0], scores[1], DIGEST_BYTES) == 0 && same_policy(&champion->policy, &challenger->policy);
  return STATUS_OK;
}
