// cuBLASLt on this CPU (tests only): operands rounded to TF32 or bfloat16, terms added in binary32.
//
// It has two algorithms, which add in opposite directions and so differ in bits. The environment's
// INGOT_CUBLASLT makes it another: other_version (reports one), other_choice (proposes the second algorithm
// first), no_algorithm (proposes none), other_device (finds no algorithm of another run fit), fails (no
// product runs).
#include "tests/cuda_on_cpu/stream.h"

#include <cublasLt.h>
#include <stdlib.h>
#include <string.h>
#include <vector>

struct cublasLtContext {};

struct cublasLtOperation {
  cublasComputeType_t compute;
  int32_t a_transposed = CUBLAS_OP_N, b_transposed = CUBLAS_OP_N;
  uint32_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  const float *bias = nullptr;
};

struct cublasLtLayout {
  cudaDataType_t type;
  uint64_t rows, columns;
  int64_t stride;
};

struct cublasLtPreference {
  uint64_t workspace = 0;
  uint32_t schemes = CUBLASLT_REDUCTION_SCHEME_MASK, alignment = 256;
};

namespace {

const uint64_t MARK = 0x1a9a; // in the first word of an algorithm; the second is its number
enum { FORWARDS = 1, BACKWARDS = 2, SPLIT = 3 };

bool environment_says(const char *what) {
  const char *said = getenv("INGOT_CUBLASLT");
  return said != nullptr && strcmp(said, what) == 0;
}

float from_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// A matrix by columns as it was handed over, read as the tensor core reads it.
struct Operand {
  const void *data;
  cublasLtLayout layout;
  bool transposed;

  float at(uint64_t row, uint64_t column) const {
    const uint64_t i =
        transposed ? column + row * (uint64_t)layout.stride : row + column * (uint64_t)layout.stride;
    if (layout.type == CUDA_R_16BF) return from_bits((uint32_t)((const uint16_t *)data)[i] << 16);
    uint32_t bits;
    memcpy(&bits, (const float *)data + i, sizeof bits);
    const bool finite = (bits & 0x7f800000u) != 0x7f800000u;
    return from_bits(finite ? (bits + 0xfffu + (bits >> 13 & 1u)) & ~0x1fffu : bits); // 11 bits, ties to even
  }
  uint64_t rows() const { return transposed ? layout.columns : layout.rows; }
  uint64_t columns() const { return transposed ? layout.rows : layout.columns; }
};

struct Product {
  Operand a, b;
  float *out;
  cublasLtLayout layout;
  uint32_t epilogue;
  const float *bias;
  bool backwards;

  float sum(uint64_t row, uint64_t column) const {
    const uint64_t terms = a.columns();
    float sum = 0;
    for (uint64_t k = 0; k < terms; k++) {
      const uint64_t at = backwards ? terms - 1 - k : k;
      sum += a.at(row, at) * b.at(at, column);
    }
    return sum;
  }
  void run() const {
    for (uint64_t column = 0; column < layout.columns; column++) {
      for (uint64_t row = 0; row < layout.rows; row++) {
        float x = sum(row, column);
        if (epilogue != CUBLASLT_EPILOGUE_DEFAULT) x += bias[row];
        if (epilogue == CUBLASLT_EPILOGUE_RELU_BIAS && x <= 0) x = 0;
        out[row + column * (uint64_t)layout.stride] = x;
      }
    }
  }
};

bool fits(const cublasLtOperation &operation, const cublasLtLayout &a, const cublasLtLayout &b,
          const cublasLtLayout &d) {
  const Operand left{nullptr, a, operation.a_transposed == CUBLAS_OP_T},
      right{nullptr, b, operation.b_transposed == CUBLAS_OP_T};
  const bool tf32 = operation.compute == CUBLAS_COMPUTE_32F_FAST_TF32;
  return a.type == b.type && a.type == (tf32 ? CUDA_R_32F : CUDA_R_16BF) && d.type == CUDA_R_32F &&
         left.columns() == right.rows() && left.rows() == d.rows && right.columns() == d.columns &&
         a.stride >= (int64_t)a.rows && b.stride >= (int64_t)b.rows && d.stride >= (int64_t)d.rows &&
         (a.type == CUDA_R_32F || (a.stride % 8 == 0 && b.stride % 8 == 0)) &&
         (operation.epilogue == CUBLASLT_EPILOGUE_DEFAULT || operation.bias != nullptr);
}

} // namespace

cublasStatus_t cublasLtCreate(cublasLtHandle_t *handle) {
  *handle = new cublasLtContext;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  delete handle;
  return CUBLAS_STATUS_SUCCESS;
}

size_t cublasLtGetVersion(void) {
  return CUBLAS_VER_MAJOR * 10000 + CUBLAS_VER_MINOR * 100 + (environment_says("other_version") ? 5 : 0);
}

