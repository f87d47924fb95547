// Populations, data sets drawn from them, and how many intervals hold what the population has.
#include "tools/dev/coverage/simulation.h"

#include "engine/evaluate/evaluate.h"
#include "engine/evaluate/resample/replicates.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"
#include "engine/shared/parallel.h"
#include "kernels/shared/philox.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { POPULATION = 1 << 21, CLASSES = 3, NORMALS = 8 };

// ---- drawing rows ----

typedef struct Rows {
  Task task;
  int64_t count;
  double *labels, *scores[2];
  int64_t *act, *skip;
  uint64_t *hash;
} Rows;

static double uniform(uint32_t word) {
  return ((double)word + 0.5) * 0x1p-32;
}

// Box and Muller 1958, two a pair of words.
static void normals(double out[NORMALS], uint64_t set, uint32_t row) {
  for (uint32_t k = 0; k < NORMALS; k += 4) {
    uint32_t words[4];
    random_words(words, set, row, k, 0, 0);
    for (int i = 0; i < 4; i += 2) {
      double radius = math64_sqrt(-2 * math64_log(uniform(words[i]))), turn = 2 * uniform(words[i + 1]);
      out[k + (uint32_t)i] = radius * math64_cospi(turn);
      out[k + (uint32_t)i + 1] = radius * math64_cospi(turn - 0.5);
    }
  }
}

static double logistic(double x) {
  return 1 / (1 + math64_exp(-x));
}

// A third are positive; the challenger sees the truth with less noise; amounts differ from row to row.
static void binary_row(Rows *rows, int64_t i, const double z[NORMALS], double u) {
  double truth = -1 + 1.5 * z[0];
  rows->labels[i] = u < logistic(truth);
  rows->scores[0][i] = logistic(-0.9 + 1.2 * (z[0] + 0.6 * z[1]));
  rows->scores[1][i] = logistic(-0.9 + 1.2 * (z[0] + 0.3 * z[1] + 0.4 * z[2]));
  rows->act[i] = rows->labels[i] == 1 ? (int64_t)(2e7 * math64_exp(0.5 * z[3])) : -8000000;
}

// Labels by logits that the models see with noise.
static void multiclass_row(Rows *rows, int64_t i, const double z[NORMALS], double u) {
  double logits[CLASSES] = {0.5 + z[0], z[1], -0.5 + 0.7 * z[0] - z[1]};
  for (int model = -1; model < 2; model++) {
    double p[CLASSES], sum = 0, noise = model == 0 ? 0.8 : 0.5;
    for (int k = 0; k < CLASSES; k++) {
      double seen = logits[k] + (model < 0 ? 0 : noise * z[2 + (model == 0 ? 0 : k)]);
      sum += p[k] = math64_exp(seen);
    }
    for (int k = 0; k < CLASSES; k++) p[k] /= sum;
    if (model < 0)
      rows->labels[i] = u < p[0] ? 0 : u < p[0] + p[1] ? 1 : 2;
    else
      memcpy(rows->scores[model] + i * CLASSES, p, sizeof p);
  }
}

// Errors with heavier tails than normal ones, larger where the target is.
static void regression_row(Rows *rows, int64_t i, const double z[NORMALS], double u) {
  double scale = 0.5 + 0.3 * (z[0] < 0 ? -z[0] : z[0]), tail = u < 0.05 ? 3 : 1;
  rows->labels[i] = 2 * z[0] + scale * tail * z[1];
  rows->scores[0][i] = 0.3 + 2 * z[0] + 0.4 * z[2];
  rows->scores[1][i] = 0.15 + 2 * z[0] + 0.3 * z[2] + 0.2 * z[3];
}

static void draw_rows(Rows *rows, uint64_t set) {
  for (int64_t i = 0; i < rows->count; i++) {
    double z[NORMALS];
    uint32_t words[4];
    normals(z, set, (uint32_t)i);
    random_words(words, set, (uint32_t)i, 0, 1, 0);
    rows->hash[i] = (uint64_t)words[1] << 32 | words[2];
    if (rows->task == TASK_BINARY) binary_row(rows, i, z, uniform(words[0]));
    if (rows->task == TASK_MULTICLASS) multiclass_row(rows, i, z, uniform(words[0]));
    if (rows->task == TASK_REGRESSION) regression_row(rows, i, z, uniform(words[0]));
  }
}

static Rows rows_new(Task task, int64_t count) {
  size_t n = (size_t)count, classes = task == TASK_MULTICLASS ? CLASSES : 1;
  return (Rows){.task = task,
                .count = count,
                .labels = memory_get(n, sizeof(double)),
                .scores = {memory_get(n * classes, sizeof(double)), memory_get(n * classes, sizeof(double))},
                .act = memory_get(n, sizeof(int64_t)),
                .skip = memory_get(n, sizeof(int64_t)),
                .hash = memory_get(n, sizeof(uint64_t))};
}

static void rows_free(Rows *rows) {
  free(rows->labels);
  free(rows->scores[0]);
  free(rows->scores[1]);
  free(rows->act);
  free(rows->skip);
  free(rows->hash);
}

