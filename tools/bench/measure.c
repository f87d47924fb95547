// Memory and times of the benchmarks, and their lines of JSON.
#include "tools/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double bench_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

Status bench_zeros(Bench *bench, void **block, size_t bytes, Error *error) {
  if (bench->block_count == BENCH_BLOCKS)
    return error_set(error, STATUS_BUG, "a benchmark takes more than %d blocks", BENCH_BLOCKS);
  PASS(device_allocate(bench->device, block, bytes, error));
  bench->blocks[bench->block_count++] = *block;
  return STATUS_OK;
}

Status bench_numbers(Bench *bench, float **block, int64_t count, float bound, Error *error) {
  PASS(bench_zeros(bench, (void **)block, (size_t)count * sizeof **block, error));
  Initialise fill = {*block, count, 7, (uint32_t)bench->block_count, bound};
  device_initialise(bench->device, &fill);
  return device_synchronise(bench->device, error);
}

Status bench_copy(Bench *bench, void **block, const void *from, size_t bytes, Error *error) {
  PASS(bench_zeros(bench, block, bytes, error));
  return device_copy_in(bench->device, *block, from, bytes, error);
}

void bench_release(Bench *bench) {
  while (bench->block_count > 0) device_release(bench->device, bench->blocks[--bench->block_count]);
}

// One sample: `calls` calls, by both clocks.
static Status time_calls(double *wall, double *on_device, Bench *bench, BenchWork *work, void *context,
                         int calls, Error *error) {
  PASS(device_synchronise(bench->device, error));
  double start = bench_now();
  PASS(device_start_timer(bench->device, error));
  for (int i = 0; i < calls; i++) PASS(work(bench, context, error));
  PASS(device_stop_timer(bench->device, on_device, error));
  *wall = (bench_now() - start) / calls;
  *on_device /= calls;
  return STATUS_OK;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

BenchSpread bench_spread(double *seconds, int count) {
  qsort(seconds, (size_t)count, sizeof *seconds, compare);
  return (BenchSpread){seconds[count / 2], seconds[0], seconds[count - 1]};
}

Status bench_measure(BenchTimes *times, Bench *bench, BenchWork *work, void *context, Error *error) {
  const double enough = bench->tiny ? 0 : 0.02;
  double wall[BENCH_SAMPLES], on_device[BENCH_SAMPLES];
  int calls = 1;
  PASS(time_calls(wall, on_device, bench, work, context, 1, error)); // warms up
  for (;;) {
    PASS(time_calls(wall, on_device, bench, work, context, calls, error));
    if (calls * wall[0] >= enough || calls > 10000) break;
    calls *= 2;
  }
  for (int i = 0; i < BENCH_SAMPLES; i++)
    PASS(time_calls(&wall[i], &on_device[i], bench, work, context, calls, error));
  *times =
      (BenchTimes){bench_spread(wall, BENCH_SAMPLES), bench_spread(on_device, BENCH_SAMPLES), BENCH_SAMPLES};
  return STATUS_OK;
}

static void print_spread(const char *prefix, const BenchSpread *spread) {
  printf("\"%smedian_ms\": %.6g, \"%sleast_ms\": %.6g, \"%smost_ms\": %.6g, ", prefix, spread->median * 1e3,
         prefix, spread->least * 1e3, prefix, spread->most * 1e3);
}

void bench_print(const Bench *bench, const char *name, const BenchTimes *times, double amount,
                 const char *unit) {
  double rate = amount / times->wall.median * 1e-9;
  printf("{\"name\": \"%s\", \"variant\": \"%s\", ", name, bench->tiny ? "ingot tiny" : "ingot");
  print_spread("", &times->wall);
  if (times->device.median > 0) print_spread("device_", &times->device);
  printf("\"samples\": %d, \"rate\": %.4g, \"unit\": \"%s", times->samples, rate, unit);
  if (strcmp(unit, "GB/s") == 0 && bench->copy_rate > 0)
    printf(", %.0f %% of copy", 100 * rate * 1e9 / bench->copy_rate);
  printf("\"}\n");
  fflush(stdout);
}
