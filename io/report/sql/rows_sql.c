// The rows of a model as SQL: what its policy wants, in which order, and which of them a slice holds.
#include "engine/evaluate/money.h"
#include "engine/evaluate/panels/groups.h"
#include "engine/shared/memory.h"
#include "io/report/report_read.h"
#include "io/report/sql/question.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

void sql_put_pattern(Text *text, const char *pattern, const char *model) {
  metric_sql_expand(text, pattern, &(SqlNames){.model = model, .where = "", .limit = ""});
}

static void put_quoted(Text *text, const char *string, const char *format) {
  char *quoted = sqlite3_mprintf(format, string);
  text_put(text, quoted);
  sqlite3_free(quoted);
}

// ---- policies ----

const char *sql_policy_kind(const json_t *report) {
  return report_string(report, "business/policy/kind");
}

bool sql_by_capacity(const Question *question) {
  return question->task == TASK_BINARY && report_at(question->report, "business/capacity") != NULL;
}

// A number of the report within bounds; 0 where it is none.
static double within(const Question *question, const char *path, double most) {
  double number = report_number(question->report, path);
  return number > 0 ? number < most ? number : most : 0;
}

void sql_put_limit(Text *text, const Question *question, const char *model) {
  static const double rows_most = 9e12, units_most = 4e12;
  CapacityConfig config = {.rows = (int64_t)within(question, "business/capacity/rows", rows_most),
                           .fraction = within(question, "business/capacity/fraction", 1),
                           .budget = within(question, "business/capacity/budget", units_most)};
  bool weighs = question->facts.weighted && config.budget == 0;
  if (weighs && config.fraction > 0) { // of the weight; rounded to the nearest, ties to even
    text_put(text, "(SELECT down + (x - down > 0.5 OR (x - down = 0.5 AND down % 2 <> 0)) FROM\n"
                   "      (SELECT x, CAST(x AS INTEGER) AS down FROM (SELECT ");
    text_number(text, config.fraction);
    text_add(text, " * SUM(cost) AS x FROM %s)))", model);
    return;
  }
  int64_t judged = (int64_t)within(question, "evaluation_set/rows", rows_most);
  int64_t limit = money_capacity(&config, judged, NULL).limit;
  text_add(text, "%lld", (long long)(weighs ? limit * MONEY_SCALE : limit));
}

// Acting below where acting gains more on average on label 0 than on label 1.
#define BEST_SIDE                                                                                            \
  "CASE WHEN (SELECT SUM(act - skip) FILTER (WHERE label = 0) * 1.0 / COUNT(*) FILTER (WHERE label = 0)\n"   \
  "      > SUM(act - skip) FILTER (WHERE label = 1) * 1.0 / COUNT(*) FILTER (WHERE label = 1) FROM $m)\n"    \
  "    THEN -score ELSE score END"
#define EXPECTED "(score * gain_if_one + (1 - score) * gain_if_zero)"

static const char *key_of(const Question *question) {
  bool expected = strcmp(sql_policy_kind(question->report), "expected_gain") == 0;
  if (question->policy == SQL_ORACLE)
    return "CASE WHEN cost = 0 THEN 9e999 ELSE 1.0 * (act - skip) / cost END";
  if (question->policy == SQL_BEST) return BEST_SIDE;
  if (question->policy == SQL_OWN && expected)
    return "CASE WHEN weight > 0 THEN " EXPECTED " / weight ELSE 0.0 END";
  return "CASE WHEN act_below THEN -score ELSE score END";
}

static const char *acted_of(const Question *question) {
  const char *kind = sql_policy_kind(question->report);
  switch (question->policy) {
  case SQL_HALF:
    return "(score >= 0.5) <> act_below";
  case SQL_ORACLE:
    return "act > skip";
  case SQL_BEST:
    return "1";
  default:
    return strcmp(kind, "expected_gain") == 0 ? EXPECTED " > 0"
           : strcmp(kind, "capacity") == 0    ? "1"
                                              : "(score >= threshold) <> act_below";
  }
}

void sql_put_rows(Text *sql, const Question *question, const char *model, const char *where) {
  static const char *const predicted = "SELECT *, (SELECT class FROM $m_scores s WHERE s.row_id = $m.row_id "
                                       "ORDER BY score DESC, class LIMIT 1) AS "
                                       "predicted\n  FROM $m";
  sql_put_pattern(sql, "$m_rows AS (", model);
  if (question->task == TASK_BINARY) {
    sql_put_pattern(sql, "SELECT $m.*, act_below, score >= threshold AS predicted,\n    ", model);
    sql_put_pattern(sql, key_of(question), model);
    text_add(sql, " AS key, %s AS acted", acted_of(question));
    sql_put_pattern(sql, "\n  FROM $m JOIN policy ON policy.model = '$m'", model);
  } else {
    sql_put_pattern(sql, question->task == TASK_MULTICLASS ? predicted : "SELECT * FROM $m", model);
  }
  text_put(sql, where);
  text_put(sql, ")");
}

// ---- slices ----

// Where a slice stands among those of its column: groups of values, then the rest of too many, then missing
// ones.
typedef struct SlicePlace {
  int before, after;
  bool namesake; // another one has the same text
} SlicePlace;

static SlicePlace place_of(const Question *question, const char *name, const char *value) {
  SlicePlace place = {0, 0, false};
  const json_t *items = report_at(question->report, "slices/items");
  bool passed = false;
  for (size_t i = 0; i < json_array_size(items); i++) {
    const json_t *item = json_array_get(items, i);
    bool own = item == question->slice;
    passed = passed || own;
    if (own || strcmp(report_string(item, "column"), name) != 0) continue;
    *(passed ? &place.after : &place.before) += 1;
    place.namesake = place.namesake || strcmp(report_string(item, "value"), value) == 0;
  }
  return place;
}

