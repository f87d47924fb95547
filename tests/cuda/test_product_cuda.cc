// Matrix products on a GPU: the bits of the CPU's operators around every edge of tiles, steps, leaves and
// grains, whichever tile the device's size calls for, split or whole.
#include "tests/cuda/device_case.h"

namespace {

struct Dimensions {
  int64_t rows, outputs, inputs;
};

std::ostream &operator<<(std::ostream &out, const Dimensions &d) {
  return out << d.rows << " rows, " << d.outputs << " outputs, " << d.inputs << " inputs";
}

// Devices on which a product of a few tiles takes the largest, the next one, and the smallest.
const int device_sizes[] = {1, 2, 1000};

// Around threads, tiles of 32, 64 and 128, and steps of 16.
const int64_t tile_edges[] = {1, 3, 4, 5, 31, 32, 33, 63, 64, 65, 127, 128, 129, 193};
const int64_t step_edges[] = {1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 64};
// Around leaves, and trees of up to 8, 64 and more of them.
const int64_t leaf_edges[] = {255, 256, 257, 511, 512, 513, 769, 1031, 2047, 2048, 2049, 2305};

int64_t up_to(std::mt19937_64 &random, int64_t most) {
  return 1 + (int64_t)(random() % (uint64_t)most);
}

// Which kernel a product must take: for the shape of tiles whose blocks fill the device with one and a half a
// multiprocessor and whose tree is deep enough, as product_cuda.cu has it, written again from dimensions
// alone.
struct Kernels {
  KernelId large, medium, small;
};
const Kernels FORWARD = {KERNEL_product_forward_large, KERNEL_product_forward_medium,
                         KERNEL_product_forward_small};
const Kernels BACKWARD_INPUT = {KERNEL_product_backward_input_large, KERNEL_product_backward_input_medium,
                                KERNEL_product_backward_input_small};

KernelId kernel_of(const Kernels &kernels, int64_t rows, int64_t columns, int64_t terms, int processors) {
  auto fill = [&](int64_t height, int64_t width) {
    return (rows + height - 1) / height * ((columns + width - 1) / width) >= 1.5 * processors;
  };
  if (terms > 64 * 256) return kernels.small;
  return fill(128, 64) ? kernels.large : fill(64, 64) ? kernels.medium : kernels.small;
}

class ProductCuda : public DeviceCase {
protected:
  std::mt19937_64 random{41};

  // Room for this many partial sums.
  void set_workspace(int64_t floats) {
    workspace.reset(new DeviceArray<float>(Values((size_t)floats)));
    context.workspace = workspace->at();
    context.workspace_bytes = (size_t)floats * sizeof(float);
  }
  void TearDown() override { workspace.reset(); }

  KernelId weight_kernel(const LinearBackwardWeight &s) const {
    const int64_t grains = (s.rows + s.grain - 1) / s.grain,
                  tiles = (s.outputs + 63) / 64 * ((s.inputs + 63) / 64);
    return s.grain <= 2048 && 2 * tiles * grains >= 3 * context.multiprocessors
               ? KERNEL_product_backward_weight_large
               : KERNEL_product_backward_weight_small;
  }
  uint64_t some_order() { return random() % 3 == 0 ? 0 : random(); }
  ActivationKind some_activation() { return random() % 2 ? ACTIVATION_RELU : ACTIVATION_NONE; }
  // Most arrays begin 16 bytes, as those of the engine do.
  int some_shift() { return random() % 3 == 0 ? (int)(random() % 4) : 0; }

  void forward(const Dimensions &d) {
    forward(d, kernel_of(FORWARD, d.rows, d.outputs, d.inputs, context.multiprocessors));
  }
  void forward(const Dimensions &d, KernelId id) {
    SCOPED_TRACE(testing::Message() << "linear_forward, " << d << ", " << context.multiprocessors
                                    << " processors");
    const bool wild = random() % 2;
    Values x = values_of(random, d.rows * d.inputs, wild), w = values_of(random, d.outputs * d.inputs, wild);
    Values bias = values_of(random, d.outputs), expected((size_t)(d.rows * d.outputs));
    LinearForward s = {expected.data(), x.data(),  w.data(), bias.data(),
                       d.rows,          d.outputs, d.inputs, some_activation()};
    run_portable(&Operators::linear_forward, s, linear_forward_tasks(&s));
    DeviceArray<float> y(Values(expected.size()), some_shift()), from(x, some_shift()),
        weights(w, some_shift()), biases(bias, some_shift());
    s.y = y.at(), s.x = from.at(), s.w = weights.at(), s.bias = biases.at();
    run(linear_forward_cuda, s, id, some_order());
    ASSERT_TRUE(same_bits(expected, y.values()));
  }

