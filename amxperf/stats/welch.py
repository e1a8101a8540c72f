"""Welch's t on log locations, and the paired t.

With baseline locations b (n of them, variance s_b^2) and treatment locations t (m of them, variance s_t^2)::

    shift = mean(t) - mean(b)             the log ratio
    se^2  = s_b^2 / n + s_t^2 / m
    df    = se^4 / ((s_b^2 / n)^2 / (n - 1) + (s_t^2 / m)^2 / (m - 1))       Satterthwaite
    interval = shift -+ t(1 - alpha / 2, df) * se

Source: B. L. Welch, "The generalization of 'Student's' problem when several different population variances are
involved", Biometrika 34 (1947) 28-35; F. E. Satterthwaite, Biometrics Bulletin 2 (1946) 110-114.
The variances of the arms are never pooled: with unequal arms of unequal size that interval covers far too rarely.
The functions on arrays work on many comparisons at a time; those on one comparison are arrays of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from . import degrees, estimates
from .estimates import (
    CONSTANT_BASELINE,
    CONSTANT_TREATMENT,
    DEGREES,
    METHODS,
    NO_SPREAD,
    PAIRED,
    SAME_RATIO,
    WELCH,
    Estimate,
    Estimates,
)
from .ragged import SAME, means, spreads

__all__ = ["PAIRED", "SAME", "WELCH", "Arm", "Estimate", "combined", "paired_t", "spread", "summary", "welch", "welches"]


@dataclass(frozen=True)
class Arm:
    """What Welch's t needs of one arm of many comparisons: arrays of shape (comparisons,).

    n : replicates, 2 or more. mean, spread : mean and standard deviation of their log locations.
    """

    n: np.ndarray
    mean: np.ndarray
    spread: np.ndarray


def summary(locations: np.ndarray, starts: np.ndarray) -> Arm:
    """Arms from log locations, those of comparison i at starts[i]:starts[i + 1]."""
    return Arm(np.diff(starts), means(locations, starts), spreads(locations, starts))


def spread(locations: np.ndarray) -> float:
    """Standard deviation of log locations: 0 for a constant arm, NaN for a single replicate."""
    return float(spreads(np.asarray(locations, dtype=float), np.array([0, len(locations)]))[0])


def combined(arms: Sequence[Arm], signs: Sequence[float], confidence: float = 0.95, method: str = WELCH) -> Estimates:
    """Intervals for a signed sum of means of independent arms, with Satterthwaite's degrees of freedom.

    Two arms with signs -1 and 1 are Welch's t; four with 1, -1, -1, 1 are a ratio of ratios. The first arm is the
    baseline of the cautions, the rest the treatment. NaN with the caution `no-spread` where no arm has a spread.

    >>> arm = Arm(np.array([3]), np.array([0.0]), np.array([1.0]))
    >>> estimate = combined([arm] * 4, (1, -1, -1, 1)).row(0)
    >>> round(estimate.df, 9), round(estimate.high, 6)      # four variances 1/3 of 2 degrees each: t(8) * sqrt(4/3)
    (8.0, 2.662744)
    """
    parts = [arm.spread**2 / arm.n for arm in arms]
    variance = sum(parts)
    shift = sum(sign * arm.mean for sign, arm in zip(signs, arms, strict=True))
    constant = [arm.spread == 0 for arm in arms]
    with np.errstate(divide="ignore", invalid="ignore"):
        df = variance**2 / sum(part**2 / (arm.n - 1) for part, arm in zip(parts, arms, strict=True))
    some, other = constant[0], np.any(constant[1:], axis=0)
    flags = np.where(variance == 0, NO_SPREAD, some * CONSTANT_BASELINE + other * CONSTANT_TREATMENT)
    found = estimates.student(shift, np.sqrt(variance), df, confidence, METHODS.index(method), flags, arms[0].n, arms[-1].n)
    found.flags[degrees.unsure(found, parts, [arm.n for arm in arms], confidence)] |= DEGREES
    return found


def welches(baseline: Arm, treatment: Arm, confidence: float = 0.95) -> Estimates:
    """Welch's intervals for treatment minus baseline, one per comparison."""
    return combined((baseline, treatment), (-1, 1), confidence)


def welch(baseline: np.ndarray, treatment: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Welch's interval for the difference of means of two arms of log locations, each of 2 or more.

    An arm whose locations are all the same adds no variance and no degrees of freedom: the interval rests on the other arm,
    with the caution `constant-arm`. When both are constant nothing estimates the noise (a clock too coarse, or a value
    that is not a measurement): interval and p are NaN, with the caution `no-spread`.

    >>> estimate = welch(np.array([0.0, 2.0, 4.0]), np.array([1.0, 3.0, 5.0, 7.0]))
    >>> round(estimate.shift, 3), round(estimate.df, 3), round(estimate.p, 3)
    (2.0, 4.959, 0.301)
    """
    arms = [summary(np.asarray(arm, dtype=float), np.array([0, len(arm)])) for arm in (baseline, treatment)]
    return welches(*arms, confidence).row(0)


def pairs(differences: Arm, confidence: float = 0.95) -> Estimates:
    """Student's intervals for the mean of paired differences of log locations, one per comparison."""
    flags = np.where(differences.spread == 0, SAME_RATIO, 0)
    se = differences.spread / np.sqrt(differences.n)
    df = (differences.n - 1).astype(float)
    return estimates.student(differences.mean, se, df, confidence, METHODS.index(PAIRED), flags, differences.n, differences.n)


def paired_t(baseline: np.ndarray, treatment: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Student's interval for the mean of the paired differences of log locations; both of the same length, 2 or more.

    >>> estimate = paired_t(np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 3.0]))
    >>> round(estimate.shift, 4), estimate.df, round(estimate.p, 4)     # differences 1, 2, 1; t = 4
    (1.3333, 2.0, 0.0572)
    """
    differences = np.asarray(treatment, dtype=float) - np.asarray(baseline, dtype=float)
    return pairs(summary(differences, np.array([0, len(differences)])), confidence).row(0)
