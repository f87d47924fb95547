// What every fuzzer shares: the input as a file, and the rule that every input must obey.
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// HDF5 1.10 itself leaks what it allocated where a damaged file makes it give up: not ours to free.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
  return "leak:libhdf5";
}

// HDF5 asks for what a damaged file claims, and copes where it does not get it.
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "allocator_may_return_null=1";
}

static char folder[64], input[96], output[96];

static void forget_folder(void) {
  unlink(input);
  unlink(output);
  rmdir(folder);
}

static void make_folder(void) {
  if (folder[0] != '\0') return;
  snprintf(folder, sizeof folder, "%s/ingot_fuzz.XXXXXX",
           access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
  if (mkdtemp(folder) == NULL) abort();
  setenv("TMPDIR", folder, 1);
  atexit(forget_folder);
}

const char *fuzz_file(const char *ending, const uint8_t *data, size_t size) {
  make_folder();
  snprintf(input, sizeof input, "%s/input%s", folder, ending);
  int fd = open(input, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) != 0) abort();
  return input;
}

const char *fuzz_output(const char *ending) {
  make_folder();
  snprintf(output, sizeof output, "%s/output%s", folder, ending);
  unlink(output);
  return output;
}

static int read_count;

int fuzz_read(void) {
  return read_count;
}

void fuzz_settled(Status status, const Error *error) {
  read_count += status == STATUS_OK;
  if (status == STATUS_OK) return;
  const Status allowed[] = {STATUS_USAGE, STATUS_DATA, STATUS_MISSING, STATUS_IO, STATUS_CONFIG};
  int known = 0;
  for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++) known += status == allowed[i];
  if (known && strnlen(error->text, sizeof error->text) > 0) return;
  fprintf(stderr, "fuzz: status %d with '%s'\n", (int)status, error->text);
  abort();
}
