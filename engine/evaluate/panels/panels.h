// What a report says beside its metrics: each panel is one file of this folder, a pure function of arrays.
#ifndef INGOT_ENGINE_EVALUATE_PANELS_PANELS_H
#define INGOT_ENGINE_EVALUATE_PANELS_PANELS_H

#include "engine/evaluate/panels/agreement.h"
#include "engine/evaluate/panels/drift.h"
#include "engine/evaluate/panels/fairness.h"
#include "engine/evaluate/panels/slices.h"
#include "engine/evaluate/panels/stability.h"
#include "engine/evaluate/panels/swap.h"

typedef struct DataPart {
  const char *name; // "train", "validation", "test"
  int64_t rows;
  int64_t positives; // binary; -1 where unknown
} DataPart;

// Zero: nothing is known.
typedef struct Panels {
  Agreement agreement;
  SwapPanel swap;
  Slices slices;
  Fairness fairness;
  Stability stability;
  int part_count;
  DataPart parts[PART_COUNT];
  int drift_count;
  DriftItem *drift;   // inputs in the model's order, label, prediction
  int64_t drift_rows; // training rows that were compared, where these are not all of them; else 0
} Panels;

void panels_clear(Panels *panels);

#endif
