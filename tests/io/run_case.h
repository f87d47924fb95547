// A trainer in miniature for the tests of runs: a state that each step changes, with the tensors, the chain
// and the order of events and checkpoints of the real one.
#pragma once

#include "tests/io/checkpoint_case.h"

extern "C" {
#include "io/run/run.h"
}

struct MiniTrainer {
  static constexpr uint64_t epoch_steps = 4, total_steps = 12;
  std::vector<float> weights{0.5f, -1.25f, 3.0f}, moments{0, 0, 0};
  uint64_t step = 0, epoch = 0, best_step = 0;
  double best = __builtin_nan("");
  uint8_t chain[DIGEST_BYTES], data[DIGEST_BYTES];
  std::string bits;
  EventSink events{};
  CheckpointSink checkpoints{};

  MiniTrainer();
  Status restore(const TensorSet &tensors, Error *error);
  Status run(uint64_t until, Error *error); // to the end where until is 0; END_SIGNAL before

private:
  std::vector<Event> pending;
  void add(Event event);
  Status flush(Error *error);
  Status save(bool is_best, Error *error);
};

// One run's inputs, kept together for as long as they are borrowed.
struct RunCase {
  Config config{};
  std::string config_text = "name: small\nseed: 7\n", bits = "a=1\nb=0x1p-1\n";
  ManifestFile file{const_cast<char *>("rows.h5"), 1234};
  Gate guardrail{}; // auc, not worse by 0.01
  RunInputs inputs{};
  RunEnvironment environment{};
  uint8_t data[DIGEST_BYTES];
  RunCase();
  RunCase(const RunCase &) = delete;
};

// What one process does: creates or resumes and trains to the end (or to `until`), as the program does.
// calls: from the moment the run is open.
Status train(RunCase &given, const std::string &path, uint64_t until, const FileCalls *calls, Error *error,
             std::string *note = nullptr);

std::string digests_of(const std::string &run); // model and state of a finished run, from its manifest
