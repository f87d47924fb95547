// The registers of one instruction set: as many binary32 lanes as one holds, each operation one rounding a
// lane.
//
// avx512: 16 lanes; avx2: 8; portable: 4, with the 128-bit registers that every processor with FMA has
// (x86-64, aarch64). What a loop over lanes says well is left to the compiler; this is for tiles that must
// stay in registers. FMA_NEGATED: fma(-a, b, c); RELU: x <= 0 ? +0 : x; WHERE_POSITIVE: y > 0 ? x : +0;
// LARGER: a > b ? a : b; STREAM: a store past the caches (stream.h); the arguments of macros are names.
#ifndef INGOT_KERNELS_SHARED_VECTOR_H
#define INGOT_KERNELS_SHARED_VECTOR_H

#include <stdint.h>
#include <string.h>

#define VECTOR_FUNCTION static inline __attribute__((always_inline, unused))

// What a loop in steps of `b` takes where `a` are left.
VECTOR_FUNCTION int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}

#if defined(__AVX512F__)
#include <immintrin.h>
enum { VECTOR_LANES = 16, VECTOR_REGISTERS = 32 };
typedef __m512 Vector;
#define VECTOR_ZERO() _mm512_setzero_ps()
#define VECTOR_LOAD(from) _mm512_loadu_ps(from)
#define VECTOR_STORE(to, v) _mm512_storeu_ps(to, v)
#define VECTOR_STREAM(to, v) _mm512_stream_ps(to, v)
#define VECTOR_STREAM(to, v) _mm512_stream_ps(to, v)
#define VECTOR_ALL(x) _mm512_set1_ps(x)
#define VECTOR_FMA(a, b, c) _mm512_fmadd_ps(a, b, c)
#define VECTOR_ADD(a, b) _mm512_add_ps(a, b)
#define VECTOR_SUB(a, b) _mm512_sub_ps(a, b)
#define VECTOR_MUL(a, b) _mm512_mul_ps(a, b)
#define VECTOR_DIV(a, b) _mm512_div_ps(a, b)
#define VECTOR_SQRT(a) _mm512_sqrt_ps(a)
#define VECTOR_FMA_NEGATED(a, b, c) _mm512_fnmadd_ps(a, b, c)
#define VECTOR_LARGER(a, b) _mm512_max_ps(a, b)
#define VECTOR_RELU(x) _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_NLE_UQ), x)
#define VECTOR_WHERE_POSITIVE(y, x)                                                                          \
  _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(y, _mm512_setzero_ps(), _CMP_GT_OQ), x)
