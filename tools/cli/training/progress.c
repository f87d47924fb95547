// Loss, rows a second and the time that is left, out of the events of the loop.
#include "tools/cli/training/progress.h"

#include "tools/cli/shared/output.h"

#include <stdio.h>

void progress_start(Progress *progress) {
  progress->last_step = progress->first_step;
  clock_gettime(CLOCK_MONOTONIC, &progress->begun);
}

static double seconds_since(const struct timespec *begun) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - begun->tv_sec) + 1e-9 * (double)(now.tv_nsec - begun->tv_nsec);
}

static double rows_per_second(const Progress *progress) {
  double seconds = seconds_since(&progress->begun);
  double per_step = (double)progress->rows / (double)progress->steps_per_epoch;
  double steps = (double)(progress->last_step - progress->first_step);
  return seconds > 0 ? steps * per_step / seconds : 0;
}

static void time_text(char text[32], double seconds) {
  if (seconds < 60)
    snprintf(text, 32, "%.0f s", seconds);
  else if (seconds < 3600)
    snprintf(text, 32, "%.0f min", seconds / 60);
  else
    snprintf(text, 32, "%.1f h", seconds / 3600);
}

static void show(const Progress *progress) {
  char left[32];
  double done = (double)(progress->last_step - progress->first_step);
  double remaining = (double)progress->total_steps - (double)progress->last_step;
  time_text(left, done > 0 ? seconds_since(&progress->begun) / done * remaining : 0);
  say_progress("step %llu/%lld  loss %.5f  %.0f rows/s  at most %s left",
               (unsigned long long)progress->last_step, (long long)progress->total_steps,
               (double)progress->last_loss, rows_per_second(progress), left);
}

static void tell(Progress *progress, const Event *event) {
  if (event->kind == EVENT_STEP) {
    progress->last_step = event->step;
    progress->last_loss = event->loss;
  }
  if (event->kind == EVENT_VALIDATION) {
    char loss[32] = "";
    if (event->value != event->validation_loss)
      snprintf(loss, sizeof loss, "  loss %.5f", event->validation_loss);
    say("epoch %llu  step %llu  loss %.5f  validation %s %.5f%s  %.0f rows/s%s",
        (unsigned long long)event->epoch + 1, (unsigned long long)event->step, (double)progress->last_loss,
        progress->metric_name, event->value, loss, rows_per_second(progress),
        event->improved ? "  best" : "");
  }
}

static Status take_events(void *context, const Event *events, int count, Error *error) {
  Progress *progress = context;
  PASS(progress->next.events(progress->next.context, events, count, error));
  for (int i = 0; i < count; i++) tell(progress, &events[i]);
  show(progress);
  return STATUS_OK;
}

EventSink progress_events(Progress *progress) {
  return (EventSink){progress, take_events};
}
