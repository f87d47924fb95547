// The digests of shapes around every edge (edges.h): of the scalar reference, of every instruction set, and
// of the golden file.
#include "edges.h"
#include "random_values.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>

extern "C" {
#include "kernels/shared/scalar.h"
}

namespace {

// Memory of this process.
class HostDevice : public EdgeDevice {
public:
  void *place(const void *bytes, size_t length) override {
    blocks.emplace_back(new std::vector<char>((const char *)bytes, (const char *)bytes + length));
    return blocks.back()->data();
  }
  void fetch(void *to, const void *from, size_t length) override { std::memcpy(to, from, length); }
  void clear() override { blocks.clear(); }

private:
  std::vector<std::unique_ptr<std::vector<char>>> blocks;
};

// A table of operators, each run as two pieces of its tasks, the second first.
class TableDevice : public HostDevice {
public:
  explicit TableDevice(const Operators *table) : operators(table) {}
#define OPERATOR(name, Arguments, least)                                                                     \
  void name(const Arguments &s) override {                                                                   \
    called.insert(OPERATOR_##name);                                                                          \
    const int64_t tasks = name##_tasks(&s), middle = tasks / 3;                                              \
    operators->name(&s, middle, tasks);                                                                      \
    operators->name(&s, 0, middle);                                                                          \
  }
#include "kernels/operators.inc"
#undef OPERATOR
  std::set<int> called;

private:
  const Operators *operators;
};

// The rules in plain loops.
class ReferenceDevice : public HostDevice {
public:
  void linear_forward(const LinearForward &s) override {
    for (int64_t i = 0; i < s.rows; i++) {
      for (int64_t n = 0; n < s.outputs; n++) {
        const float *x = s.x + i * s.inputs, *w = s.w + n * s.inputs;
        const float z = (s.outputs == 1 ? ref_r2(x, w, s.inputs) : ref_r1(x, 1, w, 1, s.inputs)) + s.bias[n];
        s.y[i * s.outputs + n] = s.activation == ACTIVATION_RELU ? ref_relu(z) : z;
      }
    }
  }
  void linear_backward_input(const LinearBackwardInput &s) override {
    for (int64_t i = 0; i < s.rows; i++) {
      for (int64_t k = 0; k < s.inputs; k++) {
        const float dx = ref_r1(s.dy + i * s.outputs, 1, s.w + k, s.inputs, s.outputs);
        const int64_t at = i * s.inputs + k;
        s.dx[at] = s.activation == ACTIVATION_RELU ? ref_relu_backward(s.x[at], dx) : dx;
      }
    }
  }
  void linear_backward_weight(const LinearBackwardWeight &s) override {
    for (int64_t n = 0; n < s.outputs; n++) {
      for (int64_t k = 0; k < s.inputs; k++)
        add_sums(&s.qw[n * s.inputs + k], s.flag_w, s.dy + n, s.outputs, s.x + k, s.inputs, s.rows, s.grain);
      add_sums(&s.qb[n], s.flag_b, s.dy + n, s.outputs, &one, 0, s.rows, s.grain);
    }
  }
  void norm_forward(const NormForward &s) override {
    const int64_t n = s.columns;
    for (int64_t i = 0; i < s.rows; i++)
      ref_norm(s.y + i * n, s.h + i * n, s.r + i, s.x + i * n, s.gamma, s.beta, n);
    for (int64_t i = 0; i < s.rows * n && s.activation == ACTIVATION_RELU; i++) s.y[i] = ref_relu(s.y[i]);
  }
  void norm_backward_input(const NormBackwardInput &s) override {
    const int64_t n = s.columns;
    for (int64_t i = 0; i < s.rows; i++)
      ref_norm_backward(s.dx + i * n, s.dy + i * n, s.h + i * n, s.r[i], s.gamma, n);
  }
  void norm_backward_weight(const NormBackwardWeight &s) override {
    for (int64_t j = 0; j < s.columns; j++) {
      add_sums(&s.qgamma[j], s.flag_gamma, s.dy + j, s.columns, s.h + j, s.columns, s.rows, s.grain);
      add_sums(&s.qbeta[j], s.flag_beta, s.dy + j, s.columns, &one, 0, s.rows, s.grain);
    }
  }
  void activation_forward(const ActivationForward &s) override {
    for (int64_t i = 0; i < s.count; i++) s.y[i] = ref_activation(reference_of(s.kind), s.x[i]);
  }
  void activation_backward(const ActivationBackward &s) override {
    for (int64_t i = 0; i < s.count; i++)
      s.dx[i] = ref_activation_backward(reference_of(s.kind), s.x[i], s.dy[i]);
  }
  void dropout(const Dropout &s) override {
    const double p = s.threshold * 0x1p-32;
    const uint32_t step = s.window->scalars[s.window->current].step;
    for (int64_t at = 0; at < s.rows * s.columns; at++) {
      const uint32_t row = s.first_position + (uint32_t)(at / s.columns), column = (uint32_t)(at % s.columns);
      s.y[at] = ref_dropout(s.x[at], ref_word(s.seed, column, row, step, REF_DROPOUT, s.layer), p);
    }
  }
  void loss(const Loss &s) override {
    Values p((size_t)s.outputs);
    for (int64_t i = 0; i < s.rows; i++) {
      const int64_t row = s.rows_of == nullptr ? i : s.rows_of[i];
      const float y = s.targets[row], w = s.weights[row], *z = s.z + i * s.outputs;
      float *dz = s.dz + i * s.outputs;
      const float l = s.kind == LOSS_BINARY    ? ref_binary_loss(dz, *z, y, w)
                      : s.kind == LOSS_SQUARED ? ref_squared_loss(dz, *z, y, w)
                                               : ref_softmax_loss(p.data(), dz, z, s.outputs, (int64_t)y, w);
      s.sums->weight += ref_weight_addend(w);
      s.sums->loss += ref_loss_addend(w, l, (int64_t)1 << 11);
    }
  }
  void scores(const Scores &s) override {
    Values dz((size_t)s.outputs);
    for (int64_t i = 0; i < s.rows; i++) {
      const float *z = s.z + i * s.outputs;
      float *p = s.p + i * s.outputs;
      if (s.kind == LOSS_MULTICLASS)
        ref_softmax_loss(p, dz.data(), z, s.outputs, 0, 1);
      else
        *p = s.kind == LOSS_SQUARED ? *z : x1_sigmoid(*z);
    }
  }
  void inputs_forward(const InputsForward &s) override {
    for (int64_t i = 0; i < s.rows; i++) {
      for (int64_t g = 0; g < s.segment_count; g++) {
        const GatherSegment &segment = s.segments[g];
        const float *from = segment.table == nullptr
                                ? s.values + s.rows_of[i] * s.value_count + segment.source
                                : segment.table + id_of(s, s.rows_of[i], segment) * segment.width;
        std::copy(from, from + segment.width, s.x + i * s.width + segment.offset);
      }
    }
  }
  void embedding_backward(const EmbeddingBackward &s) override {
    for (int64_t g = 0; g < s.segment_count; g++) {
      const GatherSegment &segment = s.segments[g];
      for (int64_t i = 0; i < s.rows && segment.table != nullptr; i++) {
        for (int64_t e = 0; e < segment.width; e++)
          add_sums(&segment.q[id_of(s, s.rows_of[i], segment) * segment.width + e], segment.flag,
                   s.dx + i * s.width + segment.offset + e, 1, &one, 0, 1, 1, s.rows);
      }
    }
  }
  void step_begin(const StepBegin &s) override {
    s.window->current++;
    *s.sums = BatchSums{};
  }
  void batch_rows(const BatchRows &s) override {
    const StepScalars &now = s.window->scalars[s.window->current];
    std::vector<int64_t> epoch((size_t)s.order.rows);
    ref_epoch_order(epoch.data(), s.order.seed, now.epoch, s.order.rows, s.order.block_rows,
                    s.order.block_window);
    std::copy_n(epoch.begin() + now.first, s.count, s.rows_of);
  }
  void initialise(const Initialise &s) override {
    for (int64_t e = 0; e < s.count; e++) {
      const uint32_t word = ref_word(s.seed, (uint32_t)e, 0, 0, REF_INITIALISATION, s.tensor);
      s.w[e] = s.bound * (2 * ref_uniform(word) - 1);
    }
  }
  void gradient_finish(const GradientFinish &s) override {
    for (int64_t i = 0; i < s.count; i++) {
      s.g[i] = ref_gradient(s.q[i], s.fraction_bits, s.sums->weight);
      s.q[i] = 0;
    }
  }
  void gradient_norm_blocks(const GradientNormBlocks &s) override {
    float *block = s.blocks;
    for (int64_t r = 0; r < s.run_count; r++)
      block += ref_norm_leaves(block, s.g + s.runs[r].offset, s.runs[r].count);
  }
  void gradient_norm_finish(const GradientNormFinish &s) override {
    const float norm = x1_sqrt(ref_tree(s.blocks, s.block_count));
    *s.clip = s.clip_norm > 0 && norm > s.clip_norm ? s.clip_norm / norm : 1;
    if (!std::isfinite(norm)) s.flags[s.flag_count - 1] = 1;
    StepRecord &record = s.window->records[s.window->current];
    record.loss = s.sums->weight == 0 ? 0 : ref_reported_loss(s.sums->loss, s.sums->weight);
    record.gradient_norm = norm;
    record.taken = std::count(s.flags, s.flags + s.flag_count, 0) == s.flag_count;
  }
  void adamw_step(const OptimizerStep &s) override {
    each_of_the_runs(s, [&s](int64_t i, float g, float decay, const RefOptimizer &o) {
      ref_adamw(&s.p[i], &s.m[i], &s.v[i], g, decay, &o);
    });
  }
  void sgd_step(const OptimizerStep &s) override {
    each_of_the_runs(s, [&s](int64_t i, float g, float decay, const RefOptimizer &o) {
      ref_sgd(&s.p[i], &s.m[i], g, decay, &o);
    });
  }

private:
  const float one = 1;

