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

static const char *axis_of(const Agreement *agreement) {
  return agreement->metric->id == METRIC_auc    ? "champion's score"
         : agreement->metric->id == METRIC_rmse ? "champion's prediction"
                                                : "payoff that the champion expects";
}

// "top 10 %", "10 to 20 %", "bottom 10 %" of the rows by the axis.
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

// "the top 10 %", "10 to 20 %" in a sentence.
static void band_words(Text *text, const AgreementBand *band) {
  bool end = (band->from == 0) != (band->to == AGREEMENT_BANDS);
  text_put(text, end ? "the " : "");
  band_label(text, band);
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
    if (agreement->metric->id == METRIC_auc) put_count(json, "positives", band->positives);
    if (agreement->metric->id != METRIC_rmse) put_count(json, "swapped", band->swapped);
    put_number(json, agreement->metric->name, band->model);
    if (agreement->money) put_count(json, "value", band->value);
    json_array_append_new(bands, json);
  }
  return bands;
}

// No decision differs there and, where a block of equal scores is acted on in part, no share.
static bool is_still(const AgreementBand *band) {
  return band->swapped == 0 && band->value == 0;
}

static const char *comparative(double difference, const char *better, const char *worse, const char *same) {
  return difference > 0 ? better : difference < 0 ? worse : same;
}

// What bands say of the order together: unlike signs are no sum.
typedef struct Tally {
  double sum;
  bool better, worse; // some band shows a change at four decimals
} Tally;

static void tally_add(Tally *tally, const AgreementBand *band) {
  static const double shown = 0.00005;
  tally->sum += band->model;
  tally->better = tally->better || band->model >= shown;
  tally->worse = tally->worse || band->model <= -shown;
}

// "better (AUC +0.0016)", "worse (...)", "as well", "partly better and partly worse (AUC +0.0001 in all)".
static void tally_words(Text *text, const Tally *tally, const ReportParts *parts) {
  if (!tally->better && !tally->worse) {
    text_put(text, "as well");
    return;
  }
  bool mixed = tally->better && tally->worse;
  text_put(text, mixed ? "partly better and partly worse" : tally->better ? "better" : "worse");
  text_put(text, " (AUC ");
  put_difference(text, &metric_table[METRIC_auc], tally->sum, parts);
  text_put(text, mixed ? " in all)" : ")");
}

// Bands where no decision differs, a run of neighbours at a time: "the top 20 % of the champion's scores
// better (...) and the bottom 20 % worse (...)"; returns how many bands these are.
static int still_words(Text *text, const Agreement *agreement, const ReportParts *parts) {
  int runs = 0, bands = 0;
  for (int i = 0; i < agreement->band_count; i++) {
    AgreementBand run = agreement->bands[i];
    Tally tally = {0};
    if (!is_still(&run)) continue;
    for (; i < agreement->band_count && is_still(&agreement->bands[i]); i++, bands++) {
      run.to = agreement->bands[i].to;
      tally_add(&tally, &agreement->bands[i]);
    }
    text_put(text, runs == 0 ? "" : " and ");
    band_words(text, &run);
    text_put(text, runs++ == 0 ? " of the champion's scores " : " ");
    tally_words(text, &tally, parts);
  }
  return bands;
}

// The bands in which most of either difference lies.
static void most_words(Text *text, const Agreement *agreement, double model, double value,
                       const ReportParts *parts) {
  const AgreementBand *ordered = NULL, *earned = NULL;
  for (int i = 0; i < agreement->band_count; i++) {
    const AgreementBand *band = &agreement->bands[i];
    if (ordered == NULL || (model < 0 ? band->model < ordered->model : band->model > ordered->model))
      ordered = band;
    if (earned == NULL || (value < 0 ? band->value < earned->value : band->value > earned->value))
      earned = band;
  }
  if (ordered == NULL) return;
  text_add(text, " Of the bands by the %s most of the change of %s (", axis_of(agreement),
           agreement->metric->title);
  put_difference(text, agreement->metric, ordered->model, parts);
  text_put(text, ") comes from ");
  band_words(text, ordered);
  text_put(text, ", most of the money (");
  put_difference(text, &metric_table[METRIC_value], (double)earned->value / MONEY_SCALE, parts);
  text_put(text, ") from ");
  band_words(text, earned);
  text_put(text, ".");
}

