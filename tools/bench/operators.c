// Operators alone: matrix products, and what memory limits against a copy of the device.
#include "tools/bench/bench.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

// An operator as work that takes its arguments.
#define WORK(name)                                                                                           \
  static Status work_##name(Bench *bench, void *arguments, Error *error) {                                   \
    (void)error;                                                                                             \
    device_##name(bench->device, arguments);                                                                 \
    return STATUS_OK;                                                                                        \
  }
WORK(linear_forward)
WORK(linear_backward_input)
WORK(linear_backward_weight)
WORK(adamw_step)
WORK(scores)
WORK(norm_forward)
WORK(norm_backward_input)
WORK(inputs_forward)

static Status report(Bench *bench, BenchWork *work, void *arguments, const char *name, double amount,
                     const char *unit, Error *error) {
  BenchTimes times;
  PASS(bench_measure(&times, bench, work, arguments, error));
  bench_print(bench, name, &times, amount, unit);
  return STATUS_OK;
}

// ---- products ----

typedef struct Shape {
  int64_t rows, outputs, inputs;
} Shape;

static Status measure_products(Bench *bench, Shape s, Error *error) {
  char name[96];
  float *x, *w, *bias, *y;
  void *q, *flags;
  PASS(bench_numbers(bench, &x, s.rows * s.inputs, 1e-3f, error));
  PASS(bench_numbers(bench, &w, s.outputs * s.inputs, 1e-3f, error));
  PASS(bench_numbers(bench, &bias, s.outputs, 1e-3f, error));
  PASS(bench_numbers(bench, &y, s.rows * s.outputs, 1e-3f, error));
  PASS(bench_zeros(bench, &q, (size_t)(s.outputs * (s.inputs + 1)) * sizeof(int64_t), error));
  PASS(bench_zeros(bench, &flags, 2 * sizeof(int32_t), error));
  int64_t *sums = q;
  int32_t *flag = flags;
  LinearBackwardWeight weight = {.qw = sums,
                                 .qb = sums + s.outputs * s.inputs,
                                 .flag_w = flag,
                                 .flag_b = flag + 1,
                                 .dy = y,
                                 .x = x,
                                 .rows = s.rows,
                                 .outputs = s.outputs,
                                 .inputs = s.inputs,
                                 .grain = 256,
                                 .quantiser = {0x1p40, 0x1p10f}};
  LinearBackwardInput input = {x, y, w, NULL, s.rows, s.outputs, s.inputs, ACTIVATION_NONE};
  LinearForward forward = {y, x, w, bias, s.rows, s.outputs, s.inputs, ACTIVATION_NONE};
  const double flops = 2.0 * (double)s.rows * (double)s.outputs * (double)s.inputs;
  const struct {
    const char *what;
    BenchWork *work;
    void *arguments;
  } all[] = {{"weight", work_linear_backward_weight, &weight},
             {"input", work_linear_backward_input, &input},
             {"forward", work_linear_forward, &forward}};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    snprintf(name, sizeof name, "product %s %lldx%lldx%lld", all[i].what, (long long)s.rows,
             (long long)s.outputs, (long long)s.inputs);
    PASS(report(bench, all[i].work, all[i].arguments, name, flops, "GFLOP/s", error));
  }
  return STATUS_OK;
}

Status bench_products(Bench *bench, Error *error) {
  static const Shape shapes[] = {
      {4096, 4096, 4096}, {8192, 8192, 2048}, {65536, 512, 512}, {65536, 256, 64}, {1024, 256, 256}};
  static const Shape tiny[] = {{64, 32, 48}};
  const Shape *all = bench->tiny ? tiny : shapes;
  size_t count = bench->tiny ? 1 : sizeof shapes / sizeof shapes[0];
  for (size_t i = 0; i < count; i++) {
    Status status = measure_products(bench, all[i], error);
    bench_release(bench);
    PASS(status);
  }
  return STATUS_OK;
}

// ---- what memory limits ----

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

static Status measure_copy(Bench *bench, Error *error) {
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
  BenchTimes times;
  PASS(bench_zeros(bench, &c.to, c.bytes, error));
  PASS(bench_zeros(bench, &c.from, c.bytes, error));
  PASS(bench_measure(&times, bench, work_copy, &c, error));
  BenchSpread *spreads[] = {&times.wall, &times.device};
  for (int i = 0; i < 2; i++)
    spreads[i]->median /= COPIES, spreads[i]->least /= COPIES, spreads[i]->most /= COPIES;
  bench->copy_rate = 2.0 * (double)c.bytes / times.wall.median;
  bench_print(bench, "copy 1 GiB", &times, 2.0 * (double)c.bytes, "GB/s");
  return STATUS_OK;
}

