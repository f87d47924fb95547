// Layer norm and the gradient norm on a GPU: the bits of the CPU's operators, for every size and order of
// threads.
#include "tests/cuda/device_case.h"

using RowReductionCuda = DeviceCase;

namespace {

// Around every number of elements that a thread holds, and beyond.
const std::vector<int64_t> kColumns = {1,   2,    3,    4,    5,    8,    9,    10,   16,   17,  31,  32,
                                       33,  63,   64,   65,   127,  128,  129,  255,  256,  257, 300, 511,
                                       513, 1000, 1024, 1025, 2047, 2048, 2049, 2080, 2081, 5000};

int64_t rows_for(int64_t columns) {
  return columns <= 16 ? 100 : columns <= 300 ? 21 : 3;
}

} // namespace

TEST_F(RowReductionCuda, NormForward) {
  std::mt19937_64 random(41);
  for (int64_t n : kColumns) {
    for (bool wild : {false, true}) {
      const int64_t rows = rows_for(n);
      SCOPED_TRACE(testing::Message()
                   << "norm_forward, " << rows << " rows, columns " << n << " wild " << wild);
      Values x = values_of(random, rows * n, wild), gamma = values_of(random, n), beta = values_of(random, n);
      for (int64_t j = 0; j < n; j++) x[j] = -0.0f; // its mean is 0, not -0
      Values y(x.size()), h(x.size()), r((size_t)rows);
      const ActivationKind activation = random() % 2 ? ACTIVATION_RELU : ACTIVATION_NONE;
      NormForward arguments = {y.data(),    h.data(), r.data(), x.data(),  gamma.data(),
                               beta.data(), rows,     n,        activation};
      run_portable(&Operators::norm_forward, arguments, rows);
      for (uint64_t order : thread_orders()) {
        DeviceArray<float> dy(Values(x.size()), 1), dh(Values(x.size())), dr(Values((size_t)rows)), dx(x, 1),
            dgamma(gamma), dbeta(beta);
        arguments = {dy.at(), dh.at(), dr.at(), dx.at(), dgamma.at(), dbeta.at(), rows, n, activation};
        run(norm_forward_cuda, arguments, KERNEL_norm_forward, order);
        ASSERT_TRUE(same_bits(y, dy.values()));
        ASSERT_TRUE(same_bits(h, dh.values()));
        ASSERT_TRUE(same_bits(r, dr.values()));
      }
    }
  }
}

TEST_F(RowReductionCuda, NormBackwardInput) {
  std::mt19937_64 random(42);
  for (int64_t n : kColumns) {
    for (bool wild : {false, true}) {
      const int64_t rows = rows_for(n);
      SCOPED_TRACE(testing::Message()
                   << "norm_backward_input, " << rows << " rows, columns " << n << " wild " << wild);
      Values dy = values_of(random, rows * n, wild), gamma = values_of(random, n),
             h = values_of(random, rows * n, wild), r = values_of(random, rows), dx(dy.size());
      NormBackwardInput arguments = {dx.data(), dy.data(), gamma.data(), h.data(), r.data(), rows, n};
      run_portable(&Operators::norm_backward_input, arguments, rows);
      for (uint64_t order : thread_orders()) {
        DeviceArray<float> both(dy), other(Values(dy.size())), dgamma(gamma), dh(h),
            dr(r); // in place and not
        arguments = {other.at(), both.at(), dgamma.at(), dh.at(), dr.at(), rows, n};
        run(norm_backward_input_cuda, arguments, KERNEL_norm_backward_input, order);
        ASSERT_TRUE(same_bits(dx, other.values()));
        arguments.dx = both.at();
        run(norm_backward_input_cuda, arguments, KERNEL_norm_backward_input, order);
        ASSERT_TRUE(same_bits(dx, both.values())) << "in place";
      }
    }
  }
}

TEST_F(RowReductionCuda, NormBackwardWeight) {
  struct Shape {
    int64_t rows, grain;
  };
  std::mt19937_64 random(43);
  for (Shape shape : {Shape{1, 256},
                      {255, 256},
                      {256, 256},
                      {257, 256},
                      {1000, 32},
                      {33, 1},
                      {700, 512},
                      {1500, 1024},
                      {2000, 1500},
                      {3100, 3100},
                      {2600, 256}}) {
    for (int64_t n : {1, 3, 31, 32, 33, 70}) {
      SCOPED_TRACE(testing::Message() << "norm_backward_weight, " << shape.rows << " rows, grain "
                                      << shape.grain << ", columns " << n);
      for (bool wild : {false, true}) {
        Values dy = values_of(random, shape.rows * n), h = values_of(random, shape.rows * n);
        dy[0] = wild ? __builtin_nanf("") : -0.0f;
        h[(size_t)n - 1] = wild ? __builtin_inff() : 1e-45f;
        std::vector<int64_t> gamma((size_t)n, 5), beta((size_t)n, -7);
        std::vector<int32_t> flags = {0, 0};
        NormBackwardWeight arguments = {gamma.data(), beta.data(), &flags[0], &flags[1],   dy.data(),
                                        h.data(),     shape.rows,  n,         shape.grain, {0x1p40, 0x1p10f}};
        run_portable(&Operators::norm_backward_weight, arguments, n);
        EXPECT_EQ(flags[0], wild);
        for (uint64_t order : thread_orders()) {
          DeviceArray<int64_t> dgamma(std::vector<int64_t>((size_t)n, 5)),
              dbeta(std::vector<int64_t>((size_t)n, -7));
          DeviceArray<int32_t> dflags(std::vector<int32_t>{0, 0});
          DeviceArray<float> ddy(dy, 1), dh(h);
          arguments = {dgamma.at(), dbeta.at(), dflags.at(), dflags.at() + 1, ddy.at(),
                       dh.at(),     shape.rows, n,           shape.grain,     {0x1p40, 0x1p10f}};
          run(norm_backward_weight_cuda, arguments, KERNEL_norm_backward_weight, order);
          ASSERT_EQ(flags, dflags.values());
          if (flags[0] == 0) { // else the sums are as they may be
            ASSERT_EQ(gamma, dgamma.values());
          }
          if (flags[1] == 0) {
            ASSERT_EQ(beta, dbeta.values());
          }
        }
      }
    }
  }
}

