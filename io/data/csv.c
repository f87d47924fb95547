// Separated values (RFC 4180) of a file in memory, plain or gzip, one record at a time.
#include "io/data/csv.h"

#include "engine/shared/memory.h"
#include "io/data/text.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CELLS_MAX = 10000, DEFLATE_RATIO_MAX = 1100 };

static const char bom[] = "\xef\xbb\xbf";

static size_t bom_length(const CsvReader *reader) {
  return reader->length >= 3 && memcmp(reader->bytes, bom, 3) == 0 ? 3 : 0;
}

Status csv_error(Error *error, const CsvReader *reader, size_t at, const char *format, ...) {
  char sentence[1024];
  long long line = 1, column = 1;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(sentence, sizeof sentence, format, arguments);
  va_end(arguments);
  for (size_t i = bom_length(reader); i < at; i++) {
    column += (reader->bytes[i] & 0xC0) != 0x80; // bytes that begin a character
    if (reader->bytes[i] == '\n') line++, column = 1;
  }
  error_set(error, STATUS_DATA, "%s:%lld:%lld: error: %s", reader->path, line, column, sentence);
  error->placed = 1;
  return STATUS_DATA;
}

// ---- bytes of the file ----

static Status read_all(CsvReader *reader, int fd, size_t size, Error *error) {
  reader->bytes = memory_get(size + 1, 1);
  while (reader->length < size) {
    ssize_t got = read(fd, reader->bytes + reader->length, size - reader->length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return error_set(error, STATUS_IO, "%s: reading failed: %s.", reader->path, strerror(errno));
    if (got == 0) break; // became shorter
    reader->length += (size_t)got;
  }
  return STATUS_OK;
}

static Status load(CsvReader *reader, Error *error) {
  struct stat info;
  int fd = open(reader->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    Status status = errno == ENOENT || errno == ENOTDIR ? STATUS_MISSING : STATUS_IO;
    return error_set(error, status, "%s: %s.", reader->path, strerror(errno));
  }
  Status status = STATUS_OK;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    status = error_set(error, STATUS_DATA, "%s: is not a regular file.", reader->path);
  } else {
    status = read_all(reader, fd, (size_t)info.st_size, error);
  }
  close(fd);
  return status;
}

static bool is_gzip(const CsvReader *reader) {
  return reader->length >= 2 && (unsigned char)reader->bytes[0] == 0x1f &&
         (unsigned char)reader->bytes[1] == 0x8b;
}

// Other forms that are taken for text by mistake.
static Status check_form(const CsvReader *reader, Error *error) {
  size_t length = strlen(reader->path);
  if (reader->length >= 8 && memcmp(reader->bytes, "\x89HDF\r\n\x1a\n", 8) == 0) {
    return error_set(error, STATUS_DATA, "%s: is an HDF5 file already: it needs no import.", reader->path);
  }
  if (length < 3 || strcmp(reader->path + length - 3, ".gz") != 0) return STATUS_OK;
  return error_set(error, STATUS_DATA, "%s: is named .gz but is no gzip file; if it is text, rename it.",
                   reader->path);
}

// One member of a gzip file into fresh memory; the room doubles up to what deflate can expand to.
static bool inflate_member(struct libdeflate_decompressor *inflater, const char *in, size_t in_length,
                           size_t *in_used, char **out, size_t *out_length) {
  size_t limit = in_length * DEFLATE_RATIO_MAX + 64;
  for (size_t room = 4 * in_length + 64;; room *= 2) {
    if (room > limit) room = limit;
    *out = memory_grow(NULL, room, 1);
    enum libdeflate_result result =
        libdeflate_gzip_decompress_ex(inflater, in, in_length, *out, room, in_used, out_length);
    if (result == LIBDEFLATE_SUCCESS) return true;
    free(*out);
    if (result != LIBDEFLATE_INSUFFICIENT_SPACE || room == limit) return false;
  }
}

