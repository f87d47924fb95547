// The table of metrics as SQL, and the expansion of its templates.
#include "io/report/sql/metric_sql.h"

#include <string.h>

#define BINARY (1u << TASK_BINARY)
#define MULTICLASS (1u << TASK_MULTICLASS)
#define REGRESSION (1u << TASK_REGRESSION)

// The mean of an expression, as terms that add up to it.
#define MEAN(expression) "SELECT row_id, weight * (" expression ") / SUM(weight) OVER () AS term FROM $m_rows"

// p within [2^-24, 1 - 2^-24], where logarithms are finite.
#define CLIPPED(p) "min(max(" p ", 5.9604644775390625e-8), 1 - 5.9604644775390625e-8)"

#define ERROR "(score - label)"
#define POISSON "2 * (CASE WHEN label > 0 THEN label * ln(label / score) ELSE 0 END - label + score)"
#define GAMMA "2 * (label / score - 1 - ln(label / score))"

// Rows from the highest score on: how much weight comes before a row's block of equal scores, and how much of
// the block is within the `taken` weight.
#define TOP(divisor)                                                                                         \
  "SELECT row_id, weight * label * max(0.0, min(1.0, (taken - before) / size)) / (" divisor ") AS term\n"    \
  "  FROM (SELECT *, CASE WHEN $a < 1 THEN $a * total WHEN $a < n THEN $a * (total / n) ELSE total END AS "  \
  "taken\n"                                                                                                  \
  "    FROM (SELECT row_id, label, weight, COUNT(*) OVER () AS n, SUM(weight) OVER () AS total,\n"           \
  "      SUM(weight * label) OVER () AS positives, SUM(weight) OVER (PARTITION BY score) AS size,\n"         \
  "      SUM(weight) OVER (ORDER BY score DESC) - SUM(weight) OVER (PARTITION BY score) AS before\n"         \
  "      FROM $m_rows))"

// Each negative below a positive counts 1, each of equal score one half.
#define BELOW                                                                                                \
  "(SUM(weight * (1 - label)) OVER (ORDER BY score) - SUM(weight * (1 - label)) OVER (PARTITION BY score) "  \
  "/ 2)"
#define PAIRS "(SUM(weight * label) OVER () * SUM(weight * (1 - label)) OVER ())"

// A quantile of |score - label| is a mean of the errors around it: of the cumulated weight, the window of one
// row's width, m = (sum of w)^2 / (sum of w^2) rows (Akinshin 2023; equal weights: Hyndman and Fan's type 7).
#define QUANTILE(level)                                                                                      \
  "SELECT row_id, size * (max(0.0, min(1.0, (until - start) * m)) - max(0.0, min(1.0, (until - own - "       \
  "start) * m))) AS term\n"                                                                                  \
  "  FROM (SELECT *, " level " * (m - 1) / m AS start\n"                                                     \
  "    FROM (SELECT row_id, abs(score - label) AS size, weight / SUM(weight) OVER () AS own,\n"              \
  "      SUM(weight) OVER (ORDER BY abs(score - label), row_id ROWS UNBOUNDED PRECEDING) / SUM(weight) "     \
  "OVER () AS until,\n"                                                                                      \
  "      SUM(weight) OVER () * SUM(weight) OVER () / SUM(weight * weight) OVER () AS m\n"                    \
  "      FROM $m_rows))"

#define NONE_IS_ZERO "SELECT COALESCE(SUM(term), 0) FROM $m_terms"

