// Rule R2 on a CPU: 64 lanes in registers, element i of a row in lane i mod 64, then the tree over the lanes.
//
// Beyond a row's end lanes get +0: that changes no lane but a -0, and every lane ends with + 0.0f anyway. A
// row of at most one register needs no other lanes: +0 changes no sum of theirs.
#ifndef INGOT_KERNELS_ROW_REDUCTION_R2_H
#define INGOT_KERNELS_ROW_REDUCTION_R2_H

#include "kernels/shared/rules.h"
#include "kernels/shared/vector.h"

enum { R2_VECTORS = X1_LANES / VECTOR_LANES };

VECTOR_FUNCTION int64_t r2_some(int64_t left) {
  return left < VECTOR_LANES ? left : VECTOR_LANES;
}

// The tree as far as one vector's lanes.
VECTOR_FUNCTION Vector r2_vector(Vector *lanes) {
  for (int v = 0; v < R2_VECTORS; v++) lanes[v] = VECTOR_ADD(lanes[v], VECTOR_ZERO());
  for (int count = R2_VECTORS / 2; count >= 1; count /= 2) {
    for (int v = 0; v < count; v++) lanes[v] = VECTOR_ADD(lanes[v], lanes[v + count]);
  }
  return lanes[0];
}

VECTOR_FUNCTION float r2_join(Vector *lanes) {
  return vector_tree(r2_vector(lanes));
}

// R2 sum of x[0..n).
VECTOR_FUNCTION float r2_sum(const float *x, int64_t n) {
  if (n <= VECTOR_LANES) return vector_tree(VECTOR_ADD(vector_load_some(x, n), VECTOR_ZERO()));
  Vector lanes[R2_VECTORS];
  for (int v = 0; v < R2_VECTORS; v++) lanes[v] = VECTOR_ZERO();
  int64_t i = 0;
  for (; i + X1_LANES <= n; i += X1_LANES) {
    for (int v = 0; v < R2_VECTORS; v++)
      lanes[v] = VECTOR_ADD(lanes[v], VECTOR_LOAD(x + i + v * VECTOR_LANES));
  }
  for (int v = 0; v < R2_VECTORS && i < n; v++, i += VECTOR_LANES)
    lanes[v] = VECTOR_ADD(lanes[v], vector_load_some(x + i, r2_some(n - i)));
  return r2_join(lanes);
}

// The lanes of the products a[i] * b[i], i in 0..n, added up to one vector.
VECTOR_FUNCTION Vector r2_products(const float *a, const float *b, int64_t n) {
  Vector lanes[R2_VECTORS];
  for (int v = 0; v < R2_VECTORS; v++) lanes[v] = VECTOR_ZERO();
  int64_t i = 0;
  for (; i + X1_LANES <= n; i += X1_LANES) {
    for (int v = 0; v < R2_VECTORS; v++) {
      int64_t at = i + v * VECTOR_LANES;
      lanes[v] = VECTOR_FMA(VECTOR_LOAD(a + at), VECTOR_LOAD(b + at), lanes[v]);
    }
  }
  for (int v = 0; v < R2_VECTORS && i < n; v++, i += VECTOR_LANES) {
    int64_t some = r2_some(n - i);
    lanes[v] = VECTOR_FMA(vector_load_some(a + i, some), vector_load_some(b + i, some), lanes[v]);
  }
  return n <= VECTOR_LANES ? VECTOR_ADD(lanes[0], VECTOR_ZERO()) : r2_vector(lanes);
}

// R2 sum of the products a[i] * b[i], i in 0..n.
VECTOR_FUNCTION float r2_dot(const float *a, const float *b, int64_t n) {
  return vector_tree(r2_products(a, b, n));
}

// The same of VECTOR_LANES rows of a, a lane each: their lanes' trees run side by side.
VECTOR_FUNCTION Vector r2_dots(const float *a, int64_t stride, const float *b, int64_t n) {
  Vector rows[VECTOR_LANES];
  for (int r = 0; r < VECTOR_LANES; r++) rows[r] = r2_products(a + r * stride, b, n);
  vector_transpose(rows);
  for (int count = VECTOR_LANES / 2; count >= 1; count /= 2) {
    for (int v = 0; v < count; v++) rows[v] = VECTOR_ADD(rows[v], rows[v + count]);
  }
  return rows[0];
}

// m = z[0]; m = z[j] > m ? z[j] : m, n >= 1: a NaN in z[0] stays, another one is passed over.
VECTOR_FUNCTION float row_maximum(const float *z, int64_t n) {
  Vector m = VECTOR_ALL(z[0]);
  int64_t j = 0;
  for (; j + VECTOR_LANES <= n; j += VECTOR_LANES) {
    Vector next = VECTOR_LOAD(z + j);
    m = VECTOR_LARGER(next, m);
  }
  float lanes[VECTOR_LANES], most;
  VECTOR_STORE(lanes, m);
  most = lanes[0];
  for (int lane = 1; lane < VECTOR_LANES; lane++) most = lanes[lane] > most ? lanes[lane] : most;
  for (; j < n; j++) most = z[j] > most ? z[j] : most;
  return most;
}

#endif
