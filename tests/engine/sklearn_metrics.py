"""Prints scikit-learn's metrics of a predictions.csv: one `name value` a line, for the comparison with ours."""
import csv
import sys

import numpy as np
from sklearn import metrics

rows = list(csv.DictReader(open(sys.argv[1])))
label = np.array([float(row["label"]) for row in rows])
weight = np.array([float(row["weight"]) for row in rows]) if "weight" in rows[0] else None
task = sys.argv[2]
out = {}
if task == "binary":
    score = np.array([float(row["score"]) for row in rows])
    threshold = float(sys.argv[3])
    clipped = np.clip(score, 2.0**-24, 1 - 2.0**-24)
    predicted = score >= threshold
    out["log_loss"] = metrics.log_loss(label, clipped, sample_weight=weight)
    out["auc"] = metrics.roc_auc_score(label, score, sample_weight=weight)
    out["average_precision"] = metrics.average_precision_score(label, score, sample_weight=weight)
    out["brier"] = metrics.brier_score_loss(label, score, sample_weight=weight)
    out["accuracy"] = metrics.accuracy_score(label, predicted, sample_weight=weight)
    out["f1"] = metrics.f1_score(label, predicted, sample_weight=weight)
elif task == "multiclass":
    names = [name for name in rows[0] if name.startswith("score.")]
    scores = np.array([[float(row[name]) for name in names] for row in rows])
    predicted = scores.argmax(axis=1)
    scores = np.clip(scores, 2.0**-24, 1 - 2.0**-24)
    scores /= scores.sum(axis=1, keepdims=True)
    out["log_loss"] = metrics.log_loss(label, scores, labels=range(len(names)), sample_weight=weight)
    out["accuracy"] = metrics.accuracy_score(label, predicted, sample_weight=weight)
    out["balanced_accuracy"] = metrics.balanced_accuracy_score(label, predicted, sample_weight=weight)
    out["macro_f1"] = metrics.f1_score(label, predicted, average="macro", sample_weight=weight)
else:
    score = np.array([float(row["score"]) for row in rows])
    out["rmse"] = metrics.mean_squared_error(label, score, squared=False, sample_weight=weight)
    out["mae"] = metrics.mean_absolute_error(label, score, sample_weight=weight)
    out["r2"] = metrics.r2_score(label, score, sample_weight=weight)
for name, value in out.items():
    print(name, repr(float(value)))
