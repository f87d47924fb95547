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

// x[r] = one element of the input vector of each of the data set's rows row[r]. What one read needs of
// another comes in a loop before it, so that the reads of all rows overlap.
DEVICE_FUNCTION void read_element(float x[ROWS_AT_ONCE], const InputsForward &s, const GatherSegment &segment,
                                  const int64_t row[ROWS_AT_ONCE], int64_t e) {
  if (segment.table == NULL) {
    for (int r = 0; r < ROWS_AT_ONCE; r++) x[r] = s.values[row[r] * s.value_count + segment.source + e];
    return;
  }
  int64_t id[ROWS_AT_ONCE];
  for (int r = 0; r < ROWS_AT_ONCE; r++) id[r] = s.ids[row[r] * s.category_count + segment.source];
  for (int r = 0; r < ROWS_AT_ONCE; r++) x[r] = segment.table[id[r] * segment.width + e];
}

KERNEL_OF(THREADS) gather(InputsForward s, Tiling tiling) {
  int64_t element = (int64_t)block_y() * tiling.across + thread_index() % tiling.across;
  const GatherSegment *found = segment_of(s.segments, s.segment_count, element);
  if (found == NULL) return;
  const GatherSegment segment = *found;
  const int64_t step = (int64_t)block_count_x() * tiling.down, e = element - segment.offset;
  for (int64_t first = (int64_t)block_x() * tiling.down + thread_index() / tiling.across; first < s.rows;
       first += ROWS_AT_ONCE * step) {
    float x[ROWS_AT_ONCE];
    int64_t row[ROWS_AT_ONCE];
    for (int r = 0; r < ROWS_AT_ONCE; r++) {
      int64_t i = first + r * step;
      row[r] = source_row(s.rows_of, i < s.rows ? i : first);
    }
    read_element(x, s, segment, row, e);
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
