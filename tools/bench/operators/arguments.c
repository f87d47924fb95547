// Arguments of operators for a size.
#include "tools/bench/operators/arguments.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

void operator_run(Device *device, OperatorId id, const OperatorArguments *arguments) {
  switch (id) {
#define OPERATOR(name, Arguments, least)                                                                     \
  case OPERATOR_##name:                                                                                      \
    device_##name(device, &arguments->name);                                                                 \
    break;
#include "kernels/operators.inc"
#undef OPERATOR
  default:
    break;
  }
}

Status operator_call(Bench *bench, void *call, Error *error) {
  const OperatorCall *own = call;
  (void)error;
  operator_run(bench->device, own->work.id, &own->arguments);
  return STATUS_OK;
}

int operator_is_product(OperatorId id) {
  return id == OPERATOR_linear_forward || id == OPERATOR_linear_backward_input ||
         id == OPERATOR_linear_backward_weight;
}

// Bytes of an element of a row, or of a row; the arrays are those of the headers.
static double bytes_of(const OperatorWork *work) {
  const double columns = (double)work->outputs, categories = (double)work->inputs;
  switch (work->id) {
  case OPERATOR_norm_forward:        // x; y, h
  case OPERATOR_norm_backward_input: // dy, h; dx
  case OPERATOR_activation_backward: // dy, x; dx
    return 12 * columns;
  case OPERATOR_norm_backward_weight: // dy, h
  case OPERATOR_activation_forward:   // x; y
  case OPERATOR_dropout:              // x; y
  case OPERATOR_scores:               // z; p
    return 8 * columns;
  case OPERATOR_loss: // z, target, weight; dz
    return 8 * columns + 8;
  case OPERATOR_inputs_forward: // values, row number, ids, table rows; x
    return 8 * columns + 8 + categories * (4 + 8 * BENCH_EMBED);
  case OPERATOR_embedding_backward: // dx, row number, ids
    return 8 + categories * (4 + 4 * BENCH_EMBED);
  case OPERATOR_gradient_finish: // q; q, g
  case OPERATOR_sgd_step:        // p, g, m; p, m
    return 20;
  case OPERATOR_adamw_step: // p, g, m, v; p, m, v
    return 28;
  case OPERATOR_batch_rows: // row numbers
    return 8;
  default: // one array
    return 4;
  }
}

double operator_amount(const OperatorWork *work) {
  if (operator_is_product(work->id))
    return 2.0 * (double)work->rows * (double)work->outputs * (double)work->inputs;
  return (double)work->rows * bytes_of(work);
}

// ---- products: small numbers, whose sums stay far from every bound however often they are added up ----

static const float small = 1e-3f;
static const Quantiser quantiser = {0x1p40, 0x1p10f};

static Status linear_forward(LinearForward *s, Bench *bench, const OperatorWork *work, Error *error) {
  float *x, *w, *bias, *y;
  PASS(bench_numbers(bench, &x, work->rows * work->inputs, small, error));
  PASS(bench_numbers(bench, &w, work->outputs * work->inputs, small, error));
  PASS(bench_numbers(bench, &bias, work->outputs, small, error));
  PASS(bench_numbers(bench, &y, work->rows * work->outputs, small, error));
  *s = (LinearForward){y, x, w, bias, work->rows, work->outputs, work->inputs, ACTIVATION_NONE};
  return STATUS_OK;
}

static Status linear_backward_input(LinearBackwardInput *s, Bench *bench, const OperatorWork *work,
                                    Error *error) {
  float *dx, *dy, *w;
  PASS(bench_numbers(bench, &dx, work->rows * work->inputs, small, error));
  PASS(bench_numbers(bench, &dy, work->rows * work->outputs, small, error));
  PASS(bench_numbers(bench, &w, work->outputs * work->inputs, small, error));
  *s = (LinearBackwardInput){dx, dy, w, NULL, work->rows, work->outputs, work->inputs, ACTIVATION_NONE};
  return STATUS_OK;
}

