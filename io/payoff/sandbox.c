// An SQLite connection that can evaluate one expression over the rows in memory, and no more.
#include "io/payoff/sandbox.h"

#include "engine/shared/memory.h"
#include "io/payoff/predictions_table.h"

#include <stdlib.h>
#include <string.h>

enum { MEMORY_CAP = 64 << 20, STEPS_PER_CALL = 1000, DEPTH_LIMIT = 400, LENGTH_LIMIT = 64 << 10 };

typedef struct Sandbox {
  sqlite3 *db;
  sqlite3_stmt *statement;
  PredictionsTable table;
  int selects;
  int64_t budget;
  char refused[160]; // what the authorizer denied
} Sandbox;

static int authorize(void *context, int action, const char *a, const char *b, const char *database,
                     const char *trigger) {
  Sandbox *sandbox = context;
  (void)database, (void)trigger;
  if (action == SQLITE_SELECT && sandbox->selects++ == 0) return SQLITE_OK;
  if (action == SQLITE_READ && a && !strcmp(a, "predictions")) return SQLITE_OK;
  if (action == SQLITE_FUNCTION && b && expression_allows_function(b)) return SQLITE_OK;
  sqlite3_snprintf(sizeof sandbox->refused, sandbox->refused, "%s",
                   action == SQLITE_SELECT     ? "a second SELECT"
                   : action == SQLITE_FUNCTION ? b
                   : action == SQLITE_READ     ? a
                                               : "anything but SELECT");
  return SQLITE_DENY;
}

static int spend(void *context) {
  Sandbox *sandbox = context;
  return --sandbox->budget < 0;
}

int sandbox_harden(sqlite3 *db) {
  static const int SWITCHES[][2] = {
      {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_DQS_DML, 0},
      {SQLITE_DBCONFIG_DQS_DDL, 0},        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
      {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0}};
  for (size_t i = 0; i < sizeof SWITCHES / sizeof *SWITCHES; i++) {
    int code = sqlite3_db_config(db, SWITCHES[i][0], SWITCHES[i][1], NULL);
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

static int configure(sqlite3 *db) {
  static const int LIMITS[][2] = {{SQLITE_LIMIT_LENGTH, 1 << 20},
                                  {SQLITE_LIMIT_SQL_LENGTH, LENGTH_LIMIT},
                                  {SQLITE_LIMIT_EXPR_DEPTH, DEPTH_LIMIT},
                                  {SQLITE_LIMIT_COMPOUND_SELECT, 1},
                                  {SQLITE_LIMIT_ATTACHED, 0},
                                  {SQLITE_LIMIT_TRIGGER_DEPTH, 0},
                                  {SQLITE_LIMIT_WORKER_THREADS, 0},
                                  {SQLITE_LIMIT_VDBE_OP, 1 << 16}};
  sqlite3_hard_heap_limit64(MEMORY_CAP);
  for (size_t i = 0; i < sizeof LIMITS / sizeof *LIMITS; i++) sqlite3_limit(db, LIMITS[i][0], LIMITS[i][1]);
  return sandbox_harden(db);
}

static Status refuse(const Sandbox *sandbox, int code, Error *error) {
  if (sandbox->refused[0])
    return error_set(error, STATUS_CONFIG, "the expression may not use %s", sandbox->refused);
  if (code == SQLITE_INTERRUPT)
    return error_set(error, STATUS_CONFIG, "the expression takes more steps than its budget allows");
  return error_set(error, STATUS_CONFIG, "SQLite refuses the expression: %s",
                   sandbox->db ? sqlite3_errmsg(sandbox->db) : sqlite3_errstr(code));
}

static Status prepare(Sandbox *sandbox, const SandboxQuery *query, Error *error) {
  int code = sqlite3_open_v2(":memory:", &sandbox->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  if (code == SQLITE_OK) code = configure(sandbox->db);
  if (code == SQLITE_OK) code = predictions_table_register(sandbox->db, &sandbox->table);
  // Connects the table, whose own declaration the authorizer would refuse.
  if (code == SQLITE_OK)
    code = sqlite3_exec(sandbox->db, "SELECT 1 FROM predictions LIMIT 0", NULL, NULL, NULL);
  if (code == SQLITE_OK) code = sqlite3_set_authorizer(sandbox->db, authorize, sandbox);
  if (code != SQLITE_OK) return refuse(sandbox, code, error);
  sqlite3_progress_handler(sandbox->db, STEPS_PER_CALL, spend, sandbox);
  char *sql = memory_format("SELECT (%s) FROM predictions", query->expression);
  const char *tail = NULL;
  code = sqlite3_prepare_v2(sandbox->db, sql, -1, &sandbox->statement, &tail);
  bool whole = code == SQLITE_OK && tail && !*tail;
  free(sql);
  if (code != SQLITE_OK) return refuse(sandbox, code, error);
  if (!whole || sqlite3_column_count(sandbox->statement) != 1 || !sqlite3_stmt_readonly(sandbox->statement))
    return error_set(error, STATUS_CONFIG, "the expression is not one value");
  for (int i = 0; i < query->binding_count; i++) {
    const Binding *binding = &query->bindings[i];
    code = binding->text ? sqlite3_bind_text(sandbox->statement, i + 1, binding->text, -1, SQLITE_STATIC)
                         : sqlite3_bind_double(sandbox->statement, i + 1, binding->number);
    if (code != SQLITE_OK) return refuse(sandbox, code, error);
  }
  return STATUS_OK;
}

static Status step_all(Sandbox *sandbox, SandboxSink sink, void *context, Error *error) {
  int64_t row = 0;
  int code;
  while ((code = sqlite3_step(sandbox->statement)) == SQLITE_ROW) {
    int type = sqlite3_column_type(sandbox->statement, 0);
    SandboxKind kind = type == SQLITE_NULL                              ? SANDBOX_NULL
                       : type == SQLITE_FLOAT || type == SQLITE_INTEGER ? SANDBOX_NUMBER
                                                                        : SANDBOX_OTHER;
    if (row == sandbox->table.rows) return error_set(error, STATUS_CONFIG, "the expression adds rows");
    PASS(sink(context, row++, kind, kind == SANDBOX_NUMBER ? sqlite3_column_double(sandbox->statement, 0) : 0,
              error));
  }
  if (code != SQLITE_DONE) return refuse(sandbox, code, error);
  if (row != sandbox->table.rows) return error_set(error, STATUS_CONFIG, "the expression leaves rows out");
  return STATUS_OK;
}

Status sandbox_run(const SandboxQuery *query, SandboxSink sink, void *context, Error *error) {
  Sandbox sandbox = {.table = {query->columns, query->column_count, query->rows}, .budget = query->budget};
  Status status;
  TRY(prepare(&sandbox, query, error));
  TRY(step_all(&sandbox, sink, context, error));
done:
  sqlite3_finalize(sandbox.statement);
  sqlite3_close(sandbox.db);
  return status;
}
