// Scalar functions: the digests of their results for every instruction set, and their errors against
// binary64.
//
// Short form: every 1021st bit pattern, errors near powers of two and quarters too. INGOT_SWEEP
// (tools/sweep.sh): all 2^32, with a table of what was found; full: for every instruction set, best: for the
// best one of this processor.
#include "tests/kernels/random_values.h"
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <openssl/evp.h>
#include <string>
#include <thread>
#include <vector>

extern "C" {
#include "kernels/shared/scalar.h"
#include "tests/kernels/scalar_sweep.h"
}

namespace {

struct Reference {
  double (*exact)(double);
  double most; // error over all 2^32, as kernels/README.md states: in ulp
  bool passes_nan = false;
  bool is_absolute = false; // in units of 2^-24: where a sum cancels nothing else says something
};

double sigmoid(double x) {
  return 1 / (1 + exp(-x));
}

double gelu(double x) {
  return std::isinf(x) && x < 0 ? 0 : x * erfc(-x * M_SQRT1_2) / 2;
}

double gelu_derivative(double x) {
  if (std::isinf(x)) return x > 0;
  return erfc(-x * M_SQRT1_2) / 2 + x * exp(-x * x / 2) / sqrt(2 * M_PI);
}

double silu_derivative(double x) {
  return sigmoid(x) * (1 + x * (1 - sigmoid(x)));
}

// sin(pi (x + quarters / 2)), the reduction exact.
double sine_of_turn(double x, int quarters) {
  if (std::isinf(x)) return NAN;
  double b = x - 2 * rint(x / 2), halves = rint(2 * b), angle = M_PI * (b - halves / 2);
  int n = ((int)(std::isnan(x) ? 0 : halves) + quarters) & 3;
  double value = n % 2 == 0 ? sin(angle) : cos(angle);
  return n < 2 ? value : -value;
}

const Reference reference_exp = {exp, 0.759};
const Reference reference_log = {log, 0.857};
const Reference reference_erfc = {erfc, 0.985};
const Reference reference_tanh = {tanh, 0.787};
const Reference reference_sigmoid = {sigmoid, 1.967};
const Reference reference_silu = {[](double x) { return x * sigmoid(x); }, 52.02};
const Reference reference_gelu = {gelu, 0.883};
const Reference reference_relu = {[](double x) { return x <= 0 ? 0 : x; }, 0.0, true};
const Reference reference_sinpi = {[](double x) { return sine_of_turn(x, 0); }, 0.9992};
const Reference reference_cospi = {[](double x) { return sine_of_turn(x, 1); }, 0.875};
const Reference reference_gelu_derivative = {gelu_derivative, 2.105, false, true};
const Reference reference_silu_derivative = {silu_derivative, 9.229, false, true};
const Reference reference_tanh_derivative = {[](double x) { return 1 / (cosh(x) * cosh(x)); }, 1.242, false,
                                             true};

struct Function {
  const char *name;
  Reference reference;
};

const Function kFunctions[] = {
#define SCALAR(name) {#name, reference_##name},
#include "kernels/shared/scalars.inc"
#undef SCALAR
};
const size_t kCount = sizeof kFunctions / sizeof kFunctions[0];

bool sweeps(const char *kind) {
  const char *sweep = getenv("INGOT_SWEEP");
  return sweep != nullptr && strcmp(sweep, kind) == 0;
}

bool full() {
  return sweeps("full") || sweeps("best");
}

std::string golden_path() {
  return std::string(INGOT_SOURCE_DIR) + "/tests/golden/" +
         (full() ? "scalar.sha256" : "scalar_short.sha256");
}

ScalarSweep *sweep_of(const std::string &isa, size_t function) {
#ifdef __x86_64__
  if (isa == "avx512") return scalar_sweeps_avx512[function];
  if (isa == "avx2") return scalar_sweeps_avx2[function];
#endif
  EXPECT_EQ(isa, "portable");
  return scalar_sweeps_portable[function];
}

// SHA-256 of the results for the bit patterns 0, stride, 2 stride, ...
std::string digest_of(ScalarSweep *sweep, uint32_t stride) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
  std::vector<float> y(1 << 14);
  const uint64_t patterns = ((1ull << 32) + stride - 1) / stride;
  for (uint64_t i = 0; i < patterns; i += y.size()) {
    size_t count = (size_t)std::min<uint64_t>(y.size(), patterns - i);
    sweep(y.data(), (uint32_t)(i * stride), stride, (int64_t)count);
    EVP_DigestUpdate(context, y.data(), count * sizeof y[0]);
  }
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

struct Worst {
  double error = 0;
  uint32_t bits = 0;

