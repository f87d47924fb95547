// Scalar reference of numerics id x1, written from its specification: plain loops, one thread, no vectors.
#include "tests/reference/x1.h"
#include "kernels/shared/arithmetic.h"
#include "kernels/shared/scalar.h"

#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *get(int64_t count, size_t size) {
  void *memory = calloc((size_t)count + 1, size);
  return memory != NULL ? memory : (abort(), NULL);
}

static int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}

// ---- R1
float ref_tree(const float *leaves, int64_t n) {
  if (n <= 1) return n == 1 ? leaves[0] : 0.0f;
  int64_t p = 1;
  while (p * 2 < n) p *= 2;
  return x1_add(ref_tree(leaves, p), ref_tree(leaves + p, n - p));
}

float ref_r1(const float *a, ptrdiff_t stride_a, const float *b, ptrdiff_t stride_b, int64_t n) {
  int64_t count = (n + 255) / 256;
  float leaves[count + 1];
  for (int64_t leaf = 0; leaf < count; leaf++) {
    float t = 0.0f;
    for (int64_t k = leaf * 256; k < least(n, (leaf + 1) * 256); k++)
      t = x1_fma(a[k * stride_a], b[k * stride_b], t);
    leaves[leaf] = x1_add(t, 0.0f);
  }
  return ref_tree(leaves, count);
}

// ---- R2
static float lanes_sum(float s[64]) {
  for (int j = 0; j < 64; j++) s[j] = x1_add(s[j], 0.0f);
  for (int h = 32; h >= 1; h /= 2)
    for (int j = 0; j < h; j++) s[j] = x1_add(s[j], s[j + h]);
  return s[0];
}

float ref_r2_sum(const float *x, int64_t n) {
  float s[64] = {0};
  for (int64_t i = 0; i < n; i++) s[i % 64] = x1_add(s[i % 64], x[i]);
  return lanes_sum(s);
}

float ref_r2(const float *a, const float *b, int64_t n) {
  float s[64] = {0};
  for (int64_t i = 0; i < n; i++) s[i % 64] = x1_fma(a[i], b[i], s[i % 64]);
  return lanes_sum(s);
}

// ---- R3
int ref_ceil_log2(int64_t n) {
  int bits = 0;
  while (((int64_t)1 << bits) < n) bits++;
  return bits;
}

bool ref_addend(int64_t *q, float x, int fraction_bits, int64_t G) {
  double bound = ldexp(1.0, 62 - fraction_bits - ref_ceil_log2(G));
  bool fits = fabs((double)x) < bound; // false for NaN
  *q = fits ? (int64_t)rint(ldexp((double)x, fraction_bits)) : 0;
  return fits;
}

int64_t ref_weight_addend(float w) {
  return (int64_t)rint((double)w * 0x1p40);
}

int64_t ref_loss_addend(float w, float l, int64_t batch) {
  double limit = ldexp(1.0, 62 - ref_ceil_log2(batch));
  double q = rint((double)x1_mul(w, l) * 0x1p32);
  return (int64_t)(q > limit ? limit : q < -limit ? -limit : q);
}

float ref_gradient(int64_t q, int fraction_bits, int64_t weight_sum) {
  double s = weight_sum == 0 ? 0.0 : ldexp(1.0, 40 - fraction_bits) / (double)weight_sum;
  return (float)((double)q * s);
}

float ref_reported_loss(int64_t loss_sum, int64_t weight_sum) {
  return (float)((double)loss_sum / (double)weight_sum * 256);
}

// ---- R5
void ref_philox(uint32_t words[4], const uint32_t counter[4], uint64_t seed) {
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
  for (int round = 0; round < 10; round++, k0 += 0x9E3779B9, k1 += 0xBB67AE85) {
    uint64_t first = (uint64_t)0xD2511F53 * c0, second = (uint64_t)0xCD9E8D57 * c2;
    c0 = (uint32_t)(second >> 32) ^ c1 ^ k0;
    c2 = (uint32_t)(first >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)second;
    c3 = (uint32_t)first;
  }
  words[0] = c0, words[1] = c1, words[2] = c2, words[3] = c3;
}

