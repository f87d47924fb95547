// Threads that share out the tasks of one operator at a time.
//
// DESIGN. A job is a number and its parts, in one word, so that a worker sees both or neither. Everybody does
// the part of its own index first, then what nobody has taken yet: whoever is asleep or not on a processor
// holds up nothing. A part is taken by writing the job's number beside it; what is taken holds the caller, so
// the job's other fields stay while anybody reads them. Who waits spins for a while, then sleeps and is
// counted: no system call where nobody sleeps.
// A guest's kernel takes a processor that its host has put to sleep for a busy one, and wakes a worker behind
// its caller: both share one processor for milliseconds, while another idles. So workers can be bound to a
// processor each, all but the one that the caller is on when the pool is made. The caller and the
// threads that it makes stay free: where one meets a worker, the kernel moves it away.
#include "engine/device/thread_pool.h"

#include "engine/shared/memory.h"
#include "engine/shared/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  LINE = 64,
  PART_BITS = 16,
  SPIN_NANOSECONDS = 50000, // at most; what follows one operator is mostly the next one
  PAUSES_A_LOOK = 64        // at the clock
};

typedef struct Worker {
  ThreadPool *pool;
  pthread_t thread;
  int index;
} Worker;

// The job that last took this part.
typedef struct Part {
  _Alignas(LINE) atomic_ullong taken;
} Part;

struct ThreadPool {
  pthread_mutex_t mutex;
  pthread_cond_t wake, finished;
  atomic_int sleepers;              // workers in wait for `wake`
  atomic_int caller_sleeps;         // in wait for `finished`
  int threads;                      // callers included
  Worker *workers;                  // threads - 1
  Part *parts;                      // threads
  _Alignas(LINE) atomic_ullong job; // its number << PART_BITS | its parts; no parts: the workers end
  int64_t tasks;
  TaskFunction *function;
  const void *arguments;
  _Alignas(LINE) atomic_int done; // parts of the job
};

static int parts_of(uint64_t job) {
  return (int)(job & ((1 << PART_BITS) - 1));
}

// One wait.
typedef struct Spin {
  int pauses;
  int64_t until; // nanoseconds
} Spin;

// Pauses; whether it is too early to sleep.
static int spin(Spin *wait) {
#ifdef __x86_64__
  __builtin_ia32_pause();
#endif
  if (++wait->pauses % PAUSES_A_LOOK != 0) return 1;
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  int64_t now = (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
  if (wait->until == 0) wait->until = now + SPIN_NANOSECONDS;
  return now < wait->until;
}

// Whether the part was free: this thread does it.
static int take(Part *part, uint64_t job) {
  unsigned long long last = atomic_load(&part->taken);
  return last < job && atomic_compare_exchange_strong(&part->taken, &last, job);
}

// Does the parts that nobody has taken, from the part `own` on; the number of them.
static int do_parts(ThreadPool *pool, uint64_t job, int own) {
  int did = 0;
  int64_t parts = parts_of(job);
  for (int64_t i = 0; i < parts; i++) {
    int64_t part = (own + i) % parts;
    if (!take(&pool->parts[part], job)) continue;
    pool->function(pool->arguments, pool->tasks * part / parts, pool->tasks * (part + 1) / parts);
    did++;
  }
  return did;
}

static uint64_t wait_for_job(ThreadPool *pool, uint64_t seen) {
  for (Spin wait = {0}; atomic_load(&pool->job) == seen;) {
    if (spin(&wait)) continue;
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleepers, 1);
    while (atomic_load(&pool->job) == seen) pthread_cond_wait(&pool->wake, &pool->mutex);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
  }
  return atomic_load(&pool->job);
}

static void *worker_main(void *argument) {
  Worker *worker = argument;
  ThreadPool *pool = worker->pool;
  for (uint64_t job = 0;;) {
    job = wait_for_job(pool, job);
    if (parts_of(job) == 0) return NULL;
    int did = do_parts(pool, job, worker->index);
    if (did == 0 || atomic_fetch_add(&pool->done, did) + did < parts_of(job)) continue;
    if (!atomic_load(&pool->caller_sleeps)) continue;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_signal(&pool->finished);
    pthread_mutex_unlock(&pool->mutex);
  }
}

