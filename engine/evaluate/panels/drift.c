// Bins, PSI with its noise floor, Jensen-Shannon, Kolmogorov-Smirnov and Wasserstein distances.
#include "engine/evaluate/panels/drift.h"

#include "engine/evaluate/panels/groups.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const double not_a_number = __builtin_nan("");

const char drift_bins_method[] =
    "Bins of a number: a value that a tenth of the training rows or more have is a bin of its own; the rest, "
    "on either side of such values, is cut at quantiles of the training rows into bins of about a tenth of "
    "the rows. Bins of a category: its values. Missing values are one bin more.";

const char *drift_kind_name(DriftKind kind) {
  static const char *const names[] = {"input", "label", "prediction"};
  return names[kind];
}

typedef struct Bins {
  int count; // the last one holds what is missing
  int64_t *reference, *judged;
} Bins;

static Bins bins_new(int values) {
  return (Bins){values + 1, memory_get((size_t)values + 1, sizeof(int64_t)),
                memory_get((size_t)values + 1, sizeof(int64_t))};
}

// ---- numbers ----

// At most DRIFT_BINS values are heavy, and as many gaps and one more are cut into DRIFT_BINS parts together.
enum { MOST_CUTS = 4 * DRIFT_BINS };

// Bins of numbers in ascending order: bin b holds what is above cut b - 1 and not above cut b, the last one
// what is above all cuts. A cut that is `open` leaves its own value to the next bin.
typedef struct Cuts {
  int count;
  double at[MOST_CUTS];
  bool open[MOST_CUTS];
} Cuts;

static void add_cut(Cuts *cuts, double at, bool open) {
  cuts->at[cuts->count] = at;
  cuts->open[cuts->count++] = open;
}

// Equal parts of the numbers between two heavy values, of which there are `count`, out of `all`.
static void cut_gap(Cuts *cuts, const double *sorted, int64_t count, int64_t all) {
  int64_t parts = (2 * DRIFT_BINS * count + all) / (2 * all);
  for (int64_t k = 1; k < parts; k++) {
    double at = sorted_quantile(sorted, count, k, parts);
    if (cuts->count == 0 || at > cuts->at[cuts->count - 1]) add_cut(cuts, at, false);
  }
}

static Cuts cuts_of(const double *sorted, int64_t count) {
  Cuts cuts = {0};
  int64_t gap = 0; // where the numbers since the last heavy value begin
  for (int64_t i = 0, end; i < count; i = end) {
    for (end = i + 1; end < count && sorted[end] == sorted[i];) end++;
    if ((end - i) * DRIFT_BINS < count) continue;
    cut_gap(&cuts, sorted + gap, i - gap, count);
    add_cut(&cuts, sorted[i], true);
    add_cut(&cuts, sorted[i], false);
    gap = end;
  }
  cut_gap(&cuts, sorted + gap, count - gap, count);
  return cuts;
}

static int bin_of(const Cuts *cuts, double number) {
  int at = 0;
  while (at < cuts->count && (number > cuts->at[at] || (cuts->open[at] && number == cuts->at[at]))) at++;
  return at;
}

static Bins bin_numbers(const double *sorted[2], const int64_t counts[2], const int64_t missing[2]) {
  Cuts cuts = counts[0] > 0 ? cuts_of(sorted[0], counts[0]) : (Cuts){0};
  Bins bins = bins_new(cuts.count + 1);
  int64_t *const to[2] = {bins.reference, bins.judged};
  for (int side = 0; side < 2; side++) {
    for (int64_t i = 0; i < counts[side]; i++) to[side][bin_of(&cuts, sorted[side][i])]++;
    to[side][bins.count - 1] = missing[side];
  }
  return bins;
}

// Both distances in one walk over the merged values: between two neighbours F and G are constant.
static void distances(DriftItem *item, const double *sorted[2], const int64_t counts[2]) {
  ExactSum area = {{0}, 0, 0}, squares = {{0}, 0, 0};
  double n = (double)counts[0], m = (double)counts[1], most = 0, before = 0;
  int64_t at[2] = {0, 0};
  while (at[0] < counts[0] || at[1] < counts[1]) {
    bool first = at[1] == counts[1] || (at[0] < counts[0] && sorted[0][at[0]] <= sorted[1][at[1]]);
    double value = first ? sorted[0][at[0]] : sorted[1][at[1]];
    double apart = (double)at[0] / n - (double)at[1] / m, size = apart < 0 ? -apart : apart;
    if (at[0] + at[1] > 0 && value > before) {
      exact_sum_add(&area, size * (value - before));
      if (size > most) most = size;
    }
    before = value;
    at[first ? 0 : 1]++;
  }
  double mean = exact_sum_of(sorted[0], (size_t)counts[0]) / n;
  for (int64_t i = 0; i < counts[0]; i++)
    exact_sum_add(&squares, (sorted[0][i] - mean) * (sorted[0][i] - mean));
  double deviation = math64_sqrt(exact_sum_value(&squares) / n);
  item->ks = most;
  item->wasserstein = deviation > 0 ? exact_sum_value(&area) / deviation : not_a_number;
}

