// The CPU's operator tables, chosen by what the processor can do, and task counts.
#include "kernels/operators.h"

#include <stddef.h>
#include <string.h>

static const char *const names[] = {
#define OPERATOR(name, Arguments, least) #name,
#include "kernels/operators.inc"
#undef OPERATOR
};

const char *operator_name(OperatorId id) {
  return names[id];
}

static const Operators portable = {
#define OPERATOR(name, Arguments, least) .name = name##_portable,
#include "kernels/operators.inc"
#undef OPERATOR
};

#ifdef __x86_64__
static const Operators avx2 = {
#define OPERATOR(name, Arguments, least) .name = name##_avx2,
#include "kernels/operators.inc"
#undef OPERATOR
};

static const Operators avx512 = {
#define OPERATOR(name, Arguments, least) .name = name##_avx512,
#include "kernels/operators.inc"
#undef OPERATOR
};

static int has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

const Operators *operators_cpu(const char *isa) {
  if (!__builtin_cpu_supports("fma")) return NULL;
  if (strcmp(isa, "portable") == 0) return &portable;
  if (strcmp(isa, "avx2") == 0 && __builtin_cpu_supports("avx2")) return &avx2;
  if (strcmp(isa, "avx512") == 0 && __builtin_cpu_supports("avx2") && has_avx512()) return &avx512;
  return NULL;
}
#else
const Operators *operators_cpu(const char *isa) {
  return strcmp(isa, "portable") == 0 ? &portable : NULL;
}
#endif

const char *operators_best_isa(void) {
  static const char *const order[] = {"avx512", "avx2", "portable"};
  for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
    if (operators_cpu(order[i]) != NULL) return order[i];
  }
  return NULL;
}

int64_t initialise_tasks(const Initialise *s) {
  return (s->count + 3) / 4;
}
int64_t step_begin_tasks(const StepBegin *s) {
  (void)s;
  return 1;
}
int64_t batch_rows_tasks(const BatchRows *s) {
  return s->count;
}
int64_t inputs_forward_tasks(const InputsForward *s) {
  return s->rows;
}
int64_t embedding_backward_tasks(const EmbeddingBackward *s) {
  return s->segment_count;
}
int64_t linear_forward_tasks(const LinearForward *s) {
  return s->rows;
}
int64_t linear_backward_input_tasks(const LinearBackwardInput *s) {
  return s->rows;
}
int64_t linear_backward_weight_tasks(const LinearBackwardWeight *s) {
  return s->outputs;
}
int64_t norm_forward_tasks(const NormForward *s) {
  return s->rows;
}
int64_t norm_backward_input_tasks(const NormBackwardInput *s) {
  return s->rows;
}
int64_t norm_backward_weight_tasks(const NormBackwardWeight *s) {
  return s->columns;
}
int64_t dropout_tasks(const Dropout *s) {
  return s->rows;
}
int64_t loss_tasks(const Loss *s) {
  return s->rows;
}
int64_t scores_tasks(const Scores *s) {
  return s->rows;
}
int64_t gradient_finish_tasks(const GradientFinish *s) {
  return s->count;
}
int64_t gradient_norm_blocks_tasks(const GradientNormBlocks *s) {
  return s->block_count;
}
int64_t gradient_norm_finish_tasks(const GradientNormFinish *s) {
  (void)s;
  return 1;
}
int64_t adamw_step_tasks(const OptimizerStep *s) {
  return s->count;
}
int64_t sgd_step_tasks(const OptimizerStep *s) {
  return s->count;
}
