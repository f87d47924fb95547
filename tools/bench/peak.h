// What this machine can do at most, measured: the multiply-adds of an instruction set, and bytes by way of
// memory.
#ifndef INGOT_TOOLS_BENCH_PEAK_H
#define INGOT_TOOLS_BENCH_PEAK_H

#include "engine/shared/status.h"

// Multiply-adds in registers by so many threads at once: floating-point operations a second, the most of some
// samples. 69 where this processor lacks the instruction set.
Status peak_flops(double *rate, const char *isa, int threads, Error *error);

// A copy between blocks far larger than the caches: bytes read and written a second, the most of some
// samples.
Status peak_copy(double *rate, int threads, Error *error);

#endif
