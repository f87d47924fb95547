// What the rows of a gate can show before any model is there.
#include "engine/evaluate/money/parts.h"
#include "engine/shared/math64.h"

double money_resolution(const EvaluationSet *set, double differing, double confidence) {
  unsigned __int128 squares = 0; // below 2^124: evaluation_set_check
  if (set->rows < 2) return __builtin_nan("");
  for (int64_t i = 0; i < set->rows; i++) {
    __int128 gain = money_gain(set, i);
    squares += (unsigned __int128)(gain * gain);
  }
  double spread = math64_sqrt((double)squares * differing) / MONEY_SCALE;
  return math64_t_quantile(0.5 + 0.5 * confidence, (double)(set->rows - 1)) * spread;
}
