// The scores of a report in an SQLite database in memory.
//
// Tables: challenger and champion (row_id, label, weight (1 where rows have none), score, decision, act and
// skip in millionths, "slice.<column>" as texts), of several classes also <model>_scores (row_id, class,
// score) with classes as numbers; policy (model, threshold, act_below).
#ifndef INGOT_IO_REPORT_SQL_REPORT_DATABASE_H
#define INGOT_IO_REPORT_SQL_REPORT_DATABASE_H

#include "engine/shared/status.h"

#include <jansson.h>
#include <sqlite3.h>
#include <stdbool.h>

// Loads all models of a report's folder; *weighted: the rows have weights. 65, 66 as predictions_read. Once
// it is open, only SELECT is allowed. ln, sqrt are ours where SQLite lacks them.
Status report_database_open(sqlite3 **db, bool *weighted, const json_t *report, const char *folder,
                            Error *error);

// The rows of a query as arrays of columns, and the columns' names; both are the caller's. 70 where SQLite
// refuses the query.
Status report_database_query(json_t **names, json_t **rows, sqlite3 *db, const char *sql, Error *error);

#endif
