// Layer norm, losses, scores and the gradient norm against the scalar reference, bit for bit.
#include "random_values.h"

namespace {

const std::vector<int64_t> kColumns = {1, 2, 3, 31, 63, 64, 65, 127, 128, 129, 200, 257, 1000};

} // namespace

TEST(RowReduction, NormForwardAndBackward) {
  std::mt19937_64 random(4);
  for (int64_t n : kColumns) {
    for (bool wild : {false, true}) {
      const int64_t rows = 7;
      const ActivationKind activation = random() % 2 ? ACTIVATION_RELU : ACTIVATION_NONE;
      Values x = values_of(random, rows * n, wild), gamma = values_of(random, n), beta = values_of(random, n);
      Values dy = values_of(random, rows * n), y(x.size()), h(x.size()), r(rows), dx(x.size());
      for (int64_t i = 0; i < rows; i++) {
        ref_norm(&y[i * n], &h[i * n], &r[i], &x[i * n], gamma.data(), beta.data(), n);
        ref_norm_backward(&dx[i * n], &dy[i * n], &h[i * n], r[i], gamma.data(), n);
      }
      for (float &value : y) value = activation == ACTIVATION_RELU ? ref_relu(value) : value;
      for (const char *isa : instruction_sets()) {
        const Operators *operators = operators_cpu(isa);
        Values found_y(x.size()), found_h(x.size()), found_r(rows), found_dx = dy;
        NormForward forward = {found_y.data(), found_h.data(), found_r.data(), x.data(),
                               gamma.data(),   beta.data(),    rows,           n,
                               activation};
        run_in_pieces(random, operators->norm_forward, forward, norm_forward_tasks(&forward));
        ASSERT_TRUE(same_bits(y, found_y)) << isa << " columns " << n;
        ASSERT_TRUE(same_bits(h, found_h)) << isa << " columns " << n;
        ASSERT_TRUE(same_bits(r, found_r)) << isa << " columns " << n;
        // In place, as training does it.
        NormBackwardInput backward = {
            found_dx.data(), found_dx.data(), gamma.data(), h.data(), r.data(), rows, n};
        run_in_pieces(random, operators->norm_backward_input, backward, norm_backward_input_tasks(&backward));
        ASSERT_TRUE(same_bits(dx, found_dx)) << isa << " columns " << n;
      }
    }
  }
}

// Results of 16 MiB and more are written past the caches (kernels/shared/stream.h) where they lie at
// multiples of a vector's size: the same bits as one element further on, and as of few rows.
TEST(RowReduction, LargeResultsOfNorms) {
  std::mt19937_64 random(14);
  const int64_t n = 64, rows = (16 << 20) / (n * (int64_t)sizeof(float)) + 3, line = 16;
  Values x = values_of(random, rows * n), dy = values_of(random, rows * n), gamma = values_of(random, n),
         beta = values_of(random, n);
  for (const char *isa : instruction_sets()) {
    const Operators *operators = operators_cpu(isa);
    Values y[3], h[3], dx[3], r[3];
    for (int way = 0; way < 3; way++) { // past the caches, one element further on, few rows at a time
      for (Values *one : {&y[way], &h[way], &dx[way]}) one->assign((size_t)(rows * n + 2 * line), 7);
      r[way].resize((size_t)rows);
      auto at = [&](Values &block) {
        const int64_t place = (int64_t)((uintptr_t)block.data() / sizeof(float)) % line;
        return block.data() + (line - place) + (way == 1);
      };
      for (int64_t i = 0; i < rows; i += way == 2 ? rows / 2 : rows) {
        const int64_t some = std::min(rows - i, way == 2 ? rows / 2 : rows);
        float *found_y = at(y[way]) + i * n, *found_h = at(h[way]) + i * n, *found_r = r[way].data() + i;
        NormForward forward = {found_y,     found_h, found_r, x.data() + i * n, gamma.data(),
                               beta.data(), some,    n,       ACTIVATION_RELU};
        run_in_pieces(random, operators->norm_forward, forward, some);
        NormBackwardInput backward = {
            at(dx[way]) + i * n, dy.data() + i * n, gamma.data(), found_h, found_r, some, n};
        run_in_pieces(random, operators->norm_backward_input, backward, some);
      }
      for (Values *one : {&y[way], &h[way], &dx[way]}) {
        float *from = at(*one);
        EXPECT_TRUE(from[-1] == 7 && from[rows * n] == 7) << isa << ": written beyond the result";
        *one = Values(from, from + rows * n);
      }
      EXPECT_TRUE(same_bits(y[0], y[way]) && same_bits(h[0], h[way]) && same_bits(r[0], r[way]))
          << isa << way;
      EXPECT_TRUE(same_bits(dx[0], dx[way])) << isa << way;
    }
  }
}

