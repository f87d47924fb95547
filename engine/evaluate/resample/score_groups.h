// Rows grouped by score: what a resample counts instead of single rows.
//
// At most SCORE_GROUPS groups of neighbouring blocks of equal scores, of equal numbers of rows as far as
// blocks allow; no group lies on both sides of the threshold that predicts classes. Fewer blocks than that:
// each is a group, and grouping changes nothing.
#ifndef INGOT_ENGINE_EVALUATE_RESAMPLE_SCORE_GROUPS_H
#define INGOT_ENGINE_EVALUATE_RESAMPLE_SCORE_GROUPS_H

#include "engine/evaluate/evaluation_set.h"

enum { SCORE_GROUPS = 2048 };

typedef struct ScoreGroups {
  int count;      // ascending by score
  int first_one;  // groups [first_one, count) are predicted to be class 1
  uint16_t *cell; // [rows]: 2 * group + (label == 1)
  double *score;  // [count] weighted mean score
} ScoreGroups;

// Of a binary set; set->blocks is used where it is there.
void score_groups_of(ScoreGroups *groups, const EvaluationSet *set);
void score_groups_clear(ScoreGroups *groups);

#endif
