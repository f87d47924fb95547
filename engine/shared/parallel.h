// Independent tasks shared out to threads that live for one call.
#ifndef INGOT_ENGINE_SHARED_PARALLEL_H
#define INGOT_ENGINE_SHARED_PARALLEL_H

#include "engine/shared/status.h"

#include <pthread.h>
#include <stdint.h>

typedef void ParallelFunction(const void *arguments, int64_t first, int64_t last);

// The cores this process may use, at least 1.
int parallel_cores(void);

// Calls function on contiguous parts of [0, tasks), one part a thread; returns when all are done. threads: 0
// = parallel_cores(). The caller works too, and does the part of every thread that the system refuses. Within
// a part of another call all tasks are one part.
void parallel_run(ParallelFunction *function, const void *arguments, int64_t tasks, int threads);

// Calls function once for each task of [0, tasks), whichever thread is free taking the next one; for tasks of
// different lengths.
typedef void ParallelTask(const void *arguments, int64_t task);
void parallel_each(ParallelTask *function, const void *arguments, int64_t tasks, int threads);

// What tasks report of failures: that of the lowest task, whichever came first.
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
