// ingot bench: what it prints and refuses, that it trains as ingot train does, and that a broken operator is
// found before anything is timed. No time is judged.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "report_case.h"

extern "C" {
#include "kernels/peak/peak.h"
#include "tools/bench/operators/run.h"
#include "tools/bench/peak.h"
}

namespace {

Json bench_json(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "bench");
  arguments.insert(arguments.end(), {"--json", "--samples", "3"});
  Outcome outcome = ingot(arguments);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return parsed(outcome.out);
}

void expect_refused(const std::vector<std::string> &arguments, int status, const std::string &sentence) {
  Outcome outcome = ingot(arguments);
  EXPECT_EQ(outcome.status, status) << outcome.err;
  EXPECT_NE(outcome.err.find(sentence), std::string::npos) << sentence << " is not in: " << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

// Least, median and most are in this order and of the samples.
void expect_times(const json_t *times, size_t samples) {
  ASSERT_EQ(report_size(times, "samples"), samples);
  double least = INFINITY, most = 0;
  for (size_t i = 0; i < samples; i++) {
    double seconds = json_number_value(json_array_get(report_at(times, "samples"), i));
    EXPECT_GT(seconds, 0);
    least = std::min(least, seconds);
    most = std::max(most, seconds);
  }
  EXPECT_EQ(report_number(times, "seconds/least"), least);
  EXPECT_EQ(report_number(times, "seconds/most"), most);
  EXPECT_GE(report_number(times, "seconds/median"), least);
  EXPECT_LE(report_number(times, "seconds/median"), most);
}

class TrainBench : public testing::Test {
protected:
  void SetUp() override {
    folder = test_folder();
    make_customers(folder, 4000);
    make_config(at("small.yaml"));
  }
  std::string at(const std::string &name) const { return folder + "/" + name; }
  std::string folder;
};

} // namespace

// ---- bench train ----

TEST_F(TrainBench, TakesTheStepsOfATraining) {
  train(at("small.yaml"), at("run"));
  std::map<std::string, std::string> before = contents_under(folder);
  Json bench = bench_json({"train", at("small.yaml"), "--steps", "2", "--threads", "2", "--device", "cpu"});
  EXPECT_EQ(contents_under(folder), before) << "it wrote something";
  expect_times(bench.json, 3);
  ASSERT_EQ(bench.size("losses"), 8u) << "three samples of two steps and one sample to warm up";
  size_t step = 0;
  for (const std::string &line : lines_of(read_file(at("run/events.jsonl")))) {
    Json event = parsed(line);
    if (event.text("event") != "step" || step == 8) continue;
    EXPECT_EQ((float)event.number("loss"), (float)bench.number("losses/" + std::to_string(step++)));
  }
  EXPECT_EQ(step, 8u) << read_file(at("run/events.jsonl"));
  EXPECT_EQ(bench.number("epochs"), 3);
}

TEST_F(TrainBench, SaysWhatAStepIs) {
  make_config(at("linear.yaml"), {"model: {kind: linear}"});
  std::string text = read_file(at("linear.yaml"));
  const size_t first = text.find("    - {columns: [contract"), last = text.find("\n", first);
  write_file(at("linear.yaml"), text.replace(first, last - first + 1, ""));
  Json plan = parsed(ingot({"plan", at("linear.yaml"), "--json"}).out);
  Json bench =
      bench_json({"train", at("linear.yaml"), "--steps", "1", "--isa", "portable", "--threads", "1"});
  const double weights = plan.number("parameters") - 1; // and a bias
  const double rows = plan.number("rows/train") / plan.number("steps_per_epoch");
  EXPECT_EQ(bench.number("flop"), 2 * 2 * rows * weights) << "forward, and the gradient of the weights";
  EXPECT_GT(bench.number("peak_bytes"), plan.number("bytes/sum"));
  EXPECT_EQ(json_object_get(bench.json, "planned_bytes"), nullptr)
      << "a part of the plan beside the whole process";
  EXPECT_EQ(bench.number("rows"), plan.number("rows/train"));
  EXPECT_DOUBLE_EQ(bench.number("steps_per_second") * bench.number("seconds/median"), 1);
  EXPECT_DOUBLE_EQ(bench.number("percent_of_peak"), 100 * bench.number("flops") / bench.number("peak_flops"));
  EXPECT_EQ(bench.text("isa"), "portable");
  EXPECT_EQ(bench.number("threads"), 1);
}