TEST(RowReduction, NormBackwardWeight) {
  std::mt19937_64 random(5);
  for (int64_t rows : {1, 255, 256, 257, 600}) {
    const int64_t n = rows == 600 ? 235 : 35, grain = 256, grains = (rows + grain - 1) / grain;
    Values dy = values_of(random, rows * n), h = values_of(random, rows * n), one((size_t)rows, 1);
    std::vector<int64_t> gamma(n, 0), beta(n, 0);
    for (int64_t first = 0; first < rows; first += grain) {
      for (int64_t j = 0; j < n; j++) {
        int64_t count = std::min(grain, rows - first), addend;
        const float *column = dy.data() + first * n + j;
        ASSERT_TRUE(ref_addend(&addend, ref_r1(column, n, h.data() + first * n + j, n, count), 40, grains));
        gamma[j] += addend;
        ASSERT_TRUE(ref_addend(&addend, ref_r1(column, n, one.data(), 1, count), 40, grains));
        beta[j] += addend;
      }
    }
    for (const char *isa : instruction_sets()) {
      std::vector<int64_t> found_gamma(n, 0), found_beta(n, 0);
      int32_t flags[2] = {0, 0};
      NormBackwardWeight weight = {
          found_gamma.data(), found_beta.data(), &flags[0], &flags[1], dy.data(), h.data(), rows, n, grain,
          {0x1p40, 0x1p18f}};
      run_in_pieces(random, operators_cpu(isa)->norm_backward_weight, weight,
                    norm_backward_weight_tasks(&weight));
      ASSERT_EQ(found_gamma, gamma) << isa << " rows " << rows;
      ASSERT_EQ(found_beta, beta) << isa << " rows " << rows;
    }
  }
}

TEST(RowReduction, LossesAndTheirGradients) {
  std::mt19937_64 random(6);
  const int64_t rows = 300;
  for (int64_t outputs : {1, 2, 3, 10, 64, 65, 130}) {
    for (LossKind kind : {LOSS_BINARY, LOSS_SQUARED, LOSS_MULTICLASS}) {
      if ((outputs == 1) == (kind == LOSS_MULTICLASS)) continue;
      Values z = values_of(random, rows * outputs), targets(rows), weights(rows), dz(z.size()), p(z.size());
      for (float &value : z) value *= 20;
      BatchSums sums = {0, 0};
      for (int64_t i = 0; i < rows; i++) {
        targets[i] = kind == LOSS_SQUARED ? z[(size_t)(rows - 1 - i)] * 0.1f
                                          : (float)(random() % (outputs == 1 ? 2 : outputs));
        weights[i] = i % 3 == 0 ? 0.5f : i % 7 == 0 ? 0.0f : 1.0f;
        float loss = kind == LOSS_BINARY ? ref_binary_loss(&dz[i], z[i], targets[i], weights[i])
                     : kind == LOSS_SQUARED
                         ? ref_squared_loss(&dz[i], z[i], targets[i], weights[i])
                         : ref_softmax_loss(&p[i * outputs], &dz[i * outputs], &z[i * outputs], outputs,
                                            (int64_t)targets[i], weights[i]);
        sums.weight += ref_weight_addend(weights[i]);
        sums.loss += ref_loss_addend(weights[i], loss, rows);
      }
      for (const char *isa : instruction_sets()) {
        Values found(z.size());
        BatchSums found_sums = {0, 0};
        int32_t flag = 0;
        Loss loss = {found.data(),
                     &found_sums,
                     &flag,
                     z.data(),
                     targets.data(),
                     weights.data(),
                     nullptr,
                     rows,
                     outputs,
                     (int64_t)1 << (62 - ref_ceil_log2(rows)),
                     kind};
        run_in_pieces(random, operators_cpu(isa)->loss, loss, loss_tasks(&loss));
        ASSERT_TRUE(same_bits(dz, found)) << isa << " kind " << kind << " outputs " << outputs;
        ASSERT_EQ(found_sums.weight, sums.weight) << isa;
        ASSERT_EQ(found_sums.loss, sums.loss) << isa << " kind " << kind;
        ASSERT_EQ(flag, 0);
        if (kind != LOSS_MULTICLASS) continue;
        Values scores(z.size());
        Scores predict = {scores.data(), z.data(), rows, outputs, kind};
        run_in_pieces(random, operators_cpu(isa)->scores, predict, scores_tasks(&predict));
        ASSERT_TRUE(same_bits(p, scores)) << isa << " outputs " << outputs;
      }
    }
  }
}

TEST(RowReduction, ALossThatIsNotFiniteRaisesTheFlag) {
  for (const char *isa : instruction_sets()) {
    Values z = {__builtin_nanf("")}, target = {1}, weight = {1}, dz(1);
    BatchSums sums = {0, 0};
    int32_t flag = 0;
    Loss loss = {dz.data(), &sums, &flag, z.data(),         target.data(), weight.data(),
                 nullptr,   1,     1,     (int64_t)1 << 62, LOSS_BINARY};
    operators_cpu(isa)->loss(&loss, 0, 1);
    EXPECT_NE(flag, 0) << isa;
  }
}

