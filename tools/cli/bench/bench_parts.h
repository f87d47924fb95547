// The two benchmarks of the verb bench, each with a command line of its own.
#ifndef INGOT_TOOLS_CLI_BENCH_BENCH_PARTS_H
#define INGOT_TOOLS_CLI_BENCH_BENCH_PARTS_H

#include "engine/shared/status.h"

// `bench train CONFIG`: argv[0] is "train".
Status bench_train(int argc, char **argv, Error *error);

#endif
