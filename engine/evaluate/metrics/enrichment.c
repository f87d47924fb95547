// Capture, precision and lift at a cut: the influence of each row, and what it says of the whole.
#include "engine/evaluate/metrics/enrichment.h"

#include "engine/evaluate/metrics/formulas.h"
#include "engine/evaluate/statistics/clusters.h"
#include "engine/shared/math64.h"
#include "engine/shared/memory.h"

#include <stdlib.h>

enum { LEAST_WINDOW = 10 }; // rows on each side of the cut

// Where the top ends, and what a row's influence is made of.
typedef struct TopCut {
  double score, share; // rows above are in the top, those at the score by this share
  double rate;         // of label 1 at the cut
  double per_top, per_label;
  double top; // share of the whole weight
} TopCut;

static double rate_at(const ScoreBlocks *blocks, double taken, double total) {
  double window = 0.25 * taken, least = LEAST_WINDOW * (total / (double)blocks->rows);
  if (window < least) window = least;
  double from = taken > window ? taken - window : 0, to = taken + window < total ? taken + window : total;
  return (positives_on_top(blocks, to) - positives_on_top(blocks, from)) / (to - from);
}

static TopCut top_cut_of(const Metric *metric, const EvaluationSet *set) {
  const ScoreBlocks *blocks = set->blocks;
  double total = blocks->positive_total + blocks->negative_total;
  double taken = weight_of_top(metric, blocks->rows, total), left = taken;
  TopCut cut = {.score = blocks->score[0], .share = 1, .top = taken / total};
  for (int64_t b = blocks->count - 1; b >= 0; b--) {
    double weight = score_block_positive(blocks, b) + score_block_negative(blocks, b);
    if (left <= weight) {
      cut.score = blocks->score[b];
      cut.share = weight > 0 ? left / weight : 1;
      break;
    }
    left -= weight;
  }
  cut.rate = rate_at(blocks, taken, total);
  if (metric->id == METRIC_precision_at) {
    cut.per_top = 1 / cut.top;
    return cut;
  }
  double positives = blocks->positive_total, unit = metric->id == METRIC_lift ? cut.top : 1;
  cut.per_top = total / positives / unit;
  cut.per_label = positives_on_top(blocks, taken) / positives * cut.per_top;
  return cut;
}

// ---- influences ----

enum { BELOW, CUT, ABOVE, PLACES };

static int place_of(const TopCut *cut, double score) {
  return score > cut->score ? ABOVE : score == cut->score ? CUT : BELOW;
}

static double influence(const TopCut *cut, int place, double label) {
  double top = place == ABOVE ? 1 : place == CUT ? cut->share : 0;
  return cut->per_top * (top * (label - cut->rate)) - cut->per_label * label;
}

// One model, or challenger and champion.
typedef struct Influences {
  const EvaluationSet *set, *other; // NULL: one model
  TopCut cut, other_cut;
} Influences;

static double influence_at(const Influences *influences, int place, int other_place, double label) {
  double own = influence(&influences->cut, place, label);
  return influences->other == NULL ? own : own - influence(&influences->other_cut, other_place, label);
}

// Rows of equal weight: a row is one of a few kinds, and their counts say all.
static Moments moments_of_kinds(const Influences *influences) {
  const EvaluationSet *set = influences->set, *other = influences->other;
  int64_t counts[PLACES][PLACES][2] = {0};
  for (int64_t i = 0; i < set->rows; i++) {
    int place = place_of(&influences->cut, set->scores[i]);
    int other_place = other == NULL ? BELOW : place_of(&influences->other_cut, other->scores[i]);
    counts[place][other_place][set->labels[i] == 1]++;
  }
  double n = (double)set->rows, mean = 0, squares = 0;
  for (int pass = 0; pass < 2; pass++) {
    for (int kind = 0; kind < PLACES * PLACES * 2; kind++) {
      int place = kind / 2 / PLACES, other_place = kind / 2 % PLACES, label = kind % 2;
      double count = (double)counts[place][other_place][label];
      double term = influence_at(influences, place, other_place, label);
      if (pass == 0)
        mean += count * term / n;
      else
        squares += count * ((term - mean) * (term - mean));
    }
  }
  double error = set->rows < 2 ? __builtin_nan("") : math64_sqrt(squares / n / (n - 1));
  return (Moments){.n = set->rows, .weight = n, .mean = mean, .standard_error = error};
}

// Of the challenger's influences, less the champion's where there is one.
static Moments influence_moments(const Metric *metric, const EvaluationSet *champion,
                                 const EvaluationSet *challenger) {
  Influences influences = {.set = challenger, .other = champion, .cut = top_cut_of(metric, challenger)};
  if (champion != NULL) influences.other_cut = top_cut_of(metric, champion);
  if (challenger->weights == NULL && challenger->cluster_hash == NULL) return moments_of_kinds(&influences);
  double *terms = memory_get((size_t)challenger->rows, sizeof *terms);
  for (int64_t i = 0; i < challenger->rows; i++) {
    int place = place_of(&influences.cut, challenger->scores[i]);
    int other_place = champion == NULL ? BELOW : place_of(&influences.other_cut, champion->scores[i]);
    terms[i] = influence_at(&influences, place, other_place, challenger->labels[i]);
  }
  Moments moments = moments_of_rows(challenger, terms, challenger->weights);
  free(terms);
  return moments;
}

// ---- intervals ----

Estimate enrichment_estimate(const Metric *metric, const EvaluationSet *set, double confidence) {
  TopCut cut = top_cut_of(metric, set);
  double unit = metric->id == METRIC_lift ? 1 / cut.top : 1, value = metric_value(metric, set);
  double share = value / unit, error = influence_moments(metric, NULL, set).standard_error / unit;
  double rows = share * (1 - share) / (error * error);
  if (!(rows > 0 && rows < 0x1p52))
    rows =
        metric->id == METRIC_precision_at ? cut.top * (double)set->rows : (double)set->blocks->positive_rows;
  Estimate estimate = estimate_wilson(share * rows, rows, confidence);
  estimate.method = INTERVAL_ENRICHMENT;
  estimate.value = value;
  estimate.low *= unit;
  estimate.high *= unit;
  estimate.standard_error = error * unit;
  return estimate;
}

Estimate enrichment_difference(const Metric *metric, const EvaluationSet *champion,
                               const EvaluationSet *challenger, double gain, double confidence) {
  Moments moments = influence_moments(metric, champion, challenger);
  return estimate_symmetric(INTERVAL_ENRICHMENT, gain, moments.standard_error, moments.n, confidence);
}
