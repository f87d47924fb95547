#!/usr/bin/env python3
"""Regenerates the polynomials of kernels/shared/scalar.h, and checks that their coefficients stand there.

    scalar_coefficients.py    each polynomial: its largest relative error, its coefficients from the lowest; exit 1 where
                              the header lacks one

A polynomial p approximates g with the least largest |w (p - g)|, the relative error of the function that it serves, by
Remez's exchange; exp and log keep the coefficients that numerics id x1 began with, their errors are only measured.
Needs mpmath (python3-mpmath).
"""
import re
import sys
from pathlib import Path

from mpmath import cos, erfc, exp, floor, frexp, ldexp, log, log1p, lu_solve, matrix, mp, mpf, pi, sin, sqrt

mp.prec = 200
HEADER = Path(__file__).resolve().parents[2] / "kernels/shared/scalar.h"


def erfc_scaled(t):
    """(1 + 1.25a) e^(a^2) erfc(a) where t = (a - 2) / (a + 2)."""
    a = 2 * (1 + t) / (1 - t)
    return (1 + mpf(1.25) * a) * exp(a * a) * erfc(a)


# name: from, to, g, w, degree or coefficients
POLYNOMIALS = {
    "exp": (-log(2) / 2, log(2) / 2, lambda r: (exp(r) - 1 - r) / r**2, lambda r: r**2 / exp(r),
            "0x1p-1 0x1.555554p-3 0x1.555486p-5 0x1.11127ep-7 0x1.6d947cp-10 0x1.9f0438p-13"),
    "log": (sqrt(mpf(1) / 2) - 1, sqrt(2) - 1, lambda f: (log1p(f) - f + f * f / 2) / f**3, lambda f: f**3 / log1p(f),
            "0x1.555548p-2 -0x1.000006p-2 0x1.99a4bep-3 -0x1.555c76p-3 0x1.2336e4p-3 -0x1.fc1cc0p-4 0x1.e6f210p-4 "
            "-0x1.de5884p-4 0x1.147510p-4"),
    "erfc": (mpf(-1), mpf(8.5) / 12.5, erfc_scaled, lambda t: 1 / erfc_scaled(t), 12),
    "sinpi": (mpf(0), mpf(1) / 16, lambda s: (sin(pi * sqrt(s)) / sqrt(s) - pi) / s,
              lambda s: s * sqrt(s) / sin(pi * sqrt(s)), 3),
    "cospi": (mpf(0), mpf(1) / 16, lambda s: (cos(pi * sqrt(s)) - 1) / s, lambda s: s / cos(pi * sqrt(s)), 3),
}


def rounded(x):
    """x to 24 bits."""
    fraction, exponent = frexp(x)
    return ldexp(floor(ldexp(fraction, 24) + mpf(1) / 2), exponent - 24)


def value(coefficients, x):
    y = mpf(0)
    for c in reversed(coefficients):
        y = y * x + c
    return y


def extrema(errors, count):
    """Places of the largest error between each two changes of sign; count neighbours, the best."""
    places = []
    for i, e in enumerate(errors):
        if places and (e > 0) == (errors[places[-1]] > 0):
            if abs(e) > abs(errors[places[-1]]):
                places[-1] = i
        else:
            places.append(i)
    while len(places) > count:
        places.pop(0 if abs(errors[places[0]]) < abs(errors[places[-1]]) else -1)
    return places


def remez(table, degree):
    """The coefficients of the least largest |w (p - g)| over the table of (x, g, w), w > 0."""
    count = degree + 2
    places = [(2 * i + 1) * len(table) // (2 * count) for i in range(count)]
    for _ in range(40):
        rows, right = matrix(count, count), matrix(count, 1)
        for row, place in enumerate(places):
            x, right[row], w = table[place]
            for power in range(degree + 1):
                rows[row, power] = x**power
            rows[row, degree + 1] = (-1) ** row / w
        coefficients = list(lu_solve(rows, right))[: degree + 1]
        before, places = places, extrema([w * (value(coefficients, x) - g) for x, g, w in table], count)
        if places == before or len(places) < count:
            break
    return coefficients


def fit(table, degree):
    """Terms of binary32, lowest first: one a coefficient, but the constant of an interval around 0 in two."""
    if table[0][0] < 0:
        constant, *others = remez(table, degree)
        return [[rounded(constant), rounded(constant - rounded(constant))]] + [[rounded(c)] for c in others]
    terms = []  # rounded one by one, the rest fitted anew
    for n in range(degree + 1):
        known = [c for c, in terms]
        rest = [(x, (g - value(known, x)) / x**n, w * x**n) for x, g, w in table]
        terms.append([rounded(remez(rest, degree - n)[0])])
    return terms


def main():
    literals = {float.fromhex(text) for text in re.findall(r"-?0x1[.0-9a-f]*p[-+]?\d+", HEADER.read_text())}
    missing = 0
    for name, (low, high, g, w, wanted) in POLYNOMIALS.items():
        points = [(low + high) / 2 - (high - low) / 2 * cos(pi * (i + mpf(1) / 2) / 600) for i in range(600)]
        table = [(x, g(x), abs(w(x))) for x in points]
        terms = fit(table, wanted) if isinstance(wanted, int) else [[mpf(float.fromhex(c))] for c in wanted.split()]
        error = max(w_x * abs(value([sum(t) for t in terms], x) - g_x) for x, g_x, w_x in table)
        print(f"{name}: largest relative error 2^{float(log(error, 2)):.1f}")
        for c in (float(c) for term in terms for c in term):
            missing += c not in literals
            print(f"  {re.sub('0{7}p', 'p', c.hex())}{'' if c in literals else '  is not in scalar.h'}")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
