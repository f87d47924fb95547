// Whole stretches of a column, its pieces shared out to threads.
#include "io/data/stored/stored.h"

#include "engine/shared/parallel.h"

enum {
  TILE = 1024,
  STEP_ROWS = 1 << 15, // of a task where values are not in chunks
  ALONE_ROWS = 1 << 15 // fewer rows are not worth a thread
};

// Rows [first, first + count) of a column, to one of the three.
typedef struct Stretch {
  DataFile *file;
  int column;
  int64_t first, count;
  double *numbers;
  int64_t *integers;
  int32_t *codes;
  int64_t step, base; // task i: rows [base + i * step, base + (i + 1) * step) of the file, cut to the stretch
  FirstFailure *failure; // by row
} Stretch;

Status data_file_bad_value(const DataFile *file, int column, int64_t row, const char *rule, Error *error) {
  return error_set(error, STATUS_DATA, "%s: column '%s', " ROW_FORMAT ": %s", data_file_path(file),
                   data_file_column(file, column)->name, ROW_SHOWN(row), rule);
}

int64_t codes_outside(const int64_t *codes, int64_t count, int category_count) {
  for (int64_t i = 0; i < count; i++) {
    if (codes[i] < -1 || codes[i] >= category_count) return i;
  }
  return -1;
}

static Status convert_codes(int32_t *out, const Stretch *stretch, const uint8_t *bytes, int64_t row,
                            int64_t count, Error *error) {
  const Values *values = data_file_values(stretch->file, stretch->column);
  int64_t tile[TILE];
  for (int64_t at = 0; at < count; at += TILE) {
    int64_t rows = count - at < TILE ? count - at : TILE;
    stored_integers(tile, values, bytes + (size_t)at * values->size, rows);
    int64_t bad = codes_outside(tile, rows, data_file_column(stretch->file, stretch->column)->category_count);
    if (bad >= 0) {
      return data_file_bad_value(stretch->file, stretch->column, row + at + bad,
                                 "has a code outside its categories.", error);
    }
    for (int64_t i = 0; i < rows; i++) out[at + i] = (int32_t)tile[i];
  }
  return STATUS_OK;
}

// `count` stored values, the first of which is `row`.
static Status convert(const Stretch *stretch, uint8_t *bytes, int64_t row, int64_t count, Error *error) {
  const Values *values = data_file_values(stretch->file, stretch->column);
  int64_t at = row - stretch->first;
  if (values->big_endian) stored_swap(values, bytes, count);
  if (stretch->codes != NULL) return convert_codes(stretch->codes + at, stretch, bytes, row, count, error);
  int64_t bad = stretch->numbers != NULL ? stored_numbers(stretch->numbers + at, values, bytes, count)
                                         : stored_integers(stretch->integers + at, values, bytes, count);
  if (bad < 0) return STATUS_OK;
  return data_file_bad_value(stretch->file, stretch->column, row + bad, stored_rule(values), error);
}

static Status read_task(const Stretch *stretch, PieceReader *reader, int64_t task, int64_t *row,
                        Error *error) {
  const Values *values = data_file_values(stretch->file, stretch->column);
  int64_t end = stretch->base + (task + 1) * stretch->step, last = stretch->first + stretch->count;
  *row = stretch->base + task * stretch->step;
  if (*row < stretch->first) *row = stretch->first;
  if (end > last) end = last;
  while (*row < end) {
    Piece piece;
    PASS(stored_read(&piece, reader, values, data_file_stored(stretch->file),
                     data_file_column(stretch->file, stretch->column)->name, *row, end, error));
    int64_t stop = piece.first + piece.count < end ? piece.first + piece.count : end;
    const uint8_t *bytes = piece.bytes + (size_t)(*row - piece.first) * values->size;
    PASS(convert(stretch, (uint8_t *)(uintptr_t)bytes, *row, stop - *row, error));
    *row = stop;
  }
  return STATUS_OK;
}

static void read_tasks(const void *arguments, int64_t first, int64_t last) {
  const Stretch *stretch = arguments;
  PieceReader reader = {0};
  Status status = STATUS_OK;
  for (int64_t task = first; task < last && status == STATUS_OK; task++) {
    Error error;
    int64_t row;
    status = read_task(stretch, &reader, task, &row, &error);
    first_failure_add(stretch->failure, row, status, &error);
  }
  piece_reader_free(&reader);
}

static Status read_stretch(Stretch *stretch, Error *error) {
  if (stretch->count == 0) return STATUS_OK;
  const Values *values = data_file_values(stretch->file, stretch->column);
  FirstFailure failure;
  bool in_chunks = values->placing == PLACED_IN_CHUNKS;
  stretch->step = in_chunks ? values->chunk_rows : STEP_ROWS;
  stretch->base = stretch->first - (in_chunks ? stretch->first % values->chunk_rows : 0);
  stretch->failure = &failure;
  int64_t tasks = (stretch->first + stretch->count - stretch->base + stretch->step - 1) / stretch->step;
  first_failure_begin(&failure);
  parallel_run(read_tasks, stretch, tasks, stretch->count <= ALONE_ROWS ? 1 : 0);
  return first_failure_end(&failure, error);
}

Status data_file_integers(DataFile *file, int column, int64_t first, int64_t count, int64_t *integers,
                          Error *error) {
  Stretch stretch = {.file = file, .column = column, .first = first, .count = count, .integers = integers};
  return read_stretch(&stretch, error);
}

Status data_file_numbers(DataFile *file, int column, int64_t first, int64_t count, double *numbers,
                         Error *error) {
  Stretch stretch = {.file = file, .column = column, .first = first, .count = count, .numbers = numbers};
  return read_stretch(&stretch, error);
}

Status data_file_codes(DataFile *file, int column, int64_t first, int64_t count, int32_t *codes,
                       Error *error) {
  Stretch stretch = {.file = file, .column = column, .first = first, .count = count, .codes = codes};
  return read_stretch(&stretch, error);
}
