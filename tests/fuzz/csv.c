// Fuzzer of the import: a CSV file, plain or gzip, to a column file, which must then be readable.
#include "io/data/data_file.h"
#include "io/data/import.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ImportOptions options = {.output = fuzz_output(".h5")};
  ImportSummary summary = {0};
  Error error = {0};
  text_list_add(&options.files, fuzz_file(".csv", data, size));
  Status status = import_files(&options, &summary, &error);
  fuzz_settled(status, &error);
  if (status == STATUS_OK) {
    DataFile *file = NULL;
    if (data_file_open(&file, options.output, &error) != STATUS_OK) abort();
    if (data_file_rows(file) != summary.rows) abort();
    data_file_close(file);
    free(import_summary_text(&summary));
  }
  import_summary_free(&summary);
  text_list_free(&options.files);
  return 0;
}
