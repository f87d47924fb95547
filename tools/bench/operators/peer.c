// oneDNN and OpenBLAS behind one product. Their interfaces are declared here as their manuals give them:
// nothing of them is needed to build.
#include "tools/bench/operators/peer.h"

#include "engine/shared/memory.h"
#include "engine/shared/parallel.h"

#include <dlfcn.h>
#include <fenv.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Row-major: c [rows, columns] = op(a) op(b), `terms` terms a sum; op transposes where asked for.
typedef struct Product {
  int64_t rows, columns, terms;
  int transpose_a, transpose_b;
} Product;

typedef int DnnlSgemm(char transpose_a, char transpose_b, int64_t rows, int64_t columns, int64_t terms,
                      float alpha, const float *a, int64_t lda, const float *b, int64_t ldb, float beta,
                      float *c, int64_t ldc);
typedef struct DnnlVersion {
  int major, minor, patch;
  const char *hash;
  unsigned cpu_runtime, gpu_runtime;
} DnnlVersion;

enum { CBLAS_ROW_MAJOR = 101, CBLAS_PLAIN = 111, CBLAS_TRANSPOSED = 112 };

// Integers of an interface are 32 or 64 bits wide.
#define CBLAS_TYPES(Int, suffix)                                                                             \
  typedef void Sgemm##suffix(int order, int transpose_a, int transpose_b, Int rows, Int columns, Int terms,  \
                             float alpha, const float *a, Int lda, const float *b, Int ldb, float beta,      \
                             float *c, Int ldc);                                                             \
  typedef void Sgemv##suffix(int order, int transpose, Int rows, Int columns, float alpha, const float *a,   \
                             Int lda, const float *x, Int step_x, float beta, float *y, Int step_y);
CBLAS_TYPES(int32_t, 32)
CBLAS_TYPES(int64_t, 64)
#undef CBLAS_TYPES

typedef void SetThreads(int threads);

struct Peer {
  void *handle;
  char *library, *name;
  int is_wide; // 64-bit integers
  DnnlSgemm *dnnl;
  void *sgemm, *sgemv; // OpenBLAS
};

Status peer_limit_cores(int threads, Error *error) {
  cpu_set_t all, some;
  if (threads >= parallel_cores()) return STATUS_OK;
  CPU_ZERO(&some);
  if (sched_getaffinity(0, sizeof all, &all) != 0)
    return error_set(error, STATUS_UNAVAILABLE, "the cores of this process cannot be read");
  for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&some) < threads; i++) {
    if (CPU_ISSET(i, &all)) CPU_SET(i, &some);
  }
  if (sched_setaffinity(0, sizeof some, &some) != 0)
    return error_set(error, STATUS_UNAVAILABLE, "this process cannot be held to %d cores", threads);
  return STATUS_OK;
}

// ---- products ----

static void dnnl_product(const Peer *peer, const Product *p, float *c, const float *a, const float *b) {
  peer->dnnl(p->transpose_a ? 'T' : 'N', p->transpose_b ? 'T' : 'N', p->rows, p->columns, p->terms, 1, a,
             p->transpose_a ? p->rows : p->terms, b, p->transpose_b ? p->terms : p->columns, 0, c,
             p->columns);
}

static int cblas_word(int transpose) {
  return transpose ? CBLAS_TRANSPOSED : CBLAS_PLAIN;
}

static void cblas_product(const Peer *peer, const Product *p, float *c, const float *a, const float *b) {
  const int64_t lda = p->transpose_a ? p->rows : p->terms, ldb = p->transpose_b ? p->terms : p->columns;
  const int word_a = cblas_word(p->transpose_a), word_b = cblas_word(p->transpose_b);
  if (peer->is_wide)
    ((Sgemm64 *)peer->sgemm)(CBLAS_ROW_MAJOR, word_a, word_b, p->rows, p->columns, p->terms, 1, a, lda, b,
                             ldb, 0, c, p->columns);
  else
    ((Sgemm32 *)peer->sgemm)(CBLAS_ROW_MAJOR, word_a, word_b, (int32_t)p->rows, (int32_t)p->columns,
                             (int32_t)p->terms, 1, a, (int32_t)lda, b, (int32_t)ldb, 0, c,
                             (int32_t)p->columns);
}

