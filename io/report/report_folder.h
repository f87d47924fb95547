// A report on disk: report.json, report.html, report.md, junit.xml, the scores of its models (predictions.h5,
// champion.h5, ...), config.yaml and SHA256SUMS.
#ifndef INGOT_IO_REPORT_REPORT_FOLDER_H
#define INGOT_IO_REPORT_REPORT_FOLDER_H

#include "io/report/predictions.h"

#include <jansson.h>

// Scores of a model, by the file's name: predictions.h5, champion.h5, challenger_<n>.h5.
typedef struct PredictionsFile {
  const char *name;
  Predictions predictions;
} PredictionsFile;

// Makes the folder where it is missing and replaces these files in it, each atomically, SHA256SUMS last;
// files of scores that an earlier report left are removed. config_text may be NULL. 73, with nothing touched,
// where the folder is a run's or holds other files than an earlier report; 74 where writing fails.
Status report_folder_write(const char *folder, const json_t *report, const PredictionsFile *files,
                           int file_count, const char *config_text, Error *error);

#endif
