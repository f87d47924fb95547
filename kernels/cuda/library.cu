// The table of the CUDA library: the one thing it shows, and the same with the products of fast mode.
#include "kernels/cuda/calls.h"
#include "kernels/cuda/cublas.h"

static uint64_t kernel_launches(const CudaContext *context, int kernel) {
  return context->launches[kernel];
}

extern const CudaLibrary fast_library;

static const CudaLibrary library = {
    CUDA_INTERFACE, cuda_device_count, cuda_facts,     cuda_open,        cuda_close,          cuda_allocate,
    cuda_release,   cuda_copy_in,      cuda_copy_out,  cuda_synchronise, cuda_start_timer,    cuda_stop_timer,
    cuda_replay,    cuda_begin_step,   cuda_end_step,  KERNEL_COUNT,     cuda_kernel_name,    kernel_launches,
    &fast_library,  cuda_fast_version, cuda_fast_open, cuda_fast_pin,    cuda_fast_workspace,
#define OPERATOR(name, Arguments, least) name##_cuda,
#include "kernels/operators.inc"
#undef OPERATOR
};

static CudaLibrary with_fast_products(CudaLibrary table) {
  table.linear_forward = linear_forward_cublas;
  table.linear_backward_input = linear_backward_input_cublas;
  table.linear_backward_weight = linear_backward_weight_cublas;
  return table;
}

const CudaLibrary fast_library = with_fast_products(library);

__attribute__((visibility("default"))) const CudaLibrary *ingot_cuda_library(void) {
  return &library;
}
