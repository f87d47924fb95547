// The optimizer's operators on a GPU: the bits of the CPU's operators, for every size, alignment and order of
// threads.
#include "tests/cuda/device_case.h"

using OptimizerCuda = DeviceCase;

TEST_F(OptimizerCuda, StepBegin) {
  std::vector<StepWindow> window(1);
  window[0].current = -1;
  window[0].scalars[0].step = 77;
  DeviceArray<StepWindow> dwindow(window);
  for (int64_t step = 0; step < 2; step++) {
    SCOPED_TRACE(testing::Message() << "step_begin, step " << step);
    DeviceArray<BatchSums> sums(std::vector<BatchSums>{{5, 6}});
    StepBegin arguments = {dwindow.at(), sums.at()};
    run(step_begin_cuda, arguments, KERNEL_step_begin, (uint64_t)step);
    EXPECT_EQ(dwindow.values()[0].current, step);
    EXPECT_EQ(dwindow.values()[0].scalars[0].step, 77u);
    EXPECT_EQ(sums.values()[0].weight, 0);
    EXPECT_EQ(sums.values()[0].loss, 0);
  }
}

TEST_F(OptimizerCuda, Initialise) {
  std::mt19937_64 random(61);
  for (int64_t count : odd_sizes()) {
    SCOPED_TRACE(testing::Message() << "initialise, " << count << " elements");
    Values expected((size_t)count);
    Initialise arguments = {expected.data(), count, random(), 5, 0.37f};
    run_portable(&Operators::initialise, arguments, initialise_tasks(&arguments));
    for (uint64_t order : thread_orders()) {
      DeviceArray<float> w(Values((size_t)count), order == 1);
      arguments.w = w.at();
      run(initialise_cuda, arguments, KERNEL_initialise, order);
      ASSERT_TRUE(same_bits(expected, w.values()));
    }
  }
}

TEST_F(OptimizerCuda, GradientFinish) {
  std::mt19937_64 random(62);
  for (int64_t count : odd_sizes()) {
    for (int bits : {30, 40, 50}) {
      SCOPED_TRACE(testing::Message() << "gradient_finish, " << count << " elements, fraction bits " << bits);
      std::vector<int64_t> q((size_t)count);
      for (int64_t &sum : q) sum = (int64_t)random() >> (random() % 62);
      q[0] = ((int64_t)1 << 62) + ((int64_t)1 << 38) + 1; // tells the way by binary64 from the direct one
      const std::vector<BatchSums> sums = {{bits == 30 ? 0 : count == 1 ? 1 : 12345678901234567, 0}};
      std::vector<int64_t> left = q;
      Values expected((size_t)count);
      GradientFinish arguments = {expected.data(), left.data(), sums.data(), count, bits};
      run_portable(&Operators::gradient_finish, arguments, count);
      for (uint64_t order : thread_orders()) {
        DeviceArray<int64_t> dq(q, order == 1);
        DeviceArray<float> g(Values((size_t)count), order == 7);
        DeviceArray<BatchSums> dsums(sums);
        arguments = {g.at(), dq.at(), dsums.at(), count, bits};
        run(gradient_finish_cuda, arguments, KERNEL_gradient_finish, order);
        ASSERT_TRUE(same_bits(expected, g.values()));
        ASSERT_EQ(dq.values(), std::vector<int64_t>((size_t)count, 0));
      }
    }
  }
}

namespace {

// Tensors of odd sizes at odd places, with gaps between them, in flat arrays.
struct Parameters {
  std::vector<TensorRun> runs;
  Values p, g, m, v;
  std::vector<StepWindow> window;
  int64_t count = 0;
  float clip;

