// The scheduler of the grid on a CPU: fibers, their turns, and the checks at every meeting of threads.
#include "tests/cuda_on_cpu/grid.h"

#include "tests/cuda_on_cpu/memory.h"

#include <boost/context/detail/fcontext.hpp>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

namespace cpu_grid {

using boost::context::detail::fcontext_t;
using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

Block block;
int thread;

namespace {

enum State { RUNS, AT_BARRIER, AT_SHUFFLE, FINISHED };
enum : size_t { STACK = (size_t)256 << 10, GUARD = 4096 };

struct Copy { // on its way to shared memory
  void *to;
  const void *from;
  size_t bytes, from_memory; // zeros behind these
  int64_t group;
};

struct Thread {
  fcontext_t context; // where it goes on; NULL before it first ran
  State state;
  Place place;   // of the barrier or shuffle
  float value;   // given to a shuffle, then what comes back
  int lane;      // from which
  int64_t group; // of copies, that is open
  std::vector<Copy> copies;
};

Thread threads[MOST_THREADS];
fcontext_t scheduler; // where the running thread goes back to
const std::function<void()> *kernel_body;
const char *kernel_name;
bool running;       // a kernel
sigjmp_buf escape;  // from a fault in a kernel
char failure[1536]; // "": none
cudaError_t failure_code;
std::vector<int *> touched; // `live` of shared arrays
uint64_t random_state;
bool seeded, shuffled;

// ---- order ----

uint64_t random_word() { // splitmix64
  uint64_t z = random_state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

// A permutation of [0, count): at(i) is affine modulo the next power of two, places outside are skipped.
struct Order {
  explicit Order(uint64_t count_) : count(count_) {
    while (mask + 1 < count) mask = 2 * mask + 1;
    if (shuffled) {
      uint64_t word = random_word();
      start = word >> 32, step = (word & 0xffffffffu) | 1;
    }
  }
  // f(place) for every place, until it returns false.
  template <typename F> bool each(F f) const {
    for (uint64_t i = 0; i <= mask; i++) {
      uint64_t place = (start + i * step) & mask;
      if (place < count && !f(place)) return false;
    }
    return true;
  }
  uint64_t count, mask = 0, start = 0, step = 1;
};

// ---- failures ----

void describe_failure(cudaError_t code, const char *what) {
  failure_code = code;
  snprintf(failure, sizeof failure, "kernel %s, block (%d,%d,%d), thread %d: %s", kernel_name, block.x,
           block.y, block.z, thread, what);
}

// Faults inside a kernel are failures of it; outside, a line says which device memory the host touched.
void on_fault(int, siginfo_t *info, void *) {
  char place[256], line[512];
  device_describe(place, sizeof place, info->si_addr);
  if (running) {
    snprintf(line, sizeof line, "access to memory %s", place);
    describe_failure(cudaErrorIllegalAddress, line);
    siglongjmp(escape, 1);
  }
  int length = snprintf(line, sizeof line, "host code touched memory %s while no kernel runs\n", place);
  if (write(STDERR_FILENO, line, (size_t)length) < 0) _exit(1);
  signal(SIGSEGV, SIG_DFL);
  signal(SIGBUS, SIG_DFL);
}

void catch_faults() {
  static char stack[64 << 10]; // a fiber may have none left
  stack_t alternate = {};
  alternate.ss_sp = stack;
  alternate.ss_size = sizeof stack;
  sigaltstack(&alternate, nullptr);
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGBUS, &action, nullptr);
}

// ---- fibers ----

char *stack_of(int index) {
  static char *const all = [] {
    void *mapped = mmap(nullptr, MOST_THREADS * (STACK + GUARD), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) abort();
    for (size_t i = 0; i < MOST_THREADS; i++)
      mprotect((char *)mapped + i * (STACK + GUARD), GUARD, PROT_NONE);
    return (char *)mapped;
  }();
  return all + (size_t)index * (STACK + GUARD) + GUARD;
}

void leave() {
  scheduler = jump_fcontext(scheduler, nullptr).fctx;
}

void live_fiber(transfer_t from) {
  scheduler = from.fctx;
  for (;;) {
    (*kernel_body)();
    threads[thread].state = FINISHED;
    leave();
  }
}

bool resume(int index) {
  Thread &t = threads[index];
  if (t.context == nullptr) {
    ASAN_UNPOISON_MEMORY_REGION(stack_of(index), STACK);
    t.context = make_fcontext(stack_of(index) + STACK, STACK, live_fiber);
  }
  thread = index;
  t.context = jump_fcontext(t.context, nullptr).fctx;
  return failure[0] == '\0';
}

// ---- a block ----

const char *what_it_does(const Thread &t, char *text, size_t size) {
  if (t.state == FINISHED) return "has finished";
  snprintf(text, size, "is at the %s of %s:%d", t.state == AT_BARRIER ? "barrier" : "shuffle", t.place.file,
           t.place.line);
  return text;
}

// All of [first, last) must be where `first` is.
bool together(int first, int last, const char *rule) {
  const Thread &a = threads[first];
  for (int i = first + 1; i < last; i++) {
    const Thread &b = threads[i];
    if (b.state == a.state &&
        (a.state == FINISHED || (b.place.line == a.place.line && b.place.file == a.place.file)))
      continue;
    char text[1024], one[400], other[400];
    snprintf(text, sizeof text, "%s: it %s, but thread %d %s", rule, what_it_does(a, one, sizeof one), i,
             what_it_does(b, other, sizeof other));
    thread = first;
    describe_failure(cudaErrorLaunchFailure, text);
    return false;
  }
  return true;
}

void exchange(int first, int last) {
  float values[LANES];
  for (int i = first; i < last; i++) values[i - first] = threads[i].value;
  for (int i = first; i < last; i++) {
    threads[i].value = values[threads[i].lane];
    threads[i].state = RUNS;
  }
}

// Until all threads of the warp are at a barrier or have finished.
bool run_warp(int first, int last) {
  for (;;) {
    Order order((uint64_t)(last - first));
    bool fine = order.each([=](uint64_t lane) {
      int index = first + (int)lane;
      return threads[index].state != RUNS || resume(index);
    });
    if (!fine) return false;
    bool shuffles = false;
    for (int i = first; i < last; i++) shuffles |= threads[i].state == AT_SHUFFLE;
    if (!shuffles) return true;
    if (!together(first, last, "divergent shuffle")) return false;
    exchange(first, last);
  }
}

bool run_block() {
  int count = block.threads;
  for (int *array : touched) *array = 0;
  touched.clear();
  for (int i = 0; i < count; i++) {
    threads[i].state = RUNS;
    threads[i].group = 0;
    threads[i].copies.clear();
  }
  for (;;) {
    Order order((uint64_t)(count + LANES - 1) / LANES);
    bool fine = order.each([=](uint64_t warp) {
      int first = (int)warp * LANES;
      return run_warp(first, first + LANES < count ? first + LANES : count);
    });
    if (!fine || !together(0, count, "divergent barrier")) return false;
    if (threads[0].state == FINISHED) return true;
    for (int i = 0; i < count; i++) threads[i].state = RUNS;
  }
}

bool run_blocks(dim3 blocks, int count) {
  block.blocks = blocks;
  block.threads = count;
  Order order((uint64_t)blocks.x * blocks.y * blocks.z);
  return order.each([=](uint64_t place) {
    block.x = (int)(place % blocks.x);
    block.y = (int)(place / blocks.x % blocks.y);
    block.z = (int)(place / blocks.x / blocks.y);
    return run_block();
  });
}

bool run_guarded(dim3 blocks, int count) {
  DeviceAccess access;
  running = true;
  bool fine = sigsetjmp(escape, 1) == 0 && run_blocks(blocks, count);
  running = false;
  return fine;
}

void begin() {
  const char *given = getenv("INGOT_GRID_SEED");
  if (!seeded) seed(given ? strtoull(given, nullptr, 10) : 1);
  catch_faults();
}

} // namespace

void seed(uint64_t seed) {
  random_state = seed;
  seeded = true;
  shuffled = seed != 0;
}

void run(const char *kernel, dim3 blocks, int count, const std::function<void()> &body) {
  begin();
  if (failure[0] != '\0') return;
  kernel_name = kernel;
  kernel_body = &body;
  if (!run_guarded(blocks, count)) { // fibers stand in the middle of the kernel: they are forgotten
    for (Thread &t : threads) t.context = nullptr;
  }
  char place[256];
  if (device_overwritten(place, sizeof place) && failure[0] == '\0') {
    failure_code = cudaErrorIllegalAddress;
    snprintf(failure, sizeof failure, "kernel %s: it wrote to memory %s", kernel, place);
  }
}

cudaError_t take_failure(std::string *text) {
  if (failure[0] == '\0') return cudaSuccess;
  *text = failure;
  failure[0] = '\0';
  return failure_code;
}

void fail(const char *format, ...) {
  char what[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(what, sizeof what, format, arguments);
  va_end(arguments);
  if (!running) { // a mistake of a test
    fprintf(stderr, "%s\n", what);
    abort();
  }
  describe_failure(cudaErrorLaunchFailure, what);
  leave();
  abort();
}

void barrier(Place place) {
  Thread &t = threads[thread];
  t.place = place;
  t.state = AT_BARRIER;
  leave();
}

float shuffle(Place place, float x, int lane) {
  int first = thread / LANES * LANES;
  int lanes = block.threads - first < LANES ? block.threads - first : LANES;
  if (lane < 0 || lane >= lanes)
    fail("shuffle from lane %d of a warp of %d lanes (%s:%d)", lane, lanes, place.file, place.line);
  Thread &t = threads[thread];
  t.value = x;
  t.lane = lane;
  t.place = place;
  t.state = AT_SHUFFLE;
  leave();
  return t.value;
}

void copy_async(void *to, const float *from, int elements, int count) {
  const size_t bytes = sizeof(float) * (size_t)elements;
  if ((uintptr_t)to % bytes != 0) misaligned(to, (int)bytes);
  if ((uintptr_t)from % bytes != 0) misaligned(from, (int)bytes);
  memset(to, 0xff, bytes); // until it arrives nobody may rely on what is there
  size_t from_memory = count < 0 ? 0 : count < elements ? sizeof(float) * (size_t)count : bytes;
  threads[thread].copies.push_back({to, from, bytes, from_memory, threads[thread].group});
}

void copy_async_commit() {
  threads[thread].group++;
}

void copy_async_wait(int pending) {
  Thread &t = threads[thread];
  size_t left = 0;
  for (const Copy &copy : t.copies) {
    if (copy.group >= t.group - pending) {
      t.copies[left++] = copy;
      continue;
    }
    memset(copy.to, 0, copy.bytes);
    memcpy(copy.to, copy.from, copy.from_memory);
  }
  t.copies.resize(left);
}

void touch(void *elements, size_t bytes, int *array, int count, int64_t first, int64_t last) {
  if (first < 0 || last >= count)
    fail("index %lld of a shared array of %d", (long long)(first < 0 ? first : last), count);
  if (*array != 0) return;
  memset(elements, 0xff, bytes);
  *array = count;
  touched.push_back(array);
}

void misaligned(const void *address, int bytes) {
  fail("access to %d bytes at %p, which is not a multiple of %d", bytes, address, bytes);
}

} // namespace cpu_grid