TEST_F(TrainBench, TakesMoreEpochsWhereTheStepsNeedThem) {
  Outcome outcome = ingot({"bench", "train", at("small.yaml"), "--steps", "20", "--samples", "2"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("train.epochs: 20 instead of 3, for 60 steps"), std::string::npos)
      << outcome.err;
  for (const char *line : {"samples          2 of 20 steps each", "a step  ", "rate  ", "MFLOP a step",
                           "MiB of this process at most"})
    EXPECT_NE(outcome.out.find(line), std::string::npos) << line << " is not in: " << outcome.out;
  EXPECT_EQ(outcome.out.find("planned"), std::string::npos) << outcome.out;
}

TEST_F(TrainBench, FindsOutHowManyStepsASampleNeeds) {
  Json bench = bench_json({"train", at("small.yaml")});
  EXPECT_GE(bench.number("steps"), 1);
  EXPECT_EQ(bench.size("losses"), 4 * (size_t)bench.number("steps"));
}

TEST_F(TrainBench, Refuses) {
  expect_refused({"bench", "train"}, 2, "ingot bench train takes CONFIG, 0 were given");
  expect_refused({"bench", "train", at("absent.yaml")}, 66, "absent.yaml");
  expect_refused({"bench", "train", at("small.yaml"), "--threads", "0"}, 2, "--threads 0");
  expect_refused({"bench", "train", at("small.yaml"), "--samples", "0"}, 2, "--samples 0");
  expect_refused({"bench", "train", at("small.yaml"), "--isa", "sse9"}, 2, "--isa sse9");
  expect_refused({"bench", "train", at("small.yaml"), "--steps", "50", "--set",
                  "train.optimizer.learning_rate=1000", "--set", "train.optimizer.weight_decay=1"},
                 3, "in a benchmark, which keeps nothing");
}

// ---- bench load ----

TEST_F(TrainBench, LoadsFromMemoryAndFromTheFile) {
  std::map<std::string, std::string> before = contents_under(folder);
  for (const std::string residency : {"memory", "stream"}) {
    Json bench =
        bench_json({"load", at("small.yaml"), "--threads", "2", "--set", "machine.residency=" + residency});
    Json plan = parsed(ingot({"plan", at("small.yaml"), "--json"}).out);
    expect_times(bench.json, 3);
    EXPECT_EQ(bench.text("residency"), residency);
    EXPECT_EQ(bench.number("rows"), plan.number("rows/train"));
    EXPECT_EQ(bench.number("threads"), 2);
    EXPECT_GT(bench.number("held_bytes"), 0);
    EXPECT_DOUBLE_EQ(bench.number("rows_per_second") * bench.number("seconds/median"), bench.number("rows"));
  }
  EXPECT_EQ(contents_under(folder), before) << "it wrote something";
}

TEST_F(TrainBench, LoadRefuses) {
  expect_refused({"bench", "load"}, 2, "ingot bench load takes CONFIG, 0 were given");
  expect_refused({"bench", "load", at("absent.yaml")}, 66, "absent.yaml");
  expect_refused({"bench", "load", at("small.yaml"), "--device", "cuda"}, 2, "bench load times a CPU");
}

// ---- bench ----

TEST(OperatorBench, PrintsAListOfObjects) {
  Json list = bench_json({"linear_forward 1x64x64", "gradient_finish", "--threads", "2", "--device", "cpu"});
  Json forward(json_incref((json_t *)list.item("", "name", "linear_forward 1x64x64")));
  EXPECT_EQ(forward.text("group"), "thin");
  EXPECT_EQ(forward.text("operator"), "linear_forward");
  EXPECT_EQ(forward.number("shape/2"), 64);
  EXPECT_EQ(forward.text("unit"), "GFLOP/s");
  EXPECT_EQ(forward.number("amount"), 2 * 64 * 64);
  EXPECT_EQ(forward.number("threads"), 2);
  EXPECT_EQ(forward.size("peers"), 0u);
  EXPECT_GT(forward.number("percent_of_peak"), 0);
  expect_times(forward.json, 3);
  Json finish(json_incref((json_t *)list.item("", "operator", "gradient_finish")));
  EXPECT_EQ(finish.text("unit"), "GB/s");
  EXPECT_EQ(finish.number("amount"), 20 * finish.number("shape/0"));
  Json copy(json_incref((json_t *)list.item("", "name", "copy")));
  EXPECT_EQ(copy.text("group"), "peak");
  EXPECT_GT(copy.number("rate"), 0);
  size_t cases = 0;
  for (size_t i = 0; i < list.size(""); i++) cases += list.text(std::to_string(i) + "/group") != "peak";
  EXPECT_EQ(cases, 2u) << "what was not asked for was timed";
}

TEST(OperatorBench, TimesAloneWhereNothingElseIsWanted) {
  Json list = bench_json({"gradient_finish", "--times-only", "--device", "cpu"});
  ASSERT_EQ(list.size(""), 1u) << "peaks were measured";
  Json finish(json_incref((json_t *)list.item("", "operator", "gradient_finish")));
  EXPECT_TRUE(json_is_null(json_object_get(finish.json, "percent_of_peak")));
  expect_times(finish.json, 3);
}

TEST(OperatorBench, MeasuresThePeakOfEveryInstructionSet) {
  Json list = bench_json({"peak", "--threads", "3"});
  size_t sets = 0, found = 0;
  for (int i = 0; operators_isa(i) != nullptr; i++) sets += operators_cpu(operators_isa(i)) != nullptr;
  for (size_t i = 0; i < list.size(""); i++) found += list.text(std::to_string(i) + "/name") == "fma";
  EXPECT_EQ(list.size(""), 2 * sets + 1) << "by one thread and by three, and the copy";
  EXPECT_EQ(found, 2 * sets);
}

TEST(OperatorBench, CountsMultiplyAdds) {
  for (int i = 0; operators_isa(i) != nullptr; i++) {
    PeakFunction *peak = peak_cpu(operators_isa(i));
    EXPECT_EQ(peak != nullptr, operators_cpu(operators_isa(i)) != nullptr);
    if (peak == nullptr) continue;
    float values[PEAK_VALUES] = {0.5f, 1.0f};
    const int64_t once = peak(values, 100);
    EXPECT_GT(once, 0);
    EXPECT_EQ(peak(values, 300), 3 * once);
    EXPECT_EQ((double)values[2], (double)once / 100) << "every chain and lane has come to 2";
  }
  EXPECT_EQ(peak_cpu("sse9"), nullptr);
}

TEST(OperatorBench, TimesPeersBesideOurs) {
  Json list = bench_json({"operators", "linear_forward 1x256x64", "batch_rows", "--device", "cpu",
                          "--threads", "1", "--peer", INGOT_TEST_PEERS "/libopenblas_peer.so", "--peer",
                          INGOT_TEST_PEERS "/libdnnl_peer.so"});
  Json forward(json_incref((json_t *)list.item("", "operator", "linear_forward")));
  ASSERT_EQ(forward.size("peers"), 2u);
  EXPECT_EQ(forward.text("peers/0/name"), "OpenBLAS of the tests");
  EXPECT_EQ(forward.text("peers/0/library"), INGOT_TEST_PEERS "/libopenblas_peer.so");
  EXPECT_EQ(forward.text("peers/1/name"), "oneDNN 9.8.7, one thread");
  for (int i = 0; i < 2; i++) {
    const json_t *peer = forward.at("peers/" + std::to_string(i));
    expect_times(peer, 3);
    EXPECT_EQ(report_number(peer, "ratio"),
              forward.number("seconds/median") / report_number(peer, "seconds/median"));
  }
  Json rows(json_incref((json_t *)list.item("", "operator", "batch_rows")));
  EXPECT_EQ(rows.size("peers"), 0u);
}

TEST(OperatorBench, PrintsATable) {
  Outcome outcome = ingot({"bench", "linear_forward 1x64x64", "batch_rows", "--device", "cpu", "--samples",
                           "1", "--threads", "1", "--peer", INGOT_TEST_PEERS "/libopenblas_peer.so"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const char *const parts[] = {"fma       portable   1 thread",
                               "copy                 1 thread",
                               "peer 1    OpenBLAS of the tests (",
                               "median ms",
                               "\nlinear_forward 1x64x64 ",
                               " GFLOP/s ",
                               "\nbatch_rows 2097152 ",
                               " GB/s ",
                               "\ngeometric mean of the products "};
  size_t at = 0;
  for (const char *part : parts) {
    at = outcome.out.find(part, at);
    ASSERT_NE(at, std::string::npos) << part << " is not, or not in this order, in:\n" << outcome.out;
  }
}

TEST(OperatorBench, RunsOnAGpu) {
  Call call{{"bench", "linear_forward 1x64x64", "--device", "cuda", "--samples", "1", "--json"}};
  call.with_gpu = true;
  Outcome outcome = run_ingot(call);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  Json list = parsed(outcome.out);
  ASSERT_EQ(list.size(""), 1u) << "the peak of a GPU is not measured";
  EXPECT_EQ(list.text("0/device"), "cuda");
  EXPECT_TRUE(json_is_null(json_object_get(json_array_get(list.json, 0), "percent_of_peak")));
}

TEST(OperatorBench, Refuses) {
  expect_refused({"bench", "linear_foward"}, 2, "did you mean 'linear_forward'?");
  expect_refused({"bench", "something else"}, 2, "the groups are peak, products, input_gradients");
  expect_refused({"bench", "peak", "train"}, 2, "'train' comes first: ingot bench train CONFIG");
  expect_refused({"bench", "peak", "load"}, 2, "'load' comes first: ingot bench load CONFIG");
  expect_refused({"bench", "peak", "--peer", ""}, 2, "--peer '': it takes the path or the soname");
  expect_refused({"bench", "peak", "--threads", "0"}, 2, "--threads 0");
  expect_refused({"bench", "peak", "--isa", "sse9"}, 2, "there is no instruction set 'sse9'");
  expect_refused({"bench", "peak", "--device", "tpu"}, 2, "there is no device 'tpu'");
  expect_refused({"bench", "peak", "--peer", "/absent/libdnnl.so"}, 66,
                 "--peer /absent/libdnnl.so: it cannot");
  expect_refused({"bench", "peak", "--peer", "libm.so.6"}, 65, "it is neither oneDNN");
  expect_refused({"bench", "peak", "--peer", INGOT_TEST_PEERS "/libwrong_peer.so"}, 65,
                 "gets a product of whole numbers wrong");
  expect_refused({"bench", "peak", "--device", "cuda", "--peer", "libm.so.6"}, 2, "--peer compares on a CPU");
}

TEST(OperatorBench, SaysWhatHelpsWhereMemoryEnds) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's own memory hides the program's";
#endif
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"bench", "peak"}, "or leave peaks out by --times-only"},
      {{"bench", "activation_forward 32768x256", "--times-only"}, "or name smaller cases"}};
  for (const auto &[arguments, remedy] : cases) {
    Call call{arguments};
    call.arguments.insert(call.arguments.end(), {"--device", "cpu", "--threads", "1"});
    call.memory_limit = 64 << 20;
    Outcome outcome = run_ingot(call);
    EXPECT_EQ(outcome.status, 69) << outcome.err;
    EXPECT_NE(outcome.err.find(remedy), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.err.find("micro_batch"), std::string::npos) << outcome.err;
  }
}

