// The rows a run reads: opens the data files of a configuration, splits them, and hands out columns and
// batches.
//
// Rows are numbered 0..rows-1 in file order: data.file first, then data.test_file (split: {by: file}). A
// dictionary that differs between the two files is merged (values of the first file keep their codes). Split
// by hash and by order as in kernels/README.md; by file: bounds[0] divides data.file into training and
// validation rows, every row of the test file is a test row. A Dataset is used by one thread at a time.
// Errors name file, column and the first row: 66 missing file; 65 unusable data.
#ifndef INGOT_IO_DATA_DATASET_H
#define INGOT_IO_DATA_DATASET_H

#include "engine/preprocess/batch_source.h"
#include "engine/preprocess/frame.h"
#include "engine/preprocess/preprocess.h"
#include "engine/shared/config.h"
#include "engine/shared/tensor.h"
#include "io/config/load.h"

typedef struct Dataset Dataset;

// Opens the files, checks that every column the configuration names exists (78), and splits the rows.
// `inputs: auto` is resolved into config->data.inputs (inputs_auto and bits_text stay as they are, so that
// the configuration still says auto): all columns except target, weight, split key and data.except, in file
// order.
Status dataset_open(Dataset **dataset, Config *config, Error *error);

// The same with the problems of this configuration: the kinds of columns, the positive label and the payoffs
// are checked too, and each problem gets its place. 78: a name that the data lack, a wrong payoff; 65: a
// column of another kind than the configuration needs, alone or beside these.
Status dataset_open_checked(Dataset **dataset, Config *config, ConfigProblems *problems, Error *error);

// Opens one file instead of the configuration's own, for predict and `evaluate --data`: every row is a test
// row. `key` names the column of row ids ("" = row numbers).
Status dataset_open_file(Dataset **dataset, const char *path, const char *key, Error *error);
void dataset_close(Dataset *dataset);

int64_t dataset_rows(const Dataset *dataset);
int dataset_has_column(const Dataset *dataset, const char *name);
Status dataset_no_column(const Dataset *dataset, const char *name, Error *error); // 65, with the nearest name
const char *dataset_path(const Dataset *dataset, int64_t row); // of the file in which a row lies

// Rows of a part, ascending; owned by the dataset. Count 0 where the part does not exist.
const int64_t *dataset_part(const Dataset *dataset, SplitPart part, int64_t *count);

// Whole columns for preprocess_fit; owned by the dataset.
ColumnReader *dataset_reader(Dataset *dataset);

// preprocess_fit on the training rows; messages name the file.
Status dataset_fit(Preprocess **preprocess, Dataset *dataset, const Config *config, Error *error);

// preprocess_fit_labels on every row of a file that dataset_open_file has opened.
Status dataset_fit_labels(Preprocess **preprocess, Dataset *dataset, const Config *config, Error *error);

// The `data` digest: tensor_set_digest over the columns read (inputs, target, weight, split key), all rows in
// order: numbers F64 (every NaN the same), codes I32 and `<name>/categories` U8, each text ended by a NUL.
// Two files add `files/rows` I64 [2], the row numbers at which they end. Independent of paths and of how the
// file stores its values.
Status dataset_digest(uint8_t digest[DIGEST_BYTES], Dataset *dataset, const Config *config, Error *error);

// Rows of one part, preprocessed. In memory: the whole part, `resident` set. Streamed: two windows of rows in
// the order in which they are followed, one of which a thread fills while the other is read (rows/stream.h);
// with order blocks a window is a pool, or as many small ones as make 16384 rows, else 65536 rows.
// RESIDENCY_AUTO, decided when it is first asked for, takes memory where the batches of the part need at most
// half of what is left to this process (engine/shared/memory_limit.h), or less than a stream's windows. Every
// residency gives the same bits. Errors: 65 an empty part, an unusable label, weight or value, here and not
// later; 65 or 74 from reading a stream, where the file went bad since; 69 the system refuses a thread.
Status dataset_source(BatchSource **source, Dataset *dataset, const Config *config,
                      const Preprocess *preprocess, SplitPart part, Error *error);
void dataset_source_free(BatchSource *source);

// Rows of the file that are decompressed, or read from the disk by pages, for each that is used, in the order
// of the configuration; 0: the source is in memory.
double dataset_source_excess(BatchSource *source, const Config *config);

// Bytes dataset_source will hold for a part under a residency (AUTO: the one it takes), for `ingot plan`.
int64_t dataset_source_bytes(Dataset *dataset, const Config *config, const InputLayout *layout,
                             SplitPart part);

// The named columns (names NULL: every one) of the given rows (rows NULL: all), in that order. For payoffs
// and slices.
Status dataset_frame(Frame **frame, Dataset *dataset, const TextList *names, const int64_t *rows,
                     int64_t count, Error *error);

// The raw columns the model reads (and its target and weight where the file has them) for prediction. Missing
// columns and wrong types: 65, all of them named. *extra (may be NULL) receives the names of columns that the
// model does not read; free with text_list_free.
Status dataset_model_frame(Frame **frame, TextList *extra, Dataset *dataset, const Preprocess *preprocess,
                           const int64_t *rows, int64_t count, Error *error);

// Row ids as text: the key column's value, or the row number in its file. One block: free(ids) frees all.
Status dataset_row_ids(char ***ids, Dataset *dataset, const int64_t *rows, int64_t count, Error *error);

#endif
