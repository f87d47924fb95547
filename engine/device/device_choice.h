// Which device a computation runs on, by name.
#ifndef INGOT_ENGINE_DEVICE_DEVICE_CHOICE_H
#define INGOT_ENGINE_DEVICE_DEVICE_CHOICE_H

#include "engine/device/device.h"

typedef struct DeviceChoice {
  const char *name; // "auto", "cpu", "cuda" (the first GPU) or "cuda:N"
  const char *isa;  // of a CPU: "auto" or a name of operators_isa
  int threads;      // of a CPU: 0 = the cores this process may use
  int needs_gpu;    // numerics f1: no CPU can take a GPU's place
} DeviceChoice;

int device_name_is_valid(const char *name);
void device_isa_names(char text[DEVICE_TEXT]); // "auto, portable, avx2 or avx512", for messages
int device_isa_is_valid(const char *isa);      // whether or not this CPU has it

// Opens the device. auto takes the first GPU where one can be used, else the CPU; where the environment asks
// for a GPU (CUDA_VISIBLE_DEVICES, Slurm) it never falls back: 69. reason: why auto chose as it did, ""
// elsewhere.
Status device_open(Device **device, char reason[DEVICE_TEXT], const DeviceChoice *choice, Error *error);

#endif
