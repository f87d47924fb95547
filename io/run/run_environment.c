// environment.json: the machines and sessions a run ran on, outside every digest.
#include "io/run/run_parts.h"

#include "engine/shared/memory.h"
#include "io/shared/environment.h"
#include "io/shared/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What earlier sessions wrote; a fresh object where that cannot be read.
static json_t *earlier_sessions(const char *path) {
  json_t *json = NULL;
  Error ignored;
  char *file = memory_format("%s/" RUN_ENVIRONMENT, path);
  if (json_object_read(&json, file, &ignored) != STATUS_OK) json = json_object();
  free(file);
  if (!json_is_array(json_object_get(json, "sessions"))) json_object_set_new(json, "sessions", json_array());
  return json;
}

static json_t *texts(const TextList *list) {
  json_t *array = json_array();
  for (int i = 0; list != NULL && i < list->count; i++)
    json_array_append_new(array, json_string(list->items[i]));
  return array;
}

void run_environment_begin(Run *run, const RunEnvironment *environment, uint64_t step) {
  clock_gettime(CLOCK_MONOTONIC, &run->opened);
  run->environment = earlier_sessions(run->path);
  json_t *sessions = json_object_get(run->environment, "sessions");
  json_t *session = json_pack("{s:o,s:s,s:o,s:s,s:I,s:o}", "started", environment_now(), "version",
                              environment->version, "host", environment_host(), "device", environment->device,
                              "from_step", (json_int_t)step, "set", texts(environment->overrides));
  if (environment->gpu != NULL) {
    json_object_set_new(session, "gpu", json_string(environment->gpu));
  } else {
    json_object_set_new(session, "isa", json_string(environment->isa));
    json_object_set_new(session, "threads", json_integer(environment->threads));
  }
  json_array_append_new(sessions, session);
}

Status run_environment_write(Run *run, Error *error) {
  char *text = json_dumps(run->environment, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
  char *line = memory_format("%s\n", text == NULL ? "{}" : text);
  Status status = durable_replace(run->calls, run->path, RUN_ENVIRONMENT, line, strlen(line), error);
  free(line);
  free(text);
  return status;
}

void run_environment_end(Run *run, uint64_t step, const char *end) {
  struct timespec closed;
  Error ignored;
  json_t *sessions = json_object_get(run->environment, "sessions");
  json_t *session = json_array_get(sessions, json_array_size(sessions) - 1);
  clock_gettime(CLOCK_MONOTONIC, &closed);
  double seconds =
      (double)(closed.tv_sec - run->opened.tv_sec) + 1e-9 * (double)(closed.tv_nsec - run->opened.tv_nsec);
  json_object_set_new(session, "to_step", json_integer((json_int_t)step));
  json_object_set_new(session, "seconds", json_real(seconds));
  json_object_set_new(session, "end", json_string(end));
  run_environment_write(run, &ignored);
}
