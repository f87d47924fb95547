// Judges one model or several, writes the report and prints its summary.
#include "tools/cli/judge/judgement.h"

#include "engine/evaluate/resample/replicates.h"
#include "engine/evaluate/rows_match.h"
#include "engine/shared/memory.h"
#include "io/config/write.h"
#include "io/report/json_text.h"
#include "io/report/report_folder.h"
#include "io/report/report_text.h"
#include "io/shared/durable.h"
#include "io/shared/environment.h"
#include "tools/cli/judge/decision.h"
#include "tools/cli/judge/judged_panels.h"
#include "tools/cli/judge/models/operations.h"
#include "tools/cli/judge/retrain.h"
#include "tools/cli/judge/stakes.h"
#include "tools/cli/judge/verify/sources.h"
#include "tools/cli/shared/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct Findings {
  EvaluationReport challenger, champion;
  Comparison comparison;
  Leaderboard leaderboard; // of several challengers
  Verdict verdict;         // of one model
  int chosen;              // the challenger that the report is about
  GatesConfig gates;       // the configuration's, at the confidence that the ledger leaves; not owned
  Decision decision;
  Slices *slices;        // [challenger_count]
  Validity *validity;    // [challenger_count], with these slices
  Panels panels;         // of the chosen one
  Operations operations; // of the chosen one, where it was scored here
} Findings;

// Policies under a capacity: who is on the list of those acted on.
static void limit_all(const Judgement *judgement) {
  if (judgement->champion != NULL) judged_model_limit(judgement->champion);
  for (int i = 0; i < judgement->challenger_count; i++) judged_model_limit(&judgement->challengers[i]);
}

// The challengers, then the champion where there is one, ready to be judged; freed by release_sets.
static EvaluationSet *prepared_sets(const Judgement *judgement, int *count) {
  int challengers = judgement->challenger_count;
  *count = challengers + (judgement->champion != NULL);
  EvaluationSet *sets = memory_get((size_t)*count, sizeof *sets);
  for (int i = 0; i < challengers; i++) sets[i] = judged_model_set(&judgement->challengers[i]);
  if (judgement->champion != NULL) sets[challengers] = judged_model_set(judgement->champion);
  evaluation_sets_prepare(sets, *count);
  return sets;
}

static void release_sets(EvaluationSet *sets, int count) {
  if (sets == NULL) return;
  evaluation_sets_release(sets, count);
  free(sets);
}

// resampled: the comparison whose resamples it shares, as which model; NULL: none.
static Status evaluate(EvaluationReport *report, const Findings *findings, const Judgement *judgement,
                       const EvaluationSet *set, const Comparison *resampled, int replicate, Error *error) {
  EvaluationSet shared = *set;
  if (resampled != NULL) shared.replicates = resampled->replicates, shared.replicate = replicate;
  return evaluate_model(report, &shared, &judgement->challengers->config->evaluate_metrics, &findings->gates,
                        error);
}

// Faults of one model's rows are told with its name.
static Status check_sets(const Judgement *judgement, const EvaluationSet *sets, Error *error) {
  for (int i = 0; i < judgement->challenger_count + (judgement->champion != NULL); i++) {
    const JudgedModel *judged =
        i < judgement->challenger_count ? &judgement->challengers[i] : judgement->champion;
    if (evaluation_set_check(&sets[i], error) != STATUS_OK) return error_prefix(error, "%s", judged->name);
  }
  return STATUS_OK;
}

// Each challenger by slice: harm is a part of its verdict.
static Status slice_all(Findings *findings, const Judgement *judgement, const EvaluationSet *sets,
                        Error *error) {
  const Config *config = judgement->challengers->config;
  int count = judgement->challenger_count;
  findings->slices = memory_get((size_t)count, sizeof *findings->slices);
  findings->validity = memory_get((size_t)count, sizeof *findings->validity);
  for (int i = 0; i < count; i++) {
    if (judgement->validity != NULL) findings->validity[i] = judgement->validity[i];
    findings->validity[i].slices = &findings->slices[i];
    PASS(slices_of(&findings->slices[i], judgement->champion == NULL ? NULL : &sets[count], &sets[i],
                   &config->evaluate_slices, &config->evaluate_metrics, &findings->gates, error));
  }
  return STATUS_OK;
}

