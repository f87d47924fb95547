// Draws of parameters and rows: how often the difference is a loss, and how bad it gets.
#include "engine/evaluate/money/parts.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"
#include "kernels/shared/philox.h"

#include <stdlib.h>

static const uint32_t rows_drawn = UINT32_MAX; // the counter's second word where no parameter is meant

// Uniform in (0, 1) with 53 bits.
static double uniform(uint32_t draw, uint32_t what) {
  uint32_t words[4];
  random_words(words, RISK_SEED, draw, what, 0, random_stream(RANDOM_PARAMETER, 0));
  uint64_t bits = ((uint64_t)words[0] << 32 | words[1]) >> 11;
  return ((double)bits + 0.5) * 0x1p-53;
}

// Quantile u of the triangular distribution of a parameter.
static double triangular(const SensitivityItem *item, double u) {
  double width = item->high - item->low, below = item->value - item->low, above = item->high - item->value;
  if (u * width < below) return item->low + math64_sqrt(u * width * below);
  return item->high - math64_sqrt((1 - u) * width * above);
}

// What the delta gains or loses, in units, where this parameter alone is at x.
static double effect(const Sensitivity *sensitivity, const SensitivityItem *item, double x) {
  bool low = x < item->value;
  double end = low ? item->low : item->high;
  double change = (double)(low ? item->delta_low : item->delta_high) - (double)sensitivity->delta;
  return end == item->value ? 0 : change / MONEY_SCALE * ((x - item->value) / (end - item->value));
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

Risk risk_of(const Sensitivity *sensitivity, double standard_error, const double *replicates, int count) {
  Risk risk = {0};
  if (replicates == NULL && !(standard_error >= 0)) return risk;
  double *deltas = memory_get(RISK_DRAWS, sizeof *deltas);
  int losses = 0;
  for (uint32_t draw = 0; draw < RISK_DRAWS; draw++) {
    double delta = replicates != NULL
                       ? replicates[draw % (uint32_t)count]
                       : (double)sensitivity->delta / MONEY_SCALE +
                             standard_error * math64_normal_quantile(uniform(draw, rows_drawn));
    for (int i = 0; i < sensitivity->count; i++) {
      const SensitivityItem *item = &sensitivity->items[i];
      delta += effect(sensitivity, item, triangular(item, uniform(draw, (uint32_t)item->parameter)));
    }
    deltas[draw] = delta;
    losses += delta < 0;
  }
  qsort(deltas, RISK_DRAWS, sizeof *deltas, by_size);
  risk.draws = RISK_DRAWS;
  risk.probability_of_loss = (double)losses / RISK_DRAWS;
  risk.value_at_risk = money_millionths(deltas[(RISK_DRAWS - 1) * 5 / 100]);
  free(deltas);
  return risk;
}
