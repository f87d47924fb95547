// Stability: metrics over time and over training seeds, and how many decisions differ between two models.
#ifndef INGOT_ENGINE_EVALUATE_PANELS_STABILITY_H
#define INGOT_ENGINE_EVALUATE_PANELS_STABILITY_H

#include "engine/evaluate/report_data.h"
#include "engine/preprocess/frame.h"

enum { TIME_BLOCKS = 8, TIME_METRICS = 2, SEEDS_MOST = 20 };

typedef struct TimeBlock {
  char *from, *to; // the first and the last time in it
  int64_t rows;
  Estimate metrics[TIME_METRICS]; // of the challenger or, where there is a champion, the oriented difference
} TimeBlock;

// The same configuration trained with other seeds and judged on the same rows: how much of a result is the
// chance of training.
typedef struct Seeds {
  int count; // of trainings, the judged model's own first; 0: it was not trained again
  uint64_t seeds[SEEDS_MOST + 1];
  const Metric *metric;                    // the first one of Stability
  double values[SEEDS_MOST + 1], champion; // NaN: one model
  double spread;                           // standard deviation of the values
} Seeds;

typedef struct Stability {
  bool by_row;     // times are numbers of rows in time order, counted from 1
  char *from, *to; // of all judged rows; NULL: no time is known
  int metric_count;
  const Metric *metrics[TIME_METRICS]; // value where there is money, and the primary rule's
  int count;
  TimeBlock blocks[TIME_BLOCKS];
  bool has_flips; // two models that decide
  int64_t flips;  // rows whose decision (selected or not; the class) differs
  int64_t rows;
  Seeds seeds; // seeds_add
} Stability;

// champion may be NULL. `time` (may be NULL): a column of the same rows; rows without a time are left out. At
// most TIME_BLOCKS blocks of about equal size in time order; equal times share one.
void stability_of(Stability *stability, const EvaluationSet *champion, const EvaluationSet *challenger,
                  const Column *time, const GatesConfig *gates);
// Another training's value of seeds->metric.
void seeds_add(Seeds *seeds, uint64_t seed, double value);

void stability_clear(Stability *stability);

// Whether the newest judged row is at least as new as nine tenths of the training rows; columns of the same
// data. True where one of the two has no times.
bool time_is_not_older(const Column *trained, int64_t trained_rows, const Column *judged, int64_t rows);

#endif
