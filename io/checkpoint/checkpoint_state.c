// state.json: written from a CheckpointState and read back.
#include "io/checkpoint/checkpoint_state.h"

#include "engine/shared/memory.h"
#include "io/shared/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void put_flag(Text *text, const char *key, bool flag) {
  text_add(text, "  \"%s\": %s,\n", key, flag ? "true" : "false");
}

static void put_digest(Text *text, const char *key, const uint8_t digest[DIGEST_BYTES], const char *end) {
  text_put(text, "  ");
  json_put_digest(text, key, digest);
  text_put(text, end);
}

char *checkpoint_state_text(const CheckpointState *state) {
  Text text = {0};
  text_add(&text, "{\n  \"step\": %" PRIu64 ",\n  \"epoch\": %" PRIu64 ",\n", state->step, state->epoch);
  put_digest(&text, "model", state->model_digest, ",\n");
  put_digest(&text, "state", state->state_digest, ",\n");
  text_put(&text, "  \"best\": ");
  json_put_number(&text, state->best);
  text_add(&text, ",\n  \"best_step\": %" PRIu64 ",\n", state->best_step);
  put_flag(&text, "is_best", state->is_best);
  put_flag(&text, "is_final", state->is_final);
  if (state->has_parent)
    text_add(&text, "  \"parent_step\": %" PRIu64 ",\n", state->parent_step);
  else
    text_put(&text, "  \"parent_step\": null,\n");
  text_add(&text, "  \"events_bytes\": %lld,\n", (long long)state->events_bytes);
  put_digest(&text, "events", state->events_digest, ",\n");
  text_put(&text, "  \"numerics\": ");
  json_put_string(&text, state->numerics);
  text_put(&text, ",\n  \"version\": ");
  json_put_string(&text, state->version);
  text_put(&text, ",\n");
  put_digest(&text, "code", state->code_digest, "\n}\n");
  return text_take(&text);
}

static int take_text(char *out, size_t room, const json_t *object, const char *key) {
  const char *value = json_string_value(json_object_get(object, key));
  return value != NULL && (size_t)snprintf(out, room, "%s", value) < room;
}

static int take_state(CheckpointState *state, const json_t *json) {
  int is_best, is_final;
  uint64_t bytes;
  const json_t *parent = json_object_get(json, "parent_step");
  int fits = json_get_u64(&state->step, json, "step") && json_get_u64(&state->epoch, json, "epoch") &&
             json_get_digest(state->model_digest, json, "model") &&
             json_get_digest(state->state_digest, json, "state") &&
             json_get_number(&state->best, json, "best") &&
             json_get_u64(&state->best_step, json, "best_step") && json_get_flag(&is_best, json, "is_best") &&
             json_get_flag(&is_final, json, "is_final") && json_get_u64(&bytes, json, "events_bytes") &&
             json_get_digest(state->events_digest, json, "events") &&
             take_text(state->numerics, sizeof state->numerics, json, "numerics") &&
             take_text(state->version, sizeof state->version, json, "version") &&
             json_get_digest(state->code_digest, json, "code");
  if (!fits) return 0;
  state->is_best = is_best;
  state->is_final = is_final;
  state->events_bytes = (int64_t)bytes;
  state->has_parent = !json_is_null(parent);
  return !state->has_parent || json_get_u64(&state->parent_step, json, "parent_step");
}

Status checkpoint_state_read(CheckpointState *state, const char *path, Error *error) {
  *state = (CheckpointState){0};
  json_t *json = NULL;
  char *file = memory_format("%s/state.json", path);
  Status status;
  TRY(json_object_read(&json, file, error));
  if (!take_state(state, json)) {
    status = error_set(error, STATUS_DATA, "'%s' lacks a member that every state.json has", file);
  }
done:
  json_decref(json);
  free(file);
  return status;
}
