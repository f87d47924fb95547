// ingot check: is this configuration right, and do its data fit it?
#include "engine/shared/config.h"
#include "io/config/write.h"
#include "tools/cli/shared/output.h"
#include "tools/cli/training/session.h"

#include <stdio.h>
#include <stdlib.h>

Status verb_check(int argc, char **argv, Error *error);

typedef struct CheckChoices {
  SessionChoices session;
  bool no_data, resolved, bits, reference, schema;
} CheckChoices;

static void print_text(char *text) {
  fputs(text, stdout);
  free(text);
}

// Sentences about typical payoffs, so that a reader sees whether the signs are right.
static Status check_business(Session *session, Error *error) {
  const BusinessConfig *business = &session->config->business;
  if (!business->present || session->config->data.target.task != TASK_BINARY) return STATUS_OK;
  JudgedRows judged = {0};
  int64_t count;
  SplitPart part = session->config->data.split.has_test ? PART_TEST : PART_VALIDATION;
  const int64_t *rows = dataset_part(session->dataset, part, &count);
  PASS(judged_rows_load(&judged, session->dataset, session->preprocess, business, rows, count, true, error));
  if (judged.examples != NULL && judged.examples[0] != '\0')
    say("payoffs of typical rows:\n%s", judged.examples);
  judged_rows_free(&judged);
  return STATUS_OK;
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
