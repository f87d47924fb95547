// Rows of a source on the device: held whole, or staged micro-batch by micro-batch.
#include "engine/train/device_rows.h"

#include "kernels/shared/order.h"

static int64_t source_bytes(const BatchSource *source, const InputLayout *layout) {
  return source->rows * 4 * ((int64_t)layout->value_count + layout->category_count + 2);
}

// A GPU gives rows at most half of what is free: parameters and activations come on top.
void device_rows_settle(DeviceRows *rows, BatchSource *source, const Trainer *trainer) {
  Device *device = trainer->options.device;
  *rows = (DeviceRows){.source = source};
  if (source == NULL || source->resident == NULL) return;
  size_t bytes = (size_t)source_bytes(source, trainer->options.layout);
  rows->resident = device_shares_host_memory(device) || bytes <= device_free_bytes(device) / 2;
  if (device_shares_host_memory(device)) rows->all = *source->resident;
}

void device_rows_take(DeviceRows *rows, Trainer *trainer) {
  const InputLayout *layout = trainer->options.layout;
  DeviceMemory *memory = &trainer->memory;
  if (!rows->resident || device_shares_host_memory(trainer->options.device)) return;
  int64_t count = rows->source->rows;
  rows->all.values = device_memory_take(memory, count * layout->value_count, sizeof(float));
  rows->all.ids = device_memory_take(memory, count * layout->category_count, sizeof(int32_t));
  rows->all.targets = device_memory_take(memory, count, sizeof(float));
  rows->all.weights = device_memory_take(memory, count, sizeof(float));
}

Status device_rows_load(DeviceRows *rows, const Trainer *trainer, Error *error) {
  Device *device = trainer->options.device;
  const InputLayout *layout = trainer->options.layout;
  if (!rows->resident || device_shares_host_memory(device)) return STATUS_OK;
  const Batch *from = rows->source->resident, *to = &rows->all;
  size_t count = (size_t)rows->source->rows;
  PASS(device_copy_in(device, to->values, from->values, count * (size_t)layout->value_count * 4, error));
  PASS(device_copy_in(device, to->ids, from->ids, count * (size_t)layout->category_count * 4, error));
  PASS(device_copy_in(device, to->targets, from->targets, count * 4, error));
  return device_copy_in(device, to->weights, from->weights, count * 4, error);
}

static Status read_span(BatchSource *source, Batch *host, Trainer *trainer, const RowSpan *span,
                        Error *error) {
  if (source->follow != NULL) return source->follow(source, host, span, error);
  if (span->order != NULL) {
    order_rows(trainer->stage_order, span->order, span->epoch, span->first, span->count);
  } else {
    for (int64_t i = 0; i < span->count; i++) trainer->stage_order[i] = span->first + i;
  }
  return source->read(source, host, trainer->stage_order, span->count, error);
}

// Reads the rows of a span of the source and sends them to the device.
static Status stage_rows(ModelBatch *batch, const DeviceRows *rows, Trainer *trainer, const RowSpan *span,
                         Error *error) {
  RowStage *stage = &trainer->stage;
  Device *device = trainer->options.device;
  Batch host = {stage->values.host, stage->ids.host, stage->targets.host, stage->weights.host};
  PASS(read_span(rows->source, &host, trainer, span, error));
  PASS(mirror_send(device, &stage->values, error));
  PASS(mirror_send(device, &stage->ids, error));
  PASS(mirror_send(device, &stage->targets, error));
  PASS(mirror_send(device, &stage->weights, error));
  batch->data =
      (Batch){stage->values.device, stage->ids.device, stage->targets.device, stage->weights.device};
  return STATUS_OK;
}

Status device_rows_batch(ModelBatch *batch, const DeviceRows *rows, Trainer *trainer,
                         const StepScalars *scalars, int64_t at, int64_t count, Error *error) {
  *batch = (ModelBatch){.rows = count, .first_position = at};
  if (rows->resident) {
    batch->data = rows->all;
    batch->rows_of = trainer->rows_of + at;
    return STATUS_OK;
  }
  RowSpan span = {&trainer->order, scalars->epoch, scalars->first + at, count};
  return stage_rows(batch, rows, trainer, &span, error);
}

Status device_rows_in_order(ModelBatch *batch, const DeviceRows *rows, Trainer *trainer, int64_t at,
                            int64_t count, Error *error) {
  const InputLayout *layout = trainer->options.layout;
  *batch = (ModelBatch){.rows = count};
  if (rows->resident) {
    const Batch *all = &rows->all;
    batch->data = (Batch){all->values + at * layout->value_count, all->ids + at * layout->category_count,
                          all->targets + at, all->weights + at};
    return STATUS_OK;
  }
  RowSpan span = {.first = at, .count = count};
  return stage_rows(batch, rows, trainer, &span, error);
}
