// Parts of report.json: agreement of model metrics and money by score band, and the swap set.
#include "io/report/json/panels_json.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"

#include <string.h>

void put_taken(json_t *object, const char *key, Text *text) {
  put_text(object, key, text->bytes);
  text_free(text);
}

void put_difference(Text *text, const Metric *metric, double difference, const ReportParts *parts) {
  double size = difference < 0 ? -difference : difference;
  bool money = metric->id == METRIC_value;
  format_fixed(text, difference, money ? money_decimals(size) : metric_decimals(size), true);
  if (money) text_add(text, " %s", parts->context->config->business.unit);
}

// ---- agreement ----

static json_t *pairs_json(const Agreement *agreement) {
  json_t *pairs = json_array();
  for (int i = 0; i < agreement->pair_count; i++) {
    const AgreementPair *pair = &agreement->pairs[i];
    json_t *json = json_object();
    put_text(json, "model", pair->model->name);
    put_text(json, "label", pair->model->title);
    put_number(json, "model_delta", pair->model_delta);
    double scaled = pair->business_delta * MONEY_SCALE;
    put_count(json, "business_delta", (int64_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5));
    put_count(json, "scale", MONEY_SCALE);
    if (!pair->neither) put(json, "same_sign", json_boolean(pair->same_sign));
    put_number(json, "p_disagree", pair->p_disagree);
    json_array_append_new(pairs, json);
  }
  return pairs;
}

// "top 10 %", "10 to 20 %", "bottom 10 %" of the rows by the champion's score.
static void band_label(Text *text, const AgreementBand *band) {
  const int share = 100 / AGREEMENT_BANDS;
  if (band->from == 0 && band->to == AGREEMENT_BANDS)
    text_put(text, "all rows");
  else if (band->from == 0)
    text_add(text, "top %d %%", band->to * share);
  else if (band->to == AGREEMENT_BANDS)
    text_add(text, "bottom %d %%", (band->to - band->from) * share);
  else
    text_add(text, "%d to %d %%", band->from * share, band->to * share);
}

static json_t *bands_json(const Agreement *agreement) {
  json_t *bands = json_array();
  for (int i = 0; i < agreement->band_count; i++) {
    const AgreementBand *band = &agreement->bands[i];
    json_t *json = json_object();
    Text label = {0};
    band_label(&label, band);
    put_taken(json, "label", &label);
    put_count(json, "rows", band->rows);
    put_count(json, "positives", band->positives);
    put_count(json, "swapped", band->swapped);
    put_number(json, "auc", band->auc);
    if (agreement->money) put_count(json, "value", band->value);
    json_array_append_new(bands, json);
  }
  return bands;
}

// Bands where no decision differs, a run of neighbours at a time: "top 20 % and bottom 60 %".
static int still_bands(Text *text, const Agreement *agreement) {
  int runs = 0, bands = 0;
  for (int i = 0; i < agreement->band_count; i++) {
    AgreementBand run = agreement->bands[i];
    if (run.swapped > 0) continue;
    for (bands++; i + 1 < agreement->band_count && agreement->bands[i + 1].swapped == 0; i++, bands++)
      run.to = agreement->bands[i + 1].to;
    text_put(text, runs++ == 0 ? "" : " and the ");
    band_label(text, &run);
  }
  return bands;
}

static const char *comparative(double difference, const char *better, const char *worse, const char *same) {
  return difference > 0 ? better : difference < 0 ? worse : same;
}

// Decisions differ everywhere: the bands in which most of either difference lies.
static void most_words(Text *text, const Agreement *agreement, double model, double value,
                       const ReportParts *parts) {
  const AgreementBand *ordered = NULL, *earned = NULL;
  for (int i = 0; i < agreement->band_count; i++) {
    const AgreementBand *band = &agreement->bands[i];
    if (ordered == NULL || (model < 0 ? band->auc < ordered->auc : band->auc > ordered->auc)) ordered = band;
    if (earned == NULL || (value < 0 ? band->value < earned->value : band->value > earned->value))
      earned = band;
  }
  if (ordered == NULL) return;
  text_put(text, " Of the bands of the champion's scores most of the change of AUC (");
  put_difference(text, &metric_table[METRIC_auc], ordered->auc, parts);
  text_put(text, ") comes from ");
  band_label(text, ordered);
  text_put(text, ", most of the money (");
  put_difference(text, &metric_table[METRIC_value], (double)earned->value / MONEY_SCALE, parts);
  text_put(text, ") from ");
  band_label(text, earned);
  text_put(text, ".");
}

// Where the difference of AUC lies, and where that of value.
static void where_words(Text *text, const Agreement *agreement, double model, double value,
                        const ReportParts *parts) {
  const Metric *auc = &metric_table[METRIC_auc], *money = &metric_table[METRIC_value];
  double still = 0, moved = 0;
  Text where = {0};
  int bands = still_bands(&where, agreement);
  for (int i = 0; i < agreement->band_count; i++) {
    const AgreementBand *band = &agreement->bands[i];
    *(band->swapped > 0 ? &moved : &still) += band->auc;
  }
  if (bands > 0 && bands < agreement->band_count) {
    text_add(text, " It orders the %s of the champion's scores %s (AUC ", where.bytes,
             comparative(still, "better", "worse", "as well"));
    put_difference(text, auc, still, parts);
    text_put(text, "), where no decision differs and no money moves; in the other bands, where decisions "
                   "differ, it orders ");
    text_add(text, "%s (AUC ", comparative(moved, "better", "worse", "as well"));
    put_difference(text, auc, moved, parts);
    text_add(text, ") and earns %s (", comparative(value, "more", "less", "the same"));
    put_difference(text, money, value, parts);
    text_put(text, ").");
  }
  if (bands == 0) most_words(text, agreement, model, value, parts);
  text_free(&where);
}

