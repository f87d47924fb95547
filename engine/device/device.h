// A device runs operators on memory of its own: a CPU with its threads, or a GPU.
//
// device_<operator>(device, &arguments) enqueues an operator; operators run in order, and what a CPU enqueues
// is done on return. How a device cuts the work never changes bits. Pointers in arguments are the device's:
// memory from device_allocate, filled and read by device_copy_in and device_copy_out
// (engine/device/device_memory.h makes this comfortable). A failure of an operator is reported by the next
// copy_out or synchronise.
#ifndef INGOT_ENGINE_DEVICE_DEVICE_H
#define INGOT_ENGINE_DEVICE_DEVICE_H

#include "engine/shared/status.h"
#include "kernels/operators.h"

#include <stddef.h>

typedef struct Device Device;

enum { DEVICE_THREADS_MAX = 256, DEVICE_TEXT = 320 };

// A CPU with `threads` threads (0 = the cores this process may use) and the instruction set `isa`
// ("auto" = the best). 69 where the processor lacks it or fails the self-test of the arithmetic.
Status device_create(Device **device, const char *isa, int threads, Error *error);

// The same with a table of one's own (tests put mutants in); the table must outlive the device.
Status device_create_with(Device **device, const Operators *operators, int threads, Error *error);

// The GPU with this number, through the CUDA library beside the program; 69 with the reason where it cannot
// be used.
Status device_create_cuda(Device **device, int ordinal, Error *error);

void device_free(Device *device); // NULL is fine

const char *device_kind(const Device *device); // "cpu" or "cuda"
const char *device_isa(const Device *device);  // "portable", "avx2", "avx512" or "own"; a GPU's "sm_90"
int device_threads(const Device *device);      // 1 for a GPU
// "cpu, avx512, 2 threads" or "cuda:0, NVIDIA H100, sm_90".
void device_describe(char text[DEVICE_TEXT], const Device *device);
int device_shares_host_memory(const Device *device); // its pointers are the host's
int device_window(const Device *device);             // steps worth enqueuing before the host looks at results
int device_pass_rows(const Device *device);          // rows of one pass of a model that keep it busy
size_t device_own_bytes(const Device *device);  // of its memory, taken as long as it is open; 0 for a CPU
size_t device_free_bytes(const Device *device); // bytes to be had; SIZE_MAX for a CPU

// Zeroed memory, aligned to 64 bytes at least; 69 where the device does not give it.
Status device_allocate(Device *device, void **block, size_t bytes, Error *error);
void device_release(Device *device, void *block); // NULL is fine
// In order with the operators. copy_in: `from` may be reused on return; copy_out waits for the result.
Status device_copy_in(Device *device, void *to, const void *from, size_t bytes, Error *error);
Status device_copy_out(Device *device, void *to, const void *from, size_t bytes, Error *error);
Status device_synchronise(Device *device, Error *error);

// Seconds by the device's own clock between two places in the order of its work; stop waits. 0 where a device
// has no clock of its own (a CPU).
Status device_start_timer(Device *device, Error *error);
Status device_stop_timer(Device *device, double *seconds, Error *error);

// Steps that are the same each time but for what the device's memory holds:
//   if (!device_replay(device, key)) { begin_step; operators; end_step(key); }
// A device that cannot record (a CPU) runs the operators as they come.
int device_replay(Device *device, uint64_t key);
Status device_begin_step(Device *device, Error *error);
Status device_end_step(Device *device, uint64_t key, Error *error);

#define OPERATOR(name, Arguments, least) void device_##name(Device *device, const Arguments *arguments);
#include "kernels/operators.inc"
#undef OPERATOR

#endif
