// Private to io/checkpoint: state.json.
#ifndef INGOT_IO_CHECKPOINT_CHECKPOINT_STATE_H
#define INGOT_IO_CHECKPOINT_CHECKPOINT_STATE_H

#include "io/checkpoint/checkpoint.h"

char *checkpoint_state_text(const CheckpointState *state); // freed by free()

#endif