uint32_t ref_word(uint64_t seed, uint32_t element, uint32_t position, uint32_t step, uint32_t kind,
                  uint32_t ordinal) {
  uint32_t words[4], counter[4] = {element / 4, position, step, kind * (1u << 24) + ordinal};
  ref_philox(words, counter, seed);
  return words[element % 4];
}

float ref_uniform(uint32_t word) {
  return x1_mul((float)(word >> 8), 0x1p-24f);
}

float ref_initial_weight(uint32_t word, double c, double fan_in) {
  float bound = (float)sqrt(c / fan_in);
  return x1_mul(bound, x1_sub(x1_mul(2.0f, ref_uniform(word)), 1.0f));
}

float ref_dropout(float x, uint32_t word, double p) {
  float c = (float)(1 / (1 - p));
  return word < floor(p * 0x1p32) ? 0.0f : x1_mul(x, c);
}

static uint32_t mix(uint32_t x) {
  x = (x ^ x >> 16) * 0x85EBCA6B;
  x = (x ^ x >> 13) * 0xC2B2AE35;
  return x ^ x >> 16;
}

uint64_t ref_permute(uint64_t seed, uint32_t ordinal, uint32_t pool, uint32_t epoch, uint64_t N, uint64_t i) {
  uint32_t k[8];
  for (uint32_t j = 0; j < 8; j++) k[j] = ref_word(seed, j, pool, epoch, REF_SHUFFLE, ordinal);
  int b = 2; // even, at least 2, and N - 1 has at most b bits
  while ((N - 1) >> b != 0) b += 2;
  int h = b / 2;
  uint64_t mask = ((uint64_t)1 << h) - 1;
  do {
    uint64_t L = i >> h, R = i & mask;
    for (int r = 0; r < 8; r++) {
      uint64_t next = L ^ (mix((uint32_t)R + k[r]) & mask);
      L = R;
      R = next;
    }
    i = (L << h) + R;
  } while (i >= N);
  return i;
}

void ref_epoch_order(int64_t *order, uint64_t seed, uint32_t epoch, int64_t N, int64_t block_rows,
                     int64_t window) {
  for (int64_t i = 0; i < N; i++)
    order[i] = (int64_t)ref_permute(seed, 0, 0, epoch, (uint64_t)N, (uint64_t)i);
  if (block_rows == 0) return;
  int64_t blocks = (N + block_rows - 1) / block_rows, position = 0;
  int64_t *rows = get(N, sizeof *rows);
  for (int64_t pool = 0; pool * window < blocks; pool++) {
    int64_t n = 0;
    for (int64_t i = pool * window; i < least(blocks, (pool + 1) * window); i++) {
      int64_t block = (int64_t)ref_permute(seed, 1, 0, epoch, (uint64_t)blocks, (uint64_t)i);
      for (int64_t row = block * block_rows; row < least(N, (block + 1) * block_rows); row++) rows[n++] = row;
    }
    for (int64_t i = 0; i < n; i++)
      order[position++] = rows[ref_permute(seed, 2, (uint32_t)pool, epoch, (uint64_t)n, (uint64_t)i)];
  }
  free(rows);
}

// ---- Formulas
float ref_relu(float x) {
  return x <= 0.0f ? 0.0f : x;
}

float ref_relu_backward(float x, float dy) {
  return x > 0.0f ? dy : 0.0f;
}

void ref_norm(float *y, float *h, float *r, const float *x, const float *gamma, const float *beta,
              int64_t n) {
  float m = x1_div(ref_r2_sum(x, n), (float)n);
  float d[n];
  for (int64_t i = 0; i < n; i++) d[i] = x1_sub(x[i], m);
  float v = x1_div(ref_r2(d, d, n), (float)n);
  *r = x1_div(1.0f, x1_sqrt(x1_add(v, 1e-5f)));
  for (int64_t i = 0; i < n; i++) {
    h[i] = x1_mul(d[i], *r);
    y[i] = x1_fma(h[i], gamma[i], beta[i]);
  }
}

void ref_norm_backward(float *dx, const float *dy, const float *h, float r, const float *gamma, int64_t n) {
  float *G = get(n, sizeof *G);
  for (int64_t i = 0; i < n; i++) G[i] = x1_mul(dy[i], gamma[i]);
  float a = x1_div(ref_r2_sum(G, n), (float)n);
  float c = x1_div(ref_r2(G, h, n), (float)n);
  for (int64_t i = 0; i < n; i++) dx[i] = x1_mul(r, x1_fma(-h[i], c, x1_sub(G[i], a)));
  free(G);
}