TEST(RowReduction, ARowWithNaNSpoilsNoOtherAndHasTheOneNaN) {
  std::mt19937_64 random(16);
  const int64_t rows = 20;
  for (int64_t outputs : {3, 10, 40, 130}) {
    Values clean = values_of(random, rows * outputs), targets(rows, 1), weights(rows, 1);
    for (const char *isa : instruction_sets()) {
      const Operators *operators = operators_cpu(isa);
      Values expected(clean.size()), expected_dz(clean.size());
      for (bool spoiled : {false, true}) {
        Values z = clean, p(z.size()), dz(z.size());
        if (spoiled) z[5 * outputs + 2] = x1_from_bits(0xffc12345u), z[9 * outputs] = __builtin_inff();
        BatchSums sums = {0, 0};
        int32_t flag = 0;
        Scores scores = {p.data(), z.data(), rows, outputs, LOSS_MULTICLASS};
        run_in_pieces(random, operators->scores, scores, rows);
        Loss loss = {dz.data(), &sums, &flag,   z.data(),         targets.data(), weights.data(),
                     nullptr,   rows,  outputs, (int64_t)1 << 50, LOSS_MULTICLASS};
        run_in_pieces(random, operators->loss, loss, rows);
        EXPECT_EQ(flag, spoiled) << isa;
        for (int64_t i = 0; i < rows * outputs; i++) {
          const int64_t row = i / outputs;
          const bool here = spoiled && (row == 5 || row == 9);
          if (!spoiled) expected[i] = p[i], expected_dz[i] = dz[i];
          ASSERT_EQ(bits_of(p[i]), here ? 0x7fc00000u : bits_of(expected[i])) << isa << " " << i;
          ASSERT_EQ(bits_of(dz[i]), here ? 0x7fc00000u : bits_of(expected_dz[i])) << isa << " " << i;
        }
      }
    }
  }
}

TEST(RowReduction, GradientNorm) {
  std::mt19937_64 random(7);
  const std::vector<int64_t> sizes = {1, 64, 4095, 4096, 4097, 9000, 3};
  std::vector<TensorRun> runs;
  Values g, leaves;
  int64_t blocks = 0;
  for (int64_t size : sizes) {
    runs.push_back({(int64_t)g.size(), size, blocks, 1});
    Values part = values_of(random, size), mine((size_t)((size + 4095) / 4096));
    blocks += ref_norm_leaves(mine.data(), part.data(), size);
    g.insert(g.end(), part.begin(), part.end());
    leaves.insert(leaves.end(), mine.begin(), mine.end());
  }
  float norm = __builtin_sqrtf(ref_tree(leaves.data(), blocks));
  for (const char *isa : instruction_sets()) {
    const Operators *operators = operators_cpu(isa);
    Values found((size_t)blocks);
    GradientNormBlocks arguments = {found.data(), g.data(), runs.data(), (int64_t)runs.size(), blocks};
    run_in_pieces(random, operators->gradient_norm_blocks, arguments, gradient_norm_blocks_tasks(&arguments));
    ASSERT_TRUE(same_bits(leaves, found)) << isa;
    for (float clip_norm : {0.0f, 1.0f, 1e6f}) {
      StepWindow window = {};
      window.current = 3;
      const StepRecord &record = window.records[3];
      BatchSums sums = {(int64_t)3 << 40, (int64_t)5 << 31};
      float clip = 7;
      int32_t flags[2] = {0, 0};
      GradientNormFinish finish = {&window, &clip, flags, found.data(), blocks, 2, &sums, clip_norm};
      operators->gradient_norm_finish(&finish, 0, 1);
      EXPECT_EQ(bits_of(record.gradient_norm), bits_of(norm)) << isa;
      EXPECT_EQ(bits_of(clip), bits_of(clip_norm > 0 && norm > clip_norm ? clip_norm / norm : 1.0f)) << isa;
      EXPECT_EQ(bits_of(record.loss), bits_of(ref_reported_loss(sums.loss, sums.weight))) << isa;
      EXPECT_EQ(record.taken, 1) << isa;
      EXPECT_EQ(flags[0] + flags[1], 0) << isa;
      flags[0] = 1; // a tensor's
      operators->gradient_norm_finish(&finish, 0, 1);
      EXPECT_EQ(record.taken, 0) << isa;
      EXPECT_EQ(flags[1], 0) << isa << ": the norm is finite";
    }
  }
}

TEST(RowReduction, ANormThatIsNotFiniteRaisesTheLastFlag) {
  for (const char *isa : instruction_sets()) {
    for (float odd : {__builtin_inff(), __builtin_nanf("")}) {
      StepWindow window = {};
      BatchSums sums = {0, 0};
      Values blocks = {1, odd, 2};
      float clip = 7;
      int32_t flags[3] = {0, 0, 0};
      GradientNormFinish finish = {&window, &clip, flags, blocks.data(), 3, 3, &sums, 0.0f};
      operators_cpu(isa)->gradient_norm_finish(&finish, 0, 1);
      EXPECT_EQ(flags[0] + flags[1], 0) << isa;
      EXPECT_EQ(flags[2], 1) << isa << " " << odd;
      EXPECT_EQ(window.records[0].taken, 0) << isa << " " << odd;
    }
  }
}
