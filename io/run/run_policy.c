// policy.json: written with its own digest, and read only as it was written.
#include "io/run/run_policy.h"

#include "engine/shared/memory.h"
#include "io/shared/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN_POLICY "policy.json"

static char *policy_text(const RunPolicy *policy) {
  Text text = {0};
  uint8_t digest[DIGEST_BYTES];
  text_put(&text, "{\n  ");
  json_put_digest(&text, "model", policy->model);
  text_put(&text, ",\n  ");
  json_put_digest(&text, "definition", policy->definition);
  text_put(&text, ",\n  \"policy\": ");
  json_put_string(&text, policy->kind);
  text_put(&text, ",\n  \"threshold\": ");
  json_put_number(&text, policy->threshold);
  text_add(&text, ",\n  \"act_below\": %s", policy->act_below ? "true" : "false");
  sha256(digest, text.bytes, text.length);
  text_put(&text, ",\n  ");
  json_put_digest(&text, "digest", digest);
  text_put(&text, "\n}\n");
  return text_take(&text);
}

Status run_policy_write(const char *run, const RunPolicy *policy, Error *error) {
  char *text = policy_text(policy);
  Status status = durable_replace(&file_calls_system, run, RUN_POLICY, text, strlen(text), error);
  free(text);
  return status;
}

static int take_policy(RunPolicy *policy, const json_t *json) {
  int act_below;
  const char *kind = json_string_value(json_object_get(json, "policy"));
  if (kind == NULL || (size_t)snprintf(policy->kind, sizeof policy->kind, "%s", kind) >= sizeof policy->kind)
    return 0;
  int fits = json_get_digest(policy->model, json, "model") &&
             json_get_digest(policy->definition, json, "definition") &&
             json_get_number(&policy->threshold, json, "threshold") &&
             json_get_flag(&act_below, json, "act_below");
  if (fits) policy->act_below = act_below != 0;
  return fits;
}

Status run_policy_read(RunPolicy *policy, const char *run, Error *error) {
  char *path = memory_format("%s/" RUN_POLICY, run), *bytes = NULL, *again = NULL;
  size_t length;
  json_t *json = NULL;
  Status status;
  *policy = (RunPolicy){0};
  TRY(file_read(&bytes, &length, path, 1 << 20, error));
  TRY(json_object_read(&json, path, error));
  // What it holds, written again, digest and all: any other byte was changed.
  if (take_policy(policy, json)) again = policy_text(policy);
  if (again == NULL || strlen(again) != length || memcmp(again, bytes, length) != 0) {
    TRY(error_set(error, STATUS_DATA,
                  "'%s' was changed: it is not what its digest says; restore it, or remove it and the policy "
                  "is chosen again on the validation rows",
                  path));
  }
done:
  json_decref(json);
  free(again);
  free(bytes);
  free(path);
  return status;
}
