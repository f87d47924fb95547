// Error texts.
#include "engine/shared/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

Status error_set(Error *error, Status status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  error->status = status;
  error->placed = 0;
  return status;
}

Status error_prefix(Error *error, const char *format, ...) {
  char prefix[512], rest[sizeof error->text];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(prefix, sizeof prefix, format, arguments);
  va_end(arguments);
  memcpy(rest, error->text, sizeof rest);
  int used = snprintf(error->text, sizeof error->text, "%s: ", prefix);
  snprintf(error->text + used, sizeof error->text - (size_t)used, "%s", rest);
  error->placed = 0;
  return error->status;
}
