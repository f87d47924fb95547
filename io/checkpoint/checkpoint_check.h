// What is wrong with a checkpoint's folder, file by file: for loading (the first) and verify (all).
#ifndef INGOT_IO_CHECKPOINT_CHECKPOINT_CHECK_H
#define INGOT_IO_CHECKPOINT_CHECKPOINT_CHECK_H

#include "engine/shared/status.h"

// Called once for each file that changed, is missing or was added: its name in the folder and a sentence.
typedef void CheckpointComplaint(void *context, const char *file, const char *sentence);

// Compares a folder with its SHA256SUMS (which must list exactly the three other files). Returns the number
// of complaints.
int checkpoint_check(const char *path, CheckpointComplaint *complain, void *context);

// The same for loading: 65 with the first complaint.
Status checkpoint_check_first(const char *path, Error *error);

#endif