  void backward_input(const Dimensions &d) {
    backward_input(d, kernel_of(BACKWARD_INPUT, d.rows, d.inputs, d.outputs, context.multiprocessors));
  }
  void backward_input(const Dimensions &d, KernelId id) {
    SCOPED_TRACE(testing::Message() << "linear_backward_input, " << d << ", " << context.multiprocessors
                                    << " processors");
    const bool wild = random() % 2;
    Values dy = values_of(random, d.rows * d.outputs, wild),
           w = values_of(random, d.outputs * d.inputs, wild), x = values_of(random, d.rows * d.inputs, true);
    Values expected(x.size());
    LinearBackwardInput s = {expected.data(), dy.data(), w.data(), x.data(),
                             d.rows,          d.outputs, d.inputs, some_activation()};
    run_portable(&Operators::linear_backward_input, s, linear_backward_input_tasks(&s));
    DeviceArray<float> dx(Values(expected.size()), some_shift()), from(dy, some_shift()),
        weights(w, some_shift()), results(x, some_shift());
    s.dx = dx.at(), s.dy = from.at(), s.w = weights.at();
    s.x = s.activation == ACTIVATION_NONE ? nullptr : results.at();
    run(linear_backward_input_cuda, s, id, some_order());
    ASSERT_TRUE(same_bits(expected, dx.values()));
  }

  void backward_weight(const Dimensions &d, int64_t grain) {
    SCOPED_TRACE(testing::Message() << "linear_backward_weight, " << d << ", grain " << grain << ", "
                                    << context.multiprocessors << " processors");
    Values dy = values_of(random, d.rows * d.outputs), x = values_of(random, d.rows * d.inputs);
    dy[random() % dy.size()] = -0.0f, x[random() % x.size()] = -1e-40f;
    std::vector<int64_t> qw((size_t)(d.outputs * d.inputs), 5), qb((size_t)d.outputs, -5);
    std::vector<int32_t> flags(2);
    const Quantiser quantiser = {0x1p40, 0x1p22f};
    DeviceArray<int64_t> found_w(qw), found_b(qb);
    DeviceArray<int32_t> raised(flags);
    LinearBackwardWeight s = {qw.data(), qb.data(), &flags[0], &flags[1], dy.data(), x.data(),
                              d.rows,    d.outputs, d.inputs,  grain,     quantiser};
    run_portable(&Operators::linear_backward_weight, s, linear_backward_weight_tasks(&s));
    DeviceArray<float> from_dy(dy, some_shift()), from_x(x, some_shift());
    s.qw = found_w.at(), s.qb = found_b.at(), s.flag_w = raised.at(), s.flag_b = raised.at() + 1;
    s.dy = from_dy.at(), s.x = from_x.at();
    const uint64_t biases = context.launches[KERNEL_bias_backward];
    run(linear_backward_weight_cuda, s, weight_kernel(s), some_order());
    EXPECT_EQ(biases + 1, context.launches[KERNEL_bias_backward]);
    ASSERT_EQ(qw, found_w.values());
    ASSERT_EQ(qb, found_b.values());
    ASSERT_EQ(flags, raised.values());
  }

private:
  std::unique_ptr<DeviceArray<float>> workspace;
};

} // namespace

TEST_F(ProductCuda, ForwardAtTheEdgesOfTiles) {
  for (int processors : device_sizes) {
    context.multiprocessors = processors;
    for (int64_t rows : tile_edges) forward({rows, 66, up_to(random, 20)});
    for (int64_t outputs : tile_edges) {
      if (outputs > 1) forward({66, outputs, up_to(random, 20)});
    }
  }
}