static Status linear_backward_weight(LinearBackwardWeight *s, Bench *bench, const OperatorWork *work,
                                     Error *error) {
  float *x, *dy;
  void *qw, *qb, *flags;
  PASS(bench_numbers(bench, &x, work->rows * work->inputs, small, error));
  PASS(bench_numbers(bench, &dy, work->rows * work->outputs, small, error));
  PASS(bench_zeros(bench, &qw, (size_t)(work->outputs * work->inputs) * sizeof(int64_t), error));
  PASS(bench_zeros(bench, &qb, (size_t)work->outputs * sizeof(int64_t), error));
  PASS(bench_zeros(bench, &flags, 2 * sizeof(int32_t), error));
  *s = (LinearBackwardWeight){.qw = qw,
                              .qb = qb,
                              .flag_w = flags,
                              .flag_b = (int32_t *)flags + 1,
                              .dy = dy,
                              .x = x,
                              .rows = work->rows,
                              .outputs = work->outputs,
                              .inputs = work->inputs,
                              .grain = 256,
                              .quantiser = quantiser};
  return STATUS_OK;
}

// ---- rows ----

static Status norm_forward(NormForward *s, Bench *bench, const OperatorWork *work, Error *error) {
  const int64_t rows = work->rows, columns = work->outputs;
  float *x, *y, *h, *r, *gamma, *beta;
  PASS(bench_numbers(bench, &x, rows * columns, 1.0f, error));
  PASS(bench_numbers(bench, &y, rows * columns, 1.0f, error));
  PASS(bench_numbers(bench, &h, rows * columns, 1.0f, error));
  PASS(bench_numbers(bench, &r, rows, 1.0f, error));
  PASS(bench_numbers(bench, &gamma, columns, 1.0f, error));
  PASS(bench_numbers(bench, &beta, columns, 1.0f, error));
  *s = (NormForward){y, h, r, x, gamma, beta, rows, columns, ACTIVATION_NONE};
  return STATUS_OK;
}

static Status norm_backward_input(NormBackwardInput *s, Bench *bench, const OperatorWork *work,
                                  Error *error) {
  const int64_t rows = work->rows, columns = work->outputs;
  float *dx, *dy, *h, *r, *gamma;
  PASS(bench_numbers(bench, &dx, rows * columns, 1.0f, error));
  PASS(bench_numbers(bench, &dy, rows * columns, 1.0f, error));
  PASS(bench_numbers(bench, &h, rows * columns, 1.0f, error));
  PASS(bench_numbers(bench, &r, rows, 1.0f, error));
  PASS(bench_numbers(bench, &gamma, columns, 1.0f, error));
  *s = (NormBackwardInput){dx, dy, gamma, h, r, rows, columns};
  return STATUS_OK;
}

static Status norm_backward_weight(NormBackwardWeight *s, Bench *bench, const OperatorWork *work,
                                   Error *error) {
  const int64_t rows = work->rows, columns = work->outputs;
  float *dy, *h;
  void *q, *flags;
  PASS(bench_numbers(bench, &dy, rows * columns, small, error));
  PASS(bench_numbers(bench, &h, rows * columns, 1.0f, error));
  PASS(bench_zeros(bench, &q, (size_t)(2 * columns) * sizeof(int64_t), error));
  PASS(bench_zeros(bench, &flags, 2 * sizeof(int32_t), error));
  int64_t *sums = q;
  int32_t *flag = flags;
  *s = (NormBackwardWeight){sums, sums + columns, flag, flag + 1, dy, h, rows, columns, 256, quantiser};
  return STATUS_OK;
}

static Status activation_forward(ActivationForward *s, Bench *bench, const OperatorWork *work, Error *error) {
  const int64_t count = work->rows * work->outputs;
  float *x, *y;
  PASS(bench_numbers(bench, &x, count, 4.0f, error));
  PASS(bench_numbers(bench, &y, count, 1.0f, error));
  *s = (ActivationForward){y, x, count, ACTIVATION_GELU};
  return STATUS_OK;
}

static Status activation_backward(ActivationBackward *s, Bench *bench, const OperatorWork *work,
                                  Error *error) {
  const int64_t count = work->rows * work->outputs;
  float *x, *dy, *dx;
  PASS(bench_numbers(bench, &x, count, 4.0f, error));
  PASS(bench_numbers(bench, &dy, count, 1.0f, error));
  PASS(bench_numbers(bench, &dx, count, 1.0f, error));
  *s = (ActivationBackward){dx, dy, x, count, ACTIVATION_GELU};
  return STATUS_OK;
}

