// Parts of report.json: slices with harm and what could be detected, and fairness by group.
#include "io/report/json/panels_json.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"

#include <string.h>

enum { HARMED_NAMED = 5 }; // in the sentence

// ---- slices ----

static json_t *slice_metric_json(const SliceMetric *made, bool two) {
  json_t *json = json_object();
  double scale = metric_scale(made->metric);
  put_text(json, "id", made->metric->name);
  put_text(json, "label", made->metric->title);
  if (scale != 1) put_count(json, "scale", MONEY_SCALE);
  if (two) put(json, "champion", estimate_json(&made->champion, scale));
  put(json, "challenger", estimate_json(&made->challenger, scale));
  if (two) put(json, "delta", estimate_json(&made->delta, scale));
  return json;
}

static json_t *harm_json(const SliceMetric *made) {
  if (made->harm_p != made->harm_p) return NULL;
  return json_pack("{s:s,s:f,s:f,s:b}", "metric", made->metric->name, "p", made->harm_p, "p_adjusted",
                   made->harm_adjusted, "shown", (int)made->harmed);
}

static json_t *detectable_json(const SliceMetric *made) {
  if (!(made->detectable > 0)) return NULL;
  Estimate value = {.value = made->detectable, .method = INTERVAL_NONE};
  double scale = metric_scale(made->metric);
  json_t *json = estimate_json(&value, scale);
  put_text(json, "metric", made->metric->name);
  if (scale != 1) put_count(json, "scale", MONEY_SCALE);
  return json;
}

// Neither harm is shown nor does the interval leave 0 out.
static bool is_untold(const Slice *slice) {
  return slice->enough && !slice->metrics[0].harmed && slice->metrics[0].rows_needed > 0;
}

static void slice_note(Text *text, const Slice *slice) {
  const SliceMetric *made = &slice->metrics[0];
  if (!slice->enough) {
    text_put(text, "not enough data: fewer than ");
    text_add(text, "%d events or other rows", SLICE_EVENTS);
  } else if (is_untold(slice)) {
    text_put(text, "cannot tell: needs about ");
    format_count(text, (double)made->rows_needed);
    text_put(text, " rows");
  }
}

static json_t *slice_json(const ReportParts *parts, const Slice *slice, int metric_count) {
  bool two = parts->comparison != NULL;
  json_t *json = json_object(), *metrics = json_array();
  Text note = {0};
  put_text(json, "column", slice->column);
  put_text(json, "value", slice->value);
  put_count(json, "rows", slice->rows);
  put_count(json, "events", slice->events);
  if (!slice->enough) put(json, "few", json_true());
  for (int i = 0; i < metric_count; i++)
    json_array_append_new(metrics, slice_metric_json(&slice->metrics[i], two));
  put(json, "metrics", metrics);
  if (two) {
    put(json, "harm", harm_json(&slice->metrics[0]));
    put(json, "detectable", detectable_json(&slice->metrics[0]));
    if (is_untold(slice)) put_rows_needed(json, parts, slice->metrics[0].rows_needed, slice->rows);
    slice_note(&note, slice);
  } else if (!slice->enough) {
    slice_note(&note, slice);
  }
  put_taken(json, "note", &note);
  return json;
}

static void slices_words(Text *text, const Slices *slices, const ReportParts *parts) {
  int harmed = 0, few = 0, untold = 0;
  for (int i = 0; i < slices->count; i++) {
    const Slice *slice = &slices->items[i];
    const SliceMetric *made = &slice->metrics[0];
    few += !slice->enough;
    untold += is_untold(slice);
    if (!made->harmed || harmed++ >= HARMED_NAMED) continue;
    text_add(text, "%s%s %s (%s ", harmed == 1 ? "Harm is shown in " : ", ", slice->column, slice->value,
             made->metric->title);
    put_difference(text, made->metric, made->delta.value, parts);
    text_put(text, ")");
  }
  if (harmed > HARMED_NAMED) text_add(text, " and %d more", harmed - HARMED_NAMED);
  if (harmed == 0)
    text_add(text, "No harm in %s is shown in %d slice%s", slices->items[0].metrics[0].metric->title,
             slices->count, slices->count == 1 ? "" : "s");
  if (untold > 0) text_add(text, "; %d can show neither gain nor loss with these rows", untold);
  if (few > 0) text_add(text, "; %d ha%s too few events to say", few, few == 1 ? "s" : "ve");
  text_put(text, ".");
}