static Status inflate(CsvReader *reader, Error *error) {
  Status status = STATUS_OK;
  struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();
  char *whole = memory_get(1, 1);
  size_t length = 0, used = 0;
  while (used < reader->length) {
    size_t in_used, out_length;
    char *out;
    if (!inflate_member(inflater, reader->bytes + used, reader->length - used, &in_used, &out, &out_length)) {
      status = error_set(error, STATUS_DATA, "%s: the gzip data is truncated or damaged.", reader->path);
      break;
    }
    whole = memory_grow(whole, length + out_length + 1, 1);
    memcpy(whole + length, out, out_length);
    length += out_length;
    used += in_used;
    free(out);
  }
  libdeflate_free_decompressor(inflater);
  free(reader->bytes);
  reader->bytes = whole;
  reader->length = length;
  return status;
}

// ---- lines ----

static size_t line_end(const CsvReader *reader, size_t at) {
  const char *end = memchr(reader->bytes + at, '\n', reader->length - at);
  return end == NULL ? reader->length : (size_t)(end - reader->bytes);
}

static bool is_blank(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r') return false;
  }
  return true;
}

static void skip_line(CsvReader *reader) {
  size_t end = line_end(reader, reader->at);
  reader->at = end < reader->length ? end + 1 : end;
}

static void skip_blank_lines(CsvReader *reader) {
  while (reader->at < reader->length &&
         is_blank(reader->bytes + reader->at, line_end(reader, reader->at) - reader->at)) {
    skip_line(reader);
  }
}

// The candidate that occurs most often outside quotes in the first line; ',' where none does.
static char sniff_separator(const CsvReader *reader) {
  static const char candidates[] = ",;\t|";
  int best = 0, counts[4] = {0};
  bool quoted = false;
  size_t end = line_end(reader, reader->at);
  for (size_t i = reader->at; i < end; i++) {
    const char *found = strchr(candidates, reader->bytes[i]);
    quoted ^= reader->bytes[i] == '"';
    if (!quoted && reader->bytes[i] != '\0' && found != NULL) counts[found - candidates]++;
  }
  for (int i = 1; i < 4; i++) {
    if (counts[i] > counts[best]) best = i;
  }
  return candidates[best];
}

Status csv_open(CsvReader *reader, const char *path, char separator, int64_t skip, Error *error) {
  Status status;
  memset(reader, 0, sizeof *reader);
  reader->path = memory_text(path);
  TRY(load(reader, error));
  if (is_gzip(reader))
    TRY(inflate(reader, error));
  else
    TRY(check_form(reader, error));
  reader->at = bom_length(reader);
  for (int64_t i = 0; i < skip && reader->at < reader->length; i++) skip_line(reader);
  skip_blank_lines(reader);
  if (reader->at == reader->length) {
    TRY(csv_error(error, reader, reader->at, "the file is empty%s.",
                  skip > 0 ? " after the skipped lines" : ""));
  }
  reader->separator = separator != 0 ? separator : sniff_separator(reader);
done:
  if (status != STATUS_OK) csv_close(reader);
  return status;
}

void csv_close(CsvReader *reader) {
  free(reader->path);
  free(reader->bytes);
  free(reader->cells);
  free(reader->scratch);
  memset(reader, 0, sizeof *reader);
}

// ---- cells ----

// Blanks that trimming takes away: never the separator itself.
static bool is_padding(const CsvReader *reader, char c) {
  return (c == ' ' || c == '\t') && c != reader->separator;
}

static bool at_line_end(const CsvReader *reader, size_t at) {
  if (at >= reader->length || reader->bytes[at] == '\n') return true;
  return reader->bytes[at] == '\r' && (at + 1 == reader->length || reader->bytes[at + 1] == '\n');
}

static bool at_cell_end(const CsvReader *reader, size_t at) {
  return at_line_end(reader, at) || reader->bytes[at] == reader->separator;
}

