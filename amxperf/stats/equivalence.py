"""The p value of equivalence: the larger of the two one-sided tests against the margin.

Each of the two asks whether the ratio lies on the inner side of one end of the margin. Both must say so, and no allowance is
due for there being two (R. L. Berger, Technometrics 24 (1982) 295-300): the larger p is that of the claim "equivalent", below
1 - confidence exactly where the interval of level 2 * confidence - 1 lies inside the margin (D. J. Schuirmann,
J. Pharmacokinet. Biopharm. 15 (1987) 657-680). It is a p value like any other, so several of them are adjusted like any other
(:mod:`amxperf.stats.many`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from . import brunner_munzel, nulls, serial
from .estimates import METHODS, RANKS, WIDENED, Estimates

if TYPE_CHECKING:
    from .nested import Nested

CHUNK = 2_000_000
"""Differences that are looked at in one go."""


def equivalence_ps(
    found: Estimates, margin: float, confidence: float = 0.95, arms: tuple[Nested, Nested] | None = None
) -> np.ndarray:
    """p of equivalence within `margin` of each comparison, shape (comparisons,); NaN where there is no interval.

    arms : the values behind the estimates, which those from ranks need.

    >>> from amxperf.stats.welch import summary, welches
    >>> arms = [summary(np.array([0.000, 0.001, 0.003, 0.002]) + shift, np.array([0, 4])) for shift in (0, 0.004)]
    >>> found = welches(*arms)
    >>> [round(float(equivalence_ps(found, margin)[0]), 6) for margin in (0.02, 0.005)]
    [1e-06, 0.160446]
    """
    bound = math.log1p(margin)
    out = np.full(len(found), math.nan)
    known = ~np.isnan(found.low)
    ranked = known & (found.method == METHODS.index(RANKS))
    plain = np.flatnonzero(known & ~ranked)
    out[plain] = _student(found, plain, bound, confidence)
    if ranked.any() and arms is not None:
        rows = np.flatnonzero(ranked)
        shapes = {shape: None for shape in zip(found.n[rows].tolist(), found.m[rows].tolist(), strict=True)}
        for n, m in shapes:
            same = rows[(found.n[rows] == n) & (found.m[rows] == m)]
            step = max(CHUNK // (n * m), 1)
            for first in range(0, len(same), step):
                part = same[first : first + step]
                out[part] = _ranks(found, part, [_logs(arm, part, k) for arm, k in zip(arms, (n, m), strict=True)], bound)
    inside = (found.low90 > -bound) & (found.high90 < bound)
    return np.where(known & ~inside, np.fmax(out, 1 - confidence), out)  # where ties leave them at odds the careful one wins


def _student(found: Estimates, rows: np.ndarray, bound: float, confidence: float) -> np.ndarray:
    """By the t distribution; the standard error is that of the interval, widened where it was."""
    from scipy.special import stdtr, stdtrit

    shift, df = found.shift[rows], found.df[rows]
    se = (found.high90[rows] - found.low90[rows]) / 2 / stdtrit(df, confidence)
    return stdtr(df, -(bound - np.abs(shift)) / se)  # the nearer end has the larger p


def _logs(arm: Nested, rows: np.ndarray, length: int) -> np.ndarray:
    """The log values of arms of this many single values, shape (rows, length), in the order measured."""
    return np.log(arm.values[arm.by_value[rows][:, None] + np.arange(length)])


def _ranks(found: Estimates, rows: np.ndarray, logs: list[np.ndarray], bound: float) -> np.ndarray:
    """By ranks: at each end of the margin the larger of the Mann-Whitney and the Brunner-Munzel p."""
    shift = found.shift[rows]
    factor = np.ones(len(rows))
    widened = (found.flags[rows] & WIDENED) != 0
    if widened.any():
        factor[widened] = serial.widenings(*(part[widened] for part in logs))
    x, y = (np.sort(part, axis=1) for part in logs)
    differences = (y[:, :, None] - x[:, None, :]).reshape(len(rows), -1)
    out = np.zeros(len(rows))
    for side in (-1, 1):
        end = shift + (side * bound - shift) / factor  # a widened interval reaches `bound` where the plain one reaches this
        away = side * (end[:, None] - differences)  # positive: the difference lies on the inner side of this end
        ranks = _tail(np.count_nonzero(away <= 0, axis=1), x.shape[1], y.shape[1])
        p, inner = brunner_munzel.at_zero(x, y - end[:, None]), np.sign(away).mean(axis=1) > 0
        out = np.maximum(out, np.maximum(ranks, np.where(inner, p / 2, 1 - p / 2)))
    return out


def _tail(outer: np.ndarray, m: int, n: int) -> np.ndarray:
    """P(U <= u) of the Mann-Whitney statistic, as its interval has it."""
    if m * n <= nulls.PAIRS:
        return np.minimum(np.cumsum(nulls.mann_whitney_pmf(m, n))[outer], 1.0)
    from scipy.special import ndtr

    return ndtr((outer - m * n / 2 + 0.5) / math.sqrt(m * n * (m + n + 1) / 12))
