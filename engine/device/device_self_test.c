// Known answers that tell at start-up whether a device rounds as numerics id x1 says.
#include "engine/device/device_interface.h"
#include "kernels/self_test.h"

#include <string.h>

// What the tests read and write, once on the host and once on the device.
typedef struct KnownAnswers {
  float x[4], w[8], bias[2], y[3], h[3], r[1], ones[3], zeros[3], weight[1], target[1];
  int64_t q[1];
  BatchSums sums;
  int32_t flag[1];
} KnownAnswers;

typedef struct SelfTest {
  Device *device;
  KnownAnswers host;
  KnownAnswers *at; // on the device: only addresses are taken of it here
} SelfTest;

static int same_bits(float a, float b) {
  return memcmp(&a, &b, sizeof a) == 0;
}

static Status send(SelfTest *test, Error *error) {
  return device_copy_in(test->device, test->at, &test->host, sizeof test->host, error);
}

// Fetches the answers.
static Status fetch(SelfTest *test, Error *error) {
  return device_copy_out(test->device, &test->host, test->at, sizeof test->host, error);
}

// `sentence` is the failure where the answers are not `right`.
static Status judge(int right, const char *sentence, Error *error) {
  return right ? STATUS_OK : error_set(error, STATUS_UNAVAILABLE, "self-test: %s", sentence);
}

// A product that only a fused multiply-add gets right, and one whose plain sum is -0.
static Status test_product(SelfTest *test, Error *error) {
  float eps = 0x1p-12f;
  KnownAnswers *at = test->at;
  test->host = (KnownAnswers){.x = {1.0f + eps, -1.0f, -0.0f, 0.0f},
                              .w = {1.0f - eps, 1.0f, 0, 0, -0.0f, 0, 1.0f, 0},
                              .bias = {-0.0f, -0.0f}};
  PASS(send(test, error));
  LinearForward linear = {at->y, at->x, at->w, at->bias, 1, 2, 4, ACTIVATION_NONE};
  device_linear_forward(test->device, &linear);
  PASS(fetch(test, error));
  PASS(judge(same_bits(test->host.y[0], -0x1p-24f), "fused multiply-add is not fused", error));
  return judge(same_bits(test->host.y[1], 0.0f), "a sum of -0 stays -0, so that padding would show", error);
}

// Multiplication then addition must round twice where the rules say so (squared error: d*d is one rounding).
static Status test_contraction(SelfTest *test, Error *error) {
  KnownAnswers *at = test->at;
  test->host = (KnownAnswers){.x = {1.0f + 0x1p-12f}, .weight = {1.0f}};
  PASS(send(test, error));
  Loss loss = {.dz = at->y,
               .sums = &at->sums,
               .flag = at->flag,
               .z = at->x,
               .targets = at->target,
               .weights = at->weight,
               .rows = 1,
               .outputs = 1,
               .loss_bound = (int64_t)1 << 62,
               .kind = LOSS_SQUARED};
  device_loss(test->device, &loss);
  PASS(fetch(test, error));
  const BatchSums *sums = &test->host.sums;
  int right =
      sums->loss == (int64_t)(0x1p32 + 0x1p21) && sums->weight == (int64_t)1 << 40 && test->host.flag[0] == 0;
  return judge(right, "a product and its rounding to an integer sum differ (contraction or excess precision)",
               error);
}

// int64 -> binary64 -> binary32: the direct route would give 0x1.000002p+62.
static Status test_conversion(SelfTest *test, Error *error) {
  KnownAnswers *at = test->at;
  test->host = (KnownAnswers){.q = {((int64_t)1 << 62) + ((int64_t)1 << 38) + 1}, .sums = {.weight = 1}};
  PASS(send(test, error));
  GradientFinish finish = {at->y, at->q, &at->sums, 1, 40};
  device_gradient_finish(test->device, &finish);
  PASS(fetch(test, error));
  return judge(test->host.y[0] == 0x1p62f, "int64 is not converted to binary32 by way of binary64", error);
}

// 1/sqrt and division, correctly rounded: the norm of (1, 2, 4) with gamma 1, beta 0.
static Status test_division(SelfTest *test, Error *error) {
  KnownAnswers *at = test->at;
  test->host = (KnownAnswers){.x = {1, 2, 4}, .ones = {1, 1, 1}};
  PASS(send(test, error));
  NormForward norm = {at->y, at->h, at->r, at->x, at->ones, at->zeros, 1, 3, ACTIVATION_NONE};
  device_norm_forward(test->device, &norm);
  PASS(fetch(test, error));
  return judge(same_bits(test->host.r[0], 0x1.9a830cp-1f), "division or square root is not correctly rounded",
               error);
}

// Subnormals in and out: the weight of an output that is 2^-126 * 0.5, which flushing makes 0.
static Status test_subnormals(SelfTest *test, Error *error) {
  KnownAnswers *at = test->at;
  test->host = (KnownAnswers){.x = {0x1p-126f, 0x1p-149f}, .w = {0.5f, 0, 0, 1.0f}};
  PASS(send(test, error));
  LinearForward linear = {at->y, at->x, at->w, at->bias, 1, 2, 2, ACTIVATION_NONE};
  device_linear_forward(test->device, &linear);
  PASS(fetch(test, error));
  int right = same_bits(test->host.y[0], 0x1p-127f) && same_bits(test->host.y[1], 0x1p-149f);
  return judge(right, "subnormal numbers are flushed to zero", error);
}

Status device_self_test(Device *device, Error *error) {
  Status (*const tests[])(SelfTest *, Error *) = {test_product, test_contraction, test_conversion,
                                                  test_division, test_subnormals};
  const char *environment = self_test_environment();
  if (environment != NULL) return error_set(error, STATUS_UNAVAILABLE, "%s", environment);
  SelfTest test = {.device = device};
  void *block = NULL;
  Status status;
  TRY(device_allocate(device, &block, sizeof *test.at, error));
  test.at = block;
  for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) TRY(tests[i](&test, error));
done:
  device_release(device, block);
  return status;
}
