// Linear layers against the scalar reference, bit for bit: random shapes around every edge of leaves and
// tiles.
#include "random_values.h"

#include "kernels/product/cut.h"

namespace {

struct Shape {
  int64_t rows, outputs, inputs;
};

// Edges of leaves (256), tiles and lanes, then random ones.
std::vector<Shape> shapes(std::mt19937_64 &random) {
  std::vector<Shape> all;
  for (int64_t inputs : {1, 2, 63, 64, 65, 255, 256, 257, 511, 512, 513, 769}) all.push_back({3, 5, inputs});
  for (int64_t outputs : {1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 64, 65, 257}) all.push_back({4, outputs, 40});
  for (int64_t rows : {1, 2, 5, 6, 7, 8, 12, 13, 14, 15, 31, 257}) all.push_back({rows, 19, 21});
  for (const Shape &s : std::vector<Shape>{{99, 1, 77}, // R2
                                           {99, 1, 64}, // whole rows of its lanes
                                           {40, 1, 256},
                                           {97, 70, 769},  // blocks of rows, groups, joined leaves
                                           {193, 300, 40}, // many columns of few terms
                                           {2050, 33, 9},  // rows for threads
                                           {13, 33, 8500}, // more terms than a packed group holds
                                           {110, 34, 8500}})
    all.push_back(s);
  for (int i = 0; i < 20; i++) {
    all.push_back(
        {1 + (int64_t)(random() % 40), 1 + (int64_t)(random() % 70), 1 + (int64_t)(random() % 600)});
  }
  return all;
}

Values reference_forward(const Values &x, const Values &w, const Values &bias, const Shape &s, bool relu) {
  Values y((size_t)(s.rows * s.outputs));
  for (int64_t i = 0; i < s.rows; i++) {
    for (int64_t n = 0; n < s.outputs; n++) {
      const float *row = x.data() + i * s.inputs, *weights = w.data() + n * s.inputs;
      float sum = s.outputs == 1 ? ref_r2(row, weights, s.inputs) : ref_r1(row, 1, weights, 1, s.inputs);
      float z = sum + bias[(size_t)n];
      y[(size_t)(i * s.outputs + n)] = relu ? ref_relu(z) : z;
    }
  }
  return y;
}

// How much more than its share the busiest of the threads does, in rows of 32 columns.
double imbalance(const Cut &cut, int threads) {
  double most = 0, all = 0;
  for (int t = 0; t < threads; t++) {
    double work = 0;
    int64_t first = cut.tasks * t / threads, last = cut.tasks * (t + 1) / threads;
    while (first < last) {
      CutPart part = cut_take(&cut, &first, last);
      work += (double)((part.row_end - part.row) * ((part.column_end - part.column + 31) / 32));
    }
    all += work;
    most = std::max(most, work);
  }
  return most * threads / all - 1;
}

} // namespace

// Two threads within 4 percent of each other's work, sixteen within 13 where there is enough.
TEST(Cut, ThreadsGetTheSameWork) {
  for (const Shape &s : std::vector<Shape>{{256, 256, 256},
                                           {384, 384, 384},
                                           {256, 64, 64},
                                           {1024, 256, 64},
                                           {1024, 1, 256},
                                           {4096, 340, 512},
                                           {4096, 512, 340},
                                           {8192, 64, 1024}}) {
    const Cut cut = cut_of(s.rows, s.outputs, s.inputs);
    EXPECT_LE(imbalance(cut, 2), 0.04) << s.rows << "x" << s.outputs << "x" << s.inputs;
    EXPECT_LE(imbalance(cut, 16), 0.13) << s.rows << "x" << s.outputs << "x" << s.inputs;
  }
  for (const Shape &s :
       std::vector<Shape>{{1024, 256, 64}, {1024, 256, 256}, {4096, 512, 340}, {65536, 64, 64}})
    EXPECT_LE(imbalance(cut_of_weights(s.outputs, s.inputs, s.rows, 256), 2), 0.04)
        << s.rows << "x" << s.outputs << "x" << s.inputs;
}

