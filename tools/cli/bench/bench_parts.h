// The benchmarks of the verb bench, each with a command line of its own.
#ifndef INGOT_TOOLS_CLI_BENCH_BENCH_PARTS_H
#define INGOT_TOOLS_CLI_BENCH_BENCH_PARTS_H

#include "engine/shared/status.h"
#include "tools/bench/bench.h"

#include <jansson.h>

// `bench [operators] [NAME]...`: argv[0] is the word before the arguments.
Status bench_operators(int argc, char **argv, Error *error);

// `bench train CONFIG`: argv[0] is "train".
Status bench_train(int argc, char **argv, Error *error);

// `bench load CONFIG`: argv[0] is "load".
Status bench_load(int argc, char **argv, Error *error);

// {"median", "least", "most"} in seconds; a list of seconds.
json_t *bench_spread_json(const BenchSpread *spread);
json_t *bench_samples_json(const double *seconds, int64_t count);

#endif
