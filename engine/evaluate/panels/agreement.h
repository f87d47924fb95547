// Do the two kinds of metric agree? Model metrics beside the value of decisions, on the same rows, and where
// on the score axis each difference lies.
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

// Rows whose champion's score lies in the tenths [from, to) of all rows, 0 the highest. Equal scores share
// the band in which the first of them lies, so that a band may be larger, and then others are missing.
typedef struct AgreementBand {
  int from, to;
  int64_t rows, positives;
  int64_t swapped; // rows that only one of the two models acts on
  double auc;      // its part of the difference of AUC; NaN without one of the classes
  int64_t value;   // its part of the difference of value, millionths; 0 without money
} AgreementBand;

typedef struct Agreement {
  bool present; // binary
  bool money;
  int pair_count;
  AgreementPair pairs[METRIC_LIMIT];
  int band_count;
  AgreementBand bands[AGREEMENT_BANDS];
} Agreement;

// Of two sets of the same rows; their difference in `comparison`. A pair of rows that the two models order
// differently changes AUC by w w' / (W+ W-); half of it counts in the band of each of the two rows, which is
// half the difference of their placements (DeLong 1988). Sums over bands are the whole differences: of value
// exactly, of AUC up to the rounding of each band.
void agreement_of(Agreement *agreement, const EvaluationSet *champion, const EvaluationSet *challenger,
                  const Comparison *comparison);

#endif
