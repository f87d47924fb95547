// Fuzzer of report.json beside its scores: verify, inspect, compare and deciding again read it or refuse it.
#include "io/report/json_text.h"
#include "io/report/sql/report_database.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/judged_folder.h"
#include "tools/cli/judge/judgement.h"
#include "tools/cli/judge/verify/recompute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTERS_MOST = 24, POINTER_BYTES = 512 };

static void verify(const char *folder) {
  Recomputation made;
  Error error = {0};
  Status status = report_recompute(&made, folder, &error);
  fuzz_settled(status == STATUS_NO ? STATUS_DATA : status, &error);
  if ((status == STATUS_NO) != (made.difference != NULL)) abort();
  recomputation_clear(&made);
}

// Any number that the report shows is what its SQL gives, or the SQL says another one: but it runs.
static void ask(sqlite3 *db, const json_t *report, const char *pointer, const SqlFacts *facts) {
  ReportSql made;
  Error error = {0};
  Status status = report_sql(&made, report, pointer, facts, &error);
  if (status != STATUS_OK) {
    fuzz_settled(status, &error);
    return;
  }
  const char *const queries[] = {made.value, made.rows};
  if (made.value == NULL && made.reason == NULL) abort();
  for (int i = 0; i < 2 && made.value != NULL; i++) {
    json_t *names = NULL, *rows = NULL;
    if (report_database_query(&names, &rows, db, queries[i], &error) != STATUS_OK) {
      fprintf(stderr, "fuzz: %s\n", error.text);
      abort();
    }
    json_decref(names);
    json_decref(rows);
  }
  report_sql_free(&made);
}

typedef struct Asking {
  sqlite3 *db;
  const json_t *report;
  const SqlFacts *facts;
  int left, skip; // every skip-th pointer, as many as are left
} Asking;

static void ask_below(Asking *asking, const json_t *value, const char *pointer) {
  char below[POINTER_BYTES];
  const char *key;
  json_t *part;
  size_t i;
  if (asking->left == 0 || strlen(pointer) > POINTER_BYTES - 80) return;
  if (pointer[0] != '\0' && ++asking->skip % 37 == 0) {
    asking->left--;
    ask(asking->db, asking->report, pointer, asking->facts);
  }
  if (json_is_object(value)) {
    json_object_foreach((json_t *)value, key, part) {
      snprintf(below, sizeof below, "%s/%.64s", pointer, key);
      ask_below(asking, part, below);
    }
  }
  json_array_foreach(value, i, part) {
    snprintf(below, sizeof below, "%s/%zu", pointer, i);
    ask_below(asking, part, below);
  }
}

static void inspect(const char *folder, size_t size) {
  json_t *report = NULL;
  char *own = NULL;
  sqlite3 *db = NULL;
  SqlFacts facts = {0};
  Error error = {0};
  Status status = judged_report_read(&report, &own, folder, &error);
  fuzz_settled(status, &error);
  if (status == STATUS_OK) {
    status = report_database_open(&db, &facts, report, folder, &error);
    fuzz_settled(status, &error);
  }
  if (status == STATUS_OK) {
    Asking asking = {db, report, &facts, POINTERS_MOST, (int)(size % 37)};
    ask(db, report, "/business/policies/2", &facts);
    ask(db, report, "/leaderboard/models/1/delta", &facts);
    ask_below(&asking, report, "");
  }
  sqlite3_close(db);
  sql_facts_free(&facts);
  json_decref(report);
  free(own);
}

static void open_report(const char *folder, const char *set) {
  JudgeChoices choices = {0};
  JudgedModel judged;
  Error error = {0};
  if (set != NULL) text_list_add(&choices.sets, set);
  fuzz_settled(judged_model_open_any(&judged, folder, &choices, NULL, &error), &error);
  judged_model_close(&judged);
  text_list_free(&choices.sets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  judged_folder_replace(data, size);
  verify(judged_folder());
  inspect(judged_folder(), size);
  open_report(judged_folder(), NULL);
  open_report(judged_folder(), "business.params.offer=1");
  return 0;
}
