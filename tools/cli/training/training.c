// Trains into a run's folder.
#include "tools/cli/training/training.h"

#include "engine/device/fast.h"
#include "engine/shared/memory.h"
#include "io/config/write.h"
#include "io/run/run.h"
#include "tools/cli/judge/models/policy.h"
#include "tools/cli/shared/output.h"
#include "tools/cli/training/progress.h"
#include "tools/cli/training/signals.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// The trainer needs its sinks before the run can be created (which needs the initial digests), so both sinks
// reach the run through this.
typedef struct Training {
  Session *session;
  Run *run;
  Trainer *trainer;
  Progress progress;
} Training;

static Status pass_events(void *context, const Event *events, int count, Error *error) {
  EventSink sink = run_events(((Training *)context)->run);
  return sink.events(sink.context, events, count, error);
}

static Status pass_checkpoint(void *context, const Snapshot *snapshot, Error *error) {
  CheckpointSink sink = run_checkpoints(((Training *)context)->run);
  PASS(sink.save(sink.context, snapshot, error));
  say_more("saved the checkpoint of step %llu", (unsigned long long)snapshot->step);
  return STATUS_OK;
}

// `text` is what the result points to.
static RunEnvironment environment_of(const Session *session, char text[DEVICE_TEXT]) {
  const Device *device = session->device;
  bool is_cpu = strcmp(device_kind(device), "cpu") == 0;
  device_describe(text, device);
  return (RunEnvironment){.version = INGOT_VERSION,
                          .device = device_kind(device),
                          .gpu = is_cpu ? NULL : text,
                          .isa = device_isa(device),
                          .threads = device_threads(device),
                          .overrides = &session->overrides};
}

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash == NULL ? path : slash + 1;
}

// Name and size of the data files, for the manifest.
static int list_files(ManifestFile files[2], const Config *config) {
  const char *paths[2] = {config->data.file, config->data.test_file};
  int count = 0;
  for (int i = 0; i < 2; i++) {
    struct stat status;
    if (paths[i][0] == '\0' || stat(paths[i], &status) != 0) continue;
    files[count++] = (ManifestFile){(char *)base_name(paths[i]), status.st_size};
  }
  return count;
}

static Status create(Training *training, const char *path, Error *error) {
  Session *session = training->session;
  char device[DEVICE_TEXT];
  RunEnvironment environment = environment_of(session, device);
  ManifestFile files[2];
  char *text = config_write_resolved(session->config);
  RunInputs inputs = {.config = session->config,
                      .config_text = text,
                      .files = files,
                      .file_count = list_files(files, session->config),
                      .rows = dataset_rows(session->dataset),
                      .pins = device_pins(session->device)};
  memcpy(inputs.data_digest, session->data_digest, DIGEST_BYTES);
  for (int part = 0; part < PART_COUNT; part++) {
    dataset_part(session->dataset, (SplitPart)part, &inputs.part_rows[part]);
  }
  trainer_origin(training->trainer, inputs.origin_chain, inputs.origin_parameters);
  Status status = run_create(&training->run, path, &inputs, &environment, error);
  free(text);
  if (status == STATUS_OK) say("run %s", path);
  return status;
}

static Status restore(Training *training, const char *path, Error *error) {
  char device[DEVICE_TEXT];
  RunEnvironment environment = environment_of(training->session, device);
  Checkpoint *checkpoint = NULL;
  TensorSet places = {0};
  char *note = NULL;
  Status status;
  trainer_places(training->trainer, &places);
  TRY(run_resume(&training->run, &checkpoint, &note, path, training->session->config, &environment, &places,
                 error));
  if (note != NULL) warn("%s", note);
  if (checkpoint != NULL) TRY(trainer_restore(training->trainer, &checkpoint->tensors, error));
  say("run %s: going on after step %llu", path, (unsigned long long)trainer_step(training->trainer));
done:
  checkpoint_free(checkpoint);
  tensor_set_free(&places);
  free(note);
  return status;
}

static Status read_manifest(Manifest **manifest, const char *path, Error *error) {
  char *file = memory_format("%s/manifest.json", path);
  Status status = manifest_read(manifest, file, error);
  free(file);
  return status;
}

