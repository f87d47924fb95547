// Blocks of sums by rule R1: rows by a panel of PANEL columns, tile by tile, a tile's chains in registers.
//
// DESIGN. b is a packed panel, b[k][PANEL], zero beyond its columns; a is read where it lies. A leaf of 256
// terms runs rows * 2 independent fma chains, enough to hide an fma's latency; leaves are joined as they come
// by a binary counter of partial sums, which is R1's tree: T([0,n)) = T([0,p)) + T([p,n)). A block goes leaf
// by leaf, so that a leaf of the panel stays in the nearest cache; the last leaf's tiles go from registers to
// their results. Where a is read across its rows (gradients of weights), each tile asks meanwhile for a part
// of what the next block will read, and sums a's rows on the way, which are the gradients of the bias.
#ifndef INGOT_KERNELS_PRODUCT_TILE_H
#define INGOT_KERNELS_PRODUCT_TILE_H

#include "kernels/product/pack.h"
#include "kernels/shared/rules.h"

#include <stddef.h>

enum {
  TILE_ROWS = VECTOR_REGISTERS < 32 ? 6
              : VECTOR_LANES == 4   ? 8
                                    : 12, // 12, 16 or 24 accumulators
  OWN_VECTORS = (TILE_ROWS + VECTOR_LANES - 1) / VECTOR_LANES,
  TILE_LEVELS = 16, // of the tree: 2^24 terms
  LINE_FLOATS = 16, // of a line of the cache
  FETCHED_LATE = 48 // terms before the end of a tile
};

// Sums in registers: of the products with a panel's columns, and of the rows of a themselves, one a lane.
typedef struct Tile {
  Vector sums[TILE_ROWS][TILE_VECTORS];
  Vector own[OWN_VECTORS];
} Tile;

// The same of a block's rows in memory; behind the last own sum a vector may end.
typedef struct Block {
  float sums[CUT_ROWS][PANEL];
  float own[CUT_ROWS + VECTOR_LANES];
} Block;
typedef Block Levels[TILE_LEVELS];

// a(i,k) = data[i * outer + k * inner]; one of the strides is 1.
typedef struct Rows {
  const float *data;
  int64_t outer, inner;
} Rows;

// How much of a tile is wanted, and whether it fetches ahead; constants where it is inlined. own needs
// a.outer == 1.
typedef struct Extent {
  int rows, vectors, own, ahead;
} Extent;

// Rows that come next: each tile asks for one line of 64 bytes of each of them, a row a term.
typedef struct Ahead {
  const float *rows[2];
  int64_t stride[2], columns[2];
} Ahead;

VECTOR_FUNCTION int own_vectors(Extent e) {
  return e.own ? (e.rows + VECTOR_LANES - 1) / VECTOR_LANES : 0;
}

// Where results go and what they need: finish(results, tile, row, extent) takes the sums of rows
// [row, row + extent.rows) of the block; columns * size bytes at `memory + row * stride` will be written.
typedef struct Results {
  const void *arguments;
  int64_t row, column, columns; // the block's first row, the panel's columns
  char *memory;
  int64_t stride, size;
} Results;

typedef void Finish(const Results *results, const Tile *t, int row, Extent e);

typedef const float *RowPointers[(TILE_ROWS + 2) / 3]; // of every third row: fewer addresses than rows

// One term of all chains, own sums with factors of 1. Their lanes beyond the tile's rows are read too where
// `beyond` says so; they belong to no row. (A masked read in the loop would have the compiler keep the sums
// in memory.)
VECTOR_FUNCTION void add_term(Tile *t, RowPointers row, Rows a, const float *b, int64_t k, Extent e,
                              const Rows *next, int beyond) {
  Vector column[TILE_VECTORS];
  for (int v = 0; v < e.vectors; v++) column[v] = VECTOR_LOAD(b + k * PANEL + v * VECTOR_LANES);
  for (int r = 0; r < e.rows; r++) {
    Vector all = VECTOR_ALL(row[r / 3][(r % 3) * a.outer + k * a.inner]);
    for (int v = 0; v < e.vectors; v++) t->sums[r][v] = VECTOR_FMA(all, column[v], t->sums[r][v]);
  }
  if (e.ahead) __builtin_prefetch(next->data + k * next->outer, 0, 2);
  for (int v = 0; v < own_vectors(e); v++) {
    const float *from = row[0] + v * VECTOR_LANES + k * a.inner;
    int64_t lanes = smaller(e.rows - v * VECTOR_LANES, VECTOR_LANES);
    Vector own = beyond ? VECTOR_LOAD(from) : vector_load_some(from, lanes);
    t->own[v] = VECTOR_ADD(own, t->own[v]);
  }
}

