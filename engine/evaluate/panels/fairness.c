// Rates by group with intervals, and their differences and ratios to the largest group.
#include "engine/evaluate/panels/fairness.h"

#include "engine/evaluate/panels/groups.h"
#include "engine/evaluate/statistics/statistics.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

static const double not_a_number = __builtin_nan("");

const char *fairness_rate_name(FairnessRate rate) {
  static const char *const names[] = {"selection_rate", "tpr", "fpr", "ppv"};
  return names[rate];
}

typedef struct Counts {
  double hits[RATE_COUNT], of[RATE_COUNT];
} Counts;

static void count_row(Counts *counts, bool selected, bool positive) {
  counts->of[RATE_SELECTION]++;
  counts->hits[RATE_SELECTION] += selected;
  FairnessRate side = positive ? RATE_TPR : RATE_FPR;
  counts->of[side]++;
  counts->hits[side] += selected;
  counts->of[RATE_PPV] += selected;
  counts->hits[RATE_PPV] += selected && positive;
}

static double square(double x) {
  return x * x;
}

// Newcombe 1998, method 10: both Wilson intervals, combined by squares.
static Estimate newcombe(const Estimate *a, const Estimate *b) {
  Estimate made = estimate_none(a->value - b->value);
  made.method = INTERVAL_NEWCOMBE;
  made.low = made.value - math64_sqrt(square(a->value - a->low) + square(b->high - b->value));
  made.high = made.value + math64_sqrt(square(a->high - a->value) + square(b->value - b->low));
  return made;
}

// Katz and others 1978: the log of a ratio of two shares is about normal.
static Estimate katz(const Counts *a, const Counts *b, FairnessRate rate, double confidence) {
  double hits = a->hits[rate], of = a->of[rate], hits_b = b->hits[rate], of_b = b->of[rate];
  double ratio = hits / of / (hits_b / of_b);
  Estimate made = estimate_none(hits_b > 0 ? ratio : not_a_number);
  if (hits == 0 || hits_b == 0) return made;
  double z = math64_normal_quantile(0.5 + 0.5 * confidence);
  double factor = math64_exp(z * math64_sqrt(1 / hits - 1 / of + 1 / hits_b - 1 / of_b));
  made.method = INTERVAL_KATZ;
  made.low = ratio / factor;
  made.high = ratio * factor;
  return made;
}

static void compare(Fairness *fairness, const Counts *counts) {
  for (int g = 0; g < fairness->count; g++) {
    FairnessGroup *group = &fairness->groups[g];
    if (g == fairness->reference || fairness->reference < 0 || !group->enough) continue;
    const FairnessGroup *reference = &fairness->groups[fairness->reference];
    for (int rate = 0; rate < RATE_COUNT; rate++) {
      const Estimate *a = &group->rates[rate], *b = &reference->rates[rate];
      if (a->method == INTERVAL_NONE || b->method == INTERVAL_NONE) continue;
      group->difference[rate] = newcombe(a, b);
      group->ratio[rate] =
          katz(&counts[g], &counts[fairness->reference], (FairnessRate)rate, fairness->confidence);
      double ratio = group->ratio[rate].value;
      group->four_fifths[rate] = ratio < 0.8 || ratio > 1.25;
    }
  }
}

void fairness_of(Fairness *fairness, const EvaluationSet *set, const FairnessConfig *config,
                 double confidence) {
  *fairness = (Fairness){.min_rows = config->min_rows, .confidence = confidence, .reference = -1};
  const Column *column =
      config->present && set->slices != NULL ? frame_find(set->slices, config->column) : NULL;
  if (column == NULL || set->task != TASK_BINARY) return;
  Groups groups;
  groups_of(&groups, column, set->rows, 4);
  Counts *counts = memory_get((size_t)groups.count, sizeof *counts);
  for (int64_t i = 0; i < set->rows; i++)
    count_row(&counts[groups.of[i]], policy_selects(set, i), set->labels[i] == 1);
  fairness->column = config->column;
  fairness->count = groups.count;
  fairness->groups = memory_get((size_t)groups.count, sizeof *fairness->groups);
  for (int g = 0; g < groups.count; g++) {
    FairnessGroup *group = &fairness->groups[g];
    group->value = memory_text(groups.labels[g]);
    group->rows = groups.rows[g];
    group->enough = group->rows >= config->min_rows;
    for (int rate = 0; rate < RATE_COUNT; rate++) {
      group->rates[rate] = group->difference[rate] = group->ratio[rate] = estimate_none(not_a_number);
      if (group->enough && counts[g].of[rate] > 0)
        group->rates[rate] = estimate_wilson(counts[g].hits[rate], counts[g].of[rate], confidence);
    }
    bool larger = fairness->reference < 0 || group->rows > fairness->groups[fairness->reference].rows;
    if (group->enough && larger) fairness->reference = g;
  }
  compare(fairness, counts);
  free(counts);
  groups_free(&groups);
}

void fairness_clear(Fairness *fairness) {
  for (int g = 0; g < fairness->count; g++) free(fairness->groups[g].value);
  free(fairness->groups);
  *fairness = (Fairness){0};
}
