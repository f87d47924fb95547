// Collects what the panels of a report need: raw columns of the judged rows, and the training rows.
#include "tools/cli/judge/judged_panels.h"

#include "engine/shared/memory.h"
#include "tools/cli/judge/models/judged_inputs.h"

#include <stdlib.h>
#include <string.h>

enum { DRIFT_ROWS = 200000 }; // of the training part at most

static const Preprocess *preprocess_of(const JudgedModel *judged) {
  return judged->model.preprocess != NULL ? judged->model.preprocess : judged->fitted;
}

static void input_names(TextList *names, const JudgedModel *judged) {
  const Preprocess *preprocess = preprocess_of(judged);
  for (int i = 0; i < preprocess_column_count(preprocess); i++) {
    const char *name = preprocess_column_name(preprocess, i);
    if (text_list_find(names, name) < 0) text_list_add(names, name);
  }
}

// ---- the training rows ----

// The dataset with the rows that the model was trained on: its own, or (*opened, to be closed) the one of its
// run where it is judged on other data; NULL where there is none any more.
static Dataset *training_data(Dataset **opened, const JudgedModel *judged) {
  int64_t count = 0;
  Error ignored;
  *opened = NULL;
  if (judged->model.checkpoint == NULL || judged->dataset == NULL) return NULL;
  dataset_part(judged->dataset, PART_TRAIN, &count);
  if (count > 0) return judged->dataset;
  if (judged->model.config == NULL || dataset_open(opened, judged->model.config, &ignored) != STATUS_OK)
    return NULL;
  return *opened;
}

// Whether rows [count] of a model and the training part, both ascending or not, have one in common.
static bool share_a_row(const int64_t *rows, int64_t count, const Dataset *dataset) {
  int64_t training, all = dataset_rows(dataset);
  const int64_t *part = dataset_part(dataset, PART_TRAIN, &training);
  bool *trained = memory_get((size_t)all, sizeof *trained), shared = false;
  for (int64_t i = 0; i < training; i++) trained[part[i]] = true;
  for (int64_t i = 0; i < count && !shared; i++) shared = trained[rows[i]];
  free(trained);
  return shared;
}

// The dataset whose parts the report is about: that with the model's training rows or, of a prediction file,
// the configuration's, where the judged rows are apart from its training part.
static Dataset *parted_data(Dataset **opened, const JudgedModel *judged) {
  int64_t count = 0;
  if (judged->model.checkpoint != NULL || judged->dataset == NULL) return training_data(opened, judged);
  *opened = NULL;
  dataset_part(judged->dataset, PART_TRAIN, &count);
  bool apart = count > 0 && !share_a_row(judged->judged.numbers, judged->judged.rows, judged->dataset);
  return apart ? judged->dataset : NULL;
}

// Training rows in order, every k-th where there are more than `most`; freed by free().
static int64_t *training_rows(int64_t *count, const Dataset *dataset, int64_t most) {
  int64_t all;
  const int64_t *rows = dataset_part(dataset, PART_TRAIN, &all);
  int64_t step = (all + most - 1) / most;
  int64_t *picked = memory_get((size_t)all, sizeof *picked);
  *count = 0;
  for (int64_t i = 0; i < all; i += step) picked[(*count)++] = rows[i];
  return picked;
}

// ---- drift ----

// Class numbers as categories, or a number a row.
static Column column_of(const char *name, const double *values, int64_t rows, const TextList *classes) {
  Column column;
  if (classes->count == 0) {
    column_make_numbers(&column, name, rows);
    memcpy(column.numbers, values, (size_t)rows * sizeof *values);
    return column;
  }
  column_make_codes(&column, name, rows, classes->items, classes->count);
  for (int64_t i = 0; i < rows; i++) column.codes[i] = (int32_t)values[i];
  return column;
}

static void add_drift(Panels *panels, DriftKind kind, const Column *reference, int64_t reference_rows,
                      const Column *judged, int64_t rows) {
  if (reference == NULL || judged == NULL || reference->kind != judged->kind) return;
  panels->drift = memory_grow(panels->drift, (size_t)panels->drift_count + 1, sizeof *panels->drift);
  drift_of(&panels->drift[panels->drift_count++], kind, reference, reference_rows, judged, rows);
}

