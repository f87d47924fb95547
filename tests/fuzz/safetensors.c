// Fuzzer of safetensors files: every byte of a tensor that is read can be touched; preprocessing is made of
// them.
#include "io/checkpoint/safetensors.h"
#include "engine/preprocess/preprocess.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  SafeTensors tensors = {0};
  Error error = {0};
  Status status = safetensors_read(&tensors, fuzz_file(".safetensors", data, size), &error);
  fuzz_settled(status, &error);
  if (status == STATUS_OK) {
    uint8_t digest[DIGEST_BYTES];
    Preprocess *preprocess = NULL;
    tensor_set_digest(digest, &tensors.set);
    fuzz_settled(preprocess_from_tensors(&preprocess, &tensors.set, &error), &error);
    preprocess_free(preprocess);
  }
  safetensors_free(&tensors);
  return 0;
}
