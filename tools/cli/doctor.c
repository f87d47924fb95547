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

// {"name", "usable", "default", "reason"} of one instruction set.
static json_t *examine_isa(const char *isa) {
  Device *device = NULL;
  Error error = {0};
  bool usable = device_create(&device, isa, 1, &error) == STATUS_OK;
  device_free(device);
  return json_pack("{s:s,s:b,s:b,s:s}", "name", isa, "usable", usable, "default",
                   usable && strcmp(isa, operators_best_isa()) == 0, "reason", usable ? "" : error.text);
}

static json_t *examine_cpu(void) {
  json_t *list = json_array();
  for (int i = 0; operators_isa(i) != NULL; i++) json_array_append_new(list, examine_isa(operators_isa(i)));
  return list;
}

// {"usable", "cublaslt", "reason"}: numerics f1 on a GPU that passed.
static json_t *examine_fast_mode(Device *device) {
  Error error = {0};
  char version[24] = "";
  bool usable = device_make_fast(device, FAST_TF32, &error) == STATUS_OK;
  if (usable) fast_version_text(version, device_pins(device)->version);
  return json_pack("{s:b,s:s,s:s}", "usable", usable, "cublaslt", version, "reason",
                   usable ? "" : error.text);
}

// {"name", "usable", "reason", "fast_mode"}, and the facts where the driver tells them.
static json_t *examine_gpu(const CudaLibrary *library, int ordinal) {
  CudaFacts facts;
  Device *device = NULL;
  Error error = {0};
  char name[16], message[CUDA_MESSAGE], driver[16], runtime[16], capability[24];
  snprintf(name, sizeof name, "cuda:%d", ordinal);
  if (library->facts(&facts, ordinal, message) != 0)
    return json_pack("{s:s,s:b,s:s}", "name", name, "usable", false, "reason", message);
  version_text(driver, facts.driver_version);
  version_text(runtime, facts.runtime_version);
  snprintf(capability, sizeof capability, "%d.%d", facts.major, facts.minor);
  bool usable = device_create_cuda(&device, ordinal, &error) == STATUS_OK;
  json_t *fast_mode = usable ? examine_fast_mode(device) : NULL;
  device_free(device);
  return json_pack("{s:s,s:b,s:s,s:o*,s:s,s:s,s:i,s:I,s:I,s:s,s:s}", "name", name, "usable", usable, "reason",
                   usable ? "" : error.text, "fast_mode", fast_mode, "model", facts.name,
                   "compute_capability", capability, "multiprocessors", facts.multiprocessors, "memory",
                   (json_int_t)facts.memory_total, "memory_free", (json_int_t)facts.memory_free, "driver",
                   driver, "runtime", runtime);
}

// The GPUs; *reason says why there is none.
static json_t *examine_gpus(Error *reason) {
  const CudaLibrary *library;
  char message[CUDA_MESSAGE] = "";
  json_t *list = json_array();
  if (cuda_library_load(&library, reason) != STATUS_OK) return list;
  int count = library->device_count(message);
  if (count == 0) error_set(reason, STATUS_UNAVAILABLE, "%s", message);
  for (int i = 0; i < count; i++) json_array_append_new(list, examine_gpu(library, i));
  return list;
}

// ---- for people ----

static const char *text_of(const json_t *object, const char *key) {
  return json_string_value(json_object_get(object, key));
}

static void print_cpu(const json_t *list) {
  size_t i;
  const json_t *isa;
  printf("cpu\n");
  json_array_foreach(list, i, isa) {
    if (json_is_true(json_object_get(isa, "usable")))
      printf("  %-12s self-test passed%s\n", text_of(isa, "name"),
             json_is_true(json_object_get(isa, "default")) ? " (the default)" : "");
    else
      printf("  %-12s no: %s\n", text_of(isa, "name"), text_of(isa, "reason"));
  }
  printf("  fast mode    no: numerics f1 is that of GPUs\n");
}

