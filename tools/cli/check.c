// ingot check: is this configuration right, and do its data fit it?
#include "engine/evaluate/money.h"
#include "engine/shared/math64.h"
#include "io/config/write.h"
#include "io/report/report_read.h"
#include "tools/cli/shared/output.h"
#include "tools/cli/training/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Status verb_check(int argc, char **argv, Error *error);

typedef struct CheckChoices {
  SessionChoices session;
  bool no_data, resolved, bits, reference, schema;
} CheckChoices;

static void print_text(char *text) {
  fputs(text, stdout);
  free(text);
}

static const double differing = 0.05; // of the rows: what two good models often differ in

static bool judges_money(const GatesConfig *gates) {
  bool judges = gates->has_primary && strcmp(gates->primary.metric, "value") == 0;
  for (int i = 0; i < gates->guardrail_count; i++)
    judges = judges || strcmp(gates->guardrails[i].metric, "value") == 0;
  return judges;
}

// To two digits: it rests on an assumption.
static double about(double x) {
  double unit = 1;
  while (x >= 100 * unit) unit *= 10;
  return x < 100 ? x : unit * (double)(int64_t)(x / unit + 0.5);
}

// How small a difference in money the gates can decide on these rows, and on all that folds would judge on.
static void say_resolution(const JudgedRows *judged, const Session *session) {
  const Config *config = session->config;
  const BusinessConfig *business = &config->business;
  EvaluationSet set = judged_rows_set(judged, NULL, policy_default);
  double least = money_resolution(&set, differing, config->gates.confidence), usable = 0;
  if (judged->task != TASK_BINARY || least != least) return;
  for (int part = 0; part < PART_COUNT; part++) {
    int64_t count;
    dataset_part(session->dataset, (SplitPart)part, &count);
    usable += (double)count;
  }
  Text text = {0};
  format_count(&text, (double)judged->rows);
  text_add(&text, " %s rows: below about ", config->data.split.has_test ? "test" : "validation");
  format_fixed(&text, about(least), money_decimals(about(least)), false);
  text_add(&text, " %s", business->unit);
  if (business->population_rows > 0) {
    text_put(&text, " (");
    double total = about(least * business->population_rows / (double)judged->rows);
    format_fixed(&text, total, money_decimals(total), false);
    text_add(&text, " %s%s%s)", business->unit, business->population_per[0] ? " a " : "",
             business->population_per);
  }
  text_put(&text, " this gate cannot decide; five folds: ");
  format_fixed(&text, math64_sqrt(usable / (double)judged->rows), 1, false);
  text_put(&text, " times finer, for they judge all ");
  format_count(&text, usable);
  text_put(&text, " (two models are assumed to decide differently on 1 row in 20)");
  say("%s", text.bytes);
  text_free(&text);
}

static void say_one_sided(const JudgedRows *judged) {
  bool gains = false, loses = false;
  for (int64_t i = 0; i < judged->rows; i++) {
    gains = gains || judged->act[i] > judged->skip[i];
    loses = loses || judged->act[i] < judged->skip[i];
  }
  if (gains != loses)
    warn("acting %s on no row that is judged: no model is needed to choose, or a sign is wrong (benefits are "
         "positive, costs negative)",
         gains ? "loses" : "gains");
}

static Status say_examples(const JudgedRows *judged, const Session *session, Error *error) {
  const Preprocess *preprocess = session->preprocess;
  const char *positive = judged->task == TASK_BINARY ? preprocess_class_name(preprocess, 1) : NULL;
  char *examples;
  PASS(judged_rows_examples(&examples, judged, &session->config->business, preprocess_target_name(preprocess),
                            positive, error));
  if (examples != NULL && examples[0] != '\0') say("payoffs of typical rows:\n%s", examples);
  free(examples);
  return STATUS_OK;
}

// Sentences about typical payoffs, so that a reader sees whether the signs are right, and what the gates can
// show.
static Status check_business(Session *session, Error *error) {
  const Config *config = session->config;
  if (!config->business.present) return STATUS_OK;
  JudgedRows judged = {0};
  int64_t count;
  SplitPart part = config->data.split.has_test ? PART_TEST : PART_VALIDATION;
  const int64_t *rows = dataset_part(session->dataset, part, &count);
  PASS(judged_rows_load(&judged, session->dataset, session->preprocess, &config->business, rows, count, true,
                        error));
  Status status = say_examples(&judged, session, error);
  if (judged.act != NULL) say_one_sided(&judged);
  if (judged.act != NULL && judges_money(&config->gates)) say_resolution(&judged, session);
  judged_rows_free(&judged);
  return status;
}

