// Threads that share out the tasks of one operator at a time.
//
// DESIGN. A job has a number. Workers wait for the next number (spinning shortly, then sleeping), do their
// part, and count themselves done; the caller does part 0 and waits for the count.
#include "engine/device/thread_pool.h"

#include "engine/shared/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SPINS = 4000 };

typedef struct Worker {
  ThreadPool *pool;
  pthread_t thread;
  int index;
} Worker;

struct ThreadPool {
  pthread_mutex_t mutex;
  pthread_cond_t wake, finished;
  atomic_uint job; // number of the current job
  atomic_int done; // workers that finished it
  int stop;        // under mutex with job
  int threads;     // callers included
  int parts;       // of the current job
  int64_t tasks;
  TaskFunction *function;
  const void *arguments;
  Worker *workers; // threads - 1
};

static void pause_shortly(void) {
#ifdef __x86_64__
  __builtin_ia32_pause();
#endif
}

static void run_part(ThreadPool *pool, int part) {
  if (part >= pool->parts) return;
  int64_t first = pool->tasks * part / pool->parts, last = pool->tasks * (part + 1) / pool->parts;
  pool->function(pool->arguments, first, last);
}

static void wait_for_job(ThreadPool *pool, unsigned seen) {
  for (int i = 0; i < SPINS; i++) {
    if (atomic_load(&pool->job) != seen) return;
    pause_shortly();
  }
  pthread_mutex_lock(&pool->mutex);
  while (atomic_load(&pool->job) == seen) pthread_cond_wait(&pool->wake, &pool->mutex);
  pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument) {
  Worker *worker = argument;
  ThreadPool *pool = worker->pool;
  for (unsigned seen = 0;; seen++) {
    wait_for_job(pool, seen);
    if (pool->stop) return NULL;
    run_part(pool, worker->index);
    if (atomic_fetch_add(&pool->done, 1) + 1 == pool->threads - 1) {
      pthread_mutex_lock(&pool->mutex);
      pthread_cond_signal(&pool->finished);
      pthread_mutex_unlock(&pool->mutex);
    }
  }
}

static void start_job(ThreadPool *pool) {
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->done, 0);
  atomic_fetch_add(&pool->job, 1);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
}

static void wait_for_workers(ThreadPool *pool) {
  for (int i = 0; i < SPINS; i++) {
    if (atomic_load(&pool->done) == pool->threads - 1) return;
    pause_shortly();
  }
  pthread_mutex_lock(&pool->mutex);
  while (atomic_load(&pool->done) < pool->threads - 1) pthread_cond_wait(&pool->finished, &pool->mutex);
  pthread_mutex_unlock(&pool->mutex);
}

Status thread_pool_create(ThreadPool **pool, int threads, Error *error) {
  ThreadPool *made = memory_get(1, sizeof *made);
  pthread_mutex_init(&made->mutex, NULL);
  pthread_cond_init(&made->wake, NULL);
  pthread_cond_init(&made->finished, NULL);
  made->workers = memory_get((size_t)threads, sizeof *made->workers);
  made->threads = 1;
  // Signals are for the caller's thread: workers block them all.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  int refused = 0;
  for (int i = 1; i < threads && refused == 0; i++) {
    made->workers[i - 1] = (Worker){.pool = made, .index = i};
    refused = pthread_create(&made->workers[i - 1].thread, NULL, worker_main, &made->workers[i - 1]);
    if (refused == 0) made->threads++;
  }
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (refused != 0) {
    thread_pool_free(made);
    return error_set(error, STATUS_UNAVAILABLE,
                     "the system refused thread %d of %d (%s): use fewer --threads", made->threads + 1,
                     threads, strerror(refused));
  }
  *pool = made;
  return STATUS_OK;
}

int thread_pool_size(const ThreadPool *pool) {
  return pool->threads;
}

void thread_pool_run(ThreadPool *pool, TaskFunction *function, const void *arguments, int64_t tasks,
                     int64_t least) {
  if (tasks <= 0) return;
  int64_t parts = (tasks + least - 1) / least;
  if (parts > pool->threads) parts = pool->threads;
  if (parts <= 1) {
    function(arguments, 0, tasks);
    return;
  }
  pool->function = function;
  pool->arguments = arguments;
  pool->tasks = tasks;
  pool->parts = (int)parts;
  start_job(pool);
  run_part(pool, 0);
  wait_for_workers(pool);
}

void thread_pool_free(ThreadPool *pool) {
  if (pool == NULL) return;
  if (pool->threads > 1) {
    pool->stop = 1;
    start_job(pool);
    for (int i = 1; i < pool->threads; i++) pthread_join(pool->workers[i - 1].thread, NULL);
  }
  pthread_cond_destroy(&pool->wake);
  pthread_cond_destroy(&pool->finished);
  pthread_mutex_destroy(&pool->mutex);
  free(pool->workers);
  free(pool);
}
