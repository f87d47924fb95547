// What the tests of durable files and checkpoints share: a folder that goes away, a small state, bytes.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

extern "C" {
#include "io/checkpoint/checkpoint.h"
#include "io/checkpoint/checkpoint_check.h"
#include "io/shared/durable.h"
#include "io/shared/sums.h"
}

class Folder {
public:
  Folder() {
    const char *root = getenv("TMPDIR");
    path_ = std::string(root ? root : "/tmp") + "/ingot-test-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) abort();
  }
  ~Folder() {
    Error ignored;
    folder_remove(path_.c_str(), &ignored);
  }
  Folder(const Folder &) = delete;
  std::string operator/(const std::string &name) const { return path_ + "/" + name; }
  const char *path() const { return path_.c_str(); }
  std::vector<std::string> names() const {
    char **names;
    int count;
    Error error;
    EXPECT_EQ(folder_names(&names, &count, path(), &error), STATUS_OK) << error.text;
    std::vector<std::string> result(names, names + count);
    folder_names_free(names, count);
    return result;
  }

private:
  std::string path_;
};

inline std::string slurp(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

inline void spit(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), (std::streamsize)bytes.size());
}

// A small state that differs from step to step.
class SmallState {
public:
  static constexpr const char *BITS = "data.file=a.h5\nmodel.hidden=[3]\nseed=7\n";

  explicit SmallState(uint64_t step, bool is_best = false) {
    weight_ = {0.5f, -0.0f, (float)step, NAN, 1e-40f, 3.25f};
    ids_ = {3, -1, INT64_MIN};
    moment_ = {1, 2, 3, 4, 5, (float)step};
    step_ = step;
    config_ = BITS;
    int64_t matrix[] = {3, 2}, three[] = {3}, one[] = {1}, text[] = {(int64_t)config_.size()},
            digest[] = {32};
    tensor_set_add(&model_, "layers.0.weight", DTYPE_F32, 2, matrix, weight_.data());
    tensor_set_add(&model_, "preprocess.ids", DTYPE_I64, 1, three, ids_.data());
    tensor_set_add(&optimizer_, "moment1.layers.0.weight", DTYPE_F32, 2, matrix, moment_.data());
    tensor_set_add(&optimizer_, "state.step", DTYPE_U64, 1, one, &step_);
    tensor_set_add(&optimizer_, "state.config", DTYPE_U8, 1, text, config_.data());
    tensor_set_add(&optimizer_, "state.data", DTYPE_U8, 1, digest, data_.data());
    tensor_set_add_all(&all_, &model_);
    tensor_set_add_all(&all_, &optimizer_);
    snapshot_.step = step;
    snapshot_.epoch = step / 100;
    snapshot_.is_best = is_best;
    snapshot_.best = 0.1 + 0.2;
    snapshot_.best_step = 100;
    snapshot_.model = &model_;
    snapshot_.optimizer = &optimizer_;
    refresh();
  }
  ~SmallState() {
    tensor_set_free(&model_);
    tensor_set_free(&optimizer_);
    tensor_set_free(&all_);
  }
  SmallState(const SmallState &) = delete;
  void refresh() {
    tensor_set_digest(snapshot_.model_digest, &model_);
    tensor_set_digest(snapshot_.state_digest, &all_);
  }
  std::vector<float> &weight() { return weight_; }
  std::vector<float> &moment() { return moment_; }
  Snapshot &snapshot() { return snapshot_; }
  TensorSet &all() { return all_; }
  TensorSet &model() { return model_; }

private:
  std::vector<float> weight_, moment_;
  std::vector<int64_t> ids_;
  std::vector<uint8_t> data_ = std::vector<uint8_t>(32, 9);
  std::string config_;
  uint64_t step_ = 0;
  TensorSet model_{}, optimizer_{}, all_{};
  Snapshot snapshot_{};
};

// The store of a folder, as a run has it.
inline CheckpointStore store_of(const Folder &folder, const FileCalls *calls = &file_calls_system) {
  CheckpointStore store{};
  store.folder = folder.path();
  store.keep_last = 2;
  store.keep_best = 1;
  store.calls = calls;
  snprintf(store.constants.numerics, sizeof store.constants.numerics, "x1");
  snprintf(store.constants.version, sizeof store.constants.version, "0.1.0");
  return store;
}

inline std::string step_name(uint64_t step) {
  char name[CHECKPOINT_NAME_MAX];
  checkpoint_name(name, step);
  return name;
}

inline void save(CheckpointStore &store, uint64_t step, bool is_best = false) {
  SmallState state(step, is_best);
  Error error;
  ASSERT_EQ(checkpoint_save(&store, &state.snapshot(), &error), STATUS_OK) << error.text;
}

// The step of a checkpoint whose every byte is what SmallState of that step is; -1 where it does not load.
inline int64_t whole_step(const std::string &path) {
  Checkpoint *checkpoint;
  Error error;
  if (checkpoint_load(&checkpoint, path.c_str(), CHECKPOINT_ALL, &error) != STATUS_OK) return -1;
  int64_t step = (int64_t)checkpoint->state.step;
  SmallState expected((uint64_t)step);
  uint8_t digest[DIGEST_BYTES];
  tensor_set_digest(digest, &checkpoint->tensors);
  EXPECT_EQ(memcmp(digest, expected.snapshot().state_digest, DIGEST_BYTES), 0) << path;
  checkpoint_free(checkpoint);
  return step;
}

// The same for the newest of a folder; -1 where none loads, -2 where there is none.
inline int64_t newest_step(const char *folder) {
  Checkpoint *checkpoint;
  char *note;
  Error error;
  Status status = checkpoint_load_newest(&checkpoint, &note, folder, nullptr, &error);
  free(note);
  if (status != STATUS_OK) return -1;
  if (checkpoint == nullptr) return -2;
  std::string path = checkpoint->path;
  checkpoint_free(checkpoint);
  return whole_step(path);
}

inline std::vector<uint64_t> steps_in(const char *folder) {
  uint64_t *steps;
  int count;
  Error error;
  EXPECT_EQ(checkpoint_steps(&steps, &count, folder, &error), STATUS_OK) << error.text;
  std::vector<uint64_t> result(steps, steps + count);
  free(steps);
  return result;
}
