// Whole trainings and scores against the scalar reference: every loss and gradient norm of the log, bit for
// bit.
#include "training_case.h"

#include <gtest/gtest.h>
#include <memory>

extern "C" {
#include "engine/model/scorer.h"
#include "engine/train/schedule.h"
#include "tests/reference/x1.h"
}

namespace {

struct Network {
  RefNetwork net = {};
  Network(const TrainingCase &c, RefLoss loss) {
    const ModelConfig &model = c.config.model;
    for (const InputSegment &segment : c.segments) {
      const bool is_category = segment.is_category;
      if (is_category) {
        net.table_rows[segment.source] = (int)segment.table_rows;
        net.table_width[segment.source] = (int)segment.width;
        net.table_count++;
      }
      net.segments[net.segment_count++] = {is_category, (int)segment.source, (int)segment.width,
                                           is_category ? (int)segment.source : 0};
    }
    for (int width : c.hidden) net.hidden[net.hidden_count++] = width;
    net.outputs = (int)c.layout.outputs;
    net.loss = loss;
    net.layer_norm = model.norm == NORM_LAYER;
    net.activation = (RefActivation)(model.activation - ACTIVATION_RELU);
    net.dropout = model.dropout;
    net.seed = c.config.seed;
    net.batch = c.config.train.batch;
    net.grain = c.config.numerics.grain;
    net.fraction_bits = c.config.numerics.fraction_bits;
    ref_network_init(&net);
  }
  ~Network() { ref_network_free(&net); }
};

RefOptimizer optimizer_of(const TrainConfig &train) {
  RefOptimizer o = {};
  o.kind = REF_ADAMW;
  o.weight_decay = train.optimizer.weight_decay;
  o.beta1 = train.optimizer.beta1, o.beta2 = train.optimizer.beta2, o.epsilon = train.optimizer.epsilon;
  o.beta1_power = o.beta2_power = 1;
  o.clip_norm = train.clip_norm;
  return o;
}

// Rows of a case in an order of theirs, as the reference takes them.
struct Rows {
  std::vector<float> numeric, target, weight;
  std::vector<int32_t> codes;
  RefBatch batch = {};
  Rows(const TrainingCase &c, const int64_t *order, int64_t count) {
    const int64_t values = c.layout.value_count, categories = c.layout.category_count;
    for (int64_t i = 0; i < count; i++) {
      const int64_t row = order[i];
      numeric.insert(numeric.end(), &c.values[(size_t)(row * values)],
                     &c.values[(size_t)(row * values)] + values);
      codes.insert(codes.end(), &c.ids[(size_t)(row * categories)],
                   &c.ids[(size_t)(row * categories)] + categories);
      target.push_back(c.targets[(size_t)row]), weight.push_back(c.weights[(size_t)row]);
    }
    batch = {count, numeric.data(), (int)values, codes.data(), (int)categories, target.data(), weight.data()};
  }
};

} // namespace

TEST(TrainingReference, TakesTheSameSteps) {
  for (const char *name : {"mlp_multiclass", "mlp_gelu", "mlp_silu", "mlp_tanh"}) {
    TrainingCase c = training_case(name);
    const TrainConfig &train = c.config.train;
    RunResult run = run_case(c, {});
    ASSERT_EQ(run.status, STATUS_OK) << run.message;
    Network network(c, REF_MULTICLASS);
    RefOptimizer optimizer = optimizer_of(train);
    std::vector<RefStep> steps;
    std::vector<int64_t> order((size_t)c.rows);
    for (uint32_t epoch = 0; epoch < train.epochs; epoch++) {
      ref_epoch_order(order.data(), c.config.seed, epoch, c.rows, c.config.data.block_rows,
                      c.config.data.block_window);
      for (int64_t at = 0; at < c.rows; at += train.batch) {
        Rows rows(c, &order[(size_t)at], std::min(train.batch, c.rows - at));
        optimizer.learning_rate = schedule_rate(&train, steps.size(), run.steps);
        steps.push_back(ref_train_step(&network.net, &optimizer, (uint32_t)steps.size(), &rows.batch));
      }
    }
    ASSERT_EQ(steps.size(), run.steps);
    for (const Event &event : run.events) {
      if (event.kind != EVENT_STEP) continue;
      EXPECT_EQ(event.loss, steps[event.step - 1].loss) << name << " step " << event.step;
      EXPECT_EQ(event.gradient_norm, steps[event.step - 1].norm) << name << " step " << event.step;
    }
  }
}

// The activation is read out of the tensors, as `ingot predict` does.
TEST(TrainingReference, GivesTheSameScores) {
  for (const char *name : {"mlp_gelu", "mlp_silu", "mlp_tanh"}) {
    TrainingCase c = training_case(name);
    c.layout.outputs = 1; // whose score is the model's output
    c.layout.segments = c.segments.data();
    Network network(c, REF_SQUARED);
    TensorSet tensors{};
    for (int i = 0; i < network.net.parameter_count; i++) {
      RefParameter &p = network.net.parameters[i];
      long long shape[2] = {};
      sscanf(p.shape, "%lld,%lld", &shape[0], &shape[1]);
      const int64_t extents[2] = {shape[0], shape[1]};
      tensor_set_add(&tensors, p.name, DTYPE_F32, p.rank, extents, p.value);
    }
    std::string activation = std::string(name).substr(4);
    const int64_t length = (int64_t)activation.size();
    tensor_set_add(&tensors, "model.activation", DTYPE_U8, 1, &length, &activation[0]);
    std::vector<int64_t> order(300);
    for (size_t i = 0; i < order.size(); i++) order[i] = (int64_t)i;
    Rows rows(c, order.data(), 300);
    std::vector<float> expected(300), found(300);
    ref_predict(expected.data(), &network.net, &rows.batch);
    Device *device = nullptr;
    Scorer *scorer = nullptr;
    Error error{};
    Batch batch{c.values.data(), c.ids.data(), nullptr, nullptr};
    ASSERT_EQ(device_create(&device, "auto", 1, &error), STATUS_OK) << error.text;
    ASSERT_EQ(scorer_create(&scorer, &tensors, &c.layout, TASK_REGRESSION, device, &error), STATUS_OK)
        << error.text;
    ASSERT_EQ(scorer_run(scorer, found.data(), &batch, 300, &error), STATUS_OK) << error.text;
    scorer_free(scorer);
    EXPECT_EQ(expected, found) << name;
    activation[0] = 'x';
    EXPECT_EQ(scorer_create(&scorer, &tensors, &c.layout, TASK_REGRESSION, device, &error), STATUS_DATA);
    EXPECT_NE(std::string(error.text).find("'model.activation' names no activation"), std::string::npos)
        << error.text;
    device_free(device);
    tensor_set_free(&tensors);
  }
}
