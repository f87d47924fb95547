// What several threads that work on tasks report of failures: that of the lowest task, whichever came first.
#ifndef INGOT_ENGINE_SHARED_FIRST_FAILURE_H
#define INGOT_ENGINE_SHARED_FIRST_FAILURE_H

#include "engine/shared/status.h"

#include <pthread.h>
#include <stdint.h>

typedef struct FirstFailure {
  pthread_mutex_t mutex;
  int64_t task;
  Status status; // STATUS_OK: none failed
  Error error;
} FirstFailure;

void first_failure_begin(FirstFailure *failure);

// By any thread; STATUS_OK is fine, and then `error` may be anything.
void first_failure_add(FirstFailure *failure, int64_t task, Status status, const Error *error);

// Once no thread adds any more: the status, with its error.
Status first_failure_end(FirstFailure *failure, Error *error);

#endif
