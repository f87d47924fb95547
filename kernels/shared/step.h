// What changes from step to step, in the device's memory: everything else in the arguments of a step's
// operators stays, so that a device can record them once and replay them.
//
// The host fills the scalars of the next steps of a window and sets `current` to -1; step_begin moves it on;
// the operators of a step read scalars[current] and leave records[current]; the host reads the records when
// the window is done.
#ifndef INGOT_KERNELS_SHARED_STEP_H
#define INGOT_KERNELS_SHARED_STEP_H

#include "kernels/shared/arithmetic.h"

enum { STEP_WINDOW = 64 }; // steps that may be under way before the host looks

typedef struct StepScalars {
  int64_t first;        // position in the epoch of the batch's first row
  uint32_t step, epoch; // from 0: the fourth and third counter words of R5
  float learning_rate;  // of this step, rounded once from binary64
  float correction1;    // adamw: 1 / (1 - beta1^t), rounded once from binary64
  float correction2;    // adamw: 1 / (1 - beta2^t)
  int32_t reserved;
} StepScalars;

// What one step leaves behind for the chain and the log.
typedef struct StepRecord {
  float loss;          // (float)((double)sums.loss / (double)sums.weight * 256)
  float gradient_norm; // R6
  int32_t taken;       // 0: a flag is up, so the optimizer changed nothing
  int32_t reserved;
} StepRecord;

typedef struct StepWindow {
  int64_t current; // -1 before the first step
  StepScalars scalars[STEP_WINDOW];
  StepRecord records[STEP_WINDOW];
} StepWindow;

X1_FUNCTION const StepScalars *step_scalars(const StepWindow *window) {
  return &window->scalars[window->current];
}

#endif