static Status check_data(Session *session, Error *error) {
  static const char *const names[PART_COUNT] = {"training", "validation", "test"};
  PASS(session_open_data(session, error));
  PASS(session_prepare(session, error));
  PASS(check_business(session, error));
  for (int part = 0; part < PART_COUNT; part++) {
    int64_t count;
    dataset_part(session->dataset, (SplitPart)part, &count);
    say("%s rows: %lld", names[part], (long long)count);
  }
  return STATUS_OK;
}

// What --json prints, right or not.
static Status print_answer(const Session *session, const char *path, const char *reason, Error *error) {
  bool right = reason[0] == '\0';
  json_t *list = json_array(), *rows = json_object();
  const ConfigProblems *problems = &session->problems;
  for (int i = 0; i < problems->count; i++) {
    ConfigProblem problem = config_problem(problems, i);
    json_array_append_new(list, json_pack("{s:s,s:i,s:i,s:s}", "file", problem.source, "line", problem.line,
                                          "column", problem.column, "error", problem.sentence));
  }
  static const char *const names[PART_COUNT] = {"train", "validation", "test"};
  for (int part = 0; right && session->dataset != NULL && part < PART_COUNT; part++) {
    int64_t count;
    dataset_part(session->dataset, (SplitPart)part, &count);
    json_object_set_new(rows, names[part], json_integer(count));
  }
  return print_json(json_pack("{s:s,s:b,s:s,s:o,s:o}", "config", path, "right", right, "reason", reason,
                              "rows", rows, "errors", list),
                    error);
}

static Status check(const CheckChoices *choices, const char *path, Error *error) {
  Session session = {0};
  Status status;
  TRY(session_load(&session, path, &choices->session, false, error));
  if (choices->resolved) print_text(config_write_resolved(session.config));
  if (choices->bits) fputs(session.config->bits_text, stdout);
  if (choices->resolved || choices->bits) goto done;
  if (!choices->no_data) TRY(check_data(&session, error));
  if (!output_is_json())
    printf("%s: right%s\n", path, choices->no_data ? "; its data were not looked at" : "");
done:
  if (output_is_json() && !choices->resolved && !choices->bits) {
    Error unprinted;
    Status printed = print_answer(&session, path, status == STATUS_OK ? "" : error->text, &unprinted);
    if (status == STATUS_OK && printed != STATUS_OK) *error = unprinted, status = printed;
  }
  session_close(&session);
  return status;
}

Status verb_check(int argc, char **argv, Error *error) {
  CheckChoices choices = {0};
  Option options[] = {
      SESSION_OPTIONS(&choices.session),
      FLAG(0, "no-data", &choices.no_data, "look at the configuration alone"),
      FLAG(0, "resolved", &choices.resolved, "print the configuration with every default written out"),
      FLAG(0, "bits", &choices.bits, "print the keys that decide the digest"),
      FLAG(0, "reference", &choices.reference, "print configs/reference.yaml: every key, explained"),
      FLAG(0, "schema", &choices.schema, "print a JSON Schema for editors"),
  };
  Command command = {
      "check",
      "CONFIG",
      "Checks a configuration, then its data against it. Every error is listed, nothing is started.\n",
      "ingot check configs/churn.yaml\n"
      "ingot check configs/churn.yaml --set train.epochs=5 --resolved\n"
      "ingot check --reference",
      options,
      sizeof options / sizeof options[0],
      0,
      1};
  Parsed parsed;
  Status status;
  TRY(command_parse(&parsed, &command, argc, argv, error));
  if (parsed.helped) goto done;
  if (choices.reference) print_text(config_write_reference());
  if (choices.schema) print_text(config_write_json_schema());
  if (choices.reference || choices.schema) goto done;
  if (parsed.count != 1) TRY(error_set(error, STATUS_USAGE, "ingot check takes CONFIG; see ingot check -h"));
  status = check(&choices, parsed.arguments[0], error);
done:
  text_list_free(&choices.session.sets);
  return status;
}
