// Prints how often 95 % intervals hold the truth, by metric, method and number of rows, as a Markdown table.
//
//     ingot_coverage [SETS [TASK]]   data sets of each size (2000); binary, multiclass, regression or money
//     (all)
#include "tools/dev/coverage/money_coverage.h"
#include "tools/dev/coverage/simulation.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t sizes[] = {200, 1000, 5000};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void print_line(const Coverage *by_size, int i) {
  const CoverageCount *count = &by_size[SIZES - 1].counts[i];
  if (count->sets == 0) return; // no interval
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

// Value under capacities and in clusters, without resampling.
static void print_money(int64_t sets) {
  printf("\n| value of | of | method | n = 200 | n = 1000 | n = 5000 |\n|---|---|---|---|---|---|\n");
  for (int i = 0; i < MONEY_CASES; i++) {
    MoneyCoverage by_size[SIZES];
    for (int s = 0; s < SIZES; s++) by_size[s] = coverage_of_money(i, sizes[s], sets);
    for (int question = 0; question < MONEY_QUESTIONS; question++) {
      printf("| %s | %s | t |", money_case_names[i], money_question_names[question]);
      for (int s = 0; s < SIZES; s++)
        printf(" %.1f |", 100.0 * (double)by_size[s].hits[question] / (double)by_size[s].sets);
      printf("\n");
    }
    fflush(stdout);
  }
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
  if (argc <= 2 || strcmp(argv[2], "money") == 0) print_money(sets);
  free(by_size);
  return 0;
}
