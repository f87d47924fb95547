// Chooses policies on validation rows; policy.json keeps them.
#include "tools/cli/judge/policy.h"

#include "engine/evaluate/money.h"
#include "engine/shared/memory.h"
#include "io/report/json_text.h"
#include "io/run/manifest.h"
#include "tools/cli/judge/judged_rows.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const kind_names[] = {"best_on_validation", "threshold", "expected_gain"};

// Everything of a business section that the choice depends on.
static void definition_digest(char hex[DIGEST_HEX], const BusinessConfig *business) {
  Text text = {0};
  uint8_t digest[DIGEST_BYTES];
  text_add(&text, "act=%s\nskip=%s\npolicy=%s\nthreshold=%a\n", business->act, business->skip,
           kind_names[business->policy], business->threshold);
  for (int i = 0; i < business->param_count; i++) {
    text_add(&text, "param.%s=%a\n", business->params[i].name, business->params[i].value);
  }
  sha256(digest, text.bytes, text.length);
  sha256_hex(hex, digest);
  text_free(&text);
}

static bool has_policy(const TrainedModel *model, const BusinessConfig *business) {
  return business != NULL && business->present && preprocess_task(model->preprocess) == TASK_BINARY;
}

static Status choose(Policy *policy, const TrainedModel *model, Dataset *dataset,
                     const BusinessConfig *business, Error *error) {
  JudgedRows judged = {0};
  double *scores = NULL;
  int64_t count;
  const int64_t *rows = dataset_part(dataset, PART_VALIDATION, &count);
  Status status;
  if (count == 0) {
    return error_set(
        error, STATUS_CONFIG,
        "business.policy needs validation rows to choose a threshold on: give data.split a validation "
        "part, or set business.policy: {threshold: 0.5}");
  }
  TRY(judged_rows_load(&judged, dataset, model->preprocess, business, rows, count, false, error));
  TRY(trained_model_scores(&scores, NULL, model, dataset, rows, count, error));
  EvaluationSet set = judged_rows_set(&judged, scores, policy_default);
  TRY(evaluation_set_check(&set, error));
  *policy = money_policy(business, &set);
done:
  free(scores);
  judged_rows_free(&judged);
  return status;
}

static void model_digest_text(char hex[DIGEST_HEX], const TrainedModel *model) {
  sha256_hex(hex, model->checkpoint->state.model_digest);
}

static Status write_policy(const TrainedModel *model, const BusinessConfig *business, const Policy *policy,
                           Error *error) {
  char digest[DIGEST_HEX], definition[DIGEST_HEX];
  Text text = {0};
  model_digest_text(digest, model);
  definition_digest(definition, business);
  json_t *json = json_pack("{s:s,s:s,s:s,s:f,s:b}", "model", digest, "definition", definition, "policy",
                           kind_names[policy->kind], "threshold", policy->threshold, "act_below",
                           (int)policy->act_below);
  json_text(&text, json);
  Status status =
      durable_replace(&file_calls_system, model->run, "policy.json", text.bytes, text.length, error);
  json_decref(json);
  text_free(&text);
  return status;
}

// True where policy.json was written for this model and these definitions.
static bool read_policy(Policy *policy, const TrainedModel *model, const BusinessConfig *business) {
  char digest[DIGEST_HEX], definition[DIGEST_HEX];
  char *path = memory_format("%s/policy.json", model->run);
  const char *of_model, *of_definition;
  json_t *json = NULL;
  Error ignored;
  int act_below;
  model_digest_text(digest, model);
  definition_digest(definition, business);
  bool found = json_text_read(&json, path, &ignored) == STATUS_OK &&
               json_unpack(json, "{s:s,s:s,s:F,s:b}", "model", &of_model, "definition", &of_definition,
                           "threshold", &policy->threshold, "act_below", &act_below) == 0 &&
               strcmp(of_model, digest) == 0 && strcmp(of_definition, definition) == 0;
  if (found) {
    policy->kind = business->policy;
    policy->act_below = act_below != 0;
  }
  json_decref(json);
  free(path);
  return found;
}

Status policy_freeze(const char *run, Dataset *dataset, const Config *config, Error *error) {
  TrainedModel model = {0};
  Policy policy;
  Status status;
  if (!config->business.present || config->data.target.task != TASK_BINARY) return STATUS_OK;
  DeviceChoice device = {config->machine.device, config->machine.isa, config->machine.threads};
  TRY(trained_model_open(&model, run, "", &device, error));
  TRY(choose(&policy, &model, dataset, &config->business, error));
  TRY(write_policy(&model, &config->business, &policy, error));
done:
  trained_model_close(&model);
  return status;
}

// The run's own data, which must be those it was trained on.
static Status open_run_data(Dataset **dataset, const TrainedModel *model, Error *error) {
  uint8_t digest[DIGEST_BYTES];
  char *path = memory_format("%s/manifest.json", model->run);
  Manifest *manifest = NULL;
  Status status;
  TRY(manifest_read(&manifest, path, error));
  TRY(dataset_open(dataset, model->config, error));
  TRY(dataset_digest(digest, *dataset, model->config, error));
  if (memcmp(digest, manifest->data_digest, DIGEST_BYTES) != 0) {
    TRY(error_set(error, STATUS_DATA,
                  "%s: its content is not what the run was trained on (other data digest)",
                  model->config->data.file));
  }
done:
  manifest_free(manifest);
  free(path);
  return status;
}

Status policy_of_model(Policy *policy, const TrainedModel *model, const BusinessConfig *business,
                       Error *error) {
  *policy = policy_default;
  if (!has_policy(model, business)) return STATUS_OK;
  if (model->run != NULL && read_policy(policy, model, business)) return STATUS_OK;
  if (model->run == NULL) {
    return error_set(
        error, STATUS_MISSING,
        "%s: the checkpoint lies outside of its run: there is no frozen policy, and no data to choose one "
        "on; give the run's folder",
        model->checkpoint->path);
  }
  Dataset *dataset = NULL;
  Status status = open_run_data(&dataset, model, error);
  if (status == STATUS_OK)
    status = choose(policy, model, dataset, business, error);
  else
    error_prefix(error, "business.policy is to be chosen on the run's validation rows");
  dataset_close(dataset);
  return status;
}