  void take(double other, uint32_t at) {
    if (other > error) error = other, bits = at;
  }
};

// Distance in units of the last place of the exact value's binade; subnormals share one unit. 0 for the
// correctly rounded result, which is within a half and so never the largest error of a function that errs.
double ulps(float found, double exact) {
  if (found == (float)exact) return 0;
  if (!std::isfinite(found) || std::isinf((float)exact)) return INFINITY;
  return fabs(found - exact) / ldexp(1, std::max(ilogb(exact), -126) - 23);
}

// The portable results; the digests show that the other instruction sets have the same.
void measure(size_t f, uint32_t first, uint32_t stride, int64_t count, Worst *worst) {
  const Reference &reference = kFunctions[f].reference;
  std::vector<float> y((size_t)count);
  scalar_sweeps_portable[f](y.data(), first, stride, count);
  for (int64_t i = 0; i < count; i++) {
    uint32_t bits = first + (uint32_t)i * stride;
    double exact = reference.exact(x1_from_bits(bits));
    if (std::isnan(exact)) {
      uint32_t nan = reference.passes_nan ? bits : 0x7fc00000u;
      worst->take(x1_bits(y[(size_t)i]) == nan ? 0 : INFINITY, bits);
    } else {
      worst->take(reference.is_absolute ? fabs(y[(size_t)i] - exact) * 0x1p24 : ulps(y[(size_t)i], exact),
                  bits);
    }
  }
}

// Slice `slice` of kSlices: of all patterns, or of the lattice and of the 129 patterns around each edge.
const int kSlices = 256;
void measure_slice(size_t f, int slice, Worst *worst) {
  const uint32_t first = (uint32_t)slice << 24;
  if (full()) return measure(f, first, 1, 1 << 24, worst);
  measure(f, first + (uint32_t)slice, 1021, (1 << 24) / 1021, worst);
  for (uint32_t k = 0; k < 2; k++) measure(f, first + (k << 23) - 64, 1, 129, worst);
  for (int k = 4 * slice; k < 4 * slice + 4; k++) {
    measure(f, x1_bits((float)(k - 512) / 4) - 64, 1, 129, worst);
  }
}

void run_on_all_threads(const std::vector<std::function<void()>> &tasks) {
  std::atomic<size_t> next{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < std::max(1u, std::thread::hardware_concurrency()); t++) {
    threads.emplace_back([&] {
      for (size_t i; (i = next++) < tasks.size();) tasks[i]();
    });
  }
  for (std::thread &thread : threads) thread.join();
}

} // namespace

TEST(Golden, ScalarFunctions) {
  const std::vector<const char *> sets =
      sweeps("best") ? std::vector<const char *>{operators_best_isa()} : instruction_sets();
  std::map<std::string, std::string> found[kCount], golden, written; // found: by instruction set
  std::vector<std::function<void()>> tasks;
  for (size_t f = 0; f < kCount; f++) {
    for (const char *isa : sets) {
      std::string *digest = &found[f][isa];
      tasks.push_back([=] { *digest = digest_of(sweep_of(isa, f), full() ? 1 : 1021); });
    }
  }
  run_on_all_threads(tasks);
  if (getenv("INGOT_REWRITE_GOLDENS") != nullptr) {
    ASSERT_EQ(getenv("CI"), nullptr) << "goldens are not rewritten in CI: unset INGOT_REWRITE_GOLDENS";
    std::ofstream file(golden_path());
    for (size_t f = 0; f < kCount; f++) file << found[f][sets[0]] << "  " << kFunctions[f].name << "\n";
  }
  std::ifstream file(golden_path());
  for (std::string digest, name; file >> digest >> name;) golden[name] = digest;
  EXPECT_EQ(golden.size(), kCount);
  for (size_t f = 0; f < kCount; f++) {
    for (const auto &[isa, digest] : found[f]) {
      EXPECT_EQ(digest, golden[kFunctions[f].name]) << kFunctions[f].name << " " << isa;
      if (full()) printf("%-15s %-8s %s\n", kFunctions[f].name, isa.c_str(), digest.c_str());
    }
  }
}

TEST(Scalar, ErrorsStayWithinTheirBounds) {
  std::vector<Worst> worst(kCount * kSlices);
  std::vector<std::function<void()>> tasks;
  for (size_t i = 0; i < worst.size(); i++) {
    tasks.push_back([&worst, i] { measure_slice(i / kSlices, (int)(i % kSlices), &worst[i]); });
  }
  run_on_all_threads(tasks);
  for (size_t f = 0; f < kCount; f++) {
    Worst all;
    for (int s = 0; s < kSlices; s++) all.take(worst[f * kSlices + s].error, worst[f * kSlices + s].bits);
    const float x = x1_from_bits(all.bits);
    const Reference &reference = kFunctions[f].reference;
    EXPECT_LE(all.error, reference.most) << kFunctions[f].name << " at " << x;
    if (full())
      printf("%-15s %.4f %s at %.9g (0x%08x)\n", kFunctions[f].name, all.error,
             reference.is_absolute ? "2^-24" : "ulp", x, all.bits);
  }
}

