// Writes a small comparison with the program's own writers.
#include "tests/fuzz/judged_folder.h"

#include "engine/shared/memory.h"
#include "io/report/json_text.h"
#include "io/report/report_folder.h"
#include "io/report/report_read.h"
#include "io/shared/durable.h"
#include "io/shared/sums.h"
#include "tools/cli/judge/judgement.h"
#include "tools/cli/shared/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 60, MODELS = 3 };

static char *folder;

static const char config_text[] =
    "name: small\n"
    "data:\n"
    "  file: gone.h5\n"
    "  split: {by: hash, key: id, train: 0.5, validation: 0.25, test: 0.25}\n"
    "  target: {column: y, task: binary, positive: \"yes\"}\n"
    "evaluate: {metrics: [log_loss, auc, accuracy], slices: [k, x], bootstrap: {replicates: 200}}\n"
    "business:\n"
    "  unit: EUR\n"
    "  params: {offer: {value: 2, low: 1, high: 3}}\n"
    "  act: \"CASE WHEN label = 1 THEN x ELSE 0 END - :offer\"\n"
    "  policy: {threshold: 0.5}\n"
    "  capacity: {budget: 20, cost: \"x / 2\"}\n"
    "gates: {primary: {metric: value, superior: 0}, guardrails: [{metric: auc, not_worse: 0.1}]}\n";

// What a report must say of its models for them to be opened.
static const char subjects[] =
    "{\"schema\": \"eval-report/1\", \"task\": {\"kind\": \"binary\", \"target\": \"y\"}, \"subject\": {"
    "\"challenger\": {\"name\": \"b\", \"predictions\": \"predictions.h5\", \"threshold\": 0.5},"
    "\"others\": [{\"name\": \"c\", \"predictions\": \"challenger_2.h5\", \"threshold\": 0.5}],"
    "\"champion\": {\"name\": \"a\", \"predictions\": \"champion.h5\", \"threshold\": 0.5}}}";

static void must(Status status, const Error *error) {
  if (status == STATUS_OK) return;
  fprintf(stderr, "fuzz: %s\n", error->text);
  abort();
}

static Frame *columns_of_rows(void) {
  char *const values[] = {"red", "it's blue"};
  Frame *frame = frame_new(ROWS, 2);
  column_make_numbers(&frame->columns[0], "x", ROWS);
  column_make_codes(&frame->columns[1], "k", ROWS, values, 2);
  for (int i = 0; i < ROWS; i++) {
    frame->columns[0].numbers[i] = i % 11 == 0 ? 3 : i * 0.25;
    frame->columns[1].codes[i] = i % 7 == 0 ? -1 : i % 2;
  }
  return frame;
}

static void write_models(const json_t *report) {
  static const char *const names[MODELS] = {"predictions.h5", "challenger_2.h5", "champion.h5"};
  char *const classes[] = {"no", "yes"};
  char **ids = memory_get(ROWS, sizeof *ids);
  double scores[MODELS][ROWS], labels[ROWS];
  Frame *frame = columns_of_rows();
  PredictionsFile files[MODELS];
  Error error;
  for (int i = 0; i < ROWS; i++) {
    ids[i] = memory_format("row-%d", i);
    labels[i] = i * 7 % 5 < 2;
    for (int m = 0; m < MODELS; m++) scores[m][i] = (i * (13 + m) % 17 + (m == 0 ? 15 : 3) * labels[i]) / 32;
  }
  for (int m = 0; m < MODELS; m++) {
    files[m] = (PredictionsFile){names[m],
                                 {.rows = ROWS,
                                  .classes = 1,
                                  .ids = ids,
                                  .scores = scores[m],
                                  .labels = labels,
                                  .label_names = (char **)classes,
                                  .label_count = 2,
                                  .slices = frame,
                                  .payoffs = frame}};
  }
  must(report_folder_write(folder, report, files, MODELS, config_text, &error), &error);
  for (int i = 0; i < ROWS; i++) free(ids[i]);
  free(ids);
  frame_free(frame);
}

// The report of the models in the folder.
static json_t *judge(const json_t *report) {
  JudgedModel challengers[2], champion;
  Validity validity[2] = {{0}, {0}};
  JudgeChoices choices = {0};
  Recall recall = {0};
  Error error;
  json_t *found = NULL;
  must(judged_model_open_stored(&challengers[0], report, folder, "subject/challenger", &error), &error);
  must(judged_model_open_stored(&challengers[1], report, folder, "subject/others/0", &error), &error);
  must(judged_model_open_stored(&champion, report, folder, "subject/champion", &error), &error);
  Judgement judgement = {.challengers = challengers,
                         .challenger_count = 2,
                         .champion = &champion,
                         .validity = validity,
                         .part = "test",
                         .command = "ingot compare a b c",
                         .choices = &choices,
                         .recall = &recall};
  must(judgement_report(&found, &judgement, &error), &error);
  judged_model_close(&champion);
  judged_model_close(&challengers[0]);
  judged_model_close(&challengers[1]);
  return found;
}

static void remove_folder(void) {
  static const char *const names[] = {"report.json",     "report.html", "report.md",
                                      "junit.xml",       "config.yaml", "predictions.h5",
                                      "challenger_2.h5", "champion.h5", "SHA256SUMS"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char *path = memory_format("%s/%s", folder, names[i]);
    unlink(path);
    free(path);
  }
  rmdir(folder);
  free(folder);
}

const char *judged_folder(void) {
  if (folder != NULL) return folder;
  output_set_quiet(true);
  folder = memory_format("%s/ingot_judged.XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
  if (mkdtemp(folder) == NULL) abort();
  atexit(remove_folder);
  json_t *first = json_loads(subjects, 0, NULL);
  write_models(first);
  json_t *report = judge(first);
  if (strcmp(report_string(report, "subject/challenger/name"), "b") != 0) abort(); // files are named for it
  write_models(report);
  json_decref(first);
  json_decref(report);
  return folder;
}

json_t *judged_folder_report(void) {
  char *path = memory_format("%s/report.json", judged_folder());
  json_t *report = NULL;
  Error error;
  must(json_text_read(&report, path, &error), &error);
  free(path);
  return report;
}

static void put(const char *name, const void *bytes, size_t length) {
  char *path = memory_format("%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) abort();
  free(path);
}

void judged_folder_replace(const void *bytes, size_t length) {
  static char *lines;
  uint8_t digest[DIGEST_BYTES];
  char hex[DIGEST_HEX];
  size_t size;
  Error error;
  char *path = memory_format("%s/SHA256SUMS", judged_folder());
  if (lines == NULL) must(file_read(&lines, &size, path, 1 << 16, &error), &error);
  sha256(digest, bytes, length);
  sha256_hex(hex, digest);
  memcpy(strstr(lines, "  report.json") - (DIGEST_HEX - 1), hex, DIGEST_HEX - 1);
  put("report.json", bytes, length);
  put("SHA256SUMS", lines, strlen(lines));
  free(path);
}
