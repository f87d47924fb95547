// Rows grouped by score (regression: by absolute error): what a resample counts instead of single rows.
//
// At most SCORE_GROUPS groups of neighbouring blocks of equal scores, of equal numbers of rows as far as
// blocks allow; beyond those, a group also ends at the threshold that predicts classes. Fewer blocks than
// that: each is a group, and grouping changes nothing.
#ifndef INGOT_ENGINE_EVALUATE_RESAMPLE_SCORE_GROUPS_H
#define INGOT_ENGINE_EVALUATE_RESAMPLE_SCORE_GROUPS_H

#include "engine/evaluate/calibration/cox.h"
#include "engine/evaluate/report_data.h"

enum { SCORE_GROUPS = 2048, MOST_GROUPS = SCORE_GROUPS + 1 };

typedef struct ScoreGroups {
  int count;          // ascending by score
  int first_one;      // groups [first_one, count) are predicted to be class 1
  uint16_t *cell;     // [rows]: 2 * group + (label == 1); regression: group
  double *score;      // [count] weighted mean score
  double *low, *high; // [count] smallest and largest
  double *logit;      // [count] of `score`, where `cox` is asked for
  double *fitted;     // [count] probability of label 1 there
  CoxFit cox;         // of all rows, where asked for
} ScoreGroups;

// Of a binary or regression set; set->blocks is used where it is there (binary). `cox`: with logit, fitted,
// cox.
void score_groups_of(ScoreGroups *groups, const EvaluationSet *set, bool cox);
void score_groups_clear(ScoreGroups *groups);

#endif
