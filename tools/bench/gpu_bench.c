// Times operators and training steps on the first GPU; prints a line of JSON for each.
#include "tools/bench/bench.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  Bench bench = {0};
  Error error = {0};
  if (argc > 2 || (argc == 2 && strcmp(argv[1], "--tiny") != 0)) {
    fprintf(stderr, "Usage: ingot_gpu_bench [--tiny]\n  --tiny  sizes that only show that it works\n");
    return STATUS_USAGE;
  }
  bench.tiny = argc == 2;
  Status status = device_create_cuda(&bench.device, 0, &error);
  if (status == STATUS_OK) status = bench_products(&bench, &error);
  if (status == STATUS_OK) status = bench_rows(&bench, &error);
  if (status == STATUS_OK) status = bench_training(&bench, &error);
  if (status != STATUS_OK) fprintf(stderr, "ingot_gpu_bench: %s\n", error.text);
  device_free(bench.device);
  return (int)status;
}
