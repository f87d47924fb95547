// ingot inspect: what is in a run, a checkpoint or a data file.
#include "engine/shared/memory.h"
#include "io/checkpoint/checkpoint.h"
#include "io/data/data_file.h"
#include "io/run/manifest.h"
#include "tools/cli/shared/command.h"
#include "tools/cli/shared/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Status verb_inspect(int argc, char **argv, Error *error);

static void print_digest(const char *name, const uint8_t digest[DIGEST_BYTES]) {
  char hex[DIGEST_HEX];
  sha256_hex(hex, digest);
  printf("%-12s x1:%s\n", name, hex);
}

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

static Status inspect_checkpoint(const char *path, Error *error) {
  Checkpoint *checkpoint = NULL;
  PASS(checkpoint_load(&checkpoint, path, CHECKPOINT_ALL, error));
  const CheckpointState *state = &checkpoint->state;
  printf("checkpoint   %s\nstep         %llu (epoch %llu)%s%s\nnumerics     %s, written by ingot %s\n", path,
         (unsigned long long)state->step, (unsigned long long)state->epoch, state->is_best ? ", best" : "",
         state->is_final ? ", final" : "", state->numerics, state->version);
  print_digest("state", state->state_digest);
  print_digest("model", state->model_digest);
  printf("tensors      %d\n", checkpoint->tensors.count);
  for (int i = 0; i < checkpoint->tensors.count; i++) print_tensor(&checkpoint->tensors.items[i]);
  checkpoint_free(checkpoint);
  return STATUS_OK;
}

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
  print_digest("data digest", manifest->data_digest);
  printf("state        %s\n", manifest->finished ? "finished" : "unfinished");
  if (!manifest->finished) return;
  printf("ended by     %s at step %llu\n", manifest->end, (unsigned long long)manifest->final.step);
  print_digest("final state", manifest->final.state_digest);
  printf("selected     step %llu\n", (unsigned long long)manifest->selected.step);
  print_digest("model", manifest->selected.model_digest);
}

static Status inspect_run(const char *path, Error *error) {
  char *manifest_path = memory_format("%s/manifest.json", path),
       *folder = memory_format("%s/checkpoints", path);
  Manifest *manifest = NULL;
  uint64_t *steps = NULL;
  int count = 0;
  Status status;
  TRY(manifest_read(&manifest, manifest_path, error));
  print_manifest(manifest, path);
  TRY(checkpoint_steps(&steps, &count, folder, error));
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

static Status inspect_data(const char *path, Error *error) {
  DataFile *file = NULL;
  PASS(data_file_open(&file, path, error));
  printf("data         %s\nrows         %lld\ncolumns      %d\n", path, (long long)data_file_rows(file),
         data_file_column_count(file));
  for (int i = 0; i < data_file_column_count(file); i++) {
    const DataColumn *column = data_file_column(file, i);
    if (column->kind == COLUMN_CATEGORY)
      printf("  %-36s category  %d values\n", column->name, column->category_count);
    else
      printf("  %-36s %s\n", column->name, column->integer ? "integer" : "number");
  }
  data_file_close(file);
  return STATUS_OK;
}

static int has_file(const char *folder, const char *name) {
  char *path = memory_format("%s/%s", folder, name);
  int found = access(path, F_OK) == 0;
  free(path);
  return found;
}

static Status inspect(const char *path, Error *error) {
  struct stat status;
  if (stat(path, &status) != 0) {
    return error_set(error, STATUS_MISSING,
                     "%s: no such file or folder; give a run, a checkpoint or an .h5 file", path);
  }
  if (!S_ISDIR(status.st_mode)) return inspect_data(path, error);
  if (has_file(path, "manifest.json")) return inspect_run(path, error);
  if (has_file(path, "state.json")) return inspect_checkpoint(path, error);
  return error_set(error, STATUS_DATA, "%s: neither a run (manifest.json) nor a checkpoint (state.json)",
                   path);
}

Status verb_inspect(int argc, char **argv, Error *error) {
  Command command = {"inspect",
                     "RUN|CHECKPOINT|FILE.h5",
                     "Shows what is in a run, a checkpoint or a data file.\n",
                     "ingot inspect runs/churn-1a2b3c4d\n"
                     "ingot inspect runs/churn-1a2b3c4d/checkpoints/step-00000240\n"
                     "ingot inspect churn.h5",
                     NULL,
                     0,
                     1,
                     1};
  Parsed parsed;
  PASS(command_parse(&parsed, &command, argc, argv, error));
  return parsed.helped ? STATUS_OK : inspect(parsed.arguments[0], error);
}
