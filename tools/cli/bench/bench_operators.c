// ingot bench: every operator against what this machine can do at most, and products against other libraries.
#include "tools/cli/bench/bench_parts.h"

#include "engine/device/device_choice.h"
#include "engine/shared/memory.h"
#include "engine/shared/parallel.h"
#include "io/shared/text.h"
#include "tools/bench/operators/run.h"
#include "tools/bench/peak.h"
#include "tools/cli/shared/command.h"
#include "tools/cli/shared/output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char group_of_peaks[] = "peak";

// Rates of the device at most, in operations and bytes a second; 0: not measured (a GPU).
typedef struct Peaks {
  double flops, copy;
} Peaks;

typedef struct OperatorBench {
  Device *device;
  Peer *peers[PEERS_MAX];
  int peer_count;
  const OperatorCase **cases;
  int case_count, done;
  Peaks peaks;
  json_t *list;                 // NULL: a table
  double log_ratios[PEERS_MAX]; // sums over the products so far
  int product_count;
} OperatorBench;

// ---- the choice of cases ----

// Every name that means something: groups, operators and cases. Freed by text_list_free.
static void all_names(TextList *names) {
  char name[CASE_NAME];
  text_list_add(names, group_of_peaks);
  for (int i = 0; operator_group(i) != NULL; i++) text_list_add(names, operator_group(i));
  for (int i = 0; i < operator_case_count(); i++) {
    const char *operator= operator_name(operator_cases[i].work.id);
    if (text_list_find(names, operator) < 0) text_list_add(names, operator);
    operator_case_name(name, &operator_cases[i]);
    text_list_add(names, name);
  }
}

static Status unknown_name(const char *name, const TextList *names, Error *error) {
  const char *near = text_nearest(name, (const char *const *)names->items, names->count);
  if (strcmp(name, "train") == 0 || strcmp(name, "load") == 0)
    return error_set(error, STATUS_USAGE, "'%s' comes first: ingot bench %s CONFIG", name, name);
  if (near != NULL)
    return error_set(error, STATUS_USAGE, "there is no operator or group '%s'; did you mean '%s'?", name,
                     near);
  Text groups = {0};
  for (int i = 0; operator_group(i) != NULL; i++) text_add(&groups, ", %s", operator_group(i));
  error_set(error, STATUS_USAGE, "there is no operator or group '%s': the groups are %s%s", name,
            group_of_peaks, groups.bytes);
  text_free(&groups);
  return STATUS_USAGE;
}

static Status check_names(char **wanted, int count, Error *error) {
  TextList names = {0};
  Status status = STATUS_OK;
  all_names(&names);
  for (int i = 0; i < count && status == STATUS_OK; i++) {
    if (text_list_find(&names, wanted[i]) < 0) status = unknown_name(wanted[i], &names, error);
  }
  text_list_free(&names);
  return status;
}

static void choose_cases(OperatorBench *bench, char **wanted, int count) {
  bench->cases = memory_get((size_t)operator_case_count(), sizeof *bench->cases);
  for (int i = 0; i < operator_case_count(); i++) {
    int chosen = count == 0;
    for (int w = 0; w < count; w++) chosen |= operator_case_is(&operator_cases[i], wanted[w]);
    if (chosen) bench->cases[bench->case_count++] = &operator_cases[i];
  }
}

// ---- peaks ----

static void put_peak(OperatorBench *bench, const char *name, const char *isa, int threads, double rate,
                     const char *unit) {
  if (bench->list == NULL) {
    printf("%-9s %-8s %3d thread%s %10.4g %s\n", name, isa, threads, threads == 1 ? " " : "s", 1e-9 * rate,
           unit);
    return;
  }
  json_array_append_new(bench->list,
                        json_pack("{s:s,s:s,s:s,s:i,s:f,s:s}", "name", name, "group", group_of_peaks, "isa",
                                  isa, "threads", threads, "rate", 1e-9 * rate, "unit", unit));
}

// Multiply-adds of every instruction set that this processor has, by one and all threads; a copy by all.
static Status measure_peaks(OperatorBench *bench, Error *error) {
  const char *isa = device_isa(bench->device);
  const int threads = device_threads(bench->device);
  if (strcmp(device_kind(bench->device), "cpu") != 0) return STATUS_OK;
  for (int i = 0; operators_isa(i) != NULL; i++) {
    if (operators_cpu(operators_isa(i)) == NULL) continue;
    for (int n = 1; n <= threads; n += n < threads ? threads - 1 : 1) {
      double rate;
      PASS(peak_flops(&rate, operators_isa(i), n, error));
      put_peak(bench, "fma", operators_isa(i), n, rate, "GFLOP/s");
      if (n == threads && strcmp(operators_isa(i), isa) == 0) bench->peaks.flops = rate;
    }
  }
  PASS(peak_copy(&bench->peaks.copy, threads, error));
  put_peak(bench, "copy", "", threads, bench->peaks.copy, "GB/s");
  return STATUS_OK;
}

