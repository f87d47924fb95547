// Memory and times of benchmarks.
#include "tools/bench/bench.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double enough = 0.02;  // seconds of a sample
static const double warm_up = 0.02; // and before it: until threads that slept have found their processors

static double seconds_of(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double bench_now(void) {
  return seconds_of(CLOCK_MONOTONIC);
}

// ---- memory ----

Status bench_zeros(Bench *bench, void **block, size_t bytes, Error *error) {
  if (bench->block_count == BENCH_BLOCKS)
    return error_set(error, STATUS_BUG, "a benchmark takes more than %d blocks", BENCH_BLOCKS);
  if (device_allocate(bench->device, block, bytes, error) != STATUS_OK)
    return error_set(error, STATUS_UNAVAILABLE,
                     "a case takes %zu bytes at once, which this machine does not give: %s", bytes,
                     "raise the limit (ulimit -v), or name smaller cases");
  bench->blocks[bench->block_count++] = (BenchBlock){*block, bytes, 1};
  return STATUS_OK;
}

Status bench_numbers(Bench *bench, float **block, int64_t count, float bound, Error *error) {
  void *at;
  PASS(bench_zeros(bench, &at, (size_t)count * sizeof **block, error));
  *block = at;
  Initialise fill = {*block, count, 7, (uint32_t)bench->block_count, bound};
  device_initialise(bench->device, &fill);
  return device_synchronise(bench->device, error);
}

Status bench_copy(Bench *bench, void **block, const void *from, size_t bytes, Error *error) {
  PASS(bench_zeros(bench, block, bytes, error));
  return device_copy_in(bench->device, *block, from, bytes, error);
}

Status bench_addresses(Bench *bench, void **block, const void *from, size_t bytes, Error *error) {
  PASS(bench_copy(bench, block, from, bytes, error));
  bench->blocks[bench->block_count - 1].numbers = 0;
  return STATUS_OK;
}

void bench_release(Bench *bench) {
  while (bench->block_count > 0) device_release(bench->device, bench->blocks[--bench->block_count].at);
}

// ---- times ----

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

BenchSpread bench_spread(const double *seconds, int count) {
  double *sorted = memory_get((size_t)count, sizeof *sorted);
  memcpy(sorted, seconds, (size_t)count * sizeof *sorted);
  qsort(sorted, (size_t)count, sizeof *sorted, compare);
  BenchSpread spread = {(sorted[(count - 1) / 2] + sorted[count / 2]) / 2, sorted[0], sorted[count - 1]};
  free(sorted);
  return spread;
}

void bench_times_free(BenchTimes *times) {
  free(times->seconds);
  free(times->device_seconds);
  *times = (BenchTimes){0};
}

// One sample: `calls` calls, by both clocks.
static Status time_calls(double *wall, double *on_device, Bench *bench, const BenchSide *side, int calls,
                         Error *error) {
  PASS(device_synchronise(bench->device, error));
  double start = bench_now();
  PASS(device_start_timer(bench->device, error));
  for (int i = 0; i < calls; i++) PASS(side->work(bench, side->context, error));
  PASS(device_stop_timer(bench->device, on_device, error));
  *wall = (bench_now() - start) / calls;
  *on_device /= calls;
  return STATUS_OK;
}

// Calls of a sample.
static Status find_calls(int *calls, Bench *bench, const BenchSide *side, Error *error) {
  double wall, on_device;
  PASS(time_calls(&wall, &on_device, bench, side, 1, error)); // warms up
  for (*calls = 1;; *calls *= 2) {
    PASS(time_calls(&wall, &on_device, bench, side, *calls, error));
    if (bench->tiny || *calls * wall >= enough || *calls > 100000) return STATUS_OK;
  }
}

// Waits, half a second at the most, until no thread of this process works: those of another library may wait
// for more work for a while, on the core that the next sample needs.
static void come_to_rest(void) {
  const struct timespec while_ = {0, 2000000};
  for (int i = 0; i < 250; i++) {
    double before = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    nanosleep(&while_, NULL);
    if (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - before < 0.1 * 1e-9 * (double)while_.tv_nsec) return;
  }
}

static Status warm(Bench *bench, const BenchSide *side, Error *error) {
  double until = bench_now() + (bench->tiny ? 0 : warm_up);
  do {
    PASS(side->work(bench, side->context, error));
    PASS(device_synchronise(bench->device, error));
  } while (bench_now() < until);
  return STATUS_OK;
}

static Status sample_sides(BenchSide *sides, const int *calls, int count, Bench *bench, int sample,
                           Error *error) {
  for (int s = 0; s < count; s++) {
    BenchTimes *times = &sides[s].times;
    if (count > 1) {
      come_to_rest();
      PASS(warm(bench, &sides[s], error));
    }
    PASS(time_calls(&times->seconds[sample], &times->device_seconds[sample], bench, &sides[s], calls[s],
                    error));
  }
  return STATUS_OK;
}

Status bench_measure_sides(BenchSide *sides, int count, Bench *bench, Error *error) {
  int *calls = memory_get((size_t)count, sizeof *calls);
  Status status = STATUS_OK;
  for (int s = 0; s < count; s++) {
    BenchTimes *times = &sides[s].times;
    *times = (BenchTimes){.samples = bench->samples,
                          .seconds = memory_get((size_t)bench->samples, sizeof(double)),
                          .device_seconds = memory_get((size_t)bench->samples, sizeof(double))};
  }
  for (int s = 0; s < count; s++) TRY(find_calls(&calls[s], bench, &sides[s], error));
  for (int i = 0; i < bench->samples; i++) TRY(sample_sides(sides, calls, count, bench, i, error));
  for (int s = 0; s < count; s++) {
    sides[s].times.wall = bench_spread(sides[s].times.seconds, bench->samples);
    sides[s].times.device = bench_spread(sides[s].times.device_seconds, bench->samples);
  }
done:
  free(calls);
  return status;
}

Status bench_measure(BenchTimes *times, Bench *bench, BenchWork *work, void *context, Error *error) {
  BenchSide side = {.work = work, .context = context};
  Status status = bench_measure_sides(&side, 1, bench, error);
  *times = side.times;
  return status;
}