// What else there is to say of the chosen challenger.
static Status fill_panels(Findings *findings, const Judgement *judgement, const EvaluationSet *sets,
                          Error *error) {
  findings->panels.slices = findings->slices[findings->chosen];
  findings->slices[findings->chosen] = (Slices){0};
  bool two = judgement->champion != NULL;
  return judged_panels(&findings->panels, two ? &sets[judgement->challenger_count] : NULL,
                       &sets[findings->chosen], &judgement->challengers[findings->chosen],
                       two ? &findings->comparison : NULL, judgement->challengers->config, &findings->gates,
                       error);
}

static Status judge(Findings *findings, const Judgement *judgement, const EvaluationSet *sets, Error *error) {
  const Config *config = judgement->challengers->config;
  int challengers = judgement->challenger_count;
  PASS(check_sets(judgement, sets, error));
  if (judgement->recall != NULL)
    PASS(decision_recall(&findings->decision, judgement, error));
  else
    PASS(decision_open(&findings->decision, judgement, error));
  findings->gates = config->gates;
  findings->gates.confidence = findings->decision.confidence;
  if (judgement->champion == NULL) {
    PASS(evaluate(&findings->challenger, findings, judgement, sets, NULL, 0, error));
    PASS(slice_all(findings, judgement, sets, error));
    return judge_first(&findings->verdict, &findings->challenger, &findings->gates, findings->validity,
                       error);
  }
  const EvaluationSet *champion = &sets[challengers];
  PASS(slice_all(findings, judgement, sets, error));
  PASS(compare_several(&findings->leaderboard, &findings->comparison, champion, sets, challengers,
                       &config->evaluate_metrics, &findings->gates, findings->validity, error));
  int chosen = findings->chosen = findings->leaderboard.chosen - 1;
  PASS(evaluate(&findings->champion, findings, judgement, champion, &findings->comparison, REPLICATE_CHAMPION,
                error));
  return evaluate(&findings->challenger, findings, judgement, &sets[chosen], &findings->comparison,
                  REPLICATE_CHALLENGER, error);
}

// What the difference in money hangs on, once it is there.
static Status find_stakes(Findings *findings, const Judgement *judgement, Error *error) {
  const Comparison *comparison = &findings->comparison;
  const Estimate *delta = &findings->challenger.money.over_trivial;
  for (int i = 0; i < comparison->metric_count; i++) {
    if (comparison->metrics[i].metric->id == METRIC_value) delta = &comparison->metrics[i].delta;
  }
  return stakes_of(&findings->challenger, delta, comparison->replicates, judgement->champion,
                   &judgement->challengers[findings->chosen], &judgement->challengers->config->business,
                   error);
}

static Status describe(ReportContext *context, const Judgement *judgement, int chosen, Error *error) {
  JudgedModel *judged = &judgement->challengers[chosen];
  EvaluationSet set = judged_model_set(judged);
  *context =
      (ReportContext){.config = judgement->challengers->config,
                      .challenger = judged->subject,
                      .target = judged->config->data.target.column,
                      .part = judgement->part,
                      .definition = judged->judged.act == NULL ? NULL : judged->judged.payoffs.definition,
                      .version = INGOT_VERSION,
                      .commit = source_commit,
                      .command = judgement->command};
  if (judgement->champion != NULL) context->champion = judgement->champion->subject;
  if (judged->class_names.count >= 2) {
    context->class_names = (const char *const *)judged->class_names.items;
    context->class_count = judged->class_names.count;
    if (judged->judged.task == TASK_BINARY) context->positive = judged->class_names.items[1];
  }
  return rows_digest(context->rows_digest, &set, (const char *const *)judged->judged.ids, error);
}

// Names in the order of the leaderboard's models: the champion, then the challengers; freed by free().
static const char **names_of(const Judgement *judgement) {
  const char **names = memory_get((size_t)judgement->challenger_count + 1, sizeof *names);
  names[0] = judgement->champion->name;
  for (int i = 0; i < judgement->challenger_count; i++) names[i + 1] = judgement->challengers[i].name;
  return names;
}

static void print_report(const json_t *report, const Judgement *judgement) {
  Text text = {0};
  if (judgement->as_json)
    json_text(&text, report);
  else
    report_text(&text, report);
  fputs(text.bytes, stdout);
  text_free(&text);
  say("report: %s/report.html", judgement->folder);
}

