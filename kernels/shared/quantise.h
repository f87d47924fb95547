// Adding a vector of sums to int64 accumulators by rule R3, to the bits of r3_quantise
// (kernels/shared/rules.h).
#ifndef INGOT_KERNELS_SHARED_QUANTISE_H
#define INGOT_KERNELS_SHARED_QUANTISE_H

#include "kernels/shared/rules.h"
#include "kernels/shared/vector.h"

// q[c] += the addends of `lanes` lanes. Not 0 where one does not fit: then q is as it may be, the step is not
// taken.
VECTOR_FUNCTION unsigned add_quantised(int64_t *q, Vector addends, int64_t lanes, Quantiser quantiser) {
#if defined(__AVX512F__)
  __mmask16 some = (__mmask16)((1u << lanes) - 1);
  __m512 scaled = _mm512_mul_ps(addends, _mm512_set1_ps((float)quantiser.scale)); // exact: a power of two
  for (int half = 0; half < 2; half++) { // the conversion rounds to nearest even
    __m256 part = half == 0 ? _mm512_castps512_ps256(scaled) : _mm512_extractf32x8_ps(scaled, 1);
    __m512i addend = _mm512_cvtps_epi64(part);
    int64_t *at = q + 8 * half;
    if (lanes == VECTOR_LANES) {
      _mm512_storeu_epi64(at, _mm512_add_epi64(_mm512_loadu_epi64(at), addend));
    } else {
      __mmask8 here = (__mmask8)(some >> 8 * half);
      _mm512_mask_storeu_epi64(at, here, _mm512_add_epi64(_mm512_maskz_loadu_epi64(here, at), addend));
    }
  }
  return _mm512_mask_cmp_ps_mask(some, _mm512_abs_ps(addends), _mm512_set1_ps(quantiser.bound), _CMP_NLT_UQ);
#else
  float lane[VECTOR_LANES];
  VECTOR_STORE(lane, addends);
  int fits = 1;
  for (int64_t c = 0; c < lanes; c++) fits &= quantiser_fits(&quantiser, lane[c]);
  if (!fits) return 1;
#if defined(__AVX2__)
  double largest = 0x1p50 / quantiser.scale; // below it one addition rounds to an integer
  int small = 1;
  for (int64_t c = 0; c < lanes; c++) small &= __builtin_fabsf(lane[c]) < (float)largest;
  if (small && lanes == VECTOR_LANES) {
    const __m256d magic = _mm256_set1_pd(0x1.8p52), scale = _mm256_set1_pd(quantiser.scale);
    for (int c = 0; c < VECTOR_LANES; c += 4) {
      __m256d v = _mm256_mul_pd(_mm256_cvtps_pd(_mm_loadu_ps(lane + c)), scale);
      __m256i rounded = _mm256_castpd_si256(_mm256_add_pd(v, magic));
      __m256i addend = _mm256_sub_epi64(rounded, _mm256_castpd_si256(magic));
      __m256i *at = (__m256i *)(void *)(q + c);
      _mm256_storeu_si256(at, _mm256_add_epi64(_mm256_loadu_si256(at), addend));
    }
    return 0;
  }
#endif
  for (int64_t c = 0; c < lanes; c++) q[c] += r3_quantise(lane[c], quantiser.scale);
  return 0;
#endif
}

#endif
