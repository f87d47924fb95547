// The CPU as a device: operator table, threads, and the check that its arithmetic can be trusted.
#include "engine/device/device.h"

#include "engine/device/thread_pool.h"
#include "engine/shared/memory.h"
#include "kernels/self_test.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

struct Device {
  const Operators *operators;
  ThreadPool *pool;
  const char *isa;
};

static int usable_cores(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  int cores = CPU_COUNT(&set);
  return cores > DEVICE_THREADS_MAX ? DEVICE_THREADS_MAX : cores;
}

static void check_worker(const void *arguments, int64_t first, int64_t last) {
  (void)last;
  const char **failures = *(const char ***)arguments;
  failures[first] = self_test_environment();
}

// Any library loaded before us may have changed the rounding state of any thread.
static Status check_workers(Device *device, Error *error) {
  int threads = thread_pool_size(device->pool);
  const char *failures[DEVICE_THREADS_MAX] = {NULL}, **table = failures;
  thread_pool_run(device->pool, check_worker, &table, threads, 1);
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
  Device *made = memory_get(1, sizeof *made);
  made->operators = operators;
  made->isa = isa;
  Status status = thread_pool_create(&made->pool, threads == 0 ? usable_cores() : threads, error);
  if (status == STATUS_OK) status = check_workers(made, error);
  if (status != STATUS_OK) {
    device_free(made);
    return status;
  }
  *device = made;
  return STATUS_OK;
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
  const char *failure = self_test_operators(operators);
  if (failure != NULL) return error_set(error, STATUS_UNAVAILABLE, "%s", failure);
  const char *const known[] = {"portable", "avx2", "avx512"};
  const char *name = "own";
  for (size_t i = 0; i < 3; i++) {
    if (strcmp(known[i], chosen) == 0) name = known[i];
  }
  return create(device, operators, name, threads, error);
}

Status device_create_with(Device **device, const Operators *operators, int threads, Error *error) {
  return create(device, operators, "own", threads, error);
}

int device_threads(const Device *device) {
  return thread_pool_size(device->pool);
}
const char *device_isa(const Device *device) {
  return device->isa;
}

void device_free(Device *device) {
  if (device == NULL) return;
  thread_pool_free(device->pool);
  free(device);
}

// One pair per operator: the task the pool calls, and the public function.
typedef struct Call {
  const Operators *operators;
  const void *arguments;
} Call;

#define OPERATOR(name, Arguments, least)                                                                     \
  static void run_##name(const void *call, int64_t first, int64_t last) {                                    \
    const Call *c = call;                                                                                    \
    c->operators->name(c->arguments, first, last);                                                           \
  }                                                                                                          \
  void device_##name(Device *device, const Arguments *arguments) {                                           \
    Call call = {device->operators, arguments};                                                              \
    thread_pool_run(device->pool, run_##name, &call, name##_tasks(arguments), least);                        \
  }
#include "kernels/operators.inc"
#undef OPERATOR
