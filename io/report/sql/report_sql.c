// From a pointer to the queries behind it.
#include "io/report/sql/report_sql.h"

#include "engine/shared/memory.h"
#include "io/report/report_read.h"
#include "io/report/sql/question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *key(const Question *question, int step) {
  return step < question->pointer->keys.count ? question->pointer->keys.items[step] : "";
}

static const json_t *value_at(const Question *question, int step) {
  return step <= question->pointer->keys.count ? question->pointer->values[step] : NULL;
}

static Task task_of(const json_t *report) {
  const char *kind = report_string(report, "task/kind");
  return strcmp(kind, "multiclass") == 0   ? TASK_MULTICLASS
         : strcmp(kind, "regression") == 0 ? TASK_REGRESSION
                                           : TASK_BINARY;
}

// ---- a metric ----

static const MetricSql *sql_of(const Question *question) {
  bool capped = question->metric->id == METRIC_value && sql_by_capacity(question);
  return capped ? &metric_sql_capacity : metric_sql_find(question->metric->id, question->task);
}

static void put_terms(Text *sql, const Question *question, const char *model) {
  const MetricSql *metric = sql_of(question);
  bool capped = metric == &metric_sql_capacity; // the capacity is of all rows, whatever the slice
  Text where = {0}, limit = {0};
  sql_put_where(&where, question);
  text_put(&limit, "");
  if (capped) sql_put_limit(&limit, question, model);
  sql_put_rows(sql, question, model, capped ? "" : where.bytes);
  SqlNames names = {model, question->metric->first, question->metric->second, limit.bytes, where.bytes};
  text_add(sql, ",\n%s_terms AS (", model);
  metric_sql_expand(sql, metric->terms, &names);
  text_put(sql, ")");
  text_free(&where);
  text_free(&limit);
}

static void put_with(Text *sql, const Question *question) {
  text_put(sql, "WITH ");
  put_terms(sql, question, question->model);
  if (question->champion == NULL) return;
  text_put(sql, ",\n");
  put_terms(sql, question, question->champion);
}

static void put_value(Text *sql, const Question *question, const char *model) {
  const char *pattern = sql_of(question)->value;
  text_put(sql, "(");
  sql_put_pattern(sql, pattern == NULL ? "SELECT SUM(term) FROM $m_terms" : pattern, model);
  text_put(sql, ")");
}

static char *value_query(const Question *question) {
  MetricDirection direction = question->metric->direction;
  Text sql = {0};
  bool zero = direction == METRIC_ZERO, down = direction != METRIC_UP;
  put_with(&sql, question);
  text_put(&sql, "\nSELECT ");
  if (question->champion != NULL) {
    text_put(&sql, zero ? "abs(" : "");
    put_value(&sql, question, down ? question->champion : question->model);
    text_put(&sql, zero ? ")\n  - abs(" : "\n  - ");
    put_value(&sql, question, down ? question->model : question->champion);
    if (zero) text_put(&sql, ")");
  } else {
    put_value(&sql, question, question->model);
  }
  text_put(&sql, " AS value");
  return text_take(&sql);
}

// What a row of M_terms adds to the value; nearer to zero is better: with the sign of the whole.
static void put_part(Text *sql, const Question *question, const char *model) {
  const char *part = sql_of(question)->part;
  text_put(sql, "(SELECT ");
  if (question->champion != NULL && question->metric->direction == METRIC_ZERO) {
    text_put(sql, "CASE WHEN ");
    put_value(sql, question, model);
    text_put(sql, " < 0 THEN -1 ELSE 1 END * ");
  }
  text_put(sql, part == NULL ? "term" : part);
  sql_put_pattern(sql, " FROM $m_terms t WHERE t.row_id = r.row_id)", model);
}

static char *rows_query(const Question *question) {
  Text sql = {0};
  MetricDirection direction = question->metric->direction;
  bool down = direction != METRIC_UP;
  put_with(&sql, question);
  text_put(&sql, "\n");
  sql_put_columns(&sql, question);
  text_put(&sql, ",\n  ");
  put_part(&sql, question, question->champion != NULL && down ? question->champion : question->model);
  if (question->champion != NULL) {
    text_put(&sql, "\n  - ");
    put_part(&sql, question, down ? question->model : question->champion);
  }
  text_put(&sql, " AS contribution");
  sql_put_from(&sql, question);
  text_put(&sql, "\n  WHERE contribution IS NOT NULL\n  ORDER BY abs(contribution) DESC, r.row_id LIMIT 10");
  return text_take(&sql);
}

