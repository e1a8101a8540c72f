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


def midranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1 within each row, equal values sharing their mean; `values` of shape (rows, n).

    >>> midranks(np.array([[3.0, 1.0, 3.0], [1.0, 2.0, 3.0]])).tolist()
    [[2.5, 1.0, 2.5], [1.0, 2.0, 3.0]]
    """
    rows, n = values.shape
    order = np.argsort(values, axis=1)
    order += np.arange(rows)[:, None] * n  # places in all rows one after the other
    ordered = values.take(order)
    places = np.arange(n)
    fresh = np.ones((rows, n), dtype=bool)
    fresh[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    if fresh.all():
        shared = np.broadcast_to(places + 1.0, (rows, n))
    else:
        last = np.ones((rows, n), dtype=bool)
        last[:, :-1] = fresh[:, 1:]
        begin = np.maximum.accumulate(np.where(fresh, places, 0), axis=1)
        end = np.minimum.accumulate(np.where(last, places, n)[:, ::-1], axis=1)[:, ::-1]
        shared = (begin + end) / 2 + 1
    out = np.empty(rows * n)
    out[order] = shared
    return out.reshape(rows, n)


def rank_lag1_rows(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`rank_lag1` of each row of `values`, shape (rows, n): two arrays of shape (rows,)."""
    values = values[:, :LONGEST]
    n = values.shape[1]
    ranks = midranks(values)
    centred = ranks - (n + 1) / 2
    total = (centred * centred).sum(axis=1)
    steps = np.diff(ranks, axis=1)
    variance = 4 * (n - 2) * (5 * n * n - 2 * n - 9) / (5 * n * (n + 1) * (n - 1) ** 2)
    some = total > 0
    safe = np.where(some, total, 1.0)
    r = (centred[:, :-1] * centred[:, 1:]).sum(axis=1) / safe
    z = (2 - (steps * steps).sum(axis=1) / safe) / math.sqrt(variance)
    return np.where(some, r, 0.0), np.where(some, z, 0.0)


def rank_lag1(values: np.ndarray) -> tuple[float, float]:
    """Lag-1 correlation of the ranks, and z of Bartels' test (large: neighbours are alike); 0, 0 for constant values.

    The statistic is von Neumann's ratio of ranks, sum (R_i - R_(i+1))^2 / sum (R_i - mean R)^2, with mean 2 and variance
    4 (n - 2)(5 n^2 - 2 n - 9) / (5 n (n + 1)(n - 1)^2) for independent values:
    R. Bartels, J. Amer. Statist. Assoc. 77 (1982) 40-46. `values`: 1-D, in the order measured, 4 or more.

    >>> r, z = rank_lag1(np.arange(20.0))
    >>> round(r, 2), z > 4
    (0.85, True)
    """
    r, z = rank_lag1_rows(np.asarray(values)[None, :])
    return float(r[0]), float(z[0])


def related_rows(values: np.ndarray) -> np.ndarray:
    """Does the test fire, for each row?"""
    return rank_lag1_rows(values)[1] > CRITICAL


def related(*arms: np.ndarray) -> bool:
    """Does the test fire in any arm?"""
    return any(bool(related_rows(np.asarray(arm)[None, :])[0]) for arm in arms)


def widenings(*arms: np.ndarray) -> np.ndarray:
    """`widening` for many comparisons: arms of shape (comparisons, m), (comparisons, n) ..."""
    if min(arm.shape[1] for arm in arms) < SHORTEST:
        return np.ones(len(arms[0]))
    plain = widened = np.zeros(len(arms[0]))
    for arm in arms:
        n, r = arm.shape[1], rank_lag1_rows(arm)[0]
        r = np.clip(r + (1 + 4 * r) / n, 0.0, 0.95)
        part = arm.var(axis=1, ddof=1) / n
        plain = plain + part
        widened = widened + part * (1 + r) / (1 - r)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(plain > 0, np.sqrt(widened / plain), 1.0)


def widening(*arms: np.ndarray) -> float:
    """Factor on the interval for values that go together, 1 or more; 1 where an arm is shorter than `SHORTEST`.

    With correlation r the n values are worth n (1 - r) / (1 + r) independent ones. r is the lag-1 correlation of ranks with
    Kendall's correction for short series, r + (1 + 4 r) / n, between 0 and 0.95.

    >>> wave = np.repeat([0.0, 1.0, 0.1, 0.9, 0.2, 0.8], 5) + np.arange(30) / 1000
    >>> related(wave, wave), widening(wave, wave) > 1.5, related(wave[::7], wave[::7])
    (True, True, False)
    """
    return float(widenings(*(np.asarray(arm)[None, :] for arm in arms))[0])