float ref_softmax_loss(float *p, float *dx, const float *x, int64_t n, int64_t label, float w) {
  float m = x[0];
  for (int64_t j = 1; j < n; j++) m = x[j] > m ? x[j] : m;
  for (int64_t j = 0; j < n; j++) p[j] = x1_exp(x1_sub(x[j], m));
  float s = ref_r2_sum(p, n);
  for (int64_t j = 0; j < n; j++) {
    p[j] = x1_mul(p[j], x1_div(1.0f, s));
    dx[j] = x1_mul(w, x1_sub(p[j], j == label ? 1.0f : 0.0f));
  }
  return x1_add(x1_sub(m, x[label]), x1_log(s));
}

float ref_binary_loss(float *dz, float z, float y, float w) {
  float e = x1_exp(-fabsf(z));
  *dz = x1_mul(w, x1_sub(x1_sigmoid(z), y));
  return x1_add(x1_fma(-z, y, z > 0.0f ? z : 0.0f), x1_log(x1_add(1.0f, e)));
}

float ref_squared_loss(float *dz, float z, float y, float w) {
  float d = x1_sub(z, y);
  *dz = x1_mul(w, x1_add(d, d));
  return x1_mul(d, d);
}

// ---- Optimizers, R6
void ref_optimizer_begin(RefOptimizer *o) {
  o->beta1_power *= o->beta1, o->beta2_power *= o->beta2;
  o->b1 = (float)o->beta1, o->b2 = (float)o->beta2;
  o->one_b1 = (float)(1 - o->beta1), o->one_b2 = (float)(1 - o->beta2);
  o->c1 = (float)(1 / (1 - o->beta1_power)), o->c2 = (float)(1 / (1 - o->beta2_power));
  o->lr = (float)o->learning_rate, o->wd = (float)o->weight_decay;
  o->eps = (float)o->epsilon, o->mu = (float)o->momentum;
}

static float flush(float moment) {
  return fabsf(moment) < 0x1p-126f ? 0.0f : moment;
}

void ref_adamw(float *p, float *m, float *v, float g, float wd, const RefOptimizer *o) {
  *m = flush(x1_fma(o->b1, *m, x1_mul(o->one_b1, g)));
  *v = flush(x1_fma(o->b2, *v, x1_mul(o->one_b2, x1_mul(g, g))));
  float direction = x1_div(x1_mul(*m, o->c1), x1_add(x1_sqrt(x1_mul(*v, o->c2)), o->eps));
  *p = x1_fma(-o->lr, x1_fma(wd, *p, direction), *p);
}

void ref_sgd(float *p, float *b, float g, float wd, const RefOptimizer *o) {
  *b = flush(x1_fma(o->mu, *b, x1_fma(wd, *p, g)));
  *p = x1_fma(-o->lr, *b, *p);
}

int64_t ref_norm_leaves(float *leaves, const float *g, int64_t n) {
  int64_t count = (n + 4095) / 4096;
  for (int64_t i = 0; i < count; i++)
    leaves[i] = ref_r2(g + i * 4096, g + i * 4096, least(4096, n - i * 4096));
  return count;
}

// ---- Split, digest, chain
typedef struct Part {
  const void *bytes;
  size_t length;
} Part;

// SHA-256 of the parts one after another.
static void sha(uint8_t digest[32], const Part *parts, int count) {
  uint8_t *all = NULL;
  size_t length = 0;
  FILE *stream = open_memstream((char **)&all, &length);
  for (int i = 0; i < count; i++) fwrite(parts[i].bytes, 1, parts[i].length, stream);
  fclose(stream);
  EVP_Digest(all, length, digest, NULL, EVP_sha256(), NULL);
  free(all);
}

int ref_split(const char *salt, const char *key, const uint64_t cumulative[3], uint64_t denominator) {
  uint8_t digest[32];
  sha(digest, (const Part[]){{salt, strlen(salt)}, {"", 1}, {key, strlen(key)}}, 3);
  uint64_t u = 0;
  for (int i = 0; i < 8; i++) u = u << 8 | digest[i];
  for (int part = 0; part < 3; part++)
    if (u < ((unsigned __int128)cumulative[part] << 64) / denominator) return part;
  return -1;
}

