// Losses and scores on a GPU: the bits of the CPU's operators, for every kind, size and order of threads.
#include "tests/cuda/device_case.h"

using LossCuda = DeviceCase;

namespace {

KernelId loss_kernel(LossKind kind) {
  return kind == LOSS_BINARY       ? KERNEL_loss_binary
         : kind == LOSS_MULTICLASS ? KERNEL_loss_multiclass
                                   : KERNEL_loss_squared;
}

KernelId scores_kernel(LossKind kind) {
  return kind == LOSS_BINARY       ? KERNEL_scores_binary
         : kind == LOSS_MULTICLASS ? KERNEL_scores_multiclass
                                   : KERNEL_scores_squared;
}

// A batch whose rows lie anywhere in twice as many rows of data.
struct Batch {
  int64_t rows, outputs;
  LossKind kind;
  Values z, targets, weights;
  std::vector<int64_t> rows_of;

  Batch(std::mt19937_64 &random, LossKind kind_, int64_t rows_, int64_t outputs_, bool wild)
      : rows(rows_), outputs(outputs_), kind(kind_), z(values_of(random, rows * outputs, wild)) {
    for (float &value : z) value *= 20;
    for (int64_t i = 0; i < 2 * rows; i++) {
      targets.push_back(kind == LOSS_SQUARED      ? (float)(random() % 100) / 7
                        : kind == LOSS_MULTICLASS ? (float)(random() % (uint64_t)outputs)
                                                  : (float)(random() % 2));
      weights.push_back((float)(random() % 4) / 3); // from 0 to 1
      if (i < rows) rows_of.push_back((int64_t)(random() % (uint64_t)(2 * rows)));
    }
    if (wild && outputs > 1) { // rows that a maximum meets first as NaN, that are all -inf, all zeros
      z[0] = __builtin_nanf("");
      if (rows > 1) std::fill_n(&z[(size_t)outputs], outputs, -__builtin_inff());
      for (int64_t j = 0; rows > 2 && j < outputs; j++) z[(size_t)(2 * outputs + j)] = j % 3 ? 0.0f : -0.0f;
    }
  }
};

} // namespace

struct LossCudaKinds : LossCuda {
  void check_loss(const Batch &b, bool indirect) {
    const int64_t bound = (int64_t)1 << (62 - ref_ceil_log2(b.rows));
    Values dz(b.z.size());
    BatchSums sums = {3, -4};
    int32_t flag = 0;
    Loss arguments = {dz.data(),
                      &sums,
                      &flag,
                      b.z.data(),
                      b.targets.data(),
                      b.weights.data(),
                      indirect ? b.rows_of.data() : nullptr,
                      b.rows,
                      b.outputs,
                      bound,
                      b.kind};
    SCOPED_TRACE(ingot_cuda_library()->kernel_name(loss_kernel(b.kind)));
    run_portable(&Operators::loss, arguments, b.rows);
    for (uint64_t order : thread_orders()) {
      DeviceArray<float> ddz(Values(b.z.size()), 1), dz_in(b.z), targets(b.targets), weights(b.weights);
      DeviceArray<BatchSums> dsums(std::vector<BatchSums>{{3, -4}});
      DeviceArray<int32_t> dflag(std::vector<int32_t>{0});
      DeviceArray<int64_t> rows_of(b.rows_of);
      arguments = {ddz.at(),
                   dsums.at(),
                   dflag.at(),
                   dz_in.at(),
                   targets.at(),
                   weights.at(),
                   indirect ? rows_of.at() : nullptr,
                   b.rows,
                   b.outputs,
                   bound,
                   b.kind};
      run(loss_cuda, arguments, loss_kernel(b.kind), order);
      ASSERT_TRUE(same_bits(dz, ddz.values()));
      ASSERT_EQ(sums.weight, dsums.values()[0].weight);
      ASSERT_EQ(sums.loss, dsums.values()[0].loss);
      ASSERT_EQ(flag, dflag.values()[0]);
    }
  }

  void check_scores(const Batch &b) {
    Values p(b.z.size());
    Scores arguments = {p.data(), b.z.data(), b.rows, b.outputs, b.kind};
    SCOPED_TRACE(ingot_cuda_library()->kernel_name(scores_kernel(b.kind)));
    run_portable(&Operators::scores, arguments, b.rows);
    for (uint64_t order : thread_orders()) {
      DeviceArray<float> dp(Values(b.z.size())), z(b.z, 1);
      arguments = {dp.at(), z.at(), b.rows, b.outputs, b.kind};
      run(scores_cuda, arguments, scores_kernel(b.kind), order);
      ASSERT_TRUE(same_bits(p, dp.values()));
    }
  }

  void check(const Batch &b) {
    SCOPED_TRACE(testing::Message() << "kind " << b.kind << ", " << b.rows << " x " << b.outputs);
    check_loss(b, false);
    check_loss(b, true);
    check_scores(b);
  }
};

TEST_F(LossCudaKinds, OneOutput) {
  std::mt19937_64 random(51);
  for (LossKind kind : {LOSS_BINARY, LOSS_SQUARED}) {
    for (int64_t rows : {1, 2, 31, 32, 33, 255, 256, 257, 1000, 5000}) {
      for (bool wild : {false, true}) check(Batch(random, kind, rows, 1, wild));
    }
  }
}

TEST_F(LossCudaKinds, Multiclass) {
  std::mt19937_64 random(52);
  for (int64_t outputs : {1,  2,  3,  4,  5,   7,   8,   9,   10,  16,   17,   31,   32,
                          33, 63, 64, 65, 127, 128, 130, 257, 513, 1000, 2048, 2049, 3001}) {
    for (int64_t rows : {1, 3, 7, 33, 300}) {
      if (rows * outputs > 6000) continue;
      for (bool wild : {false, true}) check(Batch(random, LOSS_MULTICLASS, rows, outputs, wild));
    }
  }
}

TEST_F(LossCudaKinds, ALossThatIsNotFiniteRaisesTheFlag) {
  for (LossKind kind : {LOSS_BINARY, LOSS_MULTICLASS, LOSS_SQUARED}) {
    SCOPED_TRACE(testing::Message() << ingot_cuda_library()->kernel_name(loss_kernel(kind)));
    DeviceArray<float> dz(Values(2)), z(Values{__builtin_nanf(""), 0}), zeros(Values{0, 0}),
        ones(Values{1, 1});
    DeviceArray<BatchSums> sums(std::vector<BatchSums>{{0, 0}});
    DeviceArray<int32_t> flag(std::vector<int32_t>{0});
    Loss arguments = {dz.at(),          sums.at(),  flag.at(),
                      z.at(),           zeros.at(), ones.at(),
                      nullptr,          1,          kind == LOSS_MULTICLASS ? 2 : 1,
                      (int64_t)1 << 62, kind};
    run(loss_cuda, arguments, loss_kernel(kind), 1);
    EXPECT_EQ(flag.values()[0], 1);
    EXPECT_EQ(sums.values()[0].weight, (int64_t)1 << 40);
    EXPECT_EQ(sums.values()[0].loss, 0);
  }
}
