// ingot reproduce: runs a run again, whole or a segment, and compares it step by step with what it recorded.
#include "engine/shared/memory.h"
#include "io/report/json_text.h"
#include "tools/cli/shared/output.h"
#include "tools/cli/training/replay.h"
#include "tools/cli/training/signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Status verb_reproduce(int argc, char **argv, Error *error);

typedef struct ReproduceChoices {
  SessionChoices session;
  const char *segment, *data;
} ReproduceChoices;

static Status parse_segment(Replay *replay, const char *text, Error *error) {
  char *end = NULL;
  if (text == NULL) return STATUS_OK;
  replay->from = strtoull(text, &end, 10);
  if (*end == ':') {
    const char *second = end + 1;
    replay->to = strtoull(second, &end, 10);
    if (end != second && *end == '\0' && text[0] != '-' && second[0] != '-' && replay->from < replay->to)
      return STATUS_OK;
  }
  return error_set(
      error, STATUS_USAGE,
      "--segment %s: it takes A:B, the steps of two checkpoints of the run with A below B, as in 0:240",
      text);
}

// --data DIR: the run's files by their names in another folder.
static void point_to_data(SessionChoices *choices, const Manifest *manifest, const char *folder) {
  static const char *const keys[] = {"data.file", "data.test_file"};
  for (int i = 0; i < manifest->file_count && i < 2 && folder != NULL; i++) {
    char *set = memory_format("%s=%s/%s", keys[i], folder, manifest->files[i].name);
    text_list_add(&choices->sets, set);
    free(set);
  }
}

static const char *text_or_empty(const Text *text) {
  return text->length == 0 ? "" : text->bytes;
}

static void print_result(const Replay *replay) {
  if (replay_is_identical(replay)) {
    printf("IDENTICAL  %s: steps %llu to %llu, %lld event%s and %d checkpoint%s compared\n", replay->run,
           (unsigned long long)replay->from, (unsigned long long)replay->reached,
           (long long)replay->compared_events, plural(replay->compared_events), replay->compared_checkpoints,
           plural(replay->compared_checkpoints));
    return;
  }
  printf("DIFFERENT  %s\n%s%s", replay->run, text_or_empty(&replay->step_difference),
         text_or_empty(&replay->state_difference));
}

static json_t *result_json(const Replay *replay) {
  return json_pack("{s:s,s:s,s:I,s:I,s:I,s:i,s:s,s:s}", "schema", "reproduce/1", "result",
                   replay_is_identical(replay) ? "IDENTICAL" : "DIFFERENT", "from", (json_int_t)replay->from,
                   "to", (json_int_t)replay->reached, "events", (json_int_t)replay->compared_events,
                   "checkpoints", replay->compared_checkpoints, "first_step",
                   text_or_empty(&replay->step_difference), "first_state",
                   text_or_empty(&replay->state_difference));
}

// The verdict file of this command: outside what verify covers.
static Status write_result(const Replay *replay, Error *error) {
  Text text = {0};
  json_t *json = result_json(replay);
  json_text(&text, json);
  Status status =
      durable_replace(&file_calls_system, replay->run, "reproduce.json", text.bytes, text.length, error);
  json_decref(json);
  text_free(&text);
  return status;
}

static Status reproduce(ReproduceChoices *choices, const char *run, Error *error) {
  Replay replay = {.run = run};
  Session session = {0};
  char *config = memory_format("%s/config.yaml", run);
  Status status;
  TRY(parse_segment(&replay, choices->segment, error));
  TRY(replay_open(&replay, error));
  point_to_data(&choices->session, replay.manifest, choices->data);
  TRY(session_load(&session, config, &choices->session, true, error));
  TRY(session_open_data(&session, error));
  TRY(session_prepare(&session, error));
  TRY(replay_run(&replay, &session, error));
  if (output_is_json())
    TRY(print_json(result_json(&replay), error));
  else
    print_result(&replay);
  TRY(write_result(&replay, error));
  if (!replay_is_identical(&replay)) status = STATUS_NO;
done:
  session_close(&session);
  replay_close(&replay);
  free(config);
  return status;
}

Status verb_reproduce(int argc, char **argv, Error *error) {
  ReproduceChoices choices = {0};
  Option options[] = {
      TEXT(0, "segment", "A:B", &choices.segment,
           "only from the checkpoint of step A (0: the start) to that of step B"),
      TEXT(0, "data", "DIR", &choices.data, "folder of the data files (default: where the run found them)"),
      SESSION_OPTIONS(&choices.session),
  };
  Command command = {
      "reproduce",
      "RUN",
      "Trains again from the run's configuration and data and compares every step and checkpoint.\n"
      "Exit code 0: identical; 1: different, with the first step, tensor, element and distance.\n",
      "ingot reproduce runs/churn-1a2b3c4d\n"
      "ingot reproduce runs/churn-1a2b3c4d --segment 240:480 --threads 1 --isa portable",
      options,
      sizeof options / sizeof options[0],
      1,
      1};
  Parsed parsed;
  Status status;
  TRY(command_parse(&parsed, &command, argc, argv, error));
  if (parsed.helped) goto done;
  TRY(choices_check(&choices.session, error));
  status = reproduce(&choices, parsed.arguments[0], error);
done:
  text_list_free(&choices.session.sets);
  return status;
}
