// Fitted preprocessing as tensors and back: the part of a model that turns raw columns into its inputs.
#include "engine/preprocess/preprocess_state.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <string.h>

// ---- to tensors ----

static void add(TensorSet *set, const char *object, const char *what, DType dtype, int64_t count,
                void *data) {
  char name[TENSOR_NAME_MAX];
  snprintf(name, sizeof name, "preprocess.%s.%s", object, what);
  if (count > 0) tensor_set_add(set, name, dtype, 1, &count, data);
}

static void add_texts(TensorSet *set, const char *object, const char *what, TextBlock *block) {
  add(set, object, what, DTYPE_U8, block->length, block->bytes);
}

static void add_input(TensorSet *set, const char *object, FittedInput *input) {
  add_texts(set, object, "name", &input->name);
  add_texts(set, object, "kind", &input->kind);
  if (input_is_category(input)) {
    add_texts(set, object, "values", &input->values);
    add(set, object, "width", DTYPE_I64, 1, &input->width);
  } else {
    add(set, object, "mean", DTYPE_F64, 1, &input->mean);
    add(set, object, "std", DTYPE_F64, 1, &input->std);
    add(set, object, "flag", DTYPE_U8, 1, &input->flag);
    add(set, object, "required", DTYPE_U8, 1, &input->required);
  }
}

void preprocess_tensors(Preprocess *preprocess, TensorSet *set) {
  for (int i = 0; i < preprocess->input_count; i++) {
    char object[16];
    snprintf(object, sizeof object, "%03d", i);
    add_input(set, object, &preprocess->inputs[i]);
  }
  FittedTarget *target = &preprocess->target;
  add_texts(set, "target", "name", &target->name);
  add_texts(set, "target", "task", &target->task);
  add_texts(set, "target", "kind", &target->kind);
  add_texts(set, "target", "classes", &target->classes);
  if (preprocess->task == TASK_REGRESSION) {
    add(set, "target", "mean", DTYPE_F64, 1, &target->mean);
    add(set, "target", "std", DTYPE_F64, 1, &target->std);
  }
  if (preprocess->weight_name.count > 0) {
    add_texts(set, "weight", "name", &preprocess->weight_name);
    add(set, "weight", "scale", DTYPE_F64, 1, &preprocess->weight_scale);
  }
}

// ---- from tensors ----

// A view of preprocess.<object>.<what>, NULL if absent.
static const TensorView *find(const TensorSet *set, const char *object, const char *what) {
  char name[TENSOR_NAME_MAX];
  snprintf(name, sizeof name, "preprocess.%s.%s", object, what);
  return tensor_set_find(set, name);
}

static Status bad_tensor(const char *object, const char *what, Error *error) {
  return error_set(
      error, STATUS_DATA,
      "tensor 'preprocess.%s.%s' is missing or not what it must be: the checkpoint was not written "
      "by this program, or was changed.",
      object, what);
}

// One number of a type.
static Status read_scalar(void *value, const TensorSet *set, const char *object, const char *what,
                          DType dtype, Error *error) {
  const TensorView *tensor = find(set, object, what);
  if (tensor == NULL || tensor->dtype != dtype || tensor_elements(tensor) != 1) {
    return bad_tensor(object, what, error);
  }
  memcpy(value, tensor->data, dtype_size(dtype));
  return STATUS_OK;
}

// A block of texts; `count` of them, or any number where count is -1.
static Status read_texts(TextBlock *block, const TensorSet *set, const char *object, const char *what,
                         int count, Error *error) {
  const TensorView *tensor = find(set, object, what);
  if (tensor == NULL && count == -1) return STATUS_OK;
  if (tensor == NULL || tensor->dtype != DTYPE_U8 || tensor_elements(tensor) == 0 ||
      !text_block_parse(block, tensor->data, tensor_elements(tensor)) ||
      (count != -1 && block->count != count)) {
    return bad_tensor(object, what, error);
  }
  return STATUS_OK;
}

static bool is_finite(double x) {
  return x - x == 0;
}

static bool in_byte_order(const TextBlock *block) {
  for (int i = 1; i < block->count; i++) {
    if (strcmp(block->items[i - 1], block->items[i]) >= 0) return false;
  }
  return true;
}