#elif defined(__AVX2__)
#include <immintrin.h>
enum { VECTOR_LANES = 8, VECTOR_REGISTERS = 16 };
typedef __m256 Vector;
#define VECTOR_ZERO() _mm256_setzero_ps()
#define VECTOR_LOAD(from) _mm256_loadu_ps(from)
#define VECTOR_STORE(to, v) _mm256_storeu_ps(to, v)
#define VECTOR_STREAM(to, v) _mm256_stream_ps(to, v)
#define VECTOR_STREAM(to, v) _mm256_stream_ps(to, v)
#define VECTOR_ALL(x) _mm256_set1_ps(x)
#define VECTOR_FMA(a, b, c) _mm256_fmadd_ps(a, b, c)
#define VECTOR_ADD(a, b) _mm256_add_ps(a, b)
#define VECTOR_SUB(a, b) _mm256_sub_ps(a, b)
#define VECTOR_MUL(a, b) _mm256_mul_ps(a, b)
#define VECTOR_DIV(a, b) _mm256_div_ps(a, b)
#define VECTOR_SQRT(a) _mm256_sqrt_ps(a)
#define VECTOR_FMA_NEGATED(a, b, c) _mm256_fnmadd_ps(a, b, c)
#define VECTOR_LARGER(a, b) _mm256_max_ps(a, b)
#define VECTOR_RELU(x) _mm256_andnot_ps(_mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_LE_OQ), x)
#define VECTOR_WHERE_POSITIVE(y, x) _mm256_and_ps(_mm256_cmp_ps(y, _mm256_setzero_ps(), _CMP_GT_OQ), x)
#elif defined(__FMA__)
#include <immintrin.h>
enum { VECTOR_LANES = 4, VECTOR_REGISTERS = 16 };
typedef __m128 Vector;
#define VECTOR_ZERO() _mm_setzero_ps()
#define VECTOR_LOAD(from) _mm_loadu_ps(from)
#define VECTOR_STORE(to, v) _mm_storeu_ps(to, v)
#define VECTOR_STREAM(to, v) _mm_stream_ps(to, v)
#define VECTOR_STREAM(to, v) _mm_stream_ps(to, v)
#define VECTOR_ALL(x) _mm_set1_ps(x)
#define VECTOR_FMA(a, b, c) _mm_fmadd_ps(a, b, c)
#define VECTOR_ADD(a, b) _mm_add_ps(a, b)
#define VECTOR_SUB(a, b) _mm_sub_ps(a, b)
#define VECTOR_MUL(a, b) _mm_mul_ps(a, b)
#define VECTOR_DIV(a, b) _mm_div_ps(a, b)
#define VECTOR_SQRT(a) _mm_sqrt_ps(a)
#define VECTOR_FMA_NEGATED(a, b, c) _mm_fnmadd_ps(a, b, c)
#define VECTOR_LARGER(a, b) _mm_max_ps(a, b)
#define VECTOR_RELU(x) _mm_andnot_ps(_mm_cmple_ps(x, _mm_setzero_ps()), x)
#define VECTOR_WHERE_POSITIVE(y, x) _mm_and_ps(_mm_cmpgt_ps(y, _mm_setzero_ps()), x)
#elif defined(__aarch64__)
#include <arm_neon.h>
enum { VECTOR_LANES = 4, VECTOR_REGISTERS = 32 };
typedef float32x4_t Vector;
#define VECTOR_ZERO() vdupq_n_f32(0)
#define VECTOR_LOAD(from) vld1q_f32(from)
#define VECTOR_STORE(to, v) vst1q_f32(to, v)
#define VECTOR_STREAM(to, v) vst1q_f32(to, v)
#define VECTOR_STREAM(to, v) vst1q_f32(to, v)
#define VECTOR_ALL(x) vdupq_n_f32(x)
#define VECTOR_FMA(a, b, c) vfmaq_f32(c, a, b)
#define VECTOR_ADD(a, b) vaddq_f32(a, b)
#define VECTOR_SUB(a, b) vsubq_f32(a, b)
#define VECTOR_MUL(a, b) vmulq_f32(a, b)
#define VECTOR_DIV(a, b) vdivq_f32(a, b)
#define VECTOR_SQRT(a) vsqrtq_f32(a)
#define VECTOR_FMA_NEGATED(a, b, c) vfmsq_f32(c, a, b)
#define VECTOR_LARGER(a, b) vbslq_f32(vcgtq_f32(a, b), a, b)
#define VECTOR_RELU(x)                                                                                       \
  vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(x), vcleq_f32(x, vdupq_n_f32(0))))
#define VECTOR_WHERE_POSITIVE(y, x)                                                                          \
  vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(x), vcgtq_f32(y, vdupq_n_f32(0))))
#else
#error "exact mode needs a fused multiply-add: x86-64 with FMA or aarch64"
#endif

