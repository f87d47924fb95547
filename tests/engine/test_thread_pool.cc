// The thread pool: every task of every job once, whether its workers spin, sleep, or come late.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <unistd.h>
#include <vector>

extern "C" {
#include "engine/device/thread_pool.h"
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

} // namespace

TEST(ThreadPool, RunsEveryTaskOnce) {
  std::mt19937_64 random(1);
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool *pool = nullptr;
    Error error{};
    ASSERT_EQ(thread_pool_create(&pool, threads, &error), STATUS_OK) << error.text;
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
    ASSERT_EQ(thread_pool_create(&pool, 4, &error), STATUS_OK) << error.text;
    Job job(100), *arguments = &job;
    thread_pool_run(pool, run_tasks, &arguments, 100, 1);
    if (i % 2 == 0) usleep(500);
    thread_pool_free(pool);
  }
}