TEST(OperatorBench, TakesTheMedianBetweenTheMiddleTwo) {
  const double seconds[] = {4, 1, 8, 2};
  const BenchSpread even = bench_spread(seconds, 4), odd = bench_spread(seconds, 3),
                    one = bench_spread(seconds, 1);
  EXPECT_EQ(even.median, 3);
  EXPECT_EQ(odd.median, 4);
  EXPECT_EQ(one.median, 4);
  EXPECT_EQ(even.least, 1);
  EXPECT_EQ(even.most, 8);
}

// ---- broken operators ----

namespace {

// The portable operators with one that does nothing.
#define OPERATOR(name, Arguments, least)                                                                     \
  void nothing_##name(const Arguments *, int64_t, int64_t) {}
#include "kernels/operators.inc"
#undef OPERATOR

Operators without(OperatorId id) {
  Operators operators = *operators_cpu("portable");
  switch (id) {
#define OPERATOR(name, Arguments, least)                                                                     \
  case OPERATOR_##name:                                                                                      \
    operators.name = nothing_##name;                                                                         \
    break;
#include "kernels/operators.inc"
#undef OPERATOR
  default:
    break;
  }
  return operators;
}

struct OwnDevice {
  Operators operators;
  Device *device = nullptr;
  explicit OwnDevice(const Operators &table) : operators(table) {
    Error error = {};
    EXPECT_EQ(device_create_with(&device, &operators, 1, &error), STATUS_OK) << error.text;
  }
  ~OwnDevice() { device_free(device); }
};

void count_result(void *context, const OperatorCase *, const OperatorTimes *) {
  ++*(int *)context;
}

// One case of every operator that is measured, of few rows.
std::vector<OperatorCase> small_cases() {
  std::vector<OperatorCase> cases;
  bool seen[OPERATOR_COUNT] = {};
  for (int i = 0; i < operator_case_count(); i++) {
    OperatorCase c = operator_cases[i];
    if (seen[c.work.id]) continue;
    seen[c.work.id] = true;
    c.work.rows = std::min<int64_t>(c.work.rows, 300);
    cases.push_back(c);
  }
  return cases;
}

} // namespace

