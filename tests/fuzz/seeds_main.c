// Writes the seeds of every fuzzer: fuzz_seeds FOLDER makes FOLDER/<fuzzer>/.
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/stat.h>

int main(int argc, char **argv) {
#define TARGET(name) #name,
  const char *const fuzzers[] = {
#include "tests/fuzz/targets.inc"
  };
#undef TARGET
  if (argc != 2) return 2;
  for (size_t i = 0; i < sizeof fuzzers / sizeof *fuzzers; i++) {
    char folder[512];
    snprintf(folder, sizeof folder, "%s/%s", argv[1], fuzzers[i]);
    mkdir(folder, 0777);
    if (!fuzz_seeds(fuzzers[i], folder)) return 1;
    puts(fuzzers[i]);
  }
  return 0;
}
