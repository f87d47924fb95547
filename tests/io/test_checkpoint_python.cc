// A checkpoint's model in other hands: Python's standard library, and PyTorch where it is installed.
#include "tests/io/checkpoint_case.h"

#include <sys/wait.h>

extern "C" {
#include "engine/model/scorer.h"
}

namespace {

// Runs the script beside this file; what it printed, and its exit code.
std::string run_script(const std::string &arguments, int *code) {
  std::string command =
      "/usr/bin/python3 " INGOT_SOURCE_DIR "/tests/io/read_safetensors.py " + arguments + " 2>&1";
  FILE *pipe = popen(command.c_str(), "r");
  std::string text;
  for (char buffer[256]; pipe != nullptr && fgets(buffer, sizeof buffer, pipe) != nullptr;) text += buffer;
  int status = pipe != nullptr ? pclose(pipe) : -1;
  *code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return text;
}

bool has_python() {
  return system("/usr/bin/python3 -c 'import json, hashlib' >/dev/null 2>&1") == 0;
}

TEST(CheckpointPython, DigestByTheStandardLibrary) {
  if (!has_python()) GTEST_SKIP() << "/usr/bin/python3 is not installed";
  Folder folder;
  CheckpointStore store = store_of(folder);
  save(store, 5);
  SmallState state(5);
  char hex[DIGEST_HEX];
  sha256_hex(hex, state.snapshot().model_digest);
  int code;
  EXPECT_EQ(run_script("digest " + (folder / (step_name(5) + "/model.safetensors")), &code),
            std::string(hex) + "\n");
  EXPECT_EQ(code, 0);
}

// A network with an embedding, two hidden layers with layer norm and one output, and rows it scores.
class Network {
public:
  explicit Network(ActivationKind activation) {
    segments_[0] = {0, 0, 1, 0};
    segments_[1] = {1, 0, 3, 5};
    segments_[2] = {0, 1, 2, 0};
    InputLayout layout{};
    layout.segments = segments_;
    layout.segment_count = 3;
    layout.value_count = 3;
    layout.category_count = 1;
    layout.width = 6;
    layout.outputs = 1;
    ModelConfig config{};
    int hidden[] = {8, 4};
    config.hidden = hidden;
    config.hidden_count = 2;
    config.activation = activation;
    config.norm = NORM_LAYER;
    Error error;
    if (model_create(&model_, &config, &layout, TASK_BINARY, &error) != STATUS_OK) abort();
    parameters_.resize((size_t)model_->table.size);
    for (int i = 0; i < model_->table.count; i++) { // biases and norms too, so that none can be forgotten
      const ParameterTensor &tensor = model_->table.tensors[i];
      for (int64_t e = 0; e < tensor.count; e++) parameters_[(size_t)(tensor.offset + e)] = next();
    }
    model_views(model_, &tensors_, parameters_.data());
  }
  ~Network() {
    model_free(model_);
    tensor_set_free(&tensors_);
  }
  TensorSet &tensors() { return tensors_; }
  float next() { // between -1 and 1
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return (float)((double)(state_ >> 40) / (1 << 23) - 1);
  }
  std::vector<float> scores(std::vector<float> &values, std::vector<int32_t> &ids) {
    Device *device;
    Scorer *scorer;
    Error error;
    std::vector<float> result(ids.size());
    Batch data{values.data(), ids.data(), nullptr, nullptr};
    if (device_create(&device, "auto", 1, &error) != STATUS_OK) abort();
    if (scorer_create(&scorer, &tensors_, &model_->layout, TASK_BINARY, device, &error) != STATUS_OK) abort();
    if (scorer_run(scorer, result.data(), &data, (int64_t)ids.size(), &error) != STATUS_OK) abort();
    scorer_free(scorer);
    device_free(device);
    return result;
  }

private:
  InputSegment segments_[3]{};
  Model *model_ = nullptr;
  std::vector<float> parameters_;
  TensorSet tensors_{};
  uint64_t state_ = 1;
};

// What the script says of a network and the scores of 20 rows, in its exit code.
std::string scored_by_pytorch(ActivationKind activation, int *code) {
  Folder folder;
  Network network(activation);
  std::vector<float> values(20 * 3);
  std::vector<int32_t> ids(20);
  for (auto &value : values) value = 2 * network.next();
  for (size_t i = 0; i < ids.size(); i++) ids[i] = (int32_t)i % 5;
  std::vector<float> scores = network.scores(values, ids);
  TensorSet expected{};
  int64_t by_3[] = {20, 3}, by_1[] = {20, 1};
  tensor_set_add(&expected, "values", DTYPE_F32, 2, by_3, values.data());
  tensor_set_add(&expected, "ids", DTYPE_I32, 2, by_1, ids.data());
  tensor_set_add(&expected, "scores", DTYPE_F32, 2, by_1, scores.data());
  Error error;
  std::string model = folder / "model.safetensors", rows = folder / "expected.safetensors";
  EXPECT_EQ(safetensors_write(nullptr, &file_calls_system, model.c_str(), &network.tensors(), &error),
            STATUS_OK);
  EXPECT_EQ(safetensors_write(nullptr, &file_calls_system, rows.c_str(), &expected, &error), STATUS_OK);
  tensor_set_free(&expected);
  return run_script("torch " + model + " " + rows, code);
}

TEST(CheckpointPython, LoadsInPyTorchAndScoresTheSame) {
  if (!has_python()) GTEST_SKIP() << "/usr/bin/python3 is not installed";
  for (int kind = ACTIVATION_RELU; kind < ACTIVATION_COUNT; kind++) {
    int code;
    std::string said = scored_by_pytorch((ActivationKind)kind, &code);
    if (code == 77) GTEST_SKIP() << said.substr(0, said.find('\n'));
    EXPECT_EQ(code, 0) << "activation " << kind << ": " << said;
  }
}

} // namespace
