// Rows of the data set to the model's input vector, and gradients back to embedding tables, on a GPU.
#include "kernels/cuda/grid.cuh"
#include "kernels/gather_scatter/gather_scatter.h"
#include "kernels/shared/order.h"

namespace {

enum { THREADS = 256, ROWS_AT_ONCE = 4 };

// A thread a row. Positions ascend, so a pool serves a thread until it ends.
KERNEL_OF(THREADS) rows_of_batch(BatchRows s) {
  const StepScalars *now = step_scalars(s.window);
  RowPool pool = {0, 0, {{0}, 0, 0}, {{0}, 0, 0}, 0, 0}; // holds no position
  for (int64_t i = grid_index(); i < s.count; i += grid_size()) {
    int64_t position = now->first + i;
    if (position >= pool.end) pool = order_pool(&s.order, now->epoch, position);
    s.rows_of[i] = order_row(&s.order, &pool, position);
  }
}

DEVICE_FUNCTION int64_t source_row(const int64_t *rows_of, int64_t i) {
  return rows_of == NULL ? i : rows_of[i];
}

// The segment that holds an element of the input vector; NULL where none does.
DEVICE_FUNCTION const GatherSegment *segment_of(const GatherSegment *segments, int64_t count,
                                                int64_t element) {
  for (int64_t k = 0; k < count; k++) {
    if (element >= segments[k].offset && element < segments[k].offset + segments[k].width)
      return &segments[k];
  }
  return NULL;
}

// How a block's threads lie on the input vectors: neighbours along the elements, `across` of them, the rest
// down the rows; block_y counts tiles of `across` elements. So a thread looks its segment up once.
struct Tiling {
  int across, down;
};

Tiling tiling_of(int64_t width) {
  int across = 4;
  while (across < WARP && across < width) across *= 2;
  return {across, THREADS / across};
}

dim3 tiles_of(const CudaContext *context, Tiling tiling, int64_t rows, int64_t width) {
  int64_t tiles = (width + tiling.across - 1) / tiling.across;
  int64_t blocks = (rows + tiling.down * ROWS_AT_ONCE - 1) / (tiling.down * ROWS_AT_ONCE);
  int64_t most = (16 * (int64_t)context->multiprocessors + tiles - 1) / tiles;
  return dim3((unsigned)(blocks < most ? blocks : most), (unsigned)tiles);
}

// One element of the input vector of a row of the data set.
DEVICE_FUNCTION float element_of(const InputsForward &s, const GatherSegment &segment, int64_t row,
                                 int64_t e) {
  if (segment.table == NULL) return s.values[row * s.value_count + segment.source + e];
  return segment.table[(int64_t)s.ids[row * s.category_count + segment.source] * segment.width + e];
}

KERNEL_OF(THREADS) gather(InputsForward s, Tiling tiling) {
  int64_t element = (int64_t)block_y() * tiling.across + thread_index() % tiling.across;
  const GatherSegment *found = segment_of(s.segments, s.segment_count, element);
  if (found == NULL) return;
  const GatherSegment segment = *found;
  const int64_t step = (int64_t)block_count_x() * tiling.down, e = element - segment.offset;
  for (int64_t first = (int64_t)block_x() * tiling.down + thread_index() / tiling.across; first < s.rows;
       first += ROWS_AT_ONCE * step) {
    float x[ROWS_AT_ONCE]; // all read before one is written, so that reads overlap
    for (int r = 0; r < ROWS_AT_ONCE; r++) {
      int64_t i = first + r * step;
      x[r] = i < s.rows ? element_of(s, segment, source_row(s.rows_of, i), e) : 0.0f;
    }
    for (int r = 0; r < ROWS_AT_ONCE; r++) {
      int64_t i = first + r * step;
      if (i < s.rows) s.x[i * s.width + element] = x[r];
    }
  }
}

KERNEL_OF(THREADS) scatter(EmbeddingBackward s, Tiling tiling) {
  int64_t element = (int64_t)block_y() * tiling.across + thread_index() % tiling.across;
  const GatherSegment *found = segment_of(s.segments, s.segment_count, element);
  if (found == NULL || found->table == NULL) return;
  const GatherSegment segment = *found;
  for (int64_t i = (int64_t)block_x() * tiling.down + thread_index() / tiling.across; i < s.rows;
       i += (int64_t)block_count_x() * tiling.down) {
    int64_t id = s.ids[source_row(s.rows_of, i) * s.category_count + segment.source];
    float dx = s.dx[i * s.width + element];
    if (quantiser_fits(&s.quantiser, dx))
      atomic_add(&segment.q[id * segment.width + element - segment.offset],
                 r3_quantise(dx, s.quantiser.scale));
    else
      raise_flag(segment.flag);
  }
}

} // namespace

extern "C" void batch_rows_cuda(CudaContext *context, const BatchRows *s) {
  launch(context, KERNEL_batch_rows, rows_of_batch, blocks_for(context, s->count, THREADS), THREADS, *s);
}

extern "C" void inputs_forward_cuda(CudaContext *context, const InputsForward *s) {
  Tiling tiling = tiling_of(s->width);
  launch(context, KERNEL_inputs_forward, gather, tiles_of(context, tiling, s->rows, s->width), THREADS, *s,
         tiling);
}

extern "C" void embedding_backward_cuda(CudaContext *context, const EmbeddingBackward *s) {
  Tiling tiling = tiling_of(s->width);
  launch(context, KERNEL_embedding_backward, scatter, tiles_of(context, tiling, s->rows, s->width), THREADS,
         *s, tiling);
}