// The first step of a training.
static Status first_step(void **window_at, Bench *bench, Error *error) {
  StepWindow window = {.current = 0};
  window.scalars[0] = (StepScalars){.learning_rate = 1e-3f, .correction1 = 1.0f, .correction2 = 1.0f};
  return bench_copy(bench, window_at, &window, sizeof window, error);
}

static Status dropout(Dropout *s, Bench *bench, const OperatorWork *work, Error *error) {
  float *x, *y;
  void *window;
  PASS(bench_numbers(bench, &x, work->rows * work->outputs, 1.0f, error));
  PASS(bench_numbers(bench, &y, work->rows * work->outputs, 1.0f, error));
  PASS(first_step(&window, bench, error));
  *s = (Dropout){.y = y,
                 .x = x,
                 .rows = work->rows,
                 .columns = work->outputs,
                 .window = window,
                 .seed = 7,
                 .threshold = 0x20000000,
                 .scale = 1 / 0.875f};
  return STATUS_OK;
}

// A plain generator: what it makes need only differ, and be the same each time.
static uint32_t next_below(uint64_t *state, uint32_t bound) {
  *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (uint32_t)(*state >> 33) % bound;
}

static LossKind kind_of(const OperatorWork *work) {
  return work->outputs == 1 ? LOSS_BINARY : LOSS_MULTICLASS;
}

// Labels, and weights small enough for sums of many calls.
static Status labels_and_weights(void **targets, void **weights, Bench *bench, const OperatorWork *work,
                                 Error *error) {
  float *host = memory_get((size_t)work->rows, sizeof *host);
  uint64_t state = 42;
  Status status;
  for (int64_t i = 0; i < work->rows; i++)
    host[i] = (float)next_below(&state, work->outputs == 1 ? 2 : (uint32_t)work->outputs);
  TRY(bench_copy(bench, targets, host, (size_t)work->rows * sizeof *host, error));
  for (int64_t i = 0; i < work->rows; i++) host[i] = 0x1p-20f;
  TRY(bench_copy(bench, weights, host, (size_t)work->rows * sizeof *host, error));
done:
  free(host);
  return status;
}

static Status loss(Loss *s, Bench *bench, const OperatorWork *work, Error *error) {
  float *dz, *z;
  void *sums, *flag, *targets, *weights;
  PASS(bench_numbers(bench, &dz, work->rows * work->outputs, 1.0f, error));
  PASS(bench_numbers(bench, &z, work->rows * work->outputs, 4.0f, error));
  PASS(bench_zeros(bench, &sums, sizeof(BatchSums), error));
  PASS(bench_zeros(bench, &flag, sizeof(int32_t), error));
  PASS(labels_and_weights(&targets, &weights, bench, work, error));
  *s = (Loss){.dz = dz,
              .sums = sums,
              .flag = flag,
              .z = z,
              .targets = targets,
              .weights = weights,
              .rows = work->rows,
              .outputs = work->outputs,
              .loss_bound = (int64_t)1 << 40,
              .kind = kind_of(work)};
  return STATUS_OK;
}

static Status scores(Scores *s, Bench *bench, const OperatorWork *work, Error *error) {
  float *p, *z;
  PASS(bench_numbers(bench, &p, work->rows * work->outputs, 1.0f, error));
  PASS(bench_numbers(bench, &z, work->rows * work->outputs, 4.0f, error));
  *s = (Scores){p, z, work->rows, work->outputs, kind_of(work)};
  return STATUS_OK;
}

// ---- gather and scatter ----

static Status batch_rows(BatchRows *s, Bench *bench, const OperatorWork *work, Error *error) {
  void *rows_of, *window;
  PASS(bench_zeros(bench, &rows_of, (size_t)work->rows * sizeof(int64_t), error));
  PASS(first_step(&window, bench, error));
  *s = (BatchRows){rows_of, window, work->rows, {.rows = work->rows, .seed = 7}};
  return STATUS_OK;
}

