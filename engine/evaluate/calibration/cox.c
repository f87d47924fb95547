// Newton's method for the two parameters of calibration, on blocks of equal scores.
#include "engine/evaluate/calibration/cox.h"

#include "engine/evaluate/metrics.h"
#include "engine/shared/exact_sum.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"
#include "kernels/statistics/reals.h"

#include <stdlib.h>

enum { MOST_STEPS = 40, THIN = 32, THIN_FROM = 1 << 16 };
// Newton squares the error: what remains after a step of 1e-7 is below the rounding of the sums.
static const double least_step = 1e-7, largest_parameter = 1e4, least_determinant = 1e-13;

// A symmetric matrix of (1, x) and a vector, summed over blocks.
typedef struct Normal {
  double one, x, xx, gradient_one, gradient_x;
} Normal;

typedef struct Fit {
  const EvaluationSet *set;
  const ScoreBlocks *blocks;
  double intercept, slope;
} Fit;

// The logits of some blocks and the probabilities that the fit gives them. Both are made again for every
// pass: logits of all blocks would be 8 bytes a row.
typedef struct Chunk {
  double logits[REALS_BLOCK], probabilities[REALS_BLOCK];
  int count;
} Chunk;

// Of every `stride`th block from `block` on.
static void next_chunk(Chunk *chunk, const Fit *fit, int64_t block, int64_t stride) {
  double *x = chunk->logits, *p = chunk->probabilities;
  int64_t left = (fit->blocks->count - block + stride - 1) / stride;
  chunk->count = left < REALS_BLOCK ? (int)left : REALS_BLOCK;
  for (int i = 0; i < chunk->count; i++) {
    double clipped = clipped_probability(fit->blocks->score[block + i * stride]);
    x[i] = clipped / (1 - clipped);
  }
  reals_log(x, x, chunk->count);
  for (int i = 0; i < chunk->count; i++) p[i] = -(fit->intercept + fit->slope * x[i]);
  reals_exp(p, p, chunk->count);
  for (int i = 0; i < chunk->count; i++) p[i] = 1 / (1 + p[i]);
}

// Of every `stride`th block.
static Normal curvature(const Fit *fit, int64_t stride) {
  SumBins *sums = memory_get(5, sizeof *sums);
  Chunk chunk;
  for (int64_t b = 0; b < fit->blocks->count; b += chunk.count * stride) {
    next_chunk(&chunk, fit, b, stride);
    for (int i = 0; i < chunk.count; i++) {
      int64_t block = b + i * stride;
      double p = chunk.probabilities[i], x = chunk.logits[i];
      double positive = score_block_positive(fit->blocks, block);
      double negative = score_block_negative(fit->blocks, block);
      double weight = (positive + negative) * (p * (1 - p)), residual = positive * (1 - p) - negative * p;
      sum_bins_add(&sums[0], weight);
      sum_bins_add(&sums[1], weight * x);
      sum_bins_add(&sums[2], weight * (x * x));
      sum_bins_add(&sums[3], residual);
      sum_bins_add(&sums[4], residual * x);
    }
  }
  Normal normal = {sum_bins_value(&sums[0]), sum_bins_value(&sums[1]), sum_bins_value(&sums[2]),
                   sum_bins_value(&sums[3]), sum_bins_value(&sums[4])};
  free(sums);
  return normal;
}

static double magnitude(double x) {
  return x < 0 ? -x : x;
}

static double determinant_of(const Normal *normal) {
  return normal->one * normal->xx - normal->x * normal->x;
}

// Newton from the fit's parameters until a step is small. Far from the optimum a step is cut to 1.
static bool converge(Fit *fit, int64_t stride) {
  for (int step = 0; step < MOST_STEPS; step++) {
    Normal normal = curvature(fit, stride);
    double determinant = determinant_of(&normal);
    if (!(determinant > least_determinant * normal.one * normal.xx)) return false;
    double intercept = (normal.xx * normal.gradient_one - normal.x * normal.gradient_x) / determinant;
    double slope = (normal.one * normal.gradient_x - normal.x * normal.gradient_one) / determinant;
    double length = magnitude(intercept) + magnitude(slope), cut = length > 1 ? 1 / length : 1;
    fit->intercept += cut * intercept;
    fit->slope += cut * slope;
    double size = magnitude(fit->intercept) + magnitude(fit->slope);
    if (!(size < largest_parameter)) return false;
    if (length <= least_step * (1 + size)) return true;
  }
  return false;
}

// The weighted squared residual of a block's rows.
static double squared_residuals(const Fit *fit, int64_t block, double p) {
  const ScoreBlocks *blocks = fit->blocks;
  if (!blocks->weighted) {
    double positive = score_block_positive(blocks, block), negative = score_block_negative(blocks, block);
    return positive * ((1 - p) * (1 - p)) + negative * (p * p);
  }
  ExactSum exact = {0};
  for (int64_t i = score_block_start(blocks, block); i < blocks->end[block]; i++) {
    int64_t row = blocks->order[i];
    double residual = fit->set->weights[row] * (fit->set->labels[row] == 1 ? 1 - p : p);
    exact_sum_add(&exact, residual * residual);
  }
  return exact_sum_value(&exact);
}

// Square roots of the diagonal of H^-1 S H^-1, H the curvature and S the squares of the scores.
static void sandwich(CoxFit *result, const Fit *fit) {
  SumBins *sums = memory_get(6, sizeof *sums);
  Chunk chunk;
  for (int64_t first = 0; first < fit->blocks->count; first += chunk.count) {
    next_chunk(&chunk, fit, first, 1);
    for (int64_t b = first; b < first + chunk.count; b++) {
      double p = chunk.probabilities[b - first], x = chunk.logits[b - first],
             square = squared_residuals(fit, b, p);
      double positive = score_block_positive(fit->blocks, b), negative = score_block_negative(fit->blocks, b);
      double weight = (positive + negative) * (p * (1 - p));
      double terms[6] = {weight, weight * x, weight * (x * x), square, square * x, square * (x * x)};
      for (int i = 0; i < 6; i++) sum_bins_add(&sums[i], terms[i]);
    }
  }
  Normal h = {sum_bins_value(&sums[0]), sum_bins_value(&sums[1]), sum_bins_value(&sums[2]), 0, 0};
  Normal s = {sum_bins_value(&sums[3]), sum_bins_value(&sums[4]), sum_bins_value(&sums[5]), 0, 0};
  free(sums);
  double determinant = determinant_of(&h);
  double intercept = h.xx * h.xx * s.one - 2 * h.xx * h.x * s.x + h.x * h.x * s.xx;
  double slope = h.x * h.x * s.one - 2 * h.x * h.one * s.x + h.one * h.one * s.xx;
  result->intercept_error = math64_sqrt(intercept) / determinant;
  result->slope_error = math64_sqrt(slope) / determinant;
}

CoxFit cox_fit(const EvaluationSet *set, const ScoreBlocks *blocks) {
  double nan = __builtin_nan("");
  CoxFit result = {false, nan, nan, nan, nan};
  if (blocks->count < 2 || !(blocks->positive_total > 0) || !(blocks->negative_total > 0)) return result;
  Fit fit = {set, blocks, 0, 1};
  // Many blocks: a part of them gives a start from which the whole needs two or three steps.
  if (blocks->count >= THIN_FROM && !converge(&fit, THIN)) fit.intercept = 0, fit.slope = 1;
  if (converge(&fit, 1)) {
    result.converged = true;
    result.intercept = fit.intercept;
    result.slope = fit.slope;
    sandwich(&result, &fit);
  }
  return result;
}
