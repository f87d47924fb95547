// The SQL of every metric that is a sum over rows: what each row adds, and how the sum becomes the value.
//
// Tables are those of report_database.h. A model M has two common table expressions: M_rows, the rows that
// are asked about with `predicted` (the class) and, of a binary target, `acted` (whether its policy wants to
// act), and M_terms with row_id and term.
#ifndef INGOT_IO_REPORT_SQL_METRIC_SQL_H
#define INGOT_IO_REPORT_SQL_METRIC_SQL_H

#include "engine/evaluate/metrics.h"
#include "io/shared/text.h"

typedef struct MetricSql {
  MetricId id;
  unsigned tasks;     // bits 1 << Task
  const char *terms;  // the query that is M_terms
  const char *value;  // the query of the value over M_terms; NULL: their sum
  const char *part;   // what a row shows as its contribution, of one row of M_terms; NULL: term
  const char *add_up; // what contributions add up to; NULL: the value
} MetricSql;

// NULL: the metric is no sum over rows.
const MetricSql *metric_sql_find(MetricId id, Task task);

// The value metric under a capacity: equal keys are one block, of which the share that fits counts.
extern const MetricSql metric_sql_capacity;

// The share take / size of an amount `gain`, rounded once to a millionth, ties to even: long division of
// integers, exact where size is below 4.6e15 (millionths: 4.6e9 units). gain, take and size are columns.
#define SQL_PART                                                                                             \
  "(WITH RECURSIVE digits(place, whole, rest) AS (SELECT 1000000000000000000, 0, 0\n"                        \
  "      UNION ALL SELECT place / 1000, whole * 1000 + (rest * 1000 + gain % size * (take / place % 1000)) " \
  "/ "                                                                                                       \
  "size,\n"                                                                                                  \
  "        (rest * 1000 + gain % size * (take / place % 1000)) % size FROM digits WHERE place > 0)\n"        \
  "    SELECT made + CASE WHEN 2 * abs(rest) > size OR (2 * abs(rest) = size AND made % 2 <> 0)\n"           \
  "        THEN CASE WHEN gain < 0 THEN -1 ELSE 1 END ELSE 0 END\n"                                          \
  "      FROM (SELECT gain / size * take + whole AS made, rest FROM digits WHERE place = 0))"

// What stands for $m, $a, $b, $limit and $where in a template.
typedef struct SqlNames {
  const char *model;    // $m
  double first, second; // $a, $b: the metric's parameters
  const char *limit;    // $limit: what the capacity allows
  const char *where;    // $where: " WHERE ..." of a slice, or ""
} SqlNames;

void metric_sql_expand(Text *text, const char *pattern, const SqlNames *names);

#endif