// ---- results ----

static double peak_of(const OperatorBench *bench, const OperatorCase *c) {
  return operator_is_product(c->work.id) ? bench->peaks.flops : bench->peaks.copy;
}

static const char *unit_of(const OperatorCase *c) {
  return operator_is_product(c->work.id) ? "GFLOP/s" : "GB/s";
}

static void say_case(void *context, const OperatorCase *c, int is_check) {
  OperatorBench *bench = context;
  char name[CASE_NAME];
  operator_case_name(name, c);
  bench->done = bench->done % bench->case_count + 1;
  say_progress("%s %d of %d: %s", is_check ? "checking the bits of" : "timing", bench->done,
               bench->case_count, name);
}

static void print_head(const OperatorBench *bench) {
  for (int p = 0; p < bench->peer_count; p++) {
    printf("peer %d    %s (%s): time of ours / the peer's\n", p + 1, peer_name(bench->peers[p]),
           peer_library(bench->peers[p]));
  }
  if (bench->case_count == 0) return;
  printf("\n%-40s %10s %10s %10s %10s %-8s %6s", "", "median ms", "least", "most", "rate", "", "peak");
  for (int p = 0; p < bench->peer_count; p++) printf("  %6s %d", "peer", p + 1);
  printf("\n");
}

static void print_case(const OperatorBench *bench, const OperatorCase *c, const OperatorTimes *times) {
  const BenchSpread *wall = &times->ours.wall;
  const double rate = operator_amount(&c->work) / wall->median, peak = peak_of(bench, c);
  char name[CASE_NAME];
  operator_case_name(name, c);
  printf("%-40s %10.5g %10.5g %10.5g %10.4g %-8s", name, 1e3 * wall->median, 1e3 * wall->least,
         1e3 * wall->most, 1e-9 * rate, unit_of(c));
  if (peak > 0) printf(" %4.0f %%", 100 * rate / peak);
  for (int p = 0; p < times->peer_count; p++) printf("  %8.3f", wall->median / times->peers[p].wall.median);
  printf("\n");
  fflush(stdout);
}

static json_t *peers_json(const OperatorBench *bench, const OperatorCase *c, const OperatorTimes *times) {
  json_t *list = json_array();
  for (int p = 0; p < times->peer_count; p++) {
    const BenchTimes *theirs = &times->peers[p];
    json_array_append_new(list, json_pack("{s:s,s:s,s:f,s:f,s:o,s:o}", "library",
                                          peer_library(bench->peers[p]), "name", peer_name(bench->peers[p]),
                                          "ratio", times->ours.wall.median / theirs->wall.median, "rate",
                                          1e-9 * operator_amount(&c->work) / theirs->wall.median, "seconds",
                                          bench_spread_json(&theirs->wall), "samples",
                                          bench_samples_json(theirs->seconds, theirs->samples)));
  }
  return list;
}

static json_t *case_json(const OperatorBench *bench, const OperatorCase *c, const OperatorTimes *times) {
  const BenchTimes *ours = &times->ours;
  const OperatorWork *work = &c->work;
  const double rate = operator_amount(work) / ours->wall.median, peak = peak_of(bench, c);
  char name[CASE_NAME];
  operator_case_name(name, c);
  return json_pack("{s:s,s:s,s:s,s:[I,I,I],s:s,s:s,s:i,s:f,s:s,s:o,s:f,s:o,s:o,s:o}", "name", name, "group",
                   c->group, "operator", operator_name(work->id), "shape", (json_int_t)work->rows,
                   (json_int_t)work->outputs, (json_int_t)work->inputs, "device", device_kind(bench->device),
                   "isa", device_isa(bench->device), "threads", device_threads(bench->device), "rate",
                   1e-9 * rate, "unit", unit_of(c), "percent_of_peak",
                   peak > 0 ? json_real(100 * rate / peak) : json_null(), "amount", operator_amount(work),
                   "seconds", bench_spread_json(&ours->wall), "samples",
                   bench_samples_json(ours->seconds, ours->samples), "peers", peers_json(bench, c, times));
}

static void print_means(const OperatorBench *bench) {
  if (bench->product_count == 0) return;
  printf("%-98s", "geometric mean of the products");
  for (int p = 0; p < bench->peer_count; p++)
    printf("  %8.3f", exp(bench->log_ratios[p] / bench->product_count));
  printf("\n");
}

static void put_case(void *context, const OperatorCase *c, const OperatorTimes *times) {
  OperatorBench *bench = context;
  end_progress();
  for (int p = 0; p < times->peer_count; p++)
    bench->log_ratios[p] += log(times->ours.wall.median / times->peers[p].wall.median);
  bench->product_count += times->peer_count > 0;
  if (bench->list == NULL)
    print_case(bench, c, times);
  else
    json_array_append_new(bench->list, case_json(bench, c, times));
}

// ---- the verb ----

