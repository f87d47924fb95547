// Rows grouped by score (regression: by absolute error): what a resample counts instead of single rows.
//
// At most SCORE_GROUPS groups of neighbouring blocks of equal scores, of equal numbers of rows as far as
// blocks allow; beyond those, groups also end where a calibration bin does and at the threshold that predicts
// classes. Fewer blocks than that: each is a group, and grouping changes nothing.
#ifndef INGOT_ENGINE_EVALUATE_RESAMPLE_SCORE_GROUPS_H
#define INGOT_ENGINE_EVALUATE_RESAMPLE_SCORE_GROUPS_H

#include "engine/evaluate/calibration/cox.h"
#include "engine/evaluate/report_data.h"

enum { SCORE_GROUPS = 2048, MOST_GROUPS = SCORE_GROUPS + CALIBRATION_BINS + 1 };

typedef struct ScoreGroups {
  int count;          // ascending by score
  int first_one;      // groups [first_one, count) are predicted to be class 1
  uint16_t *cell;     // [rows]: 2 * group + (label == 1); regression: group
  double *score;      // [count] weighted mean score
  double *low, *high; // [count] smallest and largest
  int *bin;           // [count] calibration bin
  double *logit;      // [count] of `score`, where `cox` is asked for
  double *fitted;     // [count] probability of label 1 there
  CoxFit cox;         // of all rows, where asked for
} ScoreGroups;

typedef struct GroupWishes {
  bool bins, cox; // binary
} GroupWishes;

// Of a binary or regression set; set->blocks is used where it is there (binary).
void score_groups_of(ScoreGroups *groups, const EvaluationSet *set, GroupWishes wishes);
void score_groups_clear(ScoreGroups *groups);

#endif