// Prediction files by their bytes, which depend on the order of rows; the report names what they say.
static void put_files(json_t *json, const Judgement *judgement) {
  json_t *files = json_object();
  for (int i = 0; i <= judgement->challenger_count; i++) {
    const JudgedModel *judged =
        i < judgement->challenger_count ? &judgement->challengers[i] : judgement->champion;
    if (judged != NULL && judged->file_digest[0] != '\0')
      json_object_set_new(files, judged->name, json_string(judged->file_digest));
  }
  if (json_object_size(files) > 0)
    json_object_set_new(json, "prediction_files", files);
  else
    json_decref(files);
}

// environment.json: where and when, which is in no digest.
static Status write_environment(const Judgement *judgement, const Findings *findings, char (*names)[32],
                                Error *error) {
  const Decision *decision = &findings->decision;
  const Operations *operations = &findings->operations;
  json_t *json = json_pack("{s:o,s:s,s:o,s:o}", "written", environment_now(), "version", INGOT_VERSION,
                           "host", environment_host(), "sources", sources_json(judgement, names));
  if (judgement->challengers->device[0] != '\0') {
    json_object_set_new(json, "scoring",
                        json_pack("{s:s,s:I,s:f}", "device", judgement->challengers->device, "rows",
                                  (json_int_t)judgement->challengers->judged.rows, "seconds",
                                  judgement->challengers->scoring_seconds));
  }
  if (operations->facts.checked_rows > 0) {
    json_object_set_new(
        json, "operations",
        json_pack("{s:s,s:f,s:I,s:f,s:f,s:I}", "model", judgement->challengers[findings->chosen].name,
                  "row_seconds", operations->row_seconds, "batch_rows", (json_int_t)operations->batch_rows,
                  "batch_seconds", operations->batch_seconds, "rows_per_second", operations->rows_per_second,
                  "peak_memory_bytes", (json_int_t)operations->peak_bytes));
  }
  put_files(json, judgement);
  if (decision->ledger != NULL) {
    json_object_set_new(json, "ledger",
                        json_pack("{s:s,s:I,s:b}", "file", decision->ledger, "decisions_before",
                                  (json_int_t)decision->entry.decisions_before, "repeated",
                                  decision->entry.repeated));
  }
  Text text = {0};
  json_text(&text, json);
  Status status = durable_replace(&file_calls_system, judgement->folder, "environment.json", text.bytes,
                                  text.length, error);
  text_free(&text);
  json_decref(json);
  return status;
}

// "predictions.h5" of the challenger that the report is about, "challenger_2.h5" of another one.
static void name_files(const Judgement *judgement, int chosen, char (*names)[32]) {
  for (int i = 0; i < judgement->challenger_count; i++) {
    if (i == chosen)
      snprintf(names[i], sizeof *names, "predictions.h5");
    else
      snprintf(names[i], sizeof *names, "challenger_%d.h5", i + 1);
  }
}

static ReportSubject subject_of(const JudgedModel *judged, const char *file) {
  ReportSubject subject = judged->subject;
  subject.predictions = file;
  subject.policy = judged->policy;
  return subject;
}

static const Verdict *verdict_in(const Findings *findings, const Judgement *judgement) {
  return judgement->champion == NULL ? &findings->verdict : &findings->comparison.verdict;
}

// Of its checks those that are not the champion's: they come last.
static void own_checks(ReportSubject *subject, const Validity *validity) {
  int at = 0, count = validity == NULL ? 0 : validity->count;
  while (at < count && strcmp(validity->checks[at].role, "champion") == 0) at++;
  if (at < count) subject->checks = &validity->checks[at], subject->check_count = count - at;
}