// ---- what has no SQL ----

static char *command_of(const json_t *report) {
  bool again = strcmp(sql_policy_kind(report), "expected_gain") != 0 &&
               report_at(report, "business/capacity/budget") == NULL;
  return again ? memory_text("ingot verify REPORT recomputes it from the scores")
               : memory_format("%s makes it again from the data", report_string(report, "lineage/command"));
}

static const char *interval_sentence(const json_t *estimate) {
  const char *name = report_string(estimate, "method");
  for (int i = 0; i < INTERVAL_METHOD_COUNT; i++) {
    if (strcmp(interval_method_name((IntervalMethod)i), name) == 0)
      return interval_method_text((IntervalMethod)i);
  }
  return NULL;
}

// One sentence: by the interval it belongs to, by its metric's formula, or by its section.
static char *reason_of(const Question *question) {
  const json_t *report = question->report;
  int count = question->pointer->keys.count;
  char *command = command_of(report), *reason;
  const char *method = NULL;
  bool scaled = false;
  for (int i = 0; i < count; i++) {
    const char *step = key(question, i);
    bool interval = strcmp(step, "ci") == 0 || strcmp(step, "p") == 0 || strcmp(step, "ci_error") == 0;
    if (interval) method = interval_sentence(value_at(question, i));
    scaled = scaled || strcmp(step, "population") == 0 || strcmp(step, "per_1000") == 0;
  }
  const json_t *last = value_at(question, count);
  if (scaled)
    reason = memory_format(
        "It is the total on these rows, times the rows it is scaled to, over the rows judged; %s.", command);
  else if (method != NULL)
    reason = memory_format("It is no sum over rows: %s; %s.", method, command);
  else if (json_is_number(last) || question->metric != NULL)
    reason =
        memory_format("It is not made by one sum over rows%s%s; %s.", question->metric != NULL ? ": " : "",
                      question->metric != NULL ? question->metric->formula : "", command);
  else
    reason = memory_text("It is no number; what it is made of stands below it.");
  free(command);
  return reason;
}

// ---- pointers to metrics ----

static const char *model_of_key(const char *name) {
  static const char *const names[] = {"challenger", "champion"};
  for (int i = 0; i < 2; i++)
    if (strcmp(name, names[i]) == 0) return names[i];
  return NULL;
}

// The steps behind a metric: nothing (its difference, or its one model), or the model, then `value` or
// nothing.
static bool take_model(Question *question, int step) {
  const char *name = key(question, step), *behind = key(question, step + 1);
  const json_t *metric = value_at(question, step);
  if (name[0] == '\0') name = report_at(metric, "delta") != NULL ? "delta" : "challenger";
  if (behind[0] != '\0' && (strcmp(behind, "value") != 0 || question->pointer->keys.count > step + 2))
    return false;
  bool delta = strcmp(name, "delta") == 0;
  question->model = delta ? "challenger" : model_of_key(name);
  question->champion = delta ? "champion" : NULL;
  return question->model != NULL && report_at(metric, name) != NULL;
}

// The challenger of that name, where there is only one.
static bool take_named(Question *question, const char *name) {
  const json_t *report = question->report, *found = NULL;
  int count = strcmp(name, report_string(report, "subject/challenger/name")) == 0;
  for (size_t i = 0; i < report_size(report, "subject/others"); i++) {
    const json_t *other = json_array_get(report_at(report, "subject/others"), i);
    if (strcmp(name, report_string(other, "name")) != 0) continue;
    found = other;
    count++;
  }
  if (count != 1 || found == NULL) return count == 1;
  question->model = question->other;
  return sql_model_name(question->other, found);
}

static bool take_ranked(Question *question) {
  const json_t *model = value_at(question, 3);
  const char *what = key(question, 3);
  bool delta = strcmp(what, "delta") == 0, asked = delta || strcmp(what, "value") == 0;
  const char *behind = key(question, 4);
  if (!asked || (behind[0] != '\0' && strcmp(behind, "value") != 0) || question->pointer->keys.count > 5)
    return false;
  question->champion = delta ? "champion" : NULL;
  question->model = json_is_true(report_at(model, "champion")) ? "champion" : "challenger";
  return json_is_true(report_at(model, "champion")) || take_named(question, report_string(model, "name"));
}

