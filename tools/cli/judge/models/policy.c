// Chooses policies on validation rows; policy.json keeps them.
#include "tools/cli/judge/models/policy.h"

#include "engine/evaluate/money.h"
#include "engine/shared/memory.h"
#include "io/run/manifest.h"
#include "io/run/run_policy.h"
#include "io/shared/text.h"
#include "tools/cli/judge/models/judged_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {"best_on_validation", "threshold", "expected_gain", "capacity",
                                         "frozen"};

// Everything of a business section that the choice depends on.
static void definition_digest(uint8_t digest[DIGEST_BYTES], const BusinessConfig *business) {
  Text text = {0};
  text_add(&text, "act=%s\nskip=%s\npolicy=%s\nthreshold=%a\n", business->act, business->skip,
           kind_names[business->policy], business->threshold);
  for (int i = 0; i < business->param_count; i++) {
    text_add(&text, "param.%s=%a\n", business->params[i].name, business->params[i].value);
  }
  sha256(digest, text.bytes, text.length);
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

static Status write_policy(const TrainedModel *model, const BusinessConfig *business, const Policy *policy,
                           Error *error) {
  RunPolicy record = {.threshold = policy->threshold, .act_below = policy->act_below};
  snprintf(record.kind, sizeof record.kind, "%s", kind_names[policy->kind]);
  memcpy(record.model, model->checkpoint->state.model_digest, DIGEST_BYTES);
  definition_digest(record.definition, business);
  return run_policy_write(model->run, &record, error);
}

// *found: policy.json is there and was written for this model and, unless the stored threshold is asked for,
// these definitions.
static Status read_policy(Policy *policy, bool *found, const TrainedModel *model,
                          const BusinessConfig *business, Error *error) {
  RunPolicy record;
  uint8_t definition[DIGEST_BYTES];
  *found = false;
  Status status = run_policy_read(&record, model->run, error);
  if (status == STATUS_MISSING) return STATUS_OK;
  PASS(status);
  definition_digest(definition, business);
  bool any = business->policy == POLICY_FROZEN &&
             strcmp(record.kind, kind_names[POLICY_EXPECTED_GAIN]) != 0 &&
             strcmp(record.kind, kind_names[POLICY_CAPACITY]) != 0;
  *found = memcmp(record.model, model->checkpoint->state.model_digest, DIGEST_BYTES) == 0 &&
           (any || memcmp(record.definition, definition, DIGEST_BYTES) == 0);
  if (*found) *policy = (Policy){business->policy, record.threshold, record.act_below};
  return STATUS_OK;
}

Status policy_check_trainable(const Config *config, Error *error) {
  if (!config->business.present || config->business.policy != POLICY_FROZEN) return STATUS_OK;
  return error_set(
      error, STATUS_CONFIG,
      "business.policy: {threshold: frozen} is the threshold that a finished run has stored, and "
      "this run is to be trained: choose best_on_validation or a number, and decide again later "
      "with ingot evaluate RUN --config NEW");
}

Status policy_freeze(const char *run, Dataset *dataset, const Config *config, Error *error) {
  TrainedModel model = {0};
  Policy policy;
  Status status;
  if (!config->business.present || config->data.target.task != TASK_BINARY) return STATUS_OK;
  DeviceChoice device = {config->machine.device, config->machine.isa, config->machine.threads, 0};
  TRY(trained_model_open(&model, run, "", &device, error));
  TRY(choose(&policy, &model, dataset, &config->business, error));
  TRY(write_policy(&model, &config->business, &policy, error));
done:
  trained_model_close(&model);
  return status;
}

Status policy_rehearse(Dataset *dataset, const Preprocess *preprocess, const Config *config, Device *device,
                       Error *error) {
  Checkpoint blank = {0};
  TrainedModel like = {.checkpoint = &blank, .preprocess = (Preprocess *)preprocess, .device = device};
  Model *model = NULL;
  float *state = NULL;
  Policy policy;
  int64_t count;
  Status status;
  dataset_part(dataset, PART_VALIDATION, &count);
  if (!config->business.present || config->data.target.task != TASK_BINARY || count == 0) return STATUS_OK;
  TRY(model_create(&model, &config->model, preprocess_layout(preprocess), TASK_BINARY, error));
  state = memory_get((size_t)model->table.size * 3, sizeof *state); // a checkpoint's: parameters, two moments
  model_views(model, &blank.tensors, state);
  tensor_set_sort(&blank.tensors);
  TRY(choose(&policy, &like, dataset, &config->business, error));
done:
  tensor_set_free(&blank.tensors);
  free(state);
  model_free(model);
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
  if (model->run == NULL) {
    return error_set(
        error, STATUS_MISSING,
        "%s: the checkpoint lies outside of its run: there is no frozen policy, and no data to choose one "
        "on; give the run's folder",
        model->checkpoint->path);
  }
  bool found;
  PASS(read_policy(policy, &found, model, business, error));
  if (found) return STATUS_OK;
  if (business->policy == POLICY_FROZEN) {
    return error_set(error, STATUS_CONFIG,
                     "business.policy: %s has no threshold stored for this model; choose one with "
                     "{threshold: best_on_validation} or {threshold: 0.5}",
                     model->run);
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
