// ingot verify: recomputes every digest of a run, or a report from its scores, and names what was changed.
#include "io/run/verify.h"
#include "io/shared/text.h"
#include "tools/cli/judge/models/judged_model.h"
#include "tools/cli/judge/verify/recompute.h"
#include "tools/cli/shared/command.h"
#include "tools/cli/shared/output.h"

#include <jansson.h>
#include <stdio.h>

Status verb_verify(int argc, char **argv, Error *error);

typedef struct VerifyChoices {
  bool digest, model_digest;
} VerifyChoices;

static json_t *findings_json(const VerifyReport *report) {
  char model[DIGEST_HEX] = "", state[DIGEST_HEX] = "";
  json_t *findings = json_array();
  for (int i = 0; i < report->finding_count; i++) {
    json_array_append_new(
        findings, json_pack("{s:s,s:s}", "path", report->findings[i].path, "text", report->findings[i].text));
  }
  if (report->has_digests) {
    if (report->has_model) sha256_hex(model, report->model_digest);
    sha256_hex(state, report->state_digest);
  }
  return json_pack("{s:b,s:b,s:I,s:s,s:I,s:s,s:I,s:i,s:i,s:o}", "unchanged", report->finding_count == 0,
                   "finished", report->finished, "step", (json_int_t)report->step, "state", state,
                   "model_step", (json_int_t)report->model_step, "model", model, "events",
                   (json_int_t)report->events, "checkpoints", report->checkpoints, "files", report->files,
                   "findings", findings);
}

static void print_report(const VerifyReport *report, const char *run) {
  char hex[DIGEST_HEX];
  for (int i = 0; i < report->finding_count; i++) {
    printf("CHANGED  %s: %s\n", report->findings[i].path, report->findings[i].text);
  }
  if (report->finding_count == 0) printf("UNCHANGED  %s\n", run);
  printf("checked %d file%s, %d checkpoint%s, %d tensor%s, %lld event%s; the run is %s\n", report->files,
         plural(report->files), report->checkpoints, plural(report->checkpoints), report->tensors,
         plural(report->tensors), (long long)report->events, plural(report->events),
         report->finished ? "finished" : "not finished");
  if (report->covered != NULL) printf("%s\n", report->covered);
  if (!report->has_digests) return;
  sha256_hex(hex, report->state_digest);
  printf("state  %s:%s (step %llu)\n", report->numerics, hex, (unsigned long long)report->step);
  if (!report->has_model) return;
  sha256_hex(hex, report->model_digest);
  printf("model  %s:%s (step %llu)\n", report->numerics, hex, (unsigned long long)report->model_step);
}

static Status print_digest(const VerifyReport *report, bool of_model, Error *error) {
  char hex[DIGEST_HEX];
  if (!(of_model ? report->has_model : report->has_digests))
    return error_set(error, STATUS_MISSING, "the run has no checkpoint yet, so it has no digest");
  sha256_hex(hex, of_model ? report->model_digest : report->state_digest);
  printf("%s:%s\n", report->numerics, hex);
  return STATUS_OK;
}

// ---- a report ----

static void print_recomputation(const Recomputation *made, const char *path) {
  const char *needs;
  json_t *members, *name;
  size_t i;
  if (made->difference != NULL) {
    printf("CHANGED  %s\n", made->difference);
    return;
  }
  printf("UNCHANGED  %s\n%d values recomputed are what it says; %d of %d model%s scored again, ", path,
         made->compared, made->reopened, made->models, plural(made->models));
  printf(made->reopened == made->models ? "none by its stored scores alone\n"
                                        : "others by their stored scores\n");
  json_object_foreach(made->unmade, needs, members) {
    printf("not recomputed:");
    json_array_foreach(members, i, name) printf("%s %s", i == 0 ? "" : ",", json_string_value(name));
    printf("; needs %s\n", needs);
  }
}

static Status verify_report(const char *path, Error *error) {
  Recomputation made;
  Error unprinted;
  Status status = report_recompute(&made, path, error);
  if (status == STATUS_OK || status == STATUS_NO) {
    if (!output_is_json())
      print_recomputation(&made, path);
    else if (print_json(json_pack("{s:b,s:i,s:i,s:i,s:s,s:O}", "unchanged", made.difference == NULL,
                                  "compared", made.compared, "models", made.models, "scored_again",
                                  made.reopened, "difference", made.difference == NULL ? "" : made.difference,
                                  "not_recomputed", made.unmade),
                        &unprinted) != STATUS_OK)
      status = unprinted.status, *error = unprinted;
  }
  recomputation_clear(&made);
  return status;
}

Status verb_verify(int argc, char **argv, Error *error) {
  VerifyChoices choices = {0};
  VerifyReport report = {0};
  Option options[] = {
      FLAG(0, "digest", &choices.digest, "print the state digest alone"),
      FLAG(0, "model-digest", &choices.model_digest, "print the digest of the selected model alone"),
  };
  Command command = {
      "verify",
      "RUN|REPORT",
      "Recomputes every digest of a run, or every value of a report from its models and data (where\n"
      "these are gone: from its stored scores), and "
      "names what was changed (exit code 1).\n",
      "ingot verify runs/churn-1a2b3c4d\n"
      "ingot verify runs/churn-1a2b3c4d --digest\n"
      "ingot verify comparison/report.json",
      options,
      sizeof options / sizeof options[0],
      1,
      1};
  Parsed parsed;
  Status status;
  TRY(command_parse(&parsed, &command, argc, argv, error));
  if (parsed.helped) goto done;
  if (judged_is_report(parsed.arguments[0])) {
    status = verify_report(parsed.arguments[0], error);
    goto done;
  }
  status = run_verify(&report, parsed.arguments[0], error);
  bool judged = status == STATUS_OK || status == STATUS_NO;
  if (judged && output_is_json()) {
    Error unprinted;
    if (print_json(findings_json(&report), &unprinted) != STATUS_OK)
      status = unprinted.status, *error = unprinted;
  } else if (judged && (choices.digest || choices.model_digest))
    status = status == STATUS_OK ? print_digest(&report, choices.model_digest, error) : status;
  else if (judged)
    print_report(&report, parsed.arguments[0]);
done:
  verify_report_free(&report);
  return status;
}
