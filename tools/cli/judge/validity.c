// Whether the rows that are judged are new to a model, its threshold and its time.
#include "engine/evaluate/rows_match.h"
#include "engine/shared/memory.h"
#include "tools/cli/judge/judged_panels.h"
#include "tools/cli/judge/judgement.h"

#include <stdlib.h>
#include <string.h>

// How many of the judged rows the model was trained on, by row id; only ids of a key column mean the same row
// in another file.
static Status count_training_rows(int64_t *common, const JudgedModel *judged, Error *error) {
  const Config *trained = judged->model.config;
  Dataset *dataset = NULL;
  char **ids = NULL;
  int64_t *first = NULL, *other = NULL, count;
  Error ignored;
  Status status = STATUS_OK;
  *common = 0;
  if (trained == NULL || trained->data.split.key[0] == '\0') return STATUS_OK;
  // Where the training data are gone there is nothing to compare with.
  if (dataset_open(&dataset, judged->model.config, &ignored) != STATUS_OK) return STATUS_OK;
  const int64_t *rows = dataset_part(dataset, PART_TRAIN, &count);
  first = memory_get((size_t)count, sizeof *first);
  other = memory_get((size_t)count, sizeof *other);
  TRY(dataset_row_ids(&ids, dataset, rows, count, error));
  TRY(rows_intersect(common, first, other, (const char *const *)ids, count,
                     (const char *const *)judged->judged.ids, judged->judged.rows, error));
done:
  free(first);
  free(other);
  free(ids);
  dataset_close(dataset);
  return status;
}

static void add_check(ValidityCheck checks[3], int *count, const char *id, bool passed, const char *yes,
                      const char *no) {
  checks[(*count)++] = (ValidityCheck){id, passed ? yes : no, passed};
}

static void add_unseen(ValidityCheck checks[3], int *count, bool passed) {
  add_check(checks, count, "rows_unseen", passed, "no row that is judged was trained on",
            "rows that are judged were trained on");
}

static void add_frozen(ValidityCheck checks[3], int *count, bool passed) {
  add_check(checks, count, "threshold_frozen", passed,
            "the threshold was not chosen on the rows that are judged",
            "the threshold was chosen on the rows that are judged");
}

static Status add_time(ValidityCheck checks[3], int *count, const JudgedModel *judged, Error *error) {
  bool known, passed;
  PASS(judged_time_check(&known, &passed, judged, error));
  if (known)
    add_check(checks, count, "data_not_older", passed,
              "the rows that are judged are not older than the training rows",
              "the rows that are judged are all older than the newest tenth of the training rows");
  return STATUS_OK;
}

Status judgement_checks(ValidityCheck checks[3], int *count, const JudgedModel *judged,
                        const JudgeChoices *choices, Error *error) {
  const char *part = choices->part == NULL ? "test" : choices->part;
  int64_t common = 0;
  *count = 0;
  if (judged->model.checkpoint ==
      NULL) { // a report says what it found; of a prediction file nothing is known
    if (judged->rows_unseen >= 0) add_unseen(checks, count, judged->rows_unseen == 1);
    if (judged->threshold_frozen >= 0) add_frozen(checks, count, judged->threshold_frozen == 1);
    return STATUS_OK;
  }
  if (choices->data != NULL)
    PASS(count_training_rows(&common, judged, error));
  else
    common = strcmp(part, "train") == 0 ? judged->judged.rows : 0;
  add_unseen(checks, count, common == 0);
  add_frozen(checks, count,
             choices->data != NULL || strcmp(part, "validation") != 0 ||
                 judged->policy.kind != POLICY_BEST_ON_VALIDATION);
  return add_time(checks, count, judged, error);
}
