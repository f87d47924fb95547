// Matrix products by rule R1 on a CPU, written so that the compiler vectorises the innermost loop.
//
// DESIGN. One core, tree_product, computes a tile of up to TILE_ROWS x TILE_COLUMNS sums over K terms from
// two strided views, a(i,k) and b(k,c). It follows R1's tree by recursion: a leaf packs its 256 terms of b
// and runs fma chains; an inner node adds the right half's tile to the left's. The three operators differ
// only in what a and b are, and in what becomes of a tile.
#include "kernels/operators.h"
#include "kernels/shared/flags.h"
#include "kernels/shared/isa.h"

enum { TILE_ROWS = 192, TILE_COLUMNS = 32, BLOCK_ROWS = 6 };

typedef struct View {
  const float *data;
  int64_t outer, inner; // strides: a(i,k) = data[i*outer + k*inner]; b(k,c) = data[k*outer + c*inner]
} View;

typedef struct Tile {
  float at[TILE_ROWS][TILE_COLUMNS];
} Tile;

// packed[k][c] = b(k,c), zero beyond `columns`.
static void pack(float packed[X1_LEAF][TILE_COLUMNS], View b, int64_t terms, int64_t columns) {
  for (int64_t k = 0; k < terms; k++) {
    for (int64_t c = 0; c < TILE_COLUMNS; c++) {
      packed[k][c] = c < columns ? b.data[k * b.outer + c * b.inner] : 0.0f;
    }
  }
}

// BLOCK_ROWS rows of a leaf: the accumulators stay in registers.
static void leaf_block(float (*out)[TILE_COLUMNS], View a, const float (*packed)[TILE_COLUMNS],
                       int64_t terms) {
  float t[BLOCK_ROWS][TILE_COLUMNS] = {{0}};
  for (int64_t k = 0; k < terms; k++) {
    for (int r = 0; r < BLOCK_ROWS; r++) {
      float a_rk = a.data[r * a.outer + k * a.inner];
      for (int c = 0; c < TILE_COLUMNS; c++) t[r][c] = x1_fma(a_rk, packed[k][c], t[r][c]);
    }
  }
  for (int r = 0; r < BLOCK_ROWS; r++) {
    for (int c = 0; c < TILE_COLUMNS; c++) out[r][c] = x1_add(t[r][c], 0.0f);
  }
}

static void leaf_row(float *out, View a, const float (*packed)[TILE_COLUMNS], int64_t terms) {
  float t[TILE_COLUMNS] = {0};
  for (int64_t k = 0; k < terms; k++) {
    float a_k = a.data[k * a.inner];
    for (int c = 0; c < TILE_COLUMNS; c++) t[c] = x1_fma(a_k, packed[k][c], t[c]);
  }
  for (int c = 0; c < TILE_COLUMNS; c++) out[c] = x1_add(t[c], 0.0f);
}

static void leaf_product(Tile *out, View a, View b, int64_t rows, int64_t columns, int64_t terms) {
  float packed[X1_LEAF][TILE_COLUMNS];
  pack(packed, b, terms, columns);
  int64_t i = 0;
  for (; i + BLOCK_ROWS <= rows; i += BLOCK_ROWS) {
    View block = {a.data + i * a.outer, a.outer, a.inner};
    leaf_block(out->at + i, block, (const float(*)[TILE_COLUMNS])packed, terms);
  }
  for (; i < rows; i++) {
    View row = {a.data + i * a.outer, a.outer, a.inner};
    leaf_row(out->at[i], row, (const float(*)[TILE_COLUMNS])packed, terms);
  }
}

// The largest power of two strictly below n, n >= 2.
static int64_t power_below(int64_t n) {
  int64_t p = 1;
  while (2 * p < n) p *= 2;
  return p;
}

// out[i][c] = T over `terms` terms: R1's tree. Depth is log2 of the leaves, a tile of stack each.
static void tree_product(Tile *out, View a, View b, int64_t rows, int64_t columns, int64_t terms) {
  int64_t leaves = (terms + X1_LEAF - 1) / X1_LEAF;
  if (leaves <= 1) {
    leaf_product(out, a, b, rows, columns, terms);
    return;
  }
  int64_t left = power_below(leaves) * X1_LEAF;
  Tile right;
  tree_product(out, a, b, rows, columns, left);
  View a_right = {a.data + left * a.inner, a.outer, a.inner};
  View b_right = {b.data + left * b.outer, b.outer, b.inner};
  tree_product(&right, a_right, b_right, rows, columns, terms - left);
  for (int64_t i = 0; i < rows; i++) {
    for (int c = 0; c < TILE_COLUMNS; c++) out->at[i][c] = x1_add(out->at[i][c], right.at[i][c]);
  }
}

static int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}