static Bins number_bins(DriftItem *item, const Column *reference, const Column *judged) {
  int64_t counts[2];
  double *made[2] = {sorted_numbers(&counts[0], reference->numbers, item->reference_rows),
                     sorted_numbers(&counts[1], judged->numbers, item->rows)};
  const double *sorted[2] = {made[0], made[1]};
  const int64_t missing[2] = {item->reference_rows - counts[0], item->rows - counts[1]};
  Bins bins = bin_numbers(sorted, counts, missing);
  if (counts[0] > 0 && counts[1] > 0) distances(item, sorted, counts);
  free(made[0]);
  free(made[1]);
  return bins;
}

// ---- categories ----

static int by_text(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void count_categories(int64_t *bins, int missing, char **texts, int text_count, const Column *column,
                             int64_t rows) {
  int *bin = memory_get((size_t)column->category_count, sizeof *bin);
  for (int i = 0; i < column->category_count; i++) {
    char **found = bsearch(&column->categories[i], texts, (size_t)text_count, sizeof *texts, by_text);
    bin[i] = (int)(found - texts);
  }
  for (int64_t i = 0; i < rows; i++) bins[column->codes[i] < 0 ? missing : bin[column->codes[i]]]++;
  free(bin);
}

static Bins category_bins(const DriftItem *item, const Column *reference, const Column *judged) {
  int all = reference->category_count + judged->category_count, used = 0;
  char **texts = memory_get((size_t)all, sizeof *texts);
  for (int i = 0; i < all; i++) {
    texts[i] = i < reference->category_count ? reference->categories[i]
                                             : judged->categories[i - reference->category_count];
  }
  if (all > 1) qsort(texts, (size_t)all, sizeof *texts, by_text);
  for (int i = 0; i < all; i++) {
    if (used == 0 || strcmp(texts[used - 1], texts[i]) != 0) texts[used++] = texts[i];
  }
  Bins bins = bins_new(used);
  count_categories(bins.reference, used, texts, used, reference, item->reference_rows);
  count_categories(bins.judged, used, texts, used, judged, item->rows);
  free(texts);
  return bins;
}

// ---- both ----

// Leaves the bins that hold a row.
static void drop_empty(Bins *bins) {
  int used = 0;
  for (int i = 0; i < bins->count; i++) {
    if (bins->reference[i] + bins->judged[i] == 0) continue;
    bins->reference[used] = bins->reference[i];
    bins->judged[used++] = bins->judged[i];
  }
  bins->count = used;
}

// x ln(x / y) in bits; 0 for x = 0.
static double divergence(double x, double y) {
  static const double bits = 0x1.71547652b82fep+0; // 1 / ln 2
  return x > 0 ? x * math64_log(x / y) * bits : 0;
}

static void compare(DriftItem *item, const Bins *bins) {
  bool empty = false;
  for (int i = 0; i < bins->count; i++) empty = empty || bins->reference[i] == 0 || bins->judged[i] == 0;
  double n = (double)item->reference_rows, m = (double)item->rows, more = empty ? 0.5 : 0;
  ExactSum psi = {{0}, 0, 0}, js = {{0}, 0, 0};
  for (int i = 0; i < bins->count; i++) {
    double p = ((double)bins->reference[i] + more) / (n + more * bins->count);
    double q = ((double)bins->judged[i] + more) / (m + more * bins->count);
    exact_sum_add(&psi, (q - p) * math64_log(q / p));
    p = (double)bins->reference[i] / n, q = (double)bins->judged[i] / m;
    exact_sum_add(&js, 0.5 * divergence(p, 0.5 * (p + q)) + 0.5 * divergence(q, 0.5 * (p + q)));
  }
  double noise = 1 / n + 1 / m;
  item->bins = bins->count;
  item->psi = exact_sum_value(&psi);
  item->js = exact_sum_value(&js);
  item->floor = (bins->count - 1) * noise;
  item->ratio = bins->count > 1 ? item->psi / item->floor : not_a_number;
  item->p = bins->count > 1 ? math64_chi_square_tail(item->psi / noise, bins->count - 1) : not_a_number;
}

static double missing_share(const Column *column, int64_t rows) {
  int64_t missing = 0;
  for (int64_t i = 0; i < rows; i++) {
    missing +=
        column->kind == COLUMN_CATEGORY ? column->codes[i] < 0 : column->numbers[i] != column->numbers[i];
  }
  return (double)missing / (double)rows;
}

void drift_of(DriftItem *item, DriftKind kind, const Column *reference, int64_t reference_rows,
              const Column *judged, int64_t rows) {
  *item = (DriftItem){.column = memory_text(reference->name),
                      .kind = kind,
                      .reference_rows = reference_rows,
                      .rows = rows,
                      .reference_missing = missing_share(reference, reference_rows),
                      .missing = missing_share(judged, rows),
                      .ks = not_a_number,
                      .wasserstein = not_a_number};
  Bins bins = reference->kind == COLUMN_NUMBER ? number_bins(item, reference, judged)
                                               : category_bins(item, reference, judged);
  drop_empty(&bins);
  compare(item, &bins);
  free(bins.reference);
  free(bins.judged);
}

void drift_clear(DriftItem *item) {
  free(item->column);
  *item = (DriftItem){0};
}
