// Rows on which a model is judged: their labels, weights, ids and payoffs out of a dataset.
#ifndef INGOT_TOOLS_CLI_JUDGE_MODELS_JUDGED_ROWS_H
#define INGOT_TOOLS_CLI_JUDGE_MODELS_JUDGED_ROWS_H

#include "engine/evaluate/evaluation_set.h"
#include "io/data/dataset.h"
#include "io/payoff/payoff.h"

typedef struct JudgedRows {
  int64_t rows;
  Task task;
  int classes;
  double *labels;                      // [rows]
  double *weights;                     // [rows]; NULL where the model has no weight column
  char **ids;                          // [rows]; NULL where not asked for
  uint64_t *row_hash, *cluster_hash;   // [rows]; NULL without ids, without evaluate.cluster
  int64_t *act, *skip;                 // [rows] millionths, weights applied; NULL without business
  int64_t *gain_if_one, *gain_if_zero; // the same, of acting; only under policy expected_gain
  int64_t *best;                       // not binary: what the right prediction is worth; else NULL
  double *costs;                       // multiclass: [classes, classes] by (truth, decision); else NULL
  CapacityConfig capacity;             // its cost is a view of the configuration's
  int64_t *cost;                       // of acting, weights applied; NULL: each row counts 1
  Frame *frame;                        // [rows] the columns that the payoffs use; NULL without business
  Payoffs payoffs;                     // of the definition: its texts and digest; empty without business
  int64_t *numbers;                    // [rows] of the dataset; NULL where there is none (a report)
  int8_t *stated; // [rows] the SplitPart that a row was to the model, as its scores state,
                  // -1 where they do not; NULL: they state nothing
  Frame *slices;  // evaluate.slices, .fairness.column, .time, .cluster; NULL: none
} JudgedRows;

// rows: numbers of the dataset's rows (not NULL unless count is 0). business may be NULL or absent. Needs the
// target column in the data (65). Payoffs are evaluated for binary targets; for others by judged_rows_price.
Status judged_rows_load(JudgedRows *judged, Dataset *dataset, const Preprocess *preprocess,
                        const BusinessConfig *business, const int64_t *rows, int64_t count, bool with_ids,
                        Error *error);

// The payoffs of predictions [rows, classes] where they depend on these: regression, several classes. Without
// business, and for binary targets, there is nothing to do.
Status judged_rows_price(JudgedRows *judged, const BusinessConfig *business, const double *scores,
                         Error *error);

// What acting and not acting on each row is worth under another definition with the same columns, weights
// applied; [rows], freed by free(). Regression: at these predictions. changed: the parameter that alone
// differs from the definition the rows were loaded with, so that only what uses it is evaluated; NULL:
// everything is. 66 where the columns are not known: a report of an earlier version.
Status judged_rows_value(int64_t **act, int64_t **skip, const JudgedRows *judged,
                         const BusinessConfig *business, const double *scores, const char *changed,
                         Error *error);

// The payoffs of rows whose labels, weights and frame are there: what judged_rows_load makes of a dataset's.
// Nothing where the frame is NULL.
Status judged_rows_payoffs(JudgedRows *judged, const BusinessConfig *business, Error *error);

// Forgets what the rows are worth, to be found anew.
void judged_rows_forget_money(JudgedRows *judged);

// Sentences about typical payoffs of these rows, a line each, as payoff_examples; NULL where the frame is.
Status judged_rows_examples(char **examples, const JudgedRows *judged, const BusinessConfig *business,
                            const char *target, const char *positive, Error *error);

// Where rows have weights, capacities of rows count them; to be called once labels and weights are there.
Status judged_rows_count(JudgedRows *judged, const BusinessConfig *business, Error *error);

// Adds the names of the target's classes, in the order of their numbers.
void judged_class_names(TextList *names, const Preprocess *preprocess);

// The matrix of business.costs by the names of the target's classes: [classes, classes], freed by free(). 78
// names a class that is none, or a pair without a cost.
Status judged_costs(double **costs, const BusinessConfig *business, const TextList *classes, Error *error);

// Keeps the rows' numbers, and the columns that `config` groups rows by. 78 where the data lack one of them,
// with the nearest name; with `optional` that one is left out.
Status judged_rows_slices(JudgedRows *judged, Dataset *dataset, const Config *config, const int64_t *rows,
                          bool optional, Error *error);

// What acting on each row gains (act - skip, millionths) if every label were `label`; [count], freed by
// free().
Status judged_gains(int64_t **gains, const BusinessConfig *business, const Frame *frame, double label,
                    Error *error);

// Fills row_hash from the ids, and cluster_hash from the kept column of that name ("": none). 65 where it is
// not kept (optional: none then) or misses a value.
Status judged_rows_hash(JudgedRows *judged, const char *cluster, bool optional, Error *error);

// The set of these rows with a model's scores [rows, classes].
EvaluationSet judged_rows_set(const JudgedRows *judged, const double *scores, Policy policy);

void judged_rows_free(JudgedRows *judged);

#endif
