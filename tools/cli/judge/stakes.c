// Evaluates the payoffs anew for every setting of a parameter that the engine asks for.
#include "tools/cli/judge/stakes.h"

#include "engine/evaluate/money.h"
#include "engine/shared/memory.h"

#include <stdlib.h>
#include <string.h>

typedef struct Stakes {
  const JudgedModel *champion, *challenger;
  const BusinessConfig *business;
  MoneyPolicy trivial;
} Stakes;

typedef struct Setting {
  BusinessConfig business;
  const char *changed;
  int64_t *act, *skip;
} Setting;

// The payoffs of a setting. The columns are the challenger's, whose rows these are; in a regression they
// depend on the model's own predictions.
static Status price(Setting *setting, const Stakes *stakes, const JudgedModel *judged, Error *error) {
  free(setting->act);
  free(setting->skip);
  return judged_rows_value(&setting->act, &setting->skip, &stakes->challenger->judged, &setting->business,
                           judged->scores, setting->changed, error);
}

static int64_t value_at(const Setting *setting, const JudgedModel *judged, MoneyPolicy policy) {
  EvaluationSet set = judged_model_set(judged);
  set.money.act = setting->act;
  set.money.skip = setting->skip;
  return policy == MONEY_MODEL ? money_value(&set) : money_policy_value(&set, policy);
}

static Status delta_of(int64_t *delta, Setting *setting, const Stakes *stakes, Error *error) {
  const JudgedModel *champion = stakes->champion, *challenger = stakes->challenger;
  PASS(price(setting, stakes, challenger, error));
  *delta = value_at(setting, challenger, MONEY_MODEL);
  if (champion == NULL) {
    *delta -= value_at(setting, challenger, stakes->trivial);
    return STATUS_OK;
  }
  if (challenger->judged.task == TASK_REGRESSION) PASS(price(setting, stakes, champion, error));
  *delta -= value_at(setting, champion, MONEY_MODEL);
  return STATUS_OK;
}

static Status delta_at(void *context, int64_t *delta, int parameter, double at, Error *error) {
  const Stakes *stakes = context;
  Setting setting = {*stakes->business, stakes->business->params[parameter].name, NULL, NULL};
  size_t count = (size_t)setting.business.param_count;
  setting.business.params = memory_get(count, sizeof *setting.business.params);
  memcpy(setting.business.params, stakes->business->params, count * sizeof *setting.business.params);
  setting.business.params[parameter].value = at;
  Status status = delta_of(delta, &setting, stakes, error);
  free(setting.business.params);
  free(setting.act);
  free(setting.skip);
  return status == STATUS_OK ? status : error_prefix(error, "with %s = %g", setting.changed, at);
}

static bool has_ranges(const BusinessConfig *business) {
  bool found = false;
  for (int i = 0; i < business->param_count; i++)
    found = found || business->params[i].low < business->params[i].high;
  return found;
}

Status stakes_of(EvaluationReport *report, const Estimate *delta, const JudgedModel *champion,
                 const JudgedModel *challenger, const BusinessConfig *business, Error *error) {
  MoneyReport *money = &report->money;
  if (!money->present || (challenger->judged.frame == NULL && has_ranges(business))) return STATUS_OK;
  Stakes stakes = {champion, challenger, business, money->best_trivial};
  EvaluationSet set = judged_model_set(challenger);
  int64_t other = money->policies[money->best_trivial].value;
  if (champion != NULL) {
    EvaluationSet before = judged_model_set(champion);
    other = money_value(&before);
  }
  PASS(sensitivity_of(&money->sensitivity, business, money_value(&set) - other, report->rows, delta_at,
                      &stakes, error));
  money->risk = risk_of(&money->sensitivity, delta->standard_error, NULL, 0);
  return STATUS_OK;
}
