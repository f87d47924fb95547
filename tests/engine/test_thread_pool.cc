// The thread pool: every task of every job once, whether its workers spin, sleep, or come late.
#include <gtest/gtest.h>

#include <atomic>
#include <pthread.h>
#include <random>
#include <sched.h>
#include <unistd.h>
#include <vector>

extern "C" {
#include "engine/device/thread_pool.h"
#include "engine/shared/parallel.h"
}

namespace {

struct Job {
  std::vector<std::atomic<int>> runs;
  std::atomic<int64_t> shortest{INT64_MAX};
  explicit Job(size_t tasks) : runs(tasks) {}
};

void run_tasks(const void *arguments, int64_t first, int64_t last) {
  Job &job = **(Job *const *)arguments;
  for (int64_t i = first; i < last; i++) job.runs[(size_t)i]++;
  for (int64_t seen = job.shortest; last - first < seen;) {
    if (job.shortest.compare_exchange_weak(seen, last - first)) break;
  }
}

// The processors that each thread of a pool may use; parts wait for each other, so each thread has one.
struct Places {
  pthread_barrier_t all;
  std::vector<cpu_set_t> of;
};

void note_place(const void *arguments, int64_t first, int64_t) {
  Places &places = **(Places *const *)arguments;
  pthread_barrier_wait(&places.all);
  sched_getaffinity(0, sizeof(cpu_set_t), &places.of[(size_t)first]);
}

std::vector<cpu_set_t> places_of(int threads, PoolPlaces bound) {
  ThreadPool *pool = nullptr;
  Error error{};
  EXPECT_EQ(thread_pool_create(&pool, threads, bound, &error), STATUS_OK) << error.text;
  Places places, *arguments = &places;
  places.of.resize((size_t)threads);
  pthread_barrier_init(&places.all, nullptr, (unsigned)threads);
  thread_pool_run(pool, note_place, &arguments, threads, 1);
  pthread_barrier_destroy(&places.all);
  thread_pool_free(pool);
  return places.of;
}

} // namespace

// A thread for every processor: each worker has one of its own, and the caller may use all as before.
TEST(ThreadPool, WorkersHaveAProcessorEachWhereThereIsOneForAll) {
  cpu_set_t own, after, shared;
  const int cores = parallel_cores();
  sched_getaffinity(0, sizeof own, &own);
  CPU_ZERO(&shared);
  std::vector<cpu_set_t> all = places_of(cores, POOL_BOUND);
  for (size_t i = 1; i < all.size(); i++) {
    EXPECT_EQ(CPU_COUNT(&all[i]), 1);
    CPU_OR(&shared, &shared, &all[i]);
  }
  EXPECT_EQ(CPU_COUNT(&shared), cores - 1);
  EXPECT_TRUE(CPU_EQUAL(&all[0], &own));
  sched_getaffinity(0, sizeof after, &after);
  EXPECT_TRUE(CPU_EQUAL(&after, &own));
}

TEST(ThreadPool, OtherWorkersMayUseAllProcessors) {
  cpu_set_t own;
  sched_getaffinity(0, sizeof own, &own);
  const int cores = parallel_cores();
  for (const cpu_set_t &place : places_of(cores + 1, POOL_BOUND)) EXPECT_TRUE(CPU_EQUAL(&place, &own));
  for (const cpu_set_t &place : places_of(cores, POOL_ANYWHERE)) EXPECT_TRUE(CPU_EQUAL(&place, &own));
}

TEST(ThreadPool, RunsEveryTaskOnce) {
  std::mt19937_64 random(1);
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool *pool = nullptr;
    Error error{};
    ASSERT_EQ(thread_pool_create(&pool, threads, POOL_BOUND, &error), STATUS_OK) << error.text;
    EXPECT_EQ(thread_pool_size(pool), threads);
    for (int i = 0; i < 2000; i++) {
      int64_t tasks = (int64_t)(random() % 40), least = 1 + (int64_t)(random() % 5);
      Job job((size_t)tasks), *arguments = &job;
      thread_pool_run(pool, run_tasks, &arguments, tasks, least);
      for (auto &runs : job.runs) ASSERT_EQ(runs, 1) << threads << " threads, " << tasks << " tasks";
      if (tasks > 0) {
        EXPECT_GE(job.shortest, std::min(least, tasks));
      }
      if (i % 100 == 0) usleep(500); // workers fall asleep
    }
    thread_pool_free(pool);
  }
}

TEST(ThreadPool, EndsWhileItsWorkersSleepOrSpin) {
  for (int i = 0; i < 50; i++) {
    ThreadPool *pool = nullptr;
    Error error{};
    ASSERT_EQ(thread_pool_create(&pool, 4, POOL_BOUND, &error), STATUS_OK) << error.text;
    Job job(100), *arguments = &job;
    thread_pool_run(pool, run_tasks, &arguments, 100, 1);
    if (i % 2 == 0) usleep(500);
    thread_pool_free(pool);
  }
}
