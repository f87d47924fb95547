// Loading cuBLASLt, choosing and checking algorithms, and enqueuing products.
//
// DESIGN. An algorithm is pinned to a shape before the first step. Only algorithms that do not split the
// summed axis are asked for (reduction scheme none), so that each sum is one thread block's, in the
// algorithm's own order: by its documentation cuBLAS then gives the same bits on the same model of GPU and
// the same version. cuBLAS sees matrices by columns: our row-major [r, c] is its c x r, so out = b a reads
// here as out' = a' b'.
#include "kernels/cuda/calls.h"
#include "kernels/cuda/cublas.h"

#include <cublasLt.h>
#include <dlfcn.h>
#include <initializer_list>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_OF(x) #x
#define VALUE_TEXT(x) TEXT_OF(x)
#define CUBLASLT_FILE "libcublasLt.so." VALUE_TEXT(CUBLAS_VER_MAJOR)

// What is called of it.
#define CUBLASLT_CALLS                                                                                       \
  CALL(cublasLtCreate)                                                                                       \
  CALL(cublasLtDestroy)                                                                                      \
  CALL(cublasLtGetVersion)                                                                                   \
  CALL(cublasLtGetStatusString)                                                                              \
  CALL(cublasLtMatmulDescCreate)                                                                             \
  CALL(cublasLtMatmulDescDestroy)                                                                            \
  CALL(cublasLtMatmulDescSetAttribute)                                                                       \
  CALL(cublasLtMatrixLayoutCreate)                                                                           \
  CALL(cublasLtMatrixLayoutDestroy)                                                                          \
  CALL(cublasLtMatmulPreferenceCreate)                                                                       \
  CALL(cublasLtMatmulPreferenceDestroy)                                                                      \
  CALL(cublasLtMatmulPreferenceSetAttribute)                                                                 \
  CALL(cublasLtMatmulAlgoGetHeuristic)                                                                       \
  CALL(cublasLtMatmulAlgoCheck)                                                                              \
  CALL(cublasLtMatmul)

namespace {

struct CublasLt {
#define CALL(name) decltype(&::name) name;
  CUBLASLT_CALLS
#undef CALL
};

// A shape and what cuBLASLt needs to multiply it.
struct ReadyProduct {
  ProductShape shape;
  cublasLtMatmulDesc_t operation;
  cublasLtMatrixLayout_t a, b, out;
  cublasLtMatmulAlgo_t algorithm;
  ReadyProduct *next;
};

} // namespace

struct FastProducts {
  cublasLtHandle_t handle;
  FastOperands operands;
  ReadyProduct *products;
  char *workspace;
  size_t workspace_bytes;
  int failed; // the CudaFailure of the first product that failed, which says; 0 where none did
  char failure[CUDA_MESSAGE];
};

static CublasLt lt; // loaded once, from one thread: devices are opened before work is shared out

static_assert(sizeof(cublasLtMatmulAlgo_t) == FAST_WORDS * sizeof(uint64_t), "a pinned algorithm holds one");

// ---- loading

// The toolkit's own folder comes second: installers do not always tell the loader about it.
static void *open_library() {
  void *library = dlopen(CUBLASLT_FILE, RTLD_NOW | RTLD_LOCAL);
  return library != NULL ? library : dlopen("/usr/local/cuda/lib64/" CUBLASLT_FILE, RTLD_NOW | RTLD_LOCAL);
}

static int find(void **call, void *library, const char *name, char *message) {
  *call = dlsym(library, name);
  if (*call != NULL) return 0;
  snprintf(message, CUDA_MESSAGE, "%s is too old: it has no %s; install cuBLAS %d.%d or later", CUBLASLT_FILE,
           name, CUBLAS_VER_MAJOR, CUBLAS_VER_MINOR);
  return CUDA_UNAVAILABLE;
}

