// Messages on stderr, results on stdout.
#include "tools/cli/shared/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool quiet, verbose, json_wanted, progress_open;

void output_set_quiet(bool value) {
  quiet = value;
}

void output_set_verbose(bool value) {
  verbose = value;
}

void output_set_json(bool as_json) {
  json_wanted = as_json;
}

bool output_is_json(void) {
  return json_wanted;
}

Status print_json(json_t *json, Error *error) {
  if (json == NULL)
    return error_set(error, STATUS_DATA, "a name is not UTF-8, so no JSON can hold the result");
  json_dumpf(json, stdout, JSON_INDENT(2));
  printf("\n");
  json_decref(json);
  return STATUS_OK;
}

static void print_line(const char *prefix, const char *format, va_list arguments) {
  end_progress();
  fputs(prefix, stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
}

void say(const char *format, ...) {
  if (quiet) return;
  va_list arguments;
  va_start(arguments, format);
  print_line("", format, arguments);
  va_end(arguments);
}

void say_more(const char *format, ...) {
  if (quiet || !verbose) return;
  va_list arguments;
  va_start(arguments, format);
  print_line("", format, arguments);
  va_end(arguments);
}

void warn(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  print_line("ingot: warning: ", format, arguments);
  va_end(arguments);
}

bool output_is_terminal(void) {
  return !quiet && isatty(STDERR_FILENO);
}

void say_progress(const char *format, ...) {
  if (!output_is_terminal()) return;
  va_list arguments;
  va_start(arguments, format);
  fputs("\r", stderr);
  vfprintf(stderr, format, arguments);
  fputs("\x1b[K", stderr);
  fflush(stderr);
  va_end(arguments);
  progress_open = true;
}

void end_progress(void) {
  if (progress_open) fputs("\r\x1b[K", stderr);
  progress_open = false;
}

Status output_finish(Error *error) {
  errno = 0;
  if (fflush(stdout) == 0 && !ferror(stdout)) return STATUS_OK;
  // A failure of an earlier flush leaves its mark, but not its reason.
  return error_set(error, STATUS_IO, "standard output: cannot write%s%s", errno == 0 ? "" : ": ",
                   errno == 0 ? " all of it: is the disk full?" : strerror(errno));
}

void bytes_text(char text[32], int64_t bytes) {
  static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = (double)bytes;
  int unit = 0;
  for (; value >= 1024.0 && unit < 6; unit++) value /= 1024.0;
  snprintf(text, 32, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}
