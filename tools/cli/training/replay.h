// Training again what a run recorded, and the first difference.
#ifndef INGOT_TOOLS_CLI_TRAINING_REPLAY_H
#define INGOT_TOOLS_CLI_TRAINING_REPLAY_H

#include "io/run/events.h"
#include "io/run/manifest.h"
#include "tools/cli/training/session.h"

typedef struct Replay {
  const char *run;   // its folder
  uint64_t from, to; // steps; to 0 = as far as the run has recorded
  Manifest *manifest;
  EventLog log;
  uint64_t *steps; // of its checkpoints, ascending
  int step_count;
  char *checkpoints; // their folder
  // Found by replay_run.
  bool other_data;    // than the run's, by their digest
  int64_t next_event; // of the log, to be compared next
  uint64_t reached;
  int64_t compared_events;
  int compared_checkpoints;
  // Sentences, "" where there is none: the first step whose loss, norm or metric differs, and the first
  // state (or that only the data digest differs).
  Text step_difference, state_difference;
} Replay;

bool replay_is_identical(const Replay *replay);

// Reads the record of a run. 66 where it is none, 65 where from or to is no checkpoint of it, or where
// nothing was recorded yet.
Status replay_open(Replay *replay, Error *error);

// Trains with a prepared session; stops where the first step and the first state that differ are known.
Status replay_run(Replay *replay, Session *session, Error *error);

void replay_close(Replay *replay);

#endif
