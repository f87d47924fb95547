// Part of report.json: several challengers and the champion, best first.
#include "io/report/json/parts.h"

#include <stdio.h>

static json_t *model_json(const ReportParts *parts, int rank, const RankedModel *model) {
  double scale = metric_scale(parts->context->leaderboard->metric);
  char group[2] = {(char)('A' + (model->group < 25 ? model->group : 25)), '\0'};
  json_t *json = json_object();
  put_text(json, "name", parts->context->model_names[model->model]);
  put_count(json, "rank", rank);
  put_text(json, "group", group);
  put(json, "champion", json_boolean(model->model == 0));
  put(json, "value", estimate_json(&model->value, scale));
  if (model->model == 0) return json;
  put(json, "delta", estimate_json(&model->delta, scale));
  put_number(json, "p", model->p_value);
  put_number(json, "p_holm", model->p_holm);
  put_text(json, "state", verdict_state_name(model->state));
  return json;
}

json_t *leaderboard_json(const ReportParts *parts) {
  const Leaderboard *leaderboard = parts->context->leaderboard;
  char text[512];
  if (leaderboard == NULL) return NULL;
  json_t *json = json_object(), *models = json_array();
  for (int i = 0; i < leaderboard->count; i++)
    json_array_append_new(models, model_json(parts, i + 1, &leaderboard->models[i]));
  snprintf(
      text, sizeof text,
      "%d challengers were tested at once, so each primary rule was judged by Holm's procedure; models with "
      "the same letter cannot be told apart from the best of them on these rows. This report is about %s.",
      leaderboard->count - 1, parts->context->challenger.name);
  put_text(json, "metric", leaderboard->metric->name);
  put_text(json, "label", leaderboard->metric->title);
  if (metric_scale(leaderboard->metric) != 1) {
    put_count(json, "scale", MONEY_SCALE);
    put_text(json, "unit", parts->context->config->business.unit);
  }
  put_number(json, "alpha", 1 - parts->comparison->confidence);
  put(json, "models", models);
  put_text(json, "text", text);
  return json;
}
