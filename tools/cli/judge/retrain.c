// One seed after the other: trained in the challenger's run folder, scored on the judged rows, closed.
#include "tools/cli/judge/retrain.h"

#include "engine/shared/memory.h"
#include "io/run/manifest.h"
#include "tools/cli/shared/output.h"
#include "tools/cli/training/signals.h"
#include "tools/cli/training/training.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static Status read_manifest(Manifest **manifest, const char *run, Error *error) {
  char *path = memory_format("%s/manifest.json", run);
  Status status = manifest_read(manifest, path, error);
  free(path);
  return status;
}

Status retrain_check(const JudgeChoices *choices, const char *argument, Error *error) {
  if (choices->retrain == 0) return STATUS_OK;
  char *path = memory_format("%s/manifest.json", argument);
  bool is_run = access(path, F_OK) == 0;
  bool selected = choices->checkpoint == NULL || strcmp(choices->checkpoint, "best") == 0;
  Manifest *manifest = NULL;
  Status status = STATUS_OK;
  if (access(argument, F_OK) != 0) TRY(error_set(error, STATUS_MISSING, "%s: no such run", argument));
  if (!is_run || !selected)
    TRY(error_set(error, STATUS_USAGE,
                  "--retrain %lld: %s is not a run's folder with its best checkpoint, and only that can be "
                  "trained again",
                  (long long)choices->retrain, argument));
  TRY(read_manifest(&manifest, argument, error));
  if (!manifest->finished)
    TRY(error_set(error, STATUS_USAGE, "--retrain %lld: %s is not finished; finish it first: ingot resume %s",
                  (long long)choices->retrain, argument, argument));
done:
  manifest_free(manifest);
  free(path);
  return status;
}

// What is saved is kept; the trainer has said which step that is.
static Status interrupted(Error *error) {
  say("the same command goes on from here");
  error->text[0] = '\0';
  return error->status = signals_status();
}

// The run's data must still be those it was trained on.
static Status check_data(const Session *session, const char *run, Error *error) {
  Manifest *manifest = NULL;
  PASS(read_manifest(&manifest, run, error));
  bool same = memcmp(manifest->data_digest, session->data_digest, DIGEST_BYTES) == 0;
  manifest_free(manifest);
  if (same) return STATUS_OK;
  return error_set(error, STATUS_DATA,
                   "%s: these are not the data of the run (another data digest): it cannot be trained again",
                   session->config->data.file);
}

static Status train(const char *run, const char *folder, uint64_t seed, const char *device, Error *error) {
  Session session = {0};
  SessionChoices choices = {.device = device};
  char *path = memory_format("%s/config.yaml", run),
       *number = memory_format("%llu", (unsigned long long)seed);
  Status status;
  choices.seed = number;
  TRY(session_load(&session, path, &choices, false, error));
  TRY(session_open_data(&session, error));
  TRY(check_data(&session, run, error));
  TRY(training_fit(&session, folder, error));
done:
  free(path);
  free(number);
  session_close(&session);
  return status;
}

// The metric of a finished training on the rows of `lead`.
static Status judge(double *value, const char *folder, const Metric *metric, JudgedModel *lead,
                    const Judgement *judgement, Error *error) {
  JudgedModel judged;
  bool partial = false;
  Status status;
  TRY(judged_model_open(&judged, folder, judgement->choices, judgement->challengers->config, error));
  TRY(judged_model_align(&judged, lead, true, &partial, error));
  judged_model_limit(&judged);
  EvaluationSet set = judged_model_set(&judged);
  TRY(evaluation_set_check(&set, error));
  *value = metric_value(metric, &set);
done:
  judged_model_close(&judged);
  return status;
}

static Status add_seed(Seeds *seeds, uint64_t seed, JudgedModel *lead, const Judgement *judgement,
                       Error *error) {
  char *folder = memory_format("%s/retrained/seed-%llu", lead->model.run, (unsigned long long)seed);
  double value = 0;
  Status status;
  say("training %d of %lld with another seed: %llu", seeds->count, (long long)judgement->choices->retrain,
      (unsigned long long)seed);
  TRY(train(lead->model.run, folder, seed, judgement->choices->device, error));
  TRY(judge(&value, folder, seeds->metric, lead, judgement, error));
  seeds_add(seeds, seed, value);
done:
  if (stop_signal != 0 &&
      (status == STATUS_OK || status == STATUS_INTERRUPTED || status == STATUS_TERMINATED))
    status = interrupted(error);
  else if (status != STATUS_OK)
    error_prefix(error, "seed %llu", (unsigned long long)seed);
  free(folder);
  return status;
}

Status retrain(Stability *stability, const Judgement *judgement, int chosen, const EvaluationSet *sets,
               Error *error) {
  JudgedModel *lead = &judgement->challengers[chosen];
  Seeds *seeds = &stability->seeds;
  uint64_t own = lead->model.config->seed;
  seeds->metric = stability->metrics[0];
  seeds->champion = judgement->champion == NULL
                        ? __builtin_nan("")
                        : metric_value(seeds->metric, &sets[judgement->challenger_count]);
  seeds_add(seeds, own, metric_value(seeds->metric, &sets[chosen]));
  for (int64_t i = 1; i <= judgement->choices->retrain; i++)
    PASS(add_seed(seeds, own + (uint64_t)i, lead, judgement, error));
  return STATUS_OK;
}
