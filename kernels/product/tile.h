// Blocks of sums by rule R1: rows by a panel of PANEL columns, tile by tile, a tile's chains in registers.
//
// DESIGN. b is a packed panel, b[k][PANEL], zero beyond its columns; a is read where it lies. A leaf of 256
// terms runs rows * 2 independent fma chains, enough to hide an fma's latency; leaves are joined as they come
// by a binary counter of partial sums, which is R1's tree: T([0,n)) = T([0,p)) + T([p,n)). A block goes leaf
// by leaf, so that a leaf of the panel stays in the nearest cache; the last leaf's tiles go from registers to
// their results.
#ifndef INGOT_KERNELS_PRODUCT_TILE_H
#define INGOT_KERNELS_PRODUCT_TILE_H

#include "kernels/product/pack.h"
#include "kernels/shared/rules.h"

#include <stddef.h>

enum {
  TILE_ROWS = VECTOR_REGISTERS == 32 ? 12 : 6, // 24 or 12 accumulators
  TILE_LEVELS = 16                             // of the tree: 2^24 terms
};

typedef Vector Tile[TILE_ROWS][TILE_VECTORS];
typedef float Block[CUT_ROWS][PANEL];
typedef Block Levels[TILE_LEVELS];

// a(i,k) = data[i * outer + k * inner]; one of the strides is 1.
typedef struct Rows {
  const float *data;
  int64_t outer, inner;
} Rows;

// Where results go and what they need: finish(results, tile, row, rows, vectors) takes the sums of rows
// [row, row + rows) of the block; columns * size bytes at `memory + row * stride` will be written.
typedef struct Results {
  const void *arguments;
  int64_t row, column, columns; // the block's first row, the panel's columns
  char *memory;
  int64_t stride, size;
} Results;

typedef void Finish(const Results *results, Tile t, int row, int rows, int vectors);

// t[r] = the chains of `rows` rows over `terms` <= 256 terms, + 0.0f. rows and vectors are constants.
VECTOR_FUNCTION void leaf_sums(Tile t, Rows a, const float *b, int64_t terms, int rows, int vectors) {
  const float *row[TILE_ROWS / 3]; // of every third row: fewer addresses than rows
  for (int r = 0; r < rows; r++) {
    for (int v = 0; v < vectors; v++) t[r][v] = VECTOR_ZERO();
  }
  for (int g = 0; g < TILE_ROWS / 3; g++) {
    row[g] = a.data + 3 * g * a.outer;
    __asm__("" : "+r"(row[g])); // or the compiler makes an address of each row again, and spills
  }
  for (int64_t k = 0; k < terms; k++) {
    Vector column[TILE_VECTORS];
    for (int v = 0; v < vectors; v++) column[v] = VECTOR_LOAD(b + k * PANEL + v * VECTOR_LANES);
    for (int r = 0; r < rows; r++) {
      Vector all = VECTOR_ALL(row[r / 3][(r % 3) * a.outer + k * a.inner]);
      for (int v = 0; v < vectors; v++) t[r][v] = VECTOR_FMA(all, column[v], t[r][v]);
    }
  }
  for (int r = 0; r < rows; r++) {
    for (int v = 0; v < vectors; v++) t[r][v] = VECTOR_ADD(t[r][v], VECTOR_ZERO());
  }
}

// t = left + t, the left operand first as R1 has it.
VECTOR_FUNCTION void join(Tile t, const float (*left)[PANEL], int rows, int vectors) {
  for (int r = 0; r < rows; r++) {
    for (int v = 0; v < vectors; v++) t[r][v] = VECTOR_ADD(VECTOR_LOAD(left[r] + v * VECTOR_LANES), t[r][v]);
  }
}

// One tile of leaf number `leaf`: joined with the levels that its ones name; the last leaf's is finished,
// another's becomes the level of its lowest zero.
typedef struct Leaf {
  Rows a;
  const float *b;
  int64_t terms, number;
  int last;
} Leaf;

