// Fast mode where only the library on this CPU shows it: that rounding is there, that bits are the pinned
// algorithm's, and failures provoked.
#include "tests/cuda/fast_case.h"
#include "tests/cuda/golden_case.h"

#include "kernels/cuda/calls.h"

#include <stdlib.h>

namespace {

// What cuBLASLt is, while this lives (tests/cuda_on_cpu/cublaslt.cc).
struct CublasLtIs {
  explicit CublasLtIs(const char *what) { setenv("INGOT_CUBLASLT", what, 1); }
  ~CublasLtIs() { unsetenv("INGOT_CUBLASLT"); }
};

struct FastOnGrid : FastCase {
  const ProductShape shape = {PRODUCT_FORWARD, ACTIVATION_NONE, 20, 30, 40};

  Values product(FastOperands operands) {
    open(operands);
    pin(shape);
    random.seed(3);
    DeviceArray<float> x(numbers(20 * 40)), w(numbers(30 * 40)), bias(numbers(30)), y(Values(20 * 30));
    LinearForward s = {y.at(), x.at(), w.at(), bias.at(), 20, 30, 40, ACTIVATION_NONE};
    linear_forward_cublas(&context, &s);
    finish();
    return y.values();
  }
  bool says(const std::string &part) { return std::string(message).find(part) != std::string::npos; }
};

RunOptions fast_run() {
  RunOptions options = on_gpu();
  options.fast = true;
  return options;
}

} // namespace

TEST_F(FastOnGrid, OperandsAreRounded) {
  const Values tf32 = product(FAST_TF32), bf16 = product(FAST_BF16);
  random.seed(3);
  const Values x = numbers(20 * 40), w = numbers(30 * 40), bias = numbers(30);
  Values exact(20 * 30);
  LinearForward s = {exact.data(), x.data(), w.data(), bias.data(), 20, 30, 40, ACTIVATION_NONE};
  run_portable(&Operators::linear_forward, s, linear_forward_tasks(&s));
  double errors[2] = {};
  for (size_t i = 0; i < exact.size(); i++) {
    EXPECT_NE(bf16[i], exact[i]) << i;
    errors[0] += std::fabs((double)tf32[i] - (double)exact[i]);
    errors[1] += std::fabs((double)bf16[i] - (double)exact[i]);
  }
  EXPECT_GT(errors[0], 0.0);
  EXPECT_GT(errors[1], 4 * errors[0]); // 8 bits, not 11
}

// To nearest, ties to even, NaN stays NaN: one term, the other operand 1.
TEST_F(FastOnGrid, Bf16IsRoundedToNearestEven) {
  const float inf = __builtin_inff();
  const Values given = {1 + 0x1p-8f, 1 + 3 * 0x1p-8f, 1 + 0x1.8p-8f, -1 - 0x1.7ffp-8f,
                        0x1.ffp127f, -0.0f,           inf,           0x1p-140f};
  const Values expected = {1, 1 + 0x1p-6f, 1 + 0x1p-7f, -1 - 0x1p-8f * 2, inf, 0, inf, 0};
  open(FAST_BF16);
  const ProductShape column = {PRODUCT_BACKWARD_INPUT, ACTIVATION_NONE, 8, 2, 1};
  pin(column);
  Values dy(16);
  for (size_t i = 0; i < 8; i++) dy[2 * i] = given[i];
  DeviceArray<float> from(dy), w(Values{1, 0}), dx(Values(8));
  LinearBackwardInput s = {dx.at(), from.at(), w.at(), nullptr, 8, 2, 1, ACTIVATION_NONE};
  linear_backward_input_cublas(&context, &s);
  finish();
  const Values found = dx.values();
  for (size_t i = 0; i < 7; i++) EXPECT_EQ(found[i], expected[i]) << given[i];
  dy[0] = __builtin_nanf("");
  DeviceArray<float> nan(dy);
  s.dy = nan.at();
  linear_backward_input_cublas(&context, &s);
  finish();
  EXPECT_TRUE(std::isnan(dx.values()[0]));
}

