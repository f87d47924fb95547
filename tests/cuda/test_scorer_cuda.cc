// Scores by a GPU: the bits of a CPU's, however many rows each takes a pass.
#include "kernels/cuda/context.h"

#include <gtest/gtest.h>
#include <vector>

extern "C" {
#include "engine/device/cuda_library.h"
#include "engine/model/scorer.h"
}

namespace {

// A trained model's tensors: two numbers, a category, one or more hidden layers.
struct Network {
  explicit Network(std::vector<int> hidden, ActivationKind activation = ACTIVATION_RELU) {
    ModelConfig config{};
    config.activation = activation;
    config.hidden = hidden.data();
    config.hidden_count = (int)hidden.size();
    Error error;
    EXPECT_EQ(model_create(&model, &config, &layout, TASK_MULTICLASS, &error), STATUS_OK);
    parameters.resize((size_t)model->table.size);
    for (size_t i = 0; i < parameters.size(); i++) parameters[i] = next();
    model_views(model, &tensors, parameters.data());
  }
  Network(const Network &) = delete;
  ~Network() {
    model_free(model);
    tensor_set_free(&tensors);
  }
  float next() { // between -1 and 1
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (float)((double)(state >> 40) / (1 << 23) - 1);
  }

  InputSegment segments[2] = {{0, 0, 2, 0}, {1, 0, 3, 5}};
  InputLayout layout = {segments, 2, 2, 1, 5, 3};
  uint64_t state = 7;
  Model *model = nullptr;
  std::vector<float> parameters;
  TensorSet tensors{};
};

struct ScorerCuda : testing::Test {
  ScorerCuda() {
    EXPECT_EQ(device_create(&cpu, "auto", 1, &error), STATUS_OK);
    EXPECT_EQ(device_create_from_library(&gpu, ingot_cuda_library(), 0, &error), STATUS_OK) << error.text;
  }
  ~ScorerCuda() override {
    device_free(cpu);
    device_free(gpu);
  }
  std::vector<float> scores(Network &network, Device *device, const Batch &batch, int64_t rows) {
    Scorer *scorer = nullptr;
    std::vector<float> result((size_t)(rows * network.layout.outputs));
    EXPECT_EQ(scorer_create(&scorer, &network.tensors, &network.layout, TASK_MULTICLASS, device, &error),
              STATUS_OK);
    EXPECT_EQ(scorer_run(scorer, result.data(), &batch, rows, &error), STATUS_OK);
    scorer_free(scorer);
    return result;
  }
  Device *cpu = nullptr, *gpu = nullptr;
  Error error;
};

} // namespace

TEST_F(ScorerCuda, GivesTheBitsOfACpuInFewPasses) {
  Network network({8, 4});
  const int64_t rows = 20000;
  std::vector<float> values((size_t)(2 * rows));
  std::vector<int32_t> ids((size_t)rows);
  for (float &value : values) value = network.next();
  for (int32_t &id : ids) id = (int32_t)(network.next() * 2.5f + 2.5f);
  const Batch batch = {values.data(), ids.data(), nullptr, nullptr};
  std::vector<float> expected = scores(network, cpu, batch, rows), found = scores(network, gpu, batch, rows);
  EXPECT_EQ(0, memcmp(expected.data(), found.data(), expected.size() * sizeof(float)));
  std::vector<uint64_t> launches(KERNEL_COUNT);
  device_add_launches(launches.data(), gpu);
  EXPECT_EQ(2u, launches[KERNEL_inputs_forward]); // 16384 rows, and the rest
}

TEST_F(ScorerCuda, EveryActivationGivesTheBitsOfACpu) {
  const int64_t rows = 300;
  std::vector<std::vector<float>> all;
  for (int kind = ACTIVATION_RELU; kind < ACTIVATION_COUNT; kind++) {
    Network network({8, 4}, (ActivationKind)kind);
    std::vector<float> values((size_t)(2 * rows));
    std::vector<int32_t> ids((size_t)rows);
    for (float &value : values) value = network.next();
    const Batch batch = {values.data(), ids.data(), nullptr, nullptr};
    std::vector<float> expected = scores(network, cpu, batch, rows);
    EXPECT_EQ(expected, scores(network, gpu, batch, rows)) << kind;
    for (const std::vector<float> &other : all) EXPECT_NE(expected, other) << kind;
    all.push_back(expected);
  }
}

// Wide layers: fewer rows a pass, so that scoring takes little beside what training took.
TEST_F(ScorerCuda, TakesFewerRowsWhereTheyTakeMuchMemory) {
  Network network({8192});
  Scorer *scorer = nullptr;
  const size_t before = device_free_bytes(gpu);
  ASSERT_EQ(scorer_create(&scorer, &network.tensors, &network.layout, TASK_MULTICLASS, gpu, &error),
            STATUS_OK);
  EXPECT_LT(before - device_free_bytes(gpu), (size_t)260 << 20);
  EXPECT_GT(before - device_free_bytes(gpu), (size_t)100 << 20);
  scorer_free(scorer);
}
