// Scores judged rows again with inputs shuffled or set, and reads the run's log for the learning curve.
#include "tools/cli/judge/models/judged_inputs.h"

#include "engine/shared/memory.h"
#include "io/run/events.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IMPORTANCE_ROWS = 10000, IMPORTANCE_SCORINGS = 2000000 };

typedef struct Scoring {
  const TrainedModel *model;
  Scorer *scorer;
} Scoring;

static Status score(void *context, double *scores, const Frame *frame, Error *error) {
  const Scoring *scoring = context;
  return trained_model_frame_scores(scores, scoring->model, scoring->scorer, frame, error);
}

// The model's columns of the chosen rows, in their order.
static Status columns_of(Frame **frame, const JudgedModel *judged, const int64_t *chosen, int64_t count,
                         Error *error) {
  int64_t *rows = memory_get((size_t)count, sizeof *rows);
  for (int64_t i = 0; i < count; i++) rows[i] = judged->judged.numbers[chosen[i]];
  Status status =
      dataset_model_frame(frame, NULL, judged->dataset, judged->model.preprocess, rows, count, error);
  free(rows);
  return status;
}

static int64_t rows_to_score(int64_t rows, int inputs) {
  int64_t most = IMPORTANCE_SCORINGS / (inputs > 0 ? inputs : 1);
  if (most > IMPORTANCE_ROWS) most = IMPORTANCE_ROWS;
  return rows < most ? rows : most;
}

Status judged_inputs(Panels *panels, const JudgedModel *judged, double confidence, Error *error) {
  const Preprocess *preprocess = judged->model.preprocess;
  EvaluationSet set = judged_model_set(judged);
  Scoring scoring = {.model = &judged->model};
  ModelScores model = {&scoring, score};
  EvaluationSubset subset = {0};
  TextList names = {0};
  Frame *frame = NULL;
  Status status;
  for (int i = 0; i < preprocess_column_count(preprocess); i++) {
    const char *name = preprocess_column_name(preprocess, i);
    if (text_list_find(&names, name) < 0) text_list_add(&names, name);
  }
  int64_t count = rows_to_score(set.rows, names.count);
  int64_t *chosen = rows_by_hash((const char *const *)judged->judged.ids, set.rows, count);
  TRY(columns_of(&frame, judged, chosen, count, error));
  TRY(trained_model_scorer(&scoring.scorer, &judged->model, error));
  evaluation_subset(&subset, &set, chosen, count);
  TRY(importance_of(&panels->importance, &subset.set, frame, &names, judged->config->seed, set.rows,
                    confidence, &model, error));
  TRY(dependence_of(&panels->dependence, &panels->importance, set.task, frame, &model, error));
done:
  evaluation_subset_free(&subset);
  scorer_free(scoring.scorer);
  frame_free(frame);
  text_list_free(&names);
  free(chosen);
  return status;
}

// ---- learning curve ----

// Epochs with a validation, oldest first; where there are more than fit, the last of each few.
static void take_epochs(Learning *learning, const EventLog *log, uint64_t selected) {
  int64_t validations = 0, seen = 0, steps = 0;
  double loss = 0;
  for (int64_t i = 0; i < log->count; i++) validations += log->events[i].kind == EVENT_VALIDATION;
  int64_t each = (validations + LEARNING_POINTS - 1) / LEARNING_POINTS;
  for (int64_t i = 0; i < log->count; i++) {
    const Event *event = &log->events[i];
    if (event->kind == EVENT_STEP) {
      loss += (double)event->loss;
      steps++;
    }
    if (event->kind != EVENT_VALIDATION) continue;
    if (event->step == selected) learning->chosen = (double)event->epoch + 1;
    seen++;
    if (seen % each == 0 || seen == validations) {
      learning->epoch[learning->count] = (double)event->epoch + 1;
      learning->train[learning->count] = loss / (double)steps;
      learning->validation[learning->count++] = event->validation_loss;
    }
    loss = 0;
    steps = 0;
  }
}

Status judged_learning(Learning *learning, const JudgedModel *judged, Error *error) {
  *learning = (Learning){.chosen = __builtin_nan(""), .selected_by = judged->config->select_metric};
  if (judged->model.run == NULL) return STATUS_OK;
  char *path = memory_format("%s/events.jsonl", judged->model.run);
  EventLog log = {0};
  Status status = STATUS_OK;
  if (access(path, F_OK) == 0) TRY(event_log_read(&log, path, error));
  take_epochs(learning, &log, judged->model.checkpoint->state.step);
done:
  event_log_free(&log);
  free(path);
  return status;
}