// No thread is woken for less than some microseconds of work, however many there are.
TEST(Cut, PartsAreWorthAThread) {
  EXPECT_EQ(cut_of(64, 64, 32).tasks, 1);
  for (const Shape &s : std::vector<Shape>{{1024, 1, 64}, {1, 256, 256}, {256, 64, 64}}) {
    const Cut cut = cut_of(s.rows, s.outputs, s.inputs);
    const double work = (double)cut_work(s.rows, s.outputs, s.inputs);
    EXPECT_GE(work * (double)cut.least / (double)cut.tasks, 0.9 * CUT_WORTHWHILE)
        << s.rows << "x" << s.outputs << "x" << s.inputs;
  }
}

// The best one is the last of the list that this processor has; nothing else is an instruction set.
TEST(InstructionSets, AreOneList) {
  ASSERT_FALSE(instruction_sets().empty());
  EXPECT_STREQ(operators_isa(0), "portable");
  EXPECT_STREQ(operators_best_isa(), instruction_sets().back());
  EXPECT_EQ(operators_cpu("sse"), nullptr);
  EXPECT_EQ(operators_cpu("auto"), nullptr);
#ifdef __x86_64__
  const std::pair<const char *, decltype(&linear_forward_avx2)> own[] = {
      {"portable", linear_forward_portable},
      {"avx2", linear_forward_avx2},
      {"avx512", linear_forward_avx512}};
  for (const auto &[isa, forward] : own) {
    const Operators *table = operators_cpu(isa);
    EXPECT_TRUE(table == nullptr || table->linear_forward == forward) << isa;
  }
#endif
}

TEST(Product, LinearForward) {
  std::mt19937_64 random(1);
  for (const Shape &s : shapes(random)) {
    for (ActivationKind activation : {ACTIVATION_NONE, ACTIVATION_RELU}) {
      const bool relu = activation == ACTIVATION_RELU, wild = random() % 2;
      Values x = values_of(random, s.rows * s.inputs, wild),
             w = values_of(random, s.outputs * s.inputs, wild);
      Values bias = values_of(random, s.outputs), expected = reference_forward(x, w, bias, s, relu);
      for (const char *isa : instruction_sets()) {
        Values y((size_t)(s.rows * s.outputs), 7.0f);
        LinearForward linear = {y.data(), x.data(),  w.data(), bias.data(),
                                s.rows,   s.outputs, s.inputs, activation};
        run_in_pieces(random, operators_cpu(isa)->linear_forward, linear, linear_forward_tasks(&linear));
        ASSERT_TRUE(same_bits(expected, y))
            << isa << " " << s.rows << "x" << s.outputs << "x" << s.inputs << " relu " << relu;
      }
    }
  }
}

// Products that round to -0, and a bias of -0: the rule's + 0.0f is what makes the sum +0.
TEST(Product, SumsOfNegativeZerosAreZero) {
  std::mt19937_64 random(2);
  for (const Shape &s : std::vector<Shape>{
           {35, 1, 3}, {35, 1, 16}, {35, 1, 64}, {35, 1, 200}, {35, 1, 256}, {3, 20, 40}, {35, 20, 40}}) {
    Values x((size_t)(s.rows * s.inputs), -0x1p-100f), w((size_t)(s.outputs * s.inputs), 0x1p-100f);
    Values bias((size_t)s.outputs, -0.0f), zeros((size_t)(s.rows * s.outputs), 0.0f);
    ASSERT_TRUE(same_bits(zeros, reference_forward(x, w, bias, s, false)));
    for (const char *isa : instruction_sets()) {
      Values y((size_t)(s.rows * s.outputs), 7.0f);
      LinearForward linear = {y.data(), x.data(),  w.data(), bias.data(),
                              s.rows,   s.outputs, s.inputs, ACTIVATION_NONE};
      run_in_pieces(random, operators_cpu(isa)->linear_forward, linear, linear_forward_tasks(&linear));
      EXPECT_TRUE(same_bits(zeros, y)) << isa << " " << s.rows << "x" << s.outputs << "x" << s.inputs;
    }
  }
}

