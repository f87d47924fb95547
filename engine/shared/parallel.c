// Independent tasks shared out to threads that live for one call.
#include "engine/shared/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

enum { MOST_THREADS = 256 };

typedef struct Part {
  ParallelFunction *function;
  const void *arguments;
  int64_t first, last;
  pthread_t thread;
  int started;
} Part;

static _Thread_local int inside; // of a part: what it shares out itself stays on its thread

int parallel_cores(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  int cores = CPU_COUNT(&set);
  return cores < 1 ? 1 : cores > MOST_THREADS ? MOST_THREADS : cores;
}

static void *part_main(void *argument) {
  Part *part = argument;
  int outer = inside;
  inside = 1;
  part->function(part->arguments, part->first, part->last);
  inside = outer;
  return NULL;
}

void parallel_run(ParallelFunction *function, const void *arguments, int64_t tasks, int threads) {
  int64_t parts = threads > 0 ? threads : parallel_cores();
  if (parts > MOST_THREADS) parts = MOST_THREADS;
  if (parts > tasks) parts = tasks;
  if (parts <= 1 || inside) {
    if (tasks > 0) function(arguments, 0, tasks);
    return;
  }
  Part all[MOST_THREADS];
  sigset_t every, old; // signals are for the caller's thread
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, &old);
  for (int64_t i = 0; i < parts; i++) {
    all[i] = (Part){.function = function, .arguments = arguments};
    all[i].first = tasks * i / parts;
    all[i].last = tasks * (i + 1) / parts;
    all[i].started = i > 0 && pthread_create(&all[i].thread, NULL, part_main, &all[i]) == 0;
  }
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  for (int64_t i = 0; i < parts; i++) {
    if (!all[i].started) part_main(&all[i]);
  }
  for (int64_t i = 1; i < parts; i++) {
    if (all[i].started) pthread_join(all[i].thread, NULL);
  }
}

typedef struct Queue {
  ParallelTask *function;
  const void *arguments;
  int64_t tasks;
  atomic_llong *next;
} Queue;

static void work_off(const void *arguments, int64_t first, int64_t last) {
  const Queue *queue = arguments;
  (void)first, (void)last;
  for (int64_t task; (task = atomic_fetch_add(queue->next, 1)) < queue->tasks;)
    queue->function(queue->arguments, task);
}

void parallel_each(ParallelTask *function, const void *arguments, int64_t tasks, int threads) {
  atomic_llong next = 0;
  Queue queue = {function, arguments, tasks, &next};
  int64_t workers = threads > 0 ? threads : parallel_cores();
  parallel_run(work_off, &queue, workers < tasks ? workers : tasks, (int)workers);
}

// ---- failures ----

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