TEST_F(RowReductionCuda, GradientNormBlocks) {
  std::mt19937_64 random(44);
  std::vector<TensorRun> runs;
  int64_t end = 3, blocks = 0; // gaps between the tensors; one is empty
  for (int64_t size : {1, 64, 0, 63, 4095, 4096, 4097, 33, 9000, 3, 12288}) {
    runs.push_back({end, size, blocks, 1});
    blocks += (size + X1_NORM_BLOCK - 1) / X1_NORM_BLOCK;
    end += size + size % 5;
  }
  for (bool wild : {false, true}) {
    SCOPED_TRACE(testing::Message() << "gradient_norm_blocks, " << end << " elements in " << runs.size()
                                    << " tensors, wild " << wild);
    Values g = values_of(random, end, wild), expected((size_t)blocks);
    for (int i = 0; i < 64; i++) g[(size_t)runs[1].offset + i] = i % 2 ? -0.0f : -1e-40f;
    GradientNormBlocks arguments = {expected.data(), g.data(), runs.data(), (int64_t)runs.size(), blocks};
    run_portable(&Operators::gradient_norm_blocks, arguments, blocks);
    for (uint64_t order : thread_orders()) {
      DeviceArray<float> found(Values((size_t)blocks)), dg(g);
      DeviceArray<TensorRun> druns(runs);
      arguments = {found.at(), dg.at(), druns.at(), (int64_t)runs.size(), blocks};
      run(gradient_norm_blocks_cuda, arguments, KERNEL_gradient_norm_blocks, order);
      ASSERT_TRUE(same_bits(expected, found.values())) << "wild " << wild;
    }
  }
}

namespace {

// What gradient_norm_finish leaves.
struct Finished {
  StepRecord record;
  float clip;
  std::vector<int32_t> flags;
};

testing::AssertionResult same(const Finished &a, const Finished &b) {
  if (bits_of(a.record.gradient_norm) != bits_of(b.record.gradient_norm))
    return testing::AssertionFailure()
           << "norms " << a.record.gradient_norm << ", " << b.record.gradient_norm;
  if (bits_of(a.record.loss) != bits_of(b.record.loss)) return testing::AssertionFailure() << "losses";
  if (a.record.taken != b.record.taken) return testing::AssertionFailure() << "taken";
  if (bits_of(a.clip) != bits_of(b.clip)) return testing::AssertionFailure() << "clips";
  if (a.flags != b.flags) return testing::AssertionFailure() << "flags";
  return testing::AssertionSuccess();
}

} // namespace

TEST_F(RowReductionCuda, GradientNormFinish) {
  std::mt19937_64 random(45);
  for (int64_t count : {0,   1,    2,    3,    4,    5,    7,    31,    32,    33,    127,  128,
                        129, 1000, 4095, 4096, 4097, 5000, 8191, 12288, 12289, 16385, 70001}) {
    for (int kind = 0; kind < 4; kind++) { // tame, all -0, with an infinity or NaN, with a flag up
      SCOPED_TRACE(testing::Message() << "gradient_norm_finish, " << count << " blocks, kind " << kind);
      Values blocks = values_of(random, count, false);
      for (float &block : blocks) block = kind == 1 ? -0.0f : block * block;
      if (kind == 2 && count > 0)
        blocks[random() % (uint64_t)count] = count % 2 ? __builtin_inff() : __builtin_nanf("");
      const std::vector<BatchSums> sums = {{(int64_t)3 << 40, (int64_t)random() >> 20}};
      const float clip_norm = count % 3 == 0 ? 0.0f : count % 3 == 1 ? 0.5f : 1e9f;
      std::vector<StepWindow> window(1);
      window[0].current = 9;
      Finished expected = {{}, 7, std::vector<int32_t>(40, 0)};
      if (kind == 3) expected.flags[37] = 1;
      const std::vector<int32_t> flags = expected.flags;
      GradientNormFinish arguments = {window.data(), &expected.clip, expected.flags.data(),
                                      blocks.data(), count,          40,
                                      sums.data(),   clip_norm};
      run_portable(&Operators::gradient_norm_finish, arguments, 1);
      expected.record = window[0].records[9];
      EXPECT_EQ(expected.record.taken, kind < 2 || (kind == 2 && count == 0));
      for (uint64_t order : {0, 5}) {
        window[0].records[9] = {};
        DeviceArray<StepWindow> dwindow(window);
        DeviceArray<float> dclip(Values{7}), dblocks(blocks, 1);
        DeviceArray<int32_t> dflags(flags);
        DeviceArray<BatchSums> dsums(sums);
        arguments = {dwindow.at(), dclip.at(), dflags.at(), dblocks.at(), count, 40, dsums.at(), clip_norm};
        run(gradient_norm_finish_cuda, arguments, KERNEL_gradient_norm_finish, order);
        const Finished found = {dwindow.values()[0].records[9], dclip.values()[0], dflags.values()};
        ASSERT_TRUE(same(expected, found));
      }
    }
  }
}
