// ingot bench load: how fast the training rows of a configuration come, without a model.
//
// A sample is an epoch: for every batch its rows in the epoch's order, and their inputs gathered into it, by
// the operators and the source that a training step uses.
#include "tools/cli/bench/bench_parts.h"

#include "engine/model/model.h"
#include "engine/shared/memory.h"
#include "tools/cli/shared/output.h"
#include "tools/cli/training/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct LoadBench {
  Session session;
  int64_t samples;
  RowOrder order;
  // Memory of one batch.
  StepWindow *window;
  int64_t *rows_of;
  Batch stage; // what a streamed batch is read into
  float *x;
  GatherSegment *segments;
  int segment_count;
  // Results.
  double open_seconds, prepare_seconds; // files and digest; fitting, loading or checking, and the device
  double *seconds;                      // [samples] an epoch
} LoadBench;

static const InputLayout *layout_of(const LoadBench *bench) {
  return bench->session.options.layout;
}

// Embedding tables of zeros: what is gathered decides the time, not its value.
static void make_segments(LoadBench *bench) {
  const InputLayout *layout = layout_of(bench);
  bench->segments = memory_get((size_t)layout->segment_count, sizeof *bench->segments);
  for (int i = 0; i < layout->segment_count; i++) {
    const InputSegment *from = &layout->segments[i];
    bench->segment_count = gather_segment_add(bench->segments, bench->segment_count, from);
    if (from->is_category)
      bench->segments[bench->segment_count - 1].table =
          memory_get((size_t)from->table_rows * (size_t)from->width, sizeof(float));
  }
}

static void make_batch(LoadBench *bench) {
  const Config *config = bench->session.config;
  const InputLayout *layout = layout_of(bench);
  size_t batch = (size_t)config->train.batch;
  bench->order = (RowOrder){.rows = bench->session.train->rows, .seed = config->seed};
  if (config->data.order == ORDER_BLOCKS) {
    bench->order.block_rows = config->data.block_rows;
    bench->order.block_window = config->data.block_window;
  }
  bench->window = memory_get(1, sizeof *bench->window);
  bench->rows_of = memory_get(batch, sizeof *bench->rows_of);
  bench->x = memory_get(batch * (size_t)layout->width, sizeof *bench->x);
  bench->stage.values = memory_get(batch * (size_t)layout->value_count, sizeof(float));
  bench->stage.ids = memory_get(batch * (size_t)layout->category_count, sizeof(int32_t));
  bench->stage.targets = memory_get(batch, sizeof(float));
  bench->stage.weights = memory_get(batch, sizeof(float));
  make_segments(bench);
}

// Rows [first, first + count) of an epoch into x.
static Status read_batch(LoadBench *bench, uint32_t epoch, int64_t first, int64_t count, Error *error) {
  Device *device = bench->session.device;
  BatchSource *source = bench->session.train;
  const InputLayout *layout = layout_of(bench);
  const Batch *from = source->resident;
  if (from != NULL) {
    bench->window->scalars[0] = (StepScalars){.first = first, .epoch = epoch};
    BatchRows rows = {bench->rows_of, bench->window, count, bench->order};
    device_batch_rows(device, &rows);
  } else {
    RowSpan span = {&bench->order, epoch, first, count};
    PASS(source->follow(source, &bench->stage, &span, error));
    from = &bench->stage;
  }
  InputsForward inputs = {.x = bench->x,
                          .values = from->values,
                          .ids = from->ids,
                          .rows_of = source->resident != NULL ? bench->rows_of : NULL,
                          .segments = bench->segments,
                          .segment_count = bench->segment_count,
                          .rows = count,
                          .value_count = layout->value_count,
                          .category_count = layout->category_count,
                          .width = layout->width};
  device_inputs_forward(device, &inputs);
  return STATUS_OK;
}

static Status read_epoch(LoadBench *bench, uint32_t epoch, Error *error) {
  int64_t batch = bench->session.config->train.batch, rows = bench->order.rows;
  for (int64_t first = 0; first < rows; first += batch)
    PASS(read_batch(bench, epoch, first, rows - first < batch ? rows - first : batch, error));
  return STATUS_OK;
}

