// Signals that end training politely: the loop saves at the next step and the program says RESUMABLE.
#ifndef INGOT_TOOLS_CLI_TRAINING_SIGNALS_H
#define INGOT_TOOLS_CLI_TRAINING_SIGNALS_H

#include "engine/shared/status.h"

#include <signal.h>

// The signal that arrived, 0 before. INT, TERM, USR1 and USR2 set it; a second one ends the program at once.
extern volatile sig_atomic_t stop_signal;

void signals_catch(void);

// 130 for INT, 143 for the others.
Status signals_status(void);

#endif
