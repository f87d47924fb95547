// The one door of evaluation: every array is checked here, so that metrics need not.
#include "engine/evaluate/evaluation_set.h"

#include "engine/evaluate/money.h"
#include "engine/evaluate/statistics/score_blocks.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/memory.h"
#include "engine/shared/tensor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_finite(double x) {
  return x - x == 0;
}

const char *evaluation_row_name(char name[ROW_NAME], const EvaluationSet *set, int64_t row) {
  if (set->ids != NULL)
    snprintf(name, ROW_NAME, "row '%.80s'", set->ids[row]);
  else
    snprintf(name, ROW_NAME, ROW_FORMAT, ROW_SHOWN(row));
  return name;
}

static Status check_label(const EvaluationSet *set, int64_t row, Error *error) {
  double label = set->labels[row];
  char name[ROW_NAME];
  if (set->task == TASK_REGRESSION) {
    if (is_finite(label)) return STATUS_OK;
    return error_set(error, STATUS_DATA, "label of %s is %g: a regression label must be finite",
                     evaluation_row_name(name, set, row), label);
  }
  int classes = set->task == TASK_BINARY ? 2 : set->classes;
  if (label >= 0 && label < classes && label == (double)(int)label) return STATUS_OK;
  return error_set(error, STATUS_DATA, "label of %s is %g: it must be a class number from 0 to %d",
                   evaluation_row_name(name, set, row), label, classes - 1);
}

static Status check_scores(const EvaluationSet *set, int64_t row, Error *error) {
  double total = 0;
  char name[ROW_NAME];
  for (int k = 0; k < set->classes; k++) {
    double score = set->scores[row * set->classes + k];
    if (!is_finite(score) || (set->task != TASK_REGRESSION && !(score >= 0 && score <= 1))) {
      return error_set(error, STATUS_DATA, "score of %s is %g: it must be %s",
                       evaluation_row_name(name, set, row), score,
                       set->task == TASK_REGRESSION ? "finite" : "a probability from 0 to 1");
    }
    total += score;
  }
  if (set->task == TASK_MULTICLASS && !(total > 0.99 && total < 1.01)) {
    return error_set(error, STATUS_DATA, "scores of %s sum to %g: probabilities of classes sum to 1",
                     evaluation_row_name(name, set, row), total);
  }
  return STATUS_OK;
}

static Status check_ends(const EvaluationSet *set, int64_t row, Error *error) {
  const double *ends = set->ends == NULL ? NULL : set->ends + 2 * row;
  char name[ROW_NAME];
  if (ends == NULL || (is_finite(ends[0]) && is_finite(ends[1]) && ends[0] <= ends[1])) return STATUS_OK;
  return error_set(
      error, STATUS_DATA,
      "the prediction interval of %s is from %g to %g: both ends are finite, lower at most upper",
      evaluation_row_name(name, set, row), ends[0], ends[1]);
}

static Status check_weights(const EvaluationSet *set, Error *error) {
  char name[ROW_NAME];
  if (set->weights == NULL) return STATUS_OK;
  for (int64_t i = 0; i < set->rows; i++) {
    if (is_finite(set->weights[i]) && set->weights[i] >= 0) continue;
    return error_set(error, STATUS_DATA, "weight of %s is %g: weights are finite and not negative",
                     evaluation_row_name(name, set, i), set->weights[i]);
  }
  double total = exact_sum_of(set->weights, (size_t)set->rows);
  if (total > 0 && is_finite(total)) return STATUS_OK;
  return error_set(error, STATUS_DATA, "the weights sum to %g: the sum must be positive and finite", total);
}

static uint64_t magnitude(int64_t money) {
  return money < 0 ? 0 - (uint64_t)money : (uint64_t)money;
}

static Status check_money(const EvaluationSet *set, Error *error) {
  unsigned __int128 total = 0, cost = 0;
  char name[ROW_NAME];
  for (int64_t i = 0; set->capacity.cost != NULL && i < set->rows; i++) {
    if (set->capacity.cost[i] < 0) {
      return error_set(error, STATUS_DATA, "what acting on %s costs is negative",
                       evaluation_row_name(name, set, i));
    }
    cost += (uint64_t)set->capacity.cost[i];
  }
  if (cost >= (unsigned __int128)1 << 62) {
    return error_set(error, STATUS_DATA,
                     "costs of acting sum to 2^62 millionths or more: use a larger unit, such as thousands");
  }
  if (set->money.act == NULL) return STATUS_OK;
  for (int64_t i = 0; i < set->rows; i++)
    total += magnitude(set->money.act[i]) + magnitude(set->money.skip[i]);
  if (total < (unsigned __int128)1 << 62) return STATUS_OK;
  return error_set(
      error, STATUS_DATA,
      "payoffs sum to 2^62 millionths or more in magnitude: use a larger unit, such as thousands");
}

Status evaluation_set_check(const EvaluationSet *set, Error *error) {
  if (set->rows < 1)
    return error_set(error, STATUS_DATA, "no rows to evaluate: choose another split or file");
  if (set->rows > UINT32_MAX)
    return error_set(error, STATUS_DATA,
                     "%lld rows: at most 2^32 - 1 can be evaluated at once; take a sample",
                     (long long)set->rows);
  for (int64_t i = 0; i < set->rows; i++) {
    PASS(check_label(set, i, error));
    PASS(check_scores(set, i, error));
    PASS(check_ends(set, i, error));
  }
  PASS(check_weights(set, error));
  for (int i = 0; set->costs != NULL && i < set->classes * set->classes; i++) {
    if (!is_finite(set->costs[i]))
      return error_set(error, STATUS_DATA, "cost %d of the matrix is %g: costs are finite", i, set->costs[i]);
  }
  return check_money(set, error);
}