// The next job; wakes workers where fewer than it has parts for are awake.
static uint64_t start_job(ThreadPool *pool, int parts) {
  uint64_t job = ((atomic_load(&pool->job) >> PART_BITS) + 1) << PART_BITS | (uint64_t)parts;
  atomic_store(&pool->job, job);
  int missing = (parts == 0 ? pool->threads : parts) - (pool->threads - atomic_load(&pool->sleepers));
  if (missing <= 0) return job;
  pthread_mutex_lock(&pool->mutex);
  for (int i = 0; i < missing; i++) pthread_cond_signal(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
  return job;
}

static void wait_for_parts(ThreadPool *pool, int parts) {
  for (Spin wait = {0}; atomic_load(&pool->done) < parts;) {
    if (spin(&wait)) continue;
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->caller_sleeps, 1);
    while (atomic_load(&pool->done) < parts) pthread_cond_wait(&pool->finished, &pool->mutex);
    atomic_store(&pool->caller_sleeps, 0);
    pthread_mutex_unlock(&pool->mutex);
  }
}

// ---- life ----

// The processors that workers are bound to: all but the caller's; none where threads are fewer or more than
// processors.
static void find_processors(cpu_set_t *free, int threads, PoolPlaces places) {
  int own = sched_getcpu();
  CPU_ZERO(free);
  if (places == POOL_ANYWHERE || threads != parallel_cores() || own < 0 ||
      sched_getaffinity(0, sizeof *free, free) != 0)
    return;
  if (CPU_COUNT(free) != threads || !CPU_ISSET(own, free))
    CPU_ZERO(free);
  else
    CPU_CLR(own, free);
}

// Starts a worker, on the first of the free processors where there are some; an errno where refused.
static int start_worker(Worker *worker, cpu_set_t *free) {
  pthread_attr_t how;
  int processor = 0;
  pthread_attr_init(&how);
  while (CPU_COUNT(free) > 0 && !CPU_ISSET(processor, free)) processor++;
  if (CPU_COUNT(free) > 0) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    CPU_CLR(processor, free);
    pthread_attr_setaffinity_np(&how, sizeof one, &one);
  }
  int refused = pthread_create(&worker->thread, &how, worker_main, worker);
  pthread_attr_destroy(&how);
  return refused;
}

Status thread_pool_create(ThreadPool **pool, int threads, PoolPlaces places, Error *error) {
  ThreadPool *made = memory_get(1, sizeof *made);
  pthread_mutex_init(&made->mutex, NULL);
  pthread_cond_init(&made->wake, NULL);
  pthread_cond_init(&made->finished, NULL);
  made->workers = memory_get((size_t)threads, sizeof *made->workers);
  made->parts = memory_get((size_t)threads, sizeof *made->parts);
  made->threads = 1;
  cpu_set_t processors;
  find_processors(&processors, threads, places);
  // Signals are for the caller's thread: workers block them all.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  int refused = 0;
  for (int i = 1; i < threads && refused == 0; i++) {
    made->workers[i - 1] = (Worker){.pool = made, .index = i};
    refused = start_worker(&made->workers[i - 1], &processors);
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
  int64_t parts = tasks / least;
  if (parts > pool->threads) parts = pool->threads;
  if (parts <= 1) {
    function(arguments, 0, tasks);
    return;
  }
  pool->function = function;
  pool->arguments = arguments;
  pool->tasks = tasks;
  atomic_store(&pool->done, 0);
  uint64_t job = start_job(pool, (int)parts);
  int did = do_parts(pool, job, 0);
  if (atomic_fetch_add(&pool->done, did) + did < parts) wait_for_parts(pool, (int)parts);
}

void thread_pool_free(ThreadPool *pool) {
  if (pool == NULL) return;
  if (pool->threads > 1) {
    start_job(pool, 0);
    for (int i = 1; i < pool->threads; i++) pthread_join(pool->workers[i - 1].thread, NULL);
  }
  pthread_cond_destroy(&pool->wake);
  pthread_cond_destroy(&pool->finished);
  pthread_mutex_destroy(&pool->mutex);
  free(pool->workers);
  free(pool->parts);
  free(pool);
}