static void add_drift_of_values(Panels *panels, DriftKind kind, const char *name, const double *reference,
                                int64_t reference_rows, const double *judged, int64_t rows,
                                const TextList *classes) {
  Column a = column_of(name, reference, reference_rows, classes), b = column_of(name, judged, rows, classes);
  add_drift(panels, kind, &a, reference_rows, &b, rows);
  column_clear(&a);
  column_clear(&b);
}

// What is compared of a prediction: the score, or the class where there are several.
static double *predictions_of(const JudgedModel *judged, const double *scores, int64_t rows) {
  double *made = memory_get((size_t)rows, sizeof *made);
  EvaluationSet set = judged_model_set(judged);
  set.scores = scores;
  for (int64_t i = 0; i < rows; i++)
    made[i] = set.task == TASK_MULTICLASS ? predicted_class(&set, i) : scores[i];
  return made;
}

static Status drift_of_prediction(Panels *panels, const JudgedModel *judged, Dataset *training,
                                  const int64_t *rows, int64_t count, Error *error) {
  static const TextList none = {NULL, 0};
  double *scores = NULL, *reference = NULL, *predicted = NULL;
  PASS(trained_model_scores(&scores, NULL, &judged->model, training, rows, count, error));
  reference = predictions_of(judged, scores, count);
  predicted = predictions_of(judged, judged->scores, judged->judged.rows);
  add_drift_of_values(panels, DRIFT_PREDICTION, "prediction", reference, count, predicted,
                      judged->judged.rows,
                      judged->judged.task == TASK_MULTICLASS ? &judged->class_names : &none);
  free(scores);
  free(reference);
  free(predicted);
  return STATUS_OK;
}

// Labels of rows of a dataset; freed by free().
static Status labels_of(double **labels, const JudgedModel *judged, Dataset *dataset, const int64_t *rows,
                        int64_t count, Error *error) {
  TextList names = {0};
  Frame *frame = NULL;
  double *made = memory_get((size_t)count, sizeof *made);
  Status status;
  text_list_add(&names, preprocess_target_name(preprocess_of(judged)));
  TRY(dataset_frame(&frame, dataset, &names, rows, count, error));
  for (int64_t i = 0; i < count; i++) TRY(preprocess_label(&made[i], preprocess_of(judged), frame, i, error));
  *labels = made;
  made = NULL;
done:
  free(made);
  frame_free(frame);
  text_list_free(&names);
  return status;
}

static Status fill_drift(Panels *panels, const JudgedModel *judged, Dataset *training, const Frame *columns,
                         Error *error) {
  static const TextList none = {NULL, 0};
  int64_t count, all;
  const JudgedRows *given = &judged->judged;
  int64_t *rows = training_rows(&count, training, DRIFT_ROWS);
  Frame *reference = NULL;
  double *labels = NULL;
  TextList names = {0};
  Status status;
  dataset_part(training, PART_TRAIN, &all);
  panels->drift_rows = count < all ? count : 0;
  input_names(&names, judged);
  TRY(dataset_frame(&reference, training, &names, rows, count, error));
  for (int i = 0; i < names.count; i++) {
    add_drift(panels, DRIFT_INPUT, frame_find(reference, names.items[i]), count,
              frame_find(columns, names.items[i]), columns->rows);
  }
  TRY(labels_of(&labels, judged, training, rows, count, error));
  add_drift_of_values(panels, DRIFT_LABEL, judged->config->data.target.column, labels, count, given->labels,
                      given->rows, given->task == TASK_REGRESSION ? &none : &judged->class_names);
  if (judged->model.checkpoint != NULL) // else the training rows have no scores
    TRY(drift_of_prediction(panels, judged, training, rows, count, error));
done:
  free(labels);
  free(rows);
  frame_free(reference);
  text_list_free(&names);
  return status;
}

// ---- parts of the data ----

// The tenths at both ends of rows that were split by their order: the parts follow one another.
static void fill_tenths(Panels *panels, const bool *positive, int64_t rows) {
  int64_t tenth = rows / 10;
  panels->first_tenth = (DataPart){"first tenth", tenth, 0};
  panels->last_tenth = (DataPart){"last tenth", tenth, 0};
  for (int64_t i = 0; i < tenth; i++) {
    panels->first_tenth.positives += positive[i];
    panels->last_tenth.positives += positive[rows - 1 - i];
  }
}

