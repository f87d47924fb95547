// Synthetic training cases in memory, run by the training tests to a state digest.
#ifndef INGOT_TESTS_ENGINE_TRAINING_CASE_H
#define INGOT_TESTS_ENGINE_TRAINING_CASE_H

#include <cstring>
#include <string>
#include <vector>

extern "C" {
#include "engine/device/cuda_library.h"
#include "engine/device/fast.h"
#include "engine/train/trainer.h"
}

// Rows and configuration of one small problem; everything a run needs but the device.
struct TrainingCase {
  std::string name;
  std::vector<float> values, targets, weights;
  std::vector<int32_t> ids;
  std::vector<InputSegment> segments;
  std::vector<int> hidden;
  InputLayout layout{};
  Config config{};
  int64_t rows = 1500, validation_rows = 400;
  std::string bits = "case=1\n";
};

// mlp_binary, mlp_multiclass, linear_regression, mlp_gelu (with layer norm), mlp_silu (without), mlp_tanh
// (without dropout either): between them every operator runs. mlp_wide: one short epoch of mlp_binary with a
// sum over 1100 inputs, five leaves of R1.
TrainingCase training_case(const std::string &name, int64_t rows = 0); // 0: as many as the goldens have

// What may differ between two runs that must agree, and what a run leaves behind.
struct RunOptions {
  const char *isa = "portable";
  const Operators *operators = nullptr; // instead of isa: a table of one's own
  const CudaLibrary *cuda = nullptr;    // instead of isa: the first device of a CUDA library
  bool cuda_first_half_only = false;    // the second half on the CPU; `cuda_second_half_only`: the first
  bool cuda_second_half_only = false;
  bool fast = false;                 // numerics f1, on `cuda`
  FastOperands operands = FAST_TF32; // of f1
  bool new_pins_after = false;       // the second half of f1 chooses algorithms again
  int threads = 1;
  int64_t micro_batch = MICRO_BATCH_ALL;
  bool stream = false;
  uint64_t stop_after = 0;       // save there, forget everything, restore and go on
  int64_t micro_batch_after = 0; // of the second half; 0 = the same
  int threads_after = 0;
};

struct RunResult {
  Status status = STATUS_OK;
  std::string message, digest, model_digest;
  std::vector<Event> events;
  uint64_t steps = 0;
  TrainerPlan plan{};
  std::vector<PinnedProduct> pins;
  std::vector<uint64_t> launches; // by kernel, where a CUDA library was used
};

// `rows` rows of `batch` as a source: in memory, or read one by one, as the engine has them of a stream.
struct CaseSource {
  BatchSource base;
  const Batch *batch;
  int values, categories;
};
CaseSource case_source(const Batch *batch, int64_t rows, bool streamed);

RunResult run_case(const TrainingCase &given, const RunOptions &options);

#endif
