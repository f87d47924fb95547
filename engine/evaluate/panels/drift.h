// Drift: how far the judged rows lie from the training rows, beside what chance alone would give.
//
// Bins: of categories their values, missing values are one more. Of numbers a value that a tenth of the
// training rows or more have is a bin of its own, so that a mass at one value is seen against the rest; what
// lies below, between and above such values is cut at quantiles of the training rows there into bins of about
// a tenth of all rows, at least one each (without such a value: the tenths; equal cuts are one). Bins without
// a row of either are left out. PSI = sum (q - p) ln(q / p) over bins, p and q the shares in training and
// judged rows; where one of the two has an empty bin, half a row is added to every bin of both. With no drift
// E[PSI] = (B
// - 1)(1/n + 1/m) and PSI / (1/n + 1/m) is about chi-square with B - 1 degrees of freedom (Yurdakul 2018):
// the floor, and p.
#ifndef INGOT_ENGINE_EVALUATE_PANELS_DRIFT_H
#define INGOT_ENGINE_EVALUATE_PANELS_DRIFT_H

#include "engine/preprocess/frame.h"

enum { DRIFT_BINS = 10 }; // of numbers without a heavy value

typedef enum DriftKind { DRIFT_INPUT, DRIFT_LABEL, DRIFT_PREDICTION } DriftKind;

extern const char drift_bins_method[]; // how bins are made, for people

const char *drift_kind_name(DriftKind kind); // "input", "label", "prediction"

typedef struct DriftItem {
  char *column;
  DriftKind kind;
  int64_t reference_rows, rows;
  double reference_missing, missing; // shares
  int bins;
  double psi, floor, ratio, p; // ratio = psi / floor; NaN with one bin
  double js;                   // Jensen-Shannon divergence of the bins, base 2: 0 to 1
  double ks, wasserstein;      // of numbers that are not missing: sup |F - G|; integral of |F - G| over the
                               // training standard deviation; NaN for categories
} DriftItem;

// Columns of the training rows and of the judged rows; dictionaries may differ.
void drift_of(DriftItem *item, DriftKind kind, const Column *reference, int64_t reference_rows,
              const Column *judged, int64_t rows);
void drift_clear(DriftItem *item);

#endif
