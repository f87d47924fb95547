// Private to io/report/sql: what a pointer asks about, and the queries' common parts.
#ifndef INGOT_IO_REPORT_SQL_QUESTION_H
#define INGOT_IO_REPORT_SQL_QUESTION_H

#include "io/report/sql/metric_sql.h"
#include "io/report/sql/report_sql.h"

// Whose decisions the rows of a binary target have.
typedef enum SqlPolicy { SQL_OWN, SQL_HALF, SQL_ORACLE, SQL_BEST } SqlPolicy;

// What is asked about: a metric of one model, or the difference of two.
typedef struct Question {
  const json_t *report;
  const ReportPointer *pointer;
  Task task;
  SqlFacts facts;
  const Metric *metric;
  const char *model;           // "challenger", or
  const char *champion;        // then the difference against it; NULL: none
  const json_t *slice;         // whose rows alone count; NULL: all
  SqlPolicy policy;            // of the model
  char other[SQL_MODEL_BYTES]; // what model points to, of a challenger that the report is not about
} Question;

// A pattern of metric_sql.h with $m alone.
void sql_put_pattern(Text *text, const char *pattern, const char *model);

// "$m_rows AS (...)": the rows with predicted and, of a binary target, key (the order in which a capacity
// takes them, largest first) and acted (whether the policy wants to).
void sql_put_rows(Text *sql, const Question *question, const char *model, const char *where);

// " WHERE ..." of a slice; "" of none.
void sql_put_where(Text *text, const Question *question);

const char *sql_policy_kind(const json_t *report);

// Whether acting is limited, and what the capacity allows: a number or a query. In rows, or in millionths of
// their cost.
bool sql_by_capacity(const Question *question);
void sql_put_limit(Text *text, const Question *question, const char *model);

// The columns that tell a reader what a row is, and the tables they are of.
void sql_put_columns(Text *sql, const Question *question);
void sql_put_from(Text *sql, const Question *question);

// Two queries over all rows, which count by `amount` where `condition` holds.
void sql_make_counts(ReportSql *made, const Question *question, const char *condition, const char *amount);

// The queries of a policy that is no model's; false: it is one for the metric `value` with question->policy.
bool sql_make_policy(ReportSql *made, Question *question, const char *name);

#endif
