// Derivatives of the activations: the digests of their results for every instruction set, and their errors
// against binary64, over every 1021st bit pattern.
#include "tests/kernels/random_values.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

extern "C" {
#include "engine/shared/tensor.h"
#include "kernels/shared/scalar.h"
}

namespace {

double sigmoid(double z) {
  return 1 / (1 + std::exp(-z));
}

struct Derivative {
  const char *name;
  ActivationKind kind;
  double (*exact)(double);
  double most; // error, in units of 2^-24, as kernels/README.md states
};

const Derivative kDerivatives[] = {
    {"gelu", ACTIVATION_GELU,
     [](double z) { return std::erfc(-z * M_SQRT1_2) / 2 + z * std::exp(-z * z / 2) / std::sqrt(2 * M_PI); },
     2.03},
    {"silu", ACTIVATION_SILU, [](double z) { return sigmoid(z) * (1 + z * (1 - sigmoid(z))); }, 9.09},
    {"tanh", ACTIVATION_TANH, [](double z) { return 1 / (std::cosh(z) * std::cosh(z)); }, 1.21},
};

const std::string kGoldenFile = INGOT_SOURCE_DIR "/tests/golden/derivatives_short.sha256";

const Values &arguments() {
  static Values z;
  if (!z.empty()) return z;
  for (uint64_t pattern = 0; pattern < 1ull << 32; pattern += 1021)
    z.push_back(x1_from_bits((uint32_t)pattern));
  return z;
}

Values derivatives(const char *isa, ActivationKind kind) {
  const Values &z = arguments();
  Values slope(z.size(), 1.0f);
  ActivationBackward s = {slope.data(), slope.data(), z.data(), (int64_t)z.size(), kind};
  operators_cpu(isa)->activation_backward(&s, 0, s.count);
  return slope;
}

std::string digest_of(const Values &values) {
  uint8_t digest[DIGEST_BYTES];
  char hex[DIGEST_HEX];
  sha256(digest, values.data(), values.size() * sizeof values[0]);
  sha256_hex(hex, digest);
  return hex;
}

} // namespace

TEST(Golden, Derivatives) {
  if (getenv("INGOT_REWRITE_GOLDENS") != nullptr) {
    ASSERT_EQ(getenv("CI"), nullptr) << "goldens are not rewritten in CI: unset INGOT_REWRITE_GOLDENS";
    std::ofstream file(kGoldenFile);
    for (const Derivative &d : kDerivatives)
      file << digest_of(derivatives("portable", d.kind)) << "  " << d.name << "\n";
  }
  std::map<std::string, std::string> golden;
  std::ifstream file(kGoldenFile);
  for (std::string digest, name; file >> digest >> name;) golden[name] = digest;
  for (const Derivative &d : kDerivatives)
    for (const char *isa : instruction_sets())
      EXPECT_EQ(digest_of(derivatives(isa, d.kind)), golden[d.name]) << d.name << " " << isa;
}

// Where a sum cancels only the absolute error says something; infinities aside, for which silu's is NaN.
TEST(Derivatives, ErrorsStayWithinTheirBounds) {
  const Values &z = arguments();
  for (const Derivative &d : kDerivatives) {
    const Values found = derivatives("portable", d.kind);
    double worst = 0;
    float at = 0;
    for (size_t i = 0; i < z.size(); i++) {
      if (std::isnan(z[i])) {
        ASSERT_EQ(x1_bits(found[i]), 0x7fc00000u) << d.name << " of " << z[i];
        continue;
      }
      double limit = z[i] > 100 ? d.exact(100) : z[i] < -100 ? d.exact(-100) : d.exact(z[i]);
      double error = std::isinf(z[i]) ? 0 : std::fabs(found[i] - limit) * 0x1p24;
      ASSERT_FALSE(std::isnan(error)) << d.name << " of " << z[i];
      if (error > worst) worst = error, at = z[i];
    }
    EXPECT_LE(worst, d.most) << d.name << " at " << at;
  }
}

TEST(Derivatives, EdgesOfTheirDomains) {
  const Values z = {0.0f, -0.0f, 14.75f, 1e30f, -14.75f, -1e30f, INFINITY, -INFINITY};
  const Values gelu = {0.5f, 0.5f, 1, 1, 0, 0, 1, 0}, tanh = {1, 1, 0, 0, 0, 0, 0, 0};
  for (const char *isa : instruction_sets()) {
    Values slope(z.size(), 1.0f);
    ActivationBackward s = {slope.data(), slope.data(), z.data(), (int64_t)z.size(), ACTIVATION_GELU};
    operators_cpu(isa)->activation_backward(&s, 0, s.count);
    for (size_t i = 0; i < z.size(); i++) EXPECT_EQ(slope[i], gelu[i]) << isa << " gelu " << z[i];
    slope.assign(z.size(), 1.0f);
    s.kind = ACTIVATION_TANH;
    operators_cpu(isa)->activation_backward(&s, 0, s.count);
    for (size_t i = 0; i < z.size(); i++) EXPECT_EQ(slope[i], tanh[i]) << isa << " tanh " << z[i];
    slope.assign(z.size(), 1.0f);
    s.kind = ACTIVATION_SILU;
    operators_cpu(isa)->activation_backward(&s, 0, s.count);
    EXPECT_EQ(slope[0], 0.5f);
    EXPECT_EQ(slope[3], 1.0f);
    EXPECT_EQ(slope[5], 0.0f);
    EXPECT_EQ(bits_of(slope[7]), 0x7fc00000u);
  }
}
