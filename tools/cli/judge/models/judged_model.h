// A model with its scores on the rows it is judged on, wherever they come from.
#ifndef INGOT_TOOLS_CLI_JUDGE_MODELS_JUDGED_MODEL_H
#define INGOT_TOOLS_CLI_JUDGE_MODELS_JUDGED_MODEL_H

#include "io/report/predictions.h"
#include "io/report/report_json.h"
#include "tools/cli/judge/models/judged_rows.h"
#include "tools/cli/judge/models/trained_model.h"

enum { MODEL_CHECKS = 3 }; // validity checks of one model

typedef struct JudgedModel {
  TrainedModel model; // empty where only predictions are known
  Config *config;     // whose business, gates and metrics apply; owned
  Dataset *dataset;
  Preprocess *fitted; // of the configuration, where there is no model
  JudgedRows judged;
  double *scores; // [rows, classes]
  double *ends;   // [rows, 2] of prediction intervals; NULL: none
  Policy policy;
  PolicyCut cut; // where the capacity ends among the rows, and
  bool *listed;  // [rows] who is acted on; NULL where nothing is cut: judged_model_limit
  char *name;
  ReportSubject subject;
  char *checkpoint_name, *kind; // what subject points to
  TextList class_names;
  char file_digest[DIGEST_HEX]; // of the bytes of a prediction file; "" else
  char device[DEVICE_TEXT];     // that scored it; "" where the scores were given
  double scoring_seconds;
  ValidityCheck known[MODEL_CHECKS]; // of a report: what it found
  int known_count;
  int64_t threshold_common; // of scores alone: judged rows on which the threshold was chosen; -1: none was
  char *source;             // absolute path of what it was opened from; NULL: unknown
} JudgedModel;

typedef struct JudgeChoices {
  const char *config;     // NULL: the run's own
  const char *data;       // NULL: the configuration's
  const char *part;       // "test", "validation", "train", "all" (of prediction files); NULL: test
  const char *checkpoint; // "", "best", "last" or a step; NULL: ""
  const char *device;     // that scores, as device_open takes it; NULL: auto
  TextList sets;          // --set; of a run free keys alone (78)
  int64_t retrain;        // --retrain: trainings with other seeds; 0: none
  const Policy *frozen;   // of a report that is decided again: what {threshold: frozen} means, and what
                          // best_on_validation comes to where no validation row is named; NULL: none
} JudgeChoices;

// 2 where choices exclude each other.
Status judge_choices_check(const JudgeChoices *choices, Error *error);

// Whether the path is that of a report: its folder (which is no run) or its report.json.
bool judged_is_report(const char *path);

// A run, a checkpoint, a report or a prediction file, as below. 66 where there is no such thing.
Status judged_model_open_any(JudgedModel *judged, const char *argument, const JudgeChoices *choices,
                             const Config *business, Error *error);

// A run or a checkpoint, scored on a part of its data (or on all rows of `data`). `business`: whose
// definition and policy apply (NULL: its own configuration's).
Status judged_model_open(JudgedModel *judged, const char *argument, const JudgeChoices *choices,
                         const Config *business, Error *error);

// A prediction file of any tool, judged by `choices->config` on rows that it names: with `choices->data` all
// rows of that file; else those of the part asked for, which is test where it names test rows beside others.
// The policy best_on_validation is chosen on the validation rows that it names (78 where it names none).
Status judged_model_open_predictions(JudgedModel *judged, const char *path, const JudgeChoices *choices,
                                     Error *error);

// Reads a report, given by its folder or its report.json, whose files are what its SHA256SUMS lists (65).
// *folder is freed by free().
Status judged_report_read(json_t **report, char **folder, const char *path, Error *error);

// One of its models: "subject/challenger", "subject/champion", "subject/others/0".
Status judged_model_open_stored(JudgedModel *judged, const json_t *report, const char *folder,
                                const char *subject, Error *error);

// The same, decided again where choices give another configuration or --set: its scores, on the labels,
// payoffs and columns of that configuration's data; where these are gone, on those that the scores keep (66
// names what they do not).
Status judged_model_of_report(JudgedModel *judged, const json_t *report, const char *folder,
                              const char *subject, const JudgeChoices *choices, Error *error);

// The challenger of a report, given by its folder or its report.json. 65 where a file is not what its
// SHA256SUMS lists, or they do not fit each other.
Status judged_model_open_report(JudgedModel *judged, const char *path, const JudgeChoices *choices,
                                Error *error);

// Leaves the rows of `lead` (with intersect: those that both have) in the order of lead, in both models;
// *partial is set where one of them had more. 65 where rows differ, or none is shared.
Status judged_model_align(JudgedModel *model, JudgedModel *lead, bool intersect, bool *partial, Error *error);

// Applies the capacity to the rows as they are now: once they are aligned.
void judged_model_limit(JudgedModel *judged);

EvaluationSet judged_model_set(const JudgedModel *judged);

// What its predictions.h5 holds; views, but for decisions, which the caller frees.
Predictions judged_model_predictions(const JudgedModel *judged);

void judged_model_close(JudgedModel *judged);

#endif
