// ingot bench train: how long a step of a configuration takes.
//
// A first trainer finds out how many steps a sample needs; a second one, from the first step on, takes a
// sample to warm up and then those that count. Neither validates, saves or writes.
#include "tools/cli/bench/bench_parts.h"

#include "engine/model/model.h"
#include "engine/shared/memory.h"
#include "tools/bench/bench.h"
#include "tools/bench/peak.h"
#include "tools/cli/shared/output.h"
#include "tools/cli/training/run_plan.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const double sample_seconds = 0.25; // how long a sample is at least, where --steps does not say

typedef struct TrainBench {
  Session session;
  RunPlan plan;
  int64_t samples, steps; // steps of a sample
  // Filled while it trains.
  double *seconds; // [samples] a step
  float *losses;   // [(samples + 1) * steps]
  int64_t taken;   // steps so far
  double began;    // when the sample began
  volatile sig_atomic_t stop;
  // Results.
  double flop;      // of the products of a step of a mean batch
  double peak;      // FLOP/s of the device; 0: not measured
  int64_t resident; // bytes of this process at most; `ingot plan` says those of a training
} TrainBench;

// ---- training ----

static Status drop_checkpoint(void *context, const Snapshot *snapshot, Error *error) {
  (void)context, (void)snapshot, (void)error;
  return STATUS_OK;
}

// Ends the first trainer once it has run for a sample's time.
static Status try_steps(void *context, const Event *events, int count, Error *error) {
  TrainBench *bench = context;
  (void)error;
  double now = bench_now();
  if (events[0].kind != EVENT_STEP) return STATUS_OK;
  bench->taken += count;
  if (bench->stop == 0 && now - bench->began >= sample_seconds) {
    double steps = (double)bench->taken * sample_seconds / (now - bench->began);
    bench->steps = steps > 1 ? (int64_t)(steps + 1) : 1;
    bench->stop = 1;
  }
  return STATUS_OK;
}

// The log interval is a sample, so what comes here is one.
static Status take_sample(void *context, const Event *events, int count, Error *error) {
  TrainBench *bench = context;
  (void)error;
  double now = bench_now();
  for (int i = 0; i < count; i++) {
    if (events[i].kind == EVENT_STEP) bench->losses[bench->taken++] = events[i].loss;
  }
  if (events[0].kind != EVENT_STEP) return STATUS_OK;
  int64_t sample = bench->taken / bench->steps - 1;
  if (sample > 0) bench->seconds[sample - 1] = (now - bench->began) / (double)bench->steps;
  bench->began = now;
  return STATUS_OK;
}

// Trains from the beginning, at most `until` steps (0: to the end).
static Status run(TrainBench *bench, EventSink sink, uint64_t until, Error *error) {
  TrainerOptions *options = &bench->session.options;
  Trainer *trainer = NULL;
  TrainEnd end;
  options->events = sink;
  options->checkpoints = (CheckpointSink){NULL, drop_checkpoint};
  options->validation = NULL;
  options->stop = &bench->stop;
  bench->taken = 0;
  bench->stop = 0;
  Status status = trainer_create(&trainer, options, error);
  if (status == STATUS_OK) {
    trainer_set_until(trainer, until);
    bench->began = bench_now();
    status = trainer_run(trainer, &end, error);
  }
  trainer_free(trainer);
  return status == STATUS_DIVERGED ? error_prefix(error, "in a benchmark, which keeps nothing") : status;
}

static int64_t whole(int64_t count, int64_t unit) {
  return (count + unit - 1) / unit * unit;
}

// Epochs enough for so many steps; a schedule that depends on the number of epochs is stretched.
static void allow_steps(Config *config, const TrainerPlan *plan, int64_t steps) {
  int64_t epochs = whole(steps, plan->steps_per_epoch) / plan->steps_per_epoch;
  if (epochs <= config->train.epochs) return;
  say("train.epochs: %lld instead of %lld, for %lld steps", (long long)epochs,
      (long long)config->train.epochs, (long long)steps);
  config->train.epochs = epochs;
}

static Status train(TrainBench *bench, Error *error) {
  Config *config = bench->session.config;
  const int64_t window = device_window(bench->session.device);
  config->checkpoint = (CheckpointConfig){0};
  if (bench->steps == 0) {
    config->log_every_steps = window;
    PASS(run(bench, (EventSink){bench, try_steps}, 0, error));
    if (bench->steps == 0) bench->steps = bench->taken; // the whole training is shorter than a sample
    bench->steps = whole(bench->steps, window);
  }
  const int64_t all = (bench->samples + 1) * bench->steps;
  allow_steps(config, &bench->plan.trainer, all);
  config->log_every_steps = bench->steps;
  bench->seconds = memory_get((size_t)bench->samples, sizeof *bench->seconds);
  bench->losses = memory_get((size_t)all, sizeof *bench->losses);
  return run(bench, (EventSink){bench, take_sample}, (uint64_t)all, error);
}

// ---- what it comes to ----

static Status add_flop(void *context, const ProductShape *shape, Error *error) {
  (void)error;
  *(double *)context += 2.0 * (double)shape->rows * (double)shape->outputs * (double)shape->inputs;
  return STATUS_OK;
}

static double rows_of_step(const TrainBench *bench) {
  return (double)bench->plan.rows[PART_TRAIN] / (double)bench->plan.trainer.steps_per_epoch;
}

