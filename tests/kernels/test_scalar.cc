// Scalar functions: their errors against long double, and the digest of their results over the bit patterns.
//
// Short form: every 1021st bit pattern; INGOT_SWEEP=full: all 2^32, a few minutes (tools/sweep.sh).
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>

extern "C" {
#include "kernels/shared/scalar.h"
}

namespace {

struct Function {
  const char *name;
  float (*value)(float);
  long double (*exact)(long double);
  double most_ulps; // as the header states them, with subnormal results apart
};

long double exact_sigmoid(long double x) {
  return 1.0L / (1.0L + expl(-x));
}

const Function kFunctions[] = {
    {"exp", x1_exp, expl, 0.8},
    {"log", x1_log, logl, 0.9},
    {"sigmoid", x1_sigmoid, exact_sigmoid, 2.0},
};

bool full() {
  const char *sweep = getenv("INGOT_SWEEP");
  return sweep != nullptr && strcmp(sweep, "full") == 0;
}

std::string golden_path() {
  return std::string(INGOT_SOURCE_DIR) + "/tests/golden/" +
         (full() ? "scalar.sha256" : "scalar_short.sha256");
}

float of_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// Distance in units of the last place of the exact value's binade.
double ulps(float found, long double exact) {
  if (std::isnan(exact)) return std::isnan(found) ? 0 : INFINITY;
  float nearest = (float)exact;
  if (std::isinf(nearest) || std::isinf(found)) return nearest == found ? 0 : INFINITY;
  int exponent;
  frexpl(exact, &exponent);
  if (exact == 0 || exponent < -125) exponent = -125; // subnormals share one unit
  return (double)(fabsl((long double)found - exact) / ldexpl(1, exponent - 24));
}

std::string digest_of(const Function &function, double *worst) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
  uint32_t buffer[4096];
  size_t used = 0;
  const uint64_t stride = full() ? 1 : 1021;
  for (uint64_t bits = 0; bits < 1ull << 32; bits += stride) {
    float x = of_bits((uint32_t)bits), y = function.value(x);
    if (bits / stride % 16 == 0) *worst = std::max(*worst, ulps(y, function.exact(x)));
    if (y != y) y = of_bits(0x7fc00000u); // one NaN
    memcpy(&buffer[used++], &y, sizeof y);
    if (used == 4096) EVP_DigestUpdate(context, buffer, sizeof buffer), used = 0;
  }
  EVP_DigestUpdate(context, buffer, used * sizeof buffer[0]);
  unsigned char digest[32];
  EVP_DigestFinal_ex(context, digest, nullptr);
  EVP_MD_CTX_free(context);
  std::string hex;
  for (unsigned char byte : digest) {
    char pair[3];
    snprintf(pair, sizeof pair, "%02x", byte);
    hex += pair;
  }
  return hex;
}

} // namespace

TEST(Golden, ScalarFunctions) {
  std::map<std::string, std::string> found, golden;
  for (const Function &function : kFunctions) {
    double worst = 0;
    found[function.name] = digest_of(function, &worst);
    EXPECT_LE(worst, function.most_ulps) << function.name;
  }
  if (getenv("INGOT_REWRITE_GOLDENS") != nullptr) {
    ASSERT_EQ(getenv("CI"), nullptr) << "goldens are not rewritten in CI: unset INGOT_REWRITE_GOLDENS";
    std::ofstream file(golden_path());
    for (const auto &[name, digest] : found) file << digest << "  " << name << "\n";
  }
  std::ifstream file(golden_path());
  for (std::string digest, name; file >> digest >> name;) golden[name] = digest;
  EXPECT_EQ(found, golden);
}

TEST(Scalar, EdgesOfTheirDomains) {
  EXPECT_EQ(x1_exp(-INFINITY), 0.0f);
  EXPECT_EQ(x1_exp(INFINITY), INFINITY);
  EXPECT_EQ(x1_exp(0.0f), 1.0f);
  EXPECT_TRUE(std::isnan(x1_exp(NAN)));
  EXPECT_EQ(x1_log(0.0f), -INFINITY);
  EXPECT_EQ(x1_log(1.0f), 0.0f);
  EXPECT_EQ(x1_log(INFINITY), INFINITY);
  EXPECT_TRUE(std::isnan(x1_log(-1.0f)));
  EXPECT_EQ(x1_sigmoid(0.0f), 0.5f);
  EXPECT_EQ(x1_sigmoid(INFINITY), 1.0f);
  EXPECT_EQ(x1_sigmoid(-INFINITY), 0.0f);
}
