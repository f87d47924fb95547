// The C face of the CUDA library: one table of functions, found by name after the library is loaded.
//
// The library (libingot_cuda.so, beside the program) is loaded when a GPU is asked for, so that the program
// runs on machines without a driver. No function here knows models or files. A function that can fail returns
// 0 when all is well, else a CudaFailure, and a sentence stands in `message`. Operators only enqueue work on
// the context's stream, in order; what goes wrong in one is reported by the next synchronise or copy_out.
#ifndef INGOT_KERNELS_CUDA_LIBRARY_H
#define INGOT_KERNELS_CUDA_LIBRARY_H

#include "kernels/operators.h"
#include "kernels/product/fast.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  CUDA_WORKSPACE = 32 << 20, // bytes of device memory that a context takes for itself
  CUDA_INTERFACE = 3,        // of CudaLibrary: a program refuses a library with another number
  CUDA_MESSAGE = 512         // bytes of a message
};

typedef struct CudaContext CudaContext;

// What became of a call that failed.
typedef enum CudaFailure {
  CUDA_MAY_PASS = 1, // another try may succeed
  CUDA_UNAVAILABLE,  // this GPU, its memory, its driver or this build cannot do it
  CUDA_MISTAKE       // of this program
} CudaFailure;

// What a device is; memory in bytes.
typedef struct CudaFacts {
  char name[256];
  int major, minor; // compute capability
  int multiprocessors;
  size_t memory_total, memory_free;
  int driver_version, runtime_version; // 1000 * major + 10 * minor
} CudaFacts;

typedef struct CudaLibrary CudaLibrary;
struct CudaLibrary {
  int interface; // CUDA_INTERFACE
  // Devices of this machine; 0 with a sentence where there is no driver, or one too old.
  int (*device_count)(char *message);
  int (*facts)(CudaFacts *facts, int ordinal, char *message);

  // A context belongs to the thread that opened it.
  int (*open)(CudaContext **context, int ordinal, char *message);
  void (*close)(CudaContext *context); // NULL is fine

  // Zeroed device memory, aligned to 256 bytes.
  int (*allocate)(CudaContext *context, void **block, size_t bytes, char *message);
  void (*release)(CudaContext *context, void *block);
  // In stream order. copy_in: `from` may be reused on return. copy_out: waits.
  int (*copy_in)(CudaContext *context, void *to, const void *from, size_t bytes, char *message);
  int (*copy_out)(CudaContext *context, void *to, const void *from, size_t bytes, char *message);
  int (*synchronise)(CudaContext *context, char *message);
  // Seconds that the device itself measures between two places of its stream; stop waits.
  int (*start_timer)(CudaContext *context, char *message);
  int (*stop_timer)(CudaContext *context, double *seconds, char *message);

  // Steps that are the same each time but for what device memory holds. replay: 1 = enqueued what was
  // recorded under `key`, 0 = nothing is. begin_step .. end_step: record the operators between, then enqueue
  // them.
  int (*replay)(CudaContext *context, uint64_t key);
  int (*begin_step)(CudaContext *context, char *message);
  int (*end_step)(CudaContext *context, uint64_t key, char *message);

  // Kernels by number: names, and how often each ran, replays included.
  int kernel_count;
  const char *(*kernel_name)(int kernel);
  uint64_t (*kernel_launches)(const CudaContext *context, int kernel);

  // Fast mode (kernels/product/fast.h). fast: this table with the products of fast mode, for a context on
  // which fast_open succeeded. fast_version: of the cuBLASLt here, 0 with a sentence where none can be used.
  // fast_pin: makes a shape ready, with the algorithm given or the one that it chooses; before begin_step.
  // fast_workspace: at least fast_product_bytes of every shape.
  const CudaLibrary *fast;
  int (*fast_version)(char *message);
  int (*fast_open)(CudaContext *context, FastOperands operands, char *message);
  int (*fast_pin)(CudaContext *context, const ProductShape *shape, uint64_t algorithm[FAST_WORDS], int given,
                  char *message);
  void (*fast_workspace)(CudaContext *context, void *workspace, size_t bytes);

#define OPERATOR(name, Arguments, least) void (*name)(CudaContext * context, const Arguments *arguments);
#include "kernels/operators.inc"
#undef OPERATOR
};

// The one symbol of the library.
const CudaLibrary *ingot_cuda_library(void);

// One operator each, in <operator>_cuda.cu: linear_forward_cuda ...
#define OPERATOR(name, Arguments, least) void name##_cuda(CudaContext *context, const Arguments *arguments);
#include "kernels/operators.inc"
#undef OPERATOR

// Those that fast mode has of its own, in product_cublas.cu; and of the exact ones, the bias gradients alone.
void linear_forward_cublas(CudaContext *context, const LinearForward *arguments);
void linear_backward_input_cublas(CudaContext *context, const LinearBackwardInput *arguments);
void linear_backward_weight_cublas(CudaContext *context, const LinearBackwardWeight *arguments);
void linear_backward_bias_cuda(CudaContext *context, const LinearBackwardWeight *arguments);

#ifdef __cplusplus
}
#endif

#endif