// Of lines, and of parameters, which begin with their name.
static int by_text(const void *a, const void *b) {
  return strcmp(a, b);
}

void ref_digest(uint8_t digest[32], const RefBytes *tensors, int count) {
  char lines[count][REF_LINE];
  Part parts[count];
  for (int i = 0; i < count; i++) {
    uint8_t content[32];
    sha(content, (const Part[]){{tensors[i].bytes, tensors[i].length}}, 1);
    int end = sprintf(lines[i], "%s\t%s\t%s\t", tensors[i].name, tensors[i].dtype, tensors[i].shape);
    for (int j = 0; j < 32; j++) end += sprintf(lines[i] + end, "%02x", content[j]);
    strcpy(lines[i] + end, "\n");
  }
  qsort(lines, (size_t)count, REF_LINE, by_text);
  for (int i = 0; i < count; i++) parts[i] = (Part){lines[i], strlen(lines[i])};
  sha(digest, parts, count);
}

// Values are hashed as this machine stores them: little-endian.
void ref_chain_begin(uint8_t h[32], const char *bits_config, const uint8_t data[32],
                     const uint8_t parameters[32]) {
  sha(h, (const Part[]){{"x1", 2}, {bits_config, strlen(bits_config)}, {data, 32}, {parameters, 32}}, 4);
}

void ref_chain_step(uint8_t h[32], uint64_t t, float loss, float norm) {
  sha(h, (const Part[]){{h, 32}, {&t, 8}, {&loss, 4}, {&norm, 4}}, 4);
}

void ref_chain_validation(uint8_t h[32], uint64_t t, double value) {
  sha(h, (const Part[]){{h, 32}, {"v", 1}, {&t, 8}, {&value, 8}}, 4);
}

// ---- Parameters
static int output_width(const RefNetwork *net, int layer) {
  return layer < net->hidden_count ? net->hidden[layer] : net->outputs;
}

static int input_width(const RefNetwork *net, int layer) {
  if (layer > 0) return output_width(net, layer - 1);
  int width = 0;
  for (int i = 0; i < net->segment_count; i++) width += net->segments[i].width;
  return width;
}

static void add_parameter(RefNetwork *net, const char *format, int index, int rank, int rows, int columns,
                          double c, float fill) {
  RefParameter *p = &net->parameters[net->parameter_count++];
  *p = (RefParameter){.rank = rank, .size = (int64_t)rows * columns, .c = c, .fan_in = columns, .fill = fill};
  sprintf(p->name, format, index);
  sprintf(p->shape, rank == 2 ? "%d,%d" : "%d", rows, columns);
  p->value = get(4 * p->size, sizeof(float));
  p->gradient = p->value + p->size, p->moment1 = p->gradient + p->size, p->moment2 = p->moment1 + p->size;
  p->sum = get(p->size, sizeof(int64_t));
}

RefParameter *ref_find(RefNetwork *net, const char *format, int index) {
  char name[64];
  sprintf(name, format, index);
  for (int i = 0; i < net->parameter_count; i++)
    if (strcmp(net->parameters[i].name, name) == 0) return &net->parameters[i];
  return NULL;
}

void ref_network_init(RefNetwork *net) {
  net->parameter_count = 0;
  for (int j = 0; j < net->table_count; j++)
    add_parameter(net, "embeddings.%d.weight", j, 2, net->table_rows[j], net->table_width[j], 1, 0);
  for (int i = 0; i <= net->hidden_count; i++) {
    add_parameter(net, "layers.%d.weight", i, 2, output_width(net, i), input_width(net, i),
                  i < net->hidden_count ? 6 : 1, 0);
    add_parameter(net, "layers.%d.bias", i, 1, output_width(net, i), 1, 0, 0);
  }
  for (int i = 0; net->layer_norm && i < net->hidden_count; i++) {
    add_parameter(net, "norms.%d.weight", i, 1, net->hidden[i], 1, 0, 1);
    add_parameter(net, "norms.%d.bias", i, 1, net->hidden[i], 1, 0, 0);
  }
  qsort(net->parameters, (size_t)net->parameter_count, sizeof net->parameters[0], by_text);
  for (uint32_t number = 0; number < (uint32_t)net->parameter_count; number++) {
    RefParameter *p = &net->parameters[number];
    for (int64_t e = 0; e < p->size; e++) {
      uint32_t word = ref_word(net->seed, (uint32_t)e, 0, 0, REF_INITIALISATION, number);
      p->value[e] = p->c > 0 ? ref_initial_weight(word, p->c, p->fan_in) : p->fill;
    }
  }
}