// What is said of the models and of how they were judged together.
static void describe_all(ReportContext *context, const Findings *findings, const Judgement *judgement,
                         char (*files)[32], ReportSubject *others) {
  const Verdict *verdict = verdict_in(findings, judgement);
  context->panels = &findings->panels;
  context->partial = judgement->validity != NULL && judgement->validity->partial;
  if (context->partial) context->scored = judgement->validity->scored;
  context->challenger = subject_of(&judgement->challengers[findings->chosen], files[findings->chosen]);
  if (judgement->override != NULL && judgement->override->accepted &&
      verdict->state == VERDICT_INCONCLUSIVE) {
    context->override_by = judgement->override->by;
    context->override_reason = judgement->override->reason;
  }
  if (findings->decision.spends) context->ledger = &findings->decision.entry;
  if (findings->operations.facts.checked_rows > 0) context->operations = &findings->operations.facts;
  if (judgement->champion == NULL) return;
  context->champion = subject_of(judgement->champion, "champion.h5");
  context->champion_gates = &judgement->champion->config->gates;
  if (judgement->challenger_count == 1) return;
  context->leaderboard = &findings->leaderboard;
  for (int i = 0; i < judgement->challenger_count; i++) {
    if (i == findings->chosen) continue;
    ReportSubject *other = &others[context->other_count++];
    *other = subject_of(&judgement->challengers[i], files[i]);
    own_checks(other, judgement->validity == NULL ? NULL : &judgement->validity[i]);
  }
  context->others = others;
}

// Sentences about typical payoffs of the rows judged; freed by free().
static Status examples_of(char **examples, const ReportContext *context, const Judgement *judgement,
                          int chosen, Error *error) {
  const JudgedModel *judged = &judgement->challengers[chosen];
  return judged_rows_examples(examples, &judged->judged, &context->config->business, context->target,
                              context->positive, error);
}

static Status build(json_t **report, const Findings *findings, const Judgement *judgement, char (*files)[32],
                    Error *error) {
  ReportContext context;
  char *examples;
  PASS(describe(&context, judgement, findings->chosen, error));
  PASS(examples_of(&examples, &context, judgement, findings->chosen, error));
  context.examples = examples;
  bool two = judgement->champion != NULL;
  const char **names = two ? names_of(judgement) : NULL;
  ReportSubject *others = memory_get((size_t)judgement->challenger_count, sizeof *others);
  describe_all(&context, findings, judgement, files, others);
  context.model_names = names;
  *report = report_json(&context, &findings->challenger, two ? &findings->champion : NULL,
                        two ? &findings->comparison : NULL, verdict_in(findings, judgement));
  free(others);
  free(names);
  free(examples);
  return STATUS_OK;
}

static Status write_folder(const Judgement *judgement, const json_t *report, char (*names)[32],
                           Error *error) {
  int count = judgement->challenger_count + (judgement->champion != NULL);
  PredictionsFile *files = memory_get((size_t)count, sizeof *files);
  for (int i = 0; i < judgement->challenger_count; i++)
    files[i] = (PredictionsFile){names[i], judged_model_predictions(&judgement->challengers[i])};
  if (judgement->champion != NULL)
    files[count - 1] = (PredictionsFile){"champion.h5", judged_model_predictions(judgement->champion)};
  char *config = config_write_resolved(judgement->challengers->config);
  Status status = report_folder_write(judgement->folder, report, files, count, config, error);
  for (int i = 0; i < count; i++) free(files[i].predictions.decisions);
  free(files);
  free(config);
  return status;
}

static Status write_all(const Findings *findings, const Judgement *judgement, Error *error) {
  char(*names)[32] = memory_get((size_t)judgement->challenger_count, sizeof *names);
  json_t *report = NULL;
  Status status;
  name_files(judgement, findings->chosen, names);
  TRY(build(&report, findings, judgement, names, error));
  TRY(write_folder(judgement, report, names, error));
  TRY(write_environment(judgement, findings, names, error));
  TRY(decision_record(&findings->decision, verdict_in(findings, judgement)->state, judgement, error));
  print_report(report, judgement);
done:
  free(names);
  json_decref(report);
  return status;
}

static Status inconclusive_rule(InconclusiveRule *rule, const char *text, Error *error) {
  *rule = INCONCLUSIVE_AS_IS;
  if (text == NULL) return STATUS_OK;
  if (strcmp(text, "fail") == 0) *rule = INCONCLUSIVE_FAIL;
  if (strcmp(text, "ok") == 0) *rule = INCONCLUSIVE_OK;
  return *rule != INCONCLUSIVE_AS_IS
             ? STATUS_OK
             : error_set(error, STATUS_USAGE, "--inconclusive %s: it takes fail (exit code 1) or ok (0)",
                         text);
}