typedef struct OperatorChoices {
  const char *device, *isa;
  TextList peers;
  int64_t threads, samples;
  int times_only;
} OperatorChoices;

// Peers before the device, so that their threads and ours have the same cores and no more.
static Status open_all(OperatorBench *bench, const OperatorChoices *choices, Error *error) {
  const int threads = choices->threads == 0 ? parallel_cores() : (int)choices->threads;
  DeviceChoice choice = {choices->device, choices->isa, (int)choices->threads, 0};
  char reason[DEVICE_TEXT];
  if (choices->peers.count > PEERS_MAX)
    return error_set(error, STATUS_USAGE, "%d peers: at most %d at once", choices->peers.count, PEERS_MAX);
  if (choices->peers.count > 0) {
    if (strcmp(choices->device, "auto") == 0) choice.name = "cpu";
    if (strcmp(choice.name, "cpu") != 0)
      return error_set(error, STATUS_USAGE, "--peer compares on a CPU: it goes with --device cpu, not %s",
                       choice.name);
    PASS(peer_limit_cores(threads, error));
  }
  for (int i = 0; i < choices->peers.count; i++) {
    if (choices->peers.items[i][0] == '\0')
      return error_set(error, STATUS_USAGE, "--peer '': it takes the path or the soname of a library");
    PASS(peer_open(&bench->peers[i], choices->peers.items[i], threads, error));
    bench->peer_count++;
  }
  return device_open(&bench->device, reason, &choice, error);
}

static Status run(OperatorBench *bench, const OperatorChoices *choices, Error *error) {
  OperatorRun run = {.device = bench->device,
                     .samples = (int)choices->samples,
                     .is_checked = choices->times_only,
                     .cases = bench->cases,
                     .case_count = bench->case_count,
                     .peers = bench->peers,
                     .peer_count = bench->peer_count,
                     .context = bench,
                     .begin = say_case,
                     .result = put_case};
  if (output_is_json()) bench->list = json_array();
  if (!choices->times_only) PASS(measure_peaks(bench, error));
  if (bench->list == NULL) print_head(bench);
  PASS(operator_run_all(&run, error));
  if (bench->list == NULL) {
    print_means(bench);
    return STATUS_OK;
  }
  json_t *list = bench->list;
  bench->list = NULL;
  return print_json(list, error);
}

Status bench_operators(int argc, char **argv, Error *error) {
  OperatorChoices choices = {.device = "auto", .isa = "auto", .samples = 7};
  Option options[] = {
      NUMBER(0, "samples", "N", &choices.samples, 1, 10000, "samples of every time (default: 7)"),
      TEXT(0, "device", "D", &choices.device, "cpu, cuda or cuda:N (default: a GPU where one can be used)"),
      NUMBER(0, "threads", "N", &choices.threads, 1, DEVICE_THREADS_MAX,
             "threads of the CPU (default: all cores this process may use)"),
      TEXT(0, "isa", "I", &choices.isa, "instruction set: portable, avx2 or avx512 (default: the best)"),
      FLAG(0, "times-only", &choices.times_only,
           "neither peaks nor a comparison of bits: for more samples after a run that had both"),
      LIST(0, "peer", "LIBRARY", &choices.peers,
           "time the products of oneDNN or OpenBLAS too: a path or a soname; repeatable")};
  Command command = {
      "bench",
      "[operators] [NAME]...",
      "Times operators; steps of a training: ingot bench train -h; loading: ingot bench load -h.\n"
      "First measures what this machine can do at most, in multiply-adds and in bytes copied. Then compares "
      "the\n"
      "bits of every operator with those of one thread of the portable instruction set (69 where they "
      "differ),\n"
      "and only then times them. NAME: a group (peak, products, input_gradients, weight_gradients, thin, "
      "rows),\n"
      "an operator, or one line of the table; default: all. Beside a peer samples take turns. The percentage "
      "is\n"
      "of the multiply-adds for products, else of the bytes a second of a copy of 256 MiB: what only reads, "
      "or\n"
      "stays in the caches, can be above 100.\n",
      "ingot bench\n"
      "ingot bench products --threads 1 --peer libdnnl.so.2 --peer libopenblas.so.0\n"
      "ingot bench norm_forward 'linear_forward 1024x256x256' --isa avx2 --json",
      options,
      sizeof options / sizeof options[0],
      0,
      1000};
  OperatorBench bench = {0};
  Parsed parsed;
  Status status;
  TRY(command_parse(&parsed, &command, argc, argv, error));
  if (parsed.helped) goto done;
  TRY(check_names(parsed.arguments, parsed.count, error));
  choose_cases(&bench, parsed.arguments, parsed.count);
  TRY(open_all(&bench, &choices, error));
  TRY(run(&bench, &choices, error));
done:
  device_free(bench.device);
  for (int p = 0; p < bench.peer_count; p++) peer_close(bench.peers[p]);
  json_decref(bench.list);
  free(bench.cases);
  text_list_free(&choices.peers);
  return status;
}
