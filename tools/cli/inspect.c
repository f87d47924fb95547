// ingot inspect: what is in a run, a checkpoint, a data file or a report, and what is behind its numbers.
#include "engine/shared/memory.h"
#include "io/checkpoint/checkpoint.h"
#include "io/data/data_file.h"
#include "io/run/manifest.h"
#include "io/shared/json.h"
#include "io/shared/text.h"
#include "tools/cli/judge/inspect_report.h"
#include "tools/cli/shared/command.h"
#include "tools/cli/shared/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Status verb_inspect(int argc, char **argv, Error *error);

static json_t *digest_json(const uint8_t digest[DIGEST_BYTES]) {
  char hex[DIGEST_HEX];
  sha256_hex(hex, digest);
  return json_string(hex);
}

static void print_digest(const char *name, const char *numerics, const uint8_t digest[DIGEST_BYTES]) {
  char hex[DIGEST_HEX];
  sha256_hex(hex, digest);
  printf("%-12s %s:%s\n", name, numerics, hex);
}

// ---- a checkpoint ----

static void print_tensor(const TensorView *tensor) {
  char shape[128] = "", bytes[32], hex[DIGEST_HEX];
  uint8_t digest[DIGEST_BYTES];
  for (int i = 0; i < tensor->rank; i++) {
    size_t used = strlen(shape);
    snprintf(shape + used, sizeof shape - used, "%s%lld", i > 0 ? "," : "", (long long)tensor->shape[i]);
  }
  bytes_text(bytes, (int64_t)tensor_bytes(tensor));
  sha256(digest, tensor->data, tensor_bytes(tensor));
  sha256_hex(hex, digest);
  printf("  %-36s %-4s [%s]  %s  %.12s\n", tensor->name, dtype_name(tensor->dtype), shape, bytes, hex);
}

static json_t *tensor_json(const TensorView *tensor) {
  uint8_t digest[DIGEST_BYTES];
  json_t *shape = json_array();
  for (int i = 0; i < tensor->rank; i++) json_array_append_new(shape, json_integer(tensor->shape[i]));
  sha256(digest, tensor->data, tensor_bytes(tensor));
  return json_pack("{s:s,s:s,s:o,s:I,s:o}", "name", tensor->name, "type", dtype_name(tensor->dtype), "shape",
                   shape, "bytes", (json_int_t)tensor_bytes(tensor), "sha256", digest_json(digest));
}

static void print_checkpoint(const Checkpoint *checkpoint, const char *path) {
  const CheckpointState *state = &checkpoint->state;
  printf("checkpoint   %s\nstep         %llu (epoch %llu)%s%s\nnumerics     %s, written by ingot %s\n", path,
         (unsigned long long)state->step, (unsigned long long)state->epoch, state->is_best ? ", best" : "",
         state->is_final ? ", final" : "", state->numerics, state->version);
  print_digest("state", state->numerics, state->state_digest);
  print_digest("model", state->numerics, state->model_digest);
  printf("tensors      %d\n", checkpoint->tensors.count);
  for (int i = 0; i < checkpoint->tensors.count; i++) print_tensor(&checkpoint->tensors.items[i]);
}

static json_t *checkpoint_json(const Checkpoint *checkpoint, const char *path) {
  const CheckpointState *state = &checkpoint->state;
  json_t *tensors = json_array();
  for (int i = 0; i < checkpoint->tensors.count; i++)
    json_array_append_new(tensors, tensor_json(&checkpoint->tensors.items[i]));
  return json_pack("{s:s,s:I,s:I,s:b,s:b,s:s,s:s,s:o,s:o,s:o}", "checkpoint", path, "step",
                   (json_int_t)state->step, "epoch", (json_int_t)state->epoch, "best", state->is_best,
                   "final", state->is_final, "numerics", state->numerics, "version", state->version, "state",
                   digest_json(state->state_digest), "model", digest_json(state->model_digest), "tensors",
                   tensors);
}

static Status inspect_checkpoint(const char *path, Error *error) {
  Checkpoint *checkpoint = NULL;
  Status status = STATUS_OK;
  PASS(checkpoint_load(&checkpoint, path, CHECKPOINT_ALL, error));
  if (output_is_json())
    status = print_json(checkpoint_json(checkpoint, path), error);
  else
    print_checkpoint(checkpoint, path);
  checkpoint_free(checkpoint);
  return status;
}

// ---- a run ----

static void print_manifest(const Manifest *manifest, const char *path) {
  printf("run          %s\nname         %s\ngoal         %s\nowner        %s\nnumerics     %s, begun by "
         "ingot %s\n",
         path, manifest->name, manifest->goal, manifest->owner, manifest->numerics, manifest->version);
  for (int i = 0; i < manifest->file_count; i++) {
    printf("data         %s (%lld bytes)\n", manifest->files[i].name, (long long)manifest->files[i].bytes);
  }
  printf("rows         %lld: %lld training, %lld validation, %lld test\n", (long long)manifest->rows,
         (long long)manifest->part_rows[PART_TRAIN], (long long)manifest->part_rows[PART_VALIDATION],
         (long long)manifest->part_rows[PART_TEST]);
  print_digest("data digest", manifest->numerics, manifest->data_digest);
  printf("state        %s\n", manifest->finished ? "finished" : "unfinished");
  if (!manifest->finished) return;
  printf("ended by     %s at step %llu\n", manifest->end, (unsigned long long)manifest->final.step);
  print_digest("final state", manifest->numerics, manifest->final.state_digest);
  printf("selected     step %llu\n", (unsigned long long)manifest->selected.step);
  print_digest("model", manifest->numerics, manifest->selected.model_digest);
}

