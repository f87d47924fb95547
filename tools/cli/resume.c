// ingot resume: goes on with an interrupted run, from its own configuration.
#include "engine/shared/memory.h"
#include "tools/cli/training/training.h"

#include <stdlib.h>
#include <unistd.h>

Status verb_resume(int argc, char **argv, Error *error);

static Status resume(const char *run, const SessionChoices *choices, Error *error) {
  Session session = {0};
  char *path = memory_format("%s/config.yaml", run);
  Status status;
  if (access(path, F_OK) != 0) {
    TRY(error_set(error, STATUS_MISSING,
                  "%s: not a run's folder: it has no config.yaml; `ingot list` shows the runs", run));
  }
  TRY(session_load(&session, path, choices, true, error));
  TRY(session_open_data(&session, error));
  TRY(training_run(&session, run, error));
done:
  free(path);
  session_close(&session);
  return status;
}

Status verb_resume(int argc, char **argv, Error *error) {
  SessionChoices choices = {0};
  Option options[] = {SESSION_OPTIONS(&choices)};
  Command command = {
      "resume",
      "RUN",
      "Goes on with an interrupted run from its newest whole checkpoint. Only free keys can be set:\n"
      "those that change time and memory, never bits.\n",
      "ingot resume runs/churn-1a2b3c4d\n"
      "ingot resume runs/churn-1a2b3c4d --threads 4 --set train.micro_batch=256",
      options,
      sizeof options / sizeof options[0],
      1,
      1};
  Parsed parsed;
  Status status;
  TRY(command_parse(&parsed, &command, argc, argv, error));
  if (parsed.helped) goto done;
  TRY(choices_check(&choices, error));
  status = resume(parsed.arguments[0], &choices, error);
done:
  text_list_free(&choices.sets);
  return status;
}
