// Fuzzer of SHA256SUMS: what reads is exactly what would be written.
#include "io/shared/sums.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Sums sums = {0};
  Error error = {0};
  Status status = sums_read(&sums, fuzz_file("", data, size), &error);
  fuzz_settled(status, &error);
  if (status == STATUS_OK) {
    char *text = sums_text(&sums);
    if (strlen(text) != size || memcmp(text, data, size) != 0) abort();
    free(text);
  }
  sums_free(&sums);
  return 0;
}
