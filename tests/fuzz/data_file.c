// Fuzzer of column files (HDF5): every column of what opens is read.
#include "io/data/data_file.h"
#include "engine/shared/memory.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

enum { ROWS_MAX = 100000 };

static Status read_column(DataFile *file, int column, int64_t rows, Error *error) {
  const DataColumn *about = data_file_column(file, column);
  void *values = memory_get((size_t)rows, 8);
  Status status = about->kind == COLUMN_NUMBER ? data_file_numbers(file, column, 0, rows, values, error)
                                               : data_file_codes(file, column, 0, rows, values, error);
  for (int64_t i = 0; i < rows && status == STATUS_OK && about->kind == COLUMN_CATEGORY; i++) {
    int32_t code = ((int32_t *)values)[i];
    if (code < -1 || code >= about->category_count) abort();
  }
  free(values);
  return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  DataFile *file = NULL;
  Error error = {0};
  Status status = data_file_open(&file, fuzz_file(".h5", data, size), &error);
  fuzz_settled(status, &error);
  int columns = status == STATUS_OK ? data_file_column_count(file) : 0;
  for (int i = 0; i < columns; i++) {
    int64_t rows = data_file_rows(file);
    fuzz_settled(read_column(file, i, rows < ROWS_MAX ? rows : ROWS_MAX, &error), &error);
  }
  data_file_close(file);
  return 0;
}
