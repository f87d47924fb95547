// Catches the signals by which people and schedulers stop a run.
#include "tools/cli/training/signals.h"

#include <unistd.h>

volatile sig_atomic_t stop_signal;

static const int caught[] = {SIGINT, SIGTERM, SIGUSR1, SIGUSR2};

static void on_signal(int signal_number) {
  if (stop_signal != 0) _exit(signal_number == SIGINT ? STATUS_INTERRUPTED : STATUS_TERMINATED);
  stop_signal = signal_number;
}

void signals_catch(void) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  for (unsigned i = 0; i < sizeof caught / sizeof caught[0]; i++) sigaction(caught[i], &action, NULL);
}

Status signals_status(void) {
  return stop_signal == SIGINT ? STATUS_INTERRUPTED : STATUS_TERMINATED;
}
