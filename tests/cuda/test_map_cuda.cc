// Activations and dropout on a GPU: the bits of the CPU's operators, for every size, alignment and order of
// threads.
#include "tests/cuda/device_case.h"

using MapCuda = DeviceCase;

TEST_F(MapCuda, ActivationForward) {
  std::mt19937_64 random(31);
  for (int64_t count : odd_sizes()) {
    Values x = values_of(random, count, true), expected(x.size());
    Activation arguments = {expected.data(), x.data(), count};
    run_portable(&Operators::activation_forward, arguments, count);
    for (uint64_t order : thread_orders()) {
      for (int shift : {0, 1}) {
        DeviceArray<float> from(x), to(Values(x.size()), shift), both(x, shift);
        arguments = {to.at(), from.at(), count};
        run(activation_forward_cuda, arguments, KERNEL_activation_forward, order);
        ASSERT_TRUE(same_bits(expected, to.values())) << count << " shift " << shift;
        arguments = {both.at(), both.at(), count};
        run(activation_forward_cuda, arguments, KERNEL_activation_forward, order);
        ASSERT_TRUE(same_bits(expected, both.values())) << count << " in place, shift " << shift;
      }
    }
  }
}

TEST_F(MapCuda, ActivationBackward) {
  std::mt19937_64 random(32);
  for (int64_t count : odd_sizes()) {
    Values x = values_of(random, count, true), dy = values_of(random, count, true), expected(x.size());
    ActivationBackward arguments = {expected.data(), dy.data(), x.data(), count};
    run_portable(&Operators::activation_backward, arguments, count);
    for (uint64_t order : thread_orders()) {
      for (int shift : {0, 3}) {
        DeviceArray<float> forward(x, shift), back(dy);
        arguments = {back.at(), back.at(), forward.at(), count};
        run(activation_backward_cuda, arguments, KERNEL_activation_backward, order);
        ASSERT_TRUE(same_bits(expected, back.values())) << count << " shift " << shift;
      }
    }
  }
}

TEST_F(MapCuda, Dropout) {
  std::mt19937_64 random(33);
  for (int64_t columns : odd_sizes()) {
    for (int64_t rows : {1, 3, 40}) {
      if (rows * columns > 6000) continue;
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
        ASSERT_TRUE(same_bits(expected, both.values())) << rows << " rows of " << columns;
      }
    }
  }
}

TEST_F(MapCuda, NothingIsLaunchedForNothing) {
  Activation forward = {nullptr, nullptr, 0};
  activation_forward_cuda(&context, &forward);
  EXPECT_EQ(context.launches[KERNEL_activation_forward], 0u);
}
