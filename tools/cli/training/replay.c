// Compares the events and checkpoints of a second training with those of the first.
#include "tools/cli/training/replay.h"

#include "engine/shared/memory.h"
#include "engine/shared/tensor_difference.h"
#include "io/checkpoint/checkpoint.h"
#include "tools/cli/shared/output.h"
#include "tools/cli/training/signals.h"

#include <stdlib.h>
#include <string.h>

bool replay_is_identical(const Replay *replay) {
  return replay->step_difference.length == 0 && replay->state_difference.length == 0;
}

static bool is_step(const Replay *replay, uint64_t step) {
  for (int i = 0; i < replay->step_count; i++) {
    if (replay->steps[i] == step) return true;
  }
  return false;
}

// What manifest.json of a finished run names and this segment needs, is there.
static Status check_kept(const Replay *replay, Error *error) {
  const Manifest *manifest = replay->manifest;
  for (int i = 0; manifest->finished && i < manifest->step_count; i++) {
    uint64_t step = manifest->steps[i];
    if (step < replay->from || (replay->to != 0 && step > replay->to) || is_step(replay, step)) continue;
    return error_set(error, STATUS_MISSING,
                     "%s: the checkpoint of step %llu, which manifest.json names, is missing: restore it, or "
                     "choose a --segment without it",
                     replay->run, (unsigned long long)step);
  }
  return STATUS_OK;
}

static Status check_segment(Replay *replay, Error *error) {
  PASS(check_kept(replay, error));
  if (replay->step_count == 0) {
    return error_set(error, STATUS_DATA, "%s: the run has no checkpoint yet: there is nothing to reproduce",
                     replay->run);
  }
  if (replay->to == 0) replay->to = replay->steps[replay->step_count - 1];
  uint64_t bad = replay->from != 0 && !is_step(replay, replay->from) ? replay->from : replay->to;
  if (is_step(replay, bad)) return STATUS_OK;
  Text kept = {0};
  for (int i = 0; i < replay->step_count; i++) text_add(&kept, " %llu", (unsigned long long)replay->steps[i]);
  error_set(error, STATUS_DATA, "%s: no checkpoint at step %llu; the run keeps those of steps%s", replay->run,
            (unsigned long long)bad, kept.bytes);
  text_free(&kept);
  return STATUS_DATA;
}

Status replay_open(Replay *replay, Error *error) {
  char *manifest = memory_format("%s/manifest.json", replay->run);
  char *events = memory_format("%s/events.jsonl", replay->run);
  Status status;
  replay->checkpoints = memory_format("%s/checkpoints", replay->run);
  status = manifest_read(&replay->manifest, manifest, error);
  if (status == STATUS_MISSING) {
    error_set(error, STATUS_MISSING,
              "'%s' is not a run's folder: it has no manifest.json; `ingot list` shows the runs",
              replay->run);
  }
  TRY(status);
  TRY(event_log_read(&replay->log, events, error));
  TRY(checkpoint_steps(&replay->steps, &replay->step_count, replay->checkpoints, error));
  TRY(check_segment(replay, error));
done:
  free(events);
  free(manifest);
  return status;
}

static bool same_bits(const void *a, const void *b, size_t size) {
  return memcmp(a, b, size) == 0;
}

// The next recorded link of the chain (a step or a validation) behind `from`; NULL at the end of the record.
static const Event *next_link(Replay *replay) {
  while (replay->next_event < replay->log.count) {
    const Event *event = &replay->log.events[replay->next_event++];
    bool is_link = event->kind == EVENT_STEP || event->kind == EVENT_VALIDATION;
    // A validation at `from` belongs to the checkpoint that the segment starts from.
    if (is_link && event->step > replay->from) return event;
  }
  return NULL;
}