static void print_gpu(const json_t *gpu) {
  char memory[32], free_memory[32];
  printf("%s\n", text_of(gpu, "name"));
  if (json_object_get(gpu, "model") != NULL) {
    bytes_text(memory, json_integer_value(json_object_get(gpu, "memory")));
    bytes_text(free_memory, json_integer_value(json_object_get(gpu, "memory_free")));
    printf("  name         %s, compute capability %s, %d multiprocessors\n", text_of(gpu, "model"),
           text_of(gpu, "compute_capability"),
           (int)json_integer_value(json_object_get(gpu, "multiprocessors")));
    printf("  memory       %s, %s free\n", memory, free_memory);
    printf("  CUDA         driver %s, runtime %s\n", text_of(gpu, "driver"), text_of(gpu, "runtime"));
  }
  if (json_is_true(json_object_get(gpu, "usable")))
    printf("  self-test passed\n");
  else
    printf("  cannot be used: %s\n", text_of(gpu, "reason"));
  const json_t *fast = json_object_get(gpu, "fast_mode");
  if (fast != NULL && json_is_true(json_object_get(fast, "usable")))
    printf("  fast mode    cuBLASLt %s (numerics f1, which has not been compared with x1 on a GPU yet)\n",
           text_of(fast, "cublaslt"));
  else if (fast != NULL)
    printf("  fast mode    no: %s\n", text_of(fast, "reason"));
}

static void print_gpus(const json_t *list, const char *reason) {
  size_t i;
  const json_t *gpu;
  if (json_array_size(list) == 0) printf("gpu\n  none can be used: %s\n", reason);
  json_array_foreach(list, i, gpu) print_gpu(gpu);
}

// What --device auto takes here.
static Status choose(json_t **choice, Error *error) {
  Device *device;
  DeviceChoice automatic = {"auto", "auto", 0, 0};
  char text[DEVICE_TEXT], reason[DEVICE_TEXT];
  PASS(device_open(&device, reason, &automatic, error));
  device_describe(text, device);
  bool is_cpu = strcmp(device_kind(device), "cpu") == 0;
  *choice = json_pack("{s:s,s:s}", "device", text, "reason", is_cpu ? "no GPU can be used" : reason);
  device_free(device);
  return STATUS_OK;
}

static bool any_usable(const json_t *list) {
  bool found = false;
  for (size_t i = 0; i < json_array_size(list); i++)
    found |= json_is_true(json_object_get(json_array_get(list, i), "usable"));
  return found;
}

// The rules are final once a GPU has matched the goldens; until then what they are called says so.
static const char numerics[] = "x1-draft: no GPU has matched the golden digests yet";

static Status examine(Error *error) {
  Error no_gpu = {0};
  json_t *cpu = examine_cpu(), *gpus = examine_gpus(&no_gpu), *choice = NULL;
  Status status = any_usable(cpu) ? choose(&choice, error)
                                  : error_set(error, STATUS_UNAVAILABLE,
                                              "this CPU cannot train exactly: it needs FMA (processors since "
                                              "2013), rounding to nearest and subnormal numbers");
  if (output_is_json()) {
    Error unprinted;
    json_t *json = json_pack("{s:s,s:s,s:o,s:o,s:s,s:o?}", "version", INGOT_VERSION, "numerics", numerics,
                             "cpu", cpu, "gpu", gpus, "gpu_reason", no_gpu.text, "auto", choice);
    if (print_json(json, &unprinted) != STATUS_OK && status == STATUS_OK)
      *error = unprinted, status = unprinted.status;
    return status;
  }
  printf("ingot        %s\nnumerics     %s\n", INGOT_VERSION, numerics);
  print_cpu(cpu);
  print_gpus(gpus, no_gpu.text);
  if (choice != NULL)
    printf("--device auto\n  %s\n  because %s\n", text_of(choice, "device"), text_of(choice, "reason"));
  json_decref(cpu);
  json_decref(gpus);
  json_decref(choice);
  return status;
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
      0,
      true};
  Parsed parsed;
  PASS(command_parse(&parsed, &command, argc, argv, error));
  if (parsed.helped) return STATUS_OK;
  return examine(error);
}
