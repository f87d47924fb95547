// The benchmark of a GPU: operators and training, a line of JSON each.
#ifndef INGOT_TOOLS_BENCH_GPU_GPU_H
#define INGOT_TOOLS_BENCH_GPU_GPU_H

#include "tools/bench/bench.h"

typedef struct GpuBench {
  Bench bench;
  double copy_rate; // measured bytes per second of a copy on the device; 0 = not measured
} GpuBench;

// One line of JSON. amount: what one call does, a billionth of `unit`, by wall clock; of GB/s also the share
// of the copy's rate.
void gpu_print(const GpuBench *gpu, const char *name, const BenchTimes *times, double amount,
               const char *unit);

Status gpu_operators(GpuBench *gpu, Error *error); // products, and what memory limits
Status gpu_training(GpuBench *gpu, Error *error);

#endif
