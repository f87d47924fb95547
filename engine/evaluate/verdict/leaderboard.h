// Several challengers against one champion: Holm's procedure over their primary rules, ranks, and groups of
// models that the rows cannot tell apart.
//
// Holm 1979: the challenger with the smallest p value is tested at alpha / m, the next one at alpha / (m -
// 1), and so on; once one does not pass, none behind it does. alpha = 1 - gates.confidence, two-sided.
#ifndef INGOT_ENGINE_EVALUATE_VERDICT_LEADERBOARD_H
#define INGOT_ENGINE_EVALUATE_VERDICT_LEADERBOARD_H

#include "engine/evaluate/evaluate.h"

typedef struct RankedModel {
  int model;              // 0: the champion; 1..: the challengers in the order given
  Estimate value;         // by the deciding metric
  Estimate delta;         // against the champion, positive = better; the champion: value 0, no interval
  double p_value, p_holm; // one-sided, that the primary rule does not hold; NaN for the champion
  VerdictState state;     // of this challenger; the champion: VERDICT_IDENTICAL
  int group;              // 0, 1, ..: models of a group cannot be told apart from its best one
} RankedModel;

typedef struct Leaderboard {
  const Metric *metric; // that decides: of gates.primary, else value, else the first metric
  double confidence;    // of the differences that part groups (Bonferroni over all pairs)
  int count;            // champion and challengers
  RankedModel *models;  // best first; of equal values the one given first
  int chosen;           // the challenger (1..) that the report is about: the best that ships, else the best
} Leaderboard;

// All sets hold the same rows in the same order (65). `validity` is one for each challenger. *comparison is
// that of the chosen one, with its verdict; count >= 1.
Status compare_several(Leaderboard *leaderboard, Comparison *comparison, const EvaluationSet *champion,
                       const EvaluationSet *challengers, int count, const TextList *names,
                       const GatesConfig *gates, const Validity *validity, Error *error);

void leaderboard_clear(Leaderboard *leaderboard);

#endif
