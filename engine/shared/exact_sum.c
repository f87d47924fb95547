// The exact sum of binary64 terms: a fixed-point accumulator as wide as the whole range of binary64.
#include "engine/shared/exact_sum.h"

#include <string.h>

enum { CARRY_EVERY = 1 << 29, MANTISSA_BITS = 53 };
static const uint64_t fraction_mask = ((uint64_t)1 << 52) - 1;
static const int64_t digit_mask = 0xffffffff;

// Leaves every limb but the last in [0, 2^32); the last keeps the sign.
static void carry(int64_t limbs[EXACT_SUM_LIMBS]) {
  for (int i = 0; i + 1 < EXACT_SUM_LIMBS; i++) {
    int64_t digit = limbs[i] & digit_mask;
    limbs[i + 1] += (limbs[i] - digit) / (digit_mask + 1);
    limbs[i] = digit;
  }
}

void exact_sum_add(ExactSum *sum, double term) {
  uint64_t bits;
  memcpy(&bits, &term, sizeof bits);
  unsigned exponent = (unsigned)(bits >> 52) & 2047;
  if (exponent == 2047) {
    sum->special += term;
    return;
  }
  uint64_t mantissa = bits & fraction_mask;
  if (exponent > 0) mantissa |= fraction_mask + 1;
  unsigned shift = exponent > 0 ? exponent - 1 : 0; // the term is mantissa * 2^(shift - 1074)
  uint64_t low = (mantissa & 0xffffffff) << (shift % 32), high = (mantissa >> 32) << (shift % 32);
  int64_t sign = bits >> 63 ? -1 : 1;
  int64_t *limb = &sum->limbs[shift / 32];
  limb[0] += sign * (int64_t)(low & 0xffffffff);
  limb[1] += sign * (int64_t)((low >> 32) + (high & 0xffffffff));
  limb[2] += sign * (int64_t)(high >> 32);
  if (++sum->pending == CARRY_EVERY) {
    carry(sum->limbs);
    sum->pending = 1;
  }
}

void exact_sum_merge(ExactSum *sum, const ExactSum *other) {
  ExactSum addend = *other;
  carry(sum->limbs);
  carry(addend.limbs);
  for (int i = 0; i < EXACT_SUM_LIMBS; i++) sum->limbs[i] += addend.limbs[i];
  sum->pending = 2;
  sum->special += addend.special;
}

// Bit `index` of a magnitude in digits of 32 bits.
static uint64_t bit_at(const int64_t *digits, int index) {
  return (uint64_t)digits[index / 32] >> (index % 32) & 1;
}

static int any_below(const int64_t *digits, int index) {
  for (int i = 0; i < index / 32; i++) {
    if (digits[i] != 0) return 1;
  }
  return (digits[index / 32] & (((int64_t)1 << (index % 32)) - 1)) != 0;
}

// The magnitude `digits` * 2^-1074, which has `length` > 0 bits, rounded half to even.
static double round_magnitude(const int64_t *digits, int length) {
  int low = length > MANTISSA_BITS ? length - MANTISSA_BITS : 0;
  uint64_t mantissa = 0;
  for (int i = length - 1; i >= low; i--) mantissa = mantissa << 1 | bit_at(digits, i);
  if (low > 0 && bit_at(digits, low - 1)) mantissa += any_below(digits, low - 1) ? 1 : mantissa & 1;
  if (mantissa >> MANTISSA_BITS) {
    mantissa >>= 1;
    low++;
  }
  // A leading one at bit 52 adds one to the exponent field: the field is low + 1 there, 0 for subnormals.
  uint64_t bits = low + 1 >= 2047 ? (uint64_t)2047 << 52 : mantissa + ((uint64_t)low << 52);
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

double exact_sum_value(const ExactSum *sum) {
  if (sum->special != 0) return sum->special; // NaN differs from 0 as well
  ExactSum copy = *sum;
  int64_t *digits = copy.limbs;
  carry(digits);
  int negative = digits[EXACT_SUM_LIMBS - 1] < 0;
  if (negative) {
    for (int i = 0; i < EXACT_SUM_LIMBS; i++) digits[i] = -digits[i];
    carry(digits);
  }
  int top = EXACT_SUM_LIMBS - 1;
  while (top >= 0 && digits[top] == 0) top--;
  if (top < 0) return 0;
  int length = 32 * top + 64 - __builtin_clzll((uint64_t)digits[top]);
  double value = round_magnitude(digits, length);
  return negative ? -value : value;
}

// Adds magnitude * 2^(shift - 1074), at most 32 bits at a time.
static void add_shifted(ExactSum *sum, unsigned __int128 magnitude, int64_t sign, unsigned shift) {
  unsigned limb = shift / 32, within = shift % 32;
  uint64_t spill = 0; // what the previous 32 bits pushed over the edge of their limb
  for (; magnitude != 0 || spill != 0; magnitude >>= 32, limb++) {
    uint64_t part = ((uint64_t)(magnitude & 0xffffffff) << within) + spill;
    sum->limbs[limb] += sign * (int64_t)(part & 0xffffffff);
    spill = part >> 32;
  }
}

// One term to the bin of its exponent.
static void bin_add(SumBins *sum, double term) {
  uint64_t bits;
  memcpy(&bits, &term, sizeof bits);
  unsigned exponent = (unsigned)(bits >> 52) & (SUM_BIN_COUNT - 1);
  if (exponent == SUM_BIN_COUNT - 1) {
    sum->special += term;
    return;
  }
  int64_t mantissa = (int64_t)((bits & fraction_mask) | (uint64_t)(exponent > 0) << 52);
  int64_t sign = (int64_t)bits >> 63; // 0 or -1
  sum->bins[exponent] += (mantissa ^ sign) - sign;
}

void sum_bins_settle(SumBins *sum) {
  RealsSum block = reals_split_sum(sum->terms, sum->waiting);
  for (int i = 0; i < REALS_PARTS; i++) bin_add(sum, block.parts[i]);
  for (int i = 0; block.rest && i < sum->waiting; i++) bin_add(sum, sum->terms[i]);
  sum->waiting = 0;
}

void exact_sum_add_bins(ExactSum *sum, const SumBins *bins) {
  carry(sum->limbs);
  sum->pending = SUM_BIN_COUNT; // at most one addition below 2^32 for each limb and bin
  for (unsigned exponent = 0; exponent < SUM_BIN_COUNT; exponent++) {
    __int128 bin = bins->bins[exponent];
    if (bin == 0) continue;
    unsigned __int128 magnitude = bin < 0 ? -(unsigned __int128)bin : (unsigned __int128)bin;
    add_shifted(sum, magnitude, bin < 0 ? -1 : 1, exponent > 0 ? exponent - 1 : 0);
  }
  sum->special += bins->special;
  for (int i = 0; i < bins->waiting; i++) exact_sum_add(sum, bins->terms[i]);
}

double sum_bins_value(const SumBins *bins) {
  ExactSum sum = {0};
  exact_sum_add_bins(&sum, bins);
  return exact_sum_value(&sum);
}

double exact_sum_of(const double *terms, size_t count) {
  if (count >= SUM_BINS_PAY) {
    SumBins bins = {0};
    for (size_t i = 0; i < count; i++) sum_bins_add(&bins, terms[i]);
    return sum_bins_value(&bins);
  }
  ExactSum sum = {0};
  for (size_t i = 0; i < count; i++) exact_sum_add(&sum, terms[i]);
  return exact_sum_value(&sum);
}