// Where the difference of the metric lies, and where that of value.
static void where_words(Text *text, const Agreement *agreement, double model, double value,
                        const ReportParts *parts) {
  Tally moved = {0};
  Text still = {0};
  int bands = agreement->metric->id == METRIC_auc ? still_words(&still, agreement, parts) : 0;
  for (int i = 0; i < agreement->band_count; i++) {
    if (!is_still(&agreement->bands[i])) tally_add(&moved, &agreement->bands[i]);
  }
  if (bands > 0 && bands < agreement->band_count) {
    text_add(text,
             " Where no decision differs and no money moves, it orders %s; in the other bands it orders ",
             still.bytes);
    tally_words(text, &moved, parts);
    text_add(text, " and earns %s (", comparative(value, "more", "less", "the same"));
    put_difference(text, &metric_table[METRIC_value], value, parts);
    text_put(text, ").");
  }
  if (bands == 0) most_words(text, agreement, model, value, parts);
  text_free(&still);
}

// "AUC and value disagree: the challenger orders the rows better (+0.0031), and its decisions are worth less
// (...)."
static void agreement_words(Text *text, const Agreement *agreement, const ReportParts *parts) {
  const AgreementPair *pair = NULL;
  for (int i = 0; i < agreement->pair_count; i++) {
    if (agreement->pairs[i].model == agreement->metric) pair = &agreement->pairs[i];
  }
  if (pair == NULL) return;
  bool ranks = agreement->metric->id == METRIC_auc;
  double model = pair->model_delta, value = pair->business_delta;
  if (pair->neither)
    text_add(text, "One of %s and value prefers neither model", pair->model->title);
  else
    text_add(text, "%s and value %s", pair->model->title, pair->same_sign ? "agree" : "disagree");
  text_add(text, ": the challenger %s %s (", ranks ? "orders the rows" : "predicts",
           comparative(model, "better", "worse", "as well"));
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
  put_text(json, "metric", panels->agreement.metric->name);
  put_text(json, "label", panels->agreement.metric->title);
  put_text(json, "axis", axis_of(&panels->agreement));
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

// Fewer rows give counts and no shares.
enum { SHARES_FROM = 20 };

static void feature_words(Text *text, double share, int64_t rows) {
  if (rows >= SHARES_FROM) {
    format_percent(text, share, 0, false);
    return;
  }
  share_words(text, (int64_t)(share * (double)rows + 0.5), rows);
}

static json_t *features_json(const SwapPanel *panel, const SwapSet *swap) {
  json_t *features = json_array();
  for (int i = 0; i < panel->feature_count; i++) {
    const SwapFeature *feature = &panel->features[i];
    json_t *json = json_object();
    Text text = {0};
    put_text(json, "column", feature->column);
    put_text(json, "value", feature->value);
    put_number(json, "in_share", feature->in_share);
    put_number(json, "out_share", feature->out_share);
    put_count(json, "in_rows", (int64_t)(feature->in_share * (double)swap->in + 0.5));
    put_count(json, "out_rows", (int64_t)(feature->out_share * (double)swap->out + 0.5));
    text_add(&text, "%s %s: ", feature->column, feature->value);
    feature_words(&text, feature->in_share, swap->in);
    text_put(&text, " of the rows that came in, ");
    feature_words(&text, feature->out_share, swap->out);
    text_put(&text, " of those that went out");
    if (swap->in < SHARES_FROM || swap->out < SHARES_FROM) text_put(&text, " (not enough data)");
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
    text_add(text, ": %s", panel->p <= alpha ? "the rates differ" : "no difference of the rates is shown");
  if (panel->p < 0.001)
    text_put(text, " (p < 0.001)");
  else if (panel->p == panel->p)
    text_add(text, " (p = %.2g)", panel->p);
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
  if (panels->swap.feature_count > 0) put(json, "features", features_json(&panels->swap, swap));
  if (panels->swap.feature_count > 0 && (swap->in < SHARES_FROM || swap->out < SHARES_FROM))
    put(json, "few", json_true());
  if (panels->swap.column_count > 0) put_count(json, "columns", panels->swap.column_count);
  swap_words(&text, swap, &panels->swap, 1 - parts->comparison->confidence);
  put_taken(json, "text", &text);
  return json;
}
