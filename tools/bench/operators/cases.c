// What `ingot bench` measures.
#include "tools/bench/operators/cases.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const char *const groups[] = {"products", "input_gradients", "weight_gradients", "thin", "rows"};

#define PRODUCT(rows, outputs, inputs)                                                                       \
  {                                                                                                          \
    "products", {                                                                                            \
      OPERATOR_linear_forward, rows, outputs, inputs                                                         \
    }                                                                                                        \
  }
#define INPUT(rows, outputs, inputs)                                                                         \
  {                                                                                                          \
    "input_gradients", {                                                                                     \
      OPERATOR_linear_backward_input, rows, outputs, inputs                                                  \
    }                                                                                                        \
  }
#define WEIGHT(rows, outputs, inputs)                                                                        \
  {                                                                                                          \
    "weight_gradients", {                                                                                    \
      OPERATOR_linear_backward_weight, rows, outputs, inputs                                                 \
    }                                                                                                        \
  }
#define THIN(name, rows, outputs, inputs)                                                                    \
  {                                                                                                          \
    "thin", {                                                                                                \
      OPERATOR_##name, rows, outputs, inputs                                                                 \
    }                                                                                                        \
  }
#define ROWS(name, rows, outputs, inputs)                                                                    \
  {                                                                                                          \
    "rows", {                                                                                                \
      OPERATOR_##name, rows, outputs, inputs                                                                 \
    }                                                                                                        \
  }

// The group `rows` has shapes of a usual batch, whose arrays caches hold, and others that they do not, so
// that memory is what limits them.
const OperatorCase operator_cases[] = {
    PRODUCT(256, 256, 256),
    PRODUCT(384, 384, 384),
    PRODUCT(512, 512, 512),
    PRODUCT(768, 768, 768),
    PRODUCT(1024, 1024, 1024),
    PRODUCT(1536, 1536, 1536),
    PRODUCT(2048, 2048, 2048),
    PRODUCT(256, 64, 64),
    PRODUCT(256, 1024, 1024),
    PRODUCT(512, 128, 512),
    PRODUCT(512, 512, 128),
    PRODUCT(1024, 64, 256),
    PRODUCT(1024, 256, 64),
    PRODUCT(1024, 256, 256),
    PRODUCT(1024, 512, 512),
    PRODUCT(1024, 1024, 64),
    PRODUCT(2048, 128, 128),
    PRODUCT(2048, 256, 1024),
    PRODUCT(2048, 1024, 256),
    PRODUCT(4096, 64, 64),
    PRODUCT(4096, 256, 340),
    PRODUCT(4096, 512, 340),
    PRODUCT(4096, 256, 512),
    PRODUCT(4096, 128, 256),
    PRODUCT(8192, 64, 1024),
    PRODUCT(8192, 256, 256),
    PRODUCT(8192, 512, 512),
    PRODUCT(8192, 1024, 1024),
    INPUT(256, 256, 256),
    INPUT(512, 512, 512),
    INPUT(1024, 256, 256),
    INPUT(1024, 1024, 1024),
    INPUT(4096, 512, 340),
    INPUT(4096, 256, 512),
    INPUT(4096, 128, 256),
    INPUT(8192, 1024, 1024),
    WEIGHT(1024, 256, 64),
    WEIGHT(1024, 256, 256),
    WEIGHT(1024, 1024, 1024),
    WEIGHT(4096, 128, 256),
    WEIGHT(4096, 256, 512),
    WEIGHT(4096, 512, 340),
    WEIGHT(8192, 256, 256),
    WEIGHT(8192, 512, 512),
    WEIGHT(16384, 256, 256),
    WEIGHT(65536, 64, 64),
    WEIGHT(65536, 256, 64),
    WEIGHT(65536, 256, 256),
    THIN(linear_forward, 1024, 1, 64),
    THIN(linear_forward, 1024, 1, 256),
    THIN(linear_forward, 4096, 1, 128),
    THIN(linear_forward, 8192, 1, 1024),
    THIN(linear_backward_input, 1024, 1, 256),
    THIN(linear_backward_weight, 1024, 1, 256),
    THIN(linear_forward, 1024, 8, 64),
    THIN(linear_forward, 1024, 8, 256),
    THIN(linear_forward, 4096, 8, 128),
    THIN(linear_forward, 8192, 8, 1024),
    THIN(linear_backward_input, 1024, 8, 256),
    THIN(linear_backward_weight, 1024, 8, 256),
    THIN(linear_forward, 1, 64, 64),
    THIN(linear_forward, 1, 256, 64),
    THIN(linear_forward, 1, 256, 256),
    THIN(linear_forward, 1, 1024, 1024),
    ROWS(norm_forward, 1024, 256, 0),
    ROWS(norm_forward, 32768, 256, 0),
    ROWS(norm_backward_input, 1024, 256, 0),
    ROWS(norm_backward_input, 32768, 256, 0),
    ROWS(norm_backward_weight, 1024, 256, 0),
    ROWS(norm_backward_weight, 32768, 256, 0),
    ROWS(scores, 2048, 10, 0),
    ROWS(scores, 131072, 64, 0),
    ROWS(loss, 2048, 10, 0),
    ROWS(loss, 131072, 64, 0),
    ROWS(loss, 524288, 10, 0),
    ROWS(loss, 2097152, 1, 0),
    ROWS(activation_forward, 1024, 256, 0),
    ROWS(activation_forward, 32768, 256, 0),
    ROWS(activation_backward, 32768, 256, 0),
    ROWS(dropout, 32768, 256, 0),
    ROWS(batch_rows, 2097152, 0, 0),
    ROWS(inputs_forward, 131072, 64, 0),
    ROWS(inputs_forward, 32768, 20, 20),
    ROWS(embedding_backward, 32768, 0, 20),
    ROWS(gradient_finish, 4194304, 0, 0),
    ROWS(gradient_norm_blocks, 16777216, 0, 0),
    ROWS(adamw_step, 131072, 0, 0),
    ROWS(adamw_step, 4194304, 0, 0),
    ROWS(sgd_step, 4194304, 0, 0),
};

int operator_case_count(void) {
  return (int)(sizeof operator_cases / sizeof operator_cases[0]);
}

const char *operator_group(int number) {
  return number < (int)(sizeof groups / sizeof groups[0]) ? groups[number] : NULL;
}

void operator_case_name(char name[CASE_NAME], const OperatorCase *c) {
  const OperatorWork *work = &c->work;
  int length = snprintf(name, CASE_NAME, "%s %lld", operator_name(work->id), (long long)work->rows);
  const int64_t more[] = {work->outputs, work->inputs};
  for (int i = 0; i < 2; i++) {
    if (more[i] > 0)
      length += snprintf(name + length, CASE_NAME - (size_t)length, "x%lld", (long long)more[i]);
  }
}

int operator_case_is(const OperatorCase *c, const char *name) {
  char full[CASE_NAME];
  operator_case_name(full, c);
  return strcmp(c->group, name) == 0 || strcmp(operator_name(c->work.id), name) == 0 ||
         strcmp(full, name) == 0;
}
