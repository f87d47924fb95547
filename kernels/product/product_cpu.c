// Matrix products by rule R1 on a CPU: which operand is packed, and what becomes of the sums.
//
// DESIGN. All three products run a range of tasks in parts (cut.h): a part's columns are packed in panels
// (pack.h), its rows run over them in blocks (tile.h). The operators differ in what a and b are, and in their
// finish.
#include "kernels/operators.h"
#include "kernels/product/across.h"
#include "kernels/product/few.h"
#include "kernels/product/thin.h"
#include "kernels/shared/column_sums.h"
#include "kernels/shared/flags.h"
#include "kernels/shared/isa.h"
#include "kernels/shared/quantise.h"
#include "kernels/shared/r2.h"

enum {
  WEIGHT_ROWS = 4 * CUT_ROWS, // of gradients that stay in the cache from grain to grain
  WEIGHT_THIN = 2 * THIN_ROWS // so many are better read where they lie
};

// Rows of a block over panels of `terms` terms. Where terms are few, panels are small and writing the results
// decides: a block of one tile writes its rows' results side by side.
static int64_t block_rows(int64_t terms) {
  return terms <= X1_LEAF / 2 ? TILE_ROWS : CUT_ROWS;
}

// A part of out [.., width] = sums of `terms` terms of the rows of a [.., terms] and the part's columns b.
VECTOR_FUNCTION void float_part(float *out, int64_t width, const float *a, Columns b, int64_t terms,
                                const CutPart *part, Finish *finish, const void *arguments) {
  float room[CUT_FLOATS] __attribute__((aligned(64)));
  int64_t block = block_rows(terms), columns = part->column_end - part->column;
  const float *panels = packed_group(room, b, terms, columns, part->row_end - part->row, block);
  for (int64_t i = part->row; i < part->row_end; i += block) {
    char *memory = (char *)(out + i * width + part->column);
    Results results = {arguments, i, part->column, columns, memory, width * 4, 4};
    Rows rows = {a + i * terms, terms, 1};
    block_product(rows, b, panels, terms, (int)smaller(block, part->row_end - i), NULL, finish, &results);
  }
}

// ---- forward: a = x, b = w transposed ----

// A tile with bias and activation into y; `columns` is a constant where they are a whole panel.
VECTOR_FUNCTION void store_forward(const Results *results, const Tile *t, int row, Extent e,
                                   int64_t columns) {
  const LinearForward *s = results->arguments;
  const int relu = s->activation == ACTIVATION_RELU;
  Vector bias[TILE_VECTORS];
  for (int v = 0; v < e.vectors; v++)
    bias[v] = vector_load_some(s->bias + results->column + v * VECTOR_LANES, panel_lanes(columns, v));
  float *y = s->y + (results->row + row) * s->outputs + results->column;
#pragma GCC unroll 12
  for (int r = 0; r < e.rows; r++, y += s->outputs) {
#pragma GCC unroll 2
    for (int v = 0; v < e.vectors; v++) {
      Vector sum = VECTOR_ADD(t->sums[r][v], bias[v]);
      if (relu) sum = VECTOR_RELU(sum);
      vector_store_some(y + v * VECTOR_LANES, sum, panel_lanes(columns, v));
    }
  }
}

VECTOR_FUNCTION void finish_forward(const Results *results, const Tile *t, int row, Extent e) {
  if (results->columns == PANEL)
    store_forward(results, t, row, e, PANEL);
  else
    store_forward(results, t, row, e, results->columns);
}

// Few rows.
static void forward_across(const LinearForward *s, const CutPart *part) {
  AcrossSums sums;
  const int rows = (int)(part->row_end - part->row), relu = s->activation == ACTIVATION_RELU;
  for (int64_t c = part->column; c < part->column_end; c += ACROSS_COLUMNS) {
    int64_t columns = smaller(ACROSS_COLUMNS, part->column_end - c);
    across_sums(sums, s->x + part->row * s->inputs, s->w + c * s->inputs, s->inputs, s->inputs, rows,
                columns);
    for (int r = 0; r < rows; r++) {
      float *y = s->y + (part->row + r) * s->outputs + c;
      for (int g = 0; g < ACROSS_GROUPS; g++) {
        const int64_t at = g * VECTOR_LANES, lanes = panel_lanes(columns, g);
        Vector bias = vector_load_some(s->bias + c + at, lanes);
        Vector sum = VECTOR_ADD(VECTOR_LOAD(sums[r] + at), bias);
        if (relu) sum = VECTOR_RELU(sum);
        vector_store_some(y + at, sum, lanes);
      }
    }
  }
}