// The rest: the last but for missing values, behind as many as have a group of their own.
static bool is_rest(const SlicePlace *place, const char *value) {
  const char *ending = strstr(value, " other values");
  return place->before == GROUPS_MAX - 1 && place->after <= 1 && ending != NULL &&
         strcmp(ending, " other values") == 0;
}

// Whatever has no group of its own.
static void put_others(Text *text, const Question *question, const char *name, const char *quoted) {
  const json_t *items = report_at(question->report, "slices/items");
  const char *comma = "";
  text_add(text, "%s NOT IN (", quoted);
  for (size_t i = 0; i < json_array_size(items); i++) {
    const json_t *item = json_array_get(items, i);
    const char *value = report_string(item, "value");
    if (item == question->slice) break; // what follows are missing values
    if (strcmp(report_string(item, "column"), name) != 0) continue;
    text_put(text, comma);
    put_quoted(text, value, "%Q");
    comma = ", ";
  }
  text_put(text, ")");
}

// "up to 4", "above 4 to 9", "above 9".
static bool put_range(Text *text, const char *value, const char *quoted) {
  const char *above = strncmp(value, "above ", 6) == 0 ? value + 6 : NULL, *to;
  const char *upto = strncmp(value, "up to ", 6) == 0 ? value + 6 : NULL;
  if (above == NULL && upto == NULL) return false;
  to = above == NULL ? NULL : strstr(above, " to ");
  if (to != NULL) upto = to + 4;
  char *from = above == NULL ? NULL
               : to == NULL  ? memory_text(above)
                             : memory_text_n(above, (size_t)(to - above));
  if (from != NULL) {
    text_add(text, "CAST(%s AS REAL) > CAST(", quoted);
    put_quoted(text, from, "%Q AS REAL)");
  }
  if (from != NULL && upto != NULL) text_put(text, " AND ");
  if (upto != NULL) {
    text_add(text, "CAST(%s AS REAL) <= CAST(", quoted);
    put_quoted(text, upto, "%Q AS REAL)");
  }
  free(from);
  return true;
}

void sql_put_where(Text *text, const Question *question) {
  text_put(text, "");
  if (question->slice == NULL) return;
  const char *name = report_string(question->slice, "column"),
             *value = report_string(question->slice, "value");
  char *column = memory_format("slice.%s", name), *quoted = sqlite3_mprintf("\"%w\"", column);
  SlicePlace place = place_of(question, name, value);
  bool numbers = text_list_find(&question->facts.numbers, name) >= 0;
  bool last_missing = strcmp(value, "missing") == 0 && place.after == 0;
  text_put(text, " WHERE ");
  if (last_missing && (numbers || place.namesake || place.before >= GROUPS_MAX))
    text_add(text, "%s IS NULL", quoted);
  else if (last_missing) // no value, or the text "missing": only one of them is there
    text_add(text, "COALESCE(%s, 'missing') = 'missing'", quoted);
  else if (!numbers && is_rest(&place, value))
    put_others(text, question, name, quoted);
  else if (!numbers || !put_range(text, value, quoted)) {
    text_put(text, quoted);
    put_quoted(text, value, " = %Q");
  }
  sqlite3_free(quoted);
  free(column);
}

// ---- all ----

void sql_put_columns(Text *sql, const Question *question) {
  bool money = report_at(question->report, "business") != NULL, two = question->champion != NULL;
  const char *models[] = {question->champion, question->model};
  text_put(sql, "SELECT r.row_id, r.label");
  for (int i = two ? 0 : 1; i < 2; i++) {
    const char *table = i == 0 ? "c" : "r", *name = models[i];
    if (question->task == TASK_MULTICLASS)
      text_add(sql, ", %s.predicted AS \"%s predicted\"", table, name);
    else
      text_add(sql, ", %s.score AS \"%s score\"", table, name);
    if (question->task == TASK_BINARY) text_add(sql, ", %s.decision AS \"%s decision\"", table, name);
    if (money && question->task != TASK_BINARY) text_add(sql, ", %s.act AS \"%s act\"", table, name);
  }
  if (money) text_put(sql, question->task == TASK_BINARY ? ", r.act, r.skip" : ", r.skip");
}

void sql_put_from(Text *sql, const Question *question) {
  sql_put_pattern(sql, "\n  FROM $m_rows r", question->model);
  if (question->champion != NULL)
    sql_put_pattern(sql, " JOIN $m_rows c ON c.row_id = r.row_id", question->champion);
}

void sql_make_counts(ReportSql *made, const Question *question, const char *condition, const char *amount) {
  bool two = question->champion != NULL;
  for (int rows = 0; rows < 2; rows++) {
    Text sql = {0};
    text_put(&sql, "WITH ");
    sql_put_rows(&sql, question, question->model, "");
    if (two) text_put(&sql, ",\n");
    if (two) sql_put_rows(&sql, question, question->champion, "");
    text_put(&sql, "\n");
    if (rows) sql_put_columns(&sql, question);
    text_add(&sql, rows ? ", %s AS contribution" : "SELECT COALESCE(SUM(%s), 0) AS value", amount);
    sql_put_from(&sql, question);
    text_add(&sql, "\n  WHERE %s", condition);
    if (rows) text_put(&sql, "\n  ORDER BY abs(contribution) DESC, r.row_id LIMIT 10");
    *(rows ? &made->rows : &made->value) = text_take(&sql);
  }
}