// How many of `terms` terms have the whole vectors of own sums within what was read or will be.
VECTOR_FUNCTION int64_t terms_clear(Rows a, int64_t terms, Extent e) {
  int64_t last = (terms - 1) * a.inner + e.rows - own_vectors(e) * VECTOR_LANES;
  return !e.own ? terms : last < 0 ? 0 : last / a.inner + 1;
}

VECTOR_FUNCTION void fetch_results(const Results *results, int row, Extent e) {
  for (int r = 0; r < e.rows; r++) {
    for (int64_t i = 0; i < results->columns * results->size; i += 64)
      __builtin_prefetch(results->memory + (row + r) * results->stride + i, 1);
  }
}

// t = the chains over `terms` <= 256 terms, + 0.0f. Of the last leaf the results' lines are asked for: at
// first, or, where tiles fetch ahead, late enough that they are still in the nearest cache at the end.
VECTOR_FUNCTION void leaf_sums(Tile *t, Rows a, const float *b, int64_t terms, Extent e, Rows next,
                               const Results *results, int first) {
  RowPointers row;
  for (int r = 0; r < e.rows; r++) {
    for (int v = 0; v < e.vectors; v++) t->sums[r][v] = VECTOR_ZERO();
  }
  for (int v = 0; v < OWN_VECTORS; v++) t->own[v] = VECTOR_ZERO();
  for (int g = 0; g < (TILE_ROWS + 2) / 3; g++) {
    row[g] = a.data + 3 * g * a.outer;
    __asm__("" : "+r"(row[g])); // or the compiler makes an address of each row again, and spills
  }
  int64_t k = 0;
  int64_t clear = terms_clear(a, terms, e);
  for (; e.ahead && k < clear - FETCHED_LATE; k++) add_term(t, row, a, b, k, e, &next, 1);
  if (results != NULL) fetch_results(results, first, e);
  for (; k < clear; k++) add_term(t, row, a, b, k, e, &next, 1);
  for (; e.own && k < terms; k++) add_term(t, row, a, b, k, e, &next, 0);
  for (int r = 0; r < e.rows; r++) {
    for (int v = 0; v < e.vectors; v++) t->sums[r][v] = VECTOR_ADD(t->sums[r][v], VECTOR_ZERO());
  }
  for (int v = 0; v < OWN_VECTORS; v++) t->own[v] = VECTOR_ADD(t->own[v], VECTOR_ZERO());
}

// t = left + t, the left operand first as R1 has it.
VECTOR_FUNCTION void join(Tile *t, const Block *left, int row, Extent e) {
  for (int r = 0; r < e.rows; r++) {
    for (int v = 0; v < e.vectors; v++)
      t->sums[r][v] = VECTOR_ADD(VECTOR_LOAD(left->sums[row + r] + v * VECTOR_LANES), t->sums[r][v]);
  }
  for (int v = 0; v < own_vectors(e); v++)
    t->own[v] = VECTOR_ADD(VECTOR_LOAD(left->own + row + v * VECTOR_LANES), t->own[v]);
}

// Lanes behind the tile's last row are overwritten by the next tile's.
VECTOR_FUNCTION void keep(Block *block, const Tile *t, int row, Extent e) {
  for (int r = 0; r < e.rows; r++) {
    for (int v = 0; v < e.vectors; v++) VECTOR_STORE(block->sums[row + r] + v * VECTOR_LANES, t->sums[r][v]);
  }
  for (int v = 0; v < own_vectors(e); v++) VECTOR_STORE(block->own + row + v * VECTOR_LANES, t->own[v]);
}

