"""Prints what scikit-learn, SciPy and statsmodels find for a predictions.csv: one `name value` a line, to compare with ours.

    sklearn_metrics.py CSV binary|multiclass|regression THRESHOLD

Where a library has no such metric it is worked out here from its definition, in NumPy.
"""
import csv
import sys

import numpy as np
from scipy import stats
from sklearn import isotonic, metrics

rows = list(csv.DictReader(open(sys.argv[1])))
label = np.array([float(row["label"]) for row in rows])
weight = np.array([float(row["weight"]) for row in rows]) if "weight" in rows[0] else None
w = np.ones(len(label)) if weight is None else weight
task = sys.argv[2]
out = {}


def top(score, count):
    """Weight of positives among the `count` weight of highest scores; a block of equal scores is taken in part."""
    positives, left = 0.0, count
    for value in np.unique(score)[::-1]:
        block = score == value
        share = min(1.0, left / w[block].sum()) if w[block].sum() > 0 else 0.0
        positives += share * w[block][label[block] == 1].sum()
        left -= share * w[block].sum()
        if left <= 0:
            break
    return positives


def calibration_error(labels, score):
    """Equal-mass: 15 bins of rows in the order of the score, equal scores in one."""
    order = np.argsort(score, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True)) + 1
    start, bins = 0, 0
    error = 0.0
    for end in ends:
        due = start + -(-(len(score) - start) // (15 - bins))
        if end < due and end < len(score):
            continue
        members = order[start:end]
        start = end
        if w[members].sum() > 0:
            bins += 1
            error += abs((w[members] * (labels[members] - score[members])).sum()) / w.sum()
    return error


def calibration_line(score):
    """Logistic regression of the label on logit p, with sandwich standard errors, by Newton's method."""
    p = np.clip(score, 2.0**-24, 1 - 2.0**-24)
    x = np.stack([np.ones(len(p)), np.log(p / (1 - p))])
    b = np.array([0.0, 1.0])
    for _ in range(60):
        mu = 1 / (1 + np.exp(-b @ x))
        hessian = (x * (w * mu * (1 - mu))) @ x.T
        b = b + np.linalg.solve(hessian, x @ (w * (label - mu)))
    mu = 1 / (1 + np.exp(-b @ x))
    bread = np.linalg.inv((x * (w * mu * (1 - mu))) @ x.T)
    meat = (x * (w * (label - mu)) ** 2) @ x.T
    return b, np.sqrt(np.diag(bread @ meat @ bread))


def quantile(values, q):
    """Type 7; with weights Akinshin's weighted type 7, from his paper's equations."""
    if weight is None:
        return np.quantile(values, q)
    order = np.argsort(values)
    cumulated = np.cumsum(w[order]) / w.sum()
    n = w.sum() ** 2 / (w**2).sum()
    h = q * (n - 1) / n
    area = np.clip((cumulated - h) * n, 0, 1)
    return (np.diff(np.insert(area, 0, 0)) * values[order]).sum()


if task == "binary":
    score = np.array([float(row["score"]) for row in rows])
    threshold = float(sys.argv[3])
    clipped = np.clip(score, 2.0**-24, 1 - 2.0**-24)
    predicted = (score >= threshold).astype(float)
    out["log_loss"] = metrics.log_loss(label, clipped, sample_weight=weight)
    out["auc"] = metrics.roc_auc_score(label, score, sample_weight=weight)
    out["gini"] = 2 * out["auc"] - 1
    out["average_precision"] = metrics.average_precision_score(label, score, sample_weight=weight)
    false, true, _ = metrics.roc_curve(label, score, sample_weight=weight)
    out["ks"] = np.abs(true - false).max()
    if weight is None:
        out["ks"] = stats.ks_2samp(score[label == 1], score[label == 0]).statistic
    out["brier"] = metrics.brier_score_loss(label, score, sample_weight=weight)
    out["accuracy"] = metrics.accuracy_score(label, predicted, sample_weight=weight)
    out["precision"] = metrics.precision_score(label, predicted, sample_weight=weight)
    out["recall"] = metrics.recall_score(label, predicted, sample_weight=weight)
    out["specificity"] = metrics.recall_score(label, predicted, pos_label=0, sample_weight=weight)
    out["balanced_accuracy"] = metrics.balanced_accuracy_score(label, predicted, sample_weight=weight)
    out["f1"] = metrics.f1_score(label, predicted, sample_weight=weight)
    out["mcc"] = metrics.matthews_corrcoef(label, predicted, sample_weight=weight)
    for name, share in [("0.1", 0.1), ("0.25", 0.25), ("80", 80 / len(label))]:
        taken = share * w.sum()
        hits = top(score, taken)
        out["capture@" + name] = hits / w[label == 1].sum()
        out["precision@" + name] = hits / taken
        out["lift@" + name] = hits / taken / (w[label == 1].sum() / w.sum())
    (out["calibration_intercept"], out["calibration_slope"]), errors = calibration_line(score)
    out["error.calibration_intercept"], out["error.calibration_slope"] = errors
    out["ece"] = calibration_error(label, score)
    again = isotonic.IsotonicRegression().fit_transform(score, label, sample_weight=weight)
    recalibrated = metrics.brier_score_loss(label, np.clip(again, 0, 1), sample_weight=weight)
    rate = np.average(label, weights=w)
    out["part.mcb"] = out["brier"] - recalibrated
    out["part.dsc"] = rate * (1 - rate) - recalibrated
    out["part.unc"] = rate * (1 - rate)
elif task == "multiclass":
    names = [name for name in rows[0] if name.startswith("score.")]
    given = np.array([[float(row[name]) for name in names] for row in rows])
    predicted = given.argmax(axis=1)
    scores = np.clip(given, 2.0**-24, 1 - 2.0**-24)
    scores /= scores.sum(axis=1, keepdims=True)
    out["log_loss"] = metrics.log_loss(label, scores, labels=range(len(names)), sample_weight=weight)
    out["accuracy"] = metrics.accuracy_score(label, predicted, sample_weight=weight)
    out["balanced_accuracy"] = metrics.balanced_accuracy_score(label, predicted, sample_weight=weight)
    out["macro_f1"] = metrics.f1_score(label, predicted, average="macro", sample_weight=weight)
    out["cohen_kappa"] = metrics.cohen_kappa_score(label, predicted, sample_weight=weight)
    for k in (1, 2, 3):
        out[f"top_k_accuracy@{k}"] = metrics.top_k_accuracy_score(
            label, given, k=k, labels=range(len(names)), sample_weight=weight)
    out["classwise_ece"] = np.mean([calibration_error((label == k) * 1.0, given[:, k]) for k in range(len(names))])
    costs = np.array([[abs(i - j) * (1 + i) for j in range(len(names))] for i in range(len(names))], float)
    decision = (given @ costs).argmin(axis=1)
    out["expected_cost"] = np.average(costs[label.astype(int), decision], weights=w)
else:
    score = np.array([float(row["score"]) for row in rows])
    error = np.abs(score - label)
    out["rmse"] = metrics.mean_squared_error(label, score, squared=False, sample_weight=weight)
    out["mae"] = metrics.mean_absolute_error(label, score, sample_weight=weight)
    out["r2"] = metrics.r2_score(label, score, sample_weight=weight)
    out["bias"] = np.average(score - label, weights=w)
    out["mape"] = metrics.mean_absolute_percentage_error(label, score, sample_weight=weight)
    if weight is None:
        out["median_absolute_error"] = metrics.median_absolute_error(label, score)
    else:  # scikit-learn interpolates nothing with weights, and then equal weights are not no weights
        out["median_absolute_error"] = quantile(error, 0.5)
    out["p90_absolute_error"] = quantile(error, 0.9)
    for q in (0.1, 0.9):
        out[f"pinball@{q}"] = metrics.mean_pinball_loss(label, score, alpha=q, sample_weight=weight)
    out["poisson_deviance"] = metrics.mean_poisson_deviance(label, score, sample_weight=weight)
    out["gamma_deviance"] = metrics.mean_gamma_deviance(label, score, sample_weight=weight)
    for power in (0, 1, 1.5, 2, 2.5):
        out[f"tweedie@{power}"] = metrics.mean_tweedie_deviance(label, score, power=power, sample_weight=weight)
    out["asymmetric_cost@3:1"] = np.average(np.where(score < label, 3 * error, error), weights=w)
for name, value in out.items():
    print(name, repr(float(value)))
