// Loads predictions into SQLite and asks it.
#include "io/report/sql/report_database.h"

#include "engine/shared/math64.h"
#include "engine/shared/memory.h"
#include "io/payoff/sandbox.h"
#include "io/report/predictions.h"
#include "io/report/report_read.h"

#include <stdlib.h>
#include <string.h>

static Status refuse(sqlite3 *db, const char *sql, Error *error) {
  return error_set(error, STATUS_BUG, "SQLite: %s: %.300s", sqlite3_errmsg(db), sql);
}

static void number_function(sqlite3_context *context, int count, sqlite3_value **values) {
  double (*function)(double) = *(double (**)(double))sqlite3_user_data(context);
  double x = sqlite3_value_double(values[0]);
  if (count == 1 && sqlite3_value_type(values[0]) != SQLITE_NULL) sqlite3_result_double(context, function(x));
}

static int add_functions(sqlite3 *db) {
  static double (*log_function)(double) = math64_log, (*sqrt_function)(double) = math64_sqrt;
  int how = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  if (sqlite3_compileoption_used("ENABLE_MATH_FUNCTIONS")) return SQLITE_OK;
  int code = sqlite3_create_function(db, "ln", 1, how, &log_function, number_function, NULL, NULL);
  if (code != SQLITE_OK) return code;
  return sqlite3_create_function(db, "sqrt", 1, how, &sqrt_function, number_function, NULL, NULL);
}

static int authorize(void *context, int action, const char *a, const char *b, const char *c, const char *d) {
  (void)context, (void)a, (void)b, (void)c, (void)d;
  bool reads = action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION ||
               action == SQLITE_RECURSIVE;
  return reads ? SQLITE_OK : SQLITE_DENY;
}

// ---- loading ----

static Status run(sqlite3 *db, const char *sql, Error *error) {
  return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? STATUS_OK : refuse(db, sql, error);
}

static char *table_text(const Predictions *read, const char *model) {
  Text sql = {0};
  text_add(
      &sql,
      "CREATE TABLE %s(row_id TEXT PRIMARY KEY, label REAL, weight REAL, score REAL, decision INTEGER, "
      "act INTEGER, skip INTEGER, best INTEGER, cost INTEGER, gain_if_one INTEGER, gain_if_zero INTEGER, "
      "lower REAL, upper REAL",
      model);
  for (int i = 0; read->slices != NULL && i < read->slices->column_count; i++) {
    char *name = sqlite3_mprintf(", \"slice.%w\" TEXT", read->slices->columns[i].name);
    text_put(&sql, name);
    sqlite3_free(name);
  }
  text_add(&sql,
           ");CREATE TABLE %s_scores(row_id TEXT, class INTEGER, score REAL, PRIMARY KEY(row_id, class)) "
           "WITHOUT ROWID",
           model);
  return text_take(&sql);
}

static char *insert_text(const char *table, int columns) {
  Text sql = {0};
  text_add(&sql, "INSERT INTO %s VALUES(?", table);
  for (int i = 1; i < columns; i++) text_put(&sql, ",?");
  text_put(&sql, ")");
  return text_take(&sql);
}

enum { MONEY_COLUMNS = 6 };

static void bind_row(sqlite3_stmt *statement, const Predictions *read, int64_t i) {
  sqlite3_bind_text(statement, 1, read->ids[i], -1, SQLITE_STATIC);
  if (read->labels != NULL) sqlite3_bind_double(statement, 2, read->labels[i]);
  sqlite3_bind_double(statement, 3, read->weights != NULL ? read->weights[i] : 1);
  if (read->classes == 1) sqlite3_bind_double(statement, 4, read->scores[i]);
  if (read->decisions != NULL) sqlite3_bind_double(statement, 5, read->decisions[i]);
  const int64_t *const money[] = {read->act,  read->skip,        read->best,
                                  read->cost, read->gain_if_one, read->gain_if_zero};
  for (int k = 0; k < MONEY_COLUMNS; k++)
    if (money[k] != NULL) sqlite3_bind_int64(statement, 6 + k, money[k][i]);
  if (read->cost == NULL) sqlite3_bind_int(statement, 9, 1);
  for (int k = 0; read->ends != NULL && k < 2; k++)
    sqlite3_bind_double(statement, 6 + MONEY_COLUMNS + k, read->ends[2 * i + k]);
  for (int s = 0; read->slices != NULL && s < read->slices->column_count; s++) {
    char buffer[NUMBER_TEXT_BYTES];
    const char *text = column_text(&read->slices->columns[s], i, buffer);
    sqlite3_bind_text(statement, 8 + MONEY_COLUMNS + s, text, -1, SQLITE_TRANSIENT);
  }
}

static Status fill(sqlite3 *db, const Predictions *read, const char *model, Error *error) {
  int slices = read->slices == NULL ? 0 : read->slices->column_count;
  char *scores = memory_format("%s_scores", model), *sql = insert_text(model, 7 + MONEY_COLUMNS + slices),
       *scores_sql = insert_text(scores, 3);
  sqlite3_stmt *rows = NULL, *cells = NULL;
  Status status;
  if (sqlite3_prepare_v2(db, sql, -1, &rows, NULL) != SQLITE_OK) TRY(refuse(db, sql, error));
  if (sqlite3_prepare_v2(db, scores_sql, -1, &cells, NULL) != SQLITE_OK) TRY(refuse(db, scores_sql, error));
  for (int64_t i = 0; i < read->rows; i++) {
    bind_row(rows, read, i);
    if (sqlite3_step(rows) != SQLITE_DONE)
      TRY(error_set(error, STATUS_DATA, "%s: row_id '%.80s': %s", model, read->ids[i], sqlite3_errmsg(db)));
    sqlite3_reset(rows);
    for (int k = 0; read->classes > 1 && k < read->classes; k++) {
      sqlite3_bind_text(cells, 1, read->ids[i], -1, SQLITE_STATIC);
      sqlite3_bind_int(cells, 2, k);
      sqlite3_bind_double(cells, 3, read->scores[i * read->classes + k]);
      if (sqlite3_step(cells) != SQLITE_DONE) TRY(refuse(db, scores_sql, error));
      sqlite3_reset(cells);
    }
  }
  status = STATUS_OK;
done:
  sqlite3_finalize(rows);
  sqlite3_finalize(cells);
  free(scores), free(sql), free(scores_sql);
  return status;
}