void ISA_NAME(linear_forward)(const LinearForward *s, int64_t first, int64_t last) {
  if (s->outputs == 1) {
    for (int64_t i = first; i < last; i++) {
      float sum = r2_dot(s->x + i * s->inputs, s->w, s->inputs);
      s->y[i] = activation_of(s->activation, x1_add(sum, s->bias[0]));
    }
    return;
  }
  Tile tile;
  for (int64_t i = first; i < last; i += TILE_ROWS) {
    int64_t rows = smaller(TILE_ROWS, last - i);
    for (int64_t n = 0; n < s->outputs; n += TILE_COLUMNS) {
      int64_t columns = smaller(TILE_COLUMNS, s->outputs - n);
      View x = {s->x + i * s->inputs, s->inputs, 1}, w = {s->w + n * s->inputs, 1, s->inputs};
      tree_product(&tile, x, w, rows, columns, s->inputs);
      for (int64_t r = 0; r < rows; r++) {
        float *y = s->y + (i + r) * s->outputs + n;
        for (int64_t c = 0; c < columns; c++)
          y[c] = activation_of(s->activation, x1_add(tile.at[r][c], s->bias[n + c]));
      }
    }
  }
}

void ISA_NAME(linear_backward_input)(const LinearBackwardInput *s, int64_t first, int64_t last) {
  Tile tile;
  for (int64_t i = first; i < last; i += TILE_ROWS) {
    int64_t rows = smaller(TILE_ROWS, last - i);
    for (int64_t k = 0; k < s->inputs; k += TILE_COLUMNS) {
      int64_t columns = smaller(TILE_COLUMNS, s->inputs - k);
      View dy = {s->dy + i * s->outputs, s->outputs, 1}, w = {s->w + k, s->inputs, 1};
      tree_product(&tile, dy, w, rows, columns, s->outputs);
      for (int64_t r = 0; r < rows; r++) {
        float *dx = s->dx + (i + r) * s->inputs + k;
        for (int64_t c = 0; c < columns; c++) dx[c] = tile.at[r][c];
        if (s->activation == ACTIVATION_NONE) continue;
        const float *result = s->x + (i + r) * s->inputs + k;
        for (int64_t c = 0; c < columns; c++) dx[c] = activation_gradient(s->activation, result[c], dx[c]);
      }
    }
  }
}

// q[c] += quantised tile row; 0 where an addend does not fit.
static int add_quantised(int64_t *q, const float *addends, int64_t count, const Quantiser *quantiser) {
  int fits = 1;
  for (int64_t c = 0; c < count; c++) fits &= quantiser_fits(quantiser, addends[c]);
  if (!fits) return 0;
  for (int64_t c = 0; c < count; c++) q[c] += r3_quantise(addends[c], quantiser->scale);
  return 1;
}

// Weight gradients of outputs [n, n + rows): every grain of every panel of inputs.
static void backward_weight_rows(const LinearBackwardWeight *s, int64_t n, int64_t rows) {
  Tile tile;
  for (int64_t k = 0; k < s->inputs; k += TILE_COLUMNS) {
    int64_t columns = smaller(TILE_COLUMNS, s->inputs - k);
    for (int64_t i = 0; i < s->rows; i += s->grain) {
      View dy = {s->dy + i * s->outputs + n, 1, s->outputs}, x = {s->x + i * s->inputs + k, s->inputs, 1};
      tree_product(&tile, dy, x, rows, columns, smaller(s->grain, s->rows - i));
      for (int64_t r = 0; r < rows; r++) {
        int64_t *q = s->qw + (n + r) * s->inputs + k;
        if (!add_quantised(q, tile.at[r], columns, &s->quantiser)) flag_raise(s->flag_w);
      }
    }
  }
}

// Bias gradients: the same product with a single column of ones.
static void backward_bias_rows(const LinearBackwardWeight *s, int64_t n, int64_t rows) {
  static const float one = 1.0f;
  Tile tile;
  for (int64_t i = 0; i < s->rows; i += s->grain) {
    View dy = {s->dy + i * s->outputs + n, 1, s->outputs}, ones = {&one, 0, 0};
    tree_product(&tile, dy, ones, rows, 1, smaller(s->grain, s->rows - i));
    for (int64_t r = 0; r < rows; r++) {
      if (!add_quantised(s->qb + n + r, tile.at[r], 1, &s->quantiser)) flag_raise(s->flag_b);
    }
  }
}

void ISA_NAME(linear_backward_weight)(const LinearBackwardWeight *s, int64_t first, int64_t last) {
  for (int64_t n = first; n < last; n += TILE_ROWS) {
    int64_t rows = smaller(TILE_ROWS, last - n);
    backward_weight_rows(s, n, rows);
    backward_bias_rows(s, n, rows);
  }
}
