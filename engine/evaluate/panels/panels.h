// What a report says beside its metrics: each panel is one file of this folder, a pure function of arrays.
#ifndef INGOT_ENGINE_EVALUATE_PANELS_PANELS_H
#define INGOT_ENGINE_EVALUATE_PANELS_PANELS_H

#include "engine/evaluate/panels/agreement.h"
#include "engine/evaluate/panels/drift.h"
#include "engine/evaluate/panels/fairness.h"
#include "engine/evaluate/panels/importance.h"
#include "engine/evaluate/panels/slices.h"
#include "engine/evaluate/panels/stability.h"
#include "engine/evaluate/panels/swap.h"

typedef struct DataPart {
  const char *name; // "train", "validation", "test"
  int64_t rows;
  int64_t positives; // binary; -1 where unknown
} DataPart;

enum { LEARNING_POINTS = 256 };

// Training and validation loss by epoch.
typedef struct Learning {
  int count;
  double epoch[LEARNING_POINTS], train[LEARNING_POINTS],
      validation[LEARNING_POINTS]; // train: mean over the steps
  double chosen;                   // epoch of the model that is judged; NaN where it is none of them
  const char *selected_by;         // the metric, of the configuration
} Learning;

// Zero: nothing is known.
typedef struct Panels {
  Agreement agreement;
  SwapPanel swap;
  Slices slices;
  Fairness fairness;
  Stability stability;
  int part_count;
  DataPart parts[PART_COUNT];
  // Rows in the order of time, binary: the first and the last tenth of all rows of the parts; rows 0:
  // unknown.
  DataPart first_tenth, last_tenth;
  int drift_count;
  DriftItem *drift; // inputs in the model's order, label, prediction
  Importance importance;
  Dependence dependence;
  Learning learning;
  int64_t drift_rows; // training rows that were compared, where these are not all of them; else 0
} Panels;

void panels_clear(Panels *panels);

#endif