static Status shuffled_rows(const int64_t **rows_of, Bench *bench, const OperatorWork *work, Error *error) {
  BatchRows order;
  PASS(batch_rows(&order, bench, work, error));
  device_batch_rows(bench->device, &order);
  *rows_of = order.rows_of;
  return device_synchronise(bench->device, error);
}

static Status random_ids(void **ids, Bench *bench, const OperatorWork *work, Error *error) {
  const int64_t count = work->rows * work->inputs;
  int32_t *host = memory_get((size_t)count, sizeof *host);
  uint64_t state = 42;
  for (int64_t i = 0; i < count; i++) host[i] = (int32_t)next_below(&state, BENCH_TABLE_ROWS);
  Status status = bench_copy(bench, ids, host, (size_t)count * sizeof *host, error);
  free(host);
  return status;
}

// Segments of `values` numbers (0: none) and the categories; table or q: those of all of them, one behind
// another.
static Status segments(void **block, int64_t *count, Bench *bench, const OperatorWork *work, int64_t values,
                       const float *table, int64_t *q, int32_t *flag, Error *error) {
  const int64_t size = BENCH_TABLE_ROWS * BENCH_EMBED;
  GatherSegment *all = memory_get((size_t)work->inputs + 1, sizeof *all);
  int64_t n = 0;
  if (values > 0) all[n++] = (GatherSegment){.width = values};
  for (int64_t c = 0; c < work->inputs; c++) {
    all[n++] = (GatherSegment){.table = table + c * size,
                               .q = q == NULL ? NULL : q + c * size,
                               .flag = flag,
                               .source = c,
                               .offset = values + c * BENCH_EMBED,
                               .width = BENCH_EMBED};
  }
  *count = n;
  Status status = bench_addresses(bench, block, all, (size_t)n * sizeof *all, error);
  free(all);
  return status;
}

static Status inputs_forward(InputsForward *s, Bench *bench, const OperatorWork *work, Error *error) {
  const int64_t width = work->outputs + work->inputs * BENCH_EMBED;
  float *x, *values, *table;
  void *ids, *block;
  *s = (InputsForward){
      .rows = work->rows, .value_count = work->outputs, .category_count = work->inputs, .width = width};
  PASS(bench_numbers(bench, &values, work->rows * work->outputs, 1.0f, error));
  PASS(bench_numbers(bench, &x, work->rows * width, 1.0f, error));
  PASS(bench_numbers(bench, &table, work->inputs * BENCH_TABLE_ROWS * BENCH_EMBED, 1.0f, error));
  PASS(random_ids(&ids, bench, work, error));
  PASS(shuffled_rows(&s->rows_of, bench, work, error));
  PASS(segments(&block, &s->segment_count, bench, work, work->outputs, table, NULL, NULL, error));
  s->x = x;
  s->values = values;
  s->ids = ids;
  s->segments = block;
  return STATUS_OK;
}

static Status embedding_backward(EmbeddingBackward *s, Bench *bench, const OperatorWork *work, Error *error) {
  const int64_t width = work->inputs * BENCH_EMBED, size = width * BENCH_TABLE_ROWS;
  float *dx, *table;
  void *ids, *block, *q, *flag;
  *s = (EmbeddingBackward){
      .rows = work->rows, .category_count = work->inputs, .width = width, .quantiser = quantiser};
  PASS(bench_numbers(bench, &dx, work->rows * width, small, error));
  PASS(bench_numbers(bench, &table, size, 1.0f, error));
  PASS(bench_zeros(bench, &q, (size_t)size * sizeof(int64_t), error));
  PASS(bench_zeros(bench, &flag, sizeof(int32_t), error));
  PASS(random_ids(&ids, bench, work, error));
  PASS(shuffled_rows(&s->rows_of, bench, work, error));
  PASS(segments(&block, &s->segment_count, bench, work, 0, table, q, flag, error));
  s->dx = dx;
  s->ids = ids;
  s->segments = block;
  return STATUS_OK;
}

// ---- flat arrays: one tensor ----

static Status one_run(void **runs, Bench *bench, int64_t count, Error *error) {
  TensorRun run;
  memset(&run, 0, sizeof run); // what lies behind its last member is compared too
  run.count = count;
  run.decays = 1;
  return bench_copy(bench, runs, &run, sizeof run, error);
}