static const MetricSql table[] = {
    {METRIC_value, BINARY, "SELECT row_id, CASE WHEN acted THEN act ELSE skip END AS term FROM $m_rows", NULL,
     NULL, NULL},
    {METRIC_value, MULTICLASS + REGRESSION, "SELECT row_id, act AS term FROM $m_rows", NULL, NULL, NULL},
    {METRIC_log_loss, BINARY,
     MEAN("-ln(CASE WHEN label = 1 THEN " CLIPPED("score") " ELSE 1 - " CLIPPED("score") " END)"), NULL, NULL,
     NULL},
    {METRIC_log_loss, MULTICLASS,
     "SELECT row_id, weight * -ln(own / total) / SUM(weight) OVER () AS term\n"
     "  FROM (SELECT r.row_id, r.weight, SUM(" CLIPPED(
         "s.score") ") AS total,\n"
                    "    MAX(CASE WHEN s.class = r.label THEN " CLIPPED(
                        "s.score") " END) AS own\n"
                                   "    FROM $m_rows r JOIN $m_scores s ON s.row_id = r.row_id GROUP BY "
                                   "r.row_id)",
     NULL, NULL, NULL},
    {METRIC_brier, BINARY, MEAN(ERROR " * " ERROR), NULL, NULL, NULL},
    {METRIC_accuracy, BINARY + MULTICLASS, MEAN("predicted = label"), NULL, NULL, NULL},
    {METRIC_precision, BINARY,
     "SELECT row_id, weight * label * predicted / SUM(weight * predicted) OVER () AS term FROM $m_rows",
     NONE_IS_ZERO, NULL, NULL},
    {METRIC_recall, BINARY,
     "SELECT row_id, weight * label * predicted / SUM(weight * label) OVER () AS term FROM $m_rows", NULL,
     NULL, NULL},
    {METRIC_specificity, BINARY,
     "SELECT row_id, weight * (1 - label) * (1 - predicted) / SUM(weight * (1 - label)) OVER () AS term\n"
     "  FROM $m_rows",
     NULL, NULL, NULL},
    {METRIC_balanced_accuracy, BINARY + MULTICLASS,
     "SELECT row_id, weight * (predicted = label) / SUM(weight) OVER (PARTITION BY label)\n"
     "    / (SELECT COUNT(DISTINCT label) FROM $m_rows WHERE weight > 0) AS term\n"
     "  FROM $m_rows",
     NULL, NULL, NULL},
    {METRIC_f1, BINARY,
     "SELECT row_id, 2 * weight * label * predicted / SUM(weight * (label + predicted)) OVER () AS term\n"
     "  FROM $m_rows",
     NONE_IS_ZERO, NULL, NULL},
    {METRIC_mcc, BINARY,
     "SELECT row_id, weight * y * p / (sqrt(SUM(weight * y * y) OVER ()) * sqrt(SUM(weight * p * p) OVER "
     "())) "
     "AS term\n"
     "  FROM (SELECT row_id, weight, label - SUM(weight * label) OVER () / SUM(weight) OVER () AS y,\n"
     "    predicted - SUM(weight * predicted) OVER () / SUM(weight) OVER () AS p FROM $m_rows)",
     NONE_IS_ZERO, NULL, NULL},
    {METRIC_auc, BINARY, "SELECT row_id, weight * label * " BELOW "\n    / " PAIRS " AS term\n  FROM $m_rows",
     NULL, NULL, NULL},
    {METRIC_gini, BINARY,
     "SELECT row_id, weight * label * (2 * " BELOW "\n    - SUM(weight * (1 - label)) OVER ()) / " PAIRS
     " AS term\n  FROM $m_rows",
     NULL, NULL, NULL},
    {METRIC_ks, BINARY,
     "SELECT row_id, abs(SUM(weight * label) OVER (ORDER BY score) / SUM(weight * label) OVER ()\n"
     "    - SUM(weight * (1 - label)) OVER (ORDER BY score) / SUM(weight * (1 - label)) OVER ()) AS term\n"
     "  FROM $m_rows",
     "SELECT MAX(term) FROM $m_terms", NULL, "nothing: the largest distance is the value"},
    {METRIC_average_precision, BINARY,
     "SELECT row_id, weight * label / SUM(weight * label) OVER ()\n"
     "    * SUM(weight * label) OVER (ORDER BY score DESC) / SUM(weight) OVER (ORDER BY score DESC) AS term\n"
     "  FROM $m_rows",
     NULL, NULL, NULL},
    {METRIC_capture, BINARY, TOP("positives"), NULL, NULL, NULL},
    {METRIC_precision_at, BINARY, TOP("taken"), NULL, NULL, NULL},
    {METRIC_lift, BINARY, TOP("taken * (positives / total)"), NULL, NULL, NULL},
    {METRIC_macro_f1, MULTICLASS,
     "SELECT row_id, 2 * weight * (r.predicted = label) / (SUM(weight) OVER (PARTITION BY label) + "
     "COALESCE(p.total, 0))\n"
     "    / (SELECT COUNT(*) FROM (SELECT label FROM $m_rows WHERE weight > 0 UNION SELECT predicted FROM "
     "$m_rows WHERE weight > 0)) AS term\n"
     "  FROM $m_rows r LEFT JOIN (SELECT predicted, SUM(weight) AS total FROM $m_rows GROUP BY predicted) p "
     "ON "
     "p.predicted = label",
     NULL, NULL, NULL},
    {METRIC_cohen_kappa, MULTICLASS,
     "SELECT row_id, weight * ((predicted = label) - chance) / (1 - chance) / SUM(weight) OVER () AS term\n"
     "  FROM $m_rows, (SELECT SUM(l.total * p.total) / (SELECT SUM(weight) * SUM(weight) FROM $m_rows) AS "
     "chance\n"
     "    FROM (SELECT label, SUM(weight) AS total FROM $m_rows GROUP BY label) l\n"
     "    JOIN (SELECT predicted, SUM(weight) AS total FROM $m_rows GROUP BY predicted) p ON p.predicted = "
     "l.label)",
     NONE_IS_ZERO, NULL, NULL},
    {METRIC_top_k_accuracy, MULTICLASS,
     MEAN("(SELECT COUNT(*) FROM $m_scores s, $m_scores own\n"
          "    WHERE s.row_id = $m_rows.row_id AND own.row_id = $m_rows.row_id AND own.class = label\n"
          "    AND (s.score > own.score OR (s.score = own.score AND s.class < own.class))) < $a"),
     NULL, NULL, NULL},
    {METRIC_rmse, REGRESSION, MEAN(ERROR " * " ERROR), "SELECT sqrt(SUM(term)) FROM $m_terms", NULL,
     "the mean squared error, whose square root is the value"},
    {METRIC_mae, REGRESSION, MEAN("abs(score - label)"), NULL, NULL, NULL},
    {METRIC_bias, REGRESSION, MEAN("score - label"), NULL, NULL, NULL},
    {METRIC_median_absolute_error, REGRESSION, QUANTILE("0.5"), NULL, NULL, NULL},
    {METRIC_p90_absolute_error, REGRESSION, QUANTILE("0.9"), NULL, NULL, NULL},
    {METRIC_r2, REGRESSION,
     "SELECT row_id, weight * (y * y - e * e) / SUM(weight * y * y) OVER () AS term\n"
     "  FROM (SELECT row_id, weight, score - label AS e,\n"
     "    label - SUM(weight * label) OVER () / SUM(weight) OVER () AS y FROM $m_rows)",
     NULL, NULL, NULL},
    {METRIC_interval_coverage, REGRESSION, MEAN("lower <= label AND label <= upper"), NULL, NULL, NULL},
    {METRIC_interval_width, REGRESSION, MEAN("upper - lower"), NULL, NULL, NULL},
    {METRIC_mape, REGRESSION, MEAN("abs(score - label) / abs(label)"), NULL, NULL, NULL},
    {METRIC_poisson_deviance, REGRESSION, MEAN(POISSON), NULL, NULL, NULL},
    {METRIC_gamma_deviance, REGRESSION, MEAN(GAMMA), NULL, NULL, NULL},
    {METRIC_pinball, REGRESSION,
     MEAN("CASE WHEN score < label THEN $a * (label - score) ELSE (1 - $a) * (score - label) END"), NULL,
     NULL, NULL},
    {METRIC_asymmetric_cost, REGRESSION,
     MEAN("CASE WHEN score < label THEN $a * (label - score) ELSE $b * (score - label) END"), NULL, NULL,
     NULL},
};

