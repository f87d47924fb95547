// Parts of report.json: importance of inputs, partial dependence, learning curve.
#include "io/report/json/panels_json.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"

static void importance_words(Text *text, const Importance *importance, const ReportParts *parts) {
  const InputImportance *first = &importance->items[0];
  text_add(text, "Most depends on %s: shuffled among the rows it costs ", first->input);
  format_fixed(text, first->loss.value, metric_decimals(first->loss.value), false);
  text_add(text, " of %s", importance->metric->title);
  if (importance->money) {
    text_put(text, " and ");
    double value = first->value.value, size = value < 0 ? -value : value;
    format_fixed(text, value, money_decimals(size), false);
    text_add(text, " %s", parts->context->config->business.unit);
  }
  text_put(text, ".");
}

json_t *importance_json(const ReportParts *parts) {
  const Panels *panels = parts->context->panels;
  if (panels == NULL || panels->importance.count == 0) return NULL;
  const Importance *importance = &panels->importance;
  json_t *json = json_object(), *items = json_array();
  Text text = {0};
  put_text(json, "metric", importance->metric->name);
  put_text(json, "label", importance->metric->title);
  for (int i = 0; i < importance->count; i++) {
    json_t *item = json_object();
    put_text(item, "input", importance->items[i].input);
    put(item, importance->metric->name, estimate_json(&importance->items[i].loss, 1));
    if (importance->money) put(item, "value", estimate_json(&importance->items[i].value, MONEY_SCALE));
    json_array_append_new(items, item);
  }
  put(json, "items", items);
  if (importance->money) put_count(json, "scale", MONEY_SCALE);
  put_count(json, "rows", importance->rows);
  if (importance->rows < importance->all_rows) put(json, "capped", json_true());
  importance_words(&text, importance, parts);
  put_taken(json, "text", &text);
  return json;
}

json_t *dependence_json(const ReportParts *parts) {
  const Panels *panels = parts->context->panels;
  if (panels == NULL || panels->dependence.count == 0) return NULL;
  json_t *curves = json_array();
  for (int i = 0; i < panels->dependence.count; i++) {
    const DependenceCurve *curve = &panels->dependence.curves[i];
    bool numbers = curve->kind == COLUMN_NUMBER;
    json_t *json = json_object(), *x = json_array(), *score = json_array(), *share = json_array();
    put_text(json, "input", curve->input);
    put_text(json, "kind", numbers ? "number" : "category");
    for (int k = 0; k < curve->count; k++) {
      json_array_append_new(x, numbers ? json_finite(curve->x[k]) : json_string(curve->labels[k]));
      json_array_append_new(score, json_finite(curve->score[k]));
      json_array_append_new(share, json_finite(curve->share[k]));
    }
    put(json, numbers ? "x" : "labels", x);
    put(json, "score", score);
    put(json, "share", share);
    put_count(json, "rows", panels->dependence.rows);
    json_array_append_new(curves, json);
  }
  return curves;
}

static json_t *series(const double *values, int count) {
  json_t *list = json_array();
  for (int i = 0; i < count; i++) json_array_append_new(list, json_finite(values[i]));
  return list;
}

json_t *learning_json(const ReportParts *parts) {
  const Panels *panels = parts->context->panels;
  if (panels == NULL || panels->learning.count == 0) return NULL;
  const Learning *learning = &panels->learning;
  json_t *json = json_object();
  put_text(json, "unit", "epoch");
  put(json, "x", series(learning->epoch, learning->count));
  put(json, "train", series(learning->train, learning->count));
  put(json, "validation", series(learning->validation, learning->count));
  put_text(json, "metric", "loss");
  put_text(json, "selected_by", learning->selected_by);
  put_number(json, "chosen", learning->chosen);
  return json;
}