static Status count_flop(TrainBench *bench, Error *error) {
  const Config *config = bench->session.config;
  Model *model = NULL;
  double row = 0;
  PASS(model_create(&model, &config->model, bench->session.options.layout, config->data.target.task, error));
  Status status = model_each_product(model, 1, 1, add_flop, &row, error);
  bench->flop = row * rows_of_step(bench);
  model_free(model);
  return status;
}

static Status measure_peak(TrainBench *bench, Error *error) {
  const Device *device = bench->session.device;
  if (strcmp(device_kind(device), "cpu") != 0) return STATUS_OK;
  return peak_flops(&bench->peak, device_isa(device), device_threads(device), error);
}

static Status measure(TrainBench *bench, Error *error) {
  struct rusage usage;
  PASS(session_open_data(&bench->session, error));
  PASS(session_prepare(&bench->session, error));
  PASS(run_plan_make(&bench->plan, &bench->session, error));
  PASS(session_check_memory(&bench->plan.trainer, error));
  PASS(count_flop(bench, error));
  PASS(measure_peak(bench, error));
  PASS(train(bench, error));
  if (getrusage(RUSAGE_SELF, &usage) == 0) bench->resident = (int64_t)usage.ru_maxrss * 1024;
  return STATUS_OK;
}

static BenchSpread spread_of(const TrainBench *bench) {
  return bench_spread(bench->seconds, (int)bench->samples);
}

static void print_result(const TrainBench *bench) {
  const BenchSpread step = spread_of(bench);
  const double rate = bench->flop / step.median;
  char device[DEVICE_TEXT], resident[32];
  device_describe(device, bench->session.device);
  bytes_text(resident, bench->resident);
  printf("device           %s\n", device);
  printf("samples          %lld of %lld steps each, after one to warm up\n", (long long)bench->samples,
         (long long)bench->steps);
  printf("a step           %.6g ms (least %.6g, most %.6g)\n", 1e3 * step.median, 1e3 * step.least,
         1e3 * step.most);
  printf("rate             %.6g steps/s, %.6g rows/s\n", 1 / step.median, rows_of_step(bench) / step.median);
  printf("products         %.6g MFLOP a step, %.4g GFLOP/s", 1e-6 * bench->flop, 1e-9 * rate);
  if (bench->peak > 0)
    printf(": %.1f %% of the peak of %.4g GFLOP/s", 100 * rate / bench->peak, 1e-9 * bench->peak);
  printf("\nmemory           %s of this process at most\n", resident);
}

static json_t *result_json(const TrainBench *bench) {
  const BenchSpread step = spread_of(bench);
  const Device *device = bench->session.device;
  json_t *samples = json_array(), *losses = json_array();
  for (int64_t i = 0; i < bench->samples; i++) json_array_append_new(samples, json_real(bench->seconds[i]));
  for (int64_t i = 0; i < bench->taken; i++)
    json_array_append_new(losses, json_real((double)bench->losses[i]));
  json_t *json =
      json_pack("{s:s,s:s,s:s,s:i,s:I,s:I,s:I,s:I,s:{s:f,s:f,s:f},s:f,s:f,s:f,s:f,s:I,s:o,s:o}", "config",
                bench->session.config->name, "device", device_kind(device), "isa", device_isa(device),
                "threads", device_threads(device), "rows", (json_int_t)bench->plan.rows[PART_TRAIN], "batch",
                (json_int_t)bench->session.config->train.batch, "epochs",
                (json_int_t)bench->session.config->train.epochs, "steps", (json_int_t)bench->steps, "seconds",
                "median", step.median, "least", step.least, "most", step.most, "steps_per_second",
                1 / step.median, "rows_per_second", rows_of_step(bench) / step.median, "flop", bench->flop,
                "flops", bench->flop / step.median, "peak_bytes", (json_int_t)bench->resident, "samples",
                samples, "losses", losses);
  json_object_set_new(json, "peak_flops", bench->peak > 0 ? json_real(bench->peak) : json_null());
  json_object_set_new(json, "percent_of_peak",
                      bench->peak > 0 ? json_real(100 * bench->flop / step.median / bench->peak)
                                      : json_null());
  return json;
}

Status bench_train(int argc, char **argv, Error *error) {
  SessionChoices choices = {0};
  TrainBench bench = {.samples = 7};
  Option options[] = {NUMBER(0, "samples", "N", &bench.samples, 1, 10000, "samples that count (default: 7)"),
                      NUMBER(0, "steps", "N", &bench.steps, 1, 10000000,
                             "steps of a sample (default: as many as take a quarter of a second)"),
                      SESSION_OPTIONS(&choices)};
  Command command = {
      "bench train",
      "CONFIG",
      "Trains the model of CONFIG without validating, saving or writing, and prints the time of a step: the\n"
      "median, least and most of the samples. train.epochs is raised where they need more steps. FLOP are "
      "those\n"
      "of matrix products. --json: also every sample, and the loss of every step from the first on.\n",
      "ingot bench train configs/churn.yaml --threads 2\n"
      "ingot bench train configs/churn.yaml --set train.batch=4096 --samples 15 --json",
      options,
      sizeof options / sizeof options[0],
      1,
      1};
  Parsed parsed;
  Status status;
  TRY(command_parse(&parsed, &command, argc, argv, error));
  if (parsed.helped) goto done;
  TRY(session_load(&bench.session, parsed.arguments[0], &choices, false, error));
  TRY(measure(&bench, error));
  if (output_is_json())
    status = print_json(result_json(&bench), error);
  else
    print_result(&bench);
done:
  free(bench.seconds);
  free(bench.losses);
  session_close(&bench.session);
  text_list_free(&choices.sets);
  return status;
}
