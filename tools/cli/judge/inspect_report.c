// Opens a report, asks SQLite for a number of it, and prints both.
#include "tools/cli/judge/inspect_report.h"

#include "engine/shared/memory.h"
#include "io/report/report_read.h"
#include "io/report/sql/report_database.h"
#include "io/report/sql/report_sql.h"
#include "tools/cli/judge/models/judged_model.h"
#include "tools/cli/shared/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double relative_tolerance = 1e-9;

// ---- a number ----

static json_t *first_cell(const json_t *rows) {
  return json_array_get(json_array_get(rows, 0), 0);
}

static bool agrees(const ReportSql *made, const json_t *value) {
  double said = json_number_value(made->said), found = json_number_value(value);
  if (!json_is_number(made->said) || !json_is_number(value)) return false;
  if (made->exact)
    return json_is_integer(made->said) && json_integer_value(made->said) == json_integer_value(value);
  double apart = said < found ? found - said : said - found, size = said < 0 ? -said : said;
  return apart <= relative_tolerance * (size > 1 ? size : 1);
}

static json_t *method_of(const json_t *report, const char *metric) {
  const json_t *methods = report_at(report, "methods");
  for (size_t i = 0; metric[0] != '\0' && i < json_array_size(methods); i++) {
    json_t *method = json_array_get(methods, i);
    if (strcmp(report_string(method, "id"), metric) == 0) return json_incref(method);
  }
  return NULL;
}

static json_t *number_json(const ReportSql *made, const json_t *report, const char *pointer, sqlite3 *db,
                           Status *status, Error *error) {
  json_t *names = NULL, *rows = NULL, *unused = NULL, *value = NULL;
  json_t *json = json_pack("{s:s,s:O*,s:O*,s:o*}", "pointer", pointer, "report", (json_t *)made->said,
                           "around", (json_t *)made->around, "method", method_of(report, made->metric));
  if (made->scale != 1) json_object_set_new(json, "scale", json_integer((json_int_t)made->scale));
  if (made->value == NULL) {
    json_object_set_new(json, "reason", json_string(made->reason));
    return json;
  }
  *status = report_database_query(&unused, &value, db, made->value, error);
  if (*status == STATUS_OK) *status = report_database_query(&names, &rows, db, made->rows, error);
  json_t *found = first_cell(value);
  json_object_set_new(json, "sql", json_string(made->value));
  json_object_set(json, "sqlite", found);
  json_object_set_new(json, "equal", json_boolean(agrees(made, found)));
  json_object_set_new(json, "equality", json_string(made->exact ? "exact" : "to 1e-9"));
  json_object_set_new(json, "rows_sql", json_string(made->rows));
  json_object_set_new(json, "add_up_to", json_string(made->add_up));
  json_object_set(json, "columns", names);
  json_object_set(json, "rows", rows);
  json_decref(names), json_decref(rows), json_decref(unused), json_decref(value);
  return json;
}

static void print_value(const char *name, const json_t *value) {
  char *text =
      value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
  if (text != NULL) printf("%-10s %s\n", name, text);
  free(text);
}

static void print_cells(const json_t *cells) {
  size_t i;
  json_t *value;
  json_array_foreach(cells, i, value) {
    char *text = json_is_string(value) ? memory_text(json_string_value(value))
                                       : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
    printf("%s%s", i == 0 ? "  " : " | ", text);
    free(text);
  }
  printf("\n");
}

static void print_number(const json_t *json) {
  size_t i;
  json_t *row;
  const json_t *around = json_object_get(json, "around");
  printf("%-10s %s\n", "pointer", report_string(json, "pointer"));
  print_value("report", json_object_get(json, "report"));
  print_value("ci", json_object_get(around, "ci"));
  print_value("method", json_object_get(around, "method"));
  print_value("formula", report_at(json, "method/formula"));
  if (report_at(json, "scale") != NULL) printf("%-10s 1 is a millionth of the unit\n", "scale");
  if (report_at(json, "reason") != NULL) printf("%-10s %s\n", "no SQL", report_string(json, "reason"));
  if (report_at(json, "sql") == NULL) return;
  print_value("sqlite", json_object_get(json, "sqlite"));
  printf("%-10s %s (%s)\n\n%s;\n\n", "equal", json_is_true(json_object_get(json, "equal")) ? "yes" : "NO",
         report_string(json, "equality"), report_string(json, "sql"));
  printf("rows with the largest contribution; all contributions add up to %s\n",
         report_string(json, "add_up_to"));
  print_cells(json_object_get(json, "columns"));
  json_array_foreach(json_object_get(json, "rows"), i, row) print_cells(row);
}

static Status inspect_number(const json_t *report, const char *folder, const char *pointer, Error *error) {
  sqlite3 *db = NULL;
  ReportSql made = {0};
  SqlFacts facts = {0};
  Status status;
  TRY(report_sql(&made, report, pointer, NULL, error)); // a misspelt pointer before any file is loaded
  report_sql_free(&made);
  TRY(report_database_open(&db, &facts, report, folder, error));
  TRY(report_sql(&made, report, pointer, &facts, error));
  json_t *json = number_json(&made, report, pointer, db, &status, error);
  if (status == STATUS_OK && output_is_json())
    return report_sql_free(&made), sql_facts_free(&facts), sqlite3_close(db), print_json(json, error);
  if (status == STATUS_OK) print_number(json);
  json_decref(json);
done:
  report_sql_free(&made);
  sql_facts_free(&facts);
  sqlite3_close(db);
  return status;
}

// ---- a report ----

static json_t *summary_json(const json_t *report, const char *folder) {
  json_t *pointers = json_array();
  for (size_t i = 0; i < report_size(report, "metrics"); i++) {
    const json_t *metric = json_array_get(report_at(report, "metrics"), i);
    char *pointer =
        memory_format("/metrics/%zu/%s", i, report_at(metric, "delta") != NULL ? "delta" : "challenger");
    json_array_append_new(pointers,
                          json_pack("{s:s,s:s}", "pointer", pointer, "metric", report_string(metric, "id")));
    free(pointer);
  }
  return json_pack("{s:s,s:s,s:s,s:s,s:s,s:o}", "report", folder, "verdict",
                   report_string(report, "verdict/state"), "sentence",
                   report_string(report, "verdict/sentence"), "challenger",
                   report_string(report, "subject/challenger/name"), "champion",
                   report_string(report, "subject/champion/name"), "pointers", pointers);
}

static void print_summary(const json_t *json) {
  static const char *const names[] = {"report", "verdict", "sentence", "challenger", "champion"};
  size_t i;
  json_t *pointer;
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    if (report_string(json, names[k])[0] != '\0')
      printf("%-12s %s\n", names[k], report_string(json, names[k]));
  printf("numbers to open\n");
  json_array_foreach(json_object_get(json, "pointers"), i, pointer)
      printf("  %-24s %s\n", report_string(pointer, "pointer"), report_string(pointer, "metric"));
}

Status inspect_report(const char *path, const char *pointer, Error *error) {
  json_t *report = NULL;
  char *folder = NULL;
  Status status;
  TRY(judged_report_read(&report, &folder, path, error));
  if (pointer != NULL) {
    status = inspect_number(report, folder, pointer, error);
    goto done;
  }
  json_t *json = summary_json(report, folder);
  if (output_is_json()) {
    status = print_json(json, error);
  } else {
    print_summary(json);
    json_decref(json);
  }
done:
  json_decref(report);
  free(folder);
  return status;
}