const char *cublasLtGetStatusString(cublasStatus_t status) {
  return status == CUBLAS_STATUS_NOT_SUPPORTED   ? "not supported"
         : status == CUBLAS_STATUS_ARCH_MISMATCH ? "architecture mismatch"
         : status == CUBLAS_STATUS_SUCCESS       ? "success"
                                                 : "invalid value";
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *operation, cublasComputeType_t compute,
                                        cudaDataType_t scale) {
  if (scale != CUDA_R_32F) return CUBLAS_STATUS_INVALID_VALUE;
  *operation = new cublasLtOperation{compute};
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t operation) {
  delete operation;
  return CUBLAS_STATUS_SUCCESS;
}

template <typename T> static cublasStatus_t take(T *to, const void *value, size_t bytes) {
  if (bytes != sizeof *to) return CUBLAS_STATUS_INVALID_VALUE;
  memcpy(to, value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t operation,
                                              cublasLtMatmulDescAttributes_t attribute, const void *value,
                                              size_t bytes) {
  switch (attribute) {
  case CUBLASLT_MATMUL_DESC_TRANSA:
    return take(&operation->a_transposed, value, bytes);
  case CUBLASLT_MATMUL_DESC_TRANSB:
    return take(&operation->b_transposed, value, bytes);
  case CUBLASLT_MATMUL_DESC_EPILOGUE:
    return take(&operation->epilogue, value, bytes);
  case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
    return take(&operation->bias, value, bytes);
  }
  return CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *layout, cudaDataType_t type, uint64_t rows,
                                          uint64_t columns, int64_t stride) {
  *layout = new cublasLtLayout{type, rows, columns, stride};
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) {
  delete layout;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *preference) {
  *preference = new cublasLtPreference;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  delete preference;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute,
                                                    const void *value, size_t bytes) {
  switch (attribute) {
  case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES:
    return take(&preference->workspace, value, bytes);
  case CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK:
    return take(&preference->schemes, value, bytes);
  default:
    return take(&preference->alignment, value, bytes);
  }
}

// Where split sums are not excluded, it proposes them: nobody may ask for that.
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t operation,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int most,
                                              cublasLtMatmulHeuristicResult_t *results, int *count) {
  *count = 0;
  if (most < 1 || c != d || !fits(*operation, *a, *b, *d)) return CUBLAS_STATUS_INVALID_VALUE;
  if (environment_says("no_algorithm")) return CUBLAS_STATUS_NOT_SUPPORTED;
  const bool split = preference->schemes != CUBLASLT_REDUCTION_SCHEME_NONE;
  results[0] = {};
  results[0].algo.data[0] = MARK;
  results[0].algo.data[1] = split ? SPLIT : environment_says("other_choice") ? BACKWARDS : FORWARDS;
  *count = 1;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoCheck(cublasLtHandle_t, cublasLtMatmulDesc_t operation,
                                       cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                       cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                       const cublasLtMatmulAlgo_t *algorithm,
                                       cublasLtMatmulHeuristicResult_t *result) {
  *result = {};
  if (environment_says("other_device")) return CUBLAS_STATUS_ARCH_MISMATCH;
  const uint64_t number = algorithm->data[1];
  const bool known = algorithm->data[0] == MARK && (number == FORWARDS || number == BACKWARDS);
  return known && c == d && fits(*operation, *a, *b, *d) ? CUBLAS_STATUS_SUCCESS
                                                         : CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t operation, const void *alpha,
                              const void *a, cublasLtMatrixLayout_t a_layout, const void *b,
                              cublasLtMatrixLayout_t b_layout, const void *beta, const void *c,
                              cublasLtMatrixLayout_t c_layout, void *d, cublasLtMatrixLayout_t d_layout,
                              const cublasLtMatmulAlgo_t *algorithm, void *, size_t, cudaStream_t stream) {
  cublasLtMatmulHeuristicResult_t result;
  cublasStatus_t status =
      cublasLtMatmulAlgoCheck(handle, operation, a_layout, b_layout, c_layout, d_layout, algorithm, &result);
  if (status != CUBLAS_STATUS_SUCCESS) return status;
  if (*(const float *)alpha != 1.0f || *(const float *)beta != 0.0f || c != d || environment_says("fails"))
    return CUBLAS_STATUS_INVALID_VALUE;
  for (const void *address : {a, b, (const void *)d, (const void *)operation->bias}) {
    if ((uintptr_t)address % 64 != 0) return CUBLAS_STATUS_INVALID_VALUE; // less than was asked for
  }
  const Product product = {{a, *a_layout, operation->a_transposed == CUBLAS_OP_T},
                           {b, *b_layout, operation->b_transposed == CUBLAS_OP_T},
                           (float *)d,
                           *d_layout,
                           operation->epilogue,
                           operation->bias,
                           algorithm->data[1] == BACKWARDS};
  stream->enqueue([product] { product.run(); });
  return CUBLAS_STATUS_SUCCESS;
}
