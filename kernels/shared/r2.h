// Rule R2 on a CPU: 64 lanes in registers, element i of a row in lane i mod 64, then the tree over the lanes.
//
// Beyond a row's end lanes get +0: that changes no lane but a -0. The rule adds +0 to every lane; added once
// to the tree's sum it does the same, for the sign of a zero changes no other sum. A row of at most one
// register needs no other lanes.
#ifndef INGOT_KERNELS_SHARED_R2_H
#define INGOT_KERNELS_SHARED_R2_H

#include "kernels/shared/rules.h"
#include "kernels/shared/vector.h"

enum { R2_VECTORS = X1_LANES / VECTOR_LANES };

VECTOR_FUNCTION int64_t r2_some(int64_t left) {
  return smaller(left, VECTOR_LANES);
}

// The tree of a row of n elements, whose lanes these are, as far as one vector; a zero may be -0.
VECTOR_FUNCTION Vector r2_vector(Vector lanes[R2_VECTORS], int64_t n) {
  if (n <= VECTOR_LANES) return lanes[0];
  for (int count = R2_VECTORS / 2; count >= 1; count /= 2) {
    for (int v = 0; v < count; v++) lanes[v] = VECTOR_ADD(lanes[v], lanes[v + count]);
  }
  return lanes[0];
}

VECTOR_FUNCTION float r2_tree(Vector lanes[R2_VECTORS], int64_t n) {
  return x1_add(vector_tree(r2_vector(lanes, n)), 0.0f);
}

VECTOR_FUNCTION void r2_start(Vector lanes[R2_VECTORS]) {
  for (int v = 0; v < R2_VECTORS; v++) lanes[v] = VECTOR_ZERO();
}

// For a row of n elements: BODY(lane, at, count) of each vector of it, `count` elements from `at` on, that go
// into this lane. A macro, so that lanes stay in registers and whole vectors need no masks.
#define R2_EACH(n, BODY)                                                                                     \
  do {                                                                                                       \
    int64_t at_ = 0;                                                                                         \
    for (; at_ + X1_LANES <= (n); at_ += X1_LANES) {                                                         \
      for (int v_ = 0; v_ < R2_VECTORS; v_++) BODY(v_, at_ + v_ * VECTOR_LANES, VECTOR_LANES);               \
    }                                                                                                        \
    for (int v_ = 0; v_ < R2_VECTORS && at_ < (n); v_++, at_ += VECTOR_LANES)                                \
      BODY(v_, at_, r2_some((n)-at_));                                                                       \
  } while (0)

// R2 sum of x[0..n).
VECTOR_FUNCTION float r2_sum(const float *x, int64_t n) {
  Vector lanes[R2_VECTORS];
  r2_start(lanes);
#define BODY(v, at, count) lanes[v] = VECTOR_ADD(lanes[v], vector_load_some(x + (at), count))
  R2_EACH(n, BODY);
#undef BODY
  return r2_tree(lanes, n);
}

// The tree of the products a[i] * b[i], i in 0..n, as far as one vector.
VECTOR_FUNCTION Vector r2_products(const float *a, const float *b, int64_t n) {
  Vector lanes[R2_VECTORS];
  r2_start(lanes);
#define BODY(v, at, count)                                                                                   \
  lanes[v] = VECTOR_FMA(vector_load_some(a + (at), count), vector_load_some(b + (at), count), lanes[v])
  R2_EACH(n, BODY);
#undef BODY
  return r2_vector(lanes, n);
}

// R2 sum of the products a[i] * b[i], i in 0..n.
VECTOR_FUNCTION float r2_dot(const float *a, const float *b, int64_t n) {
  return x1_add(vector_tree(r2_products(a, b, n)), 0.0f);
}

enum { R2_ROWS = VECTOR_LANES == 16 ? 4 : 1 }; // whose lanes the registers hold

// r2_products of R2_ROWS rows, which share what is read of b; n is a multiple of X1_LANES. (With the end of
// a row in the same function the compiler keeps the lanes in memory.)
VECTOR_FUNCTION void r2_whole_products(Vector sums[R2_ROWS], const float *a, int64_t stride, const float *b,
                                       int64_t n) {
  Vector lanes[R2_ROWS][R2_VECTORS];
  for (int r = 0; r < R2_ROWS; r++) r2_start(lanes[r]);
  for (int64_t at = 0; at < n; at += X1_LANES) {
    for (int v = 0; v < R2_VECTORS; v++) {
      Vector factor = VECTOR_LOAD(b + at + v * VECTOR_LANES);
      for (int r = 0; r < R2_ROWS; r++)
        lanes[r][v] = VECTOR_FMA(VECTOR_LOAD(a + r * stride + at + v * VECTOR_LANES), factor, lanes[r][v]);
    }
  }
  for (int r = 0; r < R2_ROWS; r++) sums[r] = r2_vector(lanes[r], n);
}

// r2_dot of VECTOR_LANES rows of a, a lane each: their trees run side by side.
VECTOR_FUNCTION Vector r2_dots(const float *a, int64_t stride, const float *b, int64_t n) {
  Vector rows[VECTOR_LANES];
  if (n % X1_LANES == 0) {
    for (int r = 0; r < VECTOR_LANES; r += R2_ROWS) r2_whole_products(rows + r, a + r * stride, stride, b, n);
  } else {
    for (int r = 0; r < VECTOR_LANES; r++) rows[r] = r2_products(a + r * stride, b, n);
  }
  return VECTOR_ADD(vector_trees(rows), VECTOR_ZERO());
}

// m = z[0]; m = z[j] > m ? z[j] : m, n >= 1: a NaN in z[0] stays, another one is passed over.
VECTOR_FUNCTION float row_maximum(const float *z, int64_t n) {
  enum { CHAINS = 4 };
  Vector m[CHAINS];
  for (int c = 0; c < CHAINS; c++) m[c] = VECTOR_ALL(z[0]);
  int64_t j = 0;
  for (; j + CHAINS * VECTOR_LANES <= n; j += CHAINS * VECTOR_LANES) {
    for (int c = 0; c < CHAINS; c++) {
      Vector next = VECTOR_LOAD(z + j + c * VECTOR_LANES);
      m[c] = VECTOR_LARGER(next, m[c]);
    }
  }
  for (; j < n; j += VECTOR_LANES) {
    Vector next = j + VECTOR_LANES <= n ? VECTOR_LOAD(z + j) : vector_with_some(m[0], z + j, n - j);
    m[0] = VECTOR_LARGER(next, m[0]);
  }
  m[0] = VECTOR_LARGER(m[1], m[0]);
  m[2] = VECTOR_LARGER(m[3], m[2]);
  m[0] = VECTOR_LARGER(m[2], m[0]);
  return vector_largest(m[0]);
}

#endif