// A quoted value into scratch; *at moves from behind the opening quote to the end of the cell.
static Status read_quoted(CsvReader *reader, size_t *at, size_t *used, Error *error) {
  const char *bytes = reader->bytes;
  size_t opened = *at - 1;
  for (;; (*at)++) {
    if (*at >= reader->length) {
      return csv_error(error, reader, opened, "a quote is opened and never closed.");
    }
    if (bytes[*at] == '"') {
      if (*at + 1 >= reader->length || bytes[*at + 1] != '"') break;
      (*at)++;
    }
    reader->scratch[(*used)++] = bytes[*at];
  }
  (*at)++;
  while (*at < reader->length && is_padding(reader, bytes[*at])) (*at)++;
  if (at_cell_end(reader, *at)) return STATUS_OK;
  return csv_error(
      error, reader, *at,
      "a closing quote is followed by more of the value; inside quotes a quote is written twice.");
}

static Status read_plain(CsvReader *reader, size_t *at, size_t *used, Error *error) {
  size_t start = *at;
  for (; !at_cell_end(reader, *at); (*at)++) {
    if (reader->bytes[*at] == '"') {
      return csv_error(
          error, reader, *at,
          "a quote stands inside a value that is not quoted; quote the value and write the quote "
          "twice.");
    }
  }
  size_t end = *at;
  while (end > start && is_padding(reader, reader->bytes[end - 1])) end--;
  memcpy(reader->scratch + *used, reader->bytes + start, end - start);
  *used += end - start;
  return STATUS_OK;
}

static void add_cell(CsvReader *reader, size_t start, size_t length, size_t at) {
  if (reader->count == reader->capacity) {
    reader->capacity = reader->capacity == 0 ? 64 : 2 * reader->capacity;
    reader->cells = memory_grow(reader->cells, (size_t)reader->capacity, sizeof *reader->cells);
  }
  reader->cells[reader->count++] = (CsvCell){reader->scratch + start, length, at};
}

// Length of the record that begins here: a quote that opens a value or follows a closing one may span lines.
static size_t record_length(const CsvReader *reader) {
  bool quoted = false, opens = true;
  size_t at = reader->at;
  for (; at < reader->length && (quoted || reader->bytes[at] != '\n'); at++) {
    char c = reader->bytes[at];
    if (c == '"' && (quoted || opens)) {
      quoted = !quoted;
      opens = true;
    } else {
      opens = c == reader->separator || (opens && is_padding(reader, c));
    }
  }
  return at - reader->at;
}

static Status check_text(CsvReader *reader, size_t length, Error *error) {
  const char *record = reader->bytes + reader->at, *nul = memchr(record, '\0', length);
  if (nul != NULL) {
    return csv_error(error, reader, (size_t)(nul - reader->bytes),
                     "the line holds a NUL byte; is this a text file?");
  }
  size_t valid = utf8_valid_length(record, length);
  if (valid == length) return STATUS_OK;
  return csv_error(error, reader, reader->at + valid,
                   "the line is not UTF-8; convert it: iconv -f LATIN1 -t UTF-8");
}

Status csv_next(CsvReader *reader, bool *more, Error *error) {
  skip_blank_lines(reader);
  *more = reader->at < reader->length;
  if (!*more) return STATUS_OK;
  size_t length = record_length(reader), used = 0, at = reader->at;
  PASS(check_text(reader, length, error));
  if (2 * length + 2 > reader->scratch_room) { // a text and its NUL for each cell
    reader->scratch_room = 4 * length + 2;
    reader->scratch = memory_grow(reader->scratch, reader->scratch_room, 1);
  }
  reader->count = 0;
  for (;; at++) {
    while (at < reader->length && is_padding(reader, reader->bytes[at])) at++;
    size_t start = used, begin = at;
    bool quoted = at < reader->length && reader->bytes[at] == '"';
    if (quoted) at++;
    PASS(quoted ? read_quoted(reader, &at, &used, error) : read_plain(reader, &at, &used, error));
    add_cell(reader, start, used - start, begin);
    reader->scratch[used++] = '\0';
    if (at_line_end(reader, at)) break;
    if (reader->count == CELLS_MAX) return csv_error(error, reader, at, "the line has too many values.");
  }
  while (at < reader->length && reader->bytes[at] != '\n') at++; // a CR
  reader->at = at < reader->length ? at + 1 : at;
  return STATUS_OK;
}
