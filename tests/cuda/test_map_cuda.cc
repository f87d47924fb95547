// Dropout on a GPU: the bits of the CPU's operators, for every size, alignment and order of
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

TEST_F(MapCuda, NothingIsLaunchedForNothing) {
  Dropout dropout = {};
  dropout_cuda(&context, &dropout);
  EXPECT_EQ(context.launches[KERNEL_dropout], 0u);
}
