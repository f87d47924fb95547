// Whether the rows that are judged are new to a model, its threshold and its time, and whether two models are
// one.
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

static const struct {
  const char *id, *yes, *no;
} kinds[] = {{"rows_unseen", "no row that is judged was trained on", "rows that are judged were trained on"},
             {"threshold_frozen", "the threshold was not chosen on the rows that are judged",
              "the threshold was chosen on the rows that are judged"},
             {"data_not_older", "the rows that are judged are not older than the training rows",
              "the rows that are judged are all older than the newest tenth of the training rows"}};
_Static_assert(sizeof kinds / sizeof kinds[0] == CHECK_COUNT, "a kind for each check");

const char *judged_check_name(JudgedCheck check) {
  return kinds[check].id;
}

static CheckAnswer answer_of(bool passed) {
  return passed ? CHECK_PASSED : CHECK_FAILED;
}

Status judgement_checks(CheckAnswer answers[CHECK_COUNT], const JudgedModel *judged,
                        const JudgeChoices *choices, Error *error) {
  const char *part = choices->part == NULL ? "test" : choices->part;
  int64_t common = 0;
  bool known, passed;
  memcpy(answers, judged->checks, sizeof judged->checks);
  if (judged->model.checkpoint == NULL) return STATUS_OK;
  if (choices->data != NULL)
    PASS(count_training_rows(&common, judged, error));
  else
    common = strcmp(part, "train") == 0 ? judged->judged.rows : 0;
  answers[CHECK_UNSEEN] = answer_of(common == 0);
  answers[CHECK_FROZEN] = answer_of(choices->data != NULL || strcmp(part, "validation") != 0 ||
                                    judged->policy.kind != POLICY_BEST_ON_VALIDATION);
  PASS(judged_time_check(&known, &passed, judged, error));
  if (known) answers[CHECK_TIME] = answer_of(passed);
  return STATUS_OK;
}

void judgement_merge_checks(Validity *validity, ValidityCheck checks[CHECK_COUNT],
                            const CheckAnswer champion[CHECK_COUNT],
                            const CheckAnswer challenger[CHECK_COUNT]) {
  validity->checks = checks;
  validity->count = 0;
  for (int i = 0; i < CHECK_COUNT; i++) {
    CheckAnswer before = champion == NULL ? CHECK_UNKNOWN : champion[i], own = challenger[i];
    bool passed = before != CHECK_FAILED && own != CHECK_FAILED;
    if (before == CHECK_UNKNOWN && own == CHECK_UNKNOWN) continue;
    checks[validity->count++] = (ValidityCheck){kinds[i].id, passed ? kinds[i].yes : kinds[i].no, passed};
  }
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
