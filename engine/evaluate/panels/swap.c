// Exact test and marking features of the swap set.
#include "engine/evaluate/panels/swap.h"

#include "engine/evaluate/panels/groups.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

static const double as_likely = 1 + 1e-7, negligible = 1e-300;

// ---- Fisher's test ----

// Table (k, margins): k of the a rows are positive, m - k of the b rows.
typedef struct Margins {
  double a, b, m;
} Margins;

// P(k + 1) / P(k).
static double step_up(const Margins *t, double k) {
  return (t->a - k) * (t->m - k) / ((k + 1) * (t->b - t->m + k + 1));
}

// Adds up, from the most likely table outwards, what is less likely than `observed` (relative to the mode),
// and all.
static void walk(double *less, double *equal, double *all, const Margins *t, double mode, double last,
                 double observed) {
  double direction = last >= mode ? 1 : -1, weight = 1;
  for (double k = mode; k != last; k += direction) {
    weight *= direction > 0 ? step_up(t, k) : 1 / step_up(t, k - 1);
    if (weight < negligible) return;
    *all += weight;
    if (weight * as_likely < observed)
      *less += weight;
    else if (weight <= observed * as_likely)
      *equal += weight;
  }
}

// The weight of table k relative to that of the mode.
static double weight_of(const Margins *t, double mode, double k) {
  double weight = 1;
  for (double at = mode; at < k && weight >= negligible; at++) weight *= step_up(t, at);
  for (double at = mode; at > k && weight >= negligible; at--) weight /= step_up(t, at - 1);
  return weight;
}

double fisher_mid_p(int64_t a_positives, int64_t a, int64_t b_positives, int64_t b) {
  Margins t = {(double)a, (double)b, (double)(a_positives + b_positives)};
  if (a == 0 || b == 0) return __builtin_nan("");
  double least = t.m > t.b ? t.m - t.b : 0, most = t.m < t.a ? t.m : t.a;
  double mode = (double)(int64_t)((t.a + 1) * (t.m + 1) / (t.a + t.b + 2));
  if (mode < least) mode = least;
  if (mode > most) mode = most;
  double observed = weight_of(&t, mode, (double)a_positives), less = 0, equal = 0, all = 1;
  if (observed * as_likely >= 1) equal = 1; // the mode itself
  walk(&less, &equal, &all, &t, mode, most, observed);
  walk(&less, &equal, &all, &t, mode, least, observed);
  return (less + 0.5 * equal) / all;
}

// ---- features ----

typedef enum Side { SIDE_NONE, SIDE_IN, SIDE_OUT } Side;

static double magnitude(double x) {
  return x < 0 ? -x : x;
}

// The value of a column whose share differs most; of equal differences the one more frequent in.
static SwapFeature best_value(const Column *column, const int8_t *side, const int64_t total[3],
                              int64_t rows) {
  Groups groups;
  SwapFeature best = {0};
  groups_of(&groups, column, rows, 2);
  int64_t(*counts)[3] = memory_get((size_t)groups.count, sizeof *counts);
  int chosen = -1;
  for (int64_t i = 0; i < rows; i++) counts[groups.of[i]][side[i]]++;
  for (int g = 0; g < groups.count; g++) {
    double in = (double)counts[g][SIDE_IN] / (double)total[SIDE_IN];
    double out = (double)counts[g][SIDE_OUT] / (double)total[SIDE_OUT];
    double both =
        (double)(counts[g][SIDE_IN] + counts[g][SIDE_OUT]) / (double)(total[SIDE_IN] + total[SIDE_OUT]);
    double spread = math64_sqrt(both * (1 - both)), difference = spread > 0 ? (in - out) / spread : 0;
    bool larger = magnitude(difference) > magnitude(best.difference) * as_likely;
    bool equal = magnitude(difference) * as_likely >= magnitude(best.difference);
    if (!larger && !(equal && best.difference < 0 && difference > 0)) continue;
    best = (SwapFeature){NULL, NULL, in, out, difference};
    chosen = g;
  }
  if (chosen >= 0) {
    best.column = memory_text(column->name);
    best.value = memory_text(groups.labels[chosen]);
  }
  free(counts);
  groups_free(&groups);
  return best;
}

// Keeps the largest, in descending order; of equal ones the first column.
static void keep(SwapPanel *panel, SwapFeature feature) {
  int at = panel->feature_count;
  while (at > 0 && magnitude(panel->features[at - 1].difference) < magnitude(feature.difference)) at--;
  SwapFeature dropped = {0};
  if (panel->feature_count == SWAP_FEATURES)
    dropped = at == SWAP_FEATURES ? feature : panel->features[SWAP_FEATURES - 1];
  else
    panel->feature_count++;
  for (int i = panel->feature_count - 1; i > at; i--) panel->features[i] = panel->features[i - 1];
  if (at < SWAP_FEATURES) panel->features[at] = feature;
  free(dropped.column);
  free(dropped.value);
}

void swap_panel_of(SwapPanel *panel, const EvaluationSet *champion, const EvaluationSet *challenger,
                   const Frame *columns) {
  *panel = (SwapPanel){0};
  if (challenger->task != TASK_BINARY) return;
  int64_t total[3] = {0}, positives[3] = {0};
  int8_t *side = memory_get((size_t)challenger->rows, sizeof *side);
  for (int64_t i = 0; i < challenger->rows; i++) {
    bool old = policy_selects(champion, i), fresh = policy_selects(challenger, i);
    side[i] = old == fresh ? SIDE_NONE : fresh ? SIDE_IN : SIDE_OUT;
    total[side[i]]++;
    positives[side[i]] += challenger->labels[i] == 1;
  }
  panel->present = total[SIDE_IN] + total[SIDE_OUT] > 0;
  panel->p = fisher_mid_p(positives[SIDE_IN], total[SIDE_IN], positives[SIDE_OUT], total[SIDE_OUT]);
  bool both = total[SIDE_IN] > 0 && total[SIDE_OUT] > 0;
  for (int c = 0; both && columns != NULL && c < columns->column_count; c++) {
    SwapFeature feature = best_value(&columns->columns[c], side, total, challenger->rows);
    panel->column_count++;
    if (feature.column != NULL) keep(panel, feature);
  }
  free(side);
}

void swap_panel_clear(SwapPanel *panel) {
  for (int i = 0; i < panel->feature_count; i++) {
    free(panel->features[i].column);
    free(panel->features[i].value);
  }
  *panel = (SwapPanel){0};
}
