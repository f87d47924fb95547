// Finding and loading the CUDA library.
#ifndef INGOT_ENGINE_DEVICE_CUDA_LIBRARY_H
#define INGOT_ENGINE_DEVICE_CUDA_LIBRARY_H

#include "engine/device/device.h"
#include "kernels/cuda/library.h"

// libingot_cuda.so from the folder of the program, loaded once; 69 where it is absent, cannot be loaded or is
// another version's.
Status cuda_library_load(const CudaLibrary **library, Error *error);

// device_create_cuda with a library of one's own (tests link one), and how often each of its kernels ran on a
// device: launches[kernel_count] are added to.
Status device_create_from_library(Device **device, const CudaLibrary *library, int ordinal, Error *error);
void device_add_launches(uint64_t *launches, const Device *device);

#endif
