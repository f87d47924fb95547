// A library with the functions of OpenBLAS, or of oneDNN (PEER_DNNL), and plain loops; PEER_WRONG: one that
// leaves out the last term of every sum.
#include <stdint.h>

#ifdef PEER_WRONG
enum { LEFT_OUT = 1 };
#else
enum { LEFT_OUT = 0 };
#endif

static void product(int transpose_a, int transpose_b, int64_t rows, int64_t columns, int64_t terms,
                    const float *a, int64_t lda, const float *b, int64_t ldb, float *c, int64_t ldc) {
  for (int64_t i = 0; i < rows; i++) {
    for (int64_t j = 0; j < columns; j++) {
      float sum = 0;
      for (int64_t k = 0; k < terms - LEFT_OUT; k++)
        sum +=
            (transpose_a ? a[k * lda + i] : a[i * lda + k]) * (transpose_b ? b[j * ldb + k] : b[k * ldb + j]);
      c[i * ldc + j] = sum;
    }
  }
}

#ifdef PEER_DNNL
typedef struct Version {
  int major, minor, patch;
  const char *hash;
  unsigned cpu_runtime, gpu_runtime;
} Version;
const Version *dnnl_version(void);
int dnnl_sgemm(char transpose_a, char transpose_b, int64_t rows, int64_t columns, int64_t terms, float alpha,
               const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc);

const Version *dnnl_version(void) {
  static const Version version = {9, 8, 7, "none", 1, 0};
  return &version;
}

int dnnl_sgemm(char transpose_a, char transpose_b, int64_t rows, int64_t columns, int64_t terms, float alpha,
               const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc) {
  (void)alpha, (void)beta;
  product(transpose_a == 'T', transpose_b == 'T', rows, columns, terms, a, lda, b, ldb, c, ldc);
  return 0;
}
#else
const char *openblas_get_config(void);
void openblas_set_num_threads(int threads);
void cblas_sgemm(int order, int transpose_a, int transpose_b, int rows, int columns, int terms, float alpha,
                 const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);
void cblas_sgemv(int order, int transpose, int rows, int columns, float alpha, const float *a, int lda,
                 const float *x, int step_x, float beta, float *y, int step_y);

const char *openblas_get_config(void) {
  return "OpenBLAS of the tests";
}

void openblas_set_num_threads(int threads) {
  (void)threads;
}

void cblas_sgemm(int order, int transpose_a, int transpose_b, int rows, int columns, int terms, float alpha,
                 const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc) {
  (void)order, (void)alpha, (void)beta;
  product(transpose_a == 112, transpose_b == 112, rows, columns, terms, a, lda, b, ldb, c, ldc);
}

void cblas_sgemv(int order, int transpose, int rows, int columns, float alpha, const float *a, int lda,
                 const float *x, int step_x, float beta, float *y, int step_y) {
  (void)order, (void)alpha, (void)beta, (void)step_x, (void)step_y;
  const int turned = transpose == 112;
  product(turned, 0, turned ? columns : rows, 1, turned ? rows : columns, a, lda, x, 1, y, 1);
}
#endif