TEST(OperatorCheck, FindsEveryOperatorThatDoesNothing) {
  OwnDevice reference(*operators_cpu("portable"));
  EXPECT_EQ(small_cases().size(), 18u);
  for (const OperatorCase &c : small_cases()) {
    char name[CASE_NAME];
    Error error = {};
    OwnDevice broken(without(c.work.id));
    operator_case_name(name, &c);
    EXPECT_EQ(operator_check(&c, broken.device, reference.device, &error), 69) << name;
    EXPECT_NE(std::string(error.text).find(std::string(name) + ": the bits of (cpu, own, 1 thread)"),
              std::string::npos)
        << error.text;
    EXPECT_EQ(operator_check(&c, reference.device, reference.device, &error), 0) << error.text;
  }
}

TEST(OperatorCheck, TimesNothingWhereOneIsBroken) {
  const OperatorCase *const cases[] = {&operator_cases[0], &operator_cases[1]};
  int results = 0;
  for (bool is_broken : {true, false}) {
    Error error = {};
    OwnDevice device(is_broken ? without(OPERATOR_linear_forward) : *operators_cpu("portable"));
    OperatorRun run = {};
    run.device = device.device;
    run.samples = 1;
    run.tiny = 1;
    run.cases = cases;
    run.case_count = 2;
    run.context = &results;
    run.result = count_result;
    EXPECT_EQ(operator_run_all(&run, &error), is_broken ? 69 : 0) << error.text;
    EXPECT_EQ(results, is_broken ? 0 : 2);
    results = 0;
    run.is_checked = 1;
    EXPECT_EQ(operator_run_all(&run, &error), 0) << error.text;
    EXPECT_EQ(results, 2) << "of what was checked before, times alone";
    results = 0;
  }
}

// A last element that is wrong, as where a tail is forgotten, is enough.
TEST(OperatorCheck, FindsOneWrongElement) {
  const OperatorCase c = {"products", {OPERATOR_linear_forward, 3, 5, 7}};
  Operators operators = *operators_cpu("portable");
  operators.linear_forward = [](const LinearForward *s, int64_t first, int64_t last) {
    linear_forward_portable(s, first, last);
    s->y[s->rows * s->outputs - 1] *= 1 + 0x1p-23f;
  };
  Error error = {};
  OwnDevice broken(operators), reference(*operators_cpu("portable"));
  EXPECT_EQ(operator_check(&c, broken.device, reference.device, &error), 69);
  EXPECT_NE(std::string(error.text).find("first at byte 56 of array"), std::string::npos) << error.text;
}
