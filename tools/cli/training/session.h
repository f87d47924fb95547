// A training session: configuration, data, model inputs, device and the trainer's options, put together.
//
//     session_load -> session_open_data -> session_prepare -> trainer_create(&session.options) ... ->
//     session_close
//
// `check` needs the first two, `plan` the first three.
#ifndef INGOT_TOOLS_CLI_TRAINING_SESSION_H
#define INGOT_TOOLS_CLI_TRAINING_SESSION_H

#include "engine/device/device_choice.h"
#include "engine/evaluate/metrics.h"
#include "engine/train/trainer.h"
#include "io/data/dataset.h"
#include "io/run/manifest.h"
#include "tools/cli/judge/models/judged_rows.h"
#include "tools/cli/shared/command.h"

// Options that every verb which trains has.
typedef struct SessionChoices {
  TextList sets;       // --set key=value
  const char *seed;    // --seed N
  const char *device;  // --device D
  const char *threads; // --threads N
  const char *isa;     // --isa I
} SessionChoices;

#define SESSION_OPTIONS(choices)                                                                             \
  LIST(0, "set", "KEY=VALUE", &(choices)->sets,                                                              \
       "a key of the configuration, as in train.epochs=5; repeatable"),                                      \
      TEXT(0, "device", "D", &(choices)->device,                                                             \
           "cpu, cuda or cuda:N (default: a GPU where one can be used)"),                                    \
      TEXT(0, "threads", "N", &(choices)->threads,                                                           \
           "threads of the CPU (default: all cores this process may use)"),                                  \
      TEXT(0, "isa", "I", &(choices)->isa, "instruction set: portable, avx2 or avx512 (default: the best)")

// The validation metric of the trainer's Selection.
typedef struct Selector {
  const Metric *metric, *loss;
  JudgedRows judged;
  const Preprocess *preprocess;
  double *scores;
} Selector;

typedef struct Session {
  Config *config;
  ConfigProblems problems; // and where its keys stand
  TextList overrides;      // --set and the like, recorded in the run
  Dataset *dataset;
  uint8_t data_digest[DIGEST_BYTES];
  Preprocess *preprocess;
  TensorSet preprocess_tensors;
  BatchSource *train, *validation;
  Device *device;
  char device_reason[DEVICE_TEXT]; // why `auto` chose it; "" where it was named
  Selector selector;
  TrainerOptions options; // without sinks, stop and until_step
} Session;

// Zero-initialise a Session first; session_close is right after any failure. All problems of a configuration
// go to stderr, one block each.
Status session_load(Session *session, const char *path, const SessionChoices *choices, bool free_only,
                    Error *error);
Status session_open_data(Session *session, Error *error);
Status session_prepare(Session *session, Error *error); // 69: no memory for the rows

// 69 where this machine does not have the memory that the trainer would take. Before trainer_create.
Status session_check_memory(const TrainerPlan *plan, Error *error);

// Numerics f1: products by the algorithms of this run from now on, else nothing. Before trainer_create. 69
// where this device or cuBLASLt is not that of the run.
Status session_use_pins(Session *session, const Manifest *manifest, Error *error);
void session_close(Session *session);

// 2 where the value of an option cannot be, by the name it was typed with. session_load and load_config begin
// with it; a verb that looks at its run before them calls it first.
Status choices_check(const SessionChoices *choices, Error *error);

// What the choices come to as overrides, in the order in which they apply.
void choices_overrides(TextList *overrides, const SessionChoices *choices);

// config_load with --set and the like; free keys only where `free_only` (resume, evaluate). 2 where an
// option's value cannot be.
Status load_config(Config **config, const char *path, const SessionChoices *choices, bool free_only,
                   Error *error);

#endif
