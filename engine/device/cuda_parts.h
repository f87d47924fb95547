// Private to engine/device: what a GPU as a device is made of.
#ifndef INGOT_ENGINE_DEVICE_CUDA_PARTS_H
#define INGOT_ENGINE_DEVICE_CUDA_PARTS_H

#include "engine/device/cuda_library.h"
#include "engine/device/device_interface.h"

typedef struct CudaDevice {
  Device base;
  const CudaLibrary *library; // in fast mode its table of that
  CudaContext *context;
  CudaFacts facts;
  int ordinal;
  char isa[16];
  // Fast mode.
  int is_fast, pins_are_given;
  FastOperands operands;
  ProductPins pins;
} CudaDevice;

// --- cuda_fast.c: of DeviceInterface
extern const FastInterface cuda_fast_interface;

#endif