#if defined(__FMA__) && !defined(__AVX512F__)
// The bits of the first `count` lanes, from a run of ones and zeros.
VECTOR_FUNCTION const int32_t *vector_mask(int64_t count) {
  static const int32_t bits[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
  return bits + 8 - count;
}
#endif

// The first `count` lanes, 0 <= count <= VECTOR_LANES; the others are +0, and are not read.
VECTOR_FUNCTION Vector vector_load_some(const float *from, int64_t count) {
  if (count == VECTOR_LANES) return VECTOR_LOAD(from);
#if defined(__AVX512F__)
  return _mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
#elif defined(__AVX2__)
  return _mm256_maskload_ps(from, _mm256_loadu_si256((const __m256i *)(const void *)vector_mask(count)));
#elif defined(__FMA__)
  return _mm_maskload_ps(from, _mm_loadu_si128((const __m128i *)(const void *)vector_mask(count)));
#else
  float lanes[VECTOR_LANES] = {0};
  for (int64_t i = 0; i < count; i++) lanes[i] = from[i];
  return VECTOR_LOAD(lanes);
#endif
}

// v, but the first `count` < VECTOR_LANES lanes read from there.
VECTOR_FUNCTION Vector vector_with_some(Vector v, const float *from, int64_t count) {
#if defined(__AVX512F__)
  return _mm512_mask_loadu_ps(v, (__mmask16)((1u << count) - 1), from);
#else
  float lanes[VECTOR_LANES];
  VECTOR_STORE(lanes, v);
  for (int64_t i = 0; i < count; i++) lanes[i] = from[i];
  return VECTOR_LOAD(lanes);
#endif
}

// v, but +0 behind the first `count` lanes.
VECTOR_FUNCTION Vector vector_first(Vector v, int64_t count) {
  if (count == VECTOR_LANES) return v;
#if defined(__AVX512F__)
  return _mm512_maskz_mov_ps((__mmask16)((1u << count) - 1), v);
#elif defined(__AVX2__)
  return _mm256_and_ps(v, _mm256_loadu_ps((const float *)(const void *)vector_mask(count)));
#elif defined(__FMA__)
  return _mm_and_ps(v, _mm_loadu_ps((const float *)(const void *)vector_mask(count)));
#else
  float lanes[VECTOR_LANES];
  VECTOR_STORE(lanes, v);
  return vector_load_some(lanes, count);
#endif
}

// The first `count` lanes; nothing behind them is written.
VECTOR_FUNCTION void vector_store_some(float *to, Vector v, int64_t count) {
  if (count == VECTOR_LANES) {
    VECTOR_STORE(to, v);
    return;
  }
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), v);
#elif defined(__AVX2__)
  _mm256_maskstore_ps(to, _mm256_loadu_si256((const __m256i *)(const void *)vector_mask(count)), v);
#elif defined(__FMA__)
  _mm_maskstore_ps(to, _mm_loadu_si128((const __m128i *)(const void *)vector_mask(count)), v);
#else
  float lanes[VECTOR_LANES];
  VECTOR_STORE(lanes, v);
  for (int64_t i = 0; i < count; i++) to[i] = lanes[i];
#endif
}

