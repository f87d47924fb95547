// ingot bench: how fast operators and whole training steps are here.
#include "tools/cli/bench/bench_parts.h"

Status verb_bench(int argc, char **argv, Error *error);

Status verb_bench(int argc, char **argv, Error *error) {
  return bench_train(argc - 1, argv + 1, error);
}
