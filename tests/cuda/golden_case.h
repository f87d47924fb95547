// Golden training runs on a GPU: their names, digests, and the options that take a run there.
#ifndef INGOT_TESTS_CUDA_GOLDEN_CASE_H
#define INGOT_TESTS_CUDA_GOLDEN_CASE_H

#include "tests/engine/training_case.h"

#include <fstream>
#include <gtest/gtest.h>

const char *const kCases[] = {"mlp_binary", "mlp_multiclass", "linear_regression", "mlp_wide",
                              "mlp_gelu",   "mlp_silu",       "mlp_tanh"};

inline std::string golden(const std::string &wanted) {
  std::ifstream file(INGOT_SOURCE_DIR "/tests/golden/training.sha256");
  for (std::string digest, name; file >> digest >> name;) {
    if (name == wanted) return digest;
  }
  return "no golden";
}

inline RunOptions on_gpu() {
  RunOptions options;
  options.cuda = ingot_cuda_library();
  return options;
}

#endif
