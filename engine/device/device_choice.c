// Names of devices, and the choice that `auto` makes.
#include "engine/device/device_choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOT_CUDA = -1, ORDINAL_MAX = 1024 };

// The number in "cuda" or "cuda:N"; NOT_CUDA for anything else.
static int cuda_ordinal(const char *name) {
  if (strcmp(name, "cuda") == 0) return 0;
  if (strncmp(name, "cuda:", 5) != 0 || name[5] < '0' || name[5] > '9') return NOT_CUDA;
  char *end;
  long ordinal = strtol(name + 5, &end, 10);
  return *end == '\0' && ordinal < ORDINAL_MAX ? (int)ordinal : NOT_CUDA;
}

int device_name_is_valid(const char *name) {
  return strcmp(name, "auto") == 0 || strcmp(name, "cpu") == 0 || cuda_ordinal(name) != NOT_CUDA;
}

// The variable by which the environment says that this process is meant to have a GPU; NULL: none does.
static const char *gpu_demanded_by(void) {
  static const char *const variables[] = {"CUDA_VISIBLE_DEVICES", "SLURM_JOB_GPUS", "SLURM_STEP_GPUS"};
  for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
    const char *value = getenv(variables[i]);
    // CUDA_VISIBLE_DEVICES=-1 is the usual way to hide all GPUs.
    if (value != NULL && value[0] != '\0' && strcmp(value, "-1") != 0) return variables[i];
  }
  return NULL;
}

int device_isa_is_valid(const char *isa) {
  int number = 0;
  while (operators_isa(number) != NULL && strcmp(isa, operators_isa(number)) != 0) number++;
  return operators_isa(number) != NULL || strcmp(isa, "auto") == 0;
}

void device_isa_names(char text[DEVICE_TEXT]) {
  int length = snprintf(text, DEVICE_TEXT, "auto");
  for (int i = 0; operators_isa(i) != NULL; i++) {
    length += snprintf(text + length, (size_t)(DEVICE_TEXT - length), "%s%s",
                       operators_isa(i + 1) == NULL ? " or " : ", ", operators_isa(i));
  }
}

static Status open_auto(Device **device, char reason[DEVICE_TEXT], const DeviceChoice *choice, Error *error) {
  if (strcmp(choice->isa, "auto") != 0) {
    snprintf(reason, DEVICE_TEXT, "an instruction set is named");
    return device_create(device, choice->isa, choice->threads, error);
  }
  Error gpu;
  if (device_create_cuda(device, 0, &gpu) == STATUS_OK) {
    snprintf(reason, DEVICE_TEXT, "a GPU is there");
    return STATUS_OK;
  }
  const char *variable = gpu_demanded_by();
  if (variable != NULL) {
    return error_set(error, gpu.status,
                     "%s is set, so this process is meant to have a GPU: %s; unset it or say --device cpu",
                     variable, gpu.text);
  }
  snprintf(reason, DEVICE_TEXT, "no GPU here, ingot doctor says why");
  return device_create(device, choice->isa, choice->threads, error);
}

static Status open_gpu(Device **device, int ordinal, const DeviceChoice *choice, Error *error) {
  Status status = device_create_cuda(device, ordinal, error);
  if (status == STATUS_OK || choice->needs_gpu) return status;
  size_t length = strlen(error->text);
  snprintf(error->text + length, sizeof error->text - length,
           "; --device cpu gives the same bits (numerics x1)");
  return status;
}

Status device_open(Device **device, char reason[DEVICE_TEXT], const DeviceChoice *choice, Error *error) {
  reason[0] = '\0';
  if (!device_isa_is_valid(choice->isa)) {
    char names[DEVICE_TEXT];
    device_isa_names(names);
    return error_set(error, STATUS_USAGE, "there is no instruction set '%s': choose %s", choice->isa, names);
  }
  if (strcmp(choice->name, "auto") == 0) return open_auto(device, reason, choice, error);
  if (strcmp(choice->name, "cpu") == 0) return device_create(device, choice->isa, choice->threads, error);
  int ordinal = cuda_ordinal(choice->name);
  if (ordinal != NOT_CUDA) return open_gpu(device, ordinal, choice, error);
  return error_set(error, STATUS_USAGE, "there is no device '%s': choose auto, cpu, cuda or cuda:N",
                   choice->name);
}
