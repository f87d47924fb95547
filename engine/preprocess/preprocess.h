// Fitted preprocessing: raw columns to model inputs; fitted on the training rows only, part of the model.
//
// Rules (kernels/README.md, "Statistics"): missing = NaN or code -1; infinity is a data error.
// numeric: missing -> mean of the training rows, flag 1 where missing (flag column only under mean+flag);
// standard: (float)((x - mean) / std) with population std, 0 counts as 1. category: values by byte order of
// their text (a number's shortest decimal); those with at least min_count training rows get ids 2, 3, ...;
// id 0 = unknown or rare, id 1 = missing; embed 0 = the least width whose square is at least the rows of the
// table, at most 16. Regression targets are standardised likewise; classes are ordered by value (numbers) or
// byte order (categories), binary ones as (negative, positive). Weights are times the power of two that
// brings the largest training weight into (1/2, 1]. Everything ends in one rounding to binary32.
//
// Tensors: preprocess.<iii>.{name, kind, mean, std, flag, required, values, width} for input iii from 000
// (the last two for categories), preprocess.target.{name, task, kind, classes, mean, std},
// preprocess.weight.{name, scale}. Texts are U8, each ended by a NUL; what does not apply is absent.
#ifndef INGOT_ENGINE_PREPROCESS_PREPROCESS_H
#define INGOT_ENGINE_PREPROCESS_PREPROCESS_H

#include "engine/preprocess/batch_source.h"
#include "engine/preprocess/frame.h"
#include "engine/shared/config.h"
#include "engine/shared/tensor.h"

typedef struct Preprocess Preprocess;

// Hands out one whole column at a time, so that fitting needs the memory of one column only.
typedef struct ColumnReader ColumnReader;
struct ColumnReader {
  // required: all rows of the file(s); the Column belongs to the reader and lives until the next call.
  Status (*column)(ColumnReader *reader, const Column **column, const char *name, Error *error);
};

// Fits on rows train_rows[0..count). Needs config->data.inputs resolved. Errors 65: a constant or one-class
// target, infinite values, a label that is missing or unknown, an input without values, a bad weight; each
// names the column and the first row.
Status preprocess_fit(Preprocess **preprocess, const Config *config, ColumnReader *reader,
                      const int64_t *train_rows, int64_t count, Error *error);

// Target and weight alone, of rows that are judged by scores from elsewhere: what preprocess_label, the names
// of classes, target and weight need; it has no inputs and is not to be applied. 65 as above.
Status preprocess_fit_labels(Preprocess **preprocess, const Config *config, ColumnReader *reader,
                             const int64_t *rows, int64_t count, Error *error);

const InputLayout *preprocess_layout(const Preprocess *preprocess);
Task preprocess_task(const Preprocess *preprocess);
int preprocess_class_count(const Preprocess *preprocess);                    // multiclass: K; binary: 2
const char *preprocess_class_name(const Preprocess *preprocess, int index);  // as text
double preprocess_target(const Preprocess *preprocess, double model_output); // regression: z * std + mean

// Names of the raw columns the model reads (inputs only), and whether each is a category.
int preprocess_column_count(const Preprocess *preprocess);
const char *preprocess_column_name(const Preprocess *preprocess, int index);
int preprocess_column_is_numeric(const Preprocess *preprocess, int index); // needs a column of numbers

// Whether a category's value has an id of its own: it occurred in the training rows, min_count times or more.
int preprocess_knows(const Preprocess *preprocess, int index, const char *text);

ColumnKind preprocess_target_kind(const Preprocess *preprocess); // of the raw column
const char *preprocess_target_name(const Preprocess *preprocess);
const char *preprocess_weight_name(const Preprocess *preprocess); // NULL where there are no weights

// The label of a row of the target's column: class number, or the target itself (regression, not
// standardised). Error 65 where it is missing, infinite or of no class.
Status preprocess_label(double *label, const Preprocess *preprocess, const Frame *frame, int64_t row,
                        Error *error);

// frame rows -> batch (rows NULL: all). with_target = 0 leaves targets and weights alone (prediction).
// Unknown categories become id 0. Error 65 names column and row of an infinite value or an unusable label.
Status preprocess_apply(const Preprocess *preprocess, Batch *batch, const Frame *frame, const int64_t *rows,
                        int64_t count, int with_target, Error *error);

// Values of one raw column on their way into a batch: value i goes to row places[i] of it.
typedef struct ColumnValues {
  const double *numbers;         // of a column of numbers
  const int32_t *codes;          // of a category, -1 = missing
  const int32_t *ids;            // of the codes: preprocess_ids
  const char *const *categories; // of the codes, for messages
  const int64_t *places;
  const int64_t *rows; // for messages: row rows[i] - base of its file, from 0
  int64_t base;
  int64_t count;
} ColumnValues;

// The same a column at a time, for a source that reads columns: input `index`; the target, and weights of 1
// where the model has no weight; the weight. One thread may apply one column while others apply others. 65 as
// above, of the first value that is not usable.
Status preprocess_apply_input(const Preprocess *preprocess, int index, Batch *batch,
                              const ColumnValues *values, Error *error);
Status preprocess_apply_target(const Preprocess *preprocess, Batch *batch, const ColumnValues *values,
                               Error *error);
Status preprocess_apply_weight(const Preprocess *preprocess, Batch *batch, const ColumnValues *values,
                               Error *error);

// What the codes of a category become: ids of input `index`; classes of the target, -1 for none. The caller
// frees.
int32_t *preprocess_ids(const Preprocess *preprocess, int index, const char *const *categories, int count);
int32_t *preprocess_class_ids(const Preprocess *preprocess, const char *const *categories, int count);

// The fitted state as tensors `preprocess.*` (views into the object) and back.
void preprocess_tensors(Preprocess *preprocess, TensorSet *set);
Status preprocess_from_tensors(Preprocess **preprocess, const TensorSet *set, Error *error);
void preprocess_free(Preprocess *preprocess);

#endif