// Values, not chains: with other data every head differs from the start, but the reader wants the step.
static void compare_link(Replay *replay, const Event *now) {
  const Event *then = next_link(replay);
  if (then == NULL || replay->step_difference.length > 0) return;
  replay->compared_events++;
  if (then->kind != now->kind || then->step != now->step) {
    text_add(&replay->step_difference, "step %llu: the record has another event here (of step %llu)\n",
             (unsigned long long)now->step, (unsigned long long)then->step);
  } else if (now->kind == EVENT_STEP && !same_bits(&then->loss, &now->loss, sizeof now->loss)) {
    text_add(&replay->step_difference, "step %llu: the first that differs: loss %.9g, recorded %.9g\n",
             (unsigned long long)now->step, (double)now->loss, (double)then->loss);
  } else if (now->kind == EVENT_STEP &&
             !same_bits(&then->gradient_norm, &now->gradient_norm, sizeof now->gradient_norm)) {
    text_add(&replay->step_difference,
             "step %llu: the first that differs: gradient norm %.9g, recorded %.9g\n",
             (unsigned long long)now->step, (double)now->gradient_norm, (double)then->gradient_norm);
  } else if (now->kind == EVENT_VALIDATION && !same_bits(&then->value, &now->value, sizeof now->value)) {
    text_add(&replay->step_difference,
             "step %llu: the first that differs: validation metric %.17g, recorded %.17g\n",
             (unsigned long long)now->step, now->value, then->value);
  }
}

static Status take_events(void *context, const Event *events, int count, Error *error) {
  (void)error;
  for (int i = 0; i < count; i++) {
    if (events[i].kind == EVENT_STEP || events[i].kind == EVENT_VALIDATION) compare_link(context, &events[i]);
  }
  return STATUS_OK;
}

static void describe(Replay *replay, uint64_t step, const TensorDifference *found) {
  text_add(&replay->state_difference, "checkpoint of step %llu: tensor %s", (unsigned long long)step,
           found->name);
  if (found->kind == DIFFERENCE_VALUE) {
    text_add(&replay->state_difference, ", element %lld: %s, recorded %s", (long long)found->element,
             found->a, found->b);
    if (found->has_ulps) {
      text_add(&replay->state_difference, ", %llu ulp%s apart", (unsigned long long)found->ulps,
               found->ulps == 1 ? "" : "s");
    }
    text_add(&replay->state_difference, "; %lld element%s\n", (long long)found->differing,
             found->differing == 1 ? " differs" : "s differ");
  } else {
    text_add(&replay->state_difference, " is in only one of the two, or of another type or shape\n");
  }
}

// What is compared of a state. With other data every head of the chain differs from the start: then the
// reader wants to know what else does.
static void take_state(TensorSet *state, const TensorSet *from, bool other_data) {
  for (int i = 0; i < from->count; i++) {
    const TensorView *tensor = &from->items[i];
    if (other_data && (strcmp(tensor->name, "state.chain") == 0 || strcmp(tensor->name, "state.data") == 0))
      continue;
    tensor_set_add(state, tensor->name, tensor->dtype, tensor->rank, tensor->shape, tensor->data);
  }
}

// Compares the live state with the checkpoint of this step, where the run keeps one.
static Status compare_checkpoint(Replay *replay, const Trainer *trainer, Error *error) {
  uint64_t step = trainer_step(trainer);
  char name[CHECKPOINT_NAME_MAX], *path;
  Checkpoint *checkpoint = NULL;
  TensorSet live = {0}, recorded = {0};
  TensorDifference found;
  Status status;
  if (replay->state_difference.length > 0) return STATUS_OK; // the first is known
  checkpoint_name(name, step);
  path = memory_format("%s/%s", replay->checkpoints, name);
  TRY(checkpoint_load(&checkpoint, path, CHECKPOINT_ALL, error));
  take_state(&live, trainer_model(trainer), replay->other_data);
  take_state(&live, trainer_optimizer(trainer), replay->other_data);
  take_state(&recorded, &checkpoint->tensors, replay->other_data);
  tensor_difference(&found, &live, &recorded);
  replay->compared_checkpoints++;
  if (found.kind != DIFFERENCE_NONE) describe(replay, step, &found);
done:
  tensor_set_free(&live);
  tensor_set_free(&recorded);
  checkpoint_free(checkpoint);
  free(path);
  return status;
}

static Status forget_checkpoint(void *context, const Snapshot *snapshot, Error *error) {
  (void)context, (void)snapshot, (void)error;
  return STATUS_OK;
}

// What follows from the data alone: a checkpoint's is not that of other data.
static bool is_of_data(const TensorView *tensor) {
  return strcmp(tensor->name, "state.data") == 0 || strncmp(tensor->name, "preprocess.", 11) == 0;
}

