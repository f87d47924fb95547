// policy.json of a run: the frozen policy of its model, with a digest of its own, for it is chosen after the
// run is sealed.
#ifndef INGOT_IO_RUN_RUN_POLICY_H
#define INGOT_IO_RUN_RUN_POLICY_H

#include "io/shared/durable.h"

#include <stdbool.h>

typedef struct RunPolicy {
  uint8_t model[DIGEST_BYTES];      // digest of the model that it was chosen for
  uint8_t definition[DIGEST_BYTES]; // of what else the choice depends on
  char kind[24];                    // its name in the configuration
  double threshold;
  bool act_below;
} RunPolicy;

Status run_policy_write(const char *run, const RunPolicy *policy, Error *error);

// 66 where the run has none, 65 where any byte was changed.
Status run_policy_read(RunPolicy *policy, const char *run, Error *error);

#endif