// "AUC and value disagree: the challenger orders the rows better (+0.0031), and its decisions are worth less
// (...)."
static void agreement_words(Text *text, const Agreement *agreement, const ReportParts *parts) {
  const AgreementPair *pair = NULL;
  for (int i = 0; i < agreement->pair_count; i++) {
    if (agreement->pairs[i].model->id == METRIC_auc) pair = &agreement->pairs[i];
  }
  if (pair == NULL) return;
  double model = pair->model_delta, value = pair->business_delta;
  text_add(text, "%s: the challenger orders the rows %s (",
           pair->neither     ? "One of AUC and value prefers neither model"
           : pair->same_sign ? "AUC and value agree"
                             : "AUC and value disagree",
           model > 0   ? "better"
           : model < 0 ? "worse"
                       : "as well");
  put_difference(text, pair->model, model, parts);
  text_add(text, ") and its decisions are worth %s (", comparative(value, "more", "less", "the same"));
  put_difference(text, &metric_table[METRIC_value], value, parts);
  text_put(text, ").");
  if (pair->p_disagree == pair->p_disagree) {
    text_put(text, " In ");
    format_percent(text, pair->p_disagree, 0, false);
    text_put(text, " of resamples of these rows they point in different directions.");
  }
  where_words(text, agreement, model, value, parts);
}

json_t *agreement_json(const ReportParts *parts) {
  const Panels *panels = parts->context->panels;
  if (panels == NULL || parts->comparison == NULL || !panels->agreement.present) return NULL;
  json_t *json = json_object();
  Text text = {0};
  put(json, "pairs", pairs_json(&panels->agreement));
  put(json, "bands", bands_json(&panels->agreement));
  if (panels->agreement.money) put_count(json, "scale", MONEY_SCALE);
  agreement_words(&text, &panels->agreement, parts);
  put_taken(json, "text", &text);
  return json;
}

// ---- swap set ----

static void share_words(Text *text, int64_t positives, int64_t rows) {
  format_count(text, (double)positives);
  text_put(text, " of ");
  format_count(text, (double)rows);
}

static json_t *features_json(const SwapPanel *panel) {
  json_t *features = json_array();
  for (int i = 0; i < panel->feature_count; i++) {
    const SwapFeature *feature = &panel->features[i];
    json_t *json = json_object();
    Text text = {0};
    put_text(json, "column", feature->column);
    put_text(json, "value", feature->value);
    put_number(json, "in_share", feature->in_share);
    put_number(json, "out_share", feature->out_share);
    text_add(&text, "%s %s: ", feature->column, feature->value);
    format_percent(&text, feature->in_share, 0, false);
    text_put(&text, " of the rows that came in, ");
    format_percent(&text, feature->out_share, 0, false);
    text_put(&text, " of those that went out");
    put_taken(json, "text", &text);
    json_array_append_new(features, json);
  }
  return features;
}

static void swap_words(Text *text, const SwapSet *swap, const SwapPanel *panel, double alpha) {
  text_put(text, "Positive are ");
  share_words(text, swap->in_positives, swap->in);
  text_put(text, " rows that only the challenger acts on, and ");
  share_words(text, swap->out_positives, swap->out);
  text_put(text, " that only the champion acts on");
  if (panel->p == panel->p)
    text_add(text, ": %s (p = %.2g)",
             panel->p <= alpha ? "the rates differ" : "no difference of the rates is shown", panel->p);
  text_put(text, ".");
}

json_t *swap_json(const ReportParts *parts) {
  if (parts->comparison == NULL || !parts->comparison->has_swap) return NULL;
  const SwapSet *swap = &parts->comparison->swap;
  json_t *json = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "both", (json_int_t)swap->both, "neither",
                           (json_int_t)swap->neither, "in", (json_int_t)swap->in, "out",
                           (json_int_t)swap->out, "in_positives", (json_int_t)swap->in_positives,
                           "out_positives", (json_int_t)swap->out_positives);
  if (parts->challenger->money.present) {
    put_count(json, "scale", MONEY_SCALE);
    put_count(json, "in_gain", swap->in_gain);
    put_count(json, "out_gain", swap->out_gain);
  }
  const Panels *panels = parts->context->panels;
  if (panels == NULL || !panels->swap.present) return json;
  Text text = {0};
  put_number(json, "p", panels->swap.p);
  if (panels->swap.p == panels->swap.p) put_text(json, "test", "Fisher's exact test, two-sided mid-p");
  if (panels->swap.feature_count > 0) put(json, "features", features_json(&panels->swap));
  if (panels->swap.column_count > 0) put_count(json, "columns", panels->swap.column_count);
  swap_words(&text, swap, &panels->swap, 1 - parts->comparison->confidence);
  put_taken(json, "text", &text);
  return json;
}
