// Fuzzer of safetensors files: the tensors are all of the file, and can be touched; preprocessing is made of
// them.
#include "io/checkpoint/safetensors.h"
#include "engine/preprocess/preprocess.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check_size(const TensorSet *set, const uint8_t *data, size_t size) {
  uint64_t bytes;
  memcpy(&bytes, data, 8); // of the header
  for (int i = 0; i < set->count; i++) bytes += tensor_bytes(&set->items[i]);
  if (bytes + 8 != size) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  SafeTensors tensors = {0};
  Error error = {0};
  Status status = safetensors_read(&tensors, fuzz_file(".safetensors", data, size), &error);
  fuzz_settled(status, &error);
  if (status == STATUS_OK) {
    uint8_t digest[DIGEST_BYTES];
    Preprocess *preprocess = NULL;
    check_size(&tensors.set, data, size);
    tensor_set_digest(digest, &tensors.set);
    fuzz_settled(preprocess_from_tensors(&preprocess, &tensors.set, &error), &error);
    preprocess_free(preprocess);
  }
  safetensors_free(&tensors);
  return 0;
}
