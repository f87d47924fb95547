"""Prints what statsmodels and SciPy find for fixed questions on two models' predictions: one `name value` a line.

    statsmodels_tests.py CSV THRESHOLD     columns champion, challenger, label
"""
import csv
import sys

import numpy as np
import statsmodels.api as sm
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

rows = list(csv.DictReader(open(sys.argv[1])))
label, a, b = (np.array([float(row[name]) for row in rows]) for name in ("label", "champion", "challenger"))
threshold = float(sys.argv[2])
out = {}


def tango(gained, lost, n, z):
    """Where Tango's score statistic is z, by SciPy's root finder on the statistic of his paper."""

    def statistic(delta):
        linear = -gained - lost + (2 * n - gained + lost) * delta
        root = np.sqrt(linear**2 + 8 * n * lost * delta * (1 - delta))
        q = (root - linear) / (4 * n)
        return (gained - lost - n * delta) / np.sqrt(n * (2 * q + delta * (1 - delta))) - z

    return optimize.brentq(statistic, -1 + 1e-9, 1 - 1e-9, xtol=1e-15, rtol=1e-14)


for name, counts in [("accuracy", label >= 0), ("recall", label == 1), ("specificity", label == 0)]:
    right = [((score >= threshold) == label)[counts] for score in (a, b)]
    gained, lost, n = (right[1] & ~right[0]).sum(), (right[0] & ~right[1]).sum(), counts.sum()
    exact = mcnemar([[0, gained], [lost, 0]], exact=True).pvalue
    # mid-p: statsmodels has the exact test only; both differ by the probability of what was seen
    out[name + ".p"] = exact - stats.binom.pmf(gained, gained + lost, 0.5) if gained != lost else 1
    z = stats.norm.ppf(0.975)
    out[name + ".low"], out[name + ".high"] = tango(gained, lost, n, z), tango(gained, lost, n, -z)
    low, high = proportion_confint(right[1].sum(), n, method="wilson")
    out[name + ".single.low"], out[name + ".single.high"] = low, high
hits = b >= threshold
out["precision.single.low"], out["precision.single.high"] = proportion_confint(
    label[hits].sum(), hits.sum(), method="wilson")

p = np.clip(b, 2.0**-24, 1 - 2.0**-24)
fit = sm.GLM(label, sm.add_constant(np.log(p / (1 - p))), family=sm.families.Binomial()).fit(
    cov_type="HC0", tol=1e-14, maxiter=200)
out["calibration_intercept.value"], out["calibration_slope.value"] = fit.params
out["calibration_intercept.error"], out["calibration_slope.error"] = fit.bse

p_values = [0.001, 0.04, 0.03, 0.0005, 0.9, 0.04, 0.2, 0.011]
for i, value in enumerate(multipletests(p_values, method="holm")[1]):
    out[f"holm.{i}"] = value
for i, value in enumerate(multipletests(p_values, method="fdr_bh")[1]):
    out[f"benjamini_hochberg.{i}"] = value
for name, value in out.items():
    print(name, repr(float(value)))
