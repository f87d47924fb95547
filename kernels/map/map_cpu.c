// Dropout on a CPU.
#include "kernels/operators.h"
#include "kernels/shared/isa.h"
#include "kernels/shared/philox.h"

void ISA_NAME(dropout)(const Dropout *s, int64_t first, int64_t last) {
  uint32_t words[4];
  uint32_t stream = random_stream(RANDOM_DROPOUT, s->layer), step = step_scalars(s->window)->step;
  for (int64_t i = first; i < last; i++) {
    uint32_t position = s->first_position + (uint32_t)i;
    for (int64_t j = 0; j < s->columns; j += 4) {
      random_words(words, s->seed, (uint32_t)(j / 4), position, step, stream);
      for (int64_t c = j; c < j + 4 && c < s->columns; c++) {
        int64_t at = i * s->columns + c;
        s->y[at] = words[c - j] < s->threshold ? 0.0f : x1_mul(s->x[at], s->scale);
      }
    }
  }
}
