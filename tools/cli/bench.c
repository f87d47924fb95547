// ingot bench: how fast operators, whole training steps and loading are on this machine.
#include "tools/cli/bench/bench_parts.h"

#include <string.h>

Status verb_bench(int argc, char **argv, Error *error);

Status verb_bench(int argc, char **argv, Error *error) {
  if (argc > 1 && strcmp(argv[1], "train") == 0) return bench_train(argc - 1, argv + 1, error);
  if (argc > 1 && strcmp(argv[1], "load") == 0) return bench_load(argc - 1, argv + 1, error);
  if (argc > 1 && strcmp(argv[1], "operators") == 0) return bench_operators(argc - 1, argv + 1, error);
  return bench_operators(argc, argv, error);
}

json_t *bench_spread_json(const BenchSpread *spread) {
  return json_pack("{s:f,s:f,s:f}", "median", spread->median, "least", spread->least, "most", spread->most);
}

json_t *bench_samples_json(const double *seconds, int64_t count) {
  json_t *list = json_array();
  for (int64_t i = 0; i < count; i++) json_array_append_new(list, json_real(seconds[i]));
  return list;
}
