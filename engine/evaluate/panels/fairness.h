// Fairness: how often each group is selected (acted on), and how right that is.
#ifndef INGOT_ENGINE_EVALUATE_PANELS_FAIRNESS_H
#define INGOT_ENGINE_EVALUATE_PANELS_FAIRNESS_H

#include "engine/evaluate/report_data.h"

// Shares of rows, weights aside: selected of all; of label 1; of label 0; label 1 of the selected.
typedef enum FairnessRate { RATE_SELECTION, RATE_TPR, RATE_FPR, RATE_PPV, RATE_COUNT } FairnessRate;

const char *fairness_rate_name(FairnessRate rate); // "selection_rate", "tpr", "fpr", "ppv"

typedef struct FairnessGroup {
  char *value;
  int64_t rows;
  bool enough;                     // at least min_rows
  Estimate rates[RATE_COUNT];      // Wilson; NaN where not enough, or of no rows
  Estimate difference[RATE_COUNT]; // to the reference: Newcombe 1998 (method 10); absent (NONE) for itself
  Estimate ratio[RATE_COUNT];      // Katz 1978 (of logs); no interval where a count is 0
  bool four_fifths[RATE_COUNT];    // the ratio lies outside [4/5, 5/4]
} FairnessGroup;

typedef struct Fairness {
  const char *column; // of the configuration; NULL: not configured, or the rows come without it
  int64_t min_rows;
  double confidence;
  int reference; // the group of the most rows (of equals the first); -1: none has enough
  int count;
  FairnessGroup *groups;
} Fairness;

void fairness_of(Fairness *fairness, const EvaluationSet *set, const FairnessConfig *config,
                 double confidence);
void fairness_clear(Fairness *fairness);

#endif
