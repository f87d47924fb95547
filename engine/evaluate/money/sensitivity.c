// The difference of two values as one parameter moves: at both ends of its range, and where its sign changes.
#include "engine/evaluate/money/sensitivity.h"

#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

static const double one_place = 1e-6; // of a way: places closer than this are one

typedef struct Study {
  Sensitivity *out;
  const BusinessConfig *business;
  int64_t rows;
  DeltaFunction function;
  void *context;
} Study;

static bool may_evaluate(const Study *study, int64_t times) {
  return (study->out->evaluations + times) * study->rows <= SENSITIVITY_ROW_LIMIT;
}

static Status evaluate(Study *study, int64_t *delta, int parameter, double at, Error *error) {
  study->out->evaluations++;
  return study->function(study->context, delta, parameter, at, error);
}

// Whether the sign is another one than that of the delta at the values, which is not 0.
static bool changed(const Study *study, int64_t delta) {
  return study->out->delta > 0 ? delta <= 0 : delta >= 0;
}

typedef struct Point {
  double at;
  int64_t delta;
} Point;

static double magnitude(double x) {
  return x < 0 ? -x : x;
}

// Where the sign changes between `same` and `other`; NaN where evaluations run out or fail.
static double search(Study *study, int parameter, Point same, Point other) {
  // Each row's payoffs are rounded by half a millionth at most: a straight line is hit to within this.
  int64_t close = 2 * study->rows;
  double narrow = one_place * magnitude(other.at - same.at);
  for (int step = 0; step < SENSITIVITY_STEPS; step++) {
    double rise = (double)other.delta - (double)same.delta, at = other.at;
    if (step % 2 == 0) at = same.at - (double)same.delta * ((other.at - same.at) / rise);
    if (step % 2 == 1) at = same.at + (other.at - same.at) * 0.5;
    Point point = {at, 0};
    Error ignored;
    if (!may_evaluate(study, 1) || evaluate(study, &point.delta, parameter, at, &ignored) != STATUS_OK)
      return __builtin_nan("");
    if (point.delta >= -close && point.delta <= close) return at;
    if (changed(study, point.delta))
      other = point;
    else
      same = point;
    if (magnitude(other.at - same.at) <= narrow) return other.at;
  }
  return other.at;
}

// What a parameter cannot pass on the side of `end`: amounts keep their sign, and rates stay up to 1; NaN
// where there is no limit.
static double limit_of(const Parameter *parameter, double end) {
  bool up = end > parameter->value;
  if (!up && parameter->low >= 0) return 0;
  if (up && parameter->high <= 0) return 0;
  if (up && parameter->high <= 1 && strcmp(parameter->unit, "rate") == 0) return 1;
  return __builtin_nan("");
}

// How far a side is followed: beyond its end, but where the end has another sign than the value, which then
// is as far as that goes.
static double reach_of(const Parameter *parameter, double end, double limit) {
  if (end * parameter->value < 0) return end;
  double reach = parameter->value + SENSITIVITY_REACH * (end - parameter->value);
  return magnitude(reach - parameter->value) > magnitude(limit - parameter->value) ? limit : reach;
}

// The change of sign nearest to the value on the side of `end`; NaN where there is none.
static double search_side(Study *study, int index, Point end, double limit) {
  const Parameter *parameter = &study->business->params[index];
  Point start = {parameter->value, study->out->delta};
  if (changed(study, end.delta)) return search(study, index, start, end);
  Point beyond = {reach_of(parameter, end.at, limit), 0};
  Error ignored;
  if (magnitude(beyond.at - start.at) <= magnitude(end.at - start.at) || !may_evaluate(study, 1) ||
      evaluate(study, &beyond.delta, index, beyond.at, &ignored) != STATUS_OK ||
      !changed(study, beyond.delta))
    return __builtin_nan("");
  return search(study, index, end, beyond);
}

// At the limit itself the sign only becomes 0: past it there is nothing to say.
static double flip_on_side(Study *study, int index, Point end) {
  const Parameter *parameter = &study->business->params[index];
  if (end.at == parameter->value) return __builtin_nan("");
  double limit = limit_of(parameter, end.at), flip = search_side(study, index, end, limit);
  bool at_limit = magnitude(flip - limit) <= one_place * magnitude(parameter->value - limit);
  return at_limit ? __builtin_nan("") : flip;
}

static void find_flip(Study *study, SensitivityItem *item) {
  item->flips_at = __builtin_nan("");
  if (study->out->delta == 0) return;
  double down = flip_on_side(study, item->parameter, (Point){item->low, item->delta_low});
  double up = flip_on_side(study, item->parameter, (Point){item->high, item->delta_high});
  bool no_down = down != down, no_up = up != up;
  if (no_down && no_up) return;
  bool upward = no_down || (!no_up && up - item->value < item->value - down);
  item->flips_at = upward ? up : down;
  item->wins_above = (study->out->delta > 0) != upward;
}

static Status study_parameter(Study *study, int index, Error *error) {
  const Parameter *parameter = &study->business->params[index];
  Sensitivity *out = study->out;
  SensitivityItem item = {.parameter = index,
                          .value = parameter->value,
                          .low = parameter->low,
                          .high = parameter->high,
                          .delta_low = out->delta,
                          .delta_high = out->delta};
  if (!(parameter->low < parameter->high)) return STATUS_OK;
  if (!may_evaluate(study, 2)) {
    out->left_out++;
    return STATUS_OK;
  }
  if (item.low < item.value) PASS(evaluate(study, &item.delta_low, index, item.low, error));
  if (item.high > item.value) PASS(evaluate(study, &item.delta_high, index, item.high, error));
  find_flip(study, &item);
  out->items = memory_grow(out->items, (size_t)out->count + 1, sizeof *out->items);
  out->items[out->count++] = item;
  return STATUS_OK;
}

static double swing(const SensitivityItem *item) {
  return magnitude((double)item->delta_high - (double)item->delta_low);
}

// Few items: insertion sort, with the names of the business at hand.
static void sort_items(Sensitivity *sensitivity, const BusinessConfig *business) {
  SensitivityItem *items = sensitivity->items;
  for (int i = 1; i < sensitivity->count; i++) {
    SensitivityItem item = items[i];
    int at = i;
    for (; at > 0; at--) {
      double before = swing(&items[at - 1]), own = swing(&item);
      const char *name = business->params[item.parameter].name;
      bool first =
          own > before || (own == before && strcmp(name, business->params[items[at - 1].parameter].name) < 0);
      if (!first) break;
      items[at] = items[at - 1];
    }
    items[at] = item;
  }
}

Status sensitivity_of(Sensitivity *sensitivity, const BusinessConfig *business, int64_t delta, int64_t rows,
                      DeltaFunction function, void *context, Error *error) {
  *sensitivity = (Sensitivity){.delta = delta};
  Study study = {sensitivity, business, rows, function, context};
  for (int i = 0; i < business->param_count; i++) PASS(study_parameter(&study, i, error));
  sort_items(sensitivity, business);
  return STATUS_OK;
}

void sensitivity_free(Sensitivity *sensitivity) {
  free(sensitivity->items);
  *sensitivity = (Sensitivity){0};
}
