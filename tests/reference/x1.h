// Scalar reference of numerics id x1: every rule as its text reads, in plain loops, shared with nobody but
// the scalar functions. Rules R1..R6, the formulas, digests, and one training step of a multilayer
// perceptron.
#ifndef INGOT_TESTS_REFERENCE_X1_H
#define INGOT_TESTS_REFERENCE_X1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// R1: sum of a[k * stride_a] * b[k * stride_b], k in [0,n); strides in elements. The tree alone: ref_tree.
float ref_r1(const float *a, ptrdiff_t stride_a, const float *b, ptrdiff_t stride_b, int64_t n);
float ref_tree(const float *leaves, int64_t n);

// R2: sum of x[i], and of a[i] * b[i], in 64 lanes.
float ref_r2_sum(const float *x, int64_t n);
float ref_r2(const float *a, const float *b, int64_t n);

// R3: one addend (false: outside the bound), and what becomes of the sums. G: most addends of one
// accumulator.
int ref_ceil_log2(int64_t n); // n >= 1
bool ref_addend(int64_t *q, float x, int fraction_bits, int64_t G);
int64_t ref_weight_addend(float w);
int64_t ref_loss_addend(float w, float l, int64_t batch); // of a finite w * l
float ref_gradient(int64_t q, int fraction_bits, int64_t weight_sum);
float ref_reported_loss(int64_t loss_sum, int64_t weight_sum);

// R5. `words` of Philox4x32-10; the word of an element; uniform and initial weight of a word.
enum { REF_INITIALISATION = 1, REF_DROPOUT = 2, REF_SHUFFLE = 3 };
void ref_philox(uint32_t words[4], const uint32_t counter[4], uint64_t seed);
uint32_t ref_word(uint64_t seed, uint32_t element, uint32_t position, uint32_t step, uint32_t kind,
                  uint32_t ordinal);
float ref_uniform(uint32_t word);
float ref_initial_weight(uint32_t word, double c, double fan_in);
float ref_dropout(float x, uint32_t word, double p);

// Permutation P of N rows; ordinal 0: all rows, 1: blocks, 2: the rows of a pool.
uint64_t ref_permute(uint64_t seed, uint32_t ordinal, uint32_t pool, uint32_t epoch, uint64_t N, uint64_t i);
// order[position] = row, position in [0,N), for `full` (block_rows 0) and `blocks`.
void ref_epoch_order(int64_t *order, uint64_t seed, uint32_t epoch, int64_t N, int64_t block_rows,
                     int64_t window);

// Formulas. n: elements of the row.
typedef enum RefActivation { REF_RELU, REF_GELU, REF_SILU, REF_TANH } RefActivation;
float ref_relu(float x);
float ref_relu_backward(float x, float dy);
float ref_activation(RefActivation kind, float x);
float ref_activation_backward(RefActivation kind, float x, float dy); // x: what it was applied to
double ref_activation_gain(RefActivation kind);                       // c of the initial weights before it
void ref_norm(float *y, float *h, float *r, const float *x, const float *gamma, const float *beta, int64_t n);
void ref_norm_backward(float *dx, const float *dy, const float *h, float r, const float *gamma, int64_t n);
float ref_softmax_loss(float *p, float *dx, const float *x, int64_t n, int64_t label, float w); // returns l
float ref_binary_loss(float *dz, float z, float y, float w);
float ref_squared_loss(float *dz, float z, float y, float w);

// Optimizers, one element. Scalars as the host rounds them, in ref_optimizer_begin.
typedef enum RefOptimizerKind { REF_SGD, REF_ADAMW } RefOptimizerKind;
typedef struct RefOptimizer {
  RefOptimizerKind kind;
  double learning_rate, weight_decay, beta1, beta2, epsilon, momentum;
  double clip_norm;                // 0: no clipping
  double beta1_power, beta2_power; // running products, 1 before the first step
  float lr, wd, b1, b2, one_b1, one_b2, c1, c2, eps, mu;
} RefOptimizer;
void ref_optimizer_begin(RefOptimizer *optimizer);
void ref_adamw(float *p, float *m, float *v, float g, float wd, const RefOptimizer *optimizer);
void ref_sgd(float *p, float *b, float g, float wd, const RefOptimizer *optimizer);

