// Puts a training session together.
#include "tools/cli/training/session.h"

#include "engine/device/fast.h"
#include "engine/shared/memory.h"
#include "engine/shared/memory_limit.h"
#include "io/config/load.h"
#include "tools/cli/shared/output.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// --seed 7 is --set seed=7, and so on: one way for every override.
static void add_choice(TextList *list, const char *key, const char *value) {
  if (value == NULL) return;
  char *text = memory_format("%s=%s", key, value);
  text_list_add(list, text);
  free(text);
}

void choices_overrides(TextList *overrides, const SessionChoices *choices) {
  for (int i = 0; i < choices->sets.count; i++) text_list_add(overrides, choices->sets.items[i]);
  add_choice(overrides, "seed", choices->seed);
  add_choice(overrides, "machine.device", choices->device);
  add_choice(overrides, "machine.threads", choices->threads);
  add_choice(overrides, "machine.isa", choices->isa);
}

static bool is_whole(const char *text, uint64_t least, uint64_t most) {
  char *end;
  errno = 0;
  unsigned long long number = strtoull(text, &end, 10);
  return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && number >= least && number <= most;
}

Status choices_check(const SessionChoices *choices, Error *error) {
  if (choices->seed != NULL && !is_whole(choices->seed, 0, UINT64_MAX)) {
    return error_set(error, STATUS_USAGE, "--seed %s: it takes a whole number from 0 to %llu", choices->seed,
                     (unsigned long long)UINT64_MAX);
  }
  if (choices->threads != NULL && strcmp(choices->threads, "auto") != 0 &&
      !is_whole(choices->threads, 1, DEVICE_THREADS_MAX)) {
    return error_set(error, STATUS_USAGE, "--threads %s: it takes a whole number from 1 to %d, or auto",
                     choices->threads, DEVICE_THREADS_MAX);
  }
  if (choices->isa != NULL && !device_isa_is_valid(choices->isa)) {
    char names[DEVICE_TEXT];
    device_isa_names(names);
    return error_set(error, STATUS_USAGE, "--isa %s: it takes %s", choices->isa, names);
  }
  if (choices->device != NULL && !device_name_is_valid(choices->device)) {
    return error_set(error, STATUS_USAGE, "--device %s: it takes auto, cpu, cuda or cuda:N", choices->device);
  }
  return STATUS_OK;
}

static void print_problems(const ConfigProblems *problems) {
  if (problems->count == 0) return;
  end_progress();
  fputs(problems->text, stderr);
}

// Keeps the places of keys in `problems`; those found are printed.
static Status load(Config **config, ConfigProblems *problems, const char *path, const SessionChoices *choices,
                   bool free_only, Error *error) {
  TextList all = {0};
  Status status;
  PASS(choices_check(choices, error));
  choices_overrides(&all, choices);
  ConfigOverride *overrides = memory_get((size_t)all.count, sizeof *overrides);
  for (int i = 0; i < all.count; i++) overrides[i].text = all.items[i];
  if (free_only) TRY(config_check_free(overrides, all.count, error));
  status = config_load(config, problems, path, overrides, all.count, error);
  print_problems(problems);
done:
  free(overrides);
  text_list_free(&all);
  return status;
}

Status load_config(Config **config, const char *path, const SessionChoices *choices, bool free_only,
                   Error *error) {
  ConfigProblems problems = {0};
  Status status = load(config, &problems, path, choices, free_only, error);
  config_problems_free(&problems);
  return status;
}

Status session_load(Session *session, const char *path, const SessionChoices *choices, bool free_only,
                    Error *error) {
  choices_overrides(&session->overrides, choices);
  return load(&session->config, &session->problems, path, choices, free_only, error);
}

Status session_open_data(Session *session, Error *error) {
  Status status = dataset_open_checked(&session->dataset, session->config, &session->problems, error);
  print_problems(&session->problems);
  if (status != STATUS_OK) return status;
  PASS(dataset_digest(session->data_digest, session->dataset, session->config, error));
  char hex[DIGEST_HEX];
  sha256_hex(hex, session->data_digest);
  say_more("data %s: %lld rows, digest %.12s", session->config->data.file,
           (long long)dataset_rows(session->dataset), hex);
  return STATUS_OK;
}

static Status select_value(void *context, double *value, double *loss, const float *scores, int64_t rows,
                           int outputs, Error *error) {
  Selector *selector = context;
  int regression = selector->judged.task == TASK_REGRESSION;
  for (int64_t i = 0; i < rows * outputs; i++) {
    selector->scores[i] =
        regression ? preprocess_target(selector->preprocess, (double)scores[i]) : (double)scores[i];
  }
  EvaluationSet set = judged_rows_set(&selector->judged, selector->scores, policy_default);
  PASS(evaluation_set_check(&set, error));
  PASS(metric_check(selector->metric, &set, error));
  *value = metric_value(selector->metric, &set);
  *loss = metric_value(selector->loss, &set);
  return STATUS_OK;
}

static Status prepare_selection(Session *session, Error *error) {
  const Config *config = session->config;
  Selector *selector = &session->selector;
  Task task = config->data.target.task;
  int64_t count;
  const int64_t *rows = dataset_part(session->dataset, PART_VALIDATION, &count);
  PASS(metric_find(&selector->metric, config->select_metric, task, error));
  PASS(metric_find(&selector->loss, task == TASK_REGRESSION ? "rmse" : "log_loss", task, error));
  PASS(judged_rows_load(&selector->judged, session->dataset, session->preprocess, NULL, rows, count, false,
                        error));
  selector->preprocess = session->preprocess;
  selector->scores =
      memory_get((size_t)count * (size_t)preprocess_layout(session->preprocess)->outputs, sizeof(double));
  session->options.selection = (Selection){selector, selector->metric->higher_is_better, select_value};
  return STATUS_OK;
}

