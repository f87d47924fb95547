// The scalar reference of numerics id x1 against facts that do not come from it.
extern "C" {
#include "tests/reference/x1.h"
}

#include <Random123/philox.h>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <openssl/sha.h>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace {

const float kInf = std::numeric_limits<float>::infinity(), kNaN = std::numeric_limits<float>::quiet_NaN();
const double kUnit = 0x1p-24; // unit roundoff of binary32

std::vector<float> uniform(std::mt19937_64 &random, size_t n, float low, float high) {
  std::vector<float> values(n);
  for (float &value : values) value = std::uniform_real_distribution<float>(low, high)(random);
  return values;
}

uint32_t bits(float x) {
  uint32_t word;
  std::memcpy(&word, &x, sizeof word);
  return word;
}

std::string hex(const uint8_t digest[32]) {
  std::string text;
  for (int i = 0; i < 32; i++) {
    char pair[3];
    std::snprintf(pair, sizeof pair, "%02x", digest[i]);
    text += pair;
  }
  return text;
}

std::string sha_hex(const std::string &bytes) {
  uint8_t digest[32];
  SHA256(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size(), digest);
  return hex(digest);
}

TEST(Reference, PhiloxKnownAnswerAndRandom123) {
  const uint32_t zero[4] = {0, 0, 0, 0}, expected[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  uint32_t words[4];
  ref_philox(words, zero, 0);
  EXPECT_EQ(0, std::memcmp(words, expected, sizeof words));
  std::mt19937_64 random(1);
  for (int i = 0; i < 1000; i++) {
    r123::Philox4x32::ctr_type counter;
    uint32_t mine[4];
    for (int j = 0; j < 4; j++) mine[j] = counter[j] = (uint32_t)random();
    uint64_t seed = random();
    r123::Philox4x32::key_type key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    auto theirs = r123::Philox4x32()(counter, key);
    ref_philox(words, mine, seed);
    for (int j = 0; j < 4; j++) ASSERT_EQ(words[j], theirs[j]);
    uint32_t element = (uint32_t)random();
    r123::Philox4x32::ctr_type at = {{element / 4, 5, 6, 3u * 0x1000000u + 7u}};
    ASSERT_EQ(ref_word(seed, element, 5, 6, 3, 7), r123::Philox4x32()(at, key)[element % 4]);
  }
}

TEST(Reference, R1ExactSums) {
  for (int64_t n : {0, 1, 2, 255, 256, 257, 511, 512, 513, 767, 768, 769, 1023, 1024, 1025, 5000}) {
    std::vector<float> a(n), b(n), minus_zero(n, -0.0f), one(n, 1.0f);
    double sum = 0; // of integers: exact in binary32 in any order
    for (int64_t k = 0; k < n; k++) {
      a[k] = (float)(k % 7 - 3), b[k] = (float)(k % 5);
      sum += (double)a[k] * b[k];
    }
    EXPECT_EQ(ref_r1(a.data(), 1, b.data(), 1, n), (float)sum) << n;
    EXPECT_EQ(bits(ref_r1(minus_zero.data(), 1, one.data(), 1, n)), 0u) << n;
  }
  const float interleaved[6] = {1, 100, 2, 100, 3, 100}, weights[2] = {10, 0};
  EXPECT_EQ(ref_r1(interleaved, 2, weights, 0, 3), 60.0f);
  EXPECT_EQ(bits(ref_tree(nullptr, 0)), 0u);
}

// Values that tell leaf 256, ascending fma and the aligned tree from every neighbour of them.
TEST(Reference, R1Order) {
  const float big = 0x1p24f;
  std::vector<float> a(1024, 0.0f), one(1024, 1.0f);
  auto sum = [&](int64_t n) { return ref_r1(a.data(), 1, one.data(), 1, n); };
  a[0] = big, a[255] = 1, a[256] = 1; // 255 is lost in the first leaf, 256 is added to it and lost as well
  EXPECT_EQ(sum(1024), big);
  a[255] = 0, a[257] = 1; // both in the second leaf: 2 is not lost
  EXPECT_EQ(sum(1024), big + 2);
  a[256] = 1, a[257] = 0, a[512] = 1; // ((big + 1) + (1 + 0)): each lost
  EXPECT_EQ(sum(1024), big);
  a[256] = 0, a[512] = 1, a[768] = 1; // big + (1 + 1), not (big + 1) + 1
  EXPECT_EQ(sum(1024), big + 2);
  a[512] = 0, a[768] = 0, a[512] = 1, a[513] = 0; // three leaves: (l0 + l1) + l2
  a[256] = 1;
  EXPECT_EQ(sum(768), big);
  const float x = 1 + 0x1p-12f; // x * x needs 25 bits: only a fused product keeps the last one
  const float p[2] = {1, x}, q[2] = {-1, x};
  EXPECT_EQ(ref_r1(p, 1, q, 1, 2), (float)((double)x * x - 1));
  EXPECT_NE((float)((double)x * x - 1), x * x - 1);
}

TEST(Reference, R1WithinItsBound) {
  std::mt19937_64 random(2);
  for (int64_t n : {1, 100, 256, 257, 1000, 4096, 10000}) {
    auto a = uniform(random, n, -1, 1), b = uniform(random, n, -1, 1);
    double sum = 0, magnitude = 0;
    for (int64_t k = 0; k < n; k++) sum += (double)a[k] * b[k], magnitude += std::fabs((double)a[k] * b[k]);
    double roundings = std::min<double>(n, 256) + 1 + std::ceil(std::log2((n + 255) / 256)); // on one path
    double bound = roundings * kUnit / (1 - roundings * kUnit) * magnitude;
    EXPECT_NEAR(ref_r1(a.data(), 1, b.data(), 1, n), sum, bound) << n;
  }
}

TEST(Reference, R2LanesAndTree) {
  std::vector<float> x(1000, 0.0f), one(1000, 1.0f);
  for (int64_t n : {0, 1, 63, 64, 65, 127, 128, 129, 1000}) {
    std::vector<float> ramp(n), minus_zero(n, -0.0f);
    for (int64_t i = 0; i < n; i++) ramp[i] = (float)(i % 11);
    double sum = 0;
    for (float value : ramp) sum += value;
    EXPECT_EQ(ref_r2_sum(ramp.data(), n), sum) << n;
    EXPECT_EQ(ref_r2(ramp.data(), one.data(), n), sum) << n;
    EXPECT_EQ(bits(ref_r2_sum(minus_zero.data(), n)), 0u) << n;
  }
  const float big = 0x1p24f;
  x[0] = big, x[64] = 1, x[128] = 1; // one lane, ascending: each lost
  EXPECT_EQ(ref_r2_sum(x.data(), 1000), big);
  x[128] = 0, x[32] = 1; // lane 32 meets lane 0 at once: lost as well
  EXPECT_EQ(ref_r2_sum(x.data(), 1000), big);
  x[64] = 0, x[32] = 0, x[1] = 1, x[33] = 1; // meet each other first
  EXPECT_EQ(ref_r2_sum(x.data(), 1000), big + 2);
  const float y = 1 + 0x1p-12f;
  std::vector<float> p(65, 0.0f), q(65, 0.0f);
  p[0] = 1, q[0] = -1, p[64] = q[64] = y; // fma in the lane
  EXPECT_EQ(ref_r2(p.data(), q.data(), 65), (float)((double)y * y - 1));
}

TEST(Reference, R3AddendsAndBounds) {
  int64_t q;
  EXPECT_EQ(ref_ceil_log2(1), 0);
  EXPECT_EQ(ref_ceil_log2(2), 1);
  EXPECT_EQ(ref_ceil_log2(3), 2);
  EXPECT_EQ(ref_ceil_log2(1 << 22), 22);
  ASSERT_TRUE(ref_addend(&q, 0x1p-41f, 40, 1)); // a tie goes to even
  EXPECT_EQ(q, 0);
  ASSERT_TRUE(ref_addend(&q, 3 * 0x1p-41f, 40, 1));
  EXPECT_EQ(q, 2);
  ASSERT_TRUE(ref_addend(&q, -5 * 0x1p-41f, 40, 1));
  EXPECT_EQ(q, -2);
  ASSERT_TRUE(ref_addend(&q, 1.0f, 20, 1));
  EXPECT_EQ(q, 1 << 20);
  EXPECT_FALSE(ref_addend(&q, 0x1p22f, 40, 1)); // 2^(62-40)
  EXPECT_TRUE(ref_addend(&q, std::nextafter(0x1p22f, 0.0f), 40, 1));
  EXPECT_FALSE(ref_addend(&q, -0x1p20f, 40, 3));
  EXPECT_TRUE(ref_addend(&q, -std::nextafter(0x1p20f, 0.0f), 40, 3));
  for (float x : {kInf, -kInf, kNaN}) EXPECT_FALSE(ref_addend(&q, x, 40, 1));
  EXPECT_EQ(ref_weight_addend(0.75f), (int64_t)3 << 38);
  EXPECT_EQ(ref_loss_addend(0.5f, 3.0f, 1024), (int64_t)3 << 31);
  EXPECT_EQ(ref_loss_addend(1.0f, 1e30f, 1024), (int64_t)1 << 52);
  EXPECT_EQ(ref_loss_addend(1.0f, -1e30f, 1025), -((int64_t)1 << 51));
}

TEST(Reference, R3Gradient) {
  EXPECT_EQ(ref_gradient(((int64_t)1 << 62) + ((int64_t)1 << 38) + 1, 40, 1), 0x1p62f); // by way of binary64
  EXPECT_EQ(ref_gradient(3 * ((int64_t)1 << 40), 40, (int64_t)2 << 40), 1.5f);
  EXPECT_EQ(ref_gradient(3 * ((int64_t)1 << 20), 20, (int64_t)2 << 40), 1.5f);
  EXPECT_EQ(bits(ref_gradient(5, 40, 0)), 0u);
  EXPECT_EQ(ref_reported_loss((int64_t)3 << 32, (int64_t)2 << 40), 1.5f);
}

TEST(Reference, ShuffleIsAPermutation) {
  for (uint64_t N = 1; N < 2000; N++) {
    std::vector<bool> seen(N, false);
    for (uint64_t i = 0; i < N; i++) {
      uint64_t row = ref_permute(7, 0, 0, 3, N, i);
      ASSERT_LT(row, N);
      ASSERT_FALSE(seen[row]) << N;
      seen[row] = true;
    }
  }
}

TEST(Reference, BlockOrderIsAPermutationInPools) {
  for (int64_t N : {1, 5, 8, 9, 100, 129, 1000}) {
    const int64_t rows = 8, window = 3;
    std::vector<int64_t> order(N), full(N);
    ref_epoch_order(order.data(), 9, 2, N, rows, window);
    ref_epoch_order(full.data(), 9, 2, N, 0, 0);
    EXPECT_EQ(std::set<int64_t>(order.begin(), order.end()).size(), (size_t)N);
    EXPECT_EQ(std::set<int64_t>(full.begin(), full.end()).size(), (size_t)N);
    EXPECT_EQ(*std::max_element(order.begin(), order.end()), N - 1);
    int64_t blocks = (N + rows - 1) / rows, position = 0;
    for (int64_t pool = 0; pool * window < blocks; pool++) { // a pool holds whole blocks
      std::set<int64_t> members;
      int64_t end = position;
      for (int64_t i = pool * window; i < std::min(blocks, (pool + 1) * window); i++) {
        int64_t block = ref_permute(9, 1, 0, 2, blocks, i);
        end += std::min(N, (block + 1) * rows) - block * rows;
        members.insert(block);
      }
      for (; position < end; position++) EXPECT_TRUE(members.count(order[position] / rows));
    }
    EXPECT_EQ(position, N);
  }
}

TEST(Reference, InitialWeightAndDropout) {
  EXPECT_EQ(ref_uniform(0xffffffffu), 1 - 0x1p-24f);
  EXPECT_EQ(ref_uniform(0xff), 0.0f);
  EXPECT_EQ(ref_initial_weight(0, 6, 24), -0.5f);
  EXPECT_EQ(ref_initial_weight(0x80000000u, 6, 24), 0.0f);
  EXPECT_EQ(ref_initial_weight(0xc0000000u, 6, 24), 0.25f);
  EXPECT_EQ(ref_dropout(3, 0x7fffffffu, 0.5), 0.0f);
  EXPECT_EQ(ref_dropout(3, 0x80000000u, 0.5), 6.0f);
  EXPECT_EQ(bits(ref_dropout(-3, 0, 0.1)), 0u);
  EXPECT_EQ(ref_dropout(3, 429496729u, 0.1), 3 * (float)(1 / 0.9)); // floor(0.1 * 2^32) is not below itself
  EXPECT_EQ(ref_dropout(3, 429496728u, 0.1), 0.0f);
}

TEST(Reference, ReluAndNonFinite) {
  EXPECT_EQ(bits(ref_relu(-0.0f)), 0u);
  EXPECT_TRUE(std::isnan(ref_relu(kNaN)));
  EXPECT_EQ(ref_relu(2), 2.0f);
  EXPECT_EQ(bits(ref_relu_backward(0.0f, 5)), 0u);
  EXPECT_EQ(bits(ref_relu_backward(kNaN, 5)), 0u);
  EXPECT_EQ(ref_relu_backward(0x1p-149f, 5), 5.0f);
  float dz, p[3], dx[3];
  const float with_nan[3] = {1, kNaN, 2};
  EXPECT_TRUE(std::isnan(ref_binary_loss(&dz, kNaN, 1, 1)));
  EXPECT_TRUE(std::isnan(ref_softmax_loss(p, dx, with_nan, 3, 0, 1)));
}

TEST(Reference, OptimizersNearDouble) {
  std::mt19937_64 random(5);
  RefOptimizer o = {};
  o.learning_rate = 1e-2, o.weight_decay = 0.1, o.beta1 = 0.9, o.beta2 = 0.999, o.epsilon = 1e-8,
  o.momentum = 0.9;
  o.beta1_power = o.beta2_power = 1;
  float p = 0.7f, m = 0, v = 0, sgd_p = 0.7f, b = 0;
  double P = p, M = 0, V = 0, S = sgd_p, B = 0;
  for (int t = 1; t <= 100; t++) {
    float g = uniform(random, 1, -1, 1)[0];
    ref_optimizer_begin(&o);
    EXPECT_NEAR(o.beta1_power, std::pow(0.9, t), 1e-14);
    ref_adamw(&p, &m, &v, g, o.wd, &o);
    ref_sgd(&sgd_p, &b, g, o.wd, &o);
    M = 0.9 * M + 0.1 * g, V = 0.999 * V + 0.001 * g * g;
    double direction = M / (1 - std::pow(0.9, t)) / (std::sqrt(V / (1 - std::pow(0.999, t))) + 1e-8);
    P -= 1e-2 * (direction + 0.1 * P);
    B = 0.9 * B + g + 0.1 * S, S -= 1e-2 * B;
    // Ten roundings a step of values below 1 (adamw: the step is below 2 lr); B is below 20.
    ASSERT_NEAR(p, P, t * 10 * kUnit);
    ASSERT_NEAR(sgd_p, S, t * 10 * 20 * kUnit);
  }
  m = 0x1p-126f, v = 0x1p-126f, p = 1;
  ref_adamw(&p, &m, &v, 0, 0, &o); // 0.9 * 2^-126 is subnormal: +0
  EXPECT_EQ(bits(m), 0u);
  EXPECT_EQ(bits(v), 0u);
  b = -0x1p-126f;
  ref_sgd(&p, &b, 0, 0, &o);
  EXPECT_EQ(bits(b), 0u);
}

TEST(Reference, NormLeavesAreBlocksOf4096) {
  std::vector<float> g(4097, 1.0f), leaves(2);
  EXPECT_EQ(ref_norm_leaves(leaves.data(), g.data(), 0), 0);
  EXPECT_EQ(ref_norm_leaves(leaves.data(), g.data(), 4096), 1);
  EXPECT_EQ(ref_norm_leaves(leaves.data(), g.data(), 4097), 2);
  EXPECT_EQ(leaves[0], 4096.0f);
  EXPECT_EQ(leaves[1], 1.0f);
}

TEST(Reference, SplitByHash) {
  const uint64_t seventy[3] = {70, 85, 100}, all[3] = {100, 100, 100}, none[3] = {0, 0, 0};
  int counts[3] = {0, 0, 0};
  for (int i = 0; i < 20000; i++) {
    std::string key = std::to_string(i);
    int part = ref_split("", key.c_str(), seventy, 100);
    ASSERT_GE(part, 0);
    counts[part]++;
    EXPECT_EQ(ref_split("", key.c_str(), all, 100), 0);
    EXPECT_EQ(ref_split("", key.c_str(), none, 100), -1);
    if (i > 20) continue;
    double u = (double)std::stoull(sha_hex(std::string("s\0", 2) + key).substr(0, 16), nullptr, 16) * 0x1p-64;
    EXPECT_EQ(ref_split("s", key.c_str(), seventy, 100), u < 0.7 ? 0 : u < 0.85 ? 1 : 2);
  }
  EXPECT_NEAR(counts[0], 14000, 6 * std::sqrt(20000 * 0.7 * 0.3)); // six standard deviations
  EXPECT_NEAR(counts[1], 3000, 6 * std::sqrt(20000 * 0.15 * 0.85));
}

TEST(Reference, DigestAndChain) {
  const float w[2] = {1, 2};
  const uint64_t step = 5;
  const RefBytes tensors[2] = {{"step", "U64", "1", &step, 8}, {"a.weight", "F32", "1,2", w, 8}};
  uint8_t digest[32], h[32], data[32] = {3};
  ref_digest(digest, tensors, 2);
  std::string w_bytes((const char *)w, 8), step_bytes((const char *)&step, 8);
  EXPECT_EQ(hex(digest), sha_hex("a.weight\tF32\t1,2\t" + sha_hex(w_bytes) + "\nstep\tU64\t1\t" +
                                 sha_hex(step_bytes) + "\n"));
  ref_chain_begin(h, "a=1\n", data, digest);
  std::string start = "x1a=1\n" + std::string((char *)data, 32) + std::string((char *)digest, 32);
  EXPECT_EQ(hex(h), sha_hex(start));
  std::string before((char *)h, 32);
  ref_chain_step(h, 1, 1.0f, 2.0f);
  EXPECT_EQ(hex(h), sha_hex(before + std::string("\1\0\0\0\0\0\0\0\0\0\x80\x3f\0\0\0\x40", 16)));
  before.assign((char *)h, 32);
  ref_chain_validation(h, 1, 1.0);
  EXPECT_EQ(hex(h), sha_hex(before + std::string("v\1\0\0\0\0\0\0\0\0\0\0\0\0\0\xf0\x3f", 17)));
}

// ---- The training step: finite differences of the loss, recomputed in binary64.

struct Problem {
  RefNetwork net = {};
  RefBatch batch = {};
  std::vector<float> numeric, target, weight;
  std::vector<int32_t> codes;

  Problem(RefLoss loss, bool norm, double dropout, int64_t rows, RefActivation activation = REF_RELU) {
    net.segment_count = 4, net.table_count = 2, net.hidden_count = 2;
    net.segments[0] = {false, 0, 2, 0};
    net.segments[1] = {true, 0, 3, 0};
    net.segments[2] = {false, 2, 1, 0};
    net.segments[3] = {true, 1, 2, 1};
    net.table_rows[0] = 4, net.table_width[0] = 3, net.table_rows[1] = 2, net.table_width[1] = 2;
    net.hidden[0] = 7, net.hidden[1] = 5;
    net.outputs = loss == REF_MULTICLASS ? 3 : 1;
    net.loss = loss, net.layer_norm = norm, net.dropout = dropout, net.activation = activation;
    net.seed = 11, net.batch = rows, net.grain = 4, net.fraction_bits = 40;
    ref_network_init(&net);
    std::mt19937_64 random(3);
    for (int i = 0; i < net.parameter_count; i++) // biases too, so that no pre-activation is exactly 0
      for (int64_t e = 0; e < net.parameters[i].size; e++)
        net.parameters[i].value[e] += uniform(random, 1, -0.1f, 0.1f)[0];
    numeric = uniform(random, rows * 3, -1, 1);
    weight = uniform(random, rows, 0.25f, 1);
    for (int64_t row = 0; row < rows; row++) {
      codes.push_back((int32_t)(random() % 4)), codes.push_back((int32_t)(random() % 2));
      target.push_back(loss == REF_SQUARED ? uniform(random, 1, -2, 2)[0]
                                           : (float)(random() % (loss == REF_BINARY ? 2 : 3)));
    }
    batch = {rows, numeric.data(), 3, codes.data(), 2, target.data(), weight.data()};
  }
  ~Problem() { ref_network_free(&net); }

  double value(const char *format, int index, int64_t e) { return shifted(ref_find(&net, format, index), e); }

  RefParameter *moved = nullptr;
  int64_t moved_element = 0;
  double shift = 0;
  double shifted(RefParameter *p, int64_t e) {
    return p->value[e] + (p == moved && e == moved_element ? shift : 0);
  }

  double row_loss(const std::vector<double> &z, int64_t row) {
    double y = target[row], sum = 0;
    if (net.loss == REF_SQUARED) return (z[0] - y) * (z[0] - y);
    if (net.loss == REF_BINARY) return std::log1p(std::exp(z[0])) - y * z[0];
    for (double logit : z) sum += std::exp(logit);
    return std::log(sum) - z[(size_t)y];
  }

  std::vector<double> inputs(int64_t row) {
    std::vector<double> x;
    for (int s = 0; s < net.segment_count; s++)
      for (int e = 0; e < net.segments[s].width; e++) {
        const RefSegment &segment = net.segments[s];
        x.push_back(segment.is_category ? value("embeddings.%d.weight", segment.table,
                                                codes[row * 2 + segment.source] * segment.width + e)
                                        : numeric[row * 3 + segment.source + e]);
      }
    return x;
  }

  double activated(double x) {
    switch (net.activation) {
    case REF_GELU:
      return x * std::erfc(-x * M_SQRT1_2) / 2;
    case REF_SILU:
      return x / (1 + std::exp(-x));
    case REF_TANH:
      return std::tanh(x);
    default:
      return x > 0 ? x : 0;
    }
  }

  void block(std::vector<double> &y, int layer, int64_t row, uint32_t step, std::vector<bool> &signs) {
    double n = (double)y.size(), mean = 0, variance = 0;
    for (double a : y) mean += a / n;
    for (double a : y) variance += (a - mean) * (a - mean) / n;
    for (size_t e = 0; e < y.size(); e++) {
      if (net.layer_norm)
        y[e] = (y[e] - mean) / std::sqrt(variance + 1e-5) * value("norms.%d.weight", layer, e) +
               value("norms.%d.bias", layer, e);
      signs.push_back(y[e] > 0 || net.activation != REF_RELU);
      bool drop = ref_word(net.seed, e, row, step, REF_DROPOUT, layer) < net.dropout * 0x1p32;
      y[e] = drop ? 0 : activated(y[e]) / (1 - net.dropout);
    }
  }

  double loss(uint32_t step, std::vector<bool> &signs) {
    double total = 0, weights = 0;
    for (int64_t row = 0; row < batch.rows; row++) {
      std::vector<double> x = inputs(row);
      for (int layer = 0; layer <= net.hidden_count; layer++) {
        std::vector<double> y(layer < net.hidden_count ? net.hidden[layer] : net.outputs);
        for (size_t o = 0; o < y.size(); o++) {
          y[o] = value("layers.%d.bias", layer, o);
          for (size_t k = 0; k < x.size(); k++)
            y[o] += x[k] * value("layers.%d.weight", layer, o * x.size() + k);
        }
        if (layer < net.hidden_count) block(y, layer, row, step, signs);
        x = y;
      }
      total += weight[row] * row_loss(x, row), weights += weight[row];
    }
    return total / weights;
  }
};

// The step's gradients (no update: learning rate 0) against (L(p + h) - L(p - h)) / 2h. With h = 1e-5
// truncation (about h^2) and rounding (2^-53 / h) stay below 1e-9; binary32 has fewer than 1000 roundings on
// a path from a parameter to its gradient (14 rows, sums over at most 8 terms, 3 layers), each relative to
// the terms' size.
void check_gradients(Problem &problem, uint32_t step) {
  RefOptimizer still = {};
  still.beta1_power = still.beta2_power = 1;
  RefStep result = ref_train_step(&problem.net, &still, step, &problem.batch);
  ASSERT_FALSE(result.failed);
  std::vector<bool> signs, up, down;
  EXPECT_NEAR(result.loss, problem.loss(step, signs), 1000 * kUnit);
  double squares = 0;
  int compared = 0;
  for (int i = 0; i < problem.net.parameter_count; i++) {
    RefParameter *p = &problem.net.parameters[i];
    double largest = 0;
    for (int64_t e = 0; e < p->size; e++) {
      largest = std::max(largest, std::fabs((double)p->gradient[e]));
      squares += (double)p->gradient[e] * p->gradient[e];
    }
    for (int64_t e = 0; e < p->size; e++) {
      problem.moved = p, problem.moved_element = e;
      up.clear(), down.clear();
      problem.shift = 1e-5;
      double above = problem.loss(step, up);
      problem.shift = -1e-5;
      double below = problem.loss(step, down);
      problem.moved = nullptr;
      if (up != down) continue; // a kink of relu lies between
      compared++;
      EXPECT_NEAR(p->gradient[e], (above - below) / 2e-5, 1000 * kUnit * largest + 1e-8)
          << p->name << " " << e;
    }
    EXPECT_TRUE(largest > 0 || problem.net.layer_norm) << p->name; // (norm hides the bias before it)
  }
  EXPECT_GT(compared, 100);
  EXPECT_NEAR(result.norm, std::sqrt(squares), 10 * kUnit * std::sqrt(squares));
}

TEST(Reference, TrainStepGradients) {
  for (RefLoss loss : {REF_MULTICLASS, REF_BINARY, REF_SQUARED})
    for (bool norm : {false, true})
      for (double dropout : {0.0, 0.3}) {
        SCOPED_TRACE(testing::Message() << "loss " << loss << " norm " << norm << " dropout " << dropout);
        Problem problem(loss, norm, dropout, 14);
        check_gradients(problem, 5);
      }
}

TEST(Reference, TrainStepGradientsOfOtherActivations) {
  for (RefActivation activation : {REF_GELU, REF_SILU, REF_TANH})
    for (bool norm : {false, true}) {
      SCOPED_TRACE(testing::Message() << "activation " << activation << " norm " << norm);
      Problem problem(REF_MULTICLASS, norm, 0.3, 14, activation);
      check_gradients(problem, 5);
    }
}

TEST(Reference, TrainStepClipsAndTrains) {
  Problem problem(REF_BINARY, true, 0, 14);
  RefOptimizer o = {};
  o.kind = REF_ADAMW;
  o.learning_rate = 1e-2, o.beta1 = 0.9, o.beta2 = 0.999, o.epsilon = 1e-8, o.clip_norm = 0.01;
  o.beta1_power = o.beta2_power = 1;
  float first = 0, last = 0;
  for (uint32_t step = 0; step < 40; step++) {
    RefStep result = ref_train_step(&problem.net, &o, step, &problem.batch);
    ASSERT_FALSE(result.failed);
    double squares = 0;
    for (int i = 0; i < problem.net.parameter_count; i++)
      for (int64_t e = 0; e < problem.net.parameters[i].size; e++)
        squares += std::pow((double)problem.net.parameters[i].gradient[e], 2);
    if (step == 0) {
      ASSERT_GT(result.norm, 0.01f);
      EXPECT_NEAR(std::sqrt(squares), 0.01, 0.01 * 10 * kUnit);
    }
    (step == 0 ? first : last) = result.loss;
  }
  EXPECT_LT(last, first / 2);
}

TEST(Reference, AFailedStepChangesNothing) {
  Problem problem(REF_SQUARED, false, 0, 6);
  RefOptimizer o = {};
  o.learning_rate = 0.1, o.beta1_power = o.beta2_power = 1;
  uint8_t before[32], after[32];
  ref_parameter_digest(before, &problem.net);
  problem.numeric[0] = 1e8f; // an addend beyond 2^(62 - 40 - 1)
  RefStep result = ref_train_step(&problem.net, &o, 0, &problem.batch);
  EXPECT_TRUE(result.failed);
  EXPECT_STREQ(result.tensor, "embeddings.0.weight");
  ref_parameter_digest(after, &problem.net);
  EXPECT_EQ(hex(before), hex(after));
  problem.numeric[0] = 0, problem.target[1] = kNaN;
  EXPECT_TRUE(ref_train_step(&problem.net, &o, 0, &problem.batch).failed);
  problem.target[1] = 0;
  EXPECT_FALSE(ref_train_step(&problem.net, &o, 0, &problem.batch).failed);
  ref_parameter_digest(after, &problem.net);
  EXPECT_NE(hex(before), hex(after));
}

TEST(Reference, ParametersInByteOrderOfNames) {
  RefNetwork net = {};
  net.segment_count = 1, net.segments[0] = {false, 0, 3, 0}, net.hidden_count = 11, net.outputs = 1;
  for (int i = 0; i < 11; i++) net.hidden[i] = 2;
  net.batch = net.grain = 4, net.fraction_bits = 40, net.layer_norm = true;
  ref_network_init(&net);
  for (int i = 1; i < net.parameter_count; i++)
    EXPECT_LT(std::string(net.parameters[i - 1].name), net.parameters[i].name);
  EXPECT_STREQ(net.parameters[0].name, "layers.0.bias");
  EXPECT_STREQ(net.parameters[1].name, "layers.0.weight");
  EXPECT_STREQ(net.parameters[2].name, "layers.1.bias");
  EXPECT_STREQ(net.parameters[4].name, "layers.10.bias");
  EXPECT_STREQ(net.parameters[1].shape, "2,3");
  uint32_t word = ref_word(net.seed, 4, 0, 0, REF_INITIALISATION, 1);
  EXPECT_EQ(net.parameters[1].value[4], ref_initial_weight(word, 6, 3));
  EXPECT_EQ(ref_find(&net, "norms.%d.weight", 3)->value[1], 1.0f);
  ref_network_free(&net);
}

// Rows of weight 0 and finite inputs are invisible.
TEST(Reference, PaddingRowsAreInvisible) {
  Problem plain(REF_MULTICLASS, true, 0, 6), padded(REF_MULTICLASS, true, 0, 6);
  RefOptimizer o = {};
  o.learning_rate = 0.1, o.beta1_power = o.beta2_power = 1;
  plain.batch.rows = 5, padded.weight[5] = 0;
  RefStep a = ref_train_step(&plain.net, &o, 0, &plain.batch),
          b = ref_train_step(&padded.net, &o, 0, &padded.batch);
  EXPECT_EQ(0, std::memcmp(&a.loss, &b.loss, sizeof a.loss));
  EXPECT_EQ(0, std::memcmp(&a.norm, &b.norm, sizeof a.norm));
  uint8_t digest_a[32], digest_b[32];
  ref_parameter_digest(digest_a, &plain.net), ref_parameter_digest(digest_b, &padded.net);
  EXPECT_EQ(hex(digest_a), hex(digest_b));
}

} // namespace
