// Checkpoints on disk: <folder>/step-%08llu/{model.safetensors,optimizer.safetensors,state.json,SHA256SUMS}.
//
// Commit protocol: everything is written and flushed in <folder>/.tmp.step-N.host.pid/, SHA256SUMS last, the
// folder flushed, renamed without replacing, the parent flushed, the result read back and compared; only then
// are older ones removed, and two that verify always stay. A failure at any point (a failed flush is final)
// leaves the older ones as they were. No link names the newest: the newest folder that verifies is.
#ifndef INGOT_IO_CHECKPOINT_CHECKPOINT_H
#define INGOT_IO_CHECKPOINT_CHECKPOINT_H

#include "engine/train/sinks.h"
#include "io/checkpoint/safetensors.h"

#include <stdbool.h>

enum { CHECKPOINT_NAME_MAX = 40 }; // "step-%08llu"

// state.json: the state for people, and what is free (outside every digest, but under SHA256SUMS).
typedef struct CheckpointState {
  uint64_t step, epoch;
  uint8_t model_digest[DIGEST_BYTES], state_digest[DIGEST_BYTES];
  double best; // NaN: none yet
  uint64_t best_step;
  bool is_best, is_final;
  bool has_parent; // an earlier checkpoint of this run
  uint64_t parent_step;
  int64_t events_bytes; // the part of events.jsonl that led here, and its SHA-256
  uint8_t events_digest[DIGEST_BYTES];
  char numerics[16], version[32];
  uint8_t code_digest[DIGEST_BYTES];
} CheckpointState;

// Where and how a run saves. Strings are borrowed.
typedef struct CheckpointStore {
  const char *folder;       // <run>/checkpoints, which exists
  int keep_last, keep_best; // the newest, and the newest of those flagged best; at least 2 and 1 stay
  const FileCalls *calls;
  // Repeated in state.json; events_* are set before each save, parent_* moves on with each save.
  CheckpointState constants;
} CheckpointStore;

// Saves durably. A folder of that step that holds the same state counts as saved; one that does not verify is
// replaced; one that verifies with another state is 73. 74: not saved, and the text names what is kept.
Status checkpoint_save(CheckpointStore *store, const Snapshot *snapshot, Error *error);

// Removes the .tmp.* folders that earlier processes left. Only under the run's lock: whoever holds it is
// alone.
Status checkpoint_clean(const char *folder, Error *error);

// A checkpoint in memory.
typedef struct Checkpoint {
  char *path;        // its folder
  char *config_path; // <run>/config.yaml, whether or not it exists
  CheckpointState state;
  SafeTensors model, optimizer; // optimizer is empty where only the model was asked for
  TensorSet tensors;            // views of both
} Checkpoint;

void checkpoint_free(Checkpoint *checkpoint);

typedef enum CheckpointParts { CHECKPOINT_MODEL, CHECKPOINT_ALL } CheckpointParts;

// Loads one folder after checking every line of its SHA256SUMS, and its digests against state.json. 65 names
// the file that changed, is missing or was added. CHECKPOINT_MODEL reads the model alone (and checks it all).
Status checkpoint_load(Checkpoint **checkpoint, const char *path, CheckpointParts parts, Error *error);

// Whether a checkpoint (CHECKPOINT_ALL) belongs to a configuration and data: 78 names the first key whose
// value differs, or the data's digests.
Status checkpoint_match(const Checkpoint *checkpoint, const char *bits_text,
                        const uint8_t data_digest[DIGEST_BYTES], Error *error);

// The newest that loads, into `places` what has one there (safetensors_read_into; NULL: none). Those skipped
// are named, a sentence each, in *note (NULL where none; freed by free()). *checkpoint is NULL, with 0, where
// the folder has no checkpoint at all; 65 where none loads.
Status checkpoint_load_newest(Checkpoint **checkpoint, char **note, const char *folder,
                              const TensorSet *places, Error *error);

// The folder that a command's argument means: a checkpoint's folder itself; of a run the one named by
// `which`:
// "" or "best" (the newest flagged best, or the newest where none is), "last", or a step number. 66
// otherwise.
Status checkpoint_find(char **path, const char *argument, const char *which, Error *error);

// Steps in a checkpoints folder, ascending; freed by free(). Names that are not exactly ours are passed over.
Status checkpoint_steps(uint64_t **steps, int *count, const char *folder, Error *error);

void checkpoint_name(char name[CHECKPOINT_NAME_MAX], uint64_t step);
Status checkpoint_state_read(CheckpointState *state, const char *path, Error *error); // path of its folder

#endif
