// Matrix products by rule R1 on a CPU: which operand is packed, and what becomes of the sums.
//
// DESIGN. All three products run a range of tasks in parts (cut.h): a part's columns are packed in panels
// (pack.h), its rows run over them in blocks (tile.h). The operators differ in what a and b are, and in their
// finish.
#include "kernels/operators.h"
#include "kernels/product/quantise.h"
#include "kernels/product/tile.h"
#include "kernels/row_reduction/column_sums.h"
#include "kernels/row_reduction/r2.h"
#include "kernels/shared/flags.h"
#include "kernels/shared/isa.h"

enum { WEIGHT_ROWS = 4 * CUT_ROWS }; // of gradients that stay in the cache from grain to grain

static int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}

// The lanes of vector v that hold columns.
static int64_t lanes_of(const Results *results, int v) {
  return smaller(VECTOR_LANES, results->columns - v * VECTOR_LANES);
}

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
    block_product(rows, b, panels, terms, (int)smaller(block, part->row_end - i), finish, &results);
  }
}

// ---- forward: a = x, b = w transposed ----

VECTOR_FUNCTION void finish_forward(const Results *results, Tile t, int row, int rows, int vectors) {
  const LinearForward *s = results->arguments;
  for (int v = 0; v < vectors; v++) {
    int64_t lanes = lanes_of(results, v), column = results->column + v * VECTOR_LANES;
    Vector bias = vector_load_some(s->bias + column, lanes);
    for (int r = 0; r < rows; r++) {
      Vector sum = VECTOR_ADD(t[r][v], bias);
      if (s->activation == ACTIVATION_RELU) sum = VECTOR_RELU(sum);
      vector_store_some(s->y + (results->row + row + r) * s->outputs + column, sum, lanes);
    }
  }
}

static void forward_part(const LinearForward *s, const CutPart *part) {
  Columns w = {s->w + part->column * s->inputs, 1, s->inputs};
  float_part(s->y, s->outputs, s->x, w, s->inputs, part, finish_forward, s);
}

// One output: R2 of the products.
static void forward_single(const LinearForward *s, int64_t first, int64_t last) {
  for (int64_t i = first; i < last; i++) {
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
    else
      forward_part(s, &part);
  }
}

// ---- gradient of the inputs: a = dy, b = w ----

VECTOR_FUNCTION void finish_input(const Results *results, Tile t, int row, int rows, int vectors) {
  const LinearBackwardInput *s = results->arguments;
  for (int v = 0; v < vectors; v++) {
    int64_t lanes = lanes_of(results, v);
    for (int r = 0; r < rows; r++) {
      int64_t at = (results->row + row + r) * s->inputs + results->column + v * VECTOR_LANES;
      Vector sum = t[r][v];
      if (s->activation == ACTIVATION_RELU) {
        Vector result = vector_load_some(s->x + at, lanes);
        sum = VECTOR_WHERE_POSITIVE(result, sum);
      }
      vector_store_some(s->dx + at, sum, lanes);
    }
  }
}

static void input_part(const LinearBackwardInput *s, const CutPart *part) {
  Columns w = {s->w + part->column, s->inputs, 1};
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

VECTOR_FUNCTION void finish_weight(const Results *results, Tile t, int row, int rows, int vectors) {
  const LinearBackwardWeight *s = results->arguments;
  int fits = 1;
  for (int v = 0; v < vectors; v++) {
    int64_t lanes = lanes_of(results, v);
    for (int r = 0; r < rows; r++) {
      int64_t at = (results->row + row + r) * s->inputs + results->column + v * VECTOR_LANES;
      fits &= add_quantised(s->qw + at, t[r][v], lanes, &s->quantiser);
    }
  }
  if (!fits) flag_raise(s->flag_w);
}

static void weight_part(const LinearBackwardWeight *s, const CutPart *part) {
  float room[CUT_FLOATS] __attribute__((aligned(64)));
  int64_t columns = part->column_end - part->column;
  for (int64_t i = 0; i < s->rows; i += s->grain) {
    int64_t terms = smaller(s->grain, s->rows - i);
    Columns x = {s->x + i * s->inputs + part->column, s->inputs, 1};
    const float *panels = packed_group(room, x, terms, columns, part->row_end - part->row, CUT_ROWS);
    for (int64_t n = part->row; n < part->row_end; n += CUT_ROWS) {
      int64_t *q = s->qw + n * s->inputs + part->column;
      Results results = {s, n, part->column, columns, (char *)q, s->inputs * 8, 8};
      int rows = (int)smaller(CUT_ROWS, part->row_end - n);
      Rows dy = {s->dy + i * s->outputs + n, 1, s->outputs};
      block_product(dy, x, panels, terms, rows, finish_weight, &results);
    }
  }
}

// Gradients of the bias, R1 of each grain's dy with factors of 1.
static void bias_part(const LinearBackwardWeight *s, int64_t n_first, int64_t n_last) {
  float sums[SUMMED_COLUMNS];
  for (int64_t i = 0; i < s->rows; i += s->grain) {
    for (int64_t n = n_first; n < n_last; n += SUMMED_COLUMNS) {
      int64_t columns = smaller(SUMMED_COLUMNS, n_last - n);
      grain_sum(sums, s->dy + i * s->outputs + n, NULL, s->outputs, columns, smaller(s->grain, s->rows - i));
      add_column_sums(s->qb + n, s->flag_b, sums, columns, &s->quantiser);
    }
  }
}

void ISA_NAME(linear_backward_weight)(const LinearBackwardWeight *s, int64_t first, int64_t last) {
  Cut cut = cut_of_weights(s->outputs, s->inputs, s->grain);
  while (first < last) {
    CutPart part = cut_take(&cut, &first, last);
    if (part.column == 0) bias_part(s, part.row, part.row_end);
    for (CutPart some = part; some.row < part.row_end; some.row += WEIGHT_ROWS) {
      some.row_end = smaller(some.row + WEIGHT_ROWS, part.row_end);
      weight_part(s, &some);
    }
  }
}
