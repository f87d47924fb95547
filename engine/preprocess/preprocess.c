// Fitted preprocessing: its parts, its layout, and what others ask of it.
#include "engine/preprocess/preprocess_state.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

void text_block_set(TextBlock *block, const char *const *texts, int count) {
  int64_t length = 0;
  for (int i = 0; i < count; i++) length += (int64_t)strlen(texts[i]) + 1;
  char *bytes = memory_get((size_t)length, 1), *end = bytes;
  for (int i = 0; i < count; i++) end = stpcpy(end, texts[i]) + 1;
  text_block_parse(block, bytes, length);
  free(bytes);
}

void text_block_set_one(TextBlock *block, const char *text) {
  text_block_set(block, &text, 1);
}

bool text_block_parse(TextBlock *block, const void *bytes, int64_t length) {
  memset(block, 0, sizeof *block);
  if (length == 0) return true;
  if (((const char *)bytes)[length - 1] != '\0') return false;
  block->bytes = memory_get((size_t)length, 1);
  memcpy(block->bytes, bytes, (size_t)length);
  block->length = length;
  for (int64_t i = 0; i < length; i++) block->count += block->bytes[i] == '\0';
  block->items = memory_get((size_t)block->count, sizeof *block->items);
  const char *text = block->bytes;
  for (int i = 0; i < block->count; i++) {
    block->items[i] = text;
    text += strlen(text) + 1;
  }
  return true;
}

void text_block_free(TextBlock *block) {
  free(block->bytes);
  free(block->items);
  memset(block, 0, sizeof *block);
}

int text_block_find(const TextBlock *sorted, const char *text) {
  int low = 0, high = sorted->count;
  while (low < high) {
    int middle = low + (high - low) / 2;
    int order = strcmp(sorted->items[middle], text);
    if (order == 0) return middle;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return -1;
}

bool input_is_category(const FittedInput *input) {
  return strcmp(input->kind.items[0], "numeric") != 0;
}

ColumnKind input_column_kind(const FittedInput *input) {
  return strcmp(input->kind.items[0], "category") == 0 ? COLUMN_CATEGORY : COLUMN_NUMBER;
}

const char *task_name(Task task) {
  static const char *const names[] = {"binary", "multiclass", "regression"};
  return names[task];
}

void preprocess_lay_out(Preprocess *preprocess) {
  InputLayout *layout = &preprocess->layout;
  layout->segments = memory_get((size_t)preprocess->input_count, sizeof *layout->segments);
  layout->segment_count = preprocess->input_count;
  for (int i = 0; i < preprocess->input_count; i++) {
    FittedInput *input = &preprocess->inputs[i];
    InputSegment *segment = &layout->segments[i];
    if (input_column_kind(input) == COLUMN_NUMBER) number_index_make(&input->numbers, &input->values);
    segment->is_category = input_is_category(input);
    if (segment->is_category) {
      segment->source = layout->category_count++;
      segment->width = (int)input->width;
      segment->table_rows = input->values.count + 2;
    } else {
      segment->source = layout->value_count;
      segment->width = input->flag ? 2 : 1;
      layout->value_count += segment->width;
    }
    layout->width += segment->width;
  }
  number_index_make(&preprocess->target.numbers, &preprocess->target.classes);
  layout->outputs = preprocess->task == TASK_MULTICLASS ? preprocess->target.classes.count : 1;
}

const InputLayout *preprocess_layout(const Preprocess *preprocess) {
  return &preprocess->layout;
}

Task preprocess_task(const Preprocess *preprocess) {
  return preprocess->task;
}

int preprocess_class_count(const Preprocess *preprocess) {
  return preprocess->target.classes.count;
}

const char *preprocess_class_name(const Preprocess *preprocess, int index) {
  return preprocess->target.classes.items[index];
}

double preprocess_target(const Preprocess *preprocess, double model_output) {
  return model_output * preprocess->target.std + preprocess->target.mean;
}

int preprocess_column_count(const Preprocess *preprocess) {
  return preprocess->input_count;
}

const char *preprocess_column_name(const Preprocess *preprocess, int index) {
  return preprocess->inputs[index].name.items[0];
}

int preprocess_column_is_numeric(const Preprocess *preprocess, int index) {
  return input_column_kind(&preprocess->inputs[index]) == COLUMN_NUMBER;
}

const char *preprocess_target_name(const Preprocess *preprocess) {
  return preprocess->target.name.items[0];
}

const char *preprocess_weight_name(const Preprocess *preprocess) {
  return preprocess->weight_name.count == 0 ? NULL : preprocess->weight_name.items[0];
}

void preprocess_free(Preprocess *preprocess) {
  if (preprocess == NULL) return;
  for (int i = 0; i < preprocess->input_count; i++) {
    text_block_free(&preprocess->inputs[i].name);
    text_block_free(&preprocess->inputs[i].kind);
    text_block_free(&preprocess->inputs[i].values);
    free(preprocess->inputs[i].numbers.items);
  }
  free(preprocess->inputs);
  text_block_free(&preprocess->target.name);
  text_block_free(&preprocess->target.task);
  text_block_free(&preprocess->target.kind);
  text_block_free(&preprocess->target.classes);
  free(preprocess->target.numbers.items);
  text_block_free(&preprocess->weight_name);
  free(preprocess->layout.segments);
  free(preprocess);
}
