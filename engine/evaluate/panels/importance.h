// What a model makes of its inputs: what is lost when one of them is shuffled, and how the score follows it.
#ifndef INGOT_ENGINE_EVALUATE_PANELS_IMPORTANCE_H
#define INGOT_ENGINE_EVALUATE_PANELS_IMPORTANCE_H

#include "engine/evaluate/report_data.h"
#include "engine/preprocess/frame.h"

enum { DEPENDENCE_INPUTS = 6, DEPENDENCE_POINTS = 20, DEPENDENCE_ROWS = 2000 };

// Scores rows of raw columns: scores [frame->rows, classes].
typedef struct ModelScores {
  void *context;
  Status (*score)(void *context, double *scores, const Frame *frame, Error *error);
} ModelScores;

typedef struct InputImportance {
  char *input;
  Estimate loss;  // of the metric, positive = lost when the input is shuffled; paired t interval
  Estimate value; // in units of money for all judged rows; absent (NONE) without money
} InputImportance;

typedef struct Importance {
  const Metric *metric; // log_loss, or rmse; NULL: nothing is known
  int64_t rows;         // that were scored, of all_rows
  int64_t all_rows;
  bool money;
  int count;
  InputImportance *items; // the largest loss first; of equal ones the first input
} Importance;

typedef struct DependenceCurve {
  char *input;
  ColumnKind kind;
  int count;
  double x[DEPENDENCE_POINTS];     // numbers, ascending
  char *labels[DEPENDENCE_POINTS]; // categories, in byte order
  double score[DEPENDENCE_POINTS]; // mean over the rows, each with the input set to this
  double share[DEPENDENCE_POINTS]; // of the rows: with this category; with a number above the last x up to
                                   // this one
} DependenceCurve;

typedef struct Dependence {
  int64_t rows;
  int count;
  DependenceCurve curves[DEPENDENCE_INPUTS];
} Dependence;

// `set`: rows with their scores, in the order of SHA-256 of their ids, so that no other order exists.
// `frame`: their raw columns in that order; changed meanwhile and put back. Each of `inputs` (columns of the
// frame) is shuffled in turn: row i gets the value of row P(i) (kernels/shared/shuffle.h) of `seed`, the pool
// named by the first 4 bytes, big-endian, of SHA-256 of the column's name, and stream 3 * 2^24 + 3. Value is
// scaled to all_rows.
Status importance_of(Importance *importance, const EvaluationSet *set, Frame *frame, const TextList *inputs,
                     uint64_t seed, int64_t all_rows, double confidence, const ModelScores *model,
                     Error *error);

// Of the first DEPENDENCE_INPUTS items of `importance` over the first DEPENDENCE_ROWS rows of the frame:
// numbers at up to DEPENDENCE_POINTS of their quantiles, categories at as many of the most frequent. Not for
// multiclass.
Status dependence_of(Dependence *dependence, const Importance *importance, Task task, Frame *frame,
                     const ModelScores *model, Error *error);

void importance_clear(Importance *importance);
void dependence_clear(Dependence *dependence);

// Rows in the order of SHA-256 of their ids (ids are unique), the first `count` of them; freed by free().
int64_t *rows_by_hash(const char *const *ids, int64_t rows, int64_t count);

#endif
