// Maps on a GPU: the bits of the CPU's operators, for every size, alignment and order of
// threads.
#include "tests/cuda/device_case.h"

using MapCuda = DeviceCase;

TEST_F(MapCuda, Dropout) {
  std::mt19937_64 random(33);
  for (int64_t columns : odd_sizes()) {
    for (int64_t rows : {1, 3, 40}) {
      if (rows * columns > 6000) continue;
      SCOPED_TRACE(testing::Message() << "dropout, " << rows << " rows of " << columns);
      const double p = rows == 1 ? 0.5 : 0.1;
      Values x = values_of(random, rows * columns, true), expected(x.size());
      std::vector<StepWindow> window(1);
      window[0].current = 2;
      window[0].scalars[2].step = (uint32_t)random();
      Dropout arguments = {expected.data(),
                           x.data(),
                           rows,
                           columns,
                           window.data(),
                           random(),
                           (uint32_t)(random() % 1000),
                           3,
                           (uint32_t)(p * 0x1p32),
                           (float)(1.0 / (1.0 - p))};
      run_portable(&Operators::dropout, arguments, rows);
      for (uint64_t order : thread_orders()) {
        DeviceArray<float> both(x, order == 7);
        DeviceArray<StepWindow> steps(window);
        arguments.y = both.at(), arguments.x = both.at(), arguments.window = steps.at();
        run(dropout_cuda, arguments, KERNEL_dropout, order);
        ASSERT_TRUE(same_bits(expected, both.values()));
      }
    }
  }
}

TEST_F(MapCuda, Activations) {
  std::mt19937_64 random(34);
  for (int kind = ACTIVATION_GELU; kind < ACTIVATION_COUNT; kind++) {
    for (int64_t count : odd_sizes()) {
      SCOPED_TRACE(testing::Message() << "activation " << kind << " of " << count);
      Values x = values_of(random, count, true), dy = values_of(random, count, true), y(x), dx(dy);
      ActivationForward forward = {y.data(), x.data(), count, (ActivationKind)kind};
      ActivationBackward backward = {dx.data(), dy.data(), x.data(), count, (ActivationKind)kind};
      run_portable(&Operators::activation_forward, forward, count);
      run_portable(&Operators::activation_backward, backward, count);
      for (uint64_t order : thread_orders()) {
        DeviceArray<float> argument(x), value(x, order == 7), gradient(dy, order == 7);
        forward.y = value.at(), forward.x = value.at();
        backward.dx = gradient.at(), backward.dy = gradient.at(), backward.x = argument.at();
        run(activation_forward_cuda, forward, KERNEL_activation_forward, order);
        run(activation_backward_cuda, backward, KERNEL_activation_backward, order);
        ASSERT_TRUE(same_bits(y, value.values()));
        ASSERT_TRUE(same_bits(dx, gradient.values()));
      }
    }
  }
}

TEST_F(MapCuda, NothingIsLaunchedForNothing) {
  Dropout dropout = {};
  dropout_cuda(&context, &dropout);
  EXPECT_EQ(context.launches[KERNEL_dropout], 0u);
  ActivationForward forward = {};
  activation_forward_cuda(&context, &forward);
  EXPECT_EQ(context.launches[KERNEL_activation_forward], 0u);
}
