// Do the two kinds of metric agree? Model metrics beside the value of decisions, on the same rows, and where
// by the champion's view of the rows each difference lies: its score (binary), its prediction (regression),
// what its decision is expected to pay (multiclass; without costs the probability of its class).
#ifndef INGOT_ENGINE_EVALUATE_PANELS_AGREEMENT_H
#define INGOT_ENGINE_EVALUATE_PANELS_AGREEMENT_H

#include "engine/evaluate/report_data.h"

enum { AGREEMENT_BANDS = 10 };

typedef struct AgreementPair {
  const Metric *model;
  double model_delta, business_delta; // oriented; the latter in units of money
  bool same_sign, neither;            // both prefer the same model; one of them prefers none, being 0
  double p_disagree; // share of paired resamples in which the signs differ; NaN: none were drawn
} AgreementPair;

// Rows whose place on that axis lies in the tenths [from, to) of all rows, 0 the highest. Equal ones share
// the band in which the first of them lies, so that a band may be larger, and then others are missing.
typedef struct AgreementBand {
  int from, to;
  int64_t rows;
  int64_t positives; // binary; else 0
  int64_t swapped;   // rows that the two models decide differently; regression, which has no decisions: 0
  double model;      // its part of the difference of the metric; NaN where that has none
  int64_t value;     // its part of the difference of value, millionths; 0 without money
} AgreementBand;

typedef struct Agreement {
  bool present; // binary, and wherever there is money
  bool money;
  const Metric *metric; // that the bands take apart: AUC, RMSE, log loss by task
  int pair_count;
  AgreementPair pairs[METRIC_LIMIT];
  int band_count;
  AgreementBand bands[AGREEMENT_BANDS];
} Agreement;

// Of two sets of the same rows; their difference in `comparison`. A pair of rows that the two models order
// differently changes AUC by w w' / (W+ W-); half of it counts in the band of each of the two rows, which is
// half the difference of their placements (DeLong 1988). RMSE: each row's difference of squared errors over
// the sum of both RMSE, so that the mean is the difference of the two; log loss: the mean over rows as it is.
// Sums over bands are the whole differences: of value exactly, of the metric up to the rounding of each band.
void agreement_of(Agreement *agreement, const EvaluationSet *champion, const EvaluationSet *challenger,
                  const Comparison *comparison);

#endif