  Parameters(std::mt19937_64 &random, const std::vector<int64_t> &sizes, bool wild, float clip_)
      : window(1), clip(clip_) {
    for (int64_t size : sizes) {
      runs.push_back({count, size, 0, (int32_t)(random() % 2)});
      count += size + (int64_t)(random() % 3);
    }
    p = values_of(random, count, wild), g = values_of(random, count, wild);
    m = values_of(random, count, wild), v = values_of(random, count, wild);
    for (float &square : v) square = square < 0 ? -square : square;
    for (int64_t i = 0; i < count; i += 7) { // moments that must not become subnormal
      g[(size_t)i] = 1e-38f;
      m[(size_t)i] = v[(size_t)i] = 0;
    }
    window[0].current = 1;
    window[0].scalars[1].learning_rate = 0.01f;
    window[0].scalars[1].correction1 = 1.0f / 0.19f;
    window[0].scalars[1].correction2 = 1.0f / 0.001999f;
  }

  OptimizerStep step(float *p_, const float *g_, float *m_, float *v_, const TensorRun *runs_,
                     const StepWindow *window_, const float *clip_, const int32_t *flags,
                     int64_t flag_count) const {
    return {p_,         g_,    m_,   v_,   runs_,  window_, clip_,  flags, (int64_t)runs.size(),
            flag_count, count, 0.1f, 0.9f, 0.999f, 0.1f,    0.001f, 1e-8f, 0.9f};
  }
};

} // namespace

struct OptimizerCudaSteps : OptimizerCuda {
  using Device = void (*)(CudaContext *, const OptimizerStep *);
  using Host = void (*Operators::*)(const OptimizerStep *, int64_t, int64_t);

  // Elements in no run, and all of them where a flag is up, must come out as they went in.
  void check(const Parameters &in, Device device, Host host, KernelId id, const std::vector<int32_t> &flags) {
    SCOPED_TRACE(testing::Message() << ingot_cuda_library()->kernel_name(id) << ", " << in.count
                                    << " elements in " << in.runs.size() << " tensors");
    Parameters out = in;
    OptimizerStep arguments = out.step(out.p.data(), out.g.data(), out.m.data(), out.v.data(), in.runs.data(),
                                       in.window.data(), &in.clip, flags.data(), (int64_t)flags.size());
    run_portable(host, arguments, in.count);
    for (uint64_t order : thread_orders()) {
      DeviceArray<float> p(in.p, order == 1), g(in.g), m(in.m, order == 1), v(in.v), clip(Values{in.clip});
      DeviceArray<TensorRun> runs(in.runs);
      DeviceArray<StepWindow> window(in.window);
      DeviceArray<int32_t> dflags(flags);
      arguments = in.step(p.at(), g.at(), m.at(), v.at(), runs.at(), window.at(), clip.at(), dflags.at(),
                          (int64_t)flags.size());
      run(device, arguments, id, order);
      ASSERT_TRUE(same_bits(out.p, p.values()));
      ASSERT_TRUE(same_bits(out.m, m.values()));
      ASSERT_TRUE(same_bits(out.v, v.values()));
    }
  }

  void check_all(Device device, Host host, KernelId id) {
    std::mt19937_64 random(63);
    for (bool wild : {false, true}) {
      for (int64_t count : odd_sizes()) check(Parameters(random, {count}, wild, 1.0f), device, host, id, {0});
      for (int i = 0; i < 20; i++) {
        std::vector<int64_t> sizes;
        for (int k = 0; k < 30; k++) sizes.push_back((int64_t)(random() % (i < 10 ? 7 : 300)));
        check(Parameters(random, sizes, wild, i % 2 ? 0.37f : 1.0f), device, host, id,
              std::vector<int32_t>(33, 0));
      }
    }
    for (size_t up : {0, 1, 299, 300}) {
      std::vector<int32_t> flags(301, 0);
      flags[up] = 1;
      Parameters in(random, {1000, 4, 500}, false, 1.0f);
      check(in, device, host, id, flags);
    }
  }
};

TEST_F(OptimizerCudaSteps, AdamW) {
  check_all(adamw_step_cuda, &Operators::adamw_step, KERNEL_adamw_step);
}

TEST_F(OptimizerCudaSteps, Sgd) {
  check_all(sgd_step_cuda, &Operators::sgd_step, KERNEL_sgd_step);
}
