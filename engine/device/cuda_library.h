// Finding and loading the CUDA library.
#ifndef INGOT_ENGINE_DEVICE_CUDA_LIBRARY_H
#define INGOT_ENGINE_DEVICE_CUDA_LIBRARY_H

#include "engine/shared/status.h"
#include "kernels/cuda/library.h"

// libingot_cuda.so from the folder of the program, loaded once; 69 where it is absent, cannot be loaded or is
// another version's.
Status cuda_library_load(const CudaLibrary **library, Error *error);

#endif