static Status add_policy(sqlite3 *db, const json_t *subject, const char *model, Error *error) {
  static const char *const sql = "INSERT INTO policy VALUES(?, ?, ?)";
  sqlite3_stmt *statement = NULL;
  if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) return refuse(db, sql, error);
  sqlite3_bind_text(statement, 1, model, -1, SQLITE_STATIC);
  sqlite3_bind_double(statement, 2, report_number(subject, "threshold"));
  sqlite3_bind_int(statement, 3, json_is_true(report_at(subject, "act_below")));
  int code = sqlite3_step(statement);
  sqlite3_finalize(statement);
  return code == SQLITE_DONE ? STATUS_OK : refuse(db, sql, error);
}

// What the queries must know of the rows.
static void take_facts(SqlFacts *facts, const Predictions *read, const char *model) {
  text_list_add(&facts->models, model);
  facts->weighted = read->weights != NULL;
  for (int i = 0; read->slices != NULL && i < read->slices->column_count; i++) {
    const Column *column = &read->slices->columns[i];
    if (text_list_find(&facts->slices, column->name) < 0) text_list_add(&facts->slices, column->name);
    if (column->kind == COLUMN_NUMBER && text_list_find(&facts->numbers, column->name) < 0)
      text_list_add(&facts->numbers, column->name);
  }
}

static Status add_model(sqlite3 *db, SqlFacts *facts, const json_t *subject, const char *model,
                        const char *folder, Error *error) {
  const char *name = report_string(subject, "predictions");
  if (subject == NULL) return STATUS_OK;
  if (name[0] == '\0' || strchr(name, '/') != NULL)
    return error_set(error, STATUS_MISSING, "%s: the report names no scores of its %s", folder, model);
  char *path = memory_format("%s/%s", folder, name), *sql = NULL;
  Predictions *read = NULL;
  Status status;
  TRY(predictions_read(&read, path, error));
  sql = table_text(read, model);
  TRY(run(db, sql, error));
  TRY(fill(db, read, model, error));
  take_facts(facts, read, model);
  status = add_policy(db, subject, model, error);
done:
  predictions_free(read);
  free(path);
  free(sql);
  return status;
}

static Status add_models(sqlite3 *db, SqlFacts *facts, const json_t *report, const char *folder,
                         Error *error) {
  char model[SQL_MODEL_BYTES];
  PASS(add_model(db, facts, report_at(report, "subject/challenger"), "challenger", folder, error));
  PASS(add_model(db, facts, report_at(report, "subject/champion"), "champion", folder, error));
  for (size_t i = 0; i < report_size(report, "subject/others"); i++) {
    const json_t *other = json_array_get(report_at(report, "subject/others"), i);
    if (sql_model_name(model, other)) PASS(add_model(db, facts, other, model, folder, error));
  }
  return STATUS_OK;
}

Status report_database_open(sqlite3 **db, SqlFacts *facts, const json_t *report, const char *folder,
                            Error *error) {
  Status status;
  *facts = (SqlFacts){0};
  int code = sqlite3_open_v2(":memory:", db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  if (code == SQLITE_OK) code = sandbox_harden(*db);
  if (code == SQLITE_OK) code = add_functions(*db);
  if (code != SQLITE_OK) TRY(refuse(*db, "open", error));
  TRY(run(*db, "BEGIN; CREATE TABLE policy(model TEXT, threshold REAL, act_below INTEGER)", error));
  TRY(add_models(*db, facts, report, folder, error));
  TRY(run(*db, "COMMIT", error));
  sqlite3_set_authorizer(*db, authorize, NULL);
done:
  if (status != STATUS_OK) sqlite3_close(*db), *db = NULL;
  return status;
}

// ---- asking ----

static json_t *cell(sqlite3_stmt *statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
  case SQLITE_INTEGER:
    return json_integer(sqlite3_column_int64(statement, column));
  case SQLITE_FLOAT:
    return json_real(sqlite3_column_double(statement, column));
  case SQLITE_NULL:
    return json_null();
  default:
    return json_string((const char *)sqlite3_column_text(statement, column));
  }
}

Status report_database_query(json_t **names, json_t **rows, sqlite3 *db, const char *sql, Error *error) {
  sqlite3_stmt *statement = NULL;
  int code;
  *names = json_array(), *rows = json_array();
  if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) return refuse(db, sql, error);
  int columns = sqlite3_column_count(statement);
  for (int i = 0; i < columns; i++)
    json_array_append_new(*names, json_string(sqlite3_column_name(statement, i)));
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    json_t *row = json_array();
    for (int i = 0; i < columns; i++) json_array_append_new(row, cell(statement, i));
    json_array_append_new(*rows, row);
  }
  Status status = code == SQLITE_DONE ? STATUS_OK : refuse(db, sql, error);
  sqlite3_finalize(statement);
  return status;
}
