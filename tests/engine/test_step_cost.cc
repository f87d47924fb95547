// What a training step asks of the system: nothing. Each training runs in a child whose system calls its
// parent counts (ptrace), and which counts its own allocations, between calls of the event sink. Streamed
// rows come from arrays here: a stream of a file has threads of its own, which read (pread64) and hand
// windows over (futex), and those are no part of the engine's step.
#include "counted_memory.h"
#include "training_case.h"

#include <cerrno>
#include <csignal>
#include <gtest/gtest.h>
#include <map>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <tuple>
#include <unistd.h>

namespace {

enum { INTERVALS = 40, MARK = SYS_getppid, REFUSED = 7 };

// Written by the child.
struct Shared {
  int intervals;
  uint64_t steps;
  long allocations[INTERVALS]; // of the steps before each call of the sink
  long before;
};

struct Counts {
  bool traced = false;
  Shared shared{};
  std::vector<std::map<long, int>> calls; // by number, of the steps before each call of the sink
};

Shared *shared;

Status mark_events(void *, const Event *events, int count, Error *) {
  if (events[0].kind != EVENT_STEP || shared->intervals == INTERVALS) return STATUS_OK;
  shared->allocations[shared->intervals++] = counted_memory_calls() - shared->before;
  shared->steps += (uint64_t)count;
  syscall(MARK);
  shared->before = counted_memory_calls();
  return STATUS_OK;
}

Status save_nothing(void *, const Snapshot *, Error *) {
  return STATUS_OK;
}

// A training of `c` on rows in memory or streamed; the exit code.
int train(TrainingCase c, int threads, bool streamed) {
  Error error{};
  Device *device = nullptr;
  Trainer *trainer = nullptr;
  TrainEnd end{};
  c.layout.segments = c.segments.data();
  c.config.model.hidden = c.hidden.data();
  c.config.model.hidden_count = (int)c.hidden.size();
  c.config.bits_text = const_cast<char *>(c.bits.c_str());
  c.config.train.micro_batch = MICRO_BATCH_ALL;
  Batch rows{c.values.data(), c.ids.data(), c.targets.data(), c.weights.data()};
  CaseSource source = case_source(&rows, c.rows, streamed);
  TrainerOptions options{};
  options.config = &c.config;
  options.layout = &c.layout;
  options.train = &source.base;
  options.events = {nullptr, mark_events};
  options.checkpoints = {nullptr, save_nothing};
  Status status = device_create(&device, "auto", threads, &error);
  options.device = device;
  if (status == STATUS_OK) status = trainer_create(&trainer, &options, &error);
  shared->before = counted_memory_calls();
  if (status == STATUS_OK) status = trainer_run(trainer, &end, &error);
  return (int)status;
}

// One stop of a traced thread; `calls`: of the interval under way. A worker may fall asleep at any time.
void count_call(Counts *counts, std::map<long, int> *calls, pid_t thread, bool is_worker) {
  struct __ptrace_syscall_info info;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, (void *)sizeof info, &info) <= 0) return;
  if (info.op != PTRACE_SYSCALL_INFO_ENTRY || (is_worker && info.entry.nr == SYS_futex)) return;
  if (info.entry.nr == MARK) {
    counts->calls.push_back(*calls);
    calls->clear();
  } else {
    (*calls)[(long)info.entry.nr]++;
  }
}

void follow(Counts *counts, pid_t child) {
  std::map<long, int> calls;
  int status;
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) return;
  const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
  counts->traced = ptrace(PTRACE_SETOPTIONS, child, nullptr, (void *)options) == 0;
  ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
  for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0;) {
    if (!WIFSTOPPED(status)) {
      if (thread == child) return;
      continue;
    }
    int signal = WSTOPSIG(status);
    const bool own = signal == (SIGTRAP | 0x80) || signal == SIGTRAP || signal == SIGSTOP;
    if (signal == (SIGTRAP | 0x80)) count_call(counts, &calls, thread, thread != child);
    ptrace(PTRACE_SYSCALL, thread, nullptr, (void *)(long)(own ? 0 : signal));
  }
}

Counts count(const TrainingCase &c, int threads, bool streamed) {
  Counts counts;
  shared = (Shared *)mmap(nullptr, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  *shared = Shared{};
  pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(REFUSED);
    raise(SIGSTOP);
    _exit(train(c, threads, streamed));
  }
  follow(&counts, child);
  counts.shared = *shared;
  munmap(shared, sizeof *shared);
  return counts;
}

struct Size {
  const char *name;
  std::vector<int> hidden;
  int64_t rows;
  int batch;
};

class StepCost : public testing::TestWithParam<std::tuple<int, bool>> {};

const Size kSizes[] = {{"small", {64}, 1280, 64}, {"large", {256, 128}, 2560, 512}};

} // namespace

TEST_P(StepCost, NoAllocationAndNoSystemCall) {
  if (counted_memory_calls() < 0) GTEST_SKIP() << "a sanitizer allocates and calls the system on its own";
  const auto [threads, streamed] = GetParam();
  for (const char *name : {"mlp_binary", "mlp_multiclass"}) {
    for (const Size &size : kSizes) {
      SCOPED_TRACE(std::string(name) + " " + size.name);
      TrainingCase c = training_case(name, size.rows);
      c.hidden = size.hidden;
      c.config.train.batch = size.batch;
      c.config.train.epochs = 2 * INTERVALS;
      c.config.log_every_steps = 10;
      c.config.checkpoint.every_epochs = 0;
      Counts counts = count(c, threads, streamed);
      if (!counts.traced) GTEST_SKIP() << "this system does not let a process trace its child";
      ASSERT_EQ(counts.shared.intervals, INTERVALS);
      ASSERT_GE(counts.calls.size(), (size_t)INTERVALS);
      EXPECT_GE(counts.shared.steps, (uint64_t)INTERVALS * 5);
      for (int i = 0; i < INTERVALS; i++) {
        EXPECT_EQ(counts.shared.allocations[i], 0) << "in interval " << i;
        if (i == 0) continue; // with what came before the first step
        for (auto [number, times] : counts.calls[(size_t)i]) {
          // Who waits for another thread for longer than 50 us sleeps; small steps are one thread's.
          if (number == SYS_futex && threads > 1 && size.batch > 64) continue;
          ADD_FAILURE() << times << " calls of number " << number << " in interval " << i;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, StepCost, testing::Combine(testing::Values(1, 2), testing::Bool()));
