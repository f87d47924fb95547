// Measures peaks: every thread of a pool does the same at once, and the best sample counts.
#include "tools/bench/peak.h"

#include "engine/device/thread_pool.h"
#include "engine/shared/memory.h"
#include "kernels/peak/peak.h"
#include "tools/bench/bench.h"

#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 12 };

// What every thread does in a sample; returns how much that was.
typedef struct Round {
  PeakFunction *peak;
  int64_t rounds;
  char *to;
  const char *from;
  int64_t part;  // bytes of a thread's part
  int64_t *done; // by each thread
} Round;

// Rate of the best of the samples.
static double best_of(ThreadPool *pool, TaskFunction *function, const Round *round) {
  const int threads = thread_pool_size(pool);
  double best = 0;
  for (int i = 0; i < SAMPLES; i++) {
    double start = bench_now(), sum = 0;
    thread_pool_run(pool, function, round, threads, 1);
    double seconds = bench_now() - start;
    for (int t = 0; t < threads; t++) sum += (double)round->done[t];
    if (sum / seconds > best) best = sum / seconds;
  }
  return best;
}

static void multiply_add(const void *arguments, int64_t first, int64_t last) {
  const Round *round = arguments;
  for (int64_t t = first; t < last; t++) {
    float values[PEAK_VALUES] = {0.5f, 1.0f};
    int64_t done = round->peak(values, round->rounds);
    round->done[t] = values[2] > 0 ? done : 0; // that nothing of it is left out
  }
}

static void copy(const void *arguments, int64_t first, int64_t last) {
  const Round *round = arguments;
  for (int64_t t = first; t < last; t++) {
    memcpy(round->to + t * round->part, round->from + t * round->part, (size_t)round->part);
    round->done[t] = 2 * round->part;
  }
}

Status peak_flops(double *rate, const char *isa, int threads, Error *error) {
  ThreadPool *pool = NULL;
  Round round = {.peak = peak_cpu(isa), .rounds = 1 << 20};
  if (round.peak == NULL)
    return error_set(error, STATUS_UNAVAILABLE, "this processor lacks the instruction set '%s'", isa);
  PASS(thread_pool_create(&pool, threads, POOL_BOUND, error));
  round.done = memory_get((size_t)threads, sizeof *round.done);
  *rate = best_of(pool, multiply_add, &round);
  free(round.done);
  thread_pool_free(pool);
  return STATUS_OK;
}

Status peak_copy(double *rate, int threads, Error *error) {
  const int64_t bytes = (int64_t)256 << 20;
  ThreadPool *pool = NULL;
  PASS(thread_pool_create(&pool, threads, POOL_BOUND, error));
  char *to = memory_get((size_t)bytes, 1), *from = memory_get((size_t)bytes, 1);
  Round round = {.to = to, .from = from, .part = bytes / threads};
  round.done = memory_get((size_t)threads, sizeof *round.done);
  memset(from, 1, (size_t)bytes); // else all its pages were one page of zeros
  *rate = best_of(pool, copy, &round);
  free(round.done);
  free(to);
  free(from);
  thread_pool_free(pool);
  return STATUS_OK;
}
