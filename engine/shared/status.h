// The one status enum, error texts and the two control macros of the project.
//
// A Status is also the exit code of the program (README, "Exit codes"); its numbers never change.
// Foreign errors (errno, HDF5, SQLite) are converted where they arise, once, with context.
#ifndef INGOT_ENGINE_SHARED_STATUS_H
#define INGOT_ENGINE_SHARED_STATUS_H

typedef enum Status {
  STATUS_OK = 0,            // done, SHIP, FIRST, IDENTICAL
  STATUS_NO = 1,            // the answer is no: reproduce differs, verify finds a change
  STATUS_USAGE = 2,         // the command line cannot be understood
  STATUS_DIVERGED = 3,      // training met a non-finite value or an addend outside its bound
  STATUS_HOLD = 10,         // the verdict is HOLD
  STATUS_INCONCLUSIVE = 20, // the verdict is INCONCLUSIVE or UNDECIDED
  STATUS_DATA = 65,         // data invalid or not comparable
  STATUS_MISSING = 66,      // an input is missing
  STATUS_UNAVAILABLE = 69,  // device unavailable or the plan does not fit
  STATUS_BUG = 70,          // a bug of ours
  STATUS_EXISTS = 73,       // would overwrite
  STATUS_IO = 74,           // reading or writing failed
  STATUS_CONFIG = 78,       // the configuration is wrong
  STATUS_INTERRUPTED = 130, // INT: checkpoint saved, resumable
  STATUS_TERMINATED = 143,  // TERM, USR1, USR2: checkpoint saved, resumable
  STATUS_RETRYABLE = 170    // a fault that may pass
} Status;

typedef struct Error {
  Status status;
  int placed; // the text begins with its place, `file:line:column: error: `, and needs no other beginning
  char text[2048]; // one or more sentences: the value, the rule, the remedy; no final newline
} Error;

// Sets status and text (printf format) and returns status, so that `return error_set(...)` reads well.
Status error_set(Error *error, Status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

// Puts "prefix: " (printf format) before the text: context added on the way up.
Status error_prefix(Error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

// How messages count rows: from 1, as ROW_SHOWN, and so they say.
#define ROW_FORMAT "row %lld (row 1 is the first)"
#define ROW_SHOWN(row) ((long long)(row) + 1)

// Stops at the first failure and leaves through `done:`, where everything is freed.
// Needs a local `Status status` and a label `done`.
#define TRY(call)                                                                                            \
  do {                                                                                                       \
    status = (call);                                                                                         \
    if (status != STATUS_OK) goto done;                                                                      \
  } while (0)

// Returns the first failure to the caller; only where nothing is to be freed.
#define PASS(call)                                                                                           \
  do {                                                                                                       \
    Status pass_status = (call);                                                                             \
    if (pass_status != STATUS_OK) return pass_status;                                                        \
  } while (0)

#endif