static Status fill_parts(Panels *panels, const JudgedModel *judged, Dataset *dataset, Error *error) {
  static const char *const part_names[] = {"train", "validation", "test"};
  bool *positive = NULL;
  int64_t all = 0;
  Status status = STATUS_OK;
  for (int part = 0; part < PART_COUNT; part++) {
    int64_t count, positives = 0;
    const int64_t *rows = dataset_part(dataset, (SplitPart)part, &count);
    double *labels;
    if (count == 0) continue;
    TRY(labels_of(&labels, judged, dataset, rows, count, error));
    positive = memory_grow(positive, (size_t)(all + count), sizeof *positive);
    for (int64_t i = 0; i < count; i++) positives += positive[all++] = labels[i] == 1;
    free(labels);
    panels->parts[panels->part_count++] =
        (DataPart){part_names[part], count, judged->judged.task == TASK_BINARY ? positives : -1};
  }
  if (judged->config->data.split.by == SPLIT_ORDER && judged->judged.task == TASK_BINARY)
    fill_tenths(panels, positive, all);
done:
  free(positive);
  return status;
}

// ---- all ----

static Status fill_from_data(Panels *panels, const JudgedModel *judged, const Frame *columns, Error *error) {
  Dataset *opened, *training = parted_data(&opened, judged);
  Status status = STATUS_OK;
  if (training != NULL) {
    TRY(fill_parts(panels, judged, training, error));
    TRY(fill_drift(panels, judged, training, columns, error));
  }
done:
  dataset_close(opened);
  return status;
}

// The numbers of the judged rows as their time, where the parts were split by the order of the rows.
static bool time_of_order(Column *column, const JudgedModel *judged) {
  int64_t training;
  const JudgedRows *given = &judged->judged;
  if (judged->config->data.split.by != SPLIT_ORDER || judged->dataset == NULL || given->numbers == NULL)
    return false;
  dataset_part(judged->dataset, PART_TRAIN, &training);
  if (training == 0) return false; // other data, whose order means nothing
  column_make_numbers(column, "row", given->rows);
  for (int64_t i = 0; i < given->rows; i++) column->numbers[i] = (double)(given->numbers[i] + 1);
  return true;
}

Status judged_panels(Panels *panels, const EvaluationSet *champion, const EvaluationSet *challenger,
                     const JudgedModel *judged, const Comparison *comparison, const Config *config,
                     const GatesConfig *gates, Error *error) {
  const JudgedRows *given = &judged->judged;
  const Column *time = given->slices == NULL ? NULL : frame_find(given->slices, config->evaluate_time);
  Frame *columns = NULL;
  TextList names = {0};
  Column order = {0};
  Status status = STATUS_OK;
  if (judged->dataset != NULL && given->numbers != NULL) {
    input_names(&names, judged);
    TRY(dataset_frame(&columns, judged->dataset, &names, given->numbers, given->rows, error));
  }
  if (champion != NULL) {
    agreement_of(&panels->agreement, champion, challenger, comparison);
    swap_panel_of(&panels->swap, champion, challenger, columns);
  }
  bool by_row = time == NULL && time_of_order(&order, judged);
  stability_of(&panels->stability, champion, challenger, by_row ? &order : time, gates);
  panels->stability.by_row = by_row;
  fairness_of(&panels->fairness, challenger, &config->evaluate_fairness, gates->confidence);
  if (columns != NULL) TRY(fill_from_data(panels, judged, columns, error));
  if (columns != NULL && judged->model.checkpoint != NULL) {
    TRY(judged_inputs(panels, judged, gates->confidence, error));
    TRY(judged_learning(&panels->learning, judged, error));
  }
done:
  column_clear(&order);
  frame_free(columns);
  text_list_free(&names);
  return status;
}

Status judged_time_check(bool *known, bool *passed, const JudgedModel *judged, Error *error) {
  const char *name = judged->config->evaluate_time;
  const Frame *slices = judged->judged.slices;
  const Column *time = slices == NULL || name[0] == '\0' ? NULL : frame_find(slices, name);
  Dataset *opened = NULL, *training = time == NULL ? NULL : training_data(&opened, judged);
  TextList names = {0};
  Frame *trained = NULL;
  int64_t count;
  Status status = STATUS_OK;
  *known = training != NULL && dataset_has_column(training, name);
  if (*known) {
    const int64_t *rows = dataset_part(training, PART_TRAIN, &count);
    text_list_add(&names, name);
    TRY(dataset_frame(&trained, training, &names, rows, count, error));
    *passed = time_is_not_older(&trained->columns[0], count, time, judged->judged.rows);
  }
done:
  frame_free(trained);
  text_list_free(&names);
  dataset_close(opened);
  return status;
}
