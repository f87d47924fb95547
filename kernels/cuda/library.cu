// The table of the CUDA library: the one thing it shows.
#include "kernels/cuda/calls.h"

static uint64_t kernel_launches(const CudaContext *context, int kernel) {
  return context->launches[kernel];
}

static const CudaLibrary library = {
    CUDA_INTERFACE, cuda_device_count, cuda_facts,    cuda_open,        cuda_close,       cuda_allocate,
    cuda_release,   cuda_copy_in,      cuda_copy_out, cuda_synchronise, cuda_start_timer, cuda_stop_timer,
    cuda_replay,    cuda_begin_step,   cuda_end_step, KERNEL_COUNT,     cuda_kernel_name, kernel_launches,
#define OPERATOR(name, Arguments, least) name##_cuda,
#include "kernels/operators.inc"
#undef OPERATOR
};

__attribute__((visibility("default"))) const CudaLibrary *ingot_cuda_library(void) {
  return &library;
}
