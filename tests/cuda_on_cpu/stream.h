// A stream of the grid as a library beside it sees it: work can be added, which then runs in stream order.
#ifndef INGOT_TESTS_CUDA_ON_CPU_STREAM_H
#define INGOT_TESTS_CUDA_ON_CPU_STREAM_H

#include <functional>

// A virtual function, so that a library finds it without symbols of the grid.
struct cpu_stream {
  // May touch device memory while it runs.
  virtual void enqueue(std::function<void()> work) = 0;
  virtual ~cpu_stream() = default;
};

#endif
