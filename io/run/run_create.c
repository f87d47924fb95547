// Making a run's folder, manifest.json last: without it a creation did not happen.
#include "io/run/run_parts.h"

#include "engine/shared/memory.h"
#include "io/shared/sums.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void copy_gate(Gate *copy, const Gate *gate) {
  *copy = *gate;
  copy->metric = memory_text(gate->metric);
  copy->slice = gate->slice == NULL ? NULL : memory_text(gate->slice);
}

static void copy_gates(GatesConfig *copy, const GatesConfig *gates) {
  *copy = *gates;
  if (gates->has_primary)
    copy_gate(&copy->primary, &gates->primary);
  else
    copy->primary = (Gate){0};
  copy->guardrails = memory_get((size_t)gates->guardrail_count, sizeof *copy->guardrails);
  for (int i = 0; i < gates->guardrail_count; i++) copy_gate(&copy->guardrails[i], &gates->guardrails[i]);
}

static void copy_pins(ProductPins *copy, const ProductPins *pins) {
  *copy = *pins;
  copy->items = memory_get((size_t)pins->count, sizeof *copy->items);
  for (int i = 0; i < pins->count; i++) copy->items[i] = pins->items[i];
}

static Manifest *make_manifest(const RunInputs *inputs, const RunEnvironment *environment,
                               const uint8_t code_digest[DIGEST_BYTES]) {
  const Config *config = inputs->config;
  Manifest *made = memory_get(1, sizeof *made);
  made->name = memory_text(config->name);
  made->goal = memory_text(config->goal);
  made->owner = memory_text(config->owner);
  made->numerics = memory_text(config->numerics.id);
  made->version = memory_text(environment->version);
  made->metric = memory_text(config->select_metric);
  made->bits = memory_text(config->bits_text);
  made->end = memory_text("");
  sha256(made->config_digest, config->bits_text, strlen(config->bits_text));
  memcpy(made->data_digest, inputs->data_digest, DIGEST_BYTES);
  memcpy(made->code_digest, code_digest, DIGEST_BYTES);
  memcpy(made->origin_chain, inputs->origin_chain, DIGEST_BYTES);
  memcpy(made->origin_parameters, inputs->origin_parameters, DIGEST_BYTES);
  made->files = memory_get((size_t)inputs->file_count, sizeof *made->files);
  made->file_count = inputs->file_count;
  for (int i = 0; i < inputs->file_count; i++) {
    made->files[i] = (ManifestFile){memory_text(inputs->files[i].name), inputs->files[i].bytes};
  }
  made->rows = inputs->rows;
  memcpy(made->part_rows, inputs->part_rows, sizeof made->part_rows);
  if (inputs->pins != NULL) copy_pins(&made->pins, inputs->pins);
  copy_gates(&made->gates, &config->gates);
  return made;
}

static Status put_file(Run *run, const char *name, const char *text, Error *error) {
  return durable_replace(run->calls, run->path, name, text, strlen(text), error);
}

// config.yaml and manifest.json, of which the second is still to be written.
static Status put_first_sums(Run *run, const char *manifest, Error *error) {
  Sums sums = {0};
  uint8_t digest[DIGEST_BYTES];
  sha256(digest, manifest, strlen(manifest));
  sums_add(&sums, RUN_CONFIG, run->config_digest);
  sums_add(&sums, RUN_MANIFEST, digest);
  char *text = sums_text(&sums);
  Status status = put_file(run, RUN_SUMS, text, error);
  free(text);
  sums_free(&sums);
  return status;
}

// Under the lock. The folder's own entry is flushed last: then it is there with everything in it.
static Status fill_folder(Run *run, const RunInputs *inputs, const RunEnvironment *environment,
                          Error *error) {
  char *events = memory_format("%s/" RUN_EVENTS, run->path);
  char *parent = memory_format("%s/..", run->path);
  char *manifest = manifest_text(run->manifest);
  Status status;
  sha256(run->config_digest, inputs->config_text, strlen(inputs->config_text));
  run_environment_begin(run, environment, 0);
  TRY(folder_make(run->calls, run->checkpoints, error));
  TRY(put_file(run, RUN_CONFIG, inputs->config_text, error));
  TRY(run_environment_write(run, error));
  TRY(put_file(run, RUN_EVENTS, "", error));
  TRY(event_file_open(&run->events, run->calls, events, 0, NULL, error));
  TRY(put_first_sums(run, manifest, error));
  TRY(put_file(run, RUN_MANIFEST, manifest, error));
  TRY(durable_folder(run->calls, parent, error));
done:
  free(manifest);
  free(parent);
  free(events);
  return status;
}

Status run_create(Run **run, const char *path, const RunInputs *inputs, const RunEnvironment *environment,
                  Error *error) {
  Run *made = run_new(path);
  char *manifest = memory_format("%s/" RUN_MANIFEST, path);
  struct stat about;
  uint8_t code[DIGEST_BYTES];
  Status status;
  *run = NULL;
  if (run_folder_state(path, error) == RUN_OTHER && lstat(manifest, &about) != 0) TRY(error->status);
  TRY(folder_make(made->calls, path, error));
  TRY(run_lock(&made->lock, path, error));
  if (lstat(manifest, &about) == 0) {
    TRY(error_set(error, STATUS_EXISTS, "'%s' already holds a run: resume it, or name another folder", path));
  }
  TRY(file_sha256(code, NULL, "/proc/self/exe", -1, error));
  made->manifest = make_manifest(inputs, environment, code);
  TRY(fill_folder(made, inputs, environment, error));
  run_prepare_store(made, inputs->config, code, environment->version);
  *run = made;
  made = NULL;
done:
  free(manifest);
  run_close(made);
  return status;
}
