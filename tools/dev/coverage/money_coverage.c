// Data sets with payoffs, costs and clusters from populations whose values are known.
#include "tools/dev/coverage/money_coverage.h"

#include "engine/evaluate/evaluate.h"
#include "engine/evaluate/money.h"
#include "engine/evaluate/statistics/intervals.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"
#include "engine/shared/parallel.h"
#include "kernels/shared/philox.h"

#include <pthread.h>
#include <stdlib.h>

enum { POPULATION = 1 << 20, NORMALS = 6, CLUSTER_ROWS = 4 };

const char *const money_question_names[MONEY_QUESTIONS] = {"model", "difference", "over trivial", "oracle"};
const char *const money_case_names[MONEY_CASES] = {
    "a fifth of the rows", "a fifth, models alike", "a budget", "clusters",
    "clusters, a fifth",   "clusters, a budget"};

typedef struct MoneyCase {
  double share;    // of the rows, or of what acting on all costs; 0: no capacity
  bool costs;      // that differ from row to row
  bool clustered;  // four rows share what they are like and what they are worth
  double distance; // of the two models
} MoneyCase;

static const MoneyCase cases[MONEY_CASES] = {{0.2, false, false, 1}, {0.2, false, false, 0.1},
                                             {0.2, true, false, 1},  {0, false, true, 1},
                                             {0.2, false, true, 1},  {0.2, true, true, 1}};

typedef struct MoneyRows {
  int64_t count;
  double *labels, *scores[2];
  int64_t *act, *skip, *cost;
  uint64_t *cluster;
} MoneyRows;

static MoneyRows rows_new(int64_t count) {
  size_t n = (size_t)count;
  return (MoneyRows){.count = count,
                     .labels = memory_get(n, sizeof(double)),
                     .scores = {memory_get(n, sizeof(double)), memory_get(n, sizeof(double))},
                     .act = memory_get(n, sizeof(int64_t)),
                     .skip = memory_get(n, sizeof(int64_t)),
                     .cost = memory_get(n, sizeof(int64_t)),
                     .cluster = memory_get(n, sizeof(uint64_t))};
}

static void rows_free(MoneyRows *rows) {
  free(rows->labels);
  free(rows->scores[0]);
  free(rows->scores[1]);
  free(rows->act);
  free(rows->skip);
  free(rows->cost);
  free(rows->cluster);
}

static double uniform(uint32_t word) {
  return ((double)word + 0.5) * 0x1p-32;
}

// Nearly: sums of four uniform numbers, of mean 0 and variance 1.
static void normals(double z[NORMALS], uint64_t set, uint32_t row, uint32_t stream) {
  for (uint32_t k = 0; k < NORMALS; k++) {
    uint32_t words[4];
    random_words(words, set, row, k, stream, 0);
    z[k] =
        math64_sqrt(3) * (uniform(words[0]) + uniform(words[1]) + uniform(words[2]) + uniform(words[3]) - 2);
  }
}

static double logistic(double x) {
  return 1 / (1 + math64_exp(-x));
}

// About a third are positive; the challenger sees the truth with less noise; amounts and costs are
// lognormal, or nearly so.
static void draw_rows(MoneyRows *rows, const MoneyCase *of, uint64_t set) {
  for (int64_t i = 0; i < rows->count; i++) {
    double z[NORMALS], common[NORMALS];
    uint32_t words[4];
    normals(z, set, (uint32_t)i, 0);
    if (of->clustered) normals(common, set, (uint32_t)(i / CLUSTER_ROWS), 1);
    random_words(words, set, (uint32_t)i, 0, 2, 0);
    for (int k = 0; of->clustered && k < NORMALS; k++) z[k] = math64_sqrt(0.5) * (z[k] + common[k]);
    rows->labels[i] = uniform(words[0]) < logistic(-1 + 1.5 * z[0]);
    double noise = 0.6 * z[1], other = noise + of->distance * (0.4 * z[2] - 0.3 * z[1]);
    rows->scores[0][i] = logistic(z[0] + noise);
    rows->scores[1][i] = logistic(z[0] + other);
    rows->act[i] = rows->labels[i] == 1 ? (int64_t)(2e7 * math64_exp(0.5 * z[3])) : -5000000;
    rows->cost[i] = of->costs ? (int64_t)(1e6 * math64_exp(0.7 * z[4])) : MONEY_SCALE;
    rows->cluster[i] = (uint64_t)(i / CLUSTER_ROWS);
  }
}

