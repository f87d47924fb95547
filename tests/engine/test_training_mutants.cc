// Negative twins of the numerics: whole trainings with one function of the operator table replaced, each of
// which must end in another state digest.
#include "tests/reference/rule_mutants.h"
#include "training_case.h"

#include <gtest/gtest.h>

extern "C" {
#include "tests/reference/x1.h"
}

namespace {

const Operators &base() {
  return *operators_cpu("portable");
}

void grain_plus_one(const LinearBackwardWeight *s, int64_t first, int64_t last) {
  LinearBackwardWeight mutant = *s;
  mutant.grain++;
  base().linear_backward_weight(&mutant, first, last);
}

void one_fraction_bit_less(const LinearBackwardWeight *s, int64_t first, int64_t last) {
  LinearBackwardWeight mutant = *s;
  mutant.quantiser.scale *= 0.5;
  for (int64_t i = first * s->inputs; i < last * s->inputs; i++) mutant.qw[i] /= 2;
  base().linear_backward_weight(&mutant, first, last);
  for (int64_t i = first * s->inputs; i < last * s->inputs; i++) mutant.qw[i] *= 2;
}

void words_swapped(const Initialise *s, int64_t first, int64_t last) {
  base().initialise(s, first, last);
  for (int64_t e = 4 * first; e + 1 < 4 * last && e + 1 < s->count; e += 4) std::swap(s->w[e], s->w[e + 1]);
}

void gradient_in_float(const GradientFinish *s, int64_t first, int64_t last) {
  float scale = 1.0f / (float)s->sums->weight;
  for (int64_t i = first; i < last; i++) {
    s->g[i] = (float)s->q[i] * scale;
    s->q[i] = 0;
  }
}

float dot_rounded_twice(const float *a, const float *b, int64_t n) {
  float lanes[X1_LANES] = {0};
  for (int64_t i = 0; i < n; i++) {
    volatile float product = a[i] * b[i];
    lanes[i % X1_LANES] += product;
  }
  return r2_combine(lanes);
}

void r2_without_fma(const LinearForward *s, int64_t first, int64_t last) {
  if (s->outputs != 1) {
    base().linear_forward(s, first, last);
    return;
  }
  for (int64_t i = 0; first == 0 && i < s->rows; i++) { // all in the first task
    float y = dot_rounded_twice(s->x + i * s->inputs, s->w, s->inputs) + s->bias[0];
    s->y[i] = activation_of(s->activation, y);
  }
}

// GELU by its approximation with tanh (Hendrycks, Gimpel 2016), as some libraries have it.
void gelu_by_tanh(const ActivationForward *s, int64_t first, int64_t last) {
  for (int64_t i = first; i < last; i++) {
    float x = s->x[i], t = 0.7978845608f * (x + 0.044715f * x * x * x);
    s->y[i] = 0.5f * x * (1.0f + x1_tanh(t));
  }
}

void silu_gradient_without_fma(const ActivationBackward *s, int64_t first, int64_t last) {
  for (int64_t i = first; i < last; i++) {
    float sigmoid = x1_sigmoid(s->x[i]);
    volatile float product = s->x[i] * (1.0f - sigmoid);
    s->dx[i] = s->dy[i] * (sigmoid * (product + 1.0f));
  }
}

void tanh_gradient_by_factors(const ActivationBackward *s, int64_t first, int64_t last) {
  for (int64_t i = first; i < last; i++) {
    float y = x1_tanh(s->x[i]);
    s->dx[i] = s->dy[i] * ((1.0f - y) * (1.0f + y));
  }
}

struct Mutant {
  const char *name;
  const char *training; // a case in which it must show
  void (*change)(Operators *table);
};

void PrintTo(const Mutant &mutant, std::ostream *out) {
  *out << mutant.name;
}

const Mutant kMutants[] = {
    {"Leaf255", "mlp_wide",
     [](Operators *o) {
       rule.leaf = 255;
       o->linear_forward = linear_by_rule;
     }},
    {"LeavesLeftToRight", "mlp_wide",
     [](Operators *o) {
       rule.left_to_right = true;
       o->linear_forward = linear_by_rule;
     }},
    {"GrainPlusOne", "mlp_binary", [](Operators *o) { o->linear_backward_weight = grain_plus_one; }},
    {"FractionBitsMinusOne", "mlp_binary",
     [](Operators *o) { o->linear_backward_weight = one_fraction_bit_less; }},
    {"PhiloxWordsSwapped", "mlp_binary", [](Operators *o) { o->initialise = words_swapped; }},
    {"GradientInFloat", "mlp_binary", [](Operators *o) { o->gradient_finish = gradient_in_float; }},
    {"GeluByTanh", "mlp_gelu", [](Operators *o) { o->activation_forward = gelu_by_tanh; }},
    {"SiluGradientWithMulAndAdd", "mlp_silu",
     [](Operators *o) { o->activation_backward = silu_gradient_without_fma; }},
    {"TanhGradientByFactors", "mlp_tanh",
     [](Operators *o) { o->activation_backward = tanh_gradient_by_factors; }},
    {"R2WithMulAndAdd", "mlp_binary", [](Operators *o) { o->linear_forward = r2_without_fma; }},
};

std::string digest_with(const char *training, void (*change)(Operators *)) {
  rule = {};
  Operators table = base();
  change(&table);
  RunOptions options;
  options.operators = &table;
  RunResult result = run_case(training_case(training), options);
  EXPECT_EQ(result.status, STATUS_OK) << result.message;
  EXPECT_EQ(result.digest.size(), 64u);
  return result.digest;
}

class Mutants : public testing::TestWithParam<Mutant> {};

} // namespace

TEST_P(Mutants, ChangesTheDigest) {
  const Mutant &mutant = GetParam();
  EXPECT_NE(digest_with(mutant.training, mutant.change), run_case(training_case(mutant.training), {}).digest)
      << "survived: " << mutant.name;
}

INSTANTIATE_TEST_SUITE_P(All, Mutants, testing::ValuesIn(kMutants),
                         [](const auto &mutant) { return std::string(mutant.param.name); });

// A table of other functions that keep to the rule ends in the same digest: what mutants change is the rule
// alone.
TEST(MutantsControl, TheRuleAsItIsKeepsTheDigest) {
  EXPECT_EQ(digest_with("mlp_wide", [](Operators *o) { o->linear_forward = linear_by_rule; }),
            run_case(training_case("mlp_wide"), {}).digest);
}

// Without t + 0.0f only the sign of a zero differs, and no zero's sign reaches a digest: sums over rows are
// integers before they are numbers. tests/kernels catches that one in the operator's own bits.
TEST(MutantsControl, TheSignOfZeroReachesNoDigest) {
  auto without_plus_zero = [](Operators *o) {
    rule.plus_zero = false;
    o->linear_forward = linear_by_rule;
  };
  for (const char *name : {"mlp_wide", "mlp_multiclass"})
    EXPECT_EQ(digest_with(name, without_plus_zero), run_case(training_case(name), {}).digest) << name;
}
