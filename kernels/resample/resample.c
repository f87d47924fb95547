// Which instruction set resamples, the thresholds of the weights, and one row's weights slowly.
#include "kernels/resample/resample.h"

#include "kernels/operators.h"
#include "kernels/shared/philox.h"

#include <string.h>

const uint32_t poisson_thresholds[RESAMPLE_LARGEST] = {0x5e2d58d8, 0xbc5ab1b1, 0xeb715e1d, 0xfb239797,
                                                       0xff1025f5, 0xffd90f3b, 0xfffa8b71, 0xffff540c,
                                                       0xffffed1f, 0xfffffe21, 0xffffffd4, 0xfffffffc};

ResampleFunction *resample_of_isa(const char *isa) {
  if (operators_cpu(isa) == NULL) return NULL;
  if (strcmp(isa, "avx512") == 0) return resample_avx512;
  return strcmp(isa, "avx2") == 0 ? resample_avx2 : resample_portable;
}

void resample(const void *arguments, int64_t first, int64_t last) {
  resample_of_isa(operators_best_isa())(arguments, first, last);
}

// For each table and cell a line of bytes (resample_cpu.c) with the rows in it, or one total.
size_t resample_room(const Resample *task) {
  size_t cells = 1;
  for (int i = 0; i < task->count_tables; i++) cells += (size_t)task->counts[i].cells;
  for (int i = 0; i < task->sum_tables; i++) cells += (size_t)task->sums[i].cells;
  return cells * (RESAMPLE_LANES + 1);
}

void resample_row_weights(uint32_t *weights, ResampleKind kind, uint64_t seed, uint64_t unit, int64_t group) {
  for (int r = 0; r < RESAMPLE_LANES; r++) {
    int64_t b = group * RESAMPLE_LANES + r;
    uint32_t words[4], *weight = &weights[resample_lane(r)];
    random_words(words, seed, (uint32_t)unit, (uint32_t)(unit >> 32), (uint32_t)(b / 4),
                 random_stream(RANDOM_BOOTSTRAP, 0));
    *weight = 0;
    for (int k = 0; k < RESAMPLE_LARGEST; k++) *weight += words[b % 4] > poisson_thresholds[k];
    if (kind == RESAMPLE_LEAVE_OUT) *weight = (int64_t)(unit % RESAMPLE_BLOCKS) != b;
  }
}
