// Separated values (RFC 4180) of a file in memory, plain or gzip, one record at a time.
//
// Lines end in LF or CRLF; a leading byte order mark and empty lines are skipped; blanks around unquoted
// values are trimmed. Errors are `file:line:column: error: sentence` with status 65 (bad quote, not
// UTF-8, NUL bytes); 65 damaged gzip; 66 no such file; 74 reading failed.
#ifndef INGOT_IO_DATA_CSV_H
#define INGOT_IO_DATA_CSV_H

#include "engine/shared/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct CsvCell {
  const char *text; // NUL-terminated
  size_t length;
  size_t at; // where it begins in the file's bytes
} CsvCell;

typedef struct CsvReader {
  char *path;
  char *bytes;
  size_t length, at; // `at`: of the next record
  char separator;
  // The record read last.
  CsvCell *cells;
  int count, capacity;
  char *scratch; // its texts
  size_t scratch_room;
} CsvReader;

// Loads the file and skips `skip` lines. separator 0: sniffed from the first line after them.
Status csv_open(CsvReader *reader, const char *path, char separator, int64_t skip, Error *error);

// Reads the next record into cells[0..count); *more = false at the end.
Status csv_next(CsvReader *reader, bool *more, Error *error);
void csv_close(CsvReader *reader);

// `path:line:column: error: ` of a byte of the file, and a sentence; status 65.
Status csv_error(Error *error, const CsvReader *reader, size_t at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