static Status measure_optimizer(Bench *bench, Error *error) {
  const int64_t count = bench->tiny ? 4096 : (int64_t)64 << 20;
  StepWindow window = {.current = 0};
  window.scalars[0] = (StepScalars){.learning_rate = 1e-3f, .correction1 = 1.0f, .correction2 = 1.0f};
  TensorRun run = {0, count, 0, 1};
  const float one = 1.0f;
  float *p, *g, *m;
  void *v, *window_at, *run_at, *clip, *flag;
  PASS(bench_numbers(bench, &p, count, 1.0f, error));
  PASS(bench_numbers(bench, &g, count, 1.0f, error));
  PASS(bench_numbers(bench, &m, count, 1.0f, error));
  PASS(bench_zeros(bench, &v, (size_t)count * sizeof(float), error));
  PASS(bench_copy(bench, &window_at, &window, sizeof window, error));
  PASS(bench_copy(bench, &run_at, &run, sizeof run, error));
  PASS(bench_copy(bench, &clip, &one, sizeof one, error));
  PASS(bench_zeros(bench, &flag, sizeof(int32_t), error));
  OptimizerStep step = {p, g,     m,     v,    run_at, window_at, clip,   flag,  1,
                        1, count, 0.01f, 0.9f, 0.999f, 0.1f,      0.001f, 1e-8f, 0.9f};
  return report(bench, work_adamw_step, &step, "adamw of 64 Mi parameters", 28.0 * (double)count, "GB/s",
                error);
}

static Status measure_softmax(Bench *bench, Error *error) {
  const int64_t rows = bench->tiny ? 64 : (int64_t)1 << 20, outputs = 64;
  float *p, *z;
  PASS(bench_numbers(bench, &p, rows * outputs, 1.0f, error));
  PASS(bench_numbers(bench, &z, rows * outputs, 4.0f, error));
  Scores scores = {p, z, rows, outputs, LOSS_MULTICLASS};
  return report(bench, work_scores, &scores, "softmax 1 Mi x 64", 8.0 * (double)(rows * outputs), "GB/s",
                error);
}

static Status measure_norm(Bench *bench, Error *error) {
  const int64_t rows = bench->tiny ? 64 : (int64_t)1 << 18, columns = 256;
  float *x, *y, *h, *r, *gamma, *beta;
  PASS(bench_numbers(bench, &x, rows * columns, 1.0f, error));
  PASS(bench_numbers(bench, &y, rows * columns, 1.0f, error));
  PASS(bench_numbers(bench, &h, rows * columns, 1.0f, error));
  PASS(bench_numbers(bench, &r, rows, 1.0f, error));
  PASS(bench_numbers(bench, &gamma, columns, 1.0f, error));
  PASS(bench_numbers(bench, &beta, columns, 1.0f, error));
  NormForward forward = {y, h, r, x, gamma, beta, rows, columns, ACTIVATION_NONE};
  NormBackwardInput backward = {x, y, gamma, h, r, rows, columns};
  const double bytes = 12.0 * (double)(rows * columns);
  PASS(report(bench, work_norm_forward, &forward, "layer norm forward 256 Ki x 256", bytes, "GB/s", error));
  return report(bench, work_norm_backward_input, &backward, "layer norm backward 256 Ki x 256", bytes, "GB/s",
                error);
}

// Rows in random order, numbers alone: an embedding table would come out of the cache.
static Status measure_gather(Bench *bench, Error *error) {
  const int64_t rows = bench->tiny ? 64 : (int64_t)1 << 20, columns = 64;
  float *x, *values;
  void *rows_at, *segment_at;
  StepWindow window = {.current = 0};
  GatherSegment segment = {NULL, NULL, NULL, 0, 0, columns};
  PASS(bench_numbers(bench, &x, rows * columns, 1.0f, error));
  PASS(bench_numbers(bench, &values, rows * columns, 1.0f, error));
  PASS(bench_zeros(bench, &rows_at, (size_t)rows * sizeof(int64_t), error));
  PASS(bench_copy(bench, &segment_at, &segment, sizeof segment, error));
  void *window_at;
  PASS(bench_copy(bench, &window_at, &window, sizeof window, error));
  BatchRows order = {rows_at, window_at, rows, {.rows = rows, .seed = 7}};
  device_batch_rows(bench->device, &order);
  InputsForward gather = {x, values, NULL, rows_at, segment_at, 1, rows, columns, 0, columns};
  return report(bench, work_inputs_forward, &gather, "gather 1 Mi x 64",
                (double)rows * (8.0 * (double)columns + 8.0), "GB/s", error);
}

Status bench_rows(Bench *bench, Error *error) {
  Status (*const all[])(Bench *, Error *) = {measure_copy, measure_optimizer, measure_softmax, measure_norm,
                                             measure_gather};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    Status status = all[i](bench, error);
    bench_release(bench);
    PASS(status);
  }
  return STATUS_OK;
}
