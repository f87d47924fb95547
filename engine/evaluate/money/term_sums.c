// The spread of a total from sums alone.
#include "engine/evaluate/money/parts.h"
#include "engine/shared/math64.h"

void term_sums_divide(TermSums *sums, const GainSums *gains, double share) {
  sums->divided = true;
  sums->part_total += share * (double)gains->gain;
  sums->part_squares += 2 * share * (double)gains->cross + share * share * (double)gains->square;
}

// The sum of squares less total^2 / n; without divided rows exact up to the last rounding.
static double deviations(const TermSums *sums, int64_t rows) {
  if (sums->divided) {
    double total = (double)sums->total + sums->part_total;
    return (double)sums->squares + sums->part_squares - total * total / (double)rows;
  }
  __int128 square = (__int128)sums->total * sums->total, whole = square / rows;
  return (double)(sums->squares - whole) - (double)(square - whole * rows) / (double)rows;
}

double term_sums_error(const TermSums *sums, int64_t rows) {
  if (rows < 2) return __builtin_nan("");
  double spread = deviations(sums, rows), n = (double)rows;
  return spread > 0 ? math64_sqrt(spread * (n / (n - 1))) : 0;
}