TEST_F(ProductCuda, ForwardAtTheEdgesOfStepsAndLeaves) {
  for (int64_t inputs : step_edges) {
    context.multiprocessors = (int)up_to(random, 2);
    forward({up_to(random, 9), 66, inputs});
  }
  for (int64_t inputs : leaf_edges) {
    context.multiprocessors = 1;
    forward({up_to(random, 9), 66, inputs}, KERNEL_product_forward_large);
    forward({66, 10, inputs}, KERNEL_product_forward_medium);
    context.multiprocessors = 1000;
    forward({up_to(random, 9), 1 + up_to(random, 9), inputs});
  }
  context.multiprocessors = 1;
  for (int64_t inputs : {64 * 256, 64 * 256 + 1, 67 * 256 + 100}) {
    forward({3, 66, inputs});
  }
}

TEST_F(ProductCuda, BackwardInputAtTheEdgesOfTiles) {
  for (int processors : device_sizes) {
    context.multiprocessors = processors;
    for (int64_t rows : tile_edges) {
      backward_input({rows, up_to(random, 20), 66});
    }
    for (int64_t inputs : tile_edges) {
      backward_input({66, up_to(random, 20), inputs});
    }
  }
}

TEST_F(ProductCuda, BackwardInputAtTheEdgesOfStepsAndLeaves) {
  for (int64_t outputs : step_edges) {
    context.multiprocessors = (int)up_to(random, 2);
    backward_input({up_to(random, 9), outputs, 66});
  }
  for (int64_t outputs : leaf_edges) {
    context.multiprocessors = 1;
    backward_input({up_to(random, 9), outputs, 66});
    backward_input({66, outputs, 10});
    context.multiprocessors = 1000;
    backward_input({up_to(random, 9), outputs, up_to(random, 9)});
  }
}

// A leaf whose last product rounds to -0 ends as +0; terms of whole steps, so that no padding helps.
TEST_F(ProductCuda, LeavesEndWithoutMinusZero) {
  for (int processors : device_sizes) {
    context.multiprocessors = processors;
    for (int64_t terms : {16, 256, 272, 512}) {
      SCOPED_TRACE(testing::Message()
                   << "linear_backward_input, " << terms << " terms, " << processors << " processors");
      const int64_t rows = 66, columns = 66;
      Values dy((size_t)(rows * terms)), w((size_t)(terms * columns), 0.1f), dx((size_t)(rows * columns));
      for (int64_t row = 0; row < rows; row++) dy[(size_t)((row + 1) * terms - 1)] = -1e-45f;
      DeviceArray<float> from(dy), weights(w), to(Values(dx.size(), 7.0f));
      LinearBackwardInput s = {to.at(), from.at(), weights.at(), nullptr,
                               rows,    terms,     columns,      ACTIVATION_NONE};
      run(linear_backward_input_cuda, s, kernel_of(BACKWARD_INPUT, rows, columns, terms, processors),
          some_order());
      ASSERT_TRUE(same_bits(dx, to.values()));
    }
  }
}

TEST_F(ProductCuda, SplitSumsAreJoinedByTheSameTree) {
  set_workspace(64 * 50);
  for (int64_t terms : leaf_edges) {
    if (terms <= 256) continue;
    context.multiprocessors = 1 + (int)up_to(random, 8); // so many or twice as many parts
    int64_t rows = up_to(random, 7), columns = 1 + up_to(random, 6);
    const uint64_t joins = context.launches[KERNEL_product_join];
    forward({rows, columns, terms}, KERNEL_product_forward_split);
    backward_input({rows, terms, columns}, KERNEL_product_backward_input_split);
    EXPECT_EQ(joins + 2, context.launches[KERNEL_product_join]);
  }
  context.multiprocessors = 1000; // more parts than anyone joins
  forward({1, 2, 64 * 256 + 1}, KERNEL_product_forward_split);
  forward({33, 65, 700}); // no room
}

TEST_F(ProductCuda, SplitSumsKeepToTheirRoom) {
  const Dimensions d = {3, 5, 9 * 256 + 7};
  context.multiprocessors = 1000;
  for (int64_t parts = 0; parts <= 11; parts++) {
    set_workspace(parts * d.rows * d.outputs + 14); // the device watches what lies behind
    forward(d, parts < 2 ? KERNEL_product_forward_small : KERNEL_product_forward_split);
  }
}