void ref_network_free(RefNetwork *net) {
  for (int i = 0; i < net->parameter_count; i++) free(net->parameters[i].value), free(net->parameters[i].sum);
  net->parameter_count = 0;
}

void ref_parameter_digest(uint8_t digest[32], const RefNetwork *net) {
  RefBytes tensors[8 * REF_MAX];
  for (int i = 0; i < net->parameter_count; i++) {
    const RefParameter *p = &net->parameters[i];
    tensors[i] = (RefBytes){p->name, "F32", p->shape, p->value, (size_t)p->size * sizeof(float)};
  }
  ref_digest(digest, tensors, net->parameter_count);
}

// ---- One step
// The tape holds, for each layer, what its backward pass needs.
typedef struct Tape {
  float *x[REF_MAX + 1];  // input of linear layer i [rows, in]; the last: the logits
  float *dy[REF_MAX + 1]; // its gradient
  float *h[REF_MAX + 1];  // normalised [rows, n]
  float *r[REF_MAX + 1];  // 1 / deviation [rows]
  float *a[REF_MAX + 1];  // input of relu [rows, n]
} Tape;

static Tape tape_get(const RefNetwork *net, int64_t rows) {
  Tape tape = {0};
  for (int i = 0; i <= net->hidden_count + 1; i++) {
    tape.x[i] = get(rows * input_width(net, i), sizeof(float));
    tape.dy[i] = get(rows * input_width(net, i), sizeof(float));
    tape.h[i] = get(rows * output_width(net, i), sizeof(float));
    tape.r[i] = get(rows, sizeof(float));
    tape.a[i] = get(rows * output_width(net, i), sizeof(float));
  }
  return tape;
}

static void tape_free(Tape *tape) {
  for (int i = 0; i <= REF_MAX; i++)
    free(tape->x[i]), free(tape->dy[i]), free(tape->h[i]), free(tape->r[i]), free(tape->a[i]);
}

static void gather_inputs(float *x, RefNetwork *net, const RefBatch *batch, int64_t row) {
  for (int s = 0; s < net->segment_count; s++) {
    const RefSegment *segment = &net->segments[s];
    const float *from = batch->numeric + row * batch->numeric_columns + segment->source;
    if (segment->is_category)
      from = ref_find(net, "embeddings.%d.weight", segment->table)->value +
             (int64_t)batch->codes[row * batch->category_columns + segment->source] * segment->width;
    for (int e = 0; e < segment->width; e++) *x++ = from[e];
  }
}

static void linear(float *y, RefNetwork *net, int layer, const float *x) {
  int in = input_width(net, layer), out = output_width(net, layer);
  const float *weight = ref_find(net, "layers.%d.weight", layer)->value;
  const float *bias = ref_find(net, "layers.%d.bias", layer)->value;
  for (int o = 0; o < out; o++) {
    const float *w = weight + (int64_t)o * in;
    y[o] = x1_add(out == 1 ? ref_r2(x, w, in) : ref_r1(x, 1, w, 1, in), bias[o]);
  }
}

static float dropout_at(const RefNetwork *net, float x, int e, int64_t row, uint32_t step, int layer) {
  uint32_t word = ref_word(net->seed, (uint32_t)e, (uint32_t)row, step, REF_DROPOUT, (uint32_t)layer);
  return net->dropout > 0 ? ref_dropout(x, word, net->dropout) : x;
}