// One epoch does not count.
static Status measure(LoadBench *bench, Error *error) {
  double began = bench_now();
  PASS(session_open_data(&bench->session, error));
  double opened = bench_now();
  PASS(session_prepare(&bench->session, error));
  bench->open_seconds = opened - began;
  bench->prepare_seconds = bench_now() - opened;
  make_batch(bench);
  bench->seconds = memory_get((size_t)bench->samples, sizeof *bench->seconds);
  for (int64_t sample = -1; sample < bench->samples; sample++) {
    double start = bench_now();
    PASS(read_epoch(bench, (uint32_t)(sample + 1), error));
    if (sample >= 0) bench->seconds[sample] = bench_now() - start;
  }
  return STATUS_OK;
}

static int64_t held_bytes(const LoadBench *bench) {
  return dataset_source_bytes(bench->session.dataset, bench->session.config, layout_of(bench), PART_TRAIN);
}

static void print_result(const LoadBench *bench) {
  const BenchSpread epoch = bench_spread(bench->seconds, (int)bench->samples);
  const double rows = (double)bench->order.rows;
  char device[DEVICE_TEXT], held[32];
  device_describe(device, bench->session.device);
  bytes_text(held, held_bytes(bench));
  printf("device           %s\n", device);
  printf("rows             %lld, %s: %s held\n", (long long)bench->order.rows,
         bench->session.train->resident != NULL ? "in memory" : "streamed", held);
  printf("until a step     %.6g s (files and digest %.6g, fitting and loading %.6g)\n",
         bench->open_seconds + bench->prepare_seconds, bench->open_seconds, bench->prepare_seconds);
  printf("an epoch         %.6g s (least %.6g, most %.6g) of %lld, after one to warm up\n", epoch.median,
         epoch.least, epoch.most, (long long)bench->samples);
  printf("rate             %.6g rows/s\n", rows / epoch.median);
}

static json_t *result_json(const LoadBench *bench) {
  const BenchSpread epoch = bench_spread(bench->seconds, (int)bench->samples);
  const Config *config = bench->session.config;
  const Device *device = bench->session.device;
  return json_pack("{s:s,s:s,s:s,s:i,s:I,s:I,s:I,s:f,s:f,s:o,s:f,s:o}", "config", config->name, "residency",
                   bench->session.train->resident != NULL ? "memory" : "stream", "isa", device_isa(device),
                   "threads", device_threads(device), "rows", (json_int_t)bench->order.rows, "batch",
                   (json_int_t)config->train.batch, "held_bytes", (json_int_t)held_bytes(bench),
                   "open_seconds", bench->open_seconds, "prepare_seconds", bench->prepare_seconds, "seconds",
                   bench_spread_json(&epoch), "rows_per_second", (double)bench->order.rows / epoch.median,
                   "samples", bench_samples_json(bench->seconds, bench->samples));
}

static void release(LoadBench *bench) {
  for (int i = 0; i < bench->segment_count; i++) free((void *)(uintptr_t)bench->segments[i].table);
  free(bench->segments);
  free(bench->x);
  free(bench->rows_of);
  free(bench->window);
  free(bench->stage.values);
  free(bench->stage.ids);
  free(bench->stage.targets);
  free(bench->stage.weights);
  free(bench->seconds);
  session_close(&bench->session);
}

Status bench_load(int argc, char **argv, Error *error) {
  SessionChoices choices = {.device = "cpu"};
  LoadBench bench = {.samples = 7};
  Option options[] = {NUMBER(0, "samples", "N", &bench.samples, 1, 10000, "epochs that count (default: 7)"),
                      SESSION_OPTIONS(&choices)};
  Command command = {
      "bench load",
      "CONFIG",
      "Opens the data of CONFIG as training does, then reads epochs batch by batch without a model: the "
      "rows\n"
      "in the order of the epoch and their inputs gathered. Prints the time until a first step could begin,\n"
      "and rows a second. machine.residency=stream reads from the file instead of from memory. On a CPU.\n",
      "ingot bench load configs/churn.yaml\n"
      "ingot bench load configs/churn.yaml --set machine.residency=stream --threads 2 --json",
      options,
      sizeof options / sizeof options[0],
      1,
      1};
  Parsed parsed;
  Status status;
  TRY(command_parse(&parsed, &command, argc, argv, error));
  if (parsed.helped) goto done;
  if (strcmp(choices.device, "cpu") != 0) {
    TRY(error_set(error, STATUS_USAGE, "--device %s: bench load times a CPU", choices.device));
  }
  TRY(session_load(&bench.session, parsed.arguments[0], &choices, false, error));
  TRY(measure(&bench, error));
  if (output_is_json())
    status = print_json(result_json(&bench), error);
  else
    print_result(&bench);
done:
  release(&bench);
  text_list_free(&choices.sets);
  return status;
}