static EvaluationSet set_of(const MoneyRows *rows, const MoneyCase *of, int model) {
  EvaluationSet set = {.task = TASK_BINARY,
                       .rows = rows->count,
                       .classes = 1,
                       .labels = rows->labels,
                       .scores = rows->scores[model],
                       .policy = {of->share > 0 ? POLICY_CAPACITY : POLICY_THRESHOLD, 0.5, false},
                       .money = {.act = rows->act, .skip = rows->skip},
                       .cluster_hash = of->clustered ? rows->cluster : NULL};
  double mean_cost = of->costs ? math64_exp(0.5 * 0.7 * 0.7) : 1, n = (double)rows->count;
  CapacityConfig capacity = {.fraction = of->costs ? 0 : of->share,
                             .budget = of->costs ? of->share * n * mean_cost : 0};
  set.capacity = money_capacity(&capacity, rows->count, of->costs ? rows->cost : NULL);
  return set;
}

typedef struct Simulation {
  const MoneyCase *of;
  int64_t n;
  double truth[MONEY_QUESTIONS]; // of n rows
  MoneyCoverage *coverage;
  pthread_mutex_t *mutex;
} Simulation;

// What a data set says of each question.
static void answer(Estimate answers[MONEY_QUESTIONS], const MoneyRows *rows, const MoneyCase *of) {
  EvaluationSet sets[2] = {set_of(rows, of, 0), set_of(rows, of, 1)};
  const Metric *metric = &metric_table[METRIC_value];
  MoneyReport report;
  for (int model = 0; model < 2; model++) money_limit(&sets[model]);
  MetricDifference difference = {.metric = metric};
  metric_compare(&difference, &sets[0], &sets[1], 0.95);
  money_report(&report, &sets[1], 0.95);
  const PolicyValue *oracle = &report.policies[MONEY_ORACLE];
  answers[MONEY_OF_MODEL] = difference.challenger;
  answers[MONEY_OF_DIFFERENCE] = difference.delta;
  answers[MONEY_OVER_TRIVIAL] = report.over_trivial;
  answers[MONEY_OF_ORACLE] = (Estimate){.value = (double)oracle->value / MONEY_SCALE,
                                        .low = (double)oracle->low / MONEY_SCALE,
                                        .high = (double)oracle->high / MONEY_SCALE};
}

static void simulate_sets(const void *arguments, int64_t first, int64_t last) {
  const Simulation *simulation = arguments;
  MoneyRows rows = rows_new(simulation->n);
  for (int64_t set = first; set < last; set++) {
    Estimate answers[MONEY_QUESTIONS];
    draw_rows(&rows, simulation->of, (uint64_t)set + 1);
    answer(answers, &rows, simulation->of);
    pthread_mutex_lock(simulation->mutex);
    simulation->coverage->sets++;
    for (int i = 0; i < MONEY_QUESTIONS; i++)
      simulation->coverage->hits[i] +=
          answers[i].low <= simulation->truth[i] && simulation->truth[i] <= answers[i].high;
    pthread_mutex_unlock(simulation->mutex);
  }
  rows_free(&rows);
}

MoneyCoverage coverage_of_money(int money_case, int64_t n, int64_t sets) {
  MoneyCoverage coverage = {0};
  pthread_mutex_t mutex;
  Simulation simulation = {.of = &cases[money_case], .n = n, .coverage = &coverage, .mutex = &mutex};
  Estimate whole[MONEY_QUESTIONS];
  MoneyRows population = rows_new(POPULATION);
  draw_rows(&population, simulation.of, 0);
  answer(whole, &population, simulation.of);
  rows_free(&population);
  for (int i = 0; i < MONEY_QUESTIONS; i++) simulation.truth[i] = whole[i].value * ((double)n / POPULATION);
  pthread_mutex_init(&mutex, NULL);
  parallel_run(simulate_sets, &simulation, sets, 0);
  pthread_mutex_destroy(&mutex);
  return coverage;
}