static void forward(Tape *tape, RefNetwork *net, const RefBatch *batch, uint32_t step, bool training) {
  for (int64_t row = 0; row < batch->rows; row++) {
    gather_inputs(tape->x[0] + row * input_width(net, 0), net, batch, row);
    for (int i = 0; i < net->hidden_count; i++) {
      int n = net->hidden[i];
      float *a = tape->a[i] + row * n, *x = tape->x[i + 1] + row * n;
      linear(a, net, i, tape->x[i] + row * input_width(net, i));
      if (net->layer_norm)
        ref_norm(a, tape->h[i] + row * n, &tape->r[i][row], a, ref_find(net, "norms.%d.weight", i)->value,
                 ref_find(net, "norms.%d.bias", i)->value, n);
      for (int e = 0; e < n; e++)
        x[e] = training ? dropout_at(net, ref_relu(a[e]), e, row, step, i) : ref_relu(a[e]);
    }
    int last = net->hidden_count;
    linear(tape->x[last + 1] + row * net->outputs, net, last, tape->x[last] + row * input_width(net, last));
  }
}

void ref_predict(float *logits, RefNetwork *net, const RefBatch *batch) {
  Tape tape = tape_get(net, batch->rows);
  forward(&tape, net, batch, 0, false);
  memcpy(logits, tape.x[net->hidden_count + 1], (size_t)(batch->rows * net->outputs) * sizeof *logits);
  tape_free(&tape);
}

static const float one = 1.0f;

static void accumulate(const RefNetwork *net, RefParameter *p, int64_t e, float x, int64_t G) {
  int64_t q;
  p->failed |= !ref_addend(&q, x, net->fraction_bits, G);
  p->sum[e] += q;
}

// One addend per grain to element e: the sum of d times x over the grain's rows.
static void accumulate_grains(const RefNetwork *net, RefParameter *p, int64_t e, const float *d, int stride_d,
                              const float *x, int stride_x, int64_t rows) {
  for (int64_t first = 0; first < rows; first += net->grain) {
    int64_t n = least(net->grain, rows - first), G = (net->batch + net->grain - 1) / net->grain;
    accumulate(net, p, e, ref_r1(d + first * stride_d, stride_d, x + first * stride_x, stride_x, n), G);
  }
}

// One addend per row and column; G counts the columns that share the table.
static void accumulate_embeddings(RefNetwork *net, const RefBatch *batch, const float *dx) {
  int sharing[REF_MAX] = {0};
  for (int s = 0; s < net->segment_count; s++)
    sharing[net->segments[s].table] += net->segments[s].is_category;
  for (int64_t row = 0; row < batch->rows; row++)
    for (int s = 0; s < net->segment_count; dx += net->segments[s++].width) {
      const RefSegment *segment = &net->segments[s];
      RefParameter *table = ref_find(net, "embeddings.%d.weight", segment->table);
      for (int e = 0; segment->is_category && e < segment->width; e++) {
        int64_t code = batch->codes[row * batch->category_columns + segment->source];
        accumulate(net, table, code * segment->width + e, dx[e], net->batch * sharing[segment->table]);
      }
    }
}

static void losses(float *dy, RefStep *step, const RefNetwork *net, const RefBatch *batch,
                   const float *logits) {
  float p[net->outputs];
  for (int64_t row = 0; row < batch->rows; row++) {
    const float *z = logits + row * net->outputs;
    float *d = dy + row * net->outputs, y = batch->target[row], w = batch->weight[row];
    float l = net->loss == REF_MULTICLASS ? ref_softmax_loss(p, d, z, net->outputs, (int64_t)y, w)
              : net->loss == REF_BINARY   ? ref_binary_loss(d, *z, y, w)
                                          : ref_squared_loss(d, *z, y, w);
    if (!isfinite(l)) step->failed = true;
    step->loss_sum += isfinite(l) ? ref_loss_addend(w, l, net->batch) : 0;
    step->weight_sum += ref_weight_addend(w);
  }
  step->loss = ref_reported_loss(step->loss_sum, step->weight_sum);
}

// dy, the gradient of block i's output, becomes that of its linear layer's output.
static void backward_block(float *dy, RefNetwork *net, const Tape *tape, int64_t rows, int i, uint32_t step) {
  int n = net->hidden[i];
  for (int64_t k = 0; k < rows * n; k++)
    dy[k] = ref_relu_backward(tape->a[i][k], dropout_at(net, dy[k], (int)(k % n), k / n, step, i));
  if (!net->layer_norm) return;
  RefParameter *gamma = ref_find(net, "norms.%d.weight", i), *beta = ref_find(net, "norms.%d.bias", i);
  for (int e = 0; e < n; e++) {
    accumulate_grains(net, gamma, e, dy + e, n, tape->h[i] + e, n, rows);
    accumulate_grains(net, beta, e, dy + e, n, &one, 0, rows);
  }
  for (int64_t row = 0; row < rows; row++)
    ref_norm_backward(dy + row * n, dy + row * n, tape->h[i] + row * n, tape->r[i][row], gamma->value, n);
}

