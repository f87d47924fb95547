// Parts of report.json: the data's parts, missing values, drift with its noise floor, stability over time and
// seeds.
#include "engine/evaluate/statistics/multiplicity.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/memory.h"
#include "io/report/json/panels_json.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"

#include <stdlib.h>
#include <string.h>

static const double drift_alpha = 0.05;

// ---- data ----

static json_t *parts_json(const Panels *panels) {
  json_t *list = json_array();
  for (int i = 0; i < panels->part_count; i++) {
    const DataPart *part = &panels->parts[i];
    json_t *json = json_pack("{s:s,s:I}", "name", part->name, "rows", (json_int_t)part->rows);
    if (part->positives >= 0) put_count(json, "positives", part->positives);
    json_array_append_new(list, json);
  }
  return list;
}

static json_t *missing_json(const Panels *panels) {
  json_t *list = json_array();
  for (int i = 0; i < panels->drift_count; i++) {
    const DriftItem *item = &panels->drift[i];
    if (item->kind != DRIFT_INPUT || (item->reference_missing == 0 && item->missing == 0)) continue;
    json_array_append_new(list, json_pack("{s:s,s:f,s:f}", "column", item->column, "train",
                                          item->reference_missing, "judged", item->missing));
  }
  return list;
}

static bool has_rate(const DataPart *part) {
  return part->positives >= 0 && part->rows > 0;
}

// "Positives are 3.2 % of the train rows, 12.0 % of the validation rows and 45.9 % of the test rows."
static void data_words(Text *text, const Panels *panels) {
  int last = -1, known = 0;
  for (int i = 0; i < panels->part_count; i++) {
    if (has_rate(&panels->parts[i])) last = i, known++;
  }
  for (int i = 0; i <= last; i++) {
    const DataPart *part = &panels->parts[i];
    if (!has_rate(part)) continue;
    text_put(text, text->length == 0 ? "Positives are " : i == last ? " and " : ", ");
    format_percent(text, (double)part->positives / (double)part->rows, 1, false);
    text_add(text, " of the %s rows", part->name);
  }
  if (known > 0) text_put(text, ".");
}

double change_words(Text *text, const ReportParts *parts) {
  const Panels *panels = parts->context->panels;
  if (panels == NULL || panels->first_tenth.rows == 0) return 0.0 / 0.0;
  double from = (double)panels->first_tenth.positives / (double)panels->first_tenth.rows;
  double to = (double)panels->last_tenth.positives / (double)panels->last_tenth.rows;
  text_put(text, "The parts are split by the order of the rows: the share of positives goes from ");
  format_percent(text, from, 0, false);
  text_put(text, " in the first tenth of the rows to ");
  format_percent(text, to, 0, false);
  text_put(text, " in the last.");
  return to / from;
}

json_t *data_json(const ReportParts *parts) {
  const Panels *panels = parts->context->panels;
  if (panels == NULL || (panels->part_count == 0 && panels->drift_count == 0)) return NULL;
  json_t *json = json_object();
  Text text = {0};
  put(json, "parts", parts_json(panels));
  put(json, "missing", missing_json(panels));
  data_words(&text, panels);
  Text change = {0};
  change_words(&change, parts);
  if (change.length > 0) text_add(&text, " %s", change.bytes);
  text_free(&change);
  put_taken(json, "text", &text);
  return json;
}

// ---- drift ----

static json_t *drift_item_json(const DriftItem *item, double adjusted) {
  json_t *json = json_object();
  put_text(json, "column", item->column);
  put_text(json, "kind", drift_kind_name(item->kind));
  put_number(json, "psi", item->psi);
  put_number(json, "floor", item->floor);
  put_number(json, "ratio", item->ratio);
  put_number(json, "p", item->p);
  put_number(json, "p_adjusted", adjusted);
  put_number(json, "ks", item->ks);
  put_number(json, "wasserstein", item->wasserstein);
  put_number(json, "js", item->js);
  put_count(json, "bins", item->bins);
  return json;
}

static void drift_words(Text *text, const Panels *panels, const double *adjusted) {
  int drifted = 0, largest = -1;
  for (int i = 0; i < panels->drift_count; i++) {
    if (!(adjusted[i] <= drift_alpha)) continue;
    if (largest < 0 || panels->drift[i].ratio > panels->drift[largest].ratio) largest = i;
    drifted++;
  }
  if (drifted == 0) {
    text_add(text, "None of %d columns lies further from the training rows than chance explains.",
             panels->drift_count);
    return;
  }
  const DriftItem *item = &panels->drift[largest];
  text_add(text, "%d of %d columns lie further from the training rows than chance explains; most so %s (PSI ",
           drifted, panels->drift_count, item->column);
  format_fixed(text, item->psi, 4, false);
  text_put(text, ", noise floor ");
  format_fixed(text, item->floor, 4, false);
  text_put(text, ", ratio ");
  format_fixed(text, item->ratio, 1, false);
  text_put(text, ").");
}

json_t *drift_json(const ReportParts *parts) {
  const Panels *panels = parts->context->panels;
  if (panels == NULL || panels->drift_count == 0) return NULL;
  json_t *json = json_object(), *items = json_array();
  Text text = {0};
  double *adjusted = memory_get((size_t)panels->drift_count, sizeof *adjusted);
  for (int i = 0; i < panels->drift_count; i++) adjusted[i] = panels->drift[i].p;
  holm_adjust(adjusted, adjusted, panels->drift_count);
  for (int i = 0; i < panels->drift_count; i++)
    json_array_append_new(items, drift_item_json(&panels->drift[i], adjusted[i]));
  put(json, "items", items);
  put_text(json, "multiplicity", "Holm over all columns");
  put_text(json, "binning", drift_bins_method);
  if (panels->drift_rows > 0) {
    put_count(json, "training_rows", panels->drift_rows);
    put(json, "capped", json_true());
  }
  drift_words(&text, panels, adjusted);
  put_taken(json, "text", &text);
  free(adjusted);
  return json;
}

