// The scores of a report in an SQLite database in memory.
//
// Tables: challenger, champion and challenger_<n> of the others (row_id, label, weight (1 where rows have
// none), score, decision, in millionths act, skip, best, cost (of acting; 1 where capacities count rows),
// gain_if_one and gain_if_zero, "slice.<column>" as texts), of several classes also <model>_scores (row_id,
// class, score) with classes as numbers; policy (model, threshold, act_below).
#ifndef INGOT_IO_REPORT_SQL_REPORT_DATABASE_H
#define INGOT_IO_REPORT_SQL_REPORT_DATABASE_H

#include "engine/shared/status.h"

#include "io/report/sql/report_sql.h"

#include <jansson.h>
#include <sqlite3.h>

// Loads all models of a report's folder; facts are freed by sql_facts_free. 65, 66 as predictions_read. Once
// it is open, only SELECT is allowed. ln, sqrt are ours where SQLite lacks them.
Status report_database_open(sqlite3 **db, SqlFacts *facts, const json_t *report, const char *folder,
                            Error *error);

// The rows of a query as arrays of columns, and the columns' names; both are the caller's. 70 where SQLite
// refuses the query.
Status report_database_query(json_t **names, json_t **rows, sqlite3 *db, const char *sql, Error *error);

#endif
