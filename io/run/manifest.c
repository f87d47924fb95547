// manifest.json, written.
#include "io/run/manifest.h"

#include "io/shared/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

const char *const manifest_parts[] = {"train", "validation", "test"};
const char *const manifest_products[] = {"forward", "backward_input", "backward_weight"};
_Static_assert(sizeof manifest_parts / sizeof manifest_parts[0] == PART_COUNT, "each part");
_Static_assert(sizeof manifest_products / sizeof manifest_products[0] == PRODUCT_KINDS, "each product");

static void put_text(Text *text, const char *key, const char *value) {
  text_add(text, "\"%s\": ", key);
  json_put_string(text, value);
}

static void put_digest(Text *text, const char *before, const char *key, const uint8_t digest[DIGEST_BYTES]) {
  text_put(text, before);
  json_put_digest(text, key, digest);
}

static void put_data(Text *text, const Manifest *manifest) {
  put_digest(text, "  \"data\": {\n    ", "digest", manifest->data_digest);
  text_add(text, ",\n    \"rows\": %" PRId64 ",\n    \"parts\": {", manifest->rows);
  for (int part = 0; part < PART_COUNT; part++) {
    text_add(text, "%s\"%s\": %" PRId64, part == 0 ? "" : ", ", manifest_parts[part],
             manifest->part_rows[part]);
  }
  text_put(text, "},\n    \"files\": [");
  for (int i = 0; i < manifest->file_count; i++) {
    text_put(text, i == 0 ? "{" : ", {");
    put_text(text, "name", manifest->files[i].name);
    text_add(text, ", \"bytes\": %" PRId64 "}", manifest->files[i].bytes);
  }
  text_put(text, "]\n  },\n");
}

static void put_gate(Text *text, const Gate *gate) {
  text_put(text, "{");
  put_text(text, "metric", gate->metric);
  text_add(text, ", \"rule\": \"%s\", \"margin\": ", gate_rule_names[gate->rule]);
  json_put_number(text, gate->margin);
  if (gate->slice != NULL && gate->slice[0] != '\0') {
    text_put(text, ", ");
    put_text(text, "slice", gate->slice);
  }
  text_put(text, gate->relative ? ", \"relative\": true}" : "}");
}

static void put_gates(Text *text, const GatesConfig *gates) {
  text_put(text, "  \"gates\": {\n    \"confidence\": ");
  json_put_number(text, gates->confidence);
  text_put(text, ",\n    \"primary\": ");
  if (gates->has_primary)
    put_gate(text, &gates->primary);
  else
    text_put(text, "null");
  text_put(text, ",\n    \"guardrails\": [");
  for (int i = 0; i < gates->guardrail_count; i++) {
    if (i > 0) text_put(text, ", ");
    put_gate(text, &gates->guardrails[i]);
  }
  text_put(text, "]\n  },\n");
}

static void put_state(Text *text, const char *key, const ManifestState *state) {
  text_add(text,
           ",\n  \"%s\": {\n    \"step\": %" PRIu64 ",\n    \"epoch\": %" PRIu64 ",\n    \"best\": ", key,
           state->step, state->epoch);
  json_put_number(text, state->best);
  put_digest(text, ",\n    ", "model", state->model_digest);
  put_digest(text, ",\n    ", "state", state->state_digest);
  put_digest(text, ",\n    ", "chain", state->chain);
  text_put(text, "\n  }");
}

static void put_pin(Text *text, const PinnedProduct *pin) {
  const ProductShape *shape = &pin->shape;
  text_add(text,
           "{\"product\": \"%s\", \"relu\": %s, \"rows\": %" PRId64 ", \"outputs\": %" PRId64
           ", \"inputs\": %" PRId64 ", \"algorithm\": \"",
           manifest_products[shape->kind], shape->activation == ACTIVATION_RELU ? "true" : "false",
           shape->rows, shape->outputs, shape->inputs);
  for (int i = 0; i < FAST_WORDS; i++) text_add(text, "%016" PRIx64, pin->algorithm[i]);
  text_put(text, "\"}");
}

static void put_pins(Text *text, const ProductPins *pins) {
  text_put(text, "  \"products\": {\n    ");
  put_text(text, "device", pins->device);
  text_add(text, ",\n    \"cublaslt\": %d,\n    \"algorithms\": [", pins->version);
  for (int i = 0; i < pins->count; i++) {
    text_put(text, i == 0 ? "\n      " : ",\n      ");
    put_pin(text, &pins->items[i]);
  }
  text_put(text, "]\n  },\n");
}

static void put_end(Text *text, const Manifest *manifest) {
  text_add(text, "  \"finished\": %s", manifest->finished ? "true" : "false");
  if (manifest->finished) {
    text_put(text, ",\n  ");
    put_text(text, "end", manifest->end);
    put_state(text, "final", &manifest->final);
    put_state(text, "selected", &manifest->selected);
    text_put(text, ",\n  \"checkpoints\": [");
    for (int i = 0; i < manifest->step_count; i++) {
      text_add(text, "%s%" PRIu64, i == 0 ? "" : ", ", manifest->steps[i]);
    }
    text_put(text, "]");
  }
  text_put(text, "\n}\n");
}

char *manifest_text(const Manifest *manifest) {
  Text text = {0};
  const char *const names[] = {"name", "goal", "owner", "numerics", "version", "metric"};
  const char *const values[] = {manifest->name,     manifest->goal,    manifest->owner,
                                manifest->numerics, manifest->version, manifest->metric};
  text_put(&text, "{\n");
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    text_put(&text, "  ");
    put_text(&text, names[i], values[i]);
    text_put(&text, ",\n");
  }
  put_digest(&text, "  \"config\": {\n    ", "digest", manifest->config_digest);
  text_put(&text, ",\n    ");
  put_text(&text, "bits", manifest->bits);
  text_put(&text, "\n  },\n");
  put_data(&text, manifest);
  put_digest(&text, "  ", "code", manifest->code_digest);
  put_digest(&text, ",\n  \"origin\": {\n    ", "chain", manifest->origin_chain);
  put_digest(&text, ",\n    ", "parameters", manifest->origin_parameters);
  text_put(&text, "\n  },\n");
  if (manifest->pins.version > 0) put_pins(&text, &manifest->pins);
  put_gates(&text, &manifest->gates);
  put_end(&text, manifest);
  return text_take(&text);
}

void manifest_free(Manifest *manifest) {
  if (manifest == NULL) return;
  char *const texts[] = {manifest->name,    manifest->goal,   manifest->owner, manifest->numerics,
                         manifest->version, manifest->metric, manifest->bits,  manifest->end};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) free(texts[i]);
  for (int i = 0; i < manifest->file_count; i++) free(manifest->files[i].name);
  free(manifest->files);
  free(manifest->pins.items);
  free(manifest->gates.primary.metric);
  free(manifest->gates.primary.slice);
  for (int i = 0; i < manifest->gates.guardrail_count; i++) {
    free(manifest->gates.guardrails[i].metric);
    free(manifest->gates.guardrails[i].slice);
  }
  free(manifest->gates.guardrails);
  free(manifest->steps);
  free(manifest);
}
