// Derivatives of the activations as activation_backward has them, for every instruction set: their digests
// over every 1021st bit pattern, and edges. Their errors are in test_scalar.cc.
#include "tests/kernels/random_values.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

extern "C" {
#include "engine/shared/tensor.h"
#include "kernels/shared/scalar.h"
}

namespace {

struct Derivative {
  const char *name;
  ActivationKind kind;
};

const Derivative kDerivatives[] = {
    {"gelu", ACTIVATION_GELU}, {"silu", ACTIVATION_SILU}, {"tanh", ACTIVATION_TANH}};

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