// A product with one row or column as a matrix [rows, columns], as stored, by a vector.
static void cblas_vector(const Peer *peer, int64_t rows, int64_t columns, int transpose, float *y,
                         const float *matrix, const float *x) {
  if (peer->is_wide)
    ((Sgemv64 *)peer->sgemv)(CBLAS_ROW_MAJOR, cblas_word(transpose), rows, columns, 1, matrix, columns, x, 1,
                             0, y, 1);
  else
    ((Sgemv32 *)peer->sgemv)(CBLAS_ROW_MAJOR, cblas_word(transpose), (int32_t)rows, (int32_t)columns, 1,
                             matrix, (int32_t)columns, x, 1, 0, y, 1);
}

static void cblas_thin(const Peer *peer, const Product *p, float *c, const float *a, const float *b) {
  if (p->columns == 1)
    cblas_vector(peer, p->transpose_a ? p->terms : p->rows, p->transpose_a ? p->rows : p->terms,
                 p->transpose_a, c, a, b);
  else
    cblas_vector(peer, p->transpose_b ? p->columns : p->terms, p->transpose_b ? p->terms : p->columns,
                 !p->transpose_b, c, b, a);
}

static Product product_of(const OperatorWork *s) {
  switch (s->id) {
  case OPERATOR_linear_forward:
    return (Product){s->rows, s->outputs, s->inputs, 0, 1};
  case OPERATOR_linear_backward_input:
    return (Product){s->rows, s->inputs, s->outputs, 0, 0};
  default:
    return (Product){s->outputs, s->inputs, s->rows, 1, 0};
  }
}

int peer_ways(const Peer *peer, const OperatorWork *work) {
  const Product product = product_of(work);
  return peer->dnnl == NULL && (product.rows == 1 || product.columns == 1) ? 2 : 1;
}

Status peer_work(Bench *bench, void *context, Error *error) {
  const PeerProduct *p = context;
  const Product product = product_of(&p->work);
  (void)bench, (void)error;
  if (p->peer->dnnl != NULL)
    dnnl_product(p->peer, &product, p->result, p->a, p->b);
  else if (p->way == 0)
    cblas_product(p->peer, &product, p->result, p->a, p->b);
  else
    cblas_thin(p->peer, &product, p->result, p->a, p->b);
  return STATUS_OK;
}

// ---- loading ----

static void *find(const Peer *peer, const char *name) {
  return dlsym(peer->handle, name);
}

// oneDNN: threads are those of the runtime it was built for; TBB takes the cores that the process has.
static int find_onednn(Peer *peer, int threads) {
  static const struct {
    unsigned bit;
    const char *name;
  } runtimes[] = {{1, "one thread"}, {2, "OpenMP"}, {4, "TBB"}, {512, "SYCL"}};
  const DnnlVersion *(*version)(void);
  SetThreads *set_threads;
  *(void **)&version = find(peer, "dnnl_version");
  *(void **)&peer->dnnl = find(peer, "dnnl_sgemm");
  *(void **)&set_threads = find(peer, "omp_set_num_threads");
  if (version == NULL) peer->dnnl = NULL;
  if (peer->dnnl == NULL) return 0;
  if (set_threads != NULL) set_threads(threads);
  const DnnlVersion *v = version();
  const char *runtime = "another runtime";
  for (size_t i = 0; i < sizeof runtimes / sizeof runtimes[0]; i++) {
    if (v->cpu_runtime == runtimes[i].bit) runtime = runtimes[i].name;
  }
  peer->name = memory_format("oneDNN %d.%d.%d, %s", v->major, v->minor, v->patch, runtime);
  return 1;
}

