// A read-only, eponymous virtual table: rows 0..rows-1 in order, one full scan.
#include "io/payoff/predictions_table.h"

#include "io/shared/text.h"

#include <string.h>

typedef struct Table {
  sqlite3_vtab base; // first, as SQLite requires
  const PredictionsTable *table;
} Table;

typedef struct Cursor {
  sqlite3_vtab_cursor base; // first, as SQLite requires
  int64_t row;
} Cursor;

static const PredictionsTable *table_of(sqlite3_vtab_cursor *cursor) {
  return ((Table *)cursor->pVtab)->table;
}

static int table_connect(sqlite3 *db, void *data, int count, const char *const *arguments, sqlite3_vtab **out,
                         char **message) {
  (void)count, (void)arguments, (void)message;
  const PredictionsTable *table = data;
  Text sql = {0};
  text_put(&sql, "CREATE TABLE predictions(");
  for (int i = 0; i < table->column_count; i++)
    text_add(&sql, "%sc%d %s", i ? ", " : "", i, table->columns[i]->kind == COLUMN_NUMBER ? "REAL" : "TEXT");
  text_put(&sql, table->column_count ? ")" : "none INTEGER)");
  int code = sqlite3_declare_vtab(db, sql.bytes);
  text_free(&sql);
  if (code != SQLITE_OK) return code;
  Table *made = sqlite3_malloc(sizeof *made);
  if (!made) return SQLITE_NOMEM;
  memset(made, 0, sizeof *made);
  made->table = table;
  *out = &made->base;
  return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *table) {
  sqlite3_free(table);
  return SQLITE_OK;
}

static int table_best_index(sqlite3_vtab *table, sqlite3_index_info *info) {
  info->estimatedRows = ((Table *)table)->table->rows;
  info->estimatedCost = (double)info->estimatedRows;
  return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out) {
  (void)table;
  Cursor *cursor = sqlite3_malloc(sizeof *cursor);
  if (!cursor) return SQLITE_NOMEM;
  memset(cursor, 0, sizeof *cursor);
  *out = &cursor->base;
  return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *cursor) {
  sqlite3_free(cursor);
  return SQLITE_OK;
}

static int cursor_filter(sqlite3_vtab_cursor *cursor, int number, const char *name, int count,
                         sqlite3_value **values) {
  (void)number, (void)name, (void)count, (void)values;
  ((Cursor *)cursor)->row = 0;
  return SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *cursor) {
  ((Cursor *)cursor)->row++;
  return SQLITE_OK;
}

static int cursor_eof(sqlite3_vtab_cursor *cursor) {
  return ((Cursor *)cursor)->row >= table_of(cursor)->rows;
}

static int cursor_column(sqlite3_vtab_cursor *cursor, sqlite3_context *context, int index) {
  const PredictionsTable *table = table_of(cursor);
  int64_t row = ((Cursor *)cursor)->row;
  if (index < 0 || index >= table->column_count) return SQLITE_OK; // NULL
  const Column *column = table->columns[index];
  if (column->kind == COLUMN_NUMBER) {
    sqlite3_result_double(context, column->numbers[row]); // NaN becomes NULL
  } else if (column->codes[row] >= 0) {
    sqlite3_result_text(context, column->categories[column->codes[row]], -1, SQLITE_STATIC);
  }
  return SQLITE_OK;
}

static int cursor_rowid(sqlite3_vtab_cursor *cursor, sqlite3_int64 *row) {
  *row = ((Cursor *)cursor)->row;
  return SQLITE_OK;
}

static const sqlite3_module MODULE = {
    .xConnect = table_connect,
    .xBestIndex = table_best_index,
    .xDisconnect = table_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_eof,
    .xColumn = cursor_column,
    .xRowid = cursor_rowid,
};

int predictions_table_register(sqlite3 *db, const PredictionsTable *table) {
  return sqlite3_create_module(db, "predictions", &MODULE, (void *)table);
}