static void forward_part(const LinearForward *s, const CutPart *part) {
  Columns w = {s->w + part->column * s->inputs, 1, s->inputs};
  float_part(s->y, s->outputs, s->x, w, s->inputs, part, finish_forward, s);
}

// One output: R2 of the products.
static void forward_single(const LinearForward *s, int64_t first, int64_t last) {
  int64_t i = first;
  for (; i + VECTOR_LANES <= last; i += VECTOR_LANES) {
    Vector sums = r2_dots(s->x + i * s->inputs, s->inputs, s->w, s->inputs);
    Vector bias = VECTOR_ALL(s->bias[0]);
    sums = VECTOR_ADD(sums, bias);
    if (s->activation == ACTIVATION_RELU) sums = VECTOR_RELU(sums);
    VECTOR_STORE(s->y + i, sums);
  }
  for (; i < last; i++) {
    float sum = r2_dot(s->x + i * s->inputs, s->w, s->inputs);
    s->y[i] = activation_of(s->activation, x1_add(sum, s->bias[0]));
  }
}

void ISA_NAME(linear_forward)(const LinearForward *s, int64_t first, int64_t last) {
  Cut cut = cut_of(s->rows, s->outputs, s->inputs);
  while (first < last) {
    CutPart part = cut_take(&cut, &first, last);
    if (s->outputs == 1)
      forward_single(s, part.row, part.row_end);
    else if (part.row_end - part.row <= ACROSS_ROWS)
      forward_across(s, &part);
    else
      forward_part(s, &part);
  }
}

// ---- gradient of the inputs: a = dy, b = w ----

// A vector of sums at element `at` of dx; after a relu only where it passed its argument on.
VECTOR_FUNCTION void store_input_vector(const LinearBackwardInput *s, int64_t at, Vector sum, int64_t lanes,
                                        int relu) {
  if (relu) {
    Vector result = vector_load_some(s->x + at, lanes);
    sum = VECTOR_WHERE_POSITIVE(result, sum);
  }
  vector_store_some(s->dx + at, sum, lanes);
}

VECTOR_FUNCTION void store_input(const Results *results, const Tile *t, int row, Extent e, int64_t columns) {
  const LinearBackwardInput *s = results->arguments;
  const int relu = s->activation == ACTIVATION_RELU;
  int64_t at = (results->row + row) * s->inputs + results->column;
#pragma GCC unroll 12
  for (int r = 0; r < e.rows; r++, at += s->inputs) {
#pragma GCC unroll 2
    for (int v = 0; v < e.vectors; v++)
      store_input_vector(s, at + v * VECTOR_LANES, t->sums[r][v], panel_lanes(columns, v), relu);
  }
}

VECTOR_FUNCTION void finish_input(const Results *results, const Tile *t, int row, Extent e) {
  if (results->columns == PANEL)
    store_input(results, t, row, e, PANEL);
  else
    store_input(results, t, row, e, results->columns);
}

VECTOR_FUNCTION void finish_input_few(const void *arguments, int64_t row, int64_t column, int64_t columns,
                                      const Vector *sums) {
  const LinearBackwardInput *s = arguments;
  const int relu = s->activation == ACTIVATION_RELU;
  int64_t at = row * s->inputs + column;
  for (int v = 0; v < FEW_VECTORS; v++)
    store_input_vector(s, at + v * VECTOR_LANES, sums[v], panel_lanes(columns, v), relu);
}

VECTOR_FUNCTION void finish_input_row(const void *arguments, int64_t row, int64_t column, int64_t columns,
                                      const float *sums, float own) {
  const LinearBackwardInput *s = arguments;
  int64_t at = row * s->inputs + column;
  (void)own;
  for (int64_t c = 0; c < columns; c++) {
    int kept = s->activation != ACTIVATION_RELU || s->x[at + c] > 0.0f;
    s->dx[at + c] = kept ? sums[c] : 0.0f;
  }
}

