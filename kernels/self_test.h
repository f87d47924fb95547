// Whether the calling thread rounds as numerics id x1 says; what operators must give is engine/device's
// self-test.
#ifndef INGOT_KERNELS_SELF_TEST_H
#define INGOT_KERNELS_SELF_TEST_H

// Rounding mode and subnormals of the calling thread (a library linked with fast-math may have changed them).
// NULL if all is well, else a sentence.
const char *self_test_environment(void);

#endif
