// Predictions of a model by row: predictions.h5 beside a report, and what `ingot predict` writes.
//
// A column file (io/data/data_file.h) or CSV: row_id (text), score (one column; several classes:
// score.<class>), part where its maker states what each row was to the model (train, validation or test; it
// is read, not written), and where they are known lower and upper (the ends of the row's prediction interval,
// of a numeric target), decision (0 or 1, or the class), expected_gain, label, weight, act and skip (units of
// money), best, cost, gain_if_one, gain_if_zero (the same; for judging again), class (the text of the label),
// `slice.<column>` of each slice column and `payoff.<column>` of each column that the payoffs use.
// `ingot compare` reads both forms; any tool can write row_id and score.
#ifndef INGOT_IO_REPORT_PREDICTIONS_H
#define INGOT_IO_REPORT_PREDICTIONS_H

#include "engine/preprocess/frame.h"
#include "engine/shared/status.h"

#include <stdbool.h>
#include <stdint.h>

// Arrays of [rows]; NULL where unknown. Not owned when written, owned (predictions_free) when read.
typedef struct Predictions {
  int64_t rows;
  int classes;        // columns of scores
  char **class_names; // [classes] where classes > 1
  char **ids;
  double *scores;         // [rows, classes]
  double *ends;           // [rows, 2] lower and upper end of the prediction interval (regression)
  double *decisions;      // 0 or 1; the class number where class_names are there
  double *expected_gains; // units of money
  double *labels, *weights;
  int64_t *act, *skip;                               // millionths
  int64_t *best, *cost, *gain_if_one, *gain_if_zero; // what judging again needs, where it was used
  int8_t *parts;      // SplitPart of each row to the model, -1 where nothing is stated; NULL: no such column
  char **label_names; // [label_count] texts of the labels 0, 1, ...; NULL: none
  int label_count;
  Frame *slices, *payoffs; // columns that rows are grouped by, and priced by, with their names; NULL: none
} Predictions;

// By the name's end: .h5 or .csv (else 2). 73 where the file exists, unless `force`. `order`: row numbers to
// write, in that order, `count` of them; NULL: all.
Status predictions_write(const char *path, const Predictions *predictions, const int64_t *order,
                         int64_t count, bool force, Error *error);

// Reads row_id and score columns, and decision (-1: a class without scores), act, skip, label, weight and
// slice columns where they are. 65 names what is missing or wrong.
Status predictions_read(Predictions **predictions, const char *path, Error *error);
void predictions_free(Predictions *predictions);

#endif