// The second algorithm adds in the other direction: the first stays where it is pinned.
TEST_F(FastOnGrid, BitsAreThoseOfThePinnedAlgorithm) {
  RunResult first = run_case(training_case("mlp_binary"), fast_run());
  ASSERT_EQ(first.status, STATUS_OK) << first.message;
  RunOptions halves = fast_run();
  halves.stop_after = 5;
  {
    CublasLtIs is("other_choice");
    EXPECT_NE(run_case(training_case("mlp_binary"), fast_run()).digest, first.digest);
  }
  EXPECT_EQ(run_case(training_case("mlp_binary"), halves).digest, first.digest);
}

TEST_F(FastOnGrid, SplitSumsAreNeverAskedFor) {
  uint64_t algorithm[FAST_WORDS] = {};
  open(FAST_TF32);
  ASSERT_EQ(cuda_fast_pin(&context, &shape, algorithm, 0, message), 0) << message;
  EXPECT_EQ(algorithm[1], 1u); // the library proposes number 3 where they are allowed
}

TEST_F(FastOnGrid, AShapeWithoutAnAlgorithmIsRefused) {
  CublasLtIs is("no_algorithm");
  uint64_t algorithm[FAST_WORDS] = {};
  open(FAST_TF32);
  EXPECT_NE(cuda_fast_pin(&context, &shape, algorithm, 0, message), 0);
  EXPECT_TRUE(
      says("no algorithm without split sums for the forward product of 20 rows, 30 outputs, 40 inputs"))
      << message;
}

TEST_F(FastOnGrid, AnAlgorithmThatDoesNotFitIsRefused) {
  uint64_t algorithm[FAST_WORDS] = {1, 2, 3};
  open(FAST_TF32);
  EXPECT_NE(cuda_fast_pin(&context, &shape, algorithm, 1, message), 0);
  EXPECT_TRUE(says("the run's algorithm for the forward product of 20 rows")) << message;
  EXPECT_TRUE(says("cannot be used here: invalid value")) << message;
}

// Before the first step, on zeros.
TEST_F(FastOnGrid, AnAlgorithmIsTriedWhenItIsPinned) {
  CublasLtIs is("fails");
  RunResult result = run_case(training_case("mlp_binary"), fast_run());
  EXPECT_EQ(result.status, STATUS_UNAVAILABLE);
  EXPECT_EQ(result.steps, 0u);
  EXPECT_NE(result.message.find("cuBLASLt 99.1.0: the forward product"), std::string::npos) << result.message;
}

TEST_F(FastOnGrid, AProductThatFailsIsReportedByTheNextSynchronise) {
  open(FAST_TF32);
  pin(shape);
  DeviceArray<float> x(numbers(20 * 40)), w(numbers(30 * 40)), bias(numbers(30)), y(Values(20 * 30));
  LinearForward s = {y.at(), x.at(), w.at(), bias.at(), 20, 30, 40, ACTIVATION_NONE};
  {
    CublasLtIs is("fails");
    linear_forward_cublas(&context, &s);
  }
  EXPECT_NE(cuda_synchronise(&context, message), 0);
  EXPECT_TRUE(says("the forward product of 20 rows")) << message;
  EXPECT_EQ(cuda_synchronise(&context, message), 0) << message;
  s.rows = 19;
  linear_forward_cublas(&context, &s);
  EXPECT_NE(cuda_synchronise(&context, message), 0);
  EXPECT_TRUE(says("was not pinned")) << message;
  cuda_fast_workspace(&context, nullptr, 0);
  open(FAST_BF16);
  s.rows = 20;
  uint64_t algorithm[FAST_WORDS];
  ASSERT_EQ(cuda_fast_pin(&context, &shape, algorithm, 0, message), 0) << message;
  linear_forward_cublas(&context, &s);
  EXPECT_NE(cuda_synchronise(&context, message), 0);
  EXPECT_TRUE(says("needs more memory")) << message;
}
