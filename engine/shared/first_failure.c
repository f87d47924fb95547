// The failure of the lowest task.
#include "engine/shared/first_failure.h"

void first_failure_begin(FirstFailure *failure) {
  pthread_mutex_init(&failure->mutex, NULL);
  failure->task = 0;
  failure->status = STATUS_OK;
}

void first_failure_add(FirstFailure *failure, int64_t task, Status status, const Error *error) {
  if (status == STATUS_OK) return;
  pthread_mutex_lock(&failure->mutex);
  if (failure->status == STATUS_OK || task < failure->task) {
    failure->status = status;
    failure->task = task;
    failure->error = *error;
  }
  pthread_mutex_unlock(&failure->mutex);
}

Status first_failure_end(FirstFailure *failure, Error *error) {
  pthread_mutex_destroy(&failure->mutex);
  if (failure->status != STATUS_OK) *error = failure->error;
  return failure->status;
}
