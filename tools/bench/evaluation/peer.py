#!/usr/bin/env python3
"""Times scikit-learn's metrics and scipy's bootstrap on the rows that ingot_evaluation_bench writes.

    build/release/ingot_evaluation_bench 100000 200 rows.csv
    python3 tools/bench/evaluation/peer.py rows.csv 200

The same work: differences of two models on paired resamples of the rows, metric by metric. Percentile intervals,
because scipy's BCa leaves every row out in turn (rows^2 steps); ours are BCa.
"""
import csv
import sys
import time

import numpy as np
import scipy.stats
import sklearn
from sklearn import metrics

THRESHOLD = 0.3


def classes(function):
    return lambda label, score: function(label, score >= THRESHOLD)


def ks(label, score):
    return scipy.stats.ks_2samp(score[label == 1], score[label == 0]).statistic


METRICS = {
    "log_loss": metrics.log_loss,
    "auc": metrics.roc_auc_score,
    "ks": ks,
    "average_precision": metrics.average_precision_score,
    "brier": metrics.brier_score_loss,
    "accuracy": classes(metrics.accuracy_score),
    "precision": classes(metrics.precision_score),
    "recall": classes(metrics.recall_score),
    "balanced_accuracy": classes(metrics.balanced_accuracy_score),
    "f1": classes(metrics.f1_score),
    "mcc": classes(metrics.matthews_corrcoef),
}


def main(path, resamples):
    with open(path) as file:
        rows = np.array([[float(x) for x in row] for row in list(csv.reader(file))[1:]])
    label, a, b = rows[:, 0].astype(int), rows[:, 1], rows[:, 2]
    print(f"{len(label)} rows, 2 models, {resamples} resamples, scikit-learn {sklearn.__version__}, scipy {scipy.__version__}")
    total, busy = time.perf_counter(), time.process_time()
    for name, metric in METRICS.items():
        start = time.process_time()

        def difference(y, x, z, metric=metric):
            return metric(y, z) - metric(y, x)

        result = scipy.stats.bootstrap((label, a, b), difference, paired=True, vectorized=False, n_resamples=resamples,
                                       method="percentile", random_state=1)
        low, high = result.confidence_interval
        print(f"  {name:18} {time.process_time() - start:8.2f} processor seconds   [{low:.6f}, {high:.6f}]", flush=True)
    print(f"{len(METRICS)} metrics {time.perf_counter() - total:8.2f} s, processor {time.process_time() - busy:8.2f} s")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
