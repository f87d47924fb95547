// The swap set: rows that only one of two models acts on, how their outcomes differ and what marks them.
#ifndef INGOT_ENGINE_EVALUATE_PANELS_SWAP_H
#define INGOT_ENGINE_EVALUATE_PANELS_SWAP_H

#include "engine/evaluate/report_data.h"

enum { SWAP_FEATURES = 5 };

// Shares of the rows swapped in (only the challenger acts) and out that have a value of a column.
typedef struct SwapFeature {
  char *column, *value;
  double in_share, out_share;
  double difference; // (in_share - out_share) / sqrt(p (1 - p)), p the share in both together
} SwapFeature;

typedef struct SwapPanel {
  bool present; // binary, and at least one row was swapped
  double p;     // two-sided, of equal rates of positives in and out; NaN where one of the two is empty
  int column_count;
  int feature_count; // the columns with the largest differences, one value each
  SwapFeature features[SWAP_FEATURES];
} SwapPanel;

// `columns` (may be NULL): raw columns of the same rows. Numbers are halved at the median of all rows
// (groups_of).
void swap_panel_of(SwapPanel *panel, const EvaluationSet *champion, const EvaluationSet *challenger,
                   const Frame *columns);
void swap_panel_clear(SwapPanel *panel);

// Two-sided mid-p of Fisher's exact test (Lancaster 1961): of the tables with these margins the probability
// of those less likely than this one, and half of those as likely. NaN where a or b is 0.
double fisher_mid_p(int64_t a_positives, int64_t a, int64_t b_positives, int64_t b);

#endif