static int load(char *message) {
  if (lt.cublasLtMatmul != NULL) return 0;
  void *library = open_library();
  if (library == NULL) {
    snprintf(message, CUDA_MESSAGE,
             "%s was not found: install cuBLAS of CUDA %d, or name its folder in LD_LIBRARY_PATH",
             CUBLASLT_FILE, CUBLAS_VER_MAJOR);
    return CUDA_UNAVAILABLE;
  }
  CublasLt found = {};
#define CALL(name)                                                                                           \
  if (find((void **)&found.name, library, #name, message) != 0) return CUDA_UNAVAILABLE;
  CUBLASLT_CALLS
#undef CALL
  lt = found;
  return 0;
}

int cuda_fast_version(char *message) {
  return load(message) == 0 ? (int)lt.cublasLtGetVersion() : 0;
}

static CudaFailure failure_of(cublasStatus_t status) {
  switch (status) {
  case CUBLAS_STATUS_ALLOC_FAILED:
  case CUBLAS_STATUS_ARCH_MISMATCH:
  case CUBLAS_STATUS_NOT_SUPPORTED:
    return CUDA_UNAVAILABLE;
  case CUBLAS_STATUS_INVALID_VALUE:
    return CUDA_MISTAKE;
  default:
    return CUDA_MAY_PASS;
  }
}

// A failed call as a sentence; returns the CudaFailure.
static int say(char *message, cublasStatus_t status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int say(char *message, cublasStatus_t status, const char *format, ...) {
  char what[CUDA_MESSAGE / 2];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  const int version = (int)lt.cublasLtGetVersion();
  snprintf(message, CUDA_MESSAGE, "cuBLASLt %d.%d.%d: %s: %s", version / 10000, version / 100 % 100,
           version % 100, what, lt.cublasLtGetStatusString(status));
  return failure_of(status);
}

#define CHECK(message, call, ...)                                                                            \
  do {                                                                                                       \
    cublasStatus_t status_ = (call);                                                                         \
    if (status_ != CUBLAS_STATUS_SUCCESS) return say(message, status_, __VA_ARGS__);                         \
  } while (0)

int cuda_fast_open(CudaContext *context, FastOperands operands, char *message) {
  int failed = load(message);
  if (failed) return failed;
  FastProducts *fast = (FastProducts *)calloc(1, sizeof *fast);
  if (fast == NULL) return cuda_say(message, cudaErrorMemoryAllocation, "host memory of fast products");
  fast->operands = operands;
  context->fast = fast;
  CHECK(message, lt.cublasLtCreate(&fast->handle), "a handle");
  return 0;
}

static void free_product(ReadyProduct *product) {
  if (product->operation != NULL) lt.cublasLtMatmulDescDestroy(product->operation);
  for (cublasLtMatrixLayout_t layout : {product->a, product->b, product->out}) {
    if (layout != NULL) lt.cublasLtMatrixLayoutDestroy(layout);
  }
  free(product);
}

void cuda_fast_close(CudaContext *context) {
  FastProducts *fast = context->fast;
  if (fast == NULL) return;
  while (fast->products != NULL) {
    ReadyProduct *product = fast->products;
    fast->products = product->next;
    free_product(product);
  }
  if (fast->handle != NULL) lt.cublasLtDestroy(fast->handle);
  free(fast);
  context->fast = NULL;
}

// ---- shapes

// "the forward product of 1024 rows, 256 outputs, 64 inputs"
static void describe(char text[128], const ProductShape *s) {
  static const char *const kinds[] = {"forward", "backward input", "backward weight"};
  snprintf(text, 128, "the %s product of %lld rows, %lld outputs, %lld inputs", kinds[s->kind],
           (long long)s->rows, (long long)s->outputs, (long long)s->inputs);
}

static ReadyProduct *find_product(const CudaContext *context, const ProductShape *shape) {
  ReadyProduct *product = context->fast->products;
  while (product != NULL && !same_shape_of_product(&product->shape, shape)) product = product->next;
  return product;
}

template <typename T>
static cublasStatus_t set(cublasLtMatmulDesc_t operation, cublasLtMatmulDescAttributes_t attribute, T value) {
  return lt.cublasLtMatmulDescSetAttribute(operation, attribute, &value, sizeof value);
}

static cublasLtEpilogue_t epilogue_of(const ProductShape *shape) {
  if (shape->kind != PRODUCT_FORWARD) return CUBLASLT_EPILOGUE_DEFAULT;
  return shape->activation == ACTIVATION_RELU ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_BIAS;
}

static int describe_operation(ReadyProduct *product, const ProductMatrices *m, FastOperands operands,
                              char *message) {
  const bool tf32 = operands == FAST_TF32;
  const float *aligned = (const float *)(uintptr_t)FAST_ALIGNMENT; // stands for any bias until there is one
  CHECK(message,
        lt.cublasLtMatmulDescCreate(&product->operation,
                                    tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F, CUDA_R_32F),
        "an operation");
  const cublasLtEpilogue_t epilogue = epilogue_of(&product->shape);
  CHECK(message,
        set(product->operation, CUBLASLT_MATMUL_DESC_TRANSA,
            (int32_t)(m->a_transposed ? CUBLAS_OP_T : CUBLAS_OP_N)),
        "transposing");
  CHECK(message,
        set(product->operation, CUBLASLT_MATMUL_DESC_TRANSB,
            (int32_t)(m->b_transposed ? CUBLAS_OP_T : CUBLAS_OP_N)),
        "transposing");
  CHECK(message, set(product->operation, CUBLASLT_MATMUL_DESC_EPILOGUE, (uint32_t)epilogue), "an epilogue");
  if (epilogue != CUBLASLT_EPILOGUE_DEFAULT)
    CHECK(message, set(product->operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, aligned), "a bias");
  return 0;
}

static int describe_matrices(ReadyProduct *product, const ProductMatrices *m, FastOperands operands,
                             char *message) {
  const cudaDataType_t type = operands == FAST_TF32 ? CUDA_R_32F : CUDA_R_16BF;
  CHECK(message,
        lt.cublasLtMatrixLayoutCreate(&product->a, type, (uint64_t)m->a_columns, (uint64_t)m->a_rows,
                                      fast_stride(m->a_columns, operands)),
        "a matrix");
  CHECK(message,
        lt.cublasLtMatrixLayoutCreate(&product->b, type, (uint64_t)m->b_columns, (uint64_t)m->b_rows,
                                      fast_stride(m->b_columns, operands)),
        "a matrix");
  CHECK(message,
        lt.cublasLtMatrixLayoutCreate(&product->out, CUDA_R_32F, (uint64_t)m->columns, (uint64_t)m->rows,
                                      m->columns),
        "a matrix");
  return 0;
}

// ---- algorithms

template <typename T>
static cublasStatus_t prefer(cublasLtMatmulPreference_t preference,
                             cublasLtMatmulPreferenceAttributes_t attribute, T value) {
  return lt.cublasLtMatmulPreferenceSetAttribute(preference, attribute, &value, sizeof value);
}

// What an algorithm must keep to: our workspace, no split sums, arrays aligned as the engine's are.
static int set_preference(cublasLtMatmulPreference_t preference, const CudaContext *context, char *message) {
  const uint32_t alignment = FAST_ALIGNMENT;
  CHECK(message,
        prefer(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, (uint64_t)context->workspace_bytes),
        "a preference");
  CHECK(message,
        prefer(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
               (uint32_t)CUBLASLT_REDUCTION_SCHEME_NONE),
        "a preference");
  for (cublasLtMatmulPreferenceAttributes_t matrix :
       {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
        CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
    CHECK(message, prefer(preference, matrix, alignment), "a preference");
  return 0;
}

// The first that is proposed.
static int choose(ReadyProduct *product, CudaContext *context, char *message) {
  cublasLtMatmulPreference_t preference = NULL;
  CHECK(message, lt.cublasLtMatmulPreferenceCreate(&preference), "preferences");
  cublasLtMatmulHeuristicResult_t result = {};
  int count = 0, failed = set_preference(preference, context, message);
  cublasStatus_t status = CUBLAS_STATUS_SUCCESS;
  if (!failed) {
    status =
        lt.cublasLtMatmulAlgoGetHeuristic(context->fast->handle, product->operation, product->a, product->b,
                                          product->out, product->out, preference, 1, &result, &count);
  }
  lt.cublasLtMatmulPreferenceDestroy(preference);
  if (failed) return failed;
  if (status == CUBLAS_STATUS_SUCCESS && count == 1 && result.state == CUBLAS_STATUS_SUCCESS) {
    product->algorithm = result.algo;
    return 0;
  }
  char what[128];
  describe(what, &product->shape);
  if (status == CUBLAS_STATUS_SUCCESS) status = count == 1 ? result.state : CUBLAS_STATUS_NOT_SUPPORTED;
  return say(message, status,
             "no algorithm without split sums for %s (take other widths, or numerics.id: x1)", what);
}

static int check_given(ReadyProduct *product, CudaContext *context, char *message) {
  cublasLtMatmulHeuristicResult_t result = {};
  cublasStatus_t status =
      lt.cublasLtMatmulAlgoCheck(context->fast->handle, product->operation, product->a, product->b,
                                 product->out, product->out, &product->algorithm, &result);
  if (status == CUBLAS_STATUS_SUCCESS && result.workspaceSize > context->workspace_bytes)
    status = CUBLAS_STATUS_INVALID_VALUE;
  if (status == CUBLAS_STATUS_SUCCESS) return 0;
  char what[128];
  describe(what, &product->shape);
  return say(message, status, "the run's algorithm for %s cannot be used here", what);
}

static cublasStatus_t multiply(CudaContext *context, ReadyProduct *product, float *out, const void *a,
                               const void *b, const float *bias) {
  const float one = 1.0f, zero = 0.0f;
  if (epilogue_of(&product->shape) != CUBLASLT_EPILOGUE_DEFAULT) {
    cublasStatus_t status = set(product->operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
    if (status != CUBLAS_STATUS_SUCCESS) return status;
  }
  return lt.cublasLtMatmul(context->fast->handle, product->operation, &one, a, product->a, b, product->b,
                           &zero, out, product->out, out, product->out, &product->algorithm,
                           context->workspace, context->workspace_bytes, context->stream);
}

// The product of zeros: what is loaded at first use is loaded now, and what cannot run says so before step 1.
static int try_out(CudaContext *context, ReadyProduct *product, const ProductMatrices *m, char *message) {
  const size_t width = context->fast->operands == FAST_TF32 ? 4 : 2;
  const size_t a = fast_aligned((size_t)(m->a_rows * fast_stride(m->a_columns, context->fast->operands)) *
                                width),
               b = fast_aligned((size_t)(m->b_rows * fast_stride(m->b_columns, context->fast->operands)) *
                                width),
               out = fast_aligned((size_t)(m->rows * m->columns) * sizeof(float));
  void *block = NULL;
  int failed = cuda_allocate(context, &block, a + b + out + (size_t)m->columns * sizeof(float), message);
  if (failed) return failed;
  char *at = (char *)block;
  cublasStatus_t status =
      multiply(context, product, (float *)(at + a + b), at, at + a, (const float *)(at + a + b + out));
  failed = cuda_synchronise(context, message);
  cuda_release(context, block);
  if (failed || status == CUBLAS_STATUS_SUCCESS) return failed;
  char what[128];
  describe(what, &product->shape);
  return say(message, status, "%s", what);
}

int cuda_fast_pin(CudaContext *context, const ProductShape *shape, uint64_t algorithm[FAST_WORDS], int given,
                  char *message) {
  if (!product_is_fast(shape) || find_product(context, shape) != NULL) return 0;
  const ProductMatrices matrices = product_matrices(shape);
  ReadyProduct *product = (ReadyProduct *)calloc(1, sizeof *product);
  if (product == NULL) return cuda_say(message, cudaErrorMemoryAllocation, "host memory of a product");
  product->shape = *shape;
  if (given) memcpy(&product->algorithm, algorithm, sizeof product->algorithm);
  int failed = describe_operation(product, &matrices, context->fast->operands, message);
  if (!failed) failed = describe_matrices(product, &matrices, context->fast->operands, message);
  if (!failed) failed = given ? check_given(product, context, message) : choose(product, context, message);
  if (!failed) failed = try_out(context, product, &matrices, message);
  if (failed) {
    free_product(product);
    return failed;
  }
  memcpy(algorithm, &product->algorithm, sizeof product->algorithm);
  product->next = context->fast->products;
  context->fast->products = product;
  return 0;
}

// ---- products

void cuda_fast_workspace(CudaContext *context, void *workspace, size_t bytes) {
  context->fast->workspace = (char *)workspace;
  context->fast->workspace_bytes = bytes;
}

FastOperands fast_operands(const CudaContext *context) {
  return context->fast->operands;
}

bool fast_is_ready(CudaContext *context, const ProductShape *shape) {
  FastProducts *fast = context->fast;
  const size_t bytes = fast_product_bytes(shape, fast->operands);
  const bool pinned = find_product(context, shape) != NULL;
  if (pinned && bytes <= fast->workspace_bytes) return true;
  char what[128];
  describe(what, shape);
  if (!fast->failed) {
    fast->failed = CUDA_MISTAKE;
    snprintf(fast->failure, CUDA_MESSAGE,
             "this is a mistake of this program: %s %s (%zu bytes of workspace, %zu were planned)", what,
             pinned ? "needs more memory" : "was not pinned", bytes, fast->workspace_bytes);
  }
  return false;
}

void *fast_take(CudaContext *context, size_t *at, size_t bytes) {
  char *taken = context->fast->workspace + *at;
  *at += bytes;
  return taken;
}

void fast_multiply(CudaContext *context, const ProductShape *shape, float *out, const void *a, const void *b,
                   const float *bias) {
  context->launches[KERNEL_cublas_product]++;
  cublasStatus_t status = multiply(context, find_product(context, shape), out, a, b, bias);
  if (status == CUBLAS_STATUS_SUCCESS || context->fast->failed) return;
  char what[128];
  describe(what, shape);
  context->fast->failed = say(context->fast->failure, status, "%s", what);
}

int cuda_fast_failure(CudaContext *context, char *message) {
  if (context->fast == NULL || !context->fast->failed) return 0;
  const int failed = context->fast->failed;
  snprintf(message, CUDA_MESSAGE, "%s", context->fast->failure);
  context->fast->failed = 0;
  return failed;
}
