// The CPU's operator tables, chosen by what the processor can do, and task counts.
#include "kernels/operators.h"
#include "kernels/peak/peak.h"
#include "kernels/product/cut.h"

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

static int has_fma(void) {
  return __builtin_cpu_supports("fma");
}
static int has_avx2(void) {
  return has_fma() && __builtin_cpu_supports("avx2");
}
static int has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
#endif

// The list of instruction sets, the plainest first.
static const struct {
  const char *name;
  const Operators *table; // NULL where this build lacks it
  PeakFunction *peak;     // the same
  int (*is_here)(void);   // NULL: always
} sets[] = {
#ifdef __x86_64__
    {"portable", &portable, peak_portable, has_fma},
    {"avx2", &avx2, peak_avx2, has_avx2},
    {"avx512", &avx512, peak_avx512, has_avx512},
#else
    {"portable", &portable, peak_portable, NULL},
    {"avx2", NULL, NULL, NULL},
    {"avx512", NULL, NULL, NULL},
#endif
};

enum { SET_COUNT = sizeof sets / sizeof sets[0] };

const char *operators_isa(int number) {
  return number < SET_COUNT ? sets[number].name : NULL;
}

static const Operators *table_of(int number) {
  return sets[number].is_here == NULL || sets[number].is_here() ? sets[number].table : NULL;
}

const Operators *operators_cpu(const char *isa) {
  for (int i = 0; i < SET_COUNT; i++) {
    if (strcmp(sets[i].name, isa) == 0) return table_of(i);
  }
  return NULL;
}

PeakFunction *peak_cpu(const char *isa) {
  for (int i = 0; i < SET_COUNT; i++) {
    if (strcmp(sets[i].name, isa) == 0 && table_of(i) != NULL) return sets[i].peak;
  }
  return NULL;
}

const char *operators_best_isa(void) {
  for (int i = SET_COUNT - 1; i >= 0; i--) {
    if (table_of(i) != NULL) return sets[i].name;
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
  return cut_of(s->rows, s->outputs, s->inputs).tasks;
}
int64_t linear_backward_input_tasks(const LinearBackwardInput *s) {
  return cut_of(s->rows, s->inputs, s->outputs).tasks;
}
int64_t linear_backward_weight_tasks(const LinearBackwardWeight *s) {
  return cut_of_weights(s->outputs, s->inputs, s->rows, s->grain).tasks;
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
int64_t activation_forward_tasks(const ActivationForward *s) {
  return s->count;
}
int64_t activation_backward_tasks(const ActivationBackward *s) {
  return s->count;
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
