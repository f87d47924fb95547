"""Answers questions of a file, one a line, by scipy and statsmodels: one line of numbers each, for the comparison with ours."""
import sys

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2, hypergeom, ks_2samp, wasserstein_distance
from statsmodels.stats.contingency_tables import SquareTable
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint


def mid_p(a_positives, a, b_positives, b):
    """Two-sided mid-p of Fisher's test from scipy's hypergeometric distribution."""
    table = hypergeom(a + b, a_positives + b_positives, a)
    weights = table.pmf(np.arange(0, a + 1))
    observed = table.pmf(a_positives)
    equal = np.isclose(weights, observed, rtol=1e-7, atol=0)
    return weights[(weights < observed) & ~equal].sum() + 0.5 * weights[equal].sum()


def bin_ends(reference):
    """Upper ends of bins: a value of a tenth of the rows alone, what lies between two of these in equal parts."""
    values, counts = np.unique(reference, return_counts=True)
    heavy = values[counts * 10 >= len(reference)]
    ends = []
    for low, high in zip([-np.inf, *heavy], [*heavy, np.inf]):
        between = reference[(reference > low) & (reference < high)]
        parts = max(1, int(len(between) * 10 / len(reference) + 0.5))
        ends += [np.quantile(between, k / parts) for k in range(1, parts)] if len(between) else []
        ends += [np.nextafter(high, -np.inf), high]
    return np.unique(ends)


def drift(reference, judged):
    """PSI, p, Jensen-Shannon, KS and Wasserstein distances of two samples of numbers."""
    ends = bin_ends(reference)
    p, q = (np.bincount(np.searchsorted(ends, x), minlength=len(ends)) for x in (reference, judged))
    p, q, ends = p[p + q > 0], q[p + q > 0], ends[p + q > 0]
    more = 0.5 if (p * q == 0).any() else 0
    noise = 1 / len(reference) + 1 / len(judged)
    shares = [(c + more) / (c + more).sum() for c in (p, q)]
    psi = ((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum()
    return [psi, chi2.sf(psi / noise, len(ends) - 1), jensenshannon(p, q, base=2) ** 2, ks_2samp(reference, judged).statistic,
            wasserstein_distance(reference, judged) / np.std(reference)]


for line in open(sys.argv[1]):
    what, *words = line.split()
    numbers = [float(word) for word in words]
    if what == "chi2":
        answer = [chi2.sf(*numbers)]
    elif what == "stuart_maxwell":  # rows and columns, then the counts
        size = int(numbers[0])
        found = SquareTable(np.reshape(numbers[1:], (size, size)), shift_zeros=False).homogeneity("stuart_maxwell")
        answer = [found.statistic, found.df, found.pvalue]
    elif what == "mid_p":
        answer = [mid_p(*map(int, numbers))]
    elif what == "shares":  # successes and trials of two groups, confidence
        a, n, b, m, alpha = numbers[0], numbers[1], numbers[2], numbers[3], 1 - numbers[4]
        answer = [*proportion_confint(a, n, alpha, method="wilson"),
                  *confint_proportions_2indep(a, n, b, m, method="newcomb", compare="diff", alpha=alpha),
                  *confint_proportions_2indep(a, n, b, m, method="log", compare="ratio", alpha=alpha)]
    else:  # drift: rows of the first sample, then both
        first = int(numbers[0])
        answer = drift(np.array(numbers[1:first + 1]), np.array(numbers[first + 1:]))
    print(*(repr(float(x)) for x in answer))