json_t *slices_json(const ReportParts *parts) {
  const Panels *panels = parts->context->panels;
  if (panels == NULL || panels->slices.count == 0) return NULL;
  const Slices *slices = &panels->slices;
  bool two = parts->comparison != NULL;
  json_t *json = json_object(), *items = json_array();
  Text text = {0};
  if (two) {
    put_text(json, "rule", "detect_harm");
    put_number(json, "q", SLICE_Q);
    put_text(json, "multiplicity", "Benjamini-Hochberg over all slices of a metric");
    slices_words(&text, slices, parts);
  }
  for (int i = 0; i < slices->count; i++)
    json_array_append_new(items, slice_json(parts, &slices->items[i], slices->metric_count));
  put(json, "items", items);
  put_taken(json, "text", &text);
  return json;
}

// ---- fairness ----

static json_t *group_json(const Fairness *fairness, const FairnessGroup *group) {
  json_t *json = json_object();
  put_text(json, "value", group->value);
  put_count(json, "rows", group->rows);
  for (int rate = 0; rate < RATE_COUNT; rate++) {
    if (group->rates[rate].value == group->rates[rate].value)
      put(json, fairness_rate_name((FairnessRate)rate), estimate_json(&group->rates[rate], 1));
  }
  Text note = {0};
  if (!group->enough) {
    text_put(&note, "not enough data: fewer than ");
    format_count(&note, (double)fairness->min_rows);
    text_put(&note, " rows");
  }
  put_taken(json, "note", &note);
  return json;
}

static void add_comparisons(json_t *comparisons, const Fairness *fairness, const FairnessGroup *group) {
  for (int rate = 0; rate < RATE_COUNT; rate++) {
    if (group->difference[rate].method == INTERVAL_NONE) continue;
    json_t *json = json_object();
    put_text(json, "measure", fairness_rate_name((FairnessRate)rate));
    put_text(json, "group", group->value);
    put_text(json, "reference", fairness->groups[fairness->reference].value);
    put(json, "difference", estimate_json(&group->difference[rate], 1));
    if (group->ratio[rate].value == group->ratio[rate].value) {
      put(json, "ratio", estimate_json(&group->ratio[rate], 1));
      put_text(json, "four_fifths", group->four_fifths[rate] ? "flag" : "pass");
    }
    json_array_append_new(comparisons, json);
  }
}

static void fairness_words(Text *text, const Fairness *fairness) {
  int flagged = 0;
  for (int g = 0; g < fairness->count; g++) {
    const FairnessGroup *group = &fairness->groups[g];
    if (!group->four_fifths[RATE_SELECTION]) continue;
    text_add(text, "%s%s is selected ", flagged++ == 0 ? "" : "; ", group->value);
    format_fixed(text, group->ratio[RATE_SELECTION].value, 2, false);
    text_add(text, " times as often as %s", fairness->groups[fairness->reference].value);
  }
  if (fairness->reference < 0)
    text_put(text, "No group has enough rows to say anything.");
  else if (flagged == 0)
    text_add(text, "No group is selected less than four fifths as often as %s, or more than five fourths.",
             fairness->groups[fairness->reference].value);
  else
    text_put(text, ": outside four fifths to five fourths.");
}

json_t *fairness_json(const ReportParts *parts) {
  const Panels *panels = parts->context->panels;
  if (panels == NULL || panels->fairness.column == NULL) return NULL;
  const Fairness *fairness = &panels->fairness;
  json_t *json = json_object(), *groups = json_array(), *comparisons = json_array();
  Text text = {0};
  put_text(json, "column", fairness->column);
  put_count(json, "min_rows", fairness->min_rows);
  for (int g = 0; g < fairness->count; g++) {
    json_array_append_new(groups, group_json(fairness, &fairness->groups[g]));
    add_comparisons(comparisons, fairness, &fairness->groups[g]);
  }
  put(json, "groups", groups);
  put(json, "comparisons", comparisons);
  fairness_words(&text, fairness);
  put_taken(json, "text", &text);
  return json;
}
