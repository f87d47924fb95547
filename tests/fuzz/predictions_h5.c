// Fuzzer of prediction files as HDF5.
#include "io/report/predictions.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Predictions *predictions = NULL;
  Error error = {0};
  Status status = predictions_read(&predictions, fuzz_file(".h5", data, size), &error);
  fuzz_settled(status, &error);
  if ((status == STATUS_OK) != (predictions != NULL)) abort();
  predictions_free(predictions);
  return 0;
}
