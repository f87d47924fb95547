// One training run in its folder: begun, gone on with, or found finished.
#ifndef INGOT_TOOLS_CLI_TRAINING_TRAINING_H
#define INGOT_TOOLS_CLI_TRAINING_TRAINING_H

#include "tools/cli/training/session.h"

// Trains a session whose data are open into the folder `run`: creates it, resumes it, or says that it is
// finished (0). 73 where another run is there; 130 or 143 where a signal ended it (saved, RESUMABLE); 3 where
// it diverged. Prints run and digests on stdout when done.
Status training_run(Session *session, const char *run, Error *error);

// The same, and prints nothing on stdout.
Status training_fit(Session *session, const char *run, Error *error);

#endif
