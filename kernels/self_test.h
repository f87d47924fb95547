// Known answers that tell at start-up whether this machine and build round as numerics id x1 says.
#ifndef INGOT_KERNELS_SELF_TEST_H
#define INGOT_KERNELS_SELF_TEST_H

#include "kernels/operators.h"

// Rounding mode and subnormals of the calling thread (a library linked with fast-math may have changed them).
// NULL if all is well, else a sentence.
const char *self_test_environment(void);

// fma, contraction, the -0 rule of leaves, division, square root and int64 conversion, through the operators.
const char *self_test_operators(const Operators *operators);

#endif
