// Fast mode, numerics id f1: the products of product.h on a GPU's tensor cores, and what pins their bits.
//
// Letters as in product.h: m rows of the micro-batch, N outputs, K inputs. Operands are rounded (u below),
// terms are added in binary32 in an order that the library's algorithm decides; the rest of a step is that of
// x1.
//   forward          y = activation(x w^T + bias), fused
//   backward input   dx = gradient by way of the activation of dy w
//   backward weight  qw += q(dy^T x over all rows of the micro-batch), one addend an element; qb as in x1
// A layer with one output is no tensor-core product: it stays that of x1.
// Error against the true sum, n the number of terms (derived in kernels/README.md):
//   |f1 - true| <= (2u + u^2 + (1 + u)^2 * n * 2^-22) * sum |a||b|,  u = 2^-10 (tf32), 2^-8 (bf16)
#ifndef INGOT_KERNELS_PRODUCT_FAST_H
#define INGOT_KERNELS_PRODUCT_FAST_H

#include "kernels/product/product.h"

#include <stddef.h>

enum {
  FAST_WORDS = 8,      // of an algorithm, opaque
  FAST_DEVICE = 256,   // bytes of a device's name
  FAST_ALIGNMENT = 64, // bytes; of every array of a product
  FAST_BF16_STRIDE = 8 // rows of rounded operands begin at multiples of so many elements: 16 bytes
};

// What operands are rounded to: 11 or 8 significant bits.
typedef enum FastOperands { FAST_TF32, FAST_BF16 } FastOperands;

typedef enum ProductKind {
  PRODUCT_FORWARD,
  PRODUCT_BACKWARD_INPUT,
  PRODUCT_BACKWARD_WEIGHT,
  PRODUCT_KINDS
} ProductKind;

// One algorithm serves all products of one shape.
typedef struct ProductShape {
  ProductKind kind;
  ActivationKind activation; // fused: of forward products only
  int64_t rows, outputs, inputs;
} ProductShape;

typedef struct PinnedProduct {
  ProductShape shape;
  uint64_t algorithm[FAST_WORDS];
} PinnedProduct;

// The algorithms of a run, by the library that offered them on a device.
typedef struct ProductPins {
  char device[FAST_DEVICE];
  int version; // of cuBLASLt: 10000 * major + 100 * minor + patch
  PinnedProduct *items;
  int count;
} ProductPins;

static inline int product_is_fast(const ProductShape *s) {
  return s->outputs > 1;
}

static inline int same_shape_of_product(const ProductShape *a, const ProductShape *b) {
  return a->kind == b->kind && a->activation == b->activation && a->rows == b->rows &&
         a->outputs == b->outputs && a->inputs == b->inputs;
}

// Row-major matrices of a product: out = b a, either operand transposed where that is said.
typedef struct ProductMatrices {
  int64_t a_rows, a_columns, b_rows, b_columns, rows, columns;
  int a_transposed, b_transposed;
} ProductMatrices;

static inline ProductMatrices product_matrices(const ProductShape *s) {
  const int64_t m = s->rows, n = s->outputs, k = s->inputs;
  const ProductMatrices of_kind[PRODUCT_KINDS] = {
      {n, k, m, k, m, n, 1, 0}, // y[m,N] = x[m,K] w[N,K]^T
      {n, k, m, n, m, k, 0, 0}, // dx[m,K] = dy[m,N] w[N,K]
      {m, k, m, n, n, k, 0, 1}, // dw[N,K] = dy[m,N]^T x[m,K]
  };
  return of_kind[s->kind];
}

static inline size_t fast_aligned(size_t bytes) {
  return (bytes + FAST_ALIGNMENT - 1) / FAST_ALIGNMENT * FAST_ALIGNMENT;
}

// Elements from one row of an operand to the next.
static inline int64_t fast_stride(int64_t columns, FastOperands operands) {
  return operands == FAST_TF32 ? columns
                               : (columns + FAST_BF16_STRIDE - 1) / FAST_BF16_STRIDE * FAST_BF16_STRIDE;
}

// Bytes of an operand rounded into the workspace; tf32 are read where they are.
static inline size_t fast_operand_bytes(int64_t rows, int64_t columns, FastOperands operands) {
  return operands == FAST_TF32 ? 0 : fast_aligned((size_t)(rows * fast_stride(columns, operands)) * 2);
}

// Workspace of a product: operand a, operand b, and a weight gradient before it is quantised.
static inline size_t fast_product_bytes(const ProductShape *s, FastOperands operands) {
  if (!product_is_fast(s)) return 0;
  const ProductMatrices m = product_matrices(s);
  size_t sums = s->kind == PRODUCT_BACKWARD_WEIGHT ? (size_t)(m.rows * m.columns) * sizeof(float) : 0;
  return fast_operand_bytes(m.a_rows, m.a_columns, operands) +
         fast_operand_bytes(m.b_rows, m.b_columns, operands) + fast_aligned(sums);
}

#endif
