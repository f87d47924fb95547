// manifest.json, read.
#include "io/run/manifest.h"

#include "engine/shared/memory.h"
#include "io/shared/json.h"

#include <stdlib.h>
#include <string.h>

// Each of these returns 0 where a member is absent or of another kind.

static int take_count(int64_t *number, const json_t *object, const char *key) {
  uint64_t natural;
  int fits = json_get_u64(&natural, object, key);
  *number = (int64_t)natural;
  return fits;
}

static int take_data(Manifest *manifest, const json_t *data) {
  const json_t *parts = json_object_get(data, "parts"), *files = json_object_get(data, "files");
  int fits = json_get_digest(manifest->data_digest, data, "digest") &&
             take_count(&manifest->rows, data, "rows") && json_is_array(files);
  for (int part = 0; part < PART_COUNT; part++) {
    fits = fits && take_count(&manifest->part_rows[part], parts, manifest_parts[part]);
  }
  if (!fits) return 0;
  manifest->files = memory_get(json_array_size(files), sizeof *manifest->files);
  for (size_t i = 0; i < json_array_size(files); i++) {
    ManifestFile *file = &manifest->files[i];
    const json_t *item = json_array_get(files, i);
    if (!json_get_text(&file->name, item, "name")) return 0;
    manifest->file_count++;
    if (!take_count(&file->bytes, item, "bytes")) return 0;
  }
  return 1;
}

static int take_gate(Gate *gate, const json_t *item) {
  const char *rule = json_string_value(json_object_get(item, "rule"));
  for (int i = 0; rule != NULL && i < GATE_RULE_COUNT; i++) {
    if (strcmp(rule, gate_rule_names[i]) != 0) continue;
    gate->rule = (GateRule)i;
    gate->relative = json_is_true(json_object_get(item, "relative"));
    if (json_object_get(item, "slice") != NULL && !json_get_text(&gate->slice, item, "slice")) return 0;
    return json_get_number(&gate->margin, item, "margin") && json_get_text(&gate->metric, item, "metric");
  }
  return 0;
}

static int take_gates(GatesConfig *gates, const json_t *json) {
  const json_t *primary = json_object_get(json, "primary"), *guardrails = json_object_get(json, "guardrails");
  if (!json_get_number(&gates->confidence, json, "confidence") || primary == NULL) return 0;
  gates->has_primary = !json_is_null(primary);
  if (gates->has_primary && !take_gate(&gates->primary, primary)) return 0;
  if (!json_is_array(guardrails)) return 0;
  gates->guardrails = memory_get(json_array_size(guardrails), sizeof *gates->guardrails);
  for (size_t i = 0; i < json_array_size(guardrails); i++) {
    gates->guardrail_count++;
    if (!take_gate(&gates->guardrails[i], json_array_get(guardrails, i))) return 0;
  }
  return 1;
}

static int take_state(ManifestState *state, const json_t *json) {
  return json_get_u64(&state->step, json, "step") && json_get_u64(&state->epoch, json, "epoch") &&
         json_get_number(&state->best, json, "best") && json_get_digest(state->model_digest, json, "model") &&
         json_get_digest(state->state_digest, json, "state") && json_get_digest(state->chain, json, "chain");
}

static int take_words(uint64_t words[FAST_WORDS], const char *hex) {
  enum { DIGITS = 16 }; // of a word
  if (hex == NULL || strlen(hex) != DIGITS * FAST_WORDS ||
      strspn(hex, "0123456789abcdef") != DIGITS * FAST_WORDS)
    return 0;
  for (int i = 0; i < FAST_WORDS; i++) {
    char word[DIGITS + 1] = "";
    memcpy(word, hex + DIGITS * i, DIGITS);
    words[i] = strtoull(word, NULL, 16);
  }
  return 1;
}

