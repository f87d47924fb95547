// The program: finds the verb, runs it, prints its error; the status is the exit code.
#include "engine/shared/memory.h"
#include "engine/shared/memory_limit.h"
#include "engine/shared/status.h"
#include "io/shared/text.h"
#include "tools/cli/shared/output.h"

#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define VERB(group, name, summary) Status verb_##name(int argc, char **argv, Error *error);
#include "tools/cli/verbs.inc"
#undef VERB

typedef struct Verb {
  const char *group, *name, *summary;
  Status (*run)(int argc, char **argv, Error *error);
} Verb;

static const Verb verbs[] = {
#define VERB(group, name, summary) {group, #name, summary, verb_##name},
#include "tools/cli/verbs.inc"
#undef VERB
};
enum { VERB_COUNT = sizeof verbs / sizeof verbs[0], LARGE_BLOCK = 256 << 10, STACK_ROOM = 2 << 20 };

static void print_help(void) {
  printf("ingot %s: trains models, proves their bits, and says whether to ship them.\n\n"
         "Usage: ingot VERB [OPTION]... [ARGUMENT]...\n",
         INGOT_VERSION);
  for (int i = 0; i < VERB_COUNT; i++) {
    int new_group = i == 0 || strcmp(verbs[i].group, verbs[i - 1].group) != 0;
    if (new_group) printf("\n%s\n", verbs[i].group);
    printf("  %-10s %s\n", verbs[i].name, verbs[i].summary);
  }
  printf("\ningot VERB -h explains a verb, with examples; ingot --version prints the version.\n"
         "Exit codes: 0 done or SHIP, 1 no, 2 usage, 3 diverged, 10 HOLD, 20 INCONCLUSIVE, 65 data, 66 "
         "missing,\n"
         "69 unavailable, 70 bug, 73 would overwrite, 74 I/O, 78 configuration, 130 and 143 interrupted.\n");
}

static void out_of_memory(size_t bytes) {
  fprintf(stderr,
          "ingot: error: no memory for %zu bytes; `ingot plan` shows what a run takes, and a smaller "
          "train.micro_batch or machine.residency: stream takes less\n",
          bytes);
  _Exit(STATUS_UNAVAILABLE);
}

// A stack that cannot grow ends a program without a word; operators pack matrices there, and grow it late.
// Touching its end once keeps the room.
static __attribute__((noinline)) void keep_stack(void) {
  char room[STACK_ROOM];
  *(volatile char *)room = 0;
}

static Status check_stack(Error *error) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < 2 * STACK_ROOM) {
    return error_set(error, STATUS_UNAVAILABLE,
                     "the stack may have %llu bytes, and operators need %d: raise the limit (ulimit -s)",
                     (unsigned long long)limit.rlim_cur, 2 * STACK_ROOM);
  }
  PASS(memory_check(2 * STACK_ROOM, "the program's stack", "raise the limit", error));
  keep_stack();
  return STATUS_OK;
}

static Status run_verb(int argc, char **argv, Error *error) {
  const char *names[VERB_COUNT];
  for (int i = 0; i < VERB_COUNT; i++) {
    if (strcmp(argv[1], verbs[i].name) == 0) return verbs[i].run(argc - 1, argv + 1, error);
    names[i] = verbs[i].name;
  }
  const char *near = text_nearest(argv[1], names, VERB_COUNT);
  return near != NULL ? error_set(error, STATUS_USAGE, "unknown verb '%s'; did you mean '%s'?", argv[1], near)
                      : error_set(error, STATUS_USAGE, "unknown verb '%s'; see ingot -h", argv[1]);
}

int main(int argc, char **argv) {
  Error error = {0};
  // Large blocks go back to the system when they are freed, so that the peak is that of what is held at once.
  mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
  // One heap for all threads: of several, which one keeps what was freed is chance, and with it the peak.
  mallopt(M_ARENA_MAX, 1);
  memory_on_failure(out_of_memory);
  signal(SIGPIPE, SIG_IGN); // a closed pipe is a failed write, with a sentence,
  signal(SIGXFSZ, SIG_IGN); // and so is a file beyond the limit on sizes
  if (argc < 2 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
    print_help();
    return argc < 2 ? STATUS_USAGE : STATUS_OK;
  }
  if (strcmp(argv[1], "--version") == 0) {
    printf("ingot %s\n", INGOT_VERSION);
    return STATUS_OK;
  }
  Status status = check_stack(&error);
  if (status == STATUS_OK) status = run_verb(argc, argv, &error);
  end_progress();
  Error unwritten = {0};
  Status written = output_finish(&unwritten);
  // An answer that was not written is none.
  bool answered =
      status == STATUS_OK || status == STATUS_NO || status == STATUS_HOLD || status == STATUS_INCONCLUSIVE;
  if (answered && written != STATUS_OK) status = written, error = unwritten;
  if (status != STATUS_OK && error.text[0] != '\0')
    fprintf(stderr, "%s%s\n", error.placed ? "" : "ingot: error: ", error.text);
  return (int)status;
}
