// What benchmarks share: memory filled with numbers, and times of many calls.
#ifndef INGOT_TOOLS_BENCH_BENCH_H
#define INGOT_TOOLS_BENCH_BENCH_H

#include "engine/device/device.h"

enum { BENCH_BLOCKS = 16 };

// Memory of the device. numbers: it holds no addresses, so that another device can hold the same bits.
typedef struct BenchBlock {
  void *at;
  size_t bytes;
  int numbers;
} BenchBlock;

typedef struct Bench {
  Device *device;
  int samples; // of a time
  int tiny; // one call a sample, for sizes that a grid of threads on a CPU can do: the times then say nothing
  BenchBlock blocks[BENCH_BLOCKS];
  int block_count;
} Bench;

// Enqueues what is measured on the device.
typedef Status BenchWork(Bench *bench, void *context, Error *error);

double bench_now(void); // seconds

// Zeroed memory, numbers between -bound and bound, a copy of the host's, one that holds addresses; all is
// released by bench_release. The same calls in the same order give the same bits on every device.
Status bench_zeros(Bench *bench, void **block, size_t bytes, Error *error);
Status bench_numbers(Bench *bench, float **block, int64_t count, float bound, Error *error);
Status bench_copy(Bench *bench, void **block, const void *from, size_t bytes, Error *error);
Status bench_addresses(Bench *bench, void **block, const void *from, size_t bytes, Error *error);
void bench_release(Bench *bench);

// Seconds of one call: the median (of an even count the mean of the middle two), least and most of some
// samples.
typedef struct BenchSpread {
  double median, least, most;
} BenchSpread;

BenchSpread bench_spread(const double *seconds, int count);

// Samples by wall clock, from an idle device to an idle device, and by the device's own clock (all 0: it has
// none), with their spreads.
typedef struct BenchTimes {
  BenchSpread wall, device;
  int samples;
  double *seconds, *device_seconds; // [samples], in the order in which they were taken
} BenchTimes;

void bench_times_free(BenchTimes *times);

// bench->samples, each over so many calls that the clocks do not matter.
Status bench_measure(BenchTimes *times, Bench *bench, BenchWork *work, void *context, Error *error);

// The same of several that are compared: samples take turns, and each begins with the process at rest (no
// thread of the one before still waits for work) and with 20 ms of calls that do not count.
typedef struct BenchSide {
  BenchWork *work;
  void *context;
  BenchTimes times; // the result
} BenchSide;

Status bench_measure_sides(BenchSide *sides, int count, Bench *bench, Error *error);

#endif