#if defined(__AVX512F__)
// The 4 x 4 squares in the quarters of four vectors each, transposed.
VECTOR_FUNCTION void transpose_fours(Vector v[VECTOR_LANES]) {
  __m512 t[16];
  for (int i = 0; i < 16; i += 2) { // pairs of rows
    t[i] = _mm512_unpacklo_ps(v[i], v[i + 1]);
    t[i + 1] = _mm512_unpackhi_ps(v[i], v[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) { // fours of rows
    v[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44);
    v[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xee);
    v[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    v[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
}
#endif

// v[i] lane j becomes v[j] lane i.
VECTOR_FUNCTION void vector_transpose(Vector v[VECTOR_LANES]) {
#if defined(__AVX512F__)
  __m512 t[16];
  transpose_fours(v);
  for (int i = 0; i < 4; i++) { // quarters to their places
    t[i] = _mm512_shuffle_f32x4(v[i], v[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_f32x4(v[i], v[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_f32x4(v[i + 8], v[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_f32x4(v[i + 8], v[i + 12], 0xdd);
  }
  for (int i = 0; i < 4; i++) {
    v[i] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0x88);
    v[i + 4] = _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0x88);
    v[i + 8] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0xdd);
    v[i + 12] = _mm512_shuffle_f32x4(t[i + 4], t[i + 12], 0xdd);
  }
#elif defined(__AVX2__)
  __m256 t[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(v[i], v[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(v[i], v[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    v[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
    v[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
    v[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    v[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
  for (int i = 0; i < 4; i++) {
    t[i] = _mm256_permute2f128_ps(v[i], v[i + 4], 0x20);
    t[i + 4] = _mm256_permute2f128_ps(v[i], v[i + 4], 0x31);
  }
  for (int i = 0; i < 8; i++) v[i] = t[i];
#elif defined(__FMA__)
  _MM_TRANSPOSE4_PS(v[0], v[1], v[2], v[3]);
#else
  float32x4x2_t a = vtrnq_f32(v[0], v[1]), b = vtrnq_f32(v[2], v[3]);
  v[0] = vcombine_f32(vget_low_f32(a.val[0]), vget_low_f32(b.val[0]));
  v[1] = vcombine_f32(vget_low_f32(a.val[1]), vget_low_f32(b.val[1]));
  v[2] = vcombine_f32(vget_high_f32(a.val[0]), vget_high_f32(b.val[0]));
  v[3] = vcombine_f32(vget_high_f32(a.val[1]), vget_high_f32(b.val[1]));
#endif
}

// v[i] lane j = from[j * stride + i].
VECTOR_FUNCTION void vector_load_transposed(Vector v[VECTOR_LANES], const float *from, int64_t stride) {
#if defined(__AVX512F__)
  __m512 t[16];
  for (int i = 0; i < 8; i++) { // rows i and i + 8 side by side, in halves of 8 columns
    for (int half = 0; half < 2; half++) {
      __m512 row = _mm512_castps256_ps512(_mm256_loadu_ps(from + i * stride + 8 * half));
      v[8 * half + i] = _mm512_insertf32x8(row, _mm256_loadu_ps(from + (i + 8) * stride + 8 * half), 1);
    }
  }
  transpose_fours(v); // columns 0 to 3 and 4 to 7 in quarters
  const __m512i low = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
  const __m512i high = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
  for (int half = 0; half < 16; half += 8) { // quarters to their places
    for (int i = 0; i < 4; i++) {
      __m512d four = _mm512_castps_pd(v[half + i]), more = _mm512_castps_pd(v[half + i + 4]);
      t[half + i] = _mm512_castpd_ps(_mm512_permutex2var_pd(four, low, more));
      t[half + i + 4] = _mm512_castpd_ps(_mm512_permutex2var_pd(four, high, more));
    }
  }
  for (int i = 0; i < 16; i++) v[i] = t[i];
#else
  for (int64_t i = 0; i < VECTOR_LANES; i++) v[i] = VECTOR_LOAD(from + i * stride);
  vector_transpose(v);
#endif
}

// The tree over the lanes: lanes j and j + h are added for h = VECTOR_LANES / 2, ..., 1.
VECTOR_FUNCTION float vector_tree(Vector v) {
#if defined(__AVX512F__) || defined(__AVX2__)
#if defined(__AVX512F__)
  __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
#else
  __m256 eight = v;
#endif
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
#elif defined(__FMA__)
  __m128 four = v;
#endif
#if defined(__FMA__)
  __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
#else
  float32x2_t two = vadd_f32(vget_low_f32(v), vget_high_f32(v));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
#endif
}

// Lane i: the same of v[i]; v is lost.
VECTOR_FUNCTION Vector vector_trees(Vector v[VECTOR_LANES]) {
#if defined(__AVX512F__)
  // Halves of two vectors side by side, then quarters, pairs, lanes. Numbers are those of v.
  for (int i = 0; i < 4; i++) {
    for (int j = 0; j < 16; j += 8) { // i, i + 4 and i + 8, i + 12
      __m512 low = _mm512_shuffle_f32x4(v[i + j], v[i + j + 4], 0x44);
      __m512 high = _mm512_shuffle_f32x4(v[i + j], v[i + j + 4], 0xee);
      v[i + j] = _mm512_add_ps(low, high);
    }
    __m512 low = _mm512_shuffle_f32x4(v[i], v[i + 8], 0x88),
           high = _mm512_shuffle_f32x4(v[i], v[i + 8], 0xdd);
    v[i] = _mm512_add_ps(low, high); // i, i + 4, i + 8, i + 12
  }
  for (int i = 0; i < 4; i += 2)
    v[i] = _mm512_add_ps(_mm512_shuffle_ps(v[i], v[i + 1], 0x44), _mm512_shuffle_ps(v[i], v[i + 1], 0xee));
  return _mm512_add_ps(_mm512_shuffle_ps(v[0], v[2], 0x88), _mm512_shuffle_ps(v[0], v[2], 0xdd));
#else
  vector_transpose(v);
  for (int count = VECTOR_LANES / 2; count >= 1; count /= 2) {
    for (int i = 0; i < count; i++) v[i] = VECTOR_ADD(v[i], v[i + count]);
  }
  return v[0];
#endif
}

// The largest lane, where all or none are NaN.
VECTOR_FUNCTION float vector_largest(Vector v) {
#if defined(__AVX512F__) || defined(__AVX2__)
#if defined(__AVX512F__)
  __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
#else
  __m256 eight = v;
#endif
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
#elif defined(__FMA__)
  __m128 four = v;
#endif
#if defined(__FMA__)
  __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
#else
  return vmaxvq_f32(v);
#endif
}

#endif
