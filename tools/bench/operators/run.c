// Checks operators and times them.
#include "tools/bench/operators/run.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

// ---- the check ----

// Takes the arguments and runs the operator once.
static Status run_once(Bench *bench, const OperatorCase *c, Error *error) {
  OperatorArguments arguments;
  PASS(operator_arguments(&arguments, bench, &c->work, error));
  operator_run(bench->device, c->work.id, &arguments);
  return device_synchronise(bench->device, error);
}

static Status differ(const OperatorCase *c, const Bench *bench, const Bench *reference, int block,
                     size_t byte, Error *error) {
  char name[CASE_NAME], ours[DEVICE_TEXT], other[DEVICE_TEXT];
  operator_case_name(name, c);
  device_describe(ours, bench->device);
  device_describe(other, reference->device);
  return error_set(
      error, STATUS_UNAVAILABLE,
      "%s: the bits of (%s) and (%s) differ, first at byte %zu of array %d: nothing was timed, and "
      "this device must not train; `ingot doctor` tests every device, --isa chooses another "
      "instruction set",
      name, ours, other, byte, block);
}

static Status compare_block(const OperatorCase *c, const Bench *bench, const Bench *reference, int block,
                            Error *error) {
  const size_t bytes = bench->blocks[block].bytes;
  unsigned char *ours = memory_get(bytes, 1), *other = memory_get(bytes, 1);
  size_t byte = 0;
  Status status;
  TRY(device_copy_out(bench->device, ours, bench->blocks[block].at, bytes, error));
  TRY(device_copy_out(reference->device, other, reference->blocks[block].at, bytes, error));
  if (memcmp(ours, other, bytes) == 0) goto done;
  while (ours[byte] == other[byte]) byte++;
  status = differ(c, bench, reference, block, byte, error);
done:
  free(ours);
  free(other);
  return status;
}

static Status compare_blocks(const OperatorCase *c, const Bench *bench, const Bench *reference,
                             Error *error) {
  for (int i = 0; i < bench->block_count; i++) {
    if (bench->blocks[i].numbers) PASS(compare_block(c, bench, reference, i, error));
  }
  return STATUS_OK;
}

Status operator_check(const OperatorCase *c, Device *device, Device *reference, Error *error) {
  Bench ours = {.device = device}, other = {.device = reference};
  Status status;
  TRY(run_once(&ours, c, error));
  TRY(run_once(&other, c, error));
  TRY(compare_blocks(c, &ours, &other, error));
done:
  bench_release(&ours);
  bench_release(&other);
  return status;
}

static Status check_all(const OperatorRun *run, Error *error) {
  Device *reference = NULL;
  PASS(device_create(&reference, "portable", 1, error));
  Status status = STATUS_OK;
  for (int i = 0; i < run->case_count && status == STATUS_OK; i++) {
    if (run->begin != NULL) run->begin(run->context, run->cases[i], 1);
    status = operator_check(run->cases[i], run->device, reference, error);
  }
  device_free(reference);
  return status;
}

// ---- times ----

// The operands of a product, as PeerProduct has them.
static void operands_of(const float **a, const float **b, const OperatorCall *own) {
  const OperatorArguments *s = &own->arguments;
  if (own->work.id == OPERATOR_linear_forward)
    *a = s->linear_forward.x, *b = s->linear_forward.w;
  else if (own->work.id == OPERATOR_linear_backward_input)
    *a = s->linear_backward_input.dy, *b = s->linear_backward_input.w;
  else
    *a = s->linear_backward_weight.dy, *b = s->linear_backward_weight.x;
}

static int64_t result_count(const OperatorWork *work) {
  return work->id == OPERATOR_linear_forward          ? work->rows * work->outputs
         : work->id == OPERATOR_linear_backward_input ? work->rows * work->inputs
                                                      : work->outputs * work->inputs;
}

// Every way of every peer as a side behind ours; how many.
static int add_peers(BenchSide *sides, PeerProduct *products, const OperatorRun *run, const OperatorCall *own,
                     float *result) {
  int count = 0;
  for (int p = 0; p < run->peer_count; p++) {
    PeerProduct product = {.peer = run->peers[p], .work = own->work, .result = result};
    operands_of(&product.a, &product.b, own);
    for (product.way = 0; product.way < peer_ways(product.peer, &product.work); product.way++) {
      products[count] = product;
      sides[count + 1] = (BenchSide){.work = peer_work, .context = &products[count]};
      count++;
    }
  }
  return count;
}

// The peer's times are those of its best way.
static void choose_ways(OperatorTimes *times, const OperatorRun *run, const BenchSide *sides,
                        const PeerProduct *products, int count) {
  times->ours = sides[0].times;
  times->peer_count = run->peer_count;
  for (int i = 0; i < count; i++) {
    int p = 0;
    while (run->peers[p] != products[i].peer) p++;
    const BenchTimes *way = &sides[i + 1].times;
    if (times->peers[p].samples == 0 || way->wall.median < times->peers[p].wall.median)
      times->peers[p] = *way;
  }
}

static Status time_case(const OperatorRun *run, Bench *bench, const OperatorCase *c, Error *error) {
  OperatorCall own = {.work = c->work};
  BenchSide sides[1 + 2 * PEERS_MAX] = {{.work = operator_call, .context = &own}};
  PeerProduct products[2 * PEERS_MAX];
  OperatorTimes times = {0};
  int count = 0;
  Status status;
  TRY(operator_arguments(&own.arguments, bench, &c->work, error));
  if (operator_is_product(c->work.id) && run->peer_count > 0) {
    float *result;
    TRY(bench_numbers(bench, &result, result_count(&c->work), 0, error));
    count = add_peers(sides, products, run, &own, result);
  }
  TRY(bench_measure_sides(sides, 1 + count, bench, error));
  choose_ways(&times, run, sides, products, count);
  if (count == 0) times.peer_count = 0;
  run->result(run->context, c, &times);
done:
  for (int s = 0; s < 1 + count; s++) bench_times_free(&sides[s].times);
  bench_release(bench);
  return status;
}

Status operator_run_all(const OperatorRun *run, Error *error) {
  Bench bench = {.device = run->device, .samples = run->samples, .tiny = run->tiny};
  if (!run->is_checked) PASS(check_all(run, error));
  for (int i = 0; i < run->case_count; i++) {
    if (run->begin != NULL) run->begin(run->context, run->cases[i], 0);
    PASS(time_case(run, &bench, run->cases[i], error));
  }
  return STATUS_OK;
}
