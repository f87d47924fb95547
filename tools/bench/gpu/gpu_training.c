// Whole training through engine/train on synthetic rows that the device holds: time of a step and of an
// epoch, kernels of a step, and what a recorded step takes at least.
#include "tools/bench/gpu/gpu.h"

#include "engine/device/cuda_library.h"
#include "engine/shared/memory.h"
#include "engine/train/trainer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EPOCHS = 7, TABLE_ROWS = 1000, EMBED = 16 };

typedef struct Job {
  const char *name;
  int values, categories, hidden_count;
  int hidden[3];
  int64_t batch, rows, micro_batch;
} Job;

// Times at which the trainer had results in hand; in between the device's own seconds.
typedef struct Clock {
  Device *device;
  double *at, *on_device;
  uint64_t *step;
  int count, capacity;
} Clock;

static Status take_time(void *context, const Event *events, int count, Error *error) {
  Clock *clock = context;
  if (clock->count == clock->capacity || events[0].kind != EVENT_STEP) return STATUS_OK;
  PASS(device_stop_timer(clock->device, &clock->on_device[clock->count], error));
  clock->at[clock->count] = bench_now();
  clock->step[clock->count++] = events[count - 1].step;
  return device_start_timer(clock->device, error);
}

static Status drop_checkpoint(void *context, const Snapshot *snapshot, Error *error) {
  (void)context, (void)snapshot, (void)error;
  return STATUS_OK;
}

// The trainer reads what is in memory.
static Status read_nothing(BatchSource *source, Batch *batch, const int64_t *rows, int64_t count,
                           Error *error) {
  (void)source, (void)batch, (void)rows, (void)count;
  return error_set(error, STATUS_BUG, "the benchmark's rows must fit the device's memory");
}

static void fill_rows(Batch *rows, const Job *job) {
  uint64_t state = 42; // a plain generator: values need only differ
  for (int64_t i = 0; i < job->rows; i++) {
    float sum = 0;
    for (int v = 0; v < job->values; v++) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      float x = (float)(state >> 40) * 0x1p-23f - 1.0f;
      rows->values[i * job->values + v] = x;
      sum += x;
    }
    for (int c = 0; c < job->categories; c++) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      rows->ids[i * job->categories + c] = (int32_t)((state >> 33) % TABLE_ROWS);
    }
    rows->targets[i] = sum > 0;
    rows->weights[i] = 1;
  }
}

static Config config_of(Job *job, int64_t window) {
  Config config = {
      .seed = 7, .numerics = {"x1", 256, 40, FAST_TF32}, .log_every_steps = window, .bits_text = ""};
  config.data.target.task = TASK_BINARY;
  config.model = (ModelConfig){
      .kind = MODEL_MLP, .hidden = job->hidden, .hidden_count = job->hidden_count, .norm = NORM_NONE};
  config.train = (TrainConfig){.batch = job->batch, .micro_batch = job->micro_batch, .epochs = EPOCHS};
  config.train.optimizer = (OptimizerConfig){OPTIMIZER_ADAMW, 1e-3, 0.01, 0.9, 0.999, 1e-8, 0.9};
  return config;
}

static void job_text(char text[128], const char *what, const Job *job) {
  snprintf(text, 128, "%s of %s, batch %lld%s", what, job->name, (long long)job->batch,
           job->micro_batch == MICRO_BATCH_AUTO ? ", micro_batch auto" : "");
}

// Seconds a step over windows, and an epoch, from the times; the first epoch warms up.
static void print_times(const GpuBench *gpu, const Job *job, const Clock *clock) {
  const int64_t epoch = (job->rows + job->batch - 1) / job->batch;
  double *steps = memory_get((size_t)clock->count, sizeof *steps), epochs[EPOCHS];
  double *device_steps = memory_get((size_t)clock->count, sizeof *steps), device_epochs[EPOCHS], sum = 0;
  int step_count = 0, epoch_count = 0, first = 0;
  char name[128];
  for (int i = 1; i < clock->count; i++) {
    const double count = (double)(clock->step[i] - clock->step[i - 1]);
    if ((int64_t)clock->step[i - 1] >= epoch) {
      device_steps[step_count] = clock->on_device[i] / count;
      steps[step_count++] = (clock->at[i] - clock->at[i - 1]) / count;
    }
    sum += clock->on_device[i];
    if ((int64_t)clock->step[i] % epoch != 0) continue;
    if ((int64_t)clock->step[first] % epoch == 0) {
      device_epochs[epoch_count] = sum;
      epochs[epoch_count++] = clock->at[i] - clock->at[first];
    }
    first = i;
    sum = 0;
  }
  job_text(name, "step", job);
  BenchTimes times = {.wall = bench_spread(steps, step_count),
                      .device = bench_spread(device_steps, step_count),
                      .samples = step_count};
  gpu_print(gpu, name, &times, 1e9 * (double)job->batch / 1e6, "M rows/s");
  job_text(name, "epoch", job);
  times = (BenchTimes){.wall = bench_spread(epochs, epoch_count),
                       .device = bench_spread(device_epochs, epoch_count),
                       .samples = epoch_count};
  gpu_print(gpu, name, &times, 1e9 * (double)job->rows / 1e6, "M rows/s");
  free(steps);
  free(device_steps);
}

