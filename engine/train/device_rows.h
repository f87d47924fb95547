// Private to engine/train: how rows of a source come to the device, held there whole or staged micro-batch by
// micro-batch. Which of the two changes time and memory, never bits.
#ifndef INGOT_ENGINE_TRAIN_DEVICE_ROWS_H
#define INGOT_ENGINE_TRAIN_DEVICE_ROWS_H

#include "engine/train/trainer_state.h"

// Chooses: held where the source is in memory and the device has room beside `other` bytes of the plan.
void device_rows_settle(DeviceRows *rows, BatchSource *source, const Trainer *trainer);

// Takes (or measures) device memory for the rows where they are held.
void device_rows_take(DeviceRows *rows, Trainer *trainer);
Status device_rows_load(DeviceRows *rows, const Trainer *trainer, Error *error);

// A micro-batch of the step's batch: positions [at, at + count) of it.
Status device_rows_batch(ModelBatch *batch, const DeviceRows *rows, Trainer *trainer,
                         const StepScalars *scalars, int64_t at, int64_t count, Error *error);

// Rows [at, at + count) of the source in file order.
Status device_rows_in_order(ModelBatch *batch, const DeviceRows *rows, Trainer *trainer, int64_t at,
                            int64_t count, Error *error);

#endif
