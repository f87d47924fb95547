// ingot doctor: what this machine can run, the start-up self-test on each device, and what to do where one
// fails.
#include "engine/device/cuda_library.h"
#include "engine/device/device_choice.h"
#include "engine/device/fast.h"
#include "tools/cli/shared/command.h"
#include "tools/cli/shared/output.h"

#include <stdio.h>
#include <string.h>

Status verb_doctor(int argc, char **argv, Error *error);

static void version_text(char text[16], int version) {
  snprintf(text, 16, "%d.%d", version / 1000, version % 1000 / 10);
}

// One instruction set of the CPU: 1 if it can be used.
static int examine_isa(const char *isa) {
  Device *device;
  Error error = {0};
  if (device_create(&device, isa, 1, &error) != STATUS_OK) {
    printf("  %-12s no: %s\n", isa, error.text);
    return 0;
  }
  printf("  %-12s self-test passed%s\n", isa, strcmp(isa, operators_best_isa()) == 0 ? " (the default)" : "");
  device_free(device);
  return 1;
}

static int examine_cpu(void) {
  int usable = 0;
  printf("cpu\n");
  for (int i = 0; operators_isa(i) != NULL; i++) usable += examine_isa(operators_isa(i));
  printf("  fast mode    no: numerics f1 is that of GPUs\n");
  return usable;
}

// Numerics f1 on a GPU that passed.
static void examine_fast_mode(Device *device) {
  Error error = {0};
  char version[24];
  if (device_make_fast(device, FAST_TF32, &error) != STATUS_OK) {
    printf("  fast mode    no: %s\n", error.text);
    return;
  }
  fast_version_text(version, device_pins(device)->version);
  printf("  fast mode    cuBLASLt %s (numerics f1, which has not been compared with x1 on a GPU yet)\n",
         version);
}

static void examine_gpu(const CudaLibrary *library, int ordinal) {
  CudaFacts facts;
  Device *device;
  Error error = {0};
  char message[CUDA_MESSAGE], driver[16], runtime[16], memory[32], free_memory[32];
  printf("cuda:%d\n", ordinal);
  if (library->facts(&facts, ordinal, message) != 0) {
    printf("  cannot be used: %s\n", message);
    return;
  }
  version_text(driver, facts.driver_version);
  version_text(runtime, facts.runtime_version);
  bytes_text(memory, (int64_t)facts.memory_total);
  bytes_text(free_memory, (int64_t)facts.memory_free);
  printf("  name         %s, compute capability %d.%d, %d multiprocessors\n", facts.name, facts.major,
         facts.minor, facts.multiprocessors);
  printf("  memory       %s, %s free\n", memory, free_memory);
  printf("  CUDA         driver %s, runtime %s\n", driver, runtime);
  if (device_create_cuda(&device, ordinal, &error) != STATUS_OK) {
    printf("  cannot be used: %s\n", error.text);
    return;
  }
  printf("  self-test passed\n");
  examine_fast_mode(device);
  device_free(device);
}

static void examine_gpus(void) {
  const CudaLibrary *library;
  Error error = {0};
  char message[CUDA_MESSAGE] = "";
  if (cuda_library_load(&library, &error) != STATUS_OK) {
    printf("gpu\n  none can be used: %s\n", error.text);
    return;
  }
  int count = library->device_count(message);
  if (count == 0) printf("gpu\n  none can be used: %s\n", message);
  for (int i = 0; i < count; i++) examine_gpu(library, i);
}

// What --device auto takes here.
static Status print_choice(Error *error) {
  Device *device;
  DeviceChoice choice = {"auto", "auto", 0};
  char text[DEVICE_TEXT], reason[DEVICE_TEXT];
  PASS(device_open(&device, reason, &choice, error));
  device_describe(text, device);
  printf("--device auto\n  %s\n  because %s\n", text, reason);
  device_free(device);
  return STATUS_OK;
}

Status verb_doctor(int argc, char **argv, Error *error) {
  Command command = {
      "doctor",
      "",
      "Says what this machine can run: instruction sets of the CPU and GPUs, each with the self-test of its\n"
      "arithmetic; why a device cannot be used, and what to do. Exit 69 where exact training is "
      "impossible.\n",
      "ingot doctor",
      NULL,
      0,
      0,
      0};
  Parsed parsed;
  PASS(command_parse(&parsed, &command, argc, argv, error));
  if (parsed.helped) return STATUS_OK;
  printf("ingot        %s\n", INGOT_VERSION);
  // The rules are final once a GPU has matched the goldens; until then what they are called says so.
  printf("numerics     x1-draft: no GPU has matched the golden digests yet\n");
  if (examine_cpu() == 0) {
    examine_gpus();
    return error_set(
        error, STATUS_UNAVAILABLE,
        "this CPU cannot train exactly: it needs FMA (processors since 2013), rounding to nearest and "
        "subnormal numbers");
  }
  examine_gpus();
  return print_choice(error);
}