static void take_views(TensorSet *set, const TensorSet *from, bool of_data) {
  for (int i = 0; i < from->count; i++) {
    const TensorView *tensor = &from->items[i];
    if (is_of_data(tensor) == of_data)
      tensor_set_add(set, tensor->name, tensor->dtype, tensor->rank, tensor->shape, tensor->data);
  }
}

// With other data the segment starts from the checkpoint's parameters and these data's preprocessing. Where
// those do not fit together (another dictionary) that is the difference, and nothing is trained.
static Status start_elsewhere(Replay *replay, Trainer *trainer, const TensorSet *recorded, Error *error) {
  TensorSet start = {0};
  take_views(&start, recorded, false);
  take_views(&start, trainer_model(trainer), true);
  take_views(&start, trainer_optimizer(trainer), true);
  Status status = trainer_restore(trainer, &start, error);
  tensor_set_free(&start);
  if (status != STATUS_DATA) return status;
  text_add(&replay->state_difference, "checkpoint of step %llu: with these data %s\n",
           (unsigned long long)replay->from, error->text);
  replay->to = replay->from;
  return STATUS_OK;
}

static Status start_from(Replay *replay, Trainer *trainer, Error *error) {
  char name[CHECKPOINT_NAME_MAX], *path;
  Checkpoint *checkpoint = NULL;
  Status status;
  if (replay->from == 0) return STATUS_OK; // the trainer's own start
  checkpoint_name(name, replay->from);
  path = memory_format("%s/%s", replay->checkpoints, name);
  TRY(checkpoint_load(&checkpoint, path, CHECKPOINT_ALL, error));
  TRY(replay->other_data ? start_elsewhere(replay, trainer, &checkpoint->tensors, error)
                         : trainer_restore(trainer, &checkpoint->tensors, error));
done:
  checkpoint_free(checkpoint);
  free(path);
  return status;
}

static Status train_to(Trainer *trainer, uint64_t step, Error *error) {
  TrainEnd end;
  trainer_set_until(trainer, step);
  PASS(trainer_run(trainer, &end, error));
  if (end == END_SIGNAL) return error_set(error, signals_status(), "interrupted: nothing was decided");
  return STATUS_OK;
}

// Nothing that was computed differs, and yet the data are not those of the run.
static void describe_data(Replay *replay, const uint8_t digest[DIGEST_BYTES]) {
  char then[DIGEST_HEX], now[DIGEST_HEX];
  if (!replay->other_data || !replay_is_identical(replay)) return;
  sha256_hex(then, replay->manifest->data_digest);
  sha256_hex(now, digest);
  text_add(&replay->state_difference,
           "only the data digest differs (recorded %.12s, here %.12s): loss and norm of all %llu steps are "
           "equal\n",
           then, now, (unsigned long long)(replay->reached - replay->from));
}

Status replay_run(Replay *replay, Session *session, Error *error) {
  Trainer *trainer = NULL;
  TrainerPlan plan;
  Status status;
  session->options.events = (EventSink){replay, take_events};
  session->options.checkpoints = (CheckpointSink){replay, forget_checkpoint};
  session->options.stop = &stop_signal;
  signals_catch();
  replay->other_data = memcmp(session->data_digest, replay->manifest->data_digest, DIGEST_BYTES) != 0;
  TRY(session_use_pins(session, replay->manifest, error));
  if (replay->other_data) warn("the data are not those of the run: their digest differs");
  TRY(trainer_plan(&plan, &session->options, error));
  TRY(session_check_memory(&plan, error));
  TRY(trainer_create(&trainer, &session->options, error));
  TRY(start_from(replay, trainer, error));
  for (int i = 0; i < replay->step_count; i++) {
    if (replay->state_difference.length > 0 && replay->step_difference.length > 0) break;
    if (replay->steps[i] <= replay->from || replay->steps[i] > replay->to) continue;
    TRY(train_to(trainer, replay->steps[i], error));
    TRY(compare_checkpoint(replay, trainer, error));
  }
  replay->reached = trainer_step(trainer);
  describe_data(replay, session->data_digest);
done:
  trainer_free(trainer);
  return status;
}

void replay_close(Replay *replay) {
  manifest_free(replay->manifest);
  event_log_free(&replay->log);
  free(replay->steps);
  free(replay->checkpoints);
  text_free(&replay->step_difference);
  text_free(&replay->state_difference);
}
