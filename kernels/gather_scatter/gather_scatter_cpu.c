// Rows of the data set to the model's input vector, and gradients back to embedding tables, on a CPU.
#include "kernels/operators.h"
#include "kernels/shared/flags.h"
#include "kernels/shared/isa.h"
#include "kernels/shared/order.h"
#include "kernels/shared/quantise.h"

void ISA_NAME(batch_rows)(const BatchRows *s, int64_t first, int64_t last) {
  const StepScalars *now = step_scalars(s->window);
  order_rows(s->rows_of + first, &s->order, now->epoch, now->first + first, last - first);
}

static int64_t source_row(const int64_t *rows_of, int64_t i) {
  return rows_of == NULL ? i : rows_of[i];
}

enum {
  LINE = 64,
  FLOATS_OF_LINE = LINE / sizeof(float),
  AHEAD = 12,
  DX_AHEAD = 24
}; // rows asked for before they are needed

static void fetch_row(const InputsForward *s, int64_t row) {
  const char *from = (const char *)(s->values + row * s->value_count);
  for (int64_t at = 0; at < s->value_count * (int64_t)sizeof(float); at += LINE)
    __builtin_prefetch(from + at);
  from = (const char *)(s->ids + row * s->category_count);
  for (int64_t at = 0; at < s->category_count * (int64_t)sizeof(int32_t); at += LINE)
    __builtin_prefetch(from + at);
}

static void copy(float *to, const float *from, int64_t count) {
  for (; count > VECTOR_LANES; count -= VECTOR_LANES, to += VECTOR_LANES, from += VECTOR_LANES)
    VECTOR_STORE(to, VECTOR_LOAD(from));
  vector_store_some(to, vector_load_some(from, count), count);
}

void ISA_NAME(inputs_forward)(const InputsForward *s, int64_t first, int64_t last) {
  if (s->rows_of != NULL) {
    for (int64_t i = first; i < last && i < first + AHEAD; i++) fetch_row(s, s->rows_of[i]);
  }
  for (int64_t i = first; i < last; i++) {
    int64_t row = source_row(s->rows_of, i);
    if (s->rows_of != NULL && i + AHEAD < last) fetch_row(s, s->rows_of[i + AHEAD]);
    for (int64_t k = 0; k < s->segment_count; k++) {
      const GatherSegment *segment = &s->segments[k];
      const float *from =
          segment->table == NULL
              ? s->values + row * s->value_count + segment->source
              : segment->table + s->ids[row * s->category_count + segment->source] * segment->width;
      copy(s->x + i * s->width + segment->offset, from, segment->width);
    }
  }
}

static void segment_backward(const EmbeddingBackward *s, const GatherSegment *segment) {
  unsigned unfit = 0;
  const int64_t n = segment->width, whole = n / VECTOR_LANES * VECTOR_LANES;
  for (int64_t i = 0; i < s->rows; i++) {
    int64_t id = s->ids[source_row(s->rows_of, i) * s->category_count + segment->source];
    const float *dx = s->dx + i * s->width + segment->offset, *later = dx + DX_AHEAD * s->width;
    int64_t *q = segment->q + id * n;
    for (int64_t e = 0; e < n; e += FLOATS_OF_LINE) __builtin_prefetch(later + e);
    __builtin_prefetch(later + n - 1);
    for (int64_t e = 0; e < whole; e += VECTOR_LANES)
      unfit |= add_quantised(q + e, VECTOR_LOAD(dx + e), VECTOR_LANES, s->quantiser);
    if (whole < n)
      unfit |= add_quantised(q + whole, vector_load_some(dx + whole, n - whole), n - whole, s->quantiser);
  }
  if (unfit) flag_raise(segment->flag);
}

void ISA_NAME(embedding_backward)(const EmbeddingBackward *s, int64_t first, int64_t last) {
  for (int64_t k = first; k < last; k++) {
    if (s->segments[k].table != NULL) segment_backward(s, &s->segments[k]);
  }
}