TEST(Scalar, ExponentialsOfVectorsHaveTheirBits) {
  const std::map<std::string, ScalarSweep *> sweeps = {
      {"portable", vector_exp_sweep_portable},
#ifdef __x86_64__
      {"avx2", vector_exp_sweep_avx2},
      {"avx512", vector_exp_sweep_avx512},
#endif
  };
  const uint32_t stride = full() ? 1 : 251, chunk = 1 << 16;
  std::vector<float> found(chunk), expected(chunk);
  for (const auto &[isa, sweep] : sweeps) {
    if (operators_cpu(isa.c_str()) == nullptr) continue;
    // From minus infinity, in chunks, to what is left before -0.
    for (uint64_t last = 0xff800000u; last >= 0x80000000u + (uint64_t)chunk * stride;
         last -= (uint64_t)chunk * stride) {
      const uint32_t first = (uint32_t)(last - (chunk - 1) * (uint64_t)stride);
      sweep(found.data(), first, stride, chunk);
      for (size_t f = 0; f < kCount; f++) {
        if (std::string(kFunctions[f].name) == "exp") sweep_of(isa, f)(expected.data(), first, stride, chunk);
      }
      ASSERT_EQ(memcmp(found.data(), expected.data(), chunk * sizeof(float)), 0)
          << isa << " from bits " << first;
    }
    float nan[16];
    sweep(nan, 0x7fc00000u, 0, 16);
    for (float y : nan) EXPECT_NE(y, y) << isa;
  }
}

TEST(Scalar, EdgesOfTheirDomains) {
  EXPECT_EQ(x1_exp(-INFINITY), 0.0f);
  EXPECT_EQ(x1_exp(INFINITY), INFINITY);
  EXPECT_EQ(x1_exp(0.0f), 1.0f);
  EXPECT_EQ(x1_log(0.0f), -INFINITY);
  EXPECT_EQ(x1_log(1.0f), 0.0f);
  EXPECT_EQ(x1_log(INFINITY), INFINITY);
  EXPECT_EQ(x1_bits(x1_log(-1.0f)), 0x7fc00000u);
  EXPECT_EQ(x1_erfc(0.0f), 1.0f);
  EXPECT_EQ(x1_erfc(-INFINITY), 2.0f);
  EXPECT_EQ(x1_bits(x1_erfc(INFINITY)), x1_bits(0.0f));
  EXPECT_EQ(x1_erfc(10.0f), 0x1p-149f); // 1.49 of it
  EXPECT_EQ(x1_sigmoid(0.0f), 0.5f);
  EXPECT_EQ(x1_sigmoid(INFINITY), 1.0f);
  EXPECT_EQ(x1_sigmoid(-INFINITY), 0.0f);
  EXPECT_EQ(x1_tanh(INFINITY), 1.0f);
  EXPECT_EQ(x1_tanh(-INFINITY), -1.0f);
  EXPECT_EQ(x1_bits(x1_tanh(-0.0f)), x1_bits(-0.0f));
  EXPECT_EQ(x1_tanh(0x1p-149f), 0x1p-149f);
  EXPECT_EQ(x1_gelu(INFINITY), INFINITY);
  EXPECT_EQ(x1_bits(x1_gelu(-INFINITY)), x1_bits(-0.0f));
  EXPECT_EQ(x1_bits(x1_gelu(-0.0f)), x1_bits(-0.0f));
  EXPECT_EQ(x1_gelu(20.0f), 20.0f);
}

TEST(Scalar, TurnsAreExactAtQuartersAndKeepTheSignsOfZeros) {
  for (float n : {0.0f, 1.0f, 2.0f, 3.0f, 255.0f, 0x1p22f + 1, 0x1p23f + 1, 0x1p24f, 0x1.fffffep127f}) {
    const bool odd = fmodf(n, 2) == 1;
    EXPECT_EQ(x1_bits(x1_sinpi(n)), x1_bits(0.0f)) << n;
    EXPECT_EQ(x1_bits(x1_sinpi(-n)), x1_bits(-0.0f)) << n;
    EXPECT_EQ(x1_cospi(n), odd ? -1.0f : 1.0f) << n;
    EXPECT_EQ(x1_cospi(-n), odd ? -1.0f : 1.0f) << n;
    if (n > 0x1p22f) continue;
    EXPECT_EQ(x1_sinpi(n + 0.5f), odd ? -1.0f : 1.0f) << n;
    EXPECT_EQ(x1_sinpi(-n - 0.5f), odd ? 1.0f : -1.0f) << n;
    EXPECT_EQ(x1_bits(x1_cospi(n + 0.5f)), x1_bits(0.0f)) << n;
    EXPECT_EQ(x1_bits(x1_cospi(-n - 0.5f)), x1_bits(0.0f)) << n;
  }
  for (float infinite : {INFINITY, -INFINITY}) {
    EXPECT_EQ(x1_bits(x1_sinpi(infinite)), 0x7fc00000u);
    EXPECT_EQ(x1_bits(x1_cospi(infinite)), 0x7fc00000u);
  }
}