// OpenBLAS, with the names it has in Debian and in packages of SciPy.
static int find_openblas(Peer *peer, int threads) {
  static const struct {
    const char *gemm, *gemv, *config, *threads;
    int is_wide;
  } names[] = {
      {"cblas_sgemm", "cblas_sgemv", "openblas_get_config", "openblas_set_num_threads", 0},
      {"cblas_sgemm64_", "cblas_sgemv64_", "openblas_get_config64_", "openblas_set_num_threads64_", 1},
      {"scipy_cblas_sgemm", "scipy_cblas_sgemv", "scipy_openblas_get_config",
       "scipy_openblas_set_num_threads", 0},
      {"scipy_cblas_sgemm64_", "scipy_cblas_sgemv64_", "scipy_openblas_get_config64_",
       "scipy_openblas_set_num_threads64_", 1}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *(*config)(void);
    SetThreads *set_threads;
    *(void **)&config = find(peer, names[i].config);
    *(void **)&set_threads = find(peer, names[i].threads);
    peer->sgemm = find(peer, names[i].gemm);
    peer->sgemv = find(peer, names[i].gemv);
    peer->is_wide = names[i].is_wide;
    if (config == NULL || set_threads == NULL || peer->sgemm == NULL || peer->sgemv == NULL) continue;
    set_threads(threads);
    peer->name = memory_text(config());
    return 1;
  }
  return 0;
}

// Small whole numbers, whose product is exact in any order: in every kind and way.
static Status check_products(const Peer *peer, Error *error) {
  const OperatorId forward = OPERATOR_linear_forward, input = OPERATOR_linear_backward_input,
                   weight = OPERATOR_linear_backward_weight;
  const OperatorWork works[] = {{forward, 3, 4, 5}, {input, 3, 4, 5}, {weight, 3, 4, 5}, {forward, 3, 1, 5},
                                {forward, 1, 4, 5}, {input, 1, 4, 5}, {weight, 3, 1, 5}, {weight, 3, 4, 1}};
  float a[20], b[20], c[20];
  for (int i = 0; i < 20; i++) a[i] = (float)(i % 7 - 3), b[i] = (float)(i % 5 - 2);
  for (size_t s = 0; s < sizeof works / sizeof works[0]; s++) {
    const Product p = product_of(&works[s]);
    for (int way = 0; way < peer_ways(peer, &works[s]); way++) {
      PeerProduct product = {peer, way, works[s], c, a, b};
      PASS(peer_work(NULL, &product, error));
      for (int64_t i = 0; i < p.rows * p.columns; i++) {
        const int64_t row = i / p.columns, column = i % p.columns;
        float sum = 0;
        for (int64_t k = 0; k < p.terms; k++)
          sum += a[p.transpose_a ? k * p.rows + row : row * p.terms + k] *
                 b[p.transpose_b ? column * p.terms + k : k * p.columns + column];
        if (c[i] != sum)
          return error_set(error, STATUS_DATA, "--peer %s: %s gets a product of whole numbers wrong",
                           peer->library, peer->name);
      }
    }
  }
  return STATUS_OK;
}

Status peer_open(Peer **peer, const char *library, int threads, Error *error) {
  Peer *made = memory_get(1, sizeof *made);
  fenv_t state;
  Status status;
  made->library = memory_text(library);
  fegetenv(&state); // what is linked for fast mathematics changes it
  made->handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  fesetenv(&state);
  if (made->handle == NULL)
    TRY(error_set(error, STATUS_MISSING, "--peer %s: it cannot be loaded: %s", library, dlerror()));
  if (!find_onednn(made, threads) && !find_openblas(made, threads)) {
    TRY(error_set(error, STATUS_DATA,
                  "--peer %s: it is neither oneDNN (dnnl_sgemm, dnnl_version) nor OpenBLAS (cblas_sgemm, "
                  "cblas_sgemv, openblas_get_config, openblas_set_num_threads)",
                  library));
  }
  TRY(check_products(made, error));
  fesetenv(&state);
  *peer = made;
  return STATUS_OK;
done:
  peer_close(made);
  return status;
}

void peer_close(Peer *peer) {
  if (peer == NULL) return;
  free(peer->library);
  free(peer->name);
  free(peer);
}

const char *peer_library(const Peer *peer) {
  return peer->library;
}

const char *peer_name(const Peer *peer) {
  return peer->name;
}