// R6: leaves of one tensor of n elements; returns their number, (n + 4095) / 4096.
int64_t ref_norm_leaves(float *leaves, const float *g, int64_t n);

// Split by hash: the part 0, 1, 2 of a key, or -1; part k takes u < floor(2^64 * cumulative[k] /
// denominator).
int ref_split(const char *salt, const char *key, const uint64_t cumulative[3], uint64_t denominator);

// Digest of named tensors (sorted here), and the chain.
enum { REF_LINE = 1024 }; // longest line of the digest
typedef struct RefBytes {
  const char *name, *dtype, *shape; // shape: "3,4"
  const void *bytes;
  size_t length;
} RefBytes;
void ref_digest(uint8_t digest[32], const RefBytes *tensors, int count);
void ref_chain_begin(uint8_t h[32], const char *bits_config, const uint8_t data[32],
                     const uint8_t parameters[32]);
void ref_chain_step(uint8_t h[32], uint64_t t, float loss, float norm);
void ref_chain_validation(uint8_t h[32], uint64_t t, double value);

// A multilayer perceptron over numeric columns and embeddings.
typedef enum RefLoss { REF_MULTICLASS, REF_BINARY, REF_SQUARED } RefLoss;
typedef struct RefSegment { // a run of the input vector
  bool is_category;
  int source; // first numeric column, or the category column
  int width;  // numeric columns, or the width of the embedding
  int table;  // category: number of its embedding table
} RefSegment;

typedef struct RefParameter {
  char name[64];
  int rank;
  char shape[32]; // "3,4"
  int64_t size;
  double c, fan_in; // c > 0: drawn, else filled with `fill`
  float fill;
  float *value, *gradient, *moment1, *moment2;
  int64_t *sum;
  bool failed; // an addend was outside its bound
} RefParameter;

enum { REF_MAX = 32 };
typedef struct RefNetwork {
  int segment_count, table_count, hidden_count;
  RefSegment segments[REF_MAX];
  int table_rows[REF_MAX], table_width[REF_MAX];
  int hidden[REF_MAX];
  int outputs;
  RefLoss loss;
  bool layer_norm;
  RefActivation activation;
  double dropout;
  uint64_t seed;
  int64_t batch, grain;
  int fraction_bits;
  int parameter_count; // the rest: ref_network_init
  RefParameter parameters[8 * REF_MAX];
} RefNetwork;

typedef struct RefBatch {
  int64_t rows; // <= batch
  const float *numeric;
  int numeric_columns; // numeric [rows, numeric_columns]
  const int32_t *codes;
  int category_columns;         // codes [rows, category_columns]
  const float *target, *weight; // [rows]; a class as a number
} RefBatch;

typedef struct RefStep {
  float loss, norm;
  int64_t loss_sum, weight_sum;
  bool failed;        // then nothing was updated
  const char *tensor; // first one with an addend outside its bound, or NULL
} RefStep;

void ref_network_init(RefNetwork *network); // parameters in byte order of names, initial values, zero moments
void ref_network_free(RefNetwork *network);
RefParameter *ref_find(RefNetwork *network, const char *format, int index);
void ref_parameter_digest(uint8_t digest[32], const RefNetwork *network);
// logits [rows, outputs], as inference computes them (no dropout).
void ref_predict(float *logits, RefNetwork *network, const RefBatch *batch);
// One step of one batch; `step` counts optimizer steps from 0. Gradients stay in the parameters, after
// clipping.
RefStep ref_train_step(RefNetwork *network, RefOptimizer *optimizer, uint32_t step, const RefBatch *batch);

#endif
