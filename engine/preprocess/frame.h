// Typed columns in memory: what io/data reads from a file and preprocessing turns into model inputs.
#ifndef INGOT_ENGINE_PREPROCESS_FRAME_H
#define INGOT_ENGINE_PREPROCESS_FRAME_H

#include <stdbool.h>
#include <stdint.h>

typedef enum ColumnKind { COLUMN_NUMBER, COLUMN_CATEGORY } ColumnKind;

typedef struct Column {
  char *name;
  ColumnKind kind;
  double *numbers;   // COLUMN_NUMBER: [rows], NaN = missing (booleans are 0 and 1, dates their integer)
  int32_t *codes;    // COLUMN_CATEGORY: [rows], -1 = missing, else an index into categories
  char **categories; // COLUMN_CATEGORY: UTF-8 texts, unique
  int category_count;
} Column;

// Rows of one file, of one window of it, or of several files one after the other.
typedef struct Frame {
  int64_t rows;
  int64_t first_row;    // number of row 0 in its file, for messages
  int64_t *row_numbers; // [rows] the number of each, where they are not consecutive; else NULL
  int column_count;
  Column *columns;
} Frame;

enum { NUMBER_TEXT_BYTES = 32 };

// A number as text: a whole number in decimal, else the shortest decimal that reads back as the same number.
void number_text(char text[NUMBER_TEXT_BYTES], double number);

// The text of a value: the category, or the number as text (in `buffer`); NULL where it is missing.
const char *column_text(const Column *column, int64_t row, char buffer[NUMBER_TEXT_BYTES]);

// Whether two columns have the same value in a row: the same text, or the same number (-0 is 0), or none.
bool column_same_value(const Column *a, const Column *b, int64_t row);

// Leaves the rows rows[0..count) of a frame, in that order.
void frame_pick(Frame *frame, const int64_t *rows, int64_t count);

// rows x columns of nothing: names and values are the caller's to fill; freed with frame_free.
Frame *frame_new(int64_t rows, int column_count);

// Allocates the values of a column. `categories` is copied.
void column_make_numbers(Column *column, const char *name, int64_t rows);
void column_make_codes(Column *column, const char *name, int64_t rows, char *const *categories,
                       int category_count);
void column_clear(Column *column); // frees what a column owns

const Column *frame_find(const Frame *frame, const char *name); // NULL if absent
void frame_free(Frame *frame);                                  // with its columns; NULL is allowed

#endif
