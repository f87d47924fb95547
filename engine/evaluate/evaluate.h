// Evaluation of one model, comparison of two, verdict of one without a champion.
//
// All sets are checked first (evaluation_set_check). `names` are metrics by name; NULL or empty: every metric
// of the task that is defined on the set. Metrics that gates name are computed whether listed or not. An
// unknown metric is 78 (metric_find), before anything is computed; one that the set does not define is 65.
#ifndef INGOT_ENGINE_EVALUATE_EVALUATE_H
#define INGOT_ENGINE_EVALUATE_EVALUATE_H

#include "engine/evaluate/panels/slices.h"
#include "engine/evaluate/report_data.h"

// Sorts sets, in parallel, and gives them a cache, so that evaluate_model and compare_models on them compute
// once what they share; without it each call does this for itself. Released by the twin, before the arrays
// go. Sets need not be checked; count >= 1.
void evaluation_sets_prepare(EvaluationSet *sets, int count);
void evaluation_sets_release(EvaluationSet *sets, int count);

// gates (may be NULL) gives the confidence (0.95 where NULL) and further metrics.
Status evaluate_model(EvaluationReport *report, const EvaluationSet *set, const TextList *names,
                      const GatesConfig *gates, Error *error);

typedef struct Validity {
  const ValidityCheck *checks;
  int count;
  bool partial;         // only the intersection of the rows was compared: at best INCONCLUSIVE
  bool identical;       // equal model digests: IDENTICAL
  const Slices *slices; // of the same two sets: harm shown in one is HOLD; NULL: none
  int64_t scored;       // partial: the most rows that one of the models scored
} Validity;

// Both sets hold the same rows in the same order: rows, labels, weights and payoffs are equal (else 65).
// validity may be NULL.
Status compare_models(Comparison *comparison, const EvaluationSet *champion, const EvaluationSet *challenger,
                      const TextList *names, const GatesConfig *gates, const Validity *validity,
                      Error *error);

// The same where `contenders` challengers are tested at once (Holm): the primary rule is judged at the
// confidence 1 - (1 - gates.confidence) / contenders. The intervals shown stay at gates.confidence.
Status compare_contender(Comparison *comparison, const EvaluationSet *champion,
                         const EvaluationSet *challenger, int contenders, const TextList *names,
                         const GatesConfig *gates, const Validity *validity, Error *error);

// No champion: absolute rules only. FIRST where none fails or is undecided; UNDECIDED without any rule.
Status judge_first(Verdict *verdict, const EvaluationReport *report, const GatesConfig *gates,
                   const Validity *validity, Error *error);

// SHIP, FIRST, IDENTICAL: 0; HOLD: 10; INCONCLUSIVE, UNDECIDED: 20, or what --inconclusive=fail|ok says.
typedef enum InconclusiveRule { INCONCLUSIVE_AS_IS, INCONCLUSIVE_FAIL, INCONCLUSIVE_OK } InconclusiveRule;
Status verdict_status(VerdictState state, InconclusiveRule rule);

#endif
