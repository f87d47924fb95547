// e^x of a vector whose elements are at most 0, to the bits of x1_exp.
//
// The formula is that of x1_exp_scaled (kernels/shared/scalar.h), which has its why; in registers, because
// the sums and the largest of a row are there too.
#ifndef INGOT_KERNELS_SHARED_VECTOR_EXP_H
#define INGOT_KERNELS_SHARED_VECTOR_EXP_H

#include "kernels/shared/vector.h"

// y 2^n, n an integer in -150..0 as a float, |y| from 1/2 to 2: rounded once, as subnormal results are; a NaN
// stays.
VECTOR_FUNCTION Vector vector_scale(Vector y, Vector n) {
#if defined(__AVX512F__)
  return _mm512_scalef_ps(y, n);
#elif defined(__AVX2__)
  __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(64 + 127)), 23);
  return _mm256_mul_ps(_mm256_mul_ps(y, _mm256_castsi256_ps(power)), _mm256_set1_ps(0x1p-64f));
#elif defined(__FMA__)
  __m128i power = _mm_slli_epi32(_mm_add_epi32(_mm_cvtps_epi32(n), _mm_set1_epi32(64 + 127)), 23);
  return _mm_mul_ps(_mm_mul_ps(y, _mm_castsi128_ps(power)), _mm_set1_ps(0x1p-64f));
#else
  int32x4_t power = vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(64 + 127)), 23);
  return vmulq_f32(vmulq_f32(y, vreinterpretq_f32_s32(power)), vdupq_n_f32(0x1p-64f));
#endif
}

// x <= 0, or NaN, which gives a NaN.
VECTOR_FUNCTION Vector vector_exp_below(Vector x) {
  const Vector least = VECTOR_ALL(-104.0f), one = VECTOR_ALL(1.0f), whole_bits = VECTOR_ALL(0x1.8p23f);
  x = VECTOR_LARGER(least, x); // below, +0 by the scaling
  Vector n = VECTOR_SUB(VECTOR_FMA(x, VECTOR_ALL(0x1.715476p+0f), whole_bits), whole_bits);
  Vector start = VECTOR_FMA(n, VECTOR_ALL(-0x1.62e4p-1f), x);
  Vector r = VECTOR_FMA(n, VECTOR_ALL(-0x1.7f7d1cp-20f), start);
  Vector r_low = VECTOR_FMA(n, VECTOR_ALL(-0x1.7f7d1cp-20f), VECTOR_SUB(start, r));
  Vector q = VECTOR_FMA(VECTOR_ALL(0x1.9f0438p-13f), r, VECTOR_ALL(0x1.6d947cp-10f));
  q = VECTOR_FMA(q, r, VECTOR_ALL(0x1.11127ep-7f));
  q = VECTOR_FMA(q, r, VECTOR_ALL(0x1.555486p-5f));
  q = VECTOR_FMA(q, r, VECTOR_ALL(0x1.555554p-3f));
  q = VECTOR_FMA(q, r, VECTOR_ALL(0x1p-1f));
  Vector sum = VECTOR_ADD(one, r), lost = VECTOR_ADD(VECTOR_SUB(one, sum), r);
  Vector rest = VECTOR_FMA(VECTOR_MUL(r, r), q, VECTOR_ADD(lost, r_low));
  return vector_scale(VECTOR_ADD(sum, rest), n);
}

#endif
