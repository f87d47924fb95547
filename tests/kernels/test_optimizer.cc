// Initial values, gradients out of their sums, AdamW and SGD against the scalar reference, bit for bit.
#include "random_values.h"

namespace {

OptimizerStep step_of(const RefOptimizer &o) {
  OptimizerStep step = {};
  step.weight_decay = o.wd, step.beta1 = o.b1, step.beta2 = o.b2;
  step.one_minus_beta1 = o.one_b1, step.one_minus_beta2 = o.one_b2;
  step.epsilon = o.eps, step.momentum = o.mu;
  return step;
}

StepScalars scalars_of(const RefOptimizer &o) {
  StepScalars scalars = {};
  scalars.learning_rate = o.lr, scalars.correction1 = o.c1, scalars.correction2 = o.c2;
  return scalars;
}

void check_steps(RefOptimizerKind kind, float clip) {
  std::mt19937_64 random(12);
  const int64_t count = 1000;
  const TensorRun runs[2] = {{0, 600, 0, 1}, {600, 400, 1, 0}}; // the second does not decay
  RefOptimizer optimizer = {};
  optimizer.kind = kind;
  optimizer.learning_rate = 0.01, optimizer.weight_decay = 0.1, optimizer.beta1 = 0.9,
  optimizer.beta2 = 0.999;
  optimizer.epsilon = 1e-8, optimizer.momentum = 0.9, optimizer.beta1_power = optimizer.beta2_power = 1;
  Values start = values_of(random, count), p = start, m(count), v(count);
  std::vector<Values> gradients;
  for (int t = 0; t < 5; t++) gradients.push_back(values_of(random, count));
  gradients.push_back(Values(count, 1e-38f)); // moments that must not become subnormal
  std::vector<OptimizerStep> steps;
  StepWindow window = {};
  for (const Values &g : gradients) {
    ref_optimizer_begin(&optimizer);
    window.scalars[steps.size()] = scalars_of(optimizer);
    steps.push_back(step_of(optimizer));
    for (int64_t i = 0; i < count; i++) {
      float clipped = clip < 1 ? g[i] * clip : g[i], decay = i < 600 ? optimizer.wd : 0;
      if (kind == REF_ADAMW)
        ref_adamw(&p[i], &m[i], &v[i], clipped, decay, &optimizer);
      else
        ref_sgd(&p[i], &m[i], clipped, decay, &optimizer);
    }
  }
  for (const char *isa : instruction_sets()) {
    const Operators *operators = operators_cpu(isa);
    Values found = start, found_m(count), found_v(count);
    int32_t flags[3] = {0, 0, 0};
    for (size_t t = 0; t < steps.size(); t++) {
      OptimizerStep step = steps[t];
      window.current = (int64_t)t;
      step.window = &window;
      step.p = found.data(), step.g = gradients[t].data(), step.m = found_m.data(), step.v = found_v.data();
      step.runs = runs, step.run_count = 2, step.clip = &clip, step.flags = flags, step.flag_count = 3,
      step.count = count;
      if (kind == REF_ADAMW)
        run_in_pieces(random, operators->adamw_step, step, adamw_step_tasks(&step));
      else
        run_in_pieces(random, operators->sgd_step, step, sgd_step_tasks(&step));
    }
    ASSERT_TRUE(same_bits(p, found)) << isa;
    ASSERT_TRUE(same_bits(m, found_m)) << isa;
    ASSERT_TRUE(same_bits(v, found_v)) << isa;
  }
}

} // namespace

TEST(Optimizer, AdamW) {
  check_steps(REF_ADAMW, 1.0f);
  check_steps(REF_ADAMW, 0.37f);
}

TEST(Optimizer, Sgd) {
  check_steps(REF_SGD, 1.0f);
  check_steps(REF_SGD, 0.37f);
}

TEST(Optimizer, NothingMovesWhereAFlagIsUp) {
  for (const char *isa : instruction_sets()) {
    Values p = {1, 2}, g = {1, 1}, m = {3, 3}, v = {4, 4};
    TensorRun run = {0, 2, 0, 1};
    int32_t flags[2] = {0, 1};
    float clip = 1;
    StepWindow window = {};
    window.scalars[0].learning_rate = 1;
    OptimizerStep step = {};
    step.p = p.data(), step.g = g.data(), step.m = m.data(), step.v = v.data(), step.runs = &run,
    step.run_count = 1;
    step.clip = &clip, step.flags = flags, step.flag_count = 2, step.count = 2, step.window = &window;
    operators_cpu(isa)->adamw_step(&step, 0, 2);
    operators_cpu(isa)->sgd_step(&step, 0, 2);
    EXPECT_EQ(p, (Values{1, 2})) << isa;
    EXPECT_EQ(m, (Values{3, 3})) << isa;
  }
}

TEST(Optimizer, StepBegin) {
  for (const char *isa : instruction_sets()) {
    StepWindow window = {};
    window.current = -1;
    BatchSums sums = {5, 6};
    StepBegin begin = {&window, &sums};
    for (int64_t step = 0; step < 3; step++) {
      sums.weight = sums.loss = 7;
      ASSERT_EQ(step_begin_tasks(&begin), 1);
      operators_cpu(isa)->step_begin(&begin, 0, 0); // no task, no move
      operators_cpu(isa)->step_begin(&begin, 0, 1);
      EXPECT_EQ(window.current, step) << isa;
      EXPECT_EQ(sums.weight, 0) << isa;
      EXPECT_EQ(sums.loss, 0) << isa;
    }
  }
}

TEST(Optimizer, Initialise) {
  std::mt19937_64 random(13);
  for (int64_t count : {1, 3, 4, 5, 1000}) {
    const uint64_t seed = random();
    Values expected((size_t)count);
    for (int64_t e = 0; e < count; e++) {
      expected[e] = ref_initial_weight(ref_word(seed, (uint32_t)e, 0, 0, REF_INITIALISATION, 3), 6, 37);
    }
    for (const char *isa : instruction_sets()) {
      Values w((size_t)count);
      Initialise initialise = {w.data(), count, seed, 3, (float)__builtin_sqrt(6.0 / 37.0)};
      run_in_pieces(random, operators_cpu(isa)->initialise, initialise, initialise_tasks(&initialise));
      ASSERT_TRUE(same_bits(expected, w)) << isa << " " << count;
    }
  }
}

TEST(Optimizer, GradientFinish) {
  std::mt19937_64 random(14);
  const int64_t count = 500;
  for (int64_t weight : {(int64_t)0, (int64_t)1 << 40, (int64_t)12345678901234567}) {
    std::vector<int64_t> q((size_t)count);
    Values expected((size_t)count);
    for (int64_t i = 0; i < count; i++) {
      q[i] = (int64_t)random() >> (random() % 62);
      expected[i] = ref_gradient(q[i], 40, weight);
    }
    for (const char *isa : instruction_sets()) {
      Values g((size_t)count);
      std::vector<int64_t> sums_left = q;
      BatchSums sums = {weight, 0};
      GradientFinish finish = {g.data(), sums_left.data(), &sums, count, 40};
      run_in_pieces(random, operators_cpu(isa)->gradient_finish, finish, gradient_finish_tasks(&finish));
      ASSERT_TRUE(same_bits(expected, g)) << isa << " weight " << weight;
      ASSERT_EQ(sums_left, std::vector<int64_t>((size_t)count, 0)) << "sums are cleared for the next batch";
    }
  }
}
