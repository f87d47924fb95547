// cuBLASLt as the CUDA side of fast mode uses it: loaded when fast mode is asked for, one pinned algorithm
// for each shape of product.
#ifndef INGOT_KERNELS_CUDA_CUBLAS_H
#define INGOT_KERNELS_CUDA_CUBLAS_H

#include "kernels/cuda/context.h"
#include "kernels/product/fast.h"

// Version of the cuBLASLt that can be loaded here; 0 with a sentence where none can.
int cuda_fast_version(char *message);

// Loads cuBLASLt into an opened context, whose products it then computes from operands rounded so.
int cuda_fast_open(CudaContext *context, FastOperands operands, char *message);
void cuda_fast_close(CudaContext *context); // fine without cuda_fast_open

// Makes the products of a shape ready, each shape once: with the given algorithm where it is `given`, else
// with the first that cuBLASLt proposes, which is written there. It is tried on zeros before this returns.
int cuda_fast_pin(CudaContext *context, const ProductShape *shape, uint64_t algorithm[FAST_WORDS], int given,
                  char *message);

// Where operators keep what fast_product_bytes counts; in device memory, aligned to FAST_ALIGNMENT.
void cuda_fast_workspace(CudaContext *context, void *workspace, size_t bytes);

// How operands are rounded.
FastOperands fast_operands(const CudaContext *context);

// Whether a product of this shape can be computed: pinned, and the workspace holds it. Where not, a failure
// of this program, the next synchronise reports it.
bool fast_is_ready(CudaContext *context, const ProductShape *shape);

// `bytes` of the workspace from *at on; *at moves behind them.
void *fast_take(CudaContext *context, size_t *at, size_t bytes);

// Enqueues a product that is ready: out = b a as product_matrices has it, operands in memory as they are
// rounded. bias: [outputs], forward products only.
void fast_multiply(CudaContext *context, const ProductShape *shape, float *out, const void *a, const void *b,
                   const float *bias);

// Reports a product that failed since the last call; 0 if none did.
int cuda_fast_failure(CudaContext *context, char *message);

#endif
