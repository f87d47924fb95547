// exp and log in binary64 for statistics: + - * / and bit operations, without branches, so that loops over
// them vectorise; the same bits on every machine. Host only; contracts in engine/shared/math64.h.
#ifndef INGOT_KERNELS_SHARED_SCALAR64_H
#define INGOT_KERNELS_SHARED_SCALAR64_H

#include <stdint.h>
#include <string.h>

static const double shift64 = 0x1.8p52; // x + shift64 has the integer nearest to x in its lowest bits

static inline uint64_t bits64(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline double from_bits64(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// e^r by its series, |r| <= ln 2 / 2: 15 terms leave 1e-18.
static inline double exp_series64(double r) {
  double z = r * r; // two chains at once
  double even = 0x1.93974a8c07c9dp-37, odd = 0x1.ae7f3e733b81fp-41;
  even = 0x1.1eed8eff8d898p-29 + z * even, odd = 0x1.6124613a86d09p-33 + z * odd;
  even = 0x1.27e4fb7789f5cp-22 + z * even, odd = 0x1.ae64567f544e4p-26 + z * odd;
  even = 0x1.a01a01a01a01ap-16 + z * even, odd = 0x1.71de3a556c734p-19 + z * odd;
  even = 0x1.6c16c16c16c17p-10 + z * even, odd = 0x1.a01a01a01a01ap-13 + z * odd;
  even = 0x1.5555555555555p-5 + z * even, odd = 0x1.1111111111111p-7 + z * odd;
  even = 0x1p-1 + z * even, odd = 0x1.5555555555555p-3 + z * odd;
  return 1.0 + (r + z * (even + r * odd));
}

static inline double exp64(double x) {
  double within = x < 709.8 ? x : 709.8;
  within = within > -745.2 ? within : -745.2;
  double shifted = within * 0x1.71547652b82fep+0 + shift64, n = shifted - shift64;
  double r = (within - n * 0x1.62e42fefa0000p-1) - n * 0x1.cf79abc9e3b3ap-40; // ln 2 in two parts
  uint64_t k = bits64(shifted) - bits64(shift64) + 2048, half = k >> 1;       // 2^(k - 2048) in two halves
  double y = exp_series64(r) * from_bits64((half - 1) << 52) * from_bits64((k - half - 1) << 52);
  y = x > 709.8 ? __builtin_inf() : x < -745.2 ? 0.0 : y;
  return x != x ? x : y;
}

// log(m) = 2 atanh(s), s = (m - 1) / (m + 1), by its odd series.
static inline double log64(double x) {
  uint64_t subnormal = x < 0x1p-1022, bits = bits64(subnormal ? x * 0x1p54 : x);
  double m = from_bits64((bits & 0xfffffffffffffULL) | (uint64_t)1023 << 52);
  uint64_t large = m > 0x1.6a09e667f3bcdp+0;
  m = large ? m * 0.5 : m;
  double k = from_bits64(bits64(shift64) + (bits >> 52) + large - (subnormal ? 54 : 0) - 1023) - shift64;
  double f = m - 1.0, s = f / (2.0 + f), z = s * s, series = 0.0;
#pragma GCC unroll 10
  for (int i = 21; i >= 3; i -= 2) series = (series + 2.0 / i) * z;
  double half_square = 0.5 * f * f; // log(1+f) = f - (f^2/2 - s (f^2/2 + series))
  double low = k * 0x1.cf79abc9e3b3ap-40;
  double y = k * 0x1.62e42fefa0000p-1 - ((half_square - (s * (half_square + series) + low)) - f);
  y = x == 0.0 ? -__builtin_inf() : x == __builtin_inf() ? x : y;
  return x != x || x < 0.0 ? __builtin_nan("") : y;
}

#endif
