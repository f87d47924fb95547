// A device runs operators: today a CPU, with its threads; the tasks of an operator are shared out to them.
//
// device_<operator>(device, &arguments) returns when all tasks are done. A cut of the tasks never changes
// bits, so the number of threads is free.
#ifndef INGOT_ENGINE_DEVICE_DEVICE_H
#define INGOT_ENGINE_DEVICE_DEVICE_H

#include "engine/shared/status.h"
#include "kernels/operators.h"

typedef struct Device Device;

enum { DEVICE_THREADS_MAX = 256 };

// A CPU with `threads` threads (0 = the cores this process may use) and the instruction set `isa`
// ("auto" = the best). 69 where the processor lacks it or fails the self-test of the arithmetic.
Status device_create(Device **device, const char *isa, int threads, Error *error);

// The same with a table of one's own (tests put mutants in); the table must outlive the device.
Status device_create_with(Device **device, const Operators *operators, int threads, Error *error);

int device_threads(const Device *device);
const char *device_isa(const Device *device); // "portable", "avx2", "avx512" or "own"
void device_free(Device *device);

#define OPERATOR(name, Arguments, least) void device_##name(Device *device, const Arguments *arguments);
#include "kernels/operators.inc"
#undef OPERATOR

#endif
