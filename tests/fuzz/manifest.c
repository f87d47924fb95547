// Fuzzer of run manifests.
#include "io/run/manifest.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Manifest *manifest = NULL;
  Error error = {0};
  Status status = manifest_read(&manifest, fuzz_file(".json", data, size), &error);
  fuzz_settled(status, &error);
  if (status == STATUS_OK) free(manifest_text(manifest));
  manifest_free(manifest);
  return 0;
}
