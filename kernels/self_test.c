// Whether the calling thread rounds as numerics id x1 says.
#include "kernels/self_test.h"

#include <stddef.h>

const char *self_test_environment(void) {
  volatile float one = 1.0f, tiny = 0x1p-126f, half = 0.5f, subnormal = 0x1p-149f, big = 0x1p100f;
  volatile float tie = 0x1p-24f, tie_up = 0x1.8p-23f;
  if (tiny * half != 0x1p-127f)
    return "self-test: subnormal results are flushed to zero in this process (FTZ is set)";
  if (subnormal * big != 0x1p-49f)
    return "self-test: subnormal operands count as zero in this process (DAZ is set)";
  if (one + tie != 1.0f || one + tie_up != 1.0f + 0x1p-22f)
    return "self-test: rounding is not to nearest, ties to even";
  return NULL;
}
