// What every fuzzer shares: its one function, the input as a file, and the rule that every input must obey.
//
// A parser reads an input or refuses it with a documented status and a sentence: fuzz_settled() ends the
// process otherwise. The short form (test_fuzz.cc) and libFuzzer (tools/fuzz.sh) call the same functions.
#ifndef INGOT_TESTS_FUZZ_FUZZ_H
#define INGOT_TESTS_FUZZ_FUZZ_H

#include "engine/shared/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Writes the input as <folder of this process>/input<ending>, in memory where the machine has such a place.
// Valid until the next call; the folder goes away with the process.
const char *fuzz_file(const char *ending, const uint8_t *data, size_t size);
const char *fuzz_output(const char *ending); // a path there with nothing at it

// Aborts unless status is 0, or one that a reader may give (65, 66, 74, 78, 2), with a text.
void fuzz_settled(Status status, const Error *error);
int fuzz_read(void); // how many inputs were read so far, not refused

// Writes the seeds of one fuzzer into a folder, which exists; 0 where it has none.
int fuzz_seeds(const char *fuzzer, const char *folder);

#ifdef __cplusplus
}
#endif

#endif