  // update(element, clipped gradient, weight decay, scalars); of none where a flag is up.
  template <typename Update> static void each_of_the_runs(const OptimizerStep &s, Update update) {
    if (std::count(s.flags, s.flags + s.flag_count, 0) < s.flag_count) return;
    const StepScalars &now = s.window->scalars[s.window->current];
    RefOptimizer o = {};
    o.lr = now.learning_rate, o.c1 = now.correction1, o.c2 = now.correction2;
    o.b1 = s.beta1, o.b2 = s.beta2, o.one_b1 = s.one_minus_beta1, o.one_b2 = s.one_minus_beta2;
    o.eps = s.epsilon, o.mu = s.momentum;
    for (int64_t r = 0; r < s.run_count; r++)
      for (int64_t i = s.runs[r].offset; i < s.runs[r].offset + s.runs[r].count; i++)
        update(i, *s.clip < 1 ? s.g[i] * *s.clip : s.g[i], s.runs[r].decays ? s.weight_decay : 0, o);
  }

  static RefActivation reference_of(ActivationKind kind) { return (RefActivation)(kind - ACTIVATION_RELU); }

  template <typename Arguments>
  static int64_t id_of(const Arguments &s, int64_t row, const GatherSegment &segment) {
    return s.ids[row * s.category_count + segment.source];
  }
  // *q += the addend of every grain's R1 sum of a and b down `rows` rows; most: addends of the bound, 0 for
  // as many as there are grains.
  static void add_sums(int64_t *q, int32_t *flag, const float *a, int64_t stride_a, const float *b,
                       int64_t stride_b, int64_t rows, int64_t grain, int64_t most = 0) {
    for (int64_t first = 0; first < rows; first += grain) {
      const float sum = ref_r1(a + first * stride_a, stride_a, b + first * stride_b, stride_b,
                               std::min(grain, rows - first));
      int64_t addend;
      if (ref_addend(&addend, sum, 40, most > 0 ? most : (rows + grain - 1) / grain))
        *q += addend;
      else
        *flag = 1;
    }
  }
};

bool rewriting() {
  return getenv("INGOT_REWRITE_GOLDENS") != nullptr;
}

} // namespace

TEST(Golden, EdgesOfTheReference) {
  std::map<std::string, std::string> found;
  for (const EdgeGroup &group : edge_groups()) {
    ReferenceDevice reference;
    found[group.name] = edge_digest(group, reference);
  }
  if (rewriting()) {
    ASSERT_EQ(getenv("CI"), nullptr) << "goldens are not rewritten in CI: unset INGOT_REWRITE_GOLDENS";
    std::ofstream file(INGOT_SOURCE_DIR "/tests/golden/edges.sha256");
    for (const EdgeGroup &group : edge_groups()) file << found[group.name] << "  " << group.name << "\n";
  }
  EXPECT_EQ(found, edge_goldens());
}

TEST(Golden, Edges) {
  const auto goldens = edge_goldens();
  std::set<int> called;
  ASSERT_EQ(goldens.size(), edge_groups().size());
  for (const EdgeGroup &group : edge_groups()) {
    for (const char *isa : instruction_sets()) {
      TableDevice table(operators_cpu(isa));
      EXPECT_EQ(edge_digest(group, table), goldens.at(group.name)) << group.name << " " << isa;
      called.insert(table.called.begin(), table.called.end());
    }
  }
  for (int id = 0; id < OPERATOR_COUNT; id++)
    EXPECT_TRUE(called.count(id)) << operator_name((OperatorId)id) << " is in no group";
}