// One tile of leaf number `leaf`: joined with the levels that its ones name; the last leaf's is finished,
// another's becomes the level of its lowest zero.
typedef struct Leaf {
  Rows a;
  const float *b;
  int64_t terms, number;
  int last;
  const Ahead *ahead;
  int64_t lines; // asked for
} Leaf;

// What the next tile of a leaf asks for; once all is asked for, nothing new.
VECTOR_FUNCTION Rows line_ahead(Leaf *leaf) {
  const Ahead *all = leaf->ahead;
  int64_t line = leaf->lines++ * LINE_FLOATS, which = line >= all->columns[0];
  if (which) line -= (all->columns[0] + LINE_FLOATS - 1) / LINE_FLOATS * LINE_FLOATS;
  if (which && line >= all->columns[1]) return (Rows){leaf->b, 0, 0};
  return (Rows){all->rows[which] + line + leaf->number * X1_LEAF * all->stride[which], all->stride[which], 1};
}

VECTOR_FUNCTION void tile_of(Block *levels, Leaf *leaf, Rows a, int row, Extent e, Finish *finish,
                             const Results *results) {
  Tile t;
  leaf_sums(&t, a, leaf->b, leaf->terms, e, e.ahead ? line_ahead(leaf) : a, leaf->last ? results : NULL, row);
  int level = 0;
  for (; leaf->number >> level != 0; level++) {
    if (leaf->number >> level & 1)
      join(&t, &levels[level], row, e);
    else if (!leaf->last)
      break;
  }
  if (leaf->last)
    finish(results, &t, row, e);
  else
    keep(&levels[level], &t, row, e);
}

// A leaf of a block, in tiles of as many rows as there are accumulators, then of fewer.
VECTOR_FUNCTION void leaf_of(Block *levels, Leaf *leaf, Extent e, Finish *finish, const Results *results) {
  int row = 0;
#define TILES(many)                                                                                          \
  for (; many <= TILE_ROWS && row + many <= e.rows; row += many) {                                           \
    Rows a = leaf->a;                                                                                        \
    a.data += row * a.outer;                                                                                 \
    tile_of(levels, leaf, a, row, (Extent){many, e.vectors, e.own, e.ahead}, finish, results);               \
  }
  TILES(12)
  TILES(8)
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
                                   const Ahead *ahead, Finish *finish, const Results *results) {
  Levels levels[CUT_JOINED / PANEL];
  float packed[X1_LEAF * PANEL] __attribute__((aligned(64)));
  Leaf leaf = {a, packed, X1_LEAF, 0, 0, ahead, 0};
  int weights = ahead != NULL;
  for (int64_t k = 0; !leaf.last; k += X1_LEAF, leaf.number++) {
    leaf.a.data = a.data + k * a.inner;
    leaf.lines = 0;
    leaf.last = terms - k <= X1_LEAF;
    if (leaf.last) leaf.terms = terms - k;
    Results here = *results;
    for (int64_t c = 0; c < results->columns; c += PANEL) {
      here.column = results->column + c;
      here.columns = smaller(results->columns - c, PANEL);
      here.memory = results->memory + c * results->size;
      if (panels != NULL)
        leaf.b = panels + c * terms + k * PANEL;
      else
        pack(packed, b, k, leaf.terms, c, here.columns);
      Block *level = levels[terms <= X1_LEAF ? 0 : c / PANEL];
      if (weights && here.column == 0)
        leaf_of(level, &leaf, (Extent){rows, TILE_VECTORS, 1, 1}, finish, &here);
      else if (here.columns <= VECTOR_LANES)
        leaf_of(level, &leaf, (Extent){rows, 1, 0, weights}, finish, &here);
      else
        leaf_of(level, &leaf, (Extent){rows, TILE_VECTORS, 0, weights}, finish, &here);
    }
  }
}

// All columns of a group, where many rows will use them and `panels` (CUT_FLOATS) holds them; or NULL.
static const float *packed_group(float *panels, Columns b, int64_t terms, int64_t columns, int64_t rows,
                                 int64_t block) {
  if (rows <= block || (columns + PANEL - 1) / PANEL * PANEL * terms > CUT_FLOATS) return NULL;
  for (int64_t c = 0; c < columns; c += PANEL)
    pack(panels + c * terms, b, 0, terms, c, smaller(columns - c, PANEL));
  return panels;
}

#endif