// Kernels that the device has been given so far.
static Status count_launches(uint64_t *sum, const Device *device, Error *error) {
  const CudaLibrary *library;
  PASS(cuda_library_load(&library, error));
  uint64_t *launches = memory_get((size_t)library->kernel_count, sizeof *launches);
  device_add_launches(launches, device);
  *sum = 0;
  for (int i = 0; i < library->kernel_count; i++) *sum += launches[i];
  free(launches);
  return STATUS_OK;
}

// Trains, by both clocks; prints the times, and the kernels of a step.
static Status run_trainer(GpuBench *gpu, const Job *job, Trainer *trainer, Clock *clock, Error *error) {
  uint64_t before, after;
  TrainEnd end;
  char name[128];
  PASS(count_launches(&before, gpu->bench.device, error));
  PASS(device_start_timer(gpu->bench.device, error));
  PASS(trainer_run(trainer, &end, error));
  PASS(count_launches(&after, gpu->bench.device, error));
  print_times(gpu, job, clock);
  job_text(name, "kernels of a step", job);
  printf("{\"name\": \"%s\", \"variant\": \"ingot\", \"launches\": %.4g}\n", name,
         (double)(after - before) / (double)trainer_step(trainer));
  return STATUS_OK;
}

static Status train(GpuBench *gpu, Job *job, Batch *rows, InputLayout *layout, Error *error) {
  const int64_t epoch = (job->rows + job->batch - 1) / job->batch;
  const int64_t window = epoch < STEP_WINDOW ? epoch : STEP_WINDOW;
  Clock clock = {.device = gpu->bench.device, .capacity = (int)(EPOCHS * ((epoch + window - 1) / window))};
  clock.on_device = memory_get((size_t)clock.capacity, sizeof *clock.on_device);
  clock.at = memory_get((size_t)clock.capacity, sizeof *clock.at);
  clock.step = memory_get((size_t)clock.capacity, sizeof *clock.step);
  Config config = config_of(job, window);
  BatchSource source = {job->rows, read_nothing, rows};
  TrainerOptions options = {
      .config = &config, .device = gpu->bench.device, .layout = layout, .train = &source};
  options.events = (EventSink){&clock, take_time};
  options.checkpoints = (CheckpointSink){NULL, drop_checkpoint};
  Trainer *trainer = NULL;
  Status status = trainer_create(&trainer, &options, error);
  if (status == STATUS_OK) status = run_trainer(gpu, job, trainer, &clock, error);
  trainer_free(trainer);
  free(clock.at);
  free(clock.on_device);
  free(clock.step);
  return status;
}

static Status measure(GpuBench *gpu, Job *job, Error *error) {
  const size_t count = (size_t)job->rows;
  InputSegment segments[1 + 32] = {{0, 0, job->values, 0}};
  for (int c = 0; c < job->categories; c++) segments[1 + c] = (InputSegment){1, c, EMBED, TABLE_ROWS};
  InputLayout layout = {
      segments, 1 + job->categories, job->values, job->categories, job->values + EMBED * job->categories, 1};
  Batch rows = {.values = memory_get(count * (size_t)job->values, sizeof(float)),
                .ids = memory_get(count * (size_t)job->categories + 1, sizeof(int32_t)),
                .targets = memory_get(count, sizeof(float)),
                .weights = memory_get(count, sizeof(float))};
  fill_rows(&rows, job);
  Status status = train(gpu, job, &rows, &layout, error);
  free(rows.values);
  free(rows.ids);
  free(rows.targets);
  free(rows.weights);
  return status;
}

static Status replay_empty(Bench *bench, void *key, Error *error) {
  if (device_replay(bench->device, *(const uint64_t *)key)) return STATUS_OK;
  return error_set(error, STATUS_BUG, "the empty step was not kept");
}

// A recorded step without a kernel: what any step takes at least.
static Status measure_floor(GpuBench *gpu, Error *error) {
  uint64_t key = UINT64_MAX;
  BenchTimes times = {0};
  PASS(device_begin_step(gpu->bench.device, error));
  PASS(device_end_step(gpu->bench.device, key, error));
  PASS(bench_measure(&times, &gpu->bench, replay_empty, &key, error));
  gpu_print(gpu, "empty recorded step", &times, 1e3, "M steps/s");
  bench_times_free(&times);
  return STATUS_OK;
}

Status gpu_training(GpuBench *gpu, Error *error) {
  Job jobs[] = {{"64-256-256-1", 64, 0, 2, {256, 256}, 1024, 1 << 20, MICRO_BATCH_ALL},
                {"64-256-256-1", 64, 0, 2, {256, 256}, 65536, 1 << 20, MICRO_BATCH_ALL},
                {"64-256-256-1", 64, 0, 2, {256, 256}, 65536, 1 << 20, MICRO_BATCH_AUTO},
                {"20+20x16-512-256-128-1", 20, 20, 3, {512, 256, 128}, 65536, 1 << 20, MICRO_BATCH_ALL},
                {"20+20x16-512-256-128-1", 20, 20, 3, {512, 256, 128}, 65536, 1 << 20, MICRO_BATCH_AUTO}};
  PASS(measure_floor(gpu, error));
  for (size_t i = 0; i < sizeof jobs / sizeof jobs[0]; i++) {
    if (gpu->bench.tiny)
      jobs[i].batch = 64 + 64 * (i == 1 || i == 2), jobs[i].rows = 2 * jobs[i].batch,
      jobs[i].hidden[0] = jobs[i].hidden[1] = 16;
    PASS(measure(gpu, &jobs[i], error));
  }
  return STATUS_OK;
}
