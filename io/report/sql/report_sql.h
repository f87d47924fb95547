// The SQL that recomputes a number of a report from the scores beside it: a pure function of report and
// pointer.
//
// Covered: metrics and rules of one model or the difference of two, whose metric is in metric_sql.h; the same
// in slices; the leaderboard; policies of the business table, under a capacity or a budget too; cells of the
// confusion matrix; the swap set. Differences are oriented so that positive is better.
#ifndef INGOT_IO_REPORT_SQL_REPORT_SQL_H
#define INGOT_IO_REPORT_SQL_REPORT_SQL_H

#include "io/report/sql/report_pointer.h"

typedef struct ReportSql {
  const json_t *said;   // the number of the report; NULL: the pointer leads to none
  const json_t *around; // the object it stands in: ci, method
  const char *metric;   // its id, "" where it is no metric's
  char *value, *rows;   // two queries: one number; row_id, what is known of the row, contribution
  char *add_up;         // what the contributions of all rows add up to
  char *reason;         // without SQL: one sentence that says how the number is made
  TextList models;      // tables that the queries read: "challenger", "champion", "challenger_2"
  bool exact;           // integers: money, counts
  double scale;         // integers a unit; else 1
} ReportSql;

// What is known of the rows themselves.
typedef struct SqlFacts {
  bool weighted;    // they have weights
  TextList numbers; // slice columns that hold numbers
  TextList slices;  // all slice columns
  TextList models;  // tables
} SqlFacts;
void sql_facts_free(SqlFacts *facts);

enum { SQL_MODEL_BYTES = 32 };

// The table of a challenger that the report is not about: "challenger_2"; false where its file has no such
// name.
bool sql_model_name(char name[SQL_MODEL_BYTES], const json_t *subject);

// 2: there is no such pointer; 65: the report names models or columns that its scores do not hold. facts
// NULL: not known yet, to find out whether the pointer is one.
Status report_sql(ReportSql *made, const json_t *report, const char *pointer, const SqlFacts *facts,
                  Error *error);
void report_sql_free(ReportSql *made);

#endif