static const json_t *metric_of_pointer(const Question *question, int *step) {
  const char *section = key(question, 0), *part = key(question, 1), *list = key(question, 3);
  bool slice = strcmp(section, "slices") == 0 && strcmp(part, "items") == 0 && strcmp(list, "metrics") == 0;
  bool gate = strcmp(section, "gates") == 0, ranked = strcmp(section, "leaderboard") == 0;
  *step = slice ? 5 : ranked ? 3 : 2;
  if (question->pointer->keys.count < *step) return NULL;
  if (ranked) return strcmp(part, "models") == 0 ? report_at(question->report, "leaderboard") : NULL;
  return slice || gate || strcmp(section, "metrics") == 0 ? value_at(question, *step) : NULL;
}

// Whether the pointer asks for a metric; with *has_sql where a query gives it.
static bool take_metric(Question *question, bool *has_sql) {
  int step;
  Error ignored;
  const json_t *metric = metric_of_pointer(question, &step);
  const char *section = key(question, 0), *id = report_string(metric, "id");
  if (metric == NULL) return false;
  if (strcmp(section, "gates") == 0 || strcmp(section, "leaderboard") == 0)
    id = report_string(metric, "metric");
  const Metric *found = NULL;
  if (metric_parse(&found, id, &ignored) != STATUS_OK) return false;
  bool ranked = strcmp(section, "leaderboard") == 0, slices = strcmp(section, "slices") == 0;
  if (ranked ? !take_ranked(question) : !take_model(question, step)) return false;
  question->metric = found;
  question->slice = slices ? value_at(question, 3) : NULL;
  *has_sql = sql_of(question) != NULL && strcmp(report_string(metric, "kind"), "slice") != 0;
  return true;
}

// ---- counts ----

static bool make_swap(ReportSql *made, Question *question) {
  static const struct {
    const char *name, *condition, *amount;
  } parts[] = {{"both", "r.decision = 1 AND c.decision = 1", "1"},
               {"neither", "r.decision = 0 AND c.decision = 0", "1"},
               {"in", "r.decision = 1 AND c.decision = 0", "1"},
               {"out", "r.decision = 0 AND c.decision = 1", "1"},
               {"in_positives", "r.decision = 1 AND c.decision = 0 AND r.label = 1", "1"},
               {"out_positives", "r.decision = 0 AND c.decision = 1 AND r.label = 1", "1"},
               {"in_gain", "r.decision = 1 AND c.decision = 0", "c.act - c.skip"},
               {"out_gain", "r.decision = 0 AND c.decision = 1", "c.act - c.skip"}};
  question->model = "challenger", question->champion = "champion";
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (strcmp(key(question, 0), "swap") != 0 || strcmp(key(question, 1), parts[i].name) != 0) continue;
    sql_make_counts(made, question, parts[i].condition, parts[i].amount);
    made->exact = true;
    if (strstr(parts[i].name, "gain") != NULL) made->scale = MONEY_SCALE;
    return true;
  }
  question->model = question->champion = NULL;
  return false;
}