VECTOR_FUNCTION void tile_of(Block *levels, const Leaf *leaf, Rows a, int row, int rows, int vectors,
                             Finish *finish, const Results *results) {
  Tile t;
  if (leaf->last) {
    for (int r = 0; r < rows; r++) {
      for (int64_t i = 0; i < results->columns * results->size; i += 64)
        __builtin_prefetch(results->memory + (row + r) * results->stride + i, 1);
    }
  }
  leaf_sums(t, a, leaf->b, leaf->terms, rows, vectors);
  int level = 0;
  for (; leaf->number >> level != 0; level++) {
    if (leaf->number >> level & 1)
      join(t, (const float(*)[PANEL])levels[level] + row, rows, vectors);
    else if (!leaf->last)
      break;
  }
  if (leaf->last) {
    finish(results, t, row, rows, vectors);
    return;
  }
  for (int r = 0; r < rows; r++) {
    for (int v = 0; v < vectors; v++) VECTOR_STORE(levels[level][row + r] + v * VECTOR_LANES, t[r][v]);
  }
}

// A leaf of a block, in tiles of as many rows as there are accumulators, then of fewer.
VECTOR_FUNCTION void leaf_of(Block *levels, const Leaf *leaf, int rows, int vectors, Finish *finish,
                             const Results *results) {
  int row = 0;
#define TILES(many)                                                                                          \
  for (; many <= TILE_ROWS && row + many <= rows; row += many) {                                             \
    Rows a = leaf->a;                                                                                        \
    a.data += row * a.outer;                                                                                 \
    tile_of(levels, leaf, a, row, many, vectors, finish, results);                                           \
  }
  TILES(12)
  TILES(6)
  TILES(4)
  TILES(2)
  TILES(1)
#undef TILES
}

// The sums of a block of rows and the columns of a group over `terms` terms, each tile to finish. panels are
// the group's, packed, or NULL: then each leaf is packed when it is used. results are the first panel's, with
// the group's columns. Inlined where finish and one of a's strides are constants.
VECTOR_FUNCTION void block_product(Rows a, Columns b, const float *panels, int64_t terms, int rows,
                                   Finish *finish, const Results *results) {
  Levels levels[CUT_JOINED / PANEL];
  float packed[X1_LEAF * PANEL] __attribute__((aligned(64)));
  Leaf leaf = {a, packed, X1_LEAF, 0, 0};
  for (int64_t k = 0; !leaf.last; k += X1_LEAF, leaf.number++) {
    leaf.a.data = a.data + k * a.inner;
    leaf.last = terms - k <= X1_LEAF;
    if (leaf.last) leaf.terms = terms - k;
    Results here = *results;
    for (int64_t c = 0; c < results->columns; c += PANEL) {
      here.column = results->column + c;
      here.columns = results->columns - c < PANEL ? results->columns - c : PANEL;
      here.memory = results->memory + c * results->size;
      if (panels != NULL)
        leaf.b = panels + c * terms + k * PANEL;
      else
        pack(packed, b, k, leaf.terms, c, here.columns);
      Block *own = levels[terms <= X1_LEAF ? 0 : c / PANEL];
      if (here.columns <= VECTOR_LANES)
        leaf_of(own, &leaf, rows, 1, finish, &here);
      else
        leaf_of(own, &leaf, rows, TILE_VECTORS, finish, &here);
    }
  }
}

// All columns of a group, where many rows will use them and `panels` (CUT_FLOATS) holds them; or NULL.
static const float *packed_group(float *panels, Columns b, int64_t terms, int64_t columns, int64_t rows,
                                 int64_t block) {
  if (rows <= block || (columns + PANEL - 1) / PANEL * PANEL * terms > CUT_FLOATS) return NULL;
  for (int64_t c = 0; c < columns; c += PANEL)
    pack(panels + c * terms, b, 0, terms, c, columns - c < PANEL ? columns - c : PANEL);
  return panels;
}

#endif
