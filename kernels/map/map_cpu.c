// Dropout on a CPU: the random words of 64 columns at a time.
#include "kernels/operators.h"
#include "kernels/shared/isa.h"
#include "kernels/shared/philox_lanes.h"
#include "kernels/shared/stream.h"

enum { COLUMNS = 4 * PHILOX_COUNTERS, TOGETHER = 2, AHEAD = 4 * TOGETHER * COLUMNS };

// words[column] of `many` (a constant) * COLUMNS columns from `column` on of the row at a position of the
// batch.
X1_FUNCTION void row_words(uint32_t *words, int many, const Dropout *s, int64_t column, uint32_t position) {
  PhiloxWords lanes[TOGETHER];
#pragma GCC unroll 2
  for (int i = 0; i < many; i++) {
    const uint32_t counter[] = {(uint32_t)(column / 4) + (uint32_t)i * PHILOX_COUNTERS, position,
                                step_scalars(s->window)->step, random_stream(RANDOM_DROPOUT, s->layer)};
    philox_lanes_start(&lanes[i], counter, 0, PHILOX_BY_COUNTER);
  }
  philox_lanes(lanes, many, s->seed);
#pragma GCC unroll 2
  for (int i = 0; i < many; i++) philox_lanes_store_counters(words + i * COLUMNS, &lanes[i]);
}

void ISA_NAME(dropout)(const Dropout *s, int64_t first, int64_t last) {
  uint32_t words[TOGETHER * COLUMNS], threshold = s->threshold;
  float scale = s->scale;
  const int large = stream_is_large(s->rows * s->columns);
  for (int64_t i = first; i < last; i++) {
    for (int64_t j = 0; j < s->columns; j += TOGETHER * COLUMNS) {
      const float *x = s->x + i * s->columns + j;
      float *y = s->y + i * s->columns + j;
      int64_t columns = s->columns - j < TOGETHER * COLUMNS ? s->columns - j : TOGETHER * COLUMNS;
      if (large) stream_fetch(x + AHEAD, columns);
      if (large && y != x) stream_fetch_result(y + AHEAD, columns);
      uint32_t position = s->first_position + (uint32_t)i;
      if (columns > COLUMNS)
        row_words(words, TOGETHER, s, j, position);
      else
        row_words(words, 1, s, j, position);
      for (int64_t c = 0; c < columns; c++) {
        float kept = x1_mul(x[c], scale);
        y[c] = words[c] < threshold ? 0.0f : kept;
      }
    }
  }
}
