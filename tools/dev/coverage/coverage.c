// Prints how often 95 % intervals hold the truth, by metric, method and number of rows, as a Markdown table.
//
//     ingot_coverage [SETS [TASK]]   data sets of each size (2000); binary, multiclass or regression (all)
#include "tools/dev/coverage/simulation.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t sizes[] = {200, 1000, 5000};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void print_line(const Coverage *by_size, int i) {
  const CoverageCount *count = &by_size[SIZES - 1].counts[i];
  printf("| %s | %s | %s |", count->metric->name, count->difference ? "difference" : "model",
         interval_method_name(count->method));
  for (int s = 0; s < SIZES; s++) {
    for (int k = 0; k < by_size[s].count; k++) {
      const CoverageCount *c = &by_size[s].counts[k];
      if (c->metric != count->metric || c->difference != count->difference ||
          c->resampled != count->resampled)
        continue;
      if (c->sets == 0)
        printf(" - |");
      else
        printf(" %.1f |", 100.0 * (double)c->hits / (double)c->sets);
    }
  }
  printf("\n");
}

int main(int argc, char **argv) {
  static const char *const tasks[] = {"binary", "multiclass", "regression"};
  int64_t sets = argc > 1 ? strtoll(argv[1], NULL, 10) : 2000;
  Coverage *by_size = memory_get(SIZES, sizeof *by_size);
  printf("| metric | of | method | n = 200 | n = 1000 | n = 5000 |\n|---|---|---|---|---|---|\n");
  for (int task = 0; task < 3; task++) {
    if (argc > 2 && strcmp(argv[2], tasks[task]) != 0) continue;
    for (int s = 0; s < SIZES; s++) coverage_simulate(&by_size[s], (Task)task, sizes[s], sets, 2000);
    for (int i = 0; i < by_size[SIZES - 1].count; i++) print_line(by_size, i);
    fflush(stdout);
  }
  free(by_size);
  return 0;
}
