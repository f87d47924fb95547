// The shapes and values of the edges. All of them follow from integers alone, so that they are the same
// wherever this is compiled; which task an element belongs to is never part of a digest.
#include "edge_values.h"

#include <fstream>

namespace {

Quantiser quantiser_of(int64_t addends) {
  int log = 0;
  while (((int64_t)1 << log) < addends) log++;
  return {0x1p40, __builtin_ldexpf(1, 62 - 40 - log)};
}

// ---- products ----

struct Shape {
  int64_t rows, columns, terms;
};

std::vector<Shape> tile_shapes() {
  std::vector<Shape> all;
  for (int64_t rows : small_edges)
    for (int64_t columns : small_edges) all.push_back({rows, columns, 5});
  for (int64_t terms : small_edges)
    for (const Shape &s : std::vector<Shape>{{1, 1, 0}, {1, 33, 0}, {7, 1, 0}, {13, 8, 0}, {3, 17, 0}})
      all.push_back({s.rows, s.columns, terms});
  return all;
}

// Sums of one leaf, of several, and of more than a group's packed columns have room for.
std::vector<Shape> term_shapes() {
  std::vector<Shape> all;
  for (int64_t terms : large_edges)
    for (int64_t rows : {1, 2, 6, 12, 13})
      for (int64_t columns : {1, 7, 8, 16, 33}) all.push_back({rows, columns, terms});
  for (int64_t terms : {1023, 1024, 1025, 1537, 2047, 2048, 2049, 4159, 4160, 8319, 8320, 8321})
    for (int64_t rows : {1, 13})
      for (int64_t columns : {1, 8, 33}) all.push_back({rows, columns, terms});
  return all;
}

// Blocks of rows, groups of columns, and what is worth a second thread.
std::vector<Shape> block_shapes() {
  std::vector<Shape> all;
  for (int64_t rows : large_edges)
    for (int64_t columns : {1, 8, 33, 95, 129}) {
      all.push_back({rows, columns, 3});
      all.push_back({columns, rows, 3});
    }
  for (int64_t rows : {95, 96, 97, 193})
    for (int64_t columns : {127, 128, 129, 161}) {
      all.push_back({rows, columns, 64});
      all.push_back({rows, columns, 257});
    }
  for (int64_t terms : {127, 128, 129}) all.push_back({64, 64, terms});
  for (int64_t rows : {2047, 2048, 2049})
    for (int64_t columns : {1, 33}) all.push_back({rows, columns, 9});
  return all;
}

void forward(EdgeDevice &device, EdgeResults &results, const std::vector<Shape> &shapes) {
  Numbers numbers(1);
  for (const Shape &s : shapes) {
    const bool odd = numbers.below(2);
    const Values x = numbers.values(s.rows * s.terms, odd), w = numbers.values(s.columns * s.terms, odd),
                 bias = numbers.values(s.columns, odd);
    LinearForward linear = {};
    linear.x = placed(device, x), linear.w = placed(device, w), linear.bias = placed(device, bias);
    linear.rows = s.rows, linear.outputs = s.columns, linear.inputs = s.terms;
    for (ActivationKind activation : {ACTIVATION_NONE, ACTIVATION_RELU}) {
      linear.y = room(device, s.rows * s.columns), linear.activation = activation;
      device.linear_forward(linear);
      results.take_floats(device, linear.y, (size_t)(s.rows * s.columns));
    }
    results.end_shape();
    device.clear();
  }
}

void backward_input(EdgeDevice &device, EdgeResults &results, const std::vector<Shape> &shapes) {
  Numbers numbers(2);
  for (const Shape &s : shapes) {
    const bool odd = numbers.below(2);
    const Values dy = numbers.values(s.rows * s.terms, odd), w = numbers.values(s.terms * s.columns, odd),
                 x = numbers.values(s.rows * s.columns, true);
    LinearBackwardInput linear = {};
    linear.dy = placed(device, dy), linear.w = placed(device, w), linear.x = placed(device, x);
    linear.rows = s.rows, linear.outputs = s.terms, linear.inputs = s.columns;
    for (ActivationKind activation : {ACTIVATION_NONE, ACTIVATION_RELU}) {
      linear.dx = room(device, s.rows * s.columns), linear.activation = activation;
      device.linear_backward_input(linear);
      results.take_floats(device, linear.dx, (size_t)(s.rows * s.columns));
    }
    results.end_shape();
    device.clear();
  }
}

// Rows of the batch are the terms, in grains: all in one, in a few, or in many.
void backward_weight(EdgeDevice &device, EdgeResults &results, const std::vector<Shape> &shapes) {
  Numbers numbers(3);
  for (const Shape &s : shapes) {
    const Values dy = numbers.values(s.terms * s.rows, true), x = numbers.values(s.terms * s.columns);
    LinearBackwardWeight linear = {};
    linear.dy = placed(device, dy), linear.x = placed(device, x);
    linear.rows = s.terms, linear.outputs = s.rows, linear.inputs = s.columns;
    for (int64_t grain : {(int64_t)256, Sizes{4, 64, 255, 512, s.terms}[(size_t)numbers.below(5)]}) {
      const std::vector<int64_t> qw((size_t)(s.rows * s.columns), 5), qb((size_t)s.rows, -5);
      const std::vector<int32_t> flags(2, 0);
      linear.qw = placed(device, qw), linear.qb = placed(device, qb);
      linear.flag_w = placed(device, flags), linear.flag_b = linear.flag_w + 1;
      linear.grain = grain, linear.quantiser = quantiser_of((s.terms + grain - 1) / grain);
      device.linear_backward_weight(linear);
      results.take(device, linear.qw, qw.size());
      results.take(device, linear.qb, qb.size());
      results.take(device, linear.flag_w, flags.size());
    }
    results.end_shape();
    device.clear();
  }
}

using Product = void(EdgeDevice &, EdgeResults &, const std::vector<Shape> &);
template <Product product, std::vector<Shape> (*shapes)()> void of(EdgeDevice &device, EdgeResults &results) {
  product(device, results, shapes());
}

// ---- along rows ----

void norm(EdgeDevice &device, EdgeResults &results) {
  Numbers numbers(4);
  for (int64_t n : row_edges()) {
    for (int64_t rows : {1, 5}) {
      NormForward forward = {};
      forward.x = placed(device, numbers.values(rows * n, numbers.below(2)));
      forward.gamma = placed(device, numbers.values(n)),
      forward.beta = placed(device, numbers.values(n, true));
      forward.h = room(device, rows * n), forward.r = room(device, rows);
      forward.rows = rows, forward.columns = n;
      NormBackwardInput backward = {};
      backward.dy = placed(device, numbers.values(rows * n, true));
      for (ActivationKind activation : {ACTIVATION_NONE, ACTIVATION_RELU}) {
        forward.y = room(device, rows * n), forward.activation = activation;
        device.norm_forward(forward);
        results.take_floats(device, forward.y, (size_t)(rows * n));
      }
      backward.dx = room(device, rows * n), backward.gamma = forward.gamma;
      backward.h = forward.h, backward.r = forward.r, backward.rows = rows, backward.columns = n;
      device.norm_backward_input(backward);
      results.take_floats(device, forward.h, (size_t)(rows * n));
      results.take_floats(device, forward.r, (size_t)rows);
      results.take_floats(device, backward.dx, (size_t)(rows * n));
      results.end_shape();
      device.clear();
    }
  }
}

void norm_weight(EdgeDevice &device, EdgeResults &results) {
  Numbers numbers(5);
  for (int64_t rows : row_edges()) {
    for (int64_t n : {1, 7, 63, 64, 65, 129}) {
      NormBackwardWeight weight = {};
      weight.dy = placed(device, numbers.values(rows * n, true)),
      weight.h = placed(device, numbers.values(rows * n));
      weight.rows = rows, weight.columns = n,
      weight.grain = Sizes{4, 256, 256, 512, rows}[(size_t)numbers.below(5)];
      weight.quantiser = quantiser_of((rows + weight.grain - 1) / weight.grain);
      const std::vector<int64_t> q((size_t)n, 5);
      weight.qgamma = placed(device, q), weight.qbeta = placed(device, q);
      weight.flag_gamma = placed(device, std::vector<int32_t>(2, 0)),
      weight.flag_beta = weight.flag_gamma + 1;
      device.norm_backward_weight(weight);
      results.take(device, weight.qgamma, q.size());
      results.take(device, weight.qbeta, q.size());
      results.take(device, weight.flag_gamma, 2);
      results.end_shape();
      device.clear();
    }
  }
}

// Rows of logits up to +-40, weights 0, a half and 1; rows given by number and in place.
void one_loss(EdgeDevice &device, EdgeResults &results, Numbers &numbers, LossKind kind, int64_t rows,
              int64_t outputs) {
  Values z = numbers.values(rows * outputs, true), targets((size_t)rows), weights((size_t)rows);
  std::vector<int64_t> rows_of((size_t)rows);
  for (float &x : z) x *= 20;
  for (int64_t i = 0; i < rows; i++) {
    targets[(size_t)i] = kind == LOSS_SQUARED  ? (float)(numbers.below(64) - 32) * 0.25f
                         : kind == LOSS_BINARY ? (float)numbers.below(2)
                                               : (float)numbers.below(outputs);
    weights[(size_t)i] = Values{1, 1, 0.5f, 0}[(size_t)numbers.below(4)];
    rows_of[(size_t)i] = numbers.below(rows);
  }
  Loss loss = {};
  loss.z = placed(device, z), loss.targets = placed(device, targets), loss.weights = placed(device, weights);
  loss.rows_of = numbers.below(2) ? placed(device, rows_of) : nullptr;
  loss.dz = room(device, rows * outputs), loss.sums = placed(device, std::vector<BatchSums>(1));
  loss.flag = placed(device, std::vector<int32_t>(1, 0));
  loss.rows = rows, loss.outputs = outputs, loss.kind = kind, loss.loss_bound = (int64_t)1 << (62 - 11);
  device.loss(loss);
  Scores scores = {};
  scores.z = loss.z, scores.p = room(device, rows * outputs), scores.rows = rows, scores.outputs = outputs;
  scores.kind = kind;
  device.scores(scores);
  results.take_floats(device, loss.dz, z.size());
  results.take(device, loss.sums, 1);
  results.take(device, loss.flag, 1);
  results.take_floats(device, scores.p, z.size());
  results.end_shape();
  device.clear();
}

void loss(EdgeDevice &device, EdgeResults &results) {
  Numbers numbers(6);
  for (int64_t rows : row_edges())
    for (LossKind kind : {LOSS_BINARY, LOSS_SQUARED}) one_loss(device, results, numbers, kind, rows, 1);
}

void softmax(EdgeDevice &device, EdgeResults &results) {
  Numbers numbers(7);
  for (int64_t outputs : row_edges()) {
    if (outputs == 1) continue;
    for (int64_t rows : {1, 3, 17}) one_loss(device, results, numbers, LOSS_MULTICLASS, rows, outputs);
  }
  for (int64_t rows : row_edges()) one_loss(device, results, numbers, LOSS_MULTICLASS, rows, 10);
}

void activations(EdgeDevice &device, EdgeResults &results) {
  Numbers numbers(10);
  for (int64_t count : row_edges()) {
    for (int kind = ACTIVATION_GELU; kind < ACTIVATION_COUNT; kind++) {
      Values x = numbers.values(count, true);
      for (float &value : x) value *= 8; // beyond where gelu and tanh are flat
      ActivationForward forward = {};
      forward.x = placed(device, x), forward.y = room(device, count);
      forward.count = count, forward.kind = (ActivationKind)kind;
      ActivationBackward backward = {};
      backward.x = forward.x, backward.dy = placed(device, numbers.values(count, true));
      backward.dx = room(device, count), backward.count = count, backward.kind = forward.kind;
      device.activation_forward(forward);
      device.activation_backward(backward);
      results.take_floats(device, forward.y, (size_t)count);
      results.take_floats(device, backward.dx, (size_t)count);
      results.end_shape();
      device.clear();
    }
  }
}

void dropout(EdgeDevice &device, EdgeResults &results) {
  Numbers numbers(8);
  for (int64_t n : row_edges()) {
    for (int64_t rows : {1, 9}) {
      std::vector<StepWindow> window(1);
      window[0].current = 5, window[0].scalars[5].step = (uint32_t)numbers.below(1 << 20);
      const double p = numbers.below(2) ? 0.5 : 0.125;
      Dropout dropout = {};
      dropout.x = placed(device, numbers.values(rows * n, true)), dropout.y = room(device, rows * n);
      dropout.rows = rows, dropout.columns = n, dropout.window = placed(device, window);
      dropout.seed = numbers.next(), dropout.first_position = (uint32_t)numbers.below(5000);
      dropout.layer = (uint32_t)numbers.below(8);
      dropout.threshold = (uint32_t)(p * 0x1p32), dropout.scale = (float)(1 / (1 - p));
      device.dropout(dropout);
      results.take_floats(device, dropout.y, (size_t)(rows * n));
      results.end_shape();
      device.clear();
    }
  }
}

// ---- gather and scatter ----

// Numbers, two tables and numbers again, widths around `width`; then gradients back to the tables.
void one_gather(EdgeDevice &device, EdgeResults &results, Numbers &numbers, int64_t rows, int64_t width) {
  const int64_t all = rows + 3, table_rows = 1 + numbers.below(9), widths[] = {width, width + 1, width, 3};
  std::vector<GatherSegment> segments(4);
  std::vector<int32_t> ids, flags(2, 0);
  std::vector<int64_t> rows_of;
  for (int64_t i = 0; i < 2 * all; i++) ids.push_back((int32_t)numbers.below(table_rows));
  for (int64_t i = 0; i < rows; i++) rows_of.push_back(numbers.below(all));
  InputsForward inputs = {};
  int32_t *flag = placed(device, flags);
  for (int s = 0; s < 4; s++) {
    const bool is_table = s == 1 || s == 2;
    segments[s].width = widths[s], segments[s].offset = inputs.width;
    inputs.width += widths[s];
    segments[s].source = is_table ? s - 1 : s == 0 ? 0 : width;
    if (!is_table) continue;
    segments[s].table = placed(device, numbers.values(table_rows * widths[s], true));
    segments[s].q = placed(device, std::vector<int64_t>((size_t)(table_rows * widths[s]), 3));
    segments[s].flag = flag + (s - 1);
  }
  inputs.value_count = width + 3, inputs.category_count = 2, inputs.rows = rows, inputs.segment_count = 4;
  inputs.values = placed(device, numbers.values(all * inputs.value_count, true)),
  inputs.ids = placed(device, ids);
  inputs.rows_of = placed(device, rows_of), inputs.segments = placed(device, segments);
  inputs.x = room(device, rows * inputs.width);
  device.inputs_forward(inputs);
  results.take_floats(device, inputs.x, (size_t)(rows * inputs.width));
  EmbeddingBackward backward = {};
  backward.dx = placed(device, numbers.values(rows * inputs.width, true)), backward.ids = inputs.ids;
  backward.rows_of = inputs.rows_of, backward.segments = inputs.segments, backward.segment_count = 4;
  backward.rows = rows, backward.category_count = 2, backward.width = inputs.width;
  backward.quantiser = quantiser_of(rows);
  device.embedding_backward(backward);
  for (int s = 1; s <= 2; s++) results.take(device, segments[s].q, (size_t)(table_rows * widths[s]));
  results.take(device, flag, 2);
  results.end_shape();
  device.clear();
}

void gather_scatter(EdgeDevice &device, EdgeResults &results) {
  Numbers numbers(9);
  for (int64_t width : small_edges)
    for (int64_t rows : {1, 8, 33}) one_gather(device, results, numbers, rows, width);
  for (int64_t rows : row_edges()) one_gather(device, results, numbers, rows, 5);
}

} // namespace