TEST_F(ProductCuda, OneOutputIsSummedInLanes) {
  for (int64_t inputs :
       {1, 2, 31, 32, 33, 63, 64, 65, 95, 96, 97, 98, 127, 128, 129, 191, 255, 256, 257, 320, 1000, 2049}) {
    for (int64_t rows : {1, 3, 4, 5, 9}) forward({rows, 1, inputs}, KERNEL_one_output_forward);
  }
}

TEST_F(ProductCuda, BackwardWeightAtTheEdgesOfTiles) {
  for (int processors : device_sizes) {
    context.multiprocessors = processors;
    for (int64_t outputs : tile_edges) backward_weight({up_to(random, 40), outputs, 66}, 16);
    for (int64_t inputs : tile_edges) backward_weight({up_to(random, 40), 66, inputs}, 16);
  }
}

TEST_F(ProductCuda, BackwardWeightAtTheEdgesOfGrainsAndLeaves) {
  for (int64_t grain : {1, 2, 5, 15, 16, 17, 32, 100, 255, 256, 257, 511, 513, 2048, 2049, 2305}) {
    for (int64_t rows : {grain - 1, grain, grain + 1, 2 * grain, 5 * grain + 3}) {
      if (rows < 1 || rows > 5000) continue;
      context.multiprocessors = (int)up_to(random, 3);
      backward_weight({rows, up_to(random, 9), up_to(random, 9)}, grain);
      context.multiprocessors = 1000;
      backward_weight({rows, up_to(random, 9), up_to(random, 9)}, grain);
    }
  }
}

TEST_F(ProductCuda, RandomDimensions) {
  for (int i = 0; i < 40; i++) {
    context.multiprocessors = device_sizes[i % 3];
    Dimensions d = {up_to(random, 150), 1 + up_to(random, 80), up_to(random, 300)};
    forward(d);
    backward_input({d.rows, d.inputs, d.outputs});
    backward_weight({up_to(random, 200), d.outputs, up_to(random, 100)}, up_to(random, 120));
  }
}

// The flag of the tensor whose addend does not fit, and no other.
TEST_F(ProductCuda, AddendsOutOfRangeRaiseTheFlagOfTheirTensor) {
  const int64_t rows = 70, outputs = 35, inputs = 67, grain = 16;
  for (int processors : {1, 1000}) {
    context.multiprocessors = processors;
    SCOPED_TRACE(testing::Message() << "linear_backward_weight, " << rows << " rows, " << outputs
                                    << " outputs, " << inputs << " inputs, " << processors << " processors");
    for (float bad :
         {__builtin_inff(), -__builtin_inff(), __builtin_nanf(""), 0x1p22f, -0x1p22f, 0x1.fffffep21f}) {
      for (int64_t row : {(int64_t)0, (int64_t)20, rows - 1}) {
        const bool fits = bad == 0x1.fffffep21f, in_dy = row != 20;
        Values dy((size_t)(rows * outputs), in_dy ? 0.0f : 1.0f),
            x((size_t)(rows * inputs), in_dy ? 1.0f : 0.0f);
        if (in_dy) {
          dy[(size_t)(row * outputs + outputs - 1)] = bad;
        } else {
          x[(size_t)(row * inputs + inputs - 1)] = bad;
        }
        DeviceArray<float> from_dy(dy), from_x(x);
        DeviceArray<int64_t> qw(std::vector<int64_t>((size_t)(outputs * inputs))),
            qb(std::vector<int64_t>((size_t)outputs));
        DeviceArray<int32_t> flags(std::vector<int32_t>(2));
        LinearBackwardWeight s = {qw.at(), qb.at(), flags.at(), flags.at() + 1, from_dy.at(),     from_x.at(),
                                  rows,    outputs, inputs,     grain,          {0x1p40, 0x1p22f}};
        run(linear_backward_weight_cuda, s, weight_kernel(s), some_order());
        EXPECT_EQ(!fits, flags.values()[0]) << bad << " in row " << row;
        EXPECT_EQ(!fits && in_dy, flags.values()[1]) << bad << " in row " << row;
      }
    }
  }
}