static EvaluationSet set_of(const Rows *rows, int model, int replicates) {
  EvaluationSet set = {.task = rows->task,
                       .rows = rows->count,
                       .classes = rows->task == TASK_MULTICLASS ? CLASSES : 1,
                       .labels = rows->labels,
                       .scores = rows->scores[model],
                       .policy = {POLICY_THRESHOLD, 0.3, false},
                       .row_hash = rows->hash,
                       .resampling = {.replicates = replicates, .threads = 1, .seed = 20}};
  if (rows->task == TASK_BINARY) set.money = (Money){.act = rows->act, .skip = rows->skip};
  return set;
}

// ---- counting ----

typedef struct Simulation {
  Task task;
  int64_t n;
  int replicates;
  double truth[METRIC_COUNT][2]; // of the challenger; of the oriented difference
  Coverage *coverage;
  pthread_mutex_t *mutex;
} Simulation;

static void count_interval(Coverage *coverage, const Estimate *estimate, double truth, const Metric *metric,
                           bool difference, bool resampled) {
  CoverageCount *count = NULL;
  for (int i = 0; i < coverage->count && count == NULL; i++) {
    CoverageCount *c = &coverage->counts[i];
    if (c->metric == metric && c->difference == difference && c->resampled == resampled) count = c;
  }
  if (count == NULL) {
    count = &coverage->counts[coverage->count++];
    *count = (CoverageCount){.metric = metric, .difference = difference, .resampled = resampled};
  }
  if (estimate->method == INTERVAL_NONE) return;
  count->method = estimate->method;
  count->sets++;
  count->hits += estimate->low <= truth && truth <= estimate->high;
  count->below += truth < estimate->low;
}

static void count_set(const Simulation *simulation, const Comparison *comparison) {
  pthread_mutex_lock(simulation->mutex);
  for (int i = 0; i < comparison->metric_count; i++) {
    const MetricDifference *found = &comparison->metrics[i];
    const Metric *metric = found->metric;
    const MetricReplicates *replicates = replicates_of(comparison->replicates, metric);
    for (int difference = 0; difference < 2; difference++) {
      const Estimate *shown = difference ? &found->delta : &found->challenger;
      double truth = simulation->truth[metric->id][difference];
      count_interval(simulation->coverage, shown, truth, metric, difference, false);
      if (shown->method == INTERVAL_BOOTSTRAP || replicates == NULL) continue;
      Estimate other =
          replicates_estimate(comparison->replicates, replicates,
                              difference ? REPLICATE_DELTA : REPLICATE_CHALLENGER, shown->value, 0.95);
      count_interval(simulation->coverage, &other, truth, metric, difference, true);
    }
  }
  pthread_mutex_unlock(simulation->mutex);
}

static void simulate_sets(const void *arguments, int64_t first, int64_t last) {
  const Simulation *simulation = arguments;
  Rows rows = rows_new(simulation->task, simulation->n);
  for (int64_t set = first; set < last; set++) {
    Comparison comparison;
    Error error;
    draw_rows(&rows, (uint64_t)set + 1);
    EvaluationSet a = set_of(&rows, 0, simulation->replicates), b = set_of(&rows, 1, simulation->replicates);
    if (compare_models(&comparison, &a, &b, NULL, NULL, NULL, &error) == STATUS_OK)
      count_set(simulation, &comparison);
    comparison_clear(&comparison);
  }
  rows_free(&rows);
}

// Money is a total: what n rows of the population are worth on average.
static void find_truth(Simulation *simulation) {
  Rows rows = rows_new(simulation->task, POPULATION);
  draw_rows(&rows, 0);
  EvaluationSet a = set_of(&rows, 0, 0), b = set_of(&rows, 1, 0);
  for (int i = 0; i < METRIC_COUNT; i++) {
    const Metric *metric = &metric_table[i];
    if (!(metric->tasks & 1u << simulation->task)) continue;
    double scale = i == METRIC_value ? (double)simulation->n / POPULATION : 1;
    double from = scale * metric_value(metric, &a), to = scale * metric_value(metric, &b);
    simulation->truth[i][0] = to;
    simulation->truth[i][1] = metric_gain(metric, from, to);
  }
  rows_free(&rows);
}

static int by_metric(const void *a, const void *b) {
  const CoverageCount *x = a, *y = b;
  if (x->metric != y->metric) return x->metric < y->metric ? -1 : 1;
  if (x->difference != y->difference) return x->difference - y->difference;
  return x->resampled - y->resampled;
}

void coverage_simulate(Coverage *coverage, Task task, int64_t n, int64_t sets, int replicates) {
  pthread_mutex_t mutex;
  Simulation simulation = {
      .task = task, .n = n, .replicates = replicates, .coverage = coverage, .mutex = &mutex};
  *coverage = (Coverage){.task = task};
  pthread_mutex_init(&mutex, NULL);
  find_truth(&simulation);
  parallel_run(simulate_sets, &simulation, sets, 0);
  pthread_mutex_destroy(&mutex);
  // The order in which threads came by is nobody's business.
  qsort(coverage->counts, (size_t)coverage->count, sizeof *coverage->counts, by_metric);
}
