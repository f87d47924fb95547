// Operators alone on a GPU: matrix products, and what memory limits against a copy of the device.
#include "tools/bench/gpu/gpu.h"
#include "tools/bench/operators/arguments.h"

#include <dlfcn.h>
#include <stdio.h>

typedef struct GpuCase {
  const char *name; // of what is no product
  OperatorWork work, tiny;
} GpuCase;

static const GpuCase rows[] = {
    {"adamw of 64 Mi parameters",
     {OPERATOR_adamw_step, (int64_t)64 << 20, 0, 0},
     {OPERATOR_adamw_step, 4096, 0, 0}},
    {"softmax 1 Mi x 64", {OPERATOR_scores, 1 << 20, 64, 0}, {OPERATOR_scores, 64, 64, 0}},
    {"layer norm forward 256 Ki x 256",
     {OPERATOR_norm_forward, 1 << 18, 256, 0},
     {OPERATOR_norm_forward, 64, 256, 0}},
    {"layer norm backward 256 Ki x 256",
     {OPERATOR_norm_backward_input, 1 << 18, 256, 0},
     {OPERATOR_norm_backward_input, 64, 256, 0}},
    {"gather 1 Mi x 64", {OPERATOR_inputs_forward, 1 << 20, 64, 0}, {OPERATOR_inputs_forward, 64, 64, 0}},
};

static Status measure(GpuBench *gpu, const OperatorWork *work, const char *name, Error *error) {
  OperatorCall own = {.work = *work};
  BenchTimes times = {0};
  Status status;
  TRY(operator_arguments(&own.arguments, &gpu->bench, work, error));
  TRY(bench_measure(&times, &gpu->bench, operator_call, &own, error));
  gpu_print(gpu, name, &times, operator_amount(work), operator_is_product(work->id) ? "GFLOP/s" : "GB/s");
done:
  bench_times_free(&times);
  bench_release(&gpu->bench);
  return status;
}

static Status measure_products(GpuBench *gpu, int64_t count, int64_t outputs, int64_t inputs, Error *error) {
  static const struct {
    const char *what;
    OperatorId id;
  } kinds[] = {{"weight", OPERATOR_linear_backward_weight},
               {"input", OPERATOR_linear_backward_input},
               {"forward", OPERATOR_linear_forward}};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    char name[96];
    OperatorWork work = {kinds[i].id, count, outputs, inputs};
    snprintf(name, sizeof name, "product %s %lldx%lldx%lld", kinds[i].what, (long long)count,
             (long long)outputs, (long long)inputs);
    PASS(measure(gpu, &work, name, error));
  }
  return STATUS_OK;
}

// The driver's own copy between blocks of the device, on the context that the CUDA library made current.
typedef struct Copy {
  int (*copy)(unsigned long long to, unsigned long long from, size_t bytes);
  int (*synchronise)(void);
  void *to, *from;
  size_t bytes;
} Copy;

enum { COPIES = 8 }; // enqueued between two waits

static Status work_copy(Bench *bench, void *context, Error *error) {
  (void)bench;
  Copy *c = context;
  int failed = 0;
  for (int i = 0; i < COPIES; i++) failed |= c->copy((uintptr_t)c->to, (uintptr_t)c->from, c->bytes);
  failed |= c->synchronise();
  return failed ? error_set(error, STATUS_UNAVAILABLE, "the driver's copy on the device failed") : STATUS_OK;
}

static Status measure_copy(GpuBench *gpu, Error *error) {
  Bench *bench = &gpu->bench;
  void *driver = dlopen("libcuda.so.1", RTLD_NOW);
  Copy c = {.bytes = (size_t)1 << 30};
  if (driver != NULL) {
    *(void **)&c.copy = dlsym(driver, "cuMemcpyDtoD_v2");
    *(void **)&c.synchronise = dlsym(driver, "cuCtxSynchronize");
  }
  if (c.copy == NULL || c.synchronise == NULL) {
    fprintf(stderr, "no copy was measured: there is no libcuda.so.1 with cuMemcpyDtoD_v2\n");
    return STATUS_OK;
  }
  BenchTimes times = {0};
  Status status;
  TRY(bench_zeros(bench, &c.to, c.bytes, error));
  TRY(bench_zeros(bench, &c.from, c.bytes, error));
  TRY(bench_measure(&times, bench, work_copy, &c, error));
  BenchSpread *spreads[] = {&times.wall, &times.device};
  for (int i = 0; i < 2; i++)
    spreads[i]->median /= COPIES, spreads[i]->least /= COPIES, spreads[i]->most /= COPIES;
  gpu->copy_rate = 2.0 * (double)c.bytes / times.wall.median;
  gpu_print(gpu, "copy 1 GiB", &times, 2.0 * (double)c.bytes, "GB/s");
done:
  bench_times_free(&times);
  bench_release(bench);
  return status;
}

Status gpu_operators(GpuBench *gpu, Error *error) {
  static const int64_t shapes[][3] = {
      {4096, 4096, 4096}, {8192, 8192, 2048}, {65536, 512, 512}, {65536, 256, 64}, {1024, 256, 256}};
  const int tiny = gpu->bench.tiny;
  if (tiny) PASS(measure_products(gpu, 64, 32, 48, error));
  for (size_t i = 0; !tiny && i < sizeof shapes / sizeof shapes[0]; i++)
    PASS(measure_products(gpu, shapes[i][0], shapes[i][1], shapes[i][2], error));
  PASS(measure_copy(gpu, error));
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    PASS(measure(gpu, tiny ? &rows[i].tiny : &rows[i].work, rows[i].name, error));
  return STATUS_OK;
}
