// Fast products (numerics f1) against the exact ones on the same device, within the derived bound; and
// training runs by them that repeat themselves.
#include "tests/cuda/fast_case.h"
#include "tests/cuda/golden_case.h"

namespace {

struct Dimensions {
  int64_t rows, outputs, inputs;
};

// Whole tiles and odd ones, one leaf of R1 and several.
const Dimensions dimensions[] = {{64, 64, 64}, {1, 2, 1},     {7, 5, 3},     {33, 65, 17}, {128, 32, 256},
                                 {5, 9, 300},  {130, 10, 31}, {40, 72, 520}, {9, 3, 1031}};

std::ostream &operator<<(std::ostream &out, const Dimensions &d) {
  return out << d.rows << " rows, " << d.outputs << " outputs, " << d.inputs << " inputs";
}

struct FastCuda : FastCase {
  // Every element of what `fast` and `exact` computed; magnitude(i): the sum of |a||b| of element i.
  template <class Magnitude>
  void expect_near(const Values &fast, const Values &exact, FastOperands operands, int64_t terms,
                   Magnitude magnitude) {
    ASSERT_EQ(fast.size(), exact.size());
    for (size_t i = 0; i < fast.size(); i++) {
      const double bound = magnitude(i), difference = std::fabs((double)fast[i] - (double)exact[i]);
      ASSERT_LE(difference, bound) << "element " << i << ": " << fast[i] << " and " << exact[i] << ", "
                                   << terms << " terms, " << (operands == FAST_TF32 ? "tf32" : "bf16");
    }
  }

  void forward(const Dimensions &d, FastOperands operands, ActivationKind activation) {
    SCOPED_TRACE(testing::Message() << "fast linear_forward, " << d);
    const Values x = numbers(d.rows * d.inputs), w = numbers(d.outputs * d.inputs), bias = numbers(d.outputs);
    DeviceArray<float> from(x), weights(w), biases(bias), fast(Values((size_t)(d.rows * d.outputs))),
        again(fast.values()), exact(fast.values());
    pin({PRODUCT_FORWARD, activation, d.rows, d.outputs, d.inputs});
    LinearForward s = {fast.at(), from.at(), weights.at(), biases.at(),
                       d.rows,    d.outputs, d.inputs,     activation};
    linear_forward_cublas(&context, &s);
    s.y = again.at();
    linear_forward_cublas(&context, &s);
    s.y = exact.at();
    linear_forward_cuda(&context, &s);
    finish();
    EXPECT_TRUE(same_bits(fast.values(), again.values())) << d;
    expect_near(fast.values(), exact.values(), operands, d.inputs, [&](size_t i) {
      const size_t row = i / (size_t)d.outputs, n = i % (size_t)d.outputs;
      double sum = 0;
      for (int64_t k = 0; k < d.inputs; k++)
        sum += std::fabs((double)x[row * (size_t)d.inputs + (size_t)k] *
                         (double)w[n * (size_t)d.inputs + (size_t)k]);
      return fast_bound(operands, d.inputs, sum, (double)bias[n]);
    });
  }

  void backward_input(const Dimensions &d, FastOperands operands, ActivationKind activation) {
    SCOPED_TRACE(testing::Message() << "fast linear_backward_input, " << d);
    const Values dy = numbers(d.rows * d.outputs), w = numbers(d.outputs * d.inputs),
                 x = numbers(d.rows * d.inputs);
    DeviceArray<float> from(dy), weights(w), results(x), fast(Values(x.size())), exact(Values(x.size()));
    pin({PRODUCT_BACKWARD_INPUT, ACTIVATION_NONE, d.rows, d.outputs, d.inputs});
    LinearBackwardInput s = {fast.at(), from.at(), weights.at(), results.at(),
                             d.rows,    d.outputs, d.inputs,     activation};
    linear_backward_input_cublas(&context, &s);
    s.dx = exact.at();
    linear_backward_input_cuda(&context, &s);
    finish();
    expect_near(fast.values(), exact.values(), operands, d.outputs, [&](size_t i) {
      const size_t row = i / (size_t)d.inputs, k = i % (size_t)d.inputs;
      double sum = 0;
      for (int64_t n = 0; n < d.outputs; n++)
        sum += std::fabs((double)dy[row * (size_t)d.outputs + (size_t)n] *
                         (double)w[(size_t)(n * d.inputs) + k]);
      return fast_bound(operands, d.outputs, sum);
    });
  }