// The device, in the mode of the configuration's numerics.
static Status open_device(Session *session, Error *error) {
  const Config *config = session->config;
  DeviceChoice choice = {config->machine.device, config->machine.isa, config->machine.threads,
                         numerics_are_fast(&config->numerics)};
  PASS(device_open(&session->device, session->device_reason, &choice, error));
  if (!numerics_are_fast(&config->numerics)) return STATUS_OK;
  Status status = device_make_fast(session->device, config->numerics.product, error);
  if (status == STATUS_OK || session->device_reason[0] == '\0') return status;
  return error_prefix(error, "--device auto (%s)", session->device_reason);
}

Status session_use_pins(Session *session, const Manifest *manifest, Error *error) {
  return device_is_fast(session->device) ? device_use_pins(session->device, &manifest->pins, error)
                                         : STATUS_OK;
}

static void warn_about_threads(const Device *device, const MachineConfig *machine) {
  if (strcmp(device_kind(device), "cpu") != 0 && (machine->threads != 0 || strcmp(machine->isa, "auto") != 0))
    warn("--threads and --isa (machine.threads, machine.isa) are a CPU's: on a GPU they are ignored");
  long cores = sysconf(_SC_NPROCESSORS_ONLN);
  if (device_threads(device) > cores) {
    warn("%d threads on %ld cores: more threads than cores are slower, the result is the same",
         device_threads(device), cores);
  }
}

// A category with a value of its own on nearly every row says nothing about new rows.
static void warn_about_identifiers(const Session *session) {
  const InputLayout *layout = preprocess_layout(session->preprocess);
  int64_t rows;
  dataset_part(session->dataset, PART_TRAIN, &rows);
  for (int i = 0; i < layout->segment_count; i++) {
    int64_t values = layout->segments[i].table_rows - 2;
    if (!layout->segments[i].is_category || rows < 20 || (double)values < 0.95 * (double)rows) continue;
    warn("column '%s' has %lld values on %lld training rows: it looks like an identifier, from which nothing "
         "can "
         "be learned; leave it out of data.inputs",
         preprocess_column_name(session->preprocess, i), (long long)values, (long long)rows);
  }
}

// Costs that lack a pair of classes would be missed only when a finished run is judged.
static Status check_costs(const Session *session, Error *error) {
  TextList classes = {0};
  double *costs = NULL;
  if (session->config->business.costs.count == 0) return STATUS_OK;
  judged_class_names(&classes, session->preprocess);
  Status status = judged_costs(&costs, &session->config->business, &classes, error);
  free(costs);
  text_list_free(&classes);
  return status;
}

// Before they are read: what rows of training and validation will be held.
static Status check_rows_fit(const Session *session, Error *error) {
  int64_t bytes = 0;
  for (SplitPart part = PART_TRAIN; part <= PART_VALIDATION; part++)
    bytes +=
        dataset_source_bytes(session->dataset, session->config, preprocess_layout(session->preprocess), part);
  return memory_check(
      (size_t)bytes, "holding the rows of training and validation",
      "choose machine.residency: stream (with data.order: blocks it is fast), or raise the limit", error);
}

Status session_prepare(Session *session, Error *error) {
  const Config *config = session->config;
  int64_t validation_rows;
  PASS(dataset_fit(&session->preprocess, session->dataset, config, error));
  PASS(check_rows_fit(session, error));
  PASS(check_costs(session, error));
  preprocess_tensors(session->preprocess, &session->preprocess_tensors);
  warn_about_identifiers(session);
  PASS(dataset_source(&session->train, session->dataset, config, session->preprocess, PART_TRAIN, error));
  dataset_part(session->dataset, PART_VALIDATION, &validation_rows);
  if (validation_rows > 0) {
    PASS(dataset_source(&session->validation, session->dataset, config, session->preprocess, PART_VALIDATION,
                        error));
    PASS(prepare_selection(session, error));
  }
  PASS(open_device(session, error));
  warn_about_threads(session->device, &session->config->machine);
  session->options.config = config;
  session->options.device = session->device;
  session->options.layout = preprocess_layout(session->preprocess);
  session->options.train = session->train;
  session->options.validation = session->validation;
  session->options.preprocess = &session->preprocess_tensors;
  memcpy(session->options.data_digest, session->data_digest, DIGEST_BYTES);
  malloc_trim(0); // what reading took and training does not need
  return STATUS_OK;
}

// Texts of a run, events, and what libraries take when they are first asked.
enum { A_RUN_BYTES = 1 << 20 };

Status session_check_memory(const TrainerPlan *plan, Error *error) {
  return memory_check(plan->host_bytes + A_RUN_BYTES,
                      "training (parameters, activations and batches, as ingot plan has them)",
                      "lower train.micro_batch or the size of the model, or raise the limit", error);
}

void session_close(Session *session) {
  dataset_source_free(session->train);
  dataset_source_free(session->validation);
  device_free(session->device);
  judged_rows_free(&session->selector.judged);
  free(session->selector.scores);
  tensor_set_free(&session->preprocess_tensors);
  preprocess_free(session->preprocess);
  dataset_close(session->dataset);
  config_free(session->config);
  config_problems_free(&session->problems);
  text_list_free(&session->overrides);
  *session = (Session){0};
}
