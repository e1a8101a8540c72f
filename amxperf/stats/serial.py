"""Do successive values go together? A rank test at lag 1, and how much it widens an interval."""

from __future__ import annotations

import math

import numpy as np

CRITICAL = 1.959963984540054
"""One-sided 2.5 % per arm: a comparison of independent values is cautioned in about 5 % of cases."""
SHORTEST = 10
"""Fewer values than this cannot say how much they go together: cautioned, not widened."""
LONGEST = 100_000
"""Only so many values from the start are tested: enough to see a correlation of 0.01."""


def rank_lag1(values: np.ndarray) -> tuple[float, float]:
    """Lag-1 correlation of the ranks, and z of Bartels' test (large: neighbours are alike); 0, 0 for constant values.

    The statistic is von Neumann's ratio of ranks, sum (R_i - R_(i+1))^2 / sum (R_i - mean R)^2, with mean 2 and variance
    4 (n - 2)(5 n^2 - 2 n - 9) / (5 n (n + 1)(n - 1)^2) for independent values:
    R. Bartels, J. Amer. Statist. Assoc. 77 (1982) 40-46. `values`: 1-D, in the order measured, 4 or more.

    >>> r, z = rank_lag1(np.arange(20.0))
    >>> round(r, 2), z > 4
    (0.85, True)
    """
    values = values[:LONGEST]
    n = len(values)
    ordered = np.sort(values)
    ranks = (ordered.searchsorted(values, "left") + ordered.searchsorted(values, "right") + 1) / 2
    centred = ranks - (n + 1) / 2
    total = float(centred @ centred)
    if total == 0:
        return 0.0, 0.0
    steps = np.diff(ranks)
    variance = 4 * (n - 2) * (5 * n * n - 2 * n - 9) / (5 * n * (n + 1) * (n - 1) ** 2)
    z = (2 - float(steps @ steps) / total) / math.sqrt(variance)
    return float(centred[:-1] @ centred[1:]) / total, z


def related(baseline: np.ndarray, treatment: np.ndarray) -> bool:
    """Does the test fire in either arm?"""
    return any(rank_lag1(arm)[1] > CRITICAL for arm in (baseline, treatment))


def widening(baseline: np.ndarray, treatment: np.ndarray) -> float:
    """Factor on the interval for values that go together, 1 or more; 1 for arms shorter than `SHORTEST`.

    With correlation r the n values are worth n (1 - r) / (1 + r) independent ones. r is the lag-1 correlation of ranks with
    Kendall's correction for short series, r + (1 + 4 r) / n, between 0 and 0.95.

    >>> wave = np.repeat([0.0, 1.0, 0.1, 0.9, 0.2, 0.8], 5) + np.arange(30) / 1000
    >>> related(wave, wave), widening(wave, wave) > 1.5, related(wave[::7], wave[::7])
    (True, True, False)
    """
    if min(len(baseline), len(treatment)) < SHORTEST:
        return 1.0
    plain = widened = 0.0
    for arm in (baseline, treatment):
        n, r = len(arm), rank_lag1(arm)[0]
        r = min(max(r + (1 + 4 * r) / n, 0.0), 0.95)
        part = float(np.var(arm, ddof=1)) / n
        plain += part
        widened += part * (1 + r) / (1 - r)
    return math.sqrt(widened / plain) if plain > 0 else 1.0