const MetricSql metric_sql_capacity = {
    METRIC_value,
    BINARY,
    "SELECT row_id, CASE WHEN acted AND before + size <= $limit THEN act ELSE skip END AS term,\n"
    "    CASE WHEN acted AND before < $limit AND before + size > $limit THEN act - skip END AS gain,\n"
    "    $limit - before AS take, size\n"
    "  FROM (SELECT *, COALESCE(SUM(cost) FILTER (WHERE acted) OVER (PARTITION BY key), 0) AS size,\n"
    "    COALESCE(SUM(cost) FILTER (WHERE acted) OVER (ORDER BY key DESC), 0)\n"
    "    - COALESCE(SUM(cost) FILTER (WHERE acted) OVER (PARTITION BY key), 0) AS before\n"
    "    FROM $m_rows)$where",
    "SELECT term + CASE WHEN gain IS NULL THEN 0 ELSE " SQL_PART " END\n"
    "    FROM (SELECT SUM(term) AS term, SUM(gain) AS gain, MAX(size) FILTER (WHERE gain IS NOT NULL) AS "
    "size,\n"
    "        MAX(take) FILTER (WHERE gain IS NOT NULL) AS take FROM $m_terms)",
    "term + COALESCE(1.0 * gain * take / size, 0)",
    NULL};

const MetricSql *metric_sql_find(MetricId id, Task task) {
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    if (table[i].id == id && table[i].tasks & 1u << task) return &table[i];
  }
  return NULL;
}

static bool is_name(const char *at, const char *name) {
  return strncmp(at, name, strlen(name)) == 0;
}

void metric_sql_expand(Text *text, const char *pattern, const SqlNames *names) {
  for (const char *at = pattern; *at != '\0';) {
    size_t plain = strcspn(at, "$");
    text_put_n(text, at, plain);
    at += plain;
    if (*at == '\0') return;
    if (is_name(at, "$limit")) {
      text_put(text, names->limit);
      at += strlen("$limit");
    } else if (is_name(at, "$where")) {
      text_put(text, names->where);
      at += strlen("$where");
    } else {
      if (at[1] == 'm') text_put(text, names->model);
      if (at[1] == 'a') text_number(text, names->first);
      if (at[1] == 'b') text_number(text, names->second);
      at += 2;
    }
  }
}
