"""Welch's t on log locations, and the paired t.

With baseline locations b (n of them, variance s_b^2) and treatment locations t (m of them, variance s_t^2)::

    shift = mean(t) - mean(b)             the log ratio
    se^2  = s_b^2 / n + s_t^2 / m
    df    = se^4 / ((s_b^2 / n)^2 / (n - 1) + (s_t^2 / m)^2 / (m - 1))       Satterthwaite
    interval = shift -+ t(1 - alpha / 2, df) * se

Source: B. L. Welch, "The generalization of 'Student's' problem when several different population variances are
involved", Biometrika 34 (1947) 28-35; F. E. Satterthwaite, Biometrics Bulletin 2 (1946) 110-114.
The variances of the arms are never pooled: with unequal arms of unequal size that interval covers far too rarely.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .result import Caution

WELCH = "Welch's t on the logs"
PAIRED = "paired t on the log ratios"

SAME = 1e-12
"""Log locations closer than this are one value: a relative difference below the rounding of the logarithms."""


@dataclass(frozen=True)
class Estimate:
    """A log shift with its interval, and the interval for equivalence (level 2 * confidence - 1); NaN when unknown."""

    shift: float
    low: float
    high: float
    low90: float
    high90: float
    p: float
    df: float
    method: str
    cautions: tuple[Caution, ...] = ()


def spread(locations: np.ndarray) -> float:
    """Standard deviation of log locations: 0 for a constant arm, NaN for a single replicate."""
    if len(locations) < 2:
        return math.nan
    return 0.0 if float(np.ptp(locations)) <= SAME else float(np.std(locations, ddof=1))


def welch(baseline: np.ndarray, treatment: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Welch's interval for the difference of means of two arms of log locations, each of 2 or more.

    An arm whose locations are all the same adds no variance and no degrees of freedom: the interval rests on the other arm,
    with the caution `constant-arm`. When both are constant nothing estimates the noise (a clock too coarse, or a value
    that is not a measurement): interval and p are NaN, with the caution `no-spread`.

    >>> estimate = welch(np.array([0.0, 2.0, 4.0]), np.array([1.0, 3.0, 5.0, 7.0]))
    >>> round(estimate.shift, 3), round(estimate.df, 3), round(estimate.p, 3)
    (2.0, 4.959, 0.301)
    """
    sizes = len(baseline), len(treatment)
    spreads = spread(baseline), spread(treatment)
    parts = [s * s / n for s, n in zip(spreads, sizes, strict=True)]
    shift = float(np.mean(treatment)) - float(np.mean(baseline))
    variance = sum(parts)
    if variance == 0:
        return _no_spread(shift, WELCH, "in each arm all replicates have the same value")
    df = variance**2 / sum(part**2 / (n - 1) for part, n in zip(parts, sizes, strict=True))
    cautions = tuple(
        Caution("constant-arm", f"all replicates of the {arm} have the same value: the interval rests on the other arm")
        for arm, s in zip(("baseline", "treatment"), spreads, strict=True)
        if s == 0
    )
    return _student(shift, math.sqrt(variance), df, confidence, WELCH, cautions)


def paired_t(baseline: np.ndarray, treatment: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Student's interval for the mean of the paired differences of log locations; both of the same length, 2 or more.

    >>> estimate = paired_t(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 3.0]))
    >>> round(estimate.shift, 4), estimate.df, round(estimate.p, 4)     # differences 1, 2, 1; t = 4
    (1.3333, 2.0, 0.0572)
    """
    differences = treatment - baseline
    s = spread(differences)
    shift = float(np.mean(differences))
    if s == 0:
        return _no_spread(shift, PAIRED, "all pairs have the same ratio")
    n = len(differences)
    return _student(shift, s / math.sqrt(n), float(n - 1), confidence, PAIRED, ())


def _student(shift: float, se: float, df: float, confidence: float, method: str, cautions: tuple) -> Estimate:
    from scipy.special import stdtr, stdtrit

    alpha = 1 - confidence
    half, half90 = (se * float(stdtrit(df, 1 - tail)) for tail in (alpha / 2, alpha))
    p = 2 * float(stdtr(df, -abs(shift) / se))
    return Estimate(shift, shift - half, shift + half, shift - half90, shift + half90, p, df, method, cautions)


def _no_spread(shift: float, method: str, why: str) -> Estimate:
    nan = math.nan
    caution = Caution("no-spread", f"{why}, so nothing estimates the noise")
    return Estimate(shift, nan, nan, nan, nan, nan, nan, method, (caution,))