static bool is_number(const char *text) {
  return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static bool make_confusion(ReportSql *made, Question *question) {
  bool cell = strcmp(key(question, 0), "confusion") == 0 && strcmp(key(question, 1), "counts") == 0;
  if (!cell || question->pointer->keys.count != 4 || !is_number(key(question, 2)) ||
      !is_number(key(question, 3)))
    return false;
  question->model = "challenger";
  bool decided = strcmp(report_string(question->report, "confusion/of"), "decisions") == 0;
  char *condition = memory_format("r.label = %s AND %s = %s", key(question, 2),
                                  decided ? "(r.decision <> r.act_below)" : "r.predicted", key(question, 3));
  sql_make_counts(made, question, condition, "r.weight");
  free(condition);
  return true;
}

// ---- policies ----

// A policy of the business table: a model's, and what is one by a threshold or an order, is the metric
// `value`.
static bool take_policy(ReportSql *made, Question *question, bool *has_sql) {
  const char *behind = key(question, 3), *name = report_string(value_at(question, 3), "name");
  bool policy = strcmp(key(question, 0), "business") == 0 && strcmp(key(question, 1), "policies") == 0;
  if (!policy || question->pointer->keys.count < 3 || question->pointer->keys.count > 4) return false;
  if (behind[0] != '\0' && strcmp(behind, "value") != 0) return false;
  question->model = model_of_key(name);
  *has_sql = question->model != NULL;
  if (question->model == NULL) {
    question->model = "challenger";
    *has_sql = !sql_make_policy(made, question, name);
  }
  if (*has_sql) question->metric = &metric_table[METRIC_value];
  made->exact = true, made->scale = MONEY_SCALE;
  return true;
}

// ---- all ----

static void take_said(ReportSql *made, const ReportPointer *pointer) {
  int last = pointer->keys.count;
  const json_t *value = pointer->values[last];
  if (json_is_object(value) && report_at(value, "delta/value") != NULL) value = report_at(value, "delta");
  if (json_is_object(value) && report_at(value, "value") == NULL &&
      report_at(value, "challenger/value") != NULL)
    value = report_at(value, "challenger");
  made->around = json_is_object(value) ? value : last > 0 ? pointer->values[last - 1] : NULL;
  made->said = json_is_object(value) ? report_at(value, "value") : value;
}

void sql_facts_free(SqlFacts *facts) {
  text_list_free(&facts->numbers);
  text_list_free(&facts->slices);
  text_list_free(&facts->models);
}

bool sql_model_name(char name[SQL_MODEL_BYTES], const json_t *subject) {
  const char *file = report_string(subject, "predictions");
  int number = 0, end = 0;
  if (sscanf(file, "challenger_%2d.h5%n", &number, &end) != 1 || end == 0 || file[end] != '\0' || number < 1)
    return false;
  snprintf(name, SQL_MODEL_BYTES, "challenger_%d", number);
  return true;
}

// A report that was tampered with may name what its scores do not hold.
static Status check_tables(const ReportSql *made, const Question *question, Error *error) {
  const char *column = report_string(question->slice, "column");
  for (int i = 0; i < made->models.count; i++) {
    if (text_list_find(&question->facts.models, made->models.items[i]) < 0)
      return error_set(error, STATUS_DATA, "the report has no scores of its %s", made->models.items[i]);
  }
  if (question->slice == NULL || text_list_find(&question->facts.slices, column) >= 0) return STATUS_OK;
  return error_set(error, STATUS_DATA, "the report's scores have no column 'slice.%.80s'", column);
}

Status report_sql(ReportSql *made, const json_t *report, const char *pointer, const SqlFacts *facts,
                  Error *error) {
  ReportPointer read;
  bool has_sql = false;
  *made = (ReportSql){.metric = "", .scale = 1};
  PASS(report_pointer_read(&read, report, pointer, error));
  Question question = {.report = report, .pointer = &read, .task = task_of(report)};
  if (facts != NULL) question.facts = *facts;
  take_said(made, &read);
  bool known = take_metric(&question, &has_sql) || take_policy(made, &question, &has_sql) ||
               make_swap(made, &question) || make_confusion(made, &question);
  if (question.metric != NULL) {
    made->metric = question.metric->name;
    made->exact = question.metric->id == METRIC_value;
    if (made->exact) made->scale = MONEY_SCALE;
  }
  if (known && has_sql) {
    made->value = value_query(&question);
    made->rows = rows_query(&question);
    const char *add_up = sql_of(&question)->add_up;
    made->add_up = memory_text(add_up != NULL ? add_up : "the value");
  }
  if (made->value != NULL) {
    if (made->add_up == NULL) made->add_up = memory_text("the value");
    text_list_add(&made->models, question.model);
    if (question.champion != NULL) text_list_add(&made->models, question.champion);
  } else {
    made->reason = reason_of(&question);
  }
  report_pointer_free(&read);
  Status status = facts == NULL || made->value == NULL ? STATUS_OK : check_tables(made, &question, error);
  if (status != STATUS_OK) report_sql_free(made);
  return status;
}

void report_sql_free(ReportSql *made) {
  free(made->value);
  free(made->rows);
  free(made->add_up);
  free(made->reason);
  text_list_free(&made->models);
  *made = (ReportSql){0};
}
