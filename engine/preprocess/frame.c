// Typed columns in memory.
#include "engine/preprocess/frame.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void number_text(char text[NUMBER_TEXT_BYTES], double number) {
  if (number > -0x1p53 && number < 0x1p53 && number == (double)(int64_t)number) {
    snprintf(text, NUMBER_TEXT_BYTES, "%lld", (long long)number);
    return;
  }
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, NUMBER_TEXT_BYTES, "%.*g", digits, number);
    if (strtod(text, NULL) == number) return;
  }
}

const char *column_text(const Column *column, int64_t row, char buffer[NUMBER_TEXT_BYTES]) {
  if (column->kind == COLUMN_CATEGORY) {
    return column->codes[row] < 0 ? NULL : column->categories[column->codes[row]];
  }
  if (column->numbers[row] != column->numbers[row]) return NULL;
  number_text(buffer, column->numbers[row]);
  return buffer;
}

bool column_same_value(const Column *a, const Column *b, int64_t row) {
  if (a->kind != b->kind) return false;
  if (a->kind == COLUMN_NUMBER) {
    double x = a->numbers[row], y = b->numbers[row];
    return x == y || (x != x && y != y);
  }
  if (a->codes[row] < 0 || b->codes[row] < 0) return a->codes[row] < 0 && b->codes[row] < 0;
  return strcmp(a->categories[a->codes[row]], b->categories[b->codes[row]]) == 0;
}

static void pick(void *values, size_t size, const int64_t *rows, int64_t count) {
  char *copy = memory_get((size_t)count, size), *bytes = values;
  for (int64_t i = 0; i < count; i++) memcpy(copy + (size_t)i * size, bytes + (size_t)rows[i] * size, size);
  memcpy(bytes, copy, (size_t)count * size);
  free(copy);
}

void frame_pick(Frame *frame, const int64_t *rows, int64_t count) {
  for (int c = 0; c < frame->column_count; c++) {
    Column *column = &frame->columns[c];
    if (column->numbers != NULL) pick(column->numbers, sizeof *column->numbers, rows, count);
    if (column->codes != NULL) pick(column->codes, sizeof *column->codes, rows, count);
  }
  if (frame->row_numbers != NULL) pick(frame->row_numbers, sizeof *frame->row_numbers, rows, count);
  frame->rows = count;
}

Frame *frame_new(int64_t rows, int column_count) {
  Frame *frame = memory_get(1, sizeof *frame);
  frame->rows = rows;
  frame->column_count = column_count;
  frame->columns = memory_get((size_t)column_count, sizeof *frame->columns);
  return frame;
}

void column_make_numbers(Column *column, const char *name, int64_t rows) {
  memset(column, 0, sizeof *column);
  column->name = memory_text(name);
  column->kind = COLUMN_NUMBER;
  column->numbers = memory_get((size_t)rows, sizeof *column->numbers);
}

void column_make_codes(Column *column, const char *name, int64_t rows, char *const *categories,
                       int category_count) {
  memset(column, 0, sizeof *column);
  column->name = memory_text(name);
  column->kind = COLUMN_CATEGORY;
  column->codes = memory_get((size_t)rows, sizeof *column->codes);
  column->categories = memory_get((size_t)category_count, sizeof *column->categories);
  column->category_count = category_count;
  for (int i = 0; i < category_count; i++) column->categories[i] = memory_text(categories[i]);
}

void column_clear(Column *column) {
  for (int i = 0; i < column->category_count; i++) free(column->categories[i]);
  free(column->categories);
  free(column->codes);
  free(column->numbers);
  free(column->name);
  memset(column, 0, sizeof *column);
}

const Column *frame_find(const Frame *frame, const char *name) {
  for (int i = 0; i < frame->column_count; i++) {
    if (strcmp(frame->columns[i].name, name) == 0) return &frame->columns[i];
  }
  return NULL;
}

void frame_free(Frame *frame) {
  if (frame == NULL) return;
  for (int i = 0; i < frame->column_count; i++) column_clear(&frame->columns[i]);
  free(frame->columns);
  free(frame->row_numbers);
  free(frame);
}