static void backward_linear(float *dx, const float *dy, RefNetwork *net, const Tape *tape, int64_t rows,
                            int i) {
  int in = input_width(net, i), out = output_width(net, i);
  RefParameter *weight = ref_find(net, "layers.%d.weight", i), *bias = ref_find(net, "layers.%d.bias", i);
  for (int o = 0; o < out; o++) {
    for (int k = 0; k < in; k++)
      accumulate_grains(net, weight, (int64_t)o * in + k, dy + o, out, tape->x[i] + k, in, rows);
    accumulate_grains(net, bias, o, dy + o, out, &one, 0, rows);
  }
  for (int64_t row = 0; row < rows; row++)
    for (int k = 0; k < in; k++) dx[row * in + k] = ref_r1(dy + row * out, 1, weight->value + k, in, out);
}

// Gradients from the sums, their norm, and clipping.
static void finish_gradients(RefStep *step, RefNetwork *net, const RefOptimizer *optimizer) {
  int64_t leaf_count = 0;
  for (int i = 0; i < net->parameter_count; i++) leaf_count += (net->parameters[i].size + 4095) / 4096;
  float leaves[leaf_count + 1], *leaf = leaves;
  for (int i = 0; i < net->parameter_count; i++) {
    RefParameter *p = &net->parameters[i];
    for (int64_t e = 0; e < p->size; e++)
      p->gradient[e] = ref_gradient(p->sum[e], net->fraction_bits, step->weight_sum);
    if (p->failed && step->tensor == NULL) step->tensor = p->name;
    leaf += ref_norm_leaves(leaf, p->gradient, p->size);
  }
  step->norm = x1_sqrt(ref_tree(leaves, leaf_count));
  if (!isfinite(step->norm) || step->tensor != NULL) step->failed = true;
  float c = (float)optimizer->clip_norm;
  if (!(optimizer->clip_norm > 0 && step->norm > c)) return;
  float k = x1_div(c, step->norm);
  for (int i = 0; i < net->parameter_count; i++)
    for (int64_t e = 0; e < net->parameters[i].size; e++)
      net->parameters[i].gradient[e] = x1_mul(net->parameters[i].gradient[e], k);
}

static void update(RefNetwork *net, RefOptimizer *o) {
  ref_optimizer_begin(o);
  for (int i = 0; i < net->parameter_count; i++) {
    RefParameter *p = &net->parameters[i];
    float wd = p->rank >= 2 ? o->wd : 0.0f;
    for (int64_t e = 0; e < p->size; e++)
      if (o->kind == REF_ADAMW)
        ref_adamw(&p->value[e], &p->moment1[e], &p->moment2[e], p->gradient[e], wd, o);
      else
        ref_sgd(&p->value[e], &p->moment1[e], p->gradient[e], wd, o);
  }
}

RefStep ref_train_step(RefNetwork *net, RefOptimizer *optimizer, uint32_t step, const RefBatch *batch) {
  RefStep result = {0};
  for (int i = 0; i < net->parameter_count; i++) {
    net->parameters[i].failed = false;
    memset(net->parameters[i].sum, 0, (size_t)net->parameters[i].size * sizeof(int64_t));
  }
  Tape tape = tape_get(net, batch->rows);
  forward(&tape, net, batch, step, true);
  losses(tape.dy[net->hidden_count + 1], &result, net, batch, tape.x[net->hidden_count + 1]);
  for (int i = net->hidden_count; i >= 0; i--) {
    if (i < net->hidden_count) backward_block(tape.dy[i + 1], net, &tape, batch->rows, i, step);
    backward_linear(tape.dy[i], tape.dy[i + 1], net, &tape, batch->rows, i);
  }
  accumulate_embeddings(net, batch, tape.dy[0]);
  finish_gradients(&result, net, optimizer);
  if (!result.failed) update(net, optimizer);
  tape_free(&tape);
  return result;
}
