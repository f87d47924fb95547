// A report on disk: report.json, report.html, report.md, junit.xml, predictions.h5, config.yaml and
// SHA256SUMS.
#ifndef INGOT_IO_REPORT_REPORT_FOLDER_H
#define INGOT_IO_REPORT_REPORT_FOLDER_H

#include "io/report/predictions.h"

#include <jansson.h>

// Makes the folder where it is missing and replaces these files in it, each atomically, SHA256SUMS last.
// predictions and config_text may be NULL. 73, with nothing touched, where the folder is a run's or holds
// other files than an earlier report; 74 where writing fails.
Status report_folder_write(const char *folder, const json_t *report, const Predictions *predictions,
                           const char *config_text, Error *error);

#endif
