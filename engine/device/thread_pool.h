// Threads that share out the tasks of one operator at a time.
#ifndef INGOT_ENGINE_DEVICE_THREAD_POOL_H
#define INGOT_ENGINE_DEVICE_THREAD_POOL_H

#include "engine/shared/status.h"

#include <stdint.h>

typedef struct ThreadPool ThreadPool;
typedef void TaskFunction(const void *arguments, int64_t first, int64_t last);

// Where workers run. A pool that has a thread for every processor of this process, and the processors to
// itself, binds each worker to one.
typedef enum PoolPlaces { POOL_ANYWHERE, POOL_BOUND } PoolPlaces;

// `threads` >= 1, the calling thread included; 69 where the system refuses one.
Status thread_pool_create(ThreadPool **pool, int threads, PoolPlaces places, Error *error);
int thread_pool_size(const ThreadPool *pool);

// Calls function on contiguous parts of [0, tasks), at most one a thread, none shorter than `least` tasks but
// where fewer exist; returns when all are done. A thread that is held up leaves its part to others, so one
// may do several. From one thread at a time; no system call but to wake who sleeps, or to sleep after 50 us
// in vain.
void thread_pool_run(ThreadPool *pool, TaskFunction *function, const void *arguments, int64_t tasks,
                     int64_t least);

void thread_pool_free(ThreadPool *pool);

#endif
