// Maps against the scalar reference, bit for bit.
#include "random_values.h"

TEST(Map, Dropout) {
  std::mt19937_64 random(9);
  for (int64_t columns : {1, 3, 4, 5, 64, 70}) {
    for (double p : {0.1, 0.5, 0.9}) {
      const int64_t rows = 9;
      const uint64_t seed = random();
      const uint32_t first = 300, step = 11, layer = 2;
      Values x = values_of(random, rows * columns), y(x.size());
      for (int64_t i = 0; i < rows; i++) {
        for (int64_t j = 0; j < columns; j++) {
          uint32_t word = ref_word(seed, (uint32_t)j, first + (uint32_t)i, step, REF_DROPOUT, layer);
          y[i * columns + j] = ref_dropout(x[i * columns + j], word, p);
        }
      }
      StepWindow window = {};
      window.current = 5;
      window.scalars[5].step = step;
      for (const char *isa : instruction_sets()) {
        Values found = x;
        Dropout dropout = {found.data(),
                           found.data(),
                           rows,
                           columns,
                           &window,
                           seed,
                           first,
                           layer,
                           (uint32_t)(p * 0x1p32),
                           (float)(1.0 / (1.0 - p))};
        run_in_pieces(random, operators_cpu(isa)->dropout, dropout, dropout_tasks(&dropout));
        ASSERT_TRUE(same_bits(y, found)) << isa << " columns " << columns << " p " << p;
      }
    }
  }
}

// Of 16 MiB and more, lines are asked for ahead, in place and not: the same bits as of few rows.
TEST(Map, LargeDropout) {
  std::mt19937_64 random(15);
  const int64_t columns = 64, rows = (16 << 20) / (columns * (int64_t)sizeof(float)) + 3;
  const Values x = values_of(random, rows * columns);
  StepWindow window = {};
  for (const char *isa : instruction_sets()) {
    Values copied(x.size()), in_place = x, of_few(x.size());
    Dropout dropout = {copied.data(), x.data(), rows, columns, &window, 7, 0, 0, 0x40000000, 1.25f};
    run_in_pieces(random, operators_cpu(isa)->dropout, dropout, rows);
    dropout.y = in_place.data(), dropout.x = in_place.data();
    run_in_pieces(random, operators_cpu(isa)->dropout, dropout, rows);
    for (int64_t i = 0; i < rows; i += rows / 2) {
      Dropout few = {of_few.data() + i * columns,
                     x.data() + i * columns,
                     std::min(rows / 2, rows - i),
                     columns,
                     &window,
                     7,
                     (uint32_t)i,
                     0,
                     0x40000000,
                     1.25f};
      run_in_pieces(random, operators_cpu(isa)->dropout, few, few.rows);
    }
    EXPECT_TRUE(same_bits(of_few, copied)) << isa;
    EXPECT_TRUE(same_bits(of_few, in_place)) << isa;
  }
}

// Sizes around the blocks in which a CPU computes them; in place, as a network has them.
TEST(Map, Activations) {
  std::mt19937_64 random(10);
  for (int kind = ACTIVATION_GELU; kind < ACTIVATION_COUNT; kind++) {
    const RefActivation reference = (RefActivation)(kind - ACTIVATION_RELU);
    for (int64_t count : {0, 1, 3, 15, 16, 17, 255, 256, 257, 1000}) {
      Values x = values_of(random, count, true), dy = values_of(random, count, count % 2 == 0), y, dx;
      for (float &value : x) value *= 4; // beyond where the derivatives are flat
      for (int64_t i = 0; i < count; i++) {
        y.push_back(ref_activation(reference, x[i]));
        dx.push_back(ref_activation_backward(reference, x[i], dy[i]));
      }
      for (const char *isa : instruction_sets()) {
        Values forward = x, backward = dy;
        ActivationForward f = {forward.data(), forward.data(), count, (ActivationKind)kind};
        ActivationBackward b = {backward.data(), backward.data(), x.data(), count, (ActivationKind)kind};
        run_in_pieces(random, operators_cpu(isa)->activation_forward, f, activation_forward_tasks(&f));
        run_in_pieces(random, operators_cpu(isa)->activation_backward, b, activation_backward_tasks(&b));
        ASSERT_TRUE(same_bits(y, forward)) << isa << " kind " << kind << " of " << count;
        ASSERT_TRUE(same_bits(dx, backward)) << isa << " gradient of kind " << kind << " of " << count;
      }
    }
  }
}
