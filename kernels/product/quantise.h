// Adding a vector of sums to int64 accumulators by rule R3, to the bits of r3_quantise
// (kernels/shared/rules.h).
#ifndef INGOT_KERNELS_PRODUCT_QUANTISE_H
#define INGOT_KERNELS_PRODUCT_QUANTISE_H

#include "kernels/shared/rules.h"
#include "kernels/shared/vector.h"

// q[c] += the addends of `lanes` lanes; 0 where one does not fit (then q is as it may be: the step is not
// taken).
VECTOR_FUNCTION int add_quantised(int64_t *q, Vector addends, int64_t lanes, const Quantiser *quantiser) {
#if defined(__AVX512F__)
  __mmask16 some = (__mmask16)((1u << lanes) - 1);
  __m512 size = _mm512_abs_ps(addends);
  __m512d scale = _mm512_set1_pd(quantiser->scale);
  for (int half = 0; half < 2; half++) { // the conversion rounds to nearest even
    __mmask8 here = (__mmask8)(some >> 8 * half);
    __m256 part = half == 0 ? _mm512_castps512_ps256(addends) : _mm512_extractf32x8_ps(addends, 1);
    __m512i addend = _mm512_cvtpd_epi64(_mm512_mul_pd(_mm512_cvtps_pd(part), scale));
    __m512i sum = _mm512_add_epi64(_mm512_maskz_loadu_epi64(here, q + 8 * half), addend);
    _mm512_mask_storeu_epi64(q + 8 * half, here, sum);
  }
  return _mm512_mask_cmp_ps_mask(some, size, _mm512_set1_ps(quantiser->bound), _CMP_LT_OQ) == some;
#else
  float lane[VECTOR_LANES];
  VECTOR_STORE(lane, addends);
  int fits = 1;
  for (int64_t c = 0; c < lanes; c++) fits &= quantiser_fits(quantiser, lane[c]);
  if (!fits) return 0;
#if defined(__AVX2__)
  double largest = 0x1p50 / quantiser->scale; // below it one addition rounds to an integer
  int small = 1;
  for (int64_t c = 0; c < lanes; c++) small &= __builtin_fabsf(lane[c]) < (float)largest;
  if (small && lanes == VECTOR_LANES) {
    const __m256d magic = _mm256_set1_pd(0x1.8p52), scale = _mm256_set1_pd(quantiser->scale);
    for (int c = 0; c < VECTOR_LANES; c += 4) {
      __m256d v = _mm256_mul_pd(_mm256_cvtps_pd(_mm_loadu_ps(lane + c)), scale);
      __m256i rounded = _mm256_castpd_si256(_mm256_add_pd(v, magic));
      __m256i addend = _mm256_sub_epi64(rounded, _mm256_castpd_si256(magic));
      __m256i *at = (__m256i *)(void *)(q + c);
      _mm256_storeu_si256(at, _mm256_add_epi64(_mm256_loadu_si256(at), addend));
    }
    return 1;
  }
#endif
  for (int64_t c = 0; c < lanes; c++) q[c] += r3_quantise(lane[c], quantiser->scale);
  return 1;
#endif
}

#endif