static Status print_digests(const Manifest *manifest, const char *path, Error *error) {
  char state[DIGEST_HEX], model[DIGEST_HEX];
  sha256_hex(state, manifest->final.state_digest);
  sha256_hex(model, manifest->selected.model_digest);
  if (output_is_json()) {
    return print_json(json_pack("{s:s,s:s,s:s,s:I,s:s,s:I}", "run", path, "numerics", manifest->numerics,
                                "state", state, "step", (json_int_t)manifest->final.step, "model", model,
                                "model_step", (json_int_t)manifest->selected.step),
                      error);
  }
  printf("run    %s\nstate  %s:%s (step %llu)\nmodel  %s:%s (step %llu)\n", path, manifest->numerics, state,
         (unsigned long long)manifest->final.step, manifest->numerics, model,
         (unsigned long long)manifest->selected.step);
  return STATUS_OK;
}

static Status print_result(const char *path, Error *error) {
  Manifest *manifest = NULL;
  Status status = read_manifest(&manifest, path, error);
  if (status == STATUS_OK) status = print_digests(manifest, path, error);
  manifest_free(manifest);
  return status;
}

static Status interrupted(const Training *training, const char *path, Error *error) {
  end_progress();
  fprintf(stderr, "RESUMABLE: step %llu is saved; go on with: ingot resume %s\n",
          (unsigned long long)trainer_step(training->trainer), path);
  error->text[0] = '\0';
  return error->status = signals_status();
}

// What follows reads checkpoints, and computes on a device of its own: it takes no more than training did.
static void let_go(Training *training) {
  trainer_free(training->trainer);
  training->trainer = NULL;
  device_free(training->session->device);
  training->session->device = NULL;
  malloc_trim(0); // also what lies below what is still used
}

static Status loop(Training *training, const char *path, Error *error) {
  TrainEnd end;
  training->progress.first_step = trainer_step(training->trainer);
  progress_start(&training->progress);
  signals_catch();
  PASS(trainer_run(training->trainer, &end, error));
  if (end == END_SIGNAL) return interrupted(training, path, error);
  let_go(training);
  PASS(run_finish(training->run, end == END_EPOCHS ? "epochs" : "early_stop", error));
  end_progress();
  return policy_freeze(path, training->session->dataset, training->session->config, error);
}

static void say_device(const Session *session) {
  char text[DEVICE_TEXT];
  device_describe(text, session->device);
  if (session->device_reason[0] == '\0')
    say("device: %s", text);
  else
    say("device: %s (auto: %s)", text, session->device_reason);
}

// A run that goes on keeps the algorithms that it began with.
static Status use_pins_of(const char *path, Session *session, Error *error) {
  Manifest *manifest = NULL;
  Status status = read_manifest(&manifest, path, error);
  if (status == STATUS_OK) status = session_use_pins(session, manifest, error);
  manifest_free(manifest);
  return status;
}

// Sinks, progress and the trainer itself; path: the run that goes on, NULL for a new one.
static Status make_trainer(Training *training, const char *path, Error *error) {
  Session *session = training->session;
  TrainerPlan plan;
  PASS(session_prepare(session, error));
  say_device(session);
  if (path != NULL) PASS(use_pins_of(path, session, error));
  PASS(trainer_plan(&plan, &session->options, error));
  PASS(session_check_memory(&plan, error));
  training->progress = (Progress){.next = {training, pass_events},
                                  .metric_name = session->config->select_metric,
                                  .rows = session->train->rows,
                                  .steps_per_epoch = plan.steps_per_epoch,
                                  .total_steps = plan.total_steps};
  session->options.events = progress_events(&training->progress);
  session->options.checkpoints = (CheckpointSink){training, pass_checkpoint};
  session->options.stop = &stop_signal;
  return trainer_create(&training->trainer, &session->options, error);
}

Status training_fit(Session *session, const char *path, Error *error) {
  Training training = {.session = session};
  RunState state;
  Status status;
  TRY(policy_check_trainable(session->config, error));
  TRY(run_state(&state, path, session->config->bits_text, session->data_digest, error));
  if (state == RUN_OTHER) TRY(STATUS_EXISTS);
  if (state != RUN_FINISHED) {
    TRY(make_trainer(&training, state == RUN_ABSENT ? NULL : path, error));
    TRY(state == RUN_ABSENT ? create(&training, path, error) : restore(&training, path, error));
    TRY(loop(&training, path, error));
  } else {
    say("run %s: finished with these inputs already", path);
  }
done:
  trainer_free(training.trainer);
  run_close(training.run);
  return status;
}

Status training_run(Session *session, const char *path, Error *error) {
  PASS(training_fit(session, path, error));
  return print_result(path, error);
}
