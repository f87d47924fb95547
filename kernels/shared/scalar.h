// Provisional until the polynomial functions land: libm, so not yet numerics id x1.
#ifndef S
#define S
#include "kernels/shared/arithmetic.h"
#include <math.h>
X1_FUNCTION float x1_exp(float x) {
  return expf(x);
}
X1_FUNCTION float x1_log(float x) {
  return logf(x);
}
X1_FUNCTION float x1_relu(float x) {
  return x <= 0 ? 0 : x;
}
X1_FUNCTION float x1_sigmoid(float x) {
  float e = x1_exp(-__builtin_fabsf(x)), r = 1 / (1 + e);
  return x >= 0 ? r : e * r;
}
#endif