  // Gradients as their integer sums hold them, in units of 2^-40.
  void backward_weight(const Dimensions &d, FastOperands operands) {
    SCOPED_TRACE(testing::Message() << "fast linear_backward_weight, " << d);
    const int64_t grain = 16, grains = (d.rows + grain - 1) / grain;
    const Values dy = numbers(d.rows * d.outputs), x = numbers(d.rows * d.inputs);
    const std::vector<int64_t> qw((size_t)(d.outputs * d.inputs), 5), qb((size_t)d.outputs, -5);
    DeviceArray<float> from_dy(dy), from_x(x);
    DeviceArray<int64_t> fast_w(qw), fast_b(qb), exact_w(qw), exact_b(qb);
    DeviceArray<int32_t> flags(std::vector<int32_t>(2));
    pin({PRODUCT_BACKWARD_WEIGHT, ACTIVATION_NONE, d.rows, d.outputs, d.inputs});
    LinearBackwardWeight s = {fast_w.at(),  fast_b.at(), flags.at(),       flags.at() + 1,
                              from_dy.at(), from_x.at(), d.rows,           d.outputs,
                              d.inputs,     grain,       {0x1p40, 0x1p14f}};
    linear_backward_weight_cublas(&context, &s);
    s.qw = exact_w.at(), s.qb = exact_b.at();
    linear_backward_weight_cuda(&context, &s);
    finish();
    EXPECT_EQ(fast_b.values(), exact_b.values()) << d; // the same operator
    EXPECT_EQ(flags.values(), std::vector<int32_t>(2)) << d;
    const std::vector<int64_t> fast = fast_w.values(), exact = exact_w.values();
    for (size_t i = 0; i < fast.size(); i++) {
      const size_t n = i / (size_t)d.inputs, k = i % (size_t)d.inputs;
      double sum = 0;
      for (size_t row = 0; row < (size_t)d.rows; row++)
        sum += std::fabs((double)dy[row * (size_t)d.outputs + n] * (double)x[row * (size_t)d.inputs + k]);
      const double bound = 0x1p40 * fast_bound(operands, d.rows, sum) + 0.5 * (double)(grains + 1);
      ASSERT_LE(std::fabs((double)(fast[i] - exact[i])), bound) << d << ", element " << i;
    }
  }
};

} // namespace

TEST_F(FastCuda, ForwardIsWithinTheBoundOfTheExactProduct) {
  for (FastOperands operands : {FAST_TF32, FAST_BF16}) {
    for (const Dimensions &d : dimensions) {
      for (ActivationKind activation : {ACTIVATION_NONE, ACTIVATION_RELU}) {
        open(operands);
        forward(d, operands, activation);
      }
    }
  }
}

TEST_F(FastCuda, BackwardInputIsWithinTheBoundOfTheExactProduct) {
  for (FastOperands operands : {FAST_TF32, FAST_BF16}) {
    for (const Dimensions &d : dimensions) {
      for (ActivationKind activation : {ACTIVATION_NONE, ACTIVATION_RELU}) {
        open(operands);
        backward_input(d, operands, activation);
      }
    }
  }
}

TEST_F(FastCuda, BackwardWeightIsWithinTheBoundOfTheExactProduct) {
  for (FastOperands operands : {FAST_TF32, FAST_BF16}) {
    for (const Dimensions &d : dimensions) {
      open(operands);
      backward_weight(d, operands);
      backward_weight({d.inputs, d.outputs, d.rows}, operands); // long sums
    }
  }
}

// One output is a matter of memory, not of tensor cores: the exact operator, and nothing to pin.
TEST_F(FastCuda, OneOutputIsTheExactProduct) {
  open(FAST_BF16);
  const ProductShape shape = {PRODUCT_FORWARD, ACTIVATION_NONE, 70, 1, 300};
  uint64_t algorithm[FAST_WORDS];
  EXPECT_EQ(cuda_fast_pin(&context, &shape, algorithm, 0, message), 0) << message;
  EXPECT_EQ(fast_product_bytes(&shape, FAST_BF16), 0u);
  DeviceArray<float> x(numbers(70 * 300)), w(numbers(300)), bias(numbers(1)), fast(Values(70)),
      exact(Values(70));
  LinearForward s = {fast.at(), x.at(), w.at(), bias.at(), 70, 1, 300, ACTIVATION_NONE};
  linear_forward_cublas(&context, &s);
  s.y = exact.at();
  linear_forward_cuda(&context, &s);
  finish();
  EXPECT_TRUE(same_bits(fast.values(), exact.values()));
}