// ---- stability ----

static json_t *blocks_json(const Stability *stability, bool two) {
  json_t *items = json_array();
  for (int i = 0; i < stability->count; i++) {
    const TimeBlock *block = &stability->blocks[i];
    Text label = {0};
    json_t *json = json_object();
    text_add(&label, "%s%s", stability->by_row ? "rows " : "", block->from);
    if (strcmp(block->from, block->to) != 0) text_add(&label, " to %s", block->to);
    put_taken(json, "label", &label);
    put_count(json, "rows", block->rows);
    put(json, two ? "delta" : "value",
        estimate_json(&block->metrics[0], metric_scale(stability->metrics[0])));
    if (stability->metric_count > 1) put(json, "primary", estimate_json(&block->metrics[1], 1));
    json_array_append_new(items, json);
  }
  return items;
}

static json_t *flips_json(const Stability *stability) {
  double rate = (double)stability->flips / (double)stability->rows;
  json_t *json = json_pack("{s:I,s:f}", "rows", (json_int_t)stability->flips, "rate", rate);
  Text text = {0};
  format_percent(&text, rate, 1, false);
  text_put(&text, " of the decisions (");
  format_count(&text, (double)stability->flips);
  text_put(&text, " of ");
  format_count(&text, (double)stability->rows);
  text_put(&text, ") differ between the two models.");
  put_taken(json, "text", &text);
  return json;
}

static double gain_of(const Seeds *seeds, double value) {
  return metric_gain(seeds->metric, seeds->champion, value);
}

static bool within(double gain, double spread) {
  return gain < 0 ? 0 - gain < spread : gain < spread;
}

// "Retraining the same configuration moves value by ±310 EUR (standard deviation over 6 seeds). This
// challenger's gain of +240 EUR lies within that: another seed may turn its sign."
static void seeds_words(Text *text, const Seeds *seeds, double mean_gain, const ReportParts *parts) {
  bool money = seeds->metric->id == METRIC_value;
  text_add(text, "Retraining the same configuration moves %s by ±", seeds->metric->title);
  format_fixed(text, seeds->spread, money ? money_decimals(seeds->spread) : metric_decimals(seeds->spread),
               false);
  text_add(text, "%s%s (standard deviation over %d seeds).", money ? " " : "",
           money ? parts->context->config->business.unit : "", seeds->count);
  if (mean_gain != mean_gain) return;
  double gain = gain_of(seeds, seeds->values[0]);
  text_put(text, " This challenger's gain of ");
  put_difference(text, seeds->metric, gain, parts);
  text_put(text, within(gain, seeds->spread) ? " lies within that: another seed may turn its sign."
                                             : " lies beyond that.");
  text_put(text, " The mean gain over the seeds is ");
  put_difference(text, seeds->metric, mean_gain, parts);
  text_put(text, ".");
}

static json_t *seeds_json(const Seeds *seeds, const ReportParts *parts) {
  double scale = metric_scale(seeds->metric), gains[SEEDS_MOST + 1];
  json_t *json = json_pack("{s:i}", "count", seeds->count), *numbers = json_array(), *values = json_array();
  Text text = {0};
  for (int i = 0; i < seeds->count; i++) {
    json_array_append_new(numbers, json_integer((json_int_t)seeds->seeds[i]));
    json_array_append_new(values, scaled_json(seeds->values[i], scale));
    gains[i] = gain_of(seeds, seeds->values[i]);
  }
  double mean_gain = seeds->champion == seeds->champion
                         ? exact_sum_of(gains, (size_t)seeds->count) / seeds->count
                         : seeds->champion;
  put(json, "seeds", numbers);
  put_text(json, "metric", seeds->metric->name);
  put_text(json, "label", seeds->metric->title);
  if (scale != 1) put_count(json, "scale", MONEY_SCALE);
  put(json, "values", values);
  put(json, "spread", json_pack("{s:o}", "value", scaled_json(seeds->spread, scale)));
  if (mean_gain == mean_gain) {
    put(json, "gain", scaled_json(gains[0], scale));
    put(json, "mean_gain", scaled_json(mean_gain, scale));
    put(json, "warning", json_boolean(within(gains[0], seeds->spread)));
  }
  seeds_words(&text, seeds, mean_gain, parts);
  put_taken(json, "text", &text);
  return json;
}

json_t *stability_json(const ReportParts *parts) {
  const Panels *panels = parts->context->panels;
  if (panels == NULL) return NULL;
  const Stability *stability = &panels->stability;
  if (stability->count == 0 && !stability->has_flips && stability->seeds.count == 0) return NULL;
  json_t *json = json_object();
  if (stability->seeds.count > 0) put(json, "seeds", seeds_json(&stability->seeds, parts));
  if (stability->count > 0) {
    json_t *blocks = json_object();
    put_text(blocks, "metric", stability->metrics[0]->name);
    put_text(blocks, "label", stability->metrics[0]->title);
    if (stability->metric_count > 1) put_text(blocks, "primary", stability->metrics[1]->name);
    if (metric_scale(stability->metrics[0]) != 1) put_count(blocks, "scale", MONEY_SCALE);
    put(blocks, "items", blocks_json(stability, parts->comparison != NULL));
    put(json, "blocks", blocks);
  }
  if (stability->has_flips) put(json, "flips", flips_json(stability));
  return json;
}
