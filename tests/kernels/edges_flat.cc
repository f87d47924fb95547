// The edges of what touches flat arrays or no rows at all: order, initial values, gradients, optimizers.
#include "edge_values.h"

namespace {

// A window at one of its steps, with scalars that an optimizer can do something with.
StepWindow window_at(Numbers &numbers, int64_t current) {
  StepWindow window = {};
  window.current = current;
  StepScalars &now = window.scalars[current < 0 ? 0 : current];
  now.step = (uint32_t)numbers.below(1 << 20), now.epoch = (uint32_t)numbers.below(9);
  now.learning_rate = 0.01f, now.correction1 = 1.5f, now.correction2 = 3.25f;
  return window;
}

void step_begin(EdgeDevice &device, EdgeResults &results) {
  Numbers numbers(11);
  for (int64_t current = -1; current < STEP_WINDOW - 1; current++) {
    StepBegin begin = {};
    begin.window = placed(device, std::vector<StepWindow>{window_at(numbers, current)});
    begin.sums = placed(device, std::vector<BatchSums>{{numbers.below(99), numbers.below(99)}});
    device.step_begin(begin);
    results.take(device, begin.window, 1);
    results.take(device, begin.sums, 1);
    results.end_shape();
    device.clear();
  }
}

// Whole epochs, in batches around what is permuted together (64), of rows around powers of 4, the domains of
// the permutation; blocks and pools that end within a batch, and a short last block.
void batch_rows(EdgeDevice &device, EdgeResults &results) {
  Numbers numbers(12);
  for (int64_t all : {1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1000, 1023, 1024, 1025, 4097}) {
    for (RowOrder order : std::vector<RowOrder>{{all, 0, 0, 0},
                                                {all, 1, 1, 0},
                                                {all, 1, 3, 0},
                                                {all, 7, 5, 0},
                                                {all, 64, 1, 0},
                                                {all, 256, 4, 0}}) {
      StepWindow window = window_at(numbers, numbers.below(STEP_WINDOW));
      int64_t &first = window.scalars[window.current].first;
      order.seed = numbers.next();
      for (int64_t count; first < all; first += count) {
        count = Sizes{1, 31, 63, 64, 65, 129, 500, all}[(size_t)numbers.below(8)];
        if (count > all - first) count = all - first;
        BatchRows rows = {};
        rows.rows_of = placed(device, std::vector<int64_t>((size_t)count, -1));
        rows.window = placed(device, std::vector<StepWindow>{window}), rows.count = count, rows.order = order;
        device.batch_rows(rows);
        results.take(device, rows.rows_of, (size_t)count);
        device.clear();
      }
      results.end_shape();
    }
  }
}

// Counts of the flat arrays: row_edges, and around blocks of the gradient norm.
Sizes flat_edges() {
  Sizes all = row_edges();
  for (int64_t blocks : {1, 2, 3})
    for (int64_t more : {-1, 0, 1}) all.push_back(blocks * X1_NORM_BLOCK + more);
  return all;
}

void initialise(EdgeDevice &device, EdgeResults &results) {
  Numbers numbers(13);
  for (int64_t count : flat_edges()) {
    Initialise draw = {};
    draw.w = room(device, count), draw.count = count, draw.seed = numbers.next();
    draw.tensor = (uint32_t)numbers.below(300), draw.bound = (float)(1 + numbers.below(99)) * 0x1.1p-6f;
    device.initialise(draw);
    results.take_floats(device, draw.w, (size_t)count);
    results.end_shape();
    device.clear();
  }
}

void gradient_finish(EdgeDevice &device, EdgeResults &results) {
  Numbers numbers(14);
  for (int64_t count : flat_edges()) {
    for (int64_t weight : {(int64_t)0, (int64_t)1 << 40, numbers.below((int64_t)1 << 52)}) {
      std::vector<int64_t> q((size_t)count);
      for (int64_t &sum : q) sum = (int64_t)numbers.next() >> numbers.below(62);
      GradientFinish finish = {};
      finish.g = room(device, count), finish.q = placed(device, q), finish.count = count;
      finish.sums = placed(device, std::vector<BatchSums>{{weight, 1}});
      finish.fraction_bits = (int)Sizes{40, 40, 24, 48}[(size_t)numbers.below(4)];
      device.gradient_finish(finish);
      results.take_floats(device, finish.g, (size_t)count);
      results.take(device, finish.q, (size_t)count);
      results.end_shape();
      device.clear();
    }
  }
}

// Runs of these counts, up to three elements apart, that decay or not; *count: of the flat arrays.
std::vector<TensorRun> runs_of(Numbers &numbers, const Sizes &counts, int64_t *count, int64_t *blocks) {
  std::vector<TensorRun> runs;
  *count = *blocks = 0;
  for (int64_t n : counts) {
    *count += numbers.below(4);
    runs.push_back({*count, n, *blocks, (int32_t)numbers.below(2)});
    *count += n, *blocks += (n + X1_NORM_BLOCK - 1) / X1_NORM_BLOCK;
  }
  *count += numbers.below(4);
  return runs;
}

// One run of every size, then many, of sizes that the numbers choose among `some`.
std::vector<Sizes> run_shapes(Numbers &numbers, const std::vector<Sizes> &some) {
  std::vector<Sizes> all;
  for (int64_t size : flat_edges()) all.push_back({size});
  for (int64_t runs : {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 31, 32, 33, 65}) {
    for (const Sizes &sizes : some) {
      all.emplace_back();
      while ((int64_t)all.back().size() < runs)
        all.back().push_back(sizes[(size_t)numbers.below((int64_t)sizes.size())]);
    }
  }
  return all;
}

// Norms that are clipped or not, too large for binary32, and after flags of others. Runs of one size each
// have sums that are alike, so that the order of additions shows.
void gradient_norm(EdgeDevice &device, EdgeResults &results) {
  Numbers numbers(15);
  const std::vector<Sizes> sizes = {row_edges(), {99},  {100},  {200},  {333},
                                    {500},       {777}, {1000}, {2001}, flat_edges()};
  for (const Sizes &counts : run_shapes(numbers, sizes)) {
    int64_t count, block_count;
    const std::vector<TensorRun> runs = runs_of(numbers, counts, &count, &block_count);
    const float scale = Values{1, 1, 1, 1, 1, 1, 0x1p-70f, 0x1p70f}[(size_t)numbers.below(8)];
    Values g = numbers.values(count, true);
    for (float &x : g) x *= scale;
    GradientNormBlocks blocks = {};
    blocks.g = placed(device, g), blocks.runs = placed(device, runs), blocks.run_count = (int64_t)runs.size();
    blocks.blocks = room(device, block_count), blocks.block_count = block_count;
    std::vector<int32_t> flags(runs.size() + 2, 0);
    if (numbers.below(4) == 0) flags[(size_t)numbers.below((int64_t)flags.size())] = 1;
    GradientNormFinish finish = {};
    finish.window = placed(device, std::vector<StepWindow>{window_at(numbers, numbers.below(STEP_WINDOW))});
    finish.clip = room(device, 1), finish.flags = placed(device, flags);
    finish.flag_count = (int64_t)flags.size(), finish.blocks = blocks.blocks;
    finish.block_count = block_count, finish.clip_norm = Values{0, 1, 50}[(size_t)numbers.below(3)];
    finish.sums = placed(device, std::vector<BatchSums>{{numbers.below(3) << 40, numbers.below(1 << 30)}});
    device.gradient_norm_blocks(blocks);
    device.gradient_norm_finish(finish);
    results.take_floats(device, blocks.blocks, (size_t)block_count);
    results.take_floats(device, finish.clip, 1);
    results.take(device, finish.flags, flags.size());
    results.take(device, finish.window, 1);
    results.end_shape();
    device.clear();
  }
}

void optimizer(EdgeDevice &device, EdgeResults &results, void (EdgeDevice::*run)(const OptimizerStep &)) {
  Numbers numbers(16);
  for (const Sizes &counts : run_shapes(numbers, {row_edges(), flat_edges()})) {
    OptimizerStep step = {};
    int64_t blocks;
    const std::vector<TensorRun> runs = runs_of(numbers, counts, &step.count, &blocks);
    Values v = numbers.values(step.count, true);
    for (float &x : v) x = x < 0 ? -x : x;
    std::vector<int32_t> flags(runs.size() + 2, 0);
    if (numbers.below(8) == 0) flags[(size_t)numbers.below((int64_t)flags.size())] = 1;
    step.p = placed(device, numbers.values(step.count, true));
    step.m = placed(device, numbers.values(step.count, true)), step.v = placed(device, v);
    step.g = placed(device, numbers.values(step.count, true)), step.runs = placed(device, runs);
    step.window = placed(device, std::vector<StepWindow>{window_at(numbers, numbers.below(STEP_WINDOW))});
    step.clip = placed(device, Values{numbers.below(2) ? 1 : 0.37f}), step.flags = placed(device, flags);
    step.run_count = (int64_t)runs.size(), step.flag_count = (int64_t)flags.size();
    step.weight_decay = 0.1f, step.beta1 = 0.9f, step.beta2 = 0.999f, step.epsilon = 1e-8f;
    step.one_minus_beta1 = 0.1f, step.one_minus_beta2 = 0.001f, step.momentum = 0.9f;
    (device.*run)(step);
    for (const float *at : {step.p, step.m, step.v}) results.take_floats(device, at, (size_t)step.count);
    results.end_shape();
    device.clear();
  }
}

void adamw(EdgeDevice &device, EdgeResults &results) {
  optimizer(device, results, &EdgeDevice::adamw_step);
}

void sgd(EdgeDevice &device, EdgeResults &results) {
  optimizer(device, results, &EdgeDevice::sgd_step);
}

} // namespace

const std::vector<EdgeGroup> &flat_edge_groups() {
  static const std::vector<EdgeGroup> groups = {{"step_begin", step_begin},
                                                {"batch_rows", batch_rows},
                                                {"initialise", initialise},
                                                {"gradient_finish", gradient_finish},
                                                {"gradient_norm", gradient_norm},
                                                {"adamw", adamw},
                                                {"sgd", sgd}};
  return groups;
}