static void input_part(const LinearBackwardInput *s, const CutPart *part) {
  if (s->outputs <= FEW_TERMS) {
    few_product((Rows){s->dy, s->outputs, 1}, (Columns){s->w, s->inputs, 1}, s->outputs, part,
                finish_input_few, s);
    return;
  }
  Columns w = {s->w + part->column, s->inputs, 1};
  if (part->row_end - part->row <= THIN_ROWS) {
    Rows dy = {s->dy + part->row * s->outputs, s->outputs, 1};
    thin_product(dy, w, s->outputs, part->row_end - part->row, part->column_end - part->column, part->row,
                 part->column, finish_input_row, s);
    return;
  }
  float_part(s->dx, s->inputs, s->dy, w, s->outputs, part, finish_input, s);
}

void ISA_NAME(linear_backward_input)(const LinearBackwardInput *s, int64_t first, int64_t last) {
  Cut cut = cut_of(s->rows, s->inputs, s->outputs);
  while (first < last) {
    CutPart part = cut_take(&cut, &first, last);
    input_part(s, &part);
  }
}

// ---- gradient of the weights: for each grain, a = dy transposed, b = x ----

// Sums of `columns` columns, a constant where they are a whole panel.
VECTOR_FUNCTION unsigned add_tile(const Results *results, const Tile *t, int row, Extent e, int64_t columns) {
  const LinearBackwardWeight *s = results->arguments;
  const Quantiser quantiser = s->quantiser;
  int64_t *q = s->qw + (results->row + row) * s->inputs + results->column;
  unsigned misfits = 0;
#pragma GCC unroll 12
  for (int r = 0; r < e.rows; r++, q += s->inputs) {
#pragma GCC unroll 2
    for (int v = 0; v < e.vectors; v++) {
      misfits |= add_quantised(q + v * VECTOR_LANES, t->sums[r][v], panel_lanes(columns, v), quantiser);
    }
  }
  return misfits;
}

VECTOR_FUNCTION void finish_weight(const Results *results, const Tile *t, int row, Extent e) {
  const LinearBackwardWeight *s = results->arguments;
  unsigned misfits = results->columns == PANEL ? add_tile(results, t, row, e, PANEL)
                                               : add_tile(results, t, row, e, results->columns);
  if (misfits) flag_raise(s->flag_w);
  for (int v = 0; v < own_vectors(e); v++) {
    int64_t lanes = smaller(VECTOR_LANES, e.rows - v * VECTOR_LANES);
    int64_t *q = s->qb + results->row + row + v * VECTOR_LANES;
    if (add_quantised(q, t->own[v], lanes, s->quantiser)) flag_raise(s->flag_b);
  }
}

VECTOR_FUNCTION void finish_weight_few(const void *arguments, int64_t row, int64_t column, int64_t columns,
                                       const Vector *sums) {
  const LinearBackwardWeight *s = arguments;
  int64_t *q = s->qw + row * s->inputs + column;
  unsigned misfits = 0;
  for (int v = 0; v < FEW_VECTORS; v++)
    misfits |= add_quantised(q + v * VECTOR_LANES, sums[v], panel_lanes(columns, v), s->quantiser);
  if (misfits) flag_raise(s->flag_w);
}

// Gradients of the bias where sums of few terms do not bring them.
static void bias_few(const LinearBackwardWeight *s, const CutPart *part, int64_t i, int64_t rows) {
  ColumnSums sums;
  for (int64_t n = part->row; n < part->row_end; n += SUMMED_COLUMNS) {
    int64_t columns = smaller(SUMMED_COLUMNS, part->row_end - n);
    grain_sum(&sums, s->dy + i * s->outputs + n, NULL, s->outputs, columns, rows);
    add_column_sums(s->qb + n, s->flag_b, sums.plain, columns, &s->quantiser);
  }
}

