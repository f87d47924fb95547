// Decides a finished report again by another configuration: on its data, or where these are gone on what its
// scores keep of them.
#include "engine/evaluate/money.h"
#include "engine/shared/memory.h"
#include "io/report/report_read.h"
#include "tools/cli/judge/models/judged_parts.h"
#include "tools/cli/shared/output.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A finished report, and what is to decide it.
typedef struct Redecision {
  const json_t *report;
  const char *folder, *subject, *config;
  SessionChoices session; // --set
  JudgeChoices choices;
  Policy frozen; // the report's
} Redecision;

// ---- without the data ----

static Status not_kept(const JudgedModel *judged, const char *what, const char *name, Error *error) {
  return error_set(error, STATUS_MISSING,
                   "the data set %s is gone, and the report's scores do not keep %s%s%s%s: bring it back, or "
                   "give where it is with --data",
                   judged->config->data.file, what, name[0] != '\0' ? " '" : "", name,
                   name[0] != '\0' ? "'" : "");
}

static Status check_kept(const JudgedModel *judged, const Redecision *redecision, Error *error) {
  const Config *config = judged->config;
  const BusinessConfig *business = &config->business;
  const JudgedRows *rows = &judged->judged;
  const char *target = report_string(redecision->report, "task/target");
  if (strcmp(config->data.target.column, target) != 0)
    return not_kept(judged, "another target", config->data.target.column, error);
  if (business->present && rows->task != TASK_MULTICLASS && rows->frame == NULL)
    return not_kept(judged, "every column that business uses", "", error);
  TextList names = {0};
  for (int i = 0; i < config->evaluate_slices.count; i++)
    text_list_add(&names, config->evaluate_slices.items[i]);
  if (config->evaluate_fairness.present) text_list_add(&names, config->evaluate_fairness.column);
  if (config->evaluate_time[0] != '\0') text_list_add(&names, config->evaluate_time);
  Status status = STATUS_OK;
  for (int i = 0; i < names.count && status == STATUS_OK; i++) {
    if (rows->slices == NULL || frame_find(rows->slices, names.items[i]) == NULL)
      status = not_kept(judged, "column", names.items[i], error);
  }
  text_list_free(&names);
  return status;
}

static Status price_kept(JudgedModel *judged, Error *error) {
  const BusinessConfig *business = &judged->config->business;
  JudgedRows *rows = &judged->judged;
  judged_rows_forget_money(rows);
  PASS(judged_rows_payoffs(rows, business, error));
  if (business->present && business->costs.count > 0) {
    payoff_digest_costs(rows->payoffs.definition, business);
    PASS(judged_costs(&rows->costs, business, &judged->class_names, error));
  }
  return judged_rows_price(rows, business, judged->scores, error);
}

// A threshold that was chosen or stored stays: there is nothing to choose another on.
static void keep_policy(JudgedModel *judged, const Policy *frozen) {
  const BusinessConfig *business = &judged->config->business;
  EvaluationSet set = judged_model_set(judged);
  judged->policy = policy_default;
  if (!business->present || judged->judged.task != TASK_BINARY) return;
  judged->policy = *frozen;
  judged->policy.kind = business->policy;
  if (business->policy != POLICY_BEST_ON_VALIDATION && business->policy != POLICY_FROZEN)
    judged->policy = money_policy(business, &set);
}

static Status redecide_kept(JudgedModel *judged, const Redecision *redecision, Error *error) {
  PASS(judged_open_scores(judged, redecision->report, redecision->folder, redecision->subject,
                          redecision->config, &redecision->session, error));
  PASS(check_kept(judged, redecision, error));
  EvaluationSet set = judged_model_set(judged);
  if (evaluation_set_check(&set, error) != STATUS_OK) return error_prefix(error, "%s", redecision->folder);
  say("the data set %s is gone: %s is decided again on what its scores keep", judged->config->data.file,
      redecision->folder);
  PASS(price_kept(judged, error));
  keep_policy(judged, &redecision->frozen);
  judged->subject.threshold_kept = judged->policy.kind == POLICY_BEST_ON_VALIDATION;
  return STATUS_OK;
}

// ---- on the data ----

static Status redecide_data(JudgedModel *judged, const Redecision *redecision, Error *error) {
  const json_t *model = report_at(redecision->report, redecision->subject);
  const char *name = report_string(model, "predictions");
  PASS(judged_check_scores(redecision->folder, name, error));
  char *h5 = memory_format("%s/%s", redecision->folder, name);
  JudgeChoices choices = redecision->choices;
  choices.config = redecision->config;
  if (choices.part == NULL && choices.data == NULL) choices.part = "all"; // the rows it was about
  if (report_at(model, "threshold") != NULL) choices.frozen = &redecision->frozen;
  Status status = judged_model_open_predictions(judged, h5, &choices, error);
  free(h5);
  return status;
}

// ---- either way ----

// A check that no longer holds: another threshold was chosen.
static void forget_threshold(JudgedModel *judged) {
  for (int i = 0; i < judged->known_count; i++) {
    if (strcmp(judged->known[i].id, "threshold_frozen") != 0) continue;
    memmove(&judged->known[i], &judged->known[i + 1],
            sizeof *judged->known * (size_t)(judged->known_count - i - 1));
    judged->known_count--;
    return;
  }
}

// Who it is, what the report found, and whether the threshold stems from other costs than these.
static void take_decided(JudgedModel *judged, const Redecision *redecision) {
  const json_t *report = redecision->report;
  bool kept = judged->subject.threshold_kept, frozen = judged->policy.kind == POLICY_FROZEN;
  judged_take_subject(judged, report, redecision->subject);
  bool same =
      strcmp(report_string(report, "business/definition_digest"), judged->judged.payoffs.definition) == 0 &&
      strcmp(report_string(report, "business/policy/kind"), "best_on_validation") == 0;
  judged_take_checks(judged, report, redecision->subject);
  judged->threshold_common = -1;
  if (!kept && !frozen) forget_threshold(judged);
  judged->subject.threshold_kept = kept && (!same || judged->subject.threshold_kept);
}

static Status data_are_gone(bool *gone, const Redecision *redecision, Error *error) {
  Config *config = NULL;
  *gone = false;
  if (redecision->choices.data != NULL || redecision->choices.part != NULL) return STATUS_OK;
  PASS(load_config(&config, redecision->config, &redecision->session, false, error));
  *gone = access(config->data.file, F_OK) != 0;
  config_free(config);
  return STATUS_OK;
}

Status judged_model_redecide(JudgedModel *judged, const json_t *report, const char *folder,
                             const char *subject, const JudgeChoices *choices, Error *error) {
  const json_t *model = report_at(report, subject);
  char *config = memory_format("%s/config.yaml", folder);
  Redecision redecision = {.report = report,
                           .folder = folder,
                           .subject = subject,
                           .config = choices->config == NULL ? config : choices->config,
                           .session = {.sets = choices->sets},
                           .choices = *choices,
                           .frozen = policy_default};
  bool gone;
  Status status;
  *judged = (JudgedModel){0};
  if (report_at(model, "threshold") != NULL) {
    redecision.frozen.threshold = report_number(model, "threshold");
    redecision.frozen.act_below = json_is_true(report_at(model, "act_below"));
  }
  TRY(data_are_gone(&gone, &redecision, error));
  TRY(gone ? redecide_kept(judged, &redecision, error) : redecide_data(judged, &redecision, error));
  take_decided(judged, &redecision);
done:
  free(config);
  return status;
}
