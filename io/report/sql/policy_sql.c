// Policies of the business table as SQL: those that are no model's decisions.
#include "io/report/report_read.h"
#include "io/report/sql/question.h"

#include <string.h>

static const char *amount_of(const Question *question, const char *name) {
  bool binary = question->task == TASK_BINARY;
  if (strcmp(name, "nobody") == 0 || strcmp(name, "same_for_all") == 0) return "r.skip";
  if (strcmp(name, "everybody") == 0 && question->task != TASK_MULTICLASS) return "r.act";
  if (strcmp(name, "oracle") == 0 && !binary) return "r.best";
  return NULL;
}

static void put_rows(Text *sql, const Question *question) {
  text_put(sql, "WITH ");
  sql_put_rows(sql, question, question->model, "");
}

static void put_order(Text *sql) {
  text_put(sql, "\n  ORDER BY abs(contribution) DESC, r.row_id LIMIT 10");
}

// Every row with the same share: the capacity's, else that of the rows which the model acts on.
static void put_chance(Text *sql, const Question *question) {
  put_rows(sql, question);
  text_put(sql,
           ",\ntogether AS (SELECT SUM(skip) AS term, SUM(act - skip) AS gain, SUM(cost) AS size,\n    ");
  if (sql_by_capacity(question))
    sql_put_limit(sql, question, question->model);
  else
    text_put(sql, "SUM(acted)");
  sql_put_pattern(sql, " AS take FROM $m_rows)\n", question->model);
}

static void make_chance(ReportSql *made, const Question *question) {
  Text value = {0}, rows = {0};
  put_chance(&value, question);
  text_put(&value,
           "SELECT term + CASE WHEN take >= size THEN gain ELSE " SQL_PART " END AS value FROM together");
  put_chance(&rows, question);
  sql_put_columns(&rows, question);
  text_put(&rows, ",\n  r.skip + (r.act - r.skip) * min(1.0, 1.0 * take / size) AS contribution");
  sql_put_from(&rows, question);
  text_put(&rows, ", together");
  put_order(&rows);
  made->value = text_take(&value);
  made->rows = text_take(&rows);
}

// Blocks of equal keys, largest first, as far as they fit: what all up to each of them gain; `best` is the
// first of the largest totals that is positive, acted on to `share`.
static void put_blocks(Text *sql, const Question *question) {
  bool capped = sql_by_capacity(question);
  put_rows(sql, question);
  sql_put_pattern(
      sql,
      ",\nblocks AS (SELECT key, gain, size, SUM(gain) OVER (ORDER BY key DESC) AS upto,\n"
      "    SUM(size) OVER (ORDER BY key DESC) - size AS before\n"
      "  FROM (SELECT key, SUM(act - skip) AS gain, SUM(cost) AS size FROM $m_rows GROUP BY key)),"
      "\ntops AS (",
      question->model);
  if (capped) {
    text_put(sql,
             "SELECT key, CASE WHEN take >= size THEN upto ELSE upto - gain + " SQL_PART " END AS total,\n"
             "    CASE WHEN take >= size THEN 1.0 ELSE 1.0 * take / size END AS share\n"
             "  FROM (SELECT *, ");
    sql_put_limit(sql, question, question->model);
    text_put(sql, " - before AS take FROM blocks) WHERE take >= 0");
  } else {
    text_put(sql, "SELECT key, upto AS total, 1.0 AS share FROM blocks");
  }
  text_put(sql, "),\nbest AS (SELECT * FROM tops WHERE total > 0 ORDER BY total DESC, key DESC LIMIT 1)\n");
}

static void make_best(ReportSql *made, Question *question) {
  Text value = {0}, rows = {0};
  question->policy = SQL_BEST;
  put_blocks(&value, question);
  sql_put_pattern(&value, "SELECT SUM(skip) + COALESCE((SELECT total FROM best), 0) AS value FROM $m_rows",
                  question->model);
  put_blocks(&rows, question);
  sql_put_columns(&rows, question);
  text_put(
      &rows,
      ",\n  r.skip + (r.act - r.skip) * CASE WHEN r.key > (SELECT key FROM best) THEN 1\n"
      "    WHEN r.key = (SELECT key FROM best) THEN (SELECT share FROM best) ELSE 0 END AS contribution");
  sql_put_from(&rows, question);
  put_order(&rows);
  made->value = text_take(&value);
  made->rows = text_take(&rows);
}

bool sql_make_policy(ReportSql *made, Question *question, const char *name) {
  const char *amount = amount_of(question, name);
  bool binary = question->task == TASK_BINARY;
  if (amount != NULL) sql_make_counts(made, question, "true", amount);
  if (binary && strcmp(name, "random") == 0) make_chance(made, question);
  if (binary && strcmp(name, "best_threshold") == 0) make_best(made, question);
  bool half = strcmp(name, "half") == 0;
  if (!binary || (!half && strcmp(name, "oracle") != 0)) return true;
  question->policy = half ? SQL_HALF : SQL_ORACLE;
  return false;
}