static int take_pin(PinnedProduct *pin, const json_t *item) {
  const char *product = json_string_value(json_object_get(item, "product"));
  int relu, known = 0;
  for (int kind = 0; kind < PRODUCT_KINDS && product != NULL; kind++) {
    if (strcmp(product, manifest_products[kind]) != 0) continue;
    pin->shape.kind = (ProductKind)kind;
    known = 1;
  }
  if (!known || !json_get_flag(&relu, item, "relu")) return 0;
  pin->shape.activation = relu ? ACTIVATION_RELU : ACTIVATION_NONE;
  return take_count(&pin->shape.rows, item, "rows") && take_count(&pin->shape.outputs, item, "outputs") &&
         take_count(&pin->shape.inputs, item, "inputs") &&
         take_words(pin->algorithm, json_string_value(json_object_get(item, "algorithm")));
}

// Of numerics f1 alone.
static int take_pins(Manifest *manifest, const json_t *json) {
  ProductPins *pins = &manifest->pins;
  const json_t *products = json_object_get(json, "products"), *list = json_object_get(products, "algorithms");
  const char *device = json_string_value(json_object_get(products, "device"));
  int64_t version;
  if (strcmp(manifest->numerics, "f1") != 0) return products == NULL;
  if (device == NULL || strlen(device) >= sizeof pins->device || !json_is_array(list) ||
      !take_count(&version, products, "cublaslt") || version < 1 || version > INT32_MAX)
    return 0;
  memcpy(pins->device, device, strlen(device) + 1);
  pins->version = (int)version;
  pins->items = memory_get(json_array_size(list), sizeof *pins->items);
  for (size_t i = 0; i < json_array_size(list); i++) {
    if (!take_pin(&pins->items[pins->count++], json_array_get(list, i))) return 0;
  }
  return 1;
}

static int take_end(Manifest *manifest, const json_t *json) {
  if (!json_get_flag(&manifest->finished, json, "finished")) return 0;
  if (!manifest->finished) {
    manifest->end = memory_text("");
    return 1;
  }
  const json_t *steps = json_object_get(json, "checkpoints");
  if (!json_get_text(&manifest->end, json, "end") ||
      !take_state(&manifest->final, json_object_get(json, "final")) ||
      !take_state(&manifest->selected, json_object_get(json, "selected")) || !json_is_array(steps)) {
    return 0;
  }
  manifest->steps = memory_get(json_array_size(steps), sizeof *manifest->steps);
  for (size_t i = 0; i < json_array_size(steps); i++) {
    manifest->steps[manifest->step_count++] = (uint64_t)json_integer_value(json_array_get(steps, i));
  }
  return 1;
}

static int take_manifest(Manifest *manifest, const json_t *json) {
  const json_t *config = json_object_get(json, "config"), *origin = json_object_get(json, "origin");
  return json_get_text(&manifest->name, json, "name") && json_get_text(&manifest->goal, json, "goal") &&
         json_get_text(&manifest->owner, json, "owner") &&
         json_get_text(&manifest->numerics, json, "numerics") &&
         json_get_text(&manifest->version, json, "version") &&
         json_get_text(&manifest->metric, json, "metric") &&
         json_get_digest(manifest->config_digest, config, "digest") &&
         json_get_text(&manifest->bits, config, "bits") &&
         take_data(manifest, json_object_get(json, "data")) &&
         json_get_digest(manifest->code_digest, json, "code") &&
         json_get_digest(manifest->origin_chain, origin, "chain") &&
         json_get_digest(manifest->origin_parameters, origin, "parameters") && take_pins(manifest, json) &&
         take_gates(&manifest->gates, json_object_get(json, "gates")) && take_end(manifest, json);
}

Status manifest_read(Manifest **manifest, const char *path, Error *error) {
  Manifest *made = memory_get(1, sizeof *made);
  json_t *json = NULL;
  Status status;
  *manifest = NULL;
  TRY(json_object_read(&json, path, error));
  if (!take_manifest(made, json)) {
    TRY(error_set(error, STATUS_DATA, "'%s' is not a run's manifest: a member is missing or of another kind",
                  path));
  }
  *manifest = made;
  made = NULL;
done:
  json_decref(json);
  manifest_free(made);
  return status;
}