TEST(Product, LinearBackwardInput) {
  std::mt19937_64 random(2);
  for (const Shape &s : shapes(random)) {
    Values dy = values_of(random, s.rows * s.outputs, s.rows % 2 == 0),
           w = values_of(random, s.outputs * s.inputs), x = values_of(random, s.rows * s.inputs, true);
    const ActivationKind activation = random() % 2 ? ACTIVATION_RELU : ACTIVATION_NONE;
    Values expected((size_t)(s.rows * s.inputs));
    for (int64_t i = 0; i < s.rows; i++) {
      for (int64_t k = 0; k < s.inputs; k++) {
        const size_t at = (size_t)(i * s.inputs + k);
        expected[at] = ref_r1(dy.data() + i * s.outputs, 1, w.data() + k, s.inputs, s.outputs);
        if (activation == ACTIVATION_RELU) expected[at] = ref_relu_backward(x[at], expected[at]);
      }
    }
    for (const char *isa : instruction_sets()) {
      Values dx((size_t)(s.rows * s.inputs), 7.0f);
      LinearBackwardInput linear = {
          dx.data(), dy.data(), w.data(), activation == ACTIVATION_NONE ? nullptr : x.data(),
          s.rows,    s.outputs, s.inputs, activation};
      run_in_pieces(random, operators_cpu(isa)->linear_backward_input, linear,
                    linear_backward_input_tasks(&linear));
      ASSERT_TRUE(same_bits(expected, dx)) << isa << " " << s.rows << "x" << s.outputs << "x" << s.inputs;
    }
  }
}

TEST(Product, LinearBackwardWeight) {
  std::mt19937_64 random(3);
  const int fraction_bits = 40;
  for (const Shape &s : shapes(random)) {
    for (int64_t grain : {4, 256, 600}) {
      int64_t grains = (s.rows + grain - 1) / grain;
      Values dy = values_of(random, s.rows * s.outputs), x = values_of(random, s.rows * s.inputs),
             one((size_t)s.rows, 1);
      std::vector<int64_t> qw((size_t)(s.outputs * s.inputs), 5), qb((size_t)s.outputs, 5);
      for (int64_t first = 0; first < s.rows; first += grain) {
        int64_t rows = std::min(grain, s.rows - first), addend;
        for (int64_t n = 0; n < s.outputs; n++) {
          const float *column = dy.data() + first * s.outputs + n;
          for (int64_t k = 0; k < s.inputs; k++) {
            float sum = ref_r1(column, s.outputs, x.data() + first * s.inputs + k, s.inputs, rows);
            ASSERT_TRUE(ref_addend(&addend, sum, fraction_bits, grains));
            qw[(size_t)(n * s.inputs + k)] += addend;
          }
          ASSERT_TRUE(
              ref_addend(&addend, ref_r1(column, s.outputs, one.data(), 1, rows), fraction_bits, grains));
          qb[(size_t)n] += addend;
        }
      }
      for (const char *isa : instruction_sets()) {
        std::vector<int64_t> found_w(qw.size(), 5), found_b(qb.size(), 5);
        int32_t flags[2] = {0, 0};
        LinearBackwardWeight linear = {
            found_w.data(),
            found_b.data(),
            &flags[0],
            &flags[1],
            dy.data(),
            x.data(),
            s.rows,
            s.outputs,
            s.inputs,
            grain,
            {0x1p40, __builtin_ldexpf(1, 62 - fraction_bits - ref_ceil_log2(grains))}};
        run_in_pieces(random, operators_cpu(isa)->linear_backward_weight, linear,
                      linear_backward_weight_tasks(&linear));
        ASSERT_EQ(found_w, qw) << isa << " " << s.rows << "x" << s.outputs << "x" << s.inputs << " grain "
                               << grain;
        ASSERT_EQ(found_b, qb) << isa;
        ASSERT_EQ(flags[0] + flags[1], 0);
      }
    }
  }
}

TEST(Product, AddendsOutOfRangeRaiseTheFlagOfTheirTensor) {
  for (const char *isa : instruction_sets()) {
    for (float bad : {__builtin_inff(), __builtin_nanf(""), 0x1p22f}) {
      Values dy = {1, bad}, x = {1, 1};
      int64_t qw[1] = {0}, qb[1] = {0};
      int32_t flags[2] = {0, 0};
      LinearBackwardWeight linear = {qw, qb, &flags[0], &flags[1], dy.data(),        x.data(),
                                     2,  1,  1,         256,       {0x1p40, 0x1p22f}};
      operators_cpu(isa)->linear_backward_weight(&linear, 0, linear_backward_weight_tasks(&linear));
      EXPECT_NE(flags[0], 0) << isa << " " << bad;
      EXPECT_NE(flags[1], 0) << isa << " " << bad;
    }
  }
}