// The manifest as it is, and the checkpoints that are there.
static Status print_run_json(const char *path, const char *manifest_path, const uint64_t *steps, int count,
                             Error *error) {
  json_t *manifest = NULL, *checkpoints = json_array();
  Status status = json_object_read(&manifest, manifest_path, error);
  for (int i = 0; i < count; i++) json_array_append_new(checkpoints, json_integer((json_int_t)steps[i]));
  json_t *json = json_pack("{s:s,s:o,s:o*}", "run", path, "checkpoints", checkpoints, "manifest", manifest);
  if (status == STATUS_OK) return print_json(json, error);
  json_decref(json);
  return status;
}

static Status inspect_run(const char *path, Error *error) {
  char *manifest_path = memory_format("%s/manifest.json", path),
       *folder = memory_format("%s/checkpoints", path);
  Manifest *manifest = NULL;
  uint64_t *steps = NULL;
  int count = 0;
  Status status;
  TRY(manifest_read(&manifest, manifest_path, error));
  TRY(checkpoint_steps(&steps, &count, folder, error));
  if (output_is_json()) {
    status = print_run_json(path, manifest_path, steps, count, error);
    goto done;
  }
  print_manifest(manifest, path);
  printf("checkpoints ");
  for (int i = 0; i < count; i++) printf(" %llu", (unsigned long long)steps[i]);
  printf("\n");
done:
  manifest_free(manifest);
  free(steps);
  free(folder);
  free(manifest_path);
  return status;
}

// ---- a data file ----

static void print_data(DataFile *file, const char *path) {
  printf("data         %s\nrows         %lld\ncolumns      %d\n", path, (long long)data_file_rows(file),
         data_file_column_count(file));
  for (int i = 0; i < data_file_column_count(file); i++) {
    const DataColumn *column = data_file_column(file, i);
    if (column->kind == COLUMN_CATEGORY)
      printf("  %-36s category  %d value%s\n", column->name, column->category_count,
             plural(column->category_count));
    else
      printf("  %-36s %s\n", column->name, column->integer ? "integer" : "number");
  }
}

static json_t *data_json(DataFile *file, const char *path) {
  json_t *columns = json_array();
  for (int i = 0; i < data_file_column_count(file); i++) {
    const DataColumn *column = data_file_column(file, i);
    bool category = column->kind == COLUMN_CATEGORY;
    json_t *json = json_pack("{s:s,s:s}", "name", column->name, "type",
                             category          ? "category"
                             : column->integer ? "integer"
                                               : "number");
    if (category) json_object_set_new(json, "values", json_integer(column->category_count));
    json_array_append_new(columns, json);
  }
  return json_pack("{s:s,s:I,s:o}", "data", path, "rows", (json_int_t)data_file_rows(file), "columns",
                   columns);
}

static Status inspect_data(const char *path, Error *error) {
  DataFile *file = NULL;
  Status status = STATUS_OK;
  PASS(data_file_open(&file, path, error));
  if (output_is_json())
    status = print_json(data_json(file, path), error);
  else
    print_data(file, path);
  data_file_close(file);
  return status;
}

static int has_file(const char *folder, const char *name) {
  char *path = memory_format("%s/%s", folder, name);
  int found = access(path, F_OK) == 0;
  free(path);
  return found;
}

static bool is_report(const char *path) {
  size_t length = strlen(path);
  return (length > 5 && strcmp(path + length - 5, ".json") == 0) ||
         (has_file(path, "report.json") && !has_file(path, "manifest.json"));
}

static Status inspect(const char *path, const char *pointer, Error *error) {
  struct stat status;
  if (stat(path, &status) != 0) {
    return error_set(error, STATUS_MISSING,
                     "%s: no such file or folder; give a run, a checkpoint, an .h5 file or a report", path);
  }
  if (is_report(path)) return inspect_report(path, pointer, error);
  if (pointer != NULL)
    return error_set(error, STATUS_USAGE, "%s is no report: only numbers of a report have a pointer", path);
  if (!S_ISDIR(status.st_mode)) return inspect_data(path, error);
  if (has_file(path, "manifest.json")) return inspect_run(path, error);
  if (has_file(path, "state.json")) return inspect_checkpoint(path, error);
  return error_set(
      error, STATUS_DATA,
      "%s: neither a run (manifest.json), nor a checkpoint (state.json), nor a report (report.json)", path);
}

Status verb_inspect(int argc, char **argv, Error *error) {
  Command command = {"inspect",
                     "RUN|CHECKPOINT|FILE.h5|REPORT [POINTER]",
                     "Shows what is in a run, a checkpoint, a data file or a report; with a pointer the SQL\n"
                     "that recomputes that number of the report, and the rows behind it.\n",
                     "ingot inspect runs/churn-1a2b3c4d\n"
                     "ingot inspect runs/churn-1a2b3c4d/checkpoints/step-00000240\n"
                     "ingot inspect churn.h5\n"
                     "ingot inspect comparison/report.json /metrics/3/delta",
                     NULL,
                     0,
                     1,
                     2};
  Parsed parsed;
  PASS(command_parse(&parsed, &command, argc, argv, error));
  return parsed.helped ? STATUS_OK
                       : inspect(parsed.arguments[0], parsed.count > 1 ? parsed.arguments[1] : NULL, error);
}