// An addend out of range raises the flag of its tensor, in fast mode too.
TEST_F(FastCuda, AddendsOutOfRangeRaiseTheFlag) {
  for (FastOperands operands : {FAST_TF32, FAST_BF16}) {
    for (float bad : {__builtin_inff(), __builtin_nanf(""), 0x1p22f, 0x1p21f}) {
      open(operands);
      Values x(32 * 8);
      x[77] = bad;
      DeviceArray<float> from_dy(Values(32 * 16, 1.0f)), from_x(x);
      DeviceArray<int64_t> qw(std::vector<int64_t>(16 * 8)), qb(std::vector<int64_t>(16));
      DeviceArray<int32_t> flags(std::vector<int32_t>(2));
      pin({PRODUCT_BACKWARD_WEIGHT, ACTIVATION_NONE, 32, 16, 8});
      LinearBackwardWeight s = {qw.at(), qb.at(), flags.at(), flags.at() + 1,   from_dy.at(), from_x.at(), 32,
                                16,      8,       16,         {0x1p40, 0x1p22f}};
      linear_backward_weight_cublas(&context, &s);
      finish();
      EXPECT_EQ(flags.values()[0], bad == 0x1p21f ? 0 : 1) << bad;
      EXPECT_EQ(flags.values()[1], 0) << bad;
    }
  }
}

namespace {

struct FastTrainingCuda : testing::Test {
  char message[CUDA_MESSAGE] = "";
  void SetUp() override { SKIP_WITHOUT_CUBLASLT(ingot_cuda_library()->fast_version(message), message); }
  RunOptions fast(FastOperands operands) {
    RunOptions options = on_gpu();
    options.fast = true;
    options.operands = operands;
    return options;
  }
};

} // namespace

TEST_F(FastTrainingCuda, RunsRepeatThemselves) {
  for (FastOperands operands : {FAST_TF32, FAST_BF16}) {
    for (const char *name : kCases) {
      RunResult first = run_case(training_case(name), fast(operands));
      ASSERT_EQ(first.status, STATUS_OK) << first.message;
      EXPECT_EQ(first.digest, run_case(training_case(name), fast(operands)).digest) << name;
      const bool linear = std::string(name) == "linear_regression"; // one output: nothing to pin
      EXPECT_EQ(first.pins.empty(), linear) << name;
    }
  }
}

TEST_F(FastTrainingCuda, GoesOnWithTheAlgorithmsOfItsFirstHalf) {
  for (FastOperands operands : {FAST_TF32, FAST_BF16}) {
    RunOptions options = fast(operands);
    RunResult whole = run_case(training_case("mlp_binary"), options);
    options.stop_after = 5;
    RunResult halves = run_case(training_case("mlp_binary"), options);
    ASSERT_EQ(halves.status, STATUS_OK) << halves.message;
    EXPECT_EQ(halves.digest, whole.digest);
    options.micro_batch = 256;
    EXPECT_NE(run_case(training_case("mlp_binary"), options).digest, whole.digest); // f1 says that it may
    options.micro_batch = MICRO_BATCH_ALL;
    options.micro_batch_after = 256;
    RunResult other = run_case(training_case("mlp_binary"), options);
    EXPECT_EQ(other.status, STATUS_UNAVAILABLE);
    EXPECT_NE(other.message.find("take that of the run"), std::string::npos) << other.message;
  }
}

// No product ends with a ReLU where the activation is another.
TEST_F(FastTrainingCuda, MapsFollowProducts) {
  for (const char *name : {"mlp_gelu", "mlp_silu", "mlp_tanh"}) {
    RunResult run = run_case(training_case(name), fast(FAST_TF32)), exact = run_case(training_case(name), {});
    ASSERT_EQ(run.status, STATUS_OK) << run.message;
    EXPECT_FALSE(run.pins.empty());
    for (const PinnedProduct &pin : run.pins) EXPECT_EQ(pin.shape.activation, ACTIVATION_NONE) << name;
    EXPECT_NEAR(run.events[0].loss, exact.events[0].loss, 0.01f) << name;
  }
}

TEST_F(FastTrainingCuda, ADivergedStepIsNamed) {
  TrainingCase broken = training_case("mlp_binary");
  for (float &x : broken.values) x = x > 1.9f ? 3e38f : x;
  broken.config.model.norm = NORM_NONE;
  RunResult result = run_case(broken, fast(FAST_TF32));
  EXPECT_EQ(result.status, STATUS_DIVERGED) << result.message;
}
