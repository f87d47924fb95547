// Private to io/data: a data set's files, columns and parts.
#ifndef INGOT_IO_DATA_DATASET_STATE_H
#define INGOT_IO_DATA_DATASET_STATE_H

#include "io/data/data_file.h"
#include "io/data/dataset.h"

enum { DATASET_FILES_MAX = 2, WINDOW_ROWS = 65536 };

// A column of all files; its dictionary is the first file's, then what the second one adds.
typedef struct DatasetColumn {
  const char *name;
  ColumnKind kind;
  int index[DATASET_FILES_MAX]; // in each file, -1 if absent there
  char **categories;            // texts belong to the files
  int category_count;
  int32_t *recode[DATASET_FILES_MAX]; // code in the file -> code here; NULL = the same
} DatasetColumn;

typedef struct DatasetReader {
  ColumnReader base;
  struct Dataset *dataset;
  Column column;
} DatasetReader;

struct Dataset {
  DataFile *files[DATASET_FILES_MAX];
  int64_t first_row[DATASET_FILES_MAX + 1]; // of each file; then all rows
  int file_count;
  DatasetColumn *columns; // in the order of the first file
  int column_count;
  char *key; // column of row ids, "" = row numbers
  int64_t *parts[PART_COUNT];
  int64_t part_counts[PART_COUNT];
  Residency residency[PART_COUNT]; // what `auto` is; RESIDENCY_AUTO: not decided yet
  DatasetReader reader;
};

// The file a row belongs to.
int dataset_file_of(const Dataset *dataset, int64_t row);

const DatasetColumn *dataset_find(const Dataset *dataset, const char *name); // NULL if absent

// Makes `column` ready for up to `rows` rows of a column of the data set, then fills it with rows [first,
// first + count), which may cross files.
void dataset_make_column(Column *column, const DatasetColumn *source, int64_t rows);
Status dataset_fill_column(Column *column, const Dataset *dataset, const DatasetColumn *source, int64_t first,
                           int64_t count, Error *error);

// What a configuration says about its data: the promise of dataset_open and dataset_open_checked (problems).
Status dataset_check(Dataset *dataset, const Config *config, ConfigProblems *problems, Error *error);

// Sets the parts from a configuration, or every row as test row where config is NULL. 65: an empty part, a
// missing or repeated key.
Status dataset_split(Dataset *dataset, const Config *config, Error *error);

#endif
