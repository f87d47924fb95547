// Writes a report and its renderings.
#include "io/report/report_folder.h"

#include "engine/shared/memory.h"
#include "io/report/html/report_html.h"
#include "io/report/json_text.h"
#include "io/report/report_junit.h"
#include "io/report/report_markdown.h"
#include "io/shared/durable.h"
#include "io/shared/sums.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// One file, and its line of SHA256SUMS.
static Status put_file(Sums *sums, const char *folder, const char *name, const char *bytes, size_t length,
                       Error *error) {
  uint8_t digest[DIGEST_BYTES];
  sha256(digest, bytes, length);
  sums_add(sums, name, digest);
  return durable_replace(&file_calls_system, folder, name, bytes, length, error);
}

static Status put_predictions(Sums *sums, const char *folder, const Predictions *predictions, Error *error) {
  char *path = memory_format("%s/predictions.h5", folder);
  uint8_t digest[DIGEST_BYTES];
  int64_t bytes;
  Status status;
  if (predictions == NULL) {
    unlink(path); // those of an earlier report
    status = STATUS_OK;
    goto done;
  }
  TRY(predictions_write(path, predictions, NULL, 0, true, error));
  TRY(file_sha256(digest, &bytes, path, -1, error));
  sums_add(sums, "predictions.h5", digest);
done:
  free(path);
  return status;
}

// A folder takes a report where there is none, nothing in it, or an earlier report, which has report.json.
static Status check_folder(const char *folder, Error *error) {
  char **names;
  int count, reported = 0, run = 0;
  const char *foreign = NULL;
  Status status = folder_names(&names, &count, folder, error);
  if (status == STATUS_MISSING) { // or a file: making the folder says so
    error->text[0] = '\0';
    return STATUS_OK;
  }
  PASS(status);
  for (int i = 0; i < count; i++) {
    if (strncmp(names[i], ".tmp.", strlen(".tmp.")) == 0) continue; // of a report that was interrupted
    reported |= strcmp(names[i], "report.json") == 0;
    run |= strcmp(names[i], "manifest.json") == 0 || strcmp(names[i], "checkpoints") == 0;
    foreign = names[i];
  }
  if (run) {
    status =
        error_set(error, STATUS_EXISTS,
                  "'%s' is a run's folder: a report would replace its files; name another with -o", folder);
  } else if (foreign != NULL && !reported) {
    status = error_set(error, STATUS_EXISTS,
                       "'%s' holds other files than a report ('%s'): name another folder with -o", folder,
                       foreign);
  }
  folder_names_free(names, count);
  return status;
}

Status report_folder_write(const char *folder, const json_t *report, const Predictions *predictions,
                           const char *config_text, Error *error) {
  Text json = {0}, html = {0}, markdown = {0}, junit = {0};
  Sums sums = {0};
  char *lines = NULL;
  Status status;
  TRY(check_folder(folder, error));
  json_text(&json, report);
  report_html(&html, report);
  report_markdown(&markdown, report);
  report_junit(&junit, report);
  TRY(folder_make(&file_calls_system, folder, error));
  TRY(put_file(&sums, folder, "report.json", json.bytes, json.length, error));
  TRY(put_file(&sums, folder, "report.html", html.bytes, html.length, error));
  TRY(put_file(&sums, folder, "report.md", markdown.bytes, markdown.length, error));
  TRY(put_file(&sums, folder, "junit.xml", junit.bytes, junit.length, error));
  if (config_text != NULL)
    TRY(put_file(&sums, folder, "config.yaml", config_text, strlen(config_text), error));
  TRY(put_predictions(&sums, folder, predictions, error));
  lines = sums_text(&sums);
  TRY(durable_replace(&file_calls_system, folder, "SHA256SUMS", lines, strlen(lines), error));
done:
  free(lines);
  sums_free(&sums);
  text_free(&json);
  text_free(&html);
  text_free(&markdown);
  text_free(&junit);
  return status;
}
