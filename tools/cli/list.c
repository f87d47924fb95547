// ingot list: the runs of a folder, one a line.
#include "engine/shared/memory.h"
#include "io/checkpoint/checkpoint.h"
#include "io/report/json_text.h"
#include "io/report/report_read.h"
#include "io/run/manifest.h"
#include "tools/cli/shared/command.h"
#include "tools/cli/shared/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Status verb_list(int argc, char **argv, Error *error);

// What a line shows of one run; empty where the run has not got there yet.
typedef struct RunLine {
  const char *state;    // "finished", "unfinished"
  const char *numerics; // id of the digest
  uint64_t step;
  char digest[DIGEST_HEX];
  json_t *report; // NULL: not evaluated
} RunLine;

// What a checkpoint says of itself; 0 where the run has none of that name.
static int read_checkpoint(CheckpointState *state, const char *run, const char *which) {
  char *path = NULL;
  Error ignored;
  int found = checkpoint_find(&path, run, which, &ignored) == STATUS_OK &&
              checkpoint_state_read(state, path, &ignored) == STATUS_OK;
  free(path);
  return found;
}

// The report counts where it is of the model that the run has selected by now.
static void read_report(RunLine *line, const uint8_t selected[DIGEST_BYTES], const char *path) {
  char *report = memory_format("%s/report/report.json", path), hex[DIGEST_HEX];
  Error ignored;
  sha256_hex(hex, selected);
  if (access(report, F_OK) == 0 && json_text_read(&line->report, report, &ignored) != STATUS_OK)
    line->report = NULL;
  if (strcmp(report_string(line->report, "subject/challenger/model_digest"), hex) != 0) {
    json_decref(line->report);
    line->report = NULL;
  }
  free(report);
}

static void read_line(RunLine *line, const Manifest *manifest, const char *path) {
  CheckpointState newest, best;
  *line = (RunLine){.state = manifest->finished ? "finished" : "unfinished", .numerics = manifest->numerics};
  if (manifest->finished) {
    line->step = manifest->final.step;
    sha256_hex(line->digest, manifest->final.state_digest);
    read_report(line, manifest->selected.model_digest, path);
  } else if (read_checkpoint(&newest, path, "last") && read_checkpoint(&best, path, "best")) {
    line->step = newest.step;
    sha256_hex(line->digest, newest.state_digest);
    read_report(line, best.model_digest, path);
  }
}

// The metric of that id in a report of one model.
static double metric_of(const json_t *report, const char *id) {
  size_t count = report_size(report, "metrics");
  for (size_t i = 0; i < count; i++) {
    char path[64];
    snprintf(path, sizeof path, "metrics/%zu/id", i);
    if (strcmp(report_string(report, path), id) != 0) continue;
    const json_t *metric = json_array_get(report_at(report, "metrics"), i);
    double scale = report_number(metric, "scale");
    return report_number(metric, "challenger/value") / (scale > 0 ? scale : 1);
  }
  return __builtin_nan("");
}

static const char *const shown_metrics[] = {"value", "auc", "log_loss", "accuracy", "rmse"};
enum { SHOWN_COUNT = sizeof shown_metrics / sizeof shown_metrics[0] };

static void print_line(const char *name, const RunLine *line) {
  char digest[24];
  snprintf(digest, sizeof digest, line->digest[0] != '\0' ? "%s:%.12s" : "-", line->numerics, line->digest);
  printf("%-28s  %-10s  %8llu  %-16s", name, line->state, (unsigned long long)line->step, digest);
  for (int i = 0; i < SHOWN_COUNT; i++) {
    double value = line->report == NULL ? __builtin_nan("") : metric_of(line->report, shown_metrics[i]);
    if (value == value)
      printf(i == 0 ? "  %12.2f" : "  %8.4f", value);
    else
      printf(i == 0 ? "  %12s" : "  %8s", "-");
  }
  const char *verdict = line->report == NULL ? "-" : report_string(line->report, "verdict/state");
  printf("  %s\n", verdict[0] != '\0' ? verdict : "-");
}

static void print_json_line(const char *name, const RunLine *line) {
  json_t *json = json_pack("{s:s,s:s,s:I,s:s}", "run", name, "state", line->state, "step",
                           (json_int_t)line->step, "digest", line->digest);
  for (int i = 0; i < SHOWN_COUNT && line->report != NULL; i++) {
    json_object_set_new(json, shown_metrics[i], json_finite(metric_of(line->report, shown_metrics[i])));
  }
  if (line->report != NULL) {
    json_object_set_new(json, "verdict", json_string(report_string(line->report, "verdict/state")));
  }
  json_dumpf(json, stdout, JSON_COMPACT);
  printf("\n");
  json_decref(json);
}

static void print_run(const char *root, const char *name) {
  char *path = memory_format("%s/%s", root, name);
  char *manifest_path = memory_format("%s/manifest.json", path);
  Manifest *manifest = NULL;
  RunLine line;
  Error error = {0};
  if (access(manifest_path, F_OK) != 0) goto done; // not a run
  if (manifest_read(&manifest, manifest_path, &error) != STATUS_OK) {
    if (!output_is_json()) printf("%-28s  %s\n", name, error.text);
    goto done;
  }
  read_line(&line, manifest, path);
  if (output_is_json())
    print_json_line(name, &line);
  else
    print_line(name, &line);
  json_decref(line.report);
done:
  manifest_free(manifest);
  free(manifest_path);
  free(path);
}

Status verb_list(int argc, char **argv, Error *error) {
  char **names = NULL;
  int count = 0;
  Command command = {"list",
                     "[FOLDER]",
                     "Lists the runs of a folder (default: runs) with what they ended in. --json: one run a "
                     "line.\n",
                     "ingot list\ningot list /data/runs --json",
                     NULL,
                     0,
                     0,
                     1};
  Parsed parsed;
  Status status;
  TRY(command_parse(&parsed, &command, argc, argv, error));
  if (parsed.helped) goto done;
  const char *root = parsed.count == 1 ? parsed.arguments[0] : "runs";
  TRY(folder_names(&names, &count, root, error));
  if (!output_is_json()) {
    printf("%-28s  %-10s  %8s  %-16s  %12s  %8s  %8s  %8s  %8s  %s\n", "run", "state", "step", "digest",
           "value", "auc", "log_loss", "accuracy", "rmse", "verdict");
  }
  for (int i = 0; i < count; i++) print_run(root, names[i]);
done:
  folder_names_free(names, count);
  return status;
}