static Status read_input(FittedInput *input, const TensorSet *set, const char *object, Error *error) {
  PASS(read_texts(&input->name, set, object, "name", 1, error));
  PASS(read_texts(&input->kind, set, object, "kind", 1, error));
  const char *kind = input->kind.items[0];
  if (strcmp(kind, "category") == 0 || strcmp(kind, "numeric-category") == 0) {
    PASS(read_texts(&input->values, set, object, "values", -1, error));
    if (!in_byte_order(&input->values)) return bad_tensor(object, "values", error);
    PASS(read_scalar(&input->width, set, object, "width", DTYPE_I64, error));
    if (input->width < 1 || input->width > 256) return bad_tensor(object, "width", error);
    return STATUS_OK;
  }
  if (strcmp(kind, "numeric") != 0) return bad_tensor(object, "kind", error);
  PASS(read_scalar(&input->mean, set, object, "mean", DTYPE_F64, error));
  PASS(read_scalar(&input->std, set, object, "std", DTYPE_F64, error));
  PASS(read_scalar(&input->flag, set, object, "flag", DTYPE_U8, error));
  PASS(read_scalar(&input->required, set, object, "required", DTYPE_U8, error));
  if (!is_finite(input->mean)) return bad_tensor(object, "mean", error);
  if (!is_finite(input->std) || input->std < 0) return bad_tensor(object, "std", error);
  return STATUS_OK;
}

static Status read_target(Preprocess *preprocess, const TensorSet *set, Error *error) {
  FittedTarget *target = &preprocess->target;
  PASS(read_texts(&target->name, set, "target", "name", 1, error));
  PASS(read_texts(&target->task, set, "target", "task", 1, error));
  PASS(read_texts(&target->kind, set, "target", "kind", 1, error));
  Task task = TASK_BINARY;
  while (task <= TASK_REGRESSION && strcmp(task_name(task), target->task.items[0]) != 0) task++;
  if (task > TASK_REGRESSION) return bad_tensor("target", "task", error);
  preprocess->task = task;
  if (task == TASK_REGRESSION) {
    PASS(read_scalar(&target->mean, set, "target", "mean", DTYPE_F64, error));
    PASS(read_scalar(&target->std, set, "target", "std", DTYPE_F64, error));
    if (!is_finite(target->mean)) return bad_tensor("target", "mean", error);
    if (!is_finite(target->std) || target->std <= 0) return bad_tensor("target", "std", error);
    return STATUS_OK;
  }
  PASS(read_texts(&target->classes, set, "target", "classes", task == TASK_BINARY ? 2 : -1, error));
  int classes = target->classes.count;
  if (classes < 2 || classes > CLASSES_MAX) return bad_tensor("target", "classes", error);
  return STATUS_OK;
}

static Status read_weight(Preprocess *preprocess, const TensorSet *set, Error *error) {
  if (find(set, "weight", "name") == NULL) return STATUS_OK;
  PASS(read_texts(&preprocess->weight_name, set, "weight", "name", 1, error));
  PASS(read_scalar(&preprocess->weight_scale, set, "weight", "scale", DTYPE_F64, error));
  double scale = preprocess->weight_scale;
  return is_finite(scale) && scale > 0 ? STATUS_OK : bad_tensor("weight", "scale", error);
}

Status preprocess_from_tensors(Preprocess **preprocess, const TensorSet *set, Error *error) {
  Status status;
  Preprocess *fitted = memory_get(1, sizeof *fitted);
  char object[16] = "000";
  while (fitted->input_count < INPUTS_MAX && find(set, object, "name") != NULL) {
    snprintf(object, sizeof object, "%03d", ++fitted->input_count);
  }
  fitted->inputs = memory_get((size_t)fitted->input_count, sizeof *fitted->inputs);
  if (fitted->input_count == 0) TRY(bad_tensor("000", "name", error));
  for (int i = 0; i < fitted->input_count; i++) {
    snprintf(object, sizeof object, "%03d", i);
    TRY(read_input(&fitted->inputs[i], set, object, error));
  }
  TRY(read_target(fitted, set, error));
  TRY(read_weight(fitted, set, error));
  preprocess_lay_out(fitted);
  *preprocess = fitted;
  fitted = NULL;
done:
  preprocess_free(fitted);
  return status;
}
