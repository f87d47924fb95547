// ingot train: from a configuration to a finished run; the same line again goes on or says that it is done.
#include "io/run/run.h"
#include "tools/cli/training/training.h"

#include <stdlib.h>

Status verb_train(int argc, char **argv, Error *error);

Status verb_train(int argc, char **argv, Error *error) {
  SessionChoices choices = {0};
  const char *run = NULL, *root = "runs";
  Option options[] = {
      TEXT(0, "run", "DIR", &run,
           "the run's folder (default: runs/<name>-<digest of configuration and data>)"),
      TEXT(0, "runs", "DIR", &root, "where run folders are made (default: runs)"),
      TEXT(0, "seed", "N", &choices.seed, "seed of this run, as --set seed=N"),
      SESSION_OPTIONS(&choices),
  };
  Command command = {"train",
                     "CONFIG",
                     "Trains the model of CONFIG. An interrupted run goes on, a finished one says so.\n"
                     "The digest is the same for every number of threads, instruction set and micro-batch.\n",
                     "ingot train configs/churn.yaml\n"
                     "ingot train configs/churn.yaml --run runs/a --threads 2 --set train.epochs=5",
                     options,
                     sizeof options / sizeof options[0],
                     1,
                     1};
  Session session = {0};
  char *path = NULL;
  Parsed parsed;
  Status status;
  TRY(command_parse(&parsed, &command, argc, argv, error));
  if (parsed.helped) goto done;
  TRY(session_load(&session, parsed.arguments[0], &choices, false, error));
  TRY(session_open_data(&session, error));
  if (run == NULL) {
    run = path = run_default_path(root, session.config->name, session.config->bits_text, session.data_digest);
  }
  status = training_run(&session, run, error);
done:
  free(path);
  session_close(&session);
  text_list_free(&choices.sets);
  return status;
}
