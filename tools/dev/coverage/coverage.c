// Prints how often 95 % intervals hold the truth, by metric, method and number of rows, as Markdown tables.
//
//     ingot_coverage [SETS [POPULATION]]   data sets of each size (2000); binary, rare, ..., money (all)
//
// Of 1000 resamples each: with the usual 2000 the same takes twice as long and ends move by a hundredth less.
#include "tools/dev/coverage/money_coverage.h"
#include "tools/dev/coverage/simulation.h"

#include "engine/shared/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t sizes[] = {200, 1000, 4000};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static void print_share(const Coverage *coverage, const CoverageCount *wanted) {
  const CoverageCount *found = NULL;
  for (int i = 0; i < coverage->count && found == NULL; i++) {
    const CoverageCount *c = &coverage->counts[i];
    bool same = strcmp(c->name, wanted->name) == 0 && strcmp(c->of, wanted->of) == 0;
    if (same && c->resampled == wanted->resampled) found = c;
  }
  if (found == NULL || found->sets == 0)
    printf(" - |");
  else
    printf(" %.1f |", 100.0 * (double)found->hits / (double)found->sets);
}

static void print_line(const Coverage *by_size, int i) {
  const CoverageCount *count = &by_size[SIZES - 1].counts[i];
  if (count->sets == 0) return; // no interval
  printf("| %s | %s | %s%s |", count->name, count->of, interval_method_name(count->method),
         count->resampled ? ", not shown" : "");
  for (int s = 0; s < SIZES; s++) print_share(&by_size[s], count);
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
  int64_t sets = argc > 1 ? strtoll(argv[1], NULL, 10) : 2000;
  Coverage *by_size = memory_get(SIZES, sizeof *by_size);
  for (int population = 0; population < POPULATION_COUNT; population++) {
    const char *name = population_name((Population)population);
    if (argc > 2 && strcmp(argv[2], name) != 0) continue;
    for (int s = 0; s < SIZES; s++)
      coverage_simulate(&by_size[s], (Population)population, sizes[s], sets, 1000);
    printf("| %s | of | method | n = 200 | n = 1000 | n = 4000 |\n|---|---|---|---|---|---|\n", name);
    for (int i = 0; i < by_size[SIZES - 1].count; i++) print_line(by_size, i);
    printf("\n");
    fflush(stdout);
  }
  if (argc <= 2 || strcmp(argv[2], "money") == 0) print_money(sets);
  free(by_size);
  return 0;
}
