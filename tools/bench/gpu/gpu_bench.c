// Times operators and training steps on the first GPU; prints a line of JSON for each.
#include "tools/bench/gpu/gpu.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv) {
  GpuBench gpu = {.bench = {.samples = 9}};
  Error error = {0};
  if (argc > 2 || (argc == 2 && strcmp(argv[1], "--tiny") != 0)) {
    fprintf(stderr, "Usage: ingot_gpu_bench [--tiny]\n  --tiny  sizes that only show that it works\n");
    return STATUS_USAGE;
  }
  gpu.bench.tiny = argc == 2;
  Status status = device_create_cuda(&gpu.bench.device, 0, &error);
  if (status == STATUS_OK) status = gpu_operators(&gpu, &error);
  if (status == STATUS_OK) status = gpu_training(&gpu, &error);
  if (status != STATUS_OK) fprintf(stderr, "ingot_gpu_bench: %s\n", error.text);
  device_free(gpu.bench.device);
  return (int)status;
}

static void print_spread(const char *prefix, const BenchSpread *spread) {
  printf("\"%smedian_ms\": %.6g, \"%sleast_ms\": %.6g, \"%smost_ms\": %.6g, ", prefix, spread->median * 1e3,
         prefix, spread->least * 1e3, prefix, spread->most * 1e3);
}

void gpu_print(const GpuBench *gpu, const char *name, const BenchTimes *times, double amount,
               const char *unit) {
  double rate = amount / times->wall.median * 1e-9;
  printf("{\"name\": \"%s\", \"variant\": \"%s\", ", name, gpu->bench.tiny ? "ingot tiny" : "ingot");
  print_spread("", &times->wall);
  if (times->device.median > 0) print_spread("device_", &times->device);
  printf("\"samples\": %d, \"rate\": %.4g, \"unit\": \"%s", times->samples, rate, unit);
  if (strcmp(unit, "GB/s") == 0 && gpu->copy_rate > 0)
    printf(", %.0f %% of copy", 100 * rate * 1e9 / gpu->copy_rate);
  printf("\"}\n");
  fflush(stdout);
}
