// Runs a grid of threads on this CPU: block by block, the threads of a block as fibers that take turns at
// barriers and warp shuffles, in an order drawn from a seed.
//
// What a kernel does wrong ends it, not the program: the text names kernel, block and thread, and waits for
// whoever asks next (take_failure). One operating system thread at a time.
#ifndef INGOT_TESTS_CUDA_ON_CPU_GRID_H
#define INGOT_TESTS_CUDA_ON_CPU_GRID_H

#include <cuda_runtime.h>
#include <functional>
#include <stdint.h>
#include <string>

namespace cpu_grid {

enum { MOST_THREADS = 1024, LANES = 32 };

struct Place { // in the source of a kernel
  const char *file;
  int line;
};

// What runs now.
struct Block {
  int x, y, z;
  dim3 blocks;
  int threads;
};
extern Block block;
extern int thread;

// Multiprocessors of the device: few, so that grids stride; tests of decisions by size set many.
extern int multiprocessors;

// The order of blocks, warps and lanes; 0 = ascending. The environment's INGOT_GRID_SEED, else 1, is the
// first.
void seed(uint64_t seed);

// Runs a kernel now, unless an earlier failure has not been taken yet.
void run(const char *kernel, dim3 blocks, int threads, const std::function<void()> &body);
// Adds a kernel to a stream.
cudaError_t enqueue(cudaStream_t stream, const char *kernel, dim3 blocks, int threads,
                    std::function<void()> body);

// The failure since the last call; cudaSuccess and an unchanged text if there was none.
cudaError_t take_failure(std::string *text);

// Called by threads of a grid.
[[noreturn]] void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void barrier(Place place);
float shuffle(Place place, float x, int lane); // from a lane of this warp
// Elements, the first `count` of them from memory, +0 for the others; they arrive in copy_async_wait.
void copy_async(void *to, const float *from, int elements, int count);
void copy_async_commit();
void copy_async_wait(int pending);

// A shared array of a new block holds NaN: touch fills it and makes `live` its count, or fails for an index
// outside.
void touch(void *elements, size_t bytes, int *live, int count, int64_t first, int64_t last);
[[noreturn]] void misaligned(const void *address, int bytes = 16);

// Not all of an address is known to the compiler, so that a check of it stays.
template <typename T> T *aligned(T *address) {
  T *shown = address;
  __asm__("" : "+r"(shown));
  if ((uintptr_t)shown % 16 != 0) misaligned(shown);
  return address;
}

} // namespace cpu_grid

#endif