Status judgement_check_output(const char *output, const char *argument, Error *error) {
  const char *slash = strrchr(argument, '/');
  struct stat about;
  bool is_file = stat(argument, &about) == 0 && S_ISREG(about.st_mode);
  char *folder = !is_file        ? memory_text(argument)
                 : slash == NULL ? memory_text(".")
                                 : memory_text_n(argument, (size_t)(slash - argument) + 1);
  Status status = file_check_output(output, folder, error);
  free(folder);
  return status;
}

Status override_check(const Override *override, Error *error) {
  bool reason = override->reason != NULL && override->reason[0] != '\0',
       by = override->by != NULL && override->by[0] != '\0';
  if (override->accepted ? reason && by : override->reason == NULL && override->by == NULL) return STATUS_OK;
  return error_set(error, STATUS_USAGE,
                   "--accept-inconclusive, --reason TEXT and --by NAME stand together: who goes on without "
                   "evidence, and why");
}

static Status find(Findings *findings, const Judgement *judgement, Error *error) {
  int count = 0;
  limit_all(judgement);
  EvaluationSet *sets = prepared_sets(judgement, &count);
  Status status;
  TRY(judge(findings, judgement, sets, error));
  TRY(find_stakes(findings, judgement, error));
  TRY(fill_panels(findings, judgement, sets, error));
  if (judgement->choices->retrain > 0)
    TRY(retrain(&findings->panels.stability, judgement, findings->chosen, sets, error));
  const JudgedModel *chosen = &judgement->challengers[findings->chosen];
  if (chosen->model.checkpoint != NULL) // scored here, not before
    TRY(operations_measure(&findings->operations, chosen, error));
done:
  release_sets(sets, count);
  return status;
}

static void findings_clear(Findings *findings, const Judgement *judgement) {
  decision_close(&findings->decision);
  evaluation_report_clear(&findings->challenger);
  evaluation_report_clear(&findings->champion);
  verdict_clear(&findings->verdict);
  comparison_clear(&findings->comparison);
  leaderboard_clear(&findings->leaderboard);
  for (int i = 0; findings->slices != NULL && i < judgement->challenger_count; i++)
    slices_clear(&findings->slices[i]);
  free(findings->slices);
  free(findings->validity);
  panels_clear(&findings->panels);
}

Status judgement_report(json_t **report, const Judgement *judgement, Error *error) {
  Findings findings = {0};
  char(*names)[32] = memory_get((size_t)judgement->challenger_count, sizeof *names);
  Status status;
  TRY(find(&findings, judgement, error));
  name_files(judgement, findings.chosen, names);
  status = build(report, &findings, judgement, names, error);
done:
  free(names);
  findings_clear(&findings, judgement);
  return status;
}

Status judgement_write(const Judgement *judgement, Error *error) {
  Findings findings = {0};
  InconclusiveRule rule;
  Status status;
  TRY(inconclusive_rule(&rule, judgement->inconclusive, error));
  TRY(find(&findings, judgement, error));
  TRY(write_all(&findings, judgement, error));
  VerdictState state = verdict_in(&findings, judgement)->state;
  bool accepted = judgement->override != NULL && judgement->override->accepted;
  if (accepted && state != VERDICT_INCONCLUSIVE)
    say("--accept-inconclusive changes nothing: the verdict is %s", verdict_state_name(state));
  status = verdict_status(state, accepted && state == VERDICT_INCONCLUSIVE ? INCONCLUSIVE_OK : rule);
done:
  findings_clear(&findings, judgement);
  return status;
}

Status judgement_refuse(const Judgement *judgement, const Error *refusal, Error *error) {
  Text text = {0};
  ReportContext context = {.config = judgement->challengers->config,
                           .challenger = judgement->challengers->subject,
                           .champion = judgement->champion->subject,
                           .version = INGOT_VERSION,
                           .commit = source_commit,
                           .command = judgement->command};
  json_t *report = report_json_refused(&context, refusal->text);
  char *config = config_write_resolved(context.config);
  Status status = report_folder_write(judgement->folder, report, NULL, 0, config, error);
  json_text(&text, report);
  if (status == STATUS_OK && judgement->as_json) fputs(text.bytes, stdout);
  text_free(&text);
  free(config);
  json_decref(report);
  if (status != STATUS_OK) return status;
  *error = *refusal;
  return STATUS_DATA;
}