uint64_t evaluation_hash(const char *text) {
  uint8_t digest[DIGEST_BYTES];
  uint64_t hash = 0;
  sha256(digest, text, strlen(text));
  for (int i = 7; i >= 0; i--) hash = hash << 8 | digest[i];
  return hash;
}

static double expected_gain(const EvaluationSet *set, int64_t row) {
  return money_expected_gain(set->scores[row], set->money.gain_if_one[row], set->money.gain_if_zero[row]);
}

static bool by_expected_gain(const EvaluationSet *set) {
  return set->policy.kind == POLICY_EXPECTED_GAIN && set->money.gain_if_one != NULL;
}

bool policy_wants(const EvaluationSet *set, int64_t row) {
  if (set->task != TASK_BINARY || set->policy.kind == POLICY_CAPACITY) return true;
  if (by_expected_gain(set)) return expected_gain(set, row) > 0;
  return (set->scores[row] >= set->policy.threshold) != set->policy.act_below;
}

double policy_key(const EvaluationSet *set, int64_t row) {
  if (!by_expected_gain(set)) return set->policy.act_below ? -set->scores[row] : set->scores[row];
  double weight = set->weights == NULL ? 1 : set->weights[row];
  return weight > 0 ? expected_gain(set, row) / weight : 0;
}

double policy_share(const EvaluationSet *set, int64_t row) {
  if (!policy_wants(set, row)) return 0;
  if (!set->cut.limited) return 1;
  double key = policy_key(set, row);
  if (key == set->cut.key) return (double)set->cut.take / (double)set->cut.size;
  return key > set->cut.key;
}

bool policy_acts(const EvaluationSet *set, int64_t row) {
  return set->listed != NULL && set->cut.limited ? set->listed[row] : policy_share(set, row) > 0;
}

bool policy_selects(const EvaluationSet *set, int64_t row) {
  return set->money.act != NULL ? policy_acts(set, row) : set->scores[row] >= set->policy.threshold;
}

// ---- subsets ----

static double *pick_numbers(const double *from, int width, const int64_t *rows, int64_t count) {
  if (from == NULL) return NULL;
  double *picked = memory_get((size_t)count * (size_t)width, sizeof *picked);
  for (int64_t i = 0; i < count; i++)
    memcpy(picked + i * width, from + rows[i] * width, (size_t)width * sizeof *picked);
  return picked;
}

static int64_t *pick_money(const int64_t *from, const int64_t *rows, int64_t count) {
  if (from == NULL) return NULL;
  int64_t *picked = memory_get((size_t)count, sizeof *picked);
  for (int64_t i = 0; i < count; i++) picked[i] = from[rows[i]];
  return picked;
}

static uint64_t *pick_hashes(const uint64_t *from, const int64_t *rows, int64_t count) {
  if (from == NULL) return NULL;
  uint64_t *picked = memory_get((size_t)count, sizeof *picked);
  for (int64_t i = 0; i < count; i++) picked[i] = from[rows[i]];
  return picked;
}

void evaluation_subset(EvaluationSubset *subset, const EvaluationSet *set, const int64_t *rows,
                       int64_t count) {
  const Money *money = &set->money;
  const int64_t *const from[4] = {money->act, money->skip, money->gain_if_one, money->gain_if_zero};
  *subset = (EvaluationSubset){.set = *set,
                               .labels = pick_numbers(set->labels, 1, rows, count),
                               .weights = pick_numbers(set->weights, 1, rows, count),
                               .scores = pick_numbers(set->scores, set->classes, rows, count),
                               .ends = pick_numbers(set->ends, 2, rows, count)};
  for (int i = 0; i < 4; i++) subset->money[i] = pick_money(from[i], rows, count);
  EvaluationSet *made = &subset->set;
  made->rows = count;
  made->labels = subset->labels;
  made->weights = subset->weights;
  made->scores = subset->scores;
  made->ends = subset->ends;
  made->money = (Money){subset->money[0], subset->money[1], subset->money[2], subset->money[3]};
  made->ids = NULL;
  made->row_hash = subset->row_hash = pick_hashes(set->row_hash, rows, count);
  made->cluster_hash = subset->cluster_hash = pick_hashes(set->cluster_hash, rows, count);
  made->slices = NULL;
  made->capacity = (Capacity){0}; // the cut of the whole set holds, but rows compete with others as well
  made->cut.price = (CapacityPrice){0};
  made->listed = NULL;
  made->best = NULL;
  made->blocks = NULL;
  made->facts = NULL;
  made->replicates = NULL;
  if (set->task != TASK_MULTICLASS) made->blocks = subset->blocks = score_blocks_new(made);
}

void evaluation_subset_free(EvaluationSubset *subset) {
  free(subset->labels);
  free(subset->weights);
  free(subset->scores);
  free(subset->ends);
  for (int i = 0; i < 4; i++) free(subset->money[i]);
  free(subset->row_hash);
  free(subset->cluster_hash);
  score_blocks_free(subset->blocks);
  *subset = (EvaluationSubset){0};
}