const std::vector<EdgeGroup> &edge_groups() {
  static const std::vector<EdgeGroup> groups = [] {
    std::vector<EdgeGroup> all = {{"linear_forward_tiles", of<forward, tile_shapes>},
                                  {"linear_forward_terms", of<forward, term_shapes>},
                                  {"linear_forward_blocks", of<forward, block_shapes>},
                                  {"linear_backward_input_tiles", of<backward_input, tile_shapes>},
                                  {"linear_backward_input_terms", of<backward_input, term_shapes>},
                                  {"linear_backward_input_blocks", of<backward_input, block_shapes>},
                                  {"linear_backward_weight_tiles", of<backward_weight, tile_shapes>},
                                  {"linear_backward_weight_terms", of<backward_weight, term_shapes>},
                                  {"linear_backward_weight_blocks", of<backward_weight, block_shapes>},
                                  {"norm", norm},
                                  {"norm_backward_weight", norm_weight},
                                  {"loss", loss},
                                  {"softmax", softmax},
                                  {"activations", activations},
                                  {"dropout", dropout},
                                  {"gather_scatter", gather_scatter}};
    all.insert(all.end(), flat_edge_groups().begin(), flat_edge_groups().end());
    return all;
  }();
  return groups;
}

std::string edge_digest(const EdgeGroup &group, EdgeDevice &device) {
  EdgeResults results;
  group.run(device, results);
  return results.hex();
}

std::map<std::string, std::string> edge_goldens() {
  std::map<std::string, std::string> goldens;
  std::ifstream file(INGOT_SOURCE_DIR "/tests/golden/edges.sha256");
  for (std::string digest, name; file >> digest >> name;) goldens[name] = digest;
  return goldens;
}
