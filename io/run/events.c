// Lines of events.jsonl, written, read and followed along the chain.
#include "io/run/events.h"

#include "engine/shared/memory.h"
#include "engine/train/chain.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {"step", "validation", "checkpoint", "end"};
static const char *const reasons[] = {"epochs", "early_stop", "signal", "until"};
enum {
  KIND_COUNT = sizeof kind_names / sizeof kind_names[0],
  REASON_COUNT = sizeof reasons / sizeof reasons[0]
};
_Static_assert(KIND_COUNT == EVENT_END + 1, "a name for each kind of event");

enum { FLOAT_DIGITS = 9, DOUBLE_DIGITS = 17 };

static void put_number(Text *text, const char *key, double value, int digits) {
  text_add(text, ",\"%s\":", key);
  if (isnan(value))
    text_put(text, "\"nan\"");
  else if (isinf(value))
    text_put(text, value > 0 ? "\"inf\"" : "\"-inf\"");
  else if (value == 0) // JSON's -0 is an integer without sign to many readers
    text_put(text, signbit(value) ? "-0.0" : "0");
  else
    text_add(text, "%.*g", digits, value);
}

void event_write(Text *text, const Event *event) {
  char chain[DIGEST_HEX];
  sha256_hex(chain, event->chain);
  text_add(text, "{\"event\":\"%s\",\"step\":%" PRIu64 ",\"epoch\":%" PRIu64, kind_names[event->kind],
           event->step, event->epoch);
  if (event->kind == EVENT_STEP) {
    put_number(text, "loss", event->loss, FLOAT_DIGITS);
    put_number(text, "norm", event->gradient_norm, FLOAT_DIGITS);
  } else if (event->kind == EVENT_VALIDATION) {
    put_number(text, "value", event->value, DOUBLE_DIGITS);
    put_number(text, "loss", event->validation_loss, DOUBLE_DIGITS);
    text_add(text, ",\"improved\":%s", event->improved ? "true" : "false");
  } else if (event->kind == EVENT_END) {
    text_add(text, ",\"reason\":\"%s\"", event->reason);
  }
  text_add(text, ",\"chain\":\"%s\"}\n", chain);
}

static int find_name(const char *const *names, int count, const json_t *value) {
  const char *name = json_string_value(value);
  for (int i = 0; name != NULL && i < count; i++) {
    if (strcmp(names[i], name) == 0) return i;
  }
  return -1;
}

static double take_number(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  const char *name = json_string_value(value);
  if (name == NULL) return json_number_value(value);
  return strcmp(name, "inf") == 0 ? INFINITY : strcmp(name, "-inf") == 0 ? -INFINITY : __builtin_nan("");
}

// Members that are absent or of another type become anything: the comparison in event_read finds them.
static int take_event(Event *event, const json_t *json) {
  const char *chain = json_string_value(json_object_get(json, "chain"));
  int kind = find_name(kind_names, KIND_COUNT, json_object_get(json, "event"));
  int reason = find_name(reasons, REASON_COUNT, json_object_get(json, "reason"));
  *event = (Event){0};
  if (kind < 0 || chain == NULL || !sha256_parse(event->chain, chain)) return 0;
  if (kind == EVENT_END && reason < 0) return 0;
  event->kind = (EventKind)kind;
  event->step = (uint64_t)json_integer_value(json_object_get(json, "step"));
  event->epoch = (uint64_t)json_integer_value(json_object_get(json, "epoch"));
  if (kind == EVENT_STEP) {
    event->loss = (float)take_number(json, "loss");
    event->gradient_norm = (float)take_number(json, "norm");
  } else if (kind == EVENT_VALIDATION) {
    event->value = take_number(json, "value");
    event->validation_loss = take_number(json, "loss");
    event->improved = json_is_true(json_object_get(json, "improved"));
  } else if (kind == EVENT_END) {
    event->reason = reasons[reason];
  }
  return 1;
}

int event_read(Event *event, const char *line, size_t length) {
  json_error_t ignored;
  Text again = {0};
  json_t *json = json_loadb(line, length, JSON_REJECT_DUPLICATES, &ignored);
  int ours = json != NULL && take_event(event, json);
  if (ours) {
    event_write(&again, event);
    ours = again.length == length + 1 && memcmp(again.bytes, line, length) == 0;
  }
  text_free(&again);
  json_decref(json);
  return ours;
}

static Status read_lines(EventLog *log, const char *bytes, size_t length, const char *path, Error *error) {
  int64_t capacity = 0;
  for (const char *line = bytes; line < bytes + length;) {
    const char *end = memchr(line, '\n', (size_t)(bytes + length - line));
    log->torn = end == NULL;
    if (log->torn) break;
    if (log->count == capacity) {
      capacity = capacity == 0 ? 1024 : 2 * capacity;
      log->events = memory_grow(log->events, (size_t)capacity, sizeof *log->events);
    }
    if (!event_read(&log->events[log->count], line, (size_t)(end - line))) {
      return error_set(error, STATUS_DATA, "'%s' line %lld is not an event as they are written", path,
                       (long long)log->count + 1);
    }
    log->count++;
    line = end + 1;
  }
  return STATUS_OK;
}

Status event_log_read(EventLog *log, const char *path, Error *error) {
  char *bytes;
  size_t length;
  *log = (EventLog){0};
  PASS(file_read(&bytes, &length, path, (size_t)1 << 36, error));
  Status status = read_lines(log, bytes, length, path, error);
  free(bytes);
  if (status != STATUS_OK) event_log_free(log);
  return status;
}

void event_log_free(EventLog *log) {
  free(log->events);
  *log = (EventLog){0};
}

int64_t event_log_first_break(const EventLog *log, const uint8_t origin[DIGEST_BYTES]) {
  uint8_t chain[DIGEST_BYTES];
  uint64_t step = 0;
  memcpy(chain, origin, DIGEST_BYTES);
  for (int64_t i = 0; i < log->count; i++) {
    const Event *event = &log->events[i];
    if (event->kind == EVENT_STEP) {
      step++;
      chain_step(chain, step, event->loss, event->gradient_norm);
    } else if (event->kind == EVENT_VALIDATION) {
      chain_validation(chain, step, event->value);
    }
    if (event->step != step || memcmp(event->chain, chain, DIGEST_BYTES) != 0) return i;
  }
  return -1;
}