static Status initialise(Initialise *s, Bench *bench, const OperatorWork *work, Error *error) {
  float *w;
  PASS(bench_numbers(bench, &w, work->rows, 1.0f, error));
  *s = (Initialise){w, work->rows, 7, 3, 1.0f};
  return STATUS_OK;
}

static Status gradient_finish(GradientFinish *s, Bench *bench, const OperatorWork *work, Error *error) {
  const BatchSums batch = {.weight = (int64_t)1 << 40};
  void *g, *q, *sums;
  PASS(bench_zeros(bench, &g, (size_t)work->rows * sizeof(float), error));
  float *numbers; // any bits are an integer
  PASS(bench_numbers(bench, &numbers, 2 * work->rows, 1.0f, error));
  q = numbers;
  PASS(bench_copy(bench, &sums, &batch, sizeof batch, error));
  *s = (GradientFinish){g, q, sums, work->rows, 40};
  return STATUS_OK;
}

static Status gradient_norm_blocks(GradientNormBlocks *s, Bench *bench, const OperatorWork *work,
                                   Error *error) {
  const int64_t blocks = (work->rows + X1_NORM_BLOCK - 1) / X1_NORM_BLOCK;
  float *g, *sums;
  void *runs;
  PASS(bench_numbers(bench, &g, work->rows, 1.0f, error));
  PASS(bench_numbers(bench, &sums, blocks, 1.0f, error));
  PASS(one_run(&runs, bench, work->rows, error));
  *s = (GradientNormBlocks){sums, g, runs, 1, blocks};
  return STATUS_OK;
}

// AdamW and SGD alike: SGD leaves v alone.
static Status optimizer(OptimizerStep *s, Bench *bench, const OperatorWork *work, Error *error) {
  const float one = 1.0f;
  float *p, *g, *m;
  void *v, *window, *runs, *clip, *flag;
  PASS(bench_numbers(bench, &p, work->rows, 1.0f, error));
  PASS(bench_numbers(bench, &g, work->rows, 1.0f, error));
  PASS(bench_numbers(bench, &m, work->rows, 1.0f, error));
  PASS(bench_zeros(bench, &v, (size_t)work->rows * sizeof(float), error));
  PASS(first_step(&window, bench, error));
  PASS(one_run(&runs, bench, work->rows, error));
  PASS(bench_copy(bench, &clip, &one, sizeof one, error));
  PASS(bench_zeros(bench, &flag, sizeof(int32_t), error));
  *s = (OptimizerStep){p, g,          m,     v,    runs,   window, clip,   flag,  1,
                       1, work->rows, 0.01f, 0.9f, 0.999f, 0.1f,   0.001f, 1e-8f, 0.9f};
  return STATUS_OK;
}

Status operator_arguments(OperatorArguments *a, Bench *bench, const OperatorWork *work, Error *error) {
  switch (work->id) {
#define CASE(name, make)                                                                                     \
  case OPERATOR_##name:                                                                                      \
    return make(&a->name, bench, work, error);
    CASE(initialise, initialise)
    CASE(batch_rows, batch_rows)
    CASE(inputs_forward, inputs_forward)
    CASE(embedding_backward, embedding_backward)
    CASE(linear_forward, linear_forward)
    CASE(linear_backward_input, linear_backward_input)
    CASE(linear_backward_weight, linear_backward_weight)
    CASE(norm_forward, norm_forward)
    CASE(norm_backward_input, norm_backward_input)
    CASE(norm_backward_weight, norm_backward_weight)
    CASE(activation_forward, activation_forward)
    CASE(activation_backward, activation_backward)
    CASE(dropout, dropout)
    CASE(loss, loss)
    CASE(scores, scores)
    CASE(gradient_finish, gradient_finish)
    CASE(gradient_norm_blocks, gradient_norm_blocks)
    CASE(adamw_step, optimizer)
    CASE(sgd_step, optimizer)
#undef CASE
  default:
    return error_set(error, STATUS_BUG, "no benchmark of the operator %s", operator_name(work->id));
  }
}
