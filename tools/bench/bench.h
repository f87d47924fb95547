// What the benchmarks of a GPU share: memory filled with numbers, times of many repetitions, lines of JSON.
#ifndef INGOT_TOOLS_BENCH_BENCH_H
#define INGOT_TOOLS_BENCH_BENCH_H

#include "engine/device/device.h"

enum { BENCH_SAMPLES = 9, BENCH_BLOCKS = 16 };

typedef struct Bench {
  Device *device;
  int tiny;         // sizes that a grid of threads on a CPU can do: the times then say nothing
  double copy_rate; // measured bytes per second of a copy on the device; 0 = not measured
  void *blocks[BENCH_BLOCKS];
  int block_count;
} Bench;

// Enqueues what is measured on the device.
typedef Status BenchWork(Bench *bench, void *context, Error *error);

double bench_now(void); // seconds

// Zeroed memory, numbers between -bound and bound, a copy of the host's; all is released by bench_release.
Status bench_zeros(Bench *bench, void **block, size_t bytes, Error *error);
Status bench_numbers(Bench *bench, float **block, int64_t count, float bound, Error *error);
Status bench_copy(Bench *bench, void **block, const void *from, size_t bytes, Error *error);
void bench_release(Bench *bench);

// Seconds of one call: the median, least and most of some samples.
typedef struct BenchSpread {
  double median, least, most;
} BenchSpread;

// By wall clock, from an idle device to an idle device, and by the device's own clock (0: not measured).
typedef struct BenchTimes {
  BenchSpread wall, device;
  int samples;
} BenchTimes;

// BENCH_SAMPLES, each over so many calls that the clocks do not matter.
Status bench_measure(BenchTimes *times, Bench *bench, BenchWork *work, void *context, Error *error);
BenchSpread bench_spread(double *seconds, int count); // sorts

// One line of JSON. amount: what one call does, a billionth of `unit`, by wall clock; of GB/s also the share
// of the copy's rate.
void bench_print(const Bench *bench, const char *name, const BenchTimes *times, double amount,
                 const char *unit);

Status bench_products(Bench *bench, Error *error);
Status bench_rows(Bench *bench, Error *error); // what memory limits
Status bench_training(Bench *bench, Error *error);

#endif