VECTOR_FUNCTION void finish_weight_row(const void *arguments, int64_t row, int64_t column, int64_t columns,
                                       const float *sums, float own) {
  const LinearBackwardWeight *s = arguments;
  const Quantiser quantiser = s->quantiser;
  unsigned misfits = 0;
  for (int64_t c = 0; c < columns; c += VECTOR_LANES) {
    int64_t lanes = smaller(VECTOR_LANES, columns - c);
    int64_t *q = s->qw + row * s->inputs + column + c;
    misfits |= add_quantised(q, VECTOR_LOAD(sums + c), lanes, quantiser);
  }
  if (misfits) flag_raise(s->flag_w);
  if (column == 0 && add_quantised(s->qb + row, VECTOR_ALL(own), 1, quantiser)) flag_raise(s->flag_b);
}

// Rows of a part's blocks, about the same in each, so that the last has tiles enough to ask for what is next.
static int64_t even_block(const CutPart *part) {
  int64_t rows = part->row_end - part->row, blocks = (rows + CUT_ROWS - 1) / CUT_ROWS;
  int64_t tiles = (rows + TILE_ROWS * blocks - 1) / (TILE_ROWS * blocks);
  return tiles * TILE_ROWS;
}

// What is read after the block of rows n of grain i: the next block's columns of dy, or, where it is the
// part's last, the next grain's first ones and its x.
static Ahead ahead_of(const LinearBackwardWeight *s, const CutPart *part, int64_t block, int64_t i,
                      int64_t n) {
  if (n + block < part->row_end) {
    const float *dy = s->dy + i * s->outputs + n + block;
    return (Ahead){{dy, dy}, {s->outputs, 0}, {smaller(block, part->row_end - n - block), 0}};
  }
  int64_t next = i + s->grain < s->rows ? i + s->grain : i;
  return (Ahead){{s->dy + next * s->outputs + part->row, s->x + next * s->inputs + part->column},
                 {s->outputs, s->inputs},
                 {smaller(block, part->row_end - part->row), part->column_end - part->column}};
}

static void weight_part(const LinearBackwardWeight *s, const CutPart *part) {
  float room[CUT_FLOATS] __attribute__((aligned(64)));
  const int64_t columns = part->column_end - part->column, block = even_block(part);
  for (int64_t i = 0; i < s->rows; i += s->grain) {
    int64_t terms = smaller(s->grain, s->rows - i);
    Columns x = {s->x + i * s->inputs + part->column, s->inputs, 1};
    if (terms <= FEW_TERMS) {
      few_product((Rows){s->dy + i * s->outputs, 1, s->outputs},
                  (Columns){s->x + i * s->inputs, s->inputs, 1}, terms, part, finish_weight_few, s);
      if (part->column == 0) bias_few(s, part, i, terms);
      continue;
    }
    if (part->row_end - part->row <= WEIGHT_THIN) {
      Rows few = {s->dy + i * s->outputs + part->row, 1, s->outputs};
      thin_product(few, x, terms, part->row_end - part->row, columns, part->row, part->column,
                   finish_weight_row, s);
      continue;
    }
    const float *panels = packed_group(room, x, terms, columns, part->row_end - part->row, block);
    for (int64_t n = part->row; n < part->row_end; n += block) {
      int64_t *q = s->qw + n * s->inputs + part->column;
      Results results = {s, n, part->column, columns, (char *)q, s->inputs * 8, 8};
      int rows = (int)smaller(block, part->row_end - n);
      Rows dy = {s->dy + i * s->outputs + n, 1, s->outputs};
      Ahead ahead = ahead_of(s, part, block, i, n);
      block_product(dy, x, panels, terms, rows, &ahead, finish_weight, &results);
    }
  }
}

void ISA_NAME(linear_backward_weight)(const LinearBackwardWeight *s, int64_t first, int64_t last) {
  Cut cut = cut_of_weights(s->outputs, s->inputs, s->rows, s->grain);
  while (first < last) {
    CutPart part = cut_take(&cut, &first, last);
    for (CutPart some = part; some.row < part.row_end; some.row += WEIGHT_ROWS) {
      some.row_end = smaller(some.row + WEIGHT_ROWS, part.row_end);
      weight_part(s, &some);
    }
  }
}
