// The CPU as a device: operator table, threads, and the check that its arithmetic can be trusted.
#include "engine/device/device_interface.h"
#include "engine/device/thread_pool.h"
#include "engine/shared/memory.h"
#include "engine/shared/parallel.h"
#include "kernels/product/cut.h"
#include "kernels/self_test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64 };

typedef struct CpuDevice {
  Device base;
  const Operators *operators;
  ThreadPool *pool;
  const char *isa;
} CpuDevice;

static const CpuDevice *cpu_of(const Device *device) {
  return (const CpuDevice *)device;
}

// ---- memory: the host's ----

static size_t free_bytes(const Device *device) {
  (void)device;
  return SIZE_MAX;
}

static Status allocate(Device *device, void **block, size_t bytes, Error *error) {
  (void)device;
  size_t whole = (bytes + LINE) / LINE * LINE; // at least one line
  *block = aligned_alloc(LINE, whole);
  if (*block == NULL) {
    return error_set(error, STATUS_UNAVAILABLE,
                     "the plan needs %zu bytes at once, which this machine does not give: lower "
                     "train.micro_batch or choose machine.residency: stream",
                     bytes);
  }
  memset(*block, 0, whole);
  return STATUS_OK;
}

static void release(Device *device, void *block) {
  (void)device;
  free(block);
}

static Status copy(Device *device, void *to, const void *from, size_t bytes, Error *error) {
  (void)device;
  (void)error;
  if (to != from) memcpy(to, from, bytes);
  return STATUS_OK;
}

static Status synchronise(Device *device, Error *error) {
  (void)device;
  (void)error;
  return STATUS_OK;
}

// ---- operators: tasks shared out to threads ----

typedef struct Call {
  const Operators *operators;
  const void *arguments;
} Call;

// Tasks of so many elements each that together make `elements`.
#define WORTH(elements, each) ((elements) / ((each) + 1) + 1)
#define OPERATOR(name, Arguments, least)                                                                     \
  static void run_##name(const void *call, int64_t first, int64_t last) {                                    \
    const Call *c = call;                                                                                    \
    c->operators->name(c->arguments, first, last);                                                           \
  }                                                                                                          \
  static void cpu_##name(Device *device, const Arguments *s) {                                               \
    const CpuDevice *cpu = cpu_of(device);                                                                   \
    Call call = {cpu->operators, s};                                                                         \
    const int64_t tasks = name##_tasks(s);                                                                   \
    thread_pool_run(cpu->pool, run_##name, &call, tasks, tasks > 1 ? (least) : 1);                           \
  }
#include "kernels/operators.inc"
#undef OPERATOR
#undef WORTH

// ---- life ----

static void cpu_free(Device *device) {
  thread_pool_free(cpu_of(device)->pool);
  free(device);
}

static const char *cpu_isa(const Device *device) {
  return cpu_of(device)->isa;
}

static int cpu_threads(const Device *device) {
  return thread_pool_size(cpu_of(device)->pool);
}

static void describe(char text[DEVICE_TEXT], const Device *device) {
  int threads = cpu_threads(device);
  snprintf(text, DEVICE_TEXT, "cpu, %s, %d thread%s", cpu_isa(device), threads, threads == 1 ? "" : "s");
}

static const DeviceInterface interface = {
    .kind = "cpu",
    .shares_host_memory = 1,
    .window = 1,
    .pass_rows = 256,
    .free = cpu_free,
    .isa = cpu_isa,
    .threads = cpu_threads,
    .describe = describe,
    .free_bytes = free_bytes,
    .allocate = allocate,
    .release = release,
    .copy_in = copy,
    .copy_out = copy,
    .synchronise = synchronise,
#define OPERATOR(name, Arguments, least) .name = cpu_##name,
#include "kernels/operators.inc"
#undef OPERATOR
};

typedef struct WorkerCheck {
  pthread_barrier_t *all;
  const char **failures;
} WorkerCheck;

// Each task waits for all others, so that every thread has one.
static void check_worker(const void *arguments, int64_t first, int64_t last) {
  (void)last;
  const WorkerCheck *check = arguments;
  check->failures[first] = self_test_environment();
  pthread_barrier_wait(check->all);
}

// Any library loaded before us may have changed the rounding state of any thread.
static Status check_workers(CpuDevice *device, Error *error) {
  int threads = thread_pool_size(device->pool);
  const char *failures[DEVICE_THREADS_MAX] = {NULL};
  pthread_barrier_t all;
  pthread_barrier_init(&all, NULL, (unsigned)threads);
  WorkerCheck check = {&all, failures};
  thread_pool_run(device->pool, check_worker, &check, threads, 1);
  pthread_barrier_destroy(&all);
  for (int i = 0; i < threads; i++) {
    if (failures[i] != NULL) return error_set(error, STATUS_UNAVAILABLE, "%s", failures[i]);
  }
  return STATUS_OK;
}

static Status create(Device **device, const Operators *operators, const char *isa, int threads,
                     Error *error) {
  if (threads < 0 || threads > DEVICE_THREADS_MAX) {
    return error_set(error, STATUS_USAGE, "%d threads: choose 1 to %d, or 0 for the cores of this process",
                     threads, DEVICE_THREADS_MAX);
  }
  CpuDevice *made = memory_get(1, sizeof *made);
  made->base.interface = &interface;
  made->operators = operators;
  made->isa = isa;
  Status status;
  TRY(thread_pool_create(&made->pool, threads == 0 ? parallel_cores() : threads, POOL_BOUND, error));
  TRY(check_workers(made, error));
  *device = &made->base;
  return STATUS_OK;
done:
  if (made->pool != NULL) thread_pool_free(made->pool);
  free(made);
  return status;
}

Status device_create(Device **device, const char *isa, int threads, Error *error) {
  const char *chosen = strcmp(isa, "auto") == 0 ? operators_best_isa() : isa;
  const Operators *operators = chosen == NULL ? NULL : operators_cpu(chosen);
  if (operators == NULL) {
    return error_set(error, STATUS_UNAVAILABLE,
                     "this processor cannot run the instruction set '%s': it offers %s; use --isa auto", isa,
                     operators_best_isa() == NULL ? "no fused multiply-add, which exact mode needs"
                                                  : operators_best_isa());
  }
  int number = 0;
  while (strcmp(operators_isa(number), chosen) != 0) number++;
  PASS(create(device, operators, operators_isa(number), threads, error)); // a name that stays
  Status status = device_self_test(*device, error);
  if (status != STATUS_OK) device_free(*device);
  return status;
}

Status device_create_with(Device **device, const Operators *operators, int threads, Error *error) {
  return create(device, operators, "own", threads, error);
}
