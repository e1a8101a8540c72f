"""Log shifts with their intervals: one of them, or arrays of many."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import numpy as np

from .result import Caution

WELCH = "Welch's t on the logs"
PAIRED = "paired t on the log ratios"
RANKS = "Mann-Whitney with Brunner-Munzel on the logs"
FOUR = "Satterthwaite's t on four log means"
WHOLE = "paired t on the log ratios of ratios"
HALVES = "Welch's t on paired log ratios"
METHODS = (WELCH, PAIRED, RANKS, FOUR, WHOLE, HALVES)

(MANY, TIES, LIMIT, CONSTANT_BASELINE, CONSTANT_TREATMENT, NO_SPREAD, SAME_RATIO, RELATED, WIDENED, DEGREES) = (
    1 << k for k in range(10)
)
"""Bits of `Estimates.flags`: each is a caution."""
UNSURE = "degrees-uncertain"
"""Code of the caution that takes a difference back (:mod:`amxperf.stats.degrees`)."""


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


@dataclass(frozen=True)
class Estimates:
    """Many of them: arrays of shape (comparisons,).

    `method` indexes `METHODS`, `flags` holds the bits above, `n` and `m` are the replicates of baseline and treatment.
    """

    shift: np.ndarray
    low: np.ndarray
    high: np.ndarray
    low90: np.ndarray
    high90: np.ndarray
    p: np.ndarray
    df: np.ndarray
    method: np.ndarray
    flags: np.ndarray
    n: np.ndarray
    m: np.ndarray

    def __len__(self) -> int:
        return len(self.shift)

    def row(self, i: int) -> Estimate:
        """One of them, its flags read out as cautions."""
        numbers = [float(getattr(self, name)[i]) for name in ("shift", "low", "high", "low90", "high90", "p", "df")]
        cautions = read_out(int(self.flags[i]), int(self.n[i]), int(self.m[i]))
        return Estimate(*numbers, METHODS[int(self.method[i])], cautions)

    def put(self, where: np.ndarray, other: Estimates) -> None:
        """Write the rows of another into the rows `where` (indices or a mask) of this."""
        for field in fields(self):
            getattr(self, field.name)[where] = getattr(other, field.name)

    def replaced(self, **arrays: np.ndarray) -> Estimates:
        """A copy with other arrays."""
        return replace(self, **arrays)


def empty(count: int) -> Estimates:
    """Room for so many: numbers NaN, no flags.

    >>> len(empty(3)), empty(1).row(0).method
    (3, "Welch's t on the logs")
    """
    reals = (np.full(count, np.nan) for _ in range(7))
    whole = (np.zeros(count, dtype=np.int64) for _ in range(4))
    return Estimates(*reals, *whole)


def read_out(flags: int, n: int, m: int) -> tuple[Caution, ...]:
    """The cautions that the bits stand for; `n` against `m` replicates.

    >>> [caution.code for caution in read_out(TIES | RELATED, 5, 5)]
    ['ties', 'autocorrelation']
    """
    found = []
    if flags & MANY:
        found.append(Caution("many-values", f"{n} against {m} values: means on the log scale, not ranks"))
    if flags & TIES:
        text = "more than half of the values have an equal, as from a coarse clock: means, not ranks"
        found.append(Caution("ties", text))
    if flags & LIMIT:
        text = f"ranks of {n} against {m} values cannot reach this confidence: means, not ranks"
        found.append(Caution("rank-limit", text))
    for bit, arm in ((CONSTANT_BASELINE, "baseline"), (CONSTANT_TREATMENT, "treatment")):
        if flags & bit:
            text = f"all replicates of the {arm} have the same value: the interval rests on the other arm"
            found.append(Caution("constant-arm", text))
    if flags & (NO_SPREAD | SAME_RATIO):
        why = "all pairs have the same ratio" if flags & SAME_RATIO else "in each arm all replicates have the same value"
        found.append(Caution("no-spread", f"{why}, so nothing estimates the noise"))
    if flags & (RELATED | WIDENED):
        done = "is widened to the effective sample size and" if flags & WIDENED else "is too narrow by an unknown factor and"
        text = f"successive values go together: the interval {done} speaks for this series only"
        found.append(Caution("autocorrelation", text))
    if flags & DEGREES:
        text = "the interval excludes 1 only with the degrees of freedom that so few replicates suggest, and those are a guess"
        found.append(Caution(UNSURE, text))
    return tuple(found)


def student(
    shift: np.ndarray,
    se: np.ndarray,
    df: np.ndarray,
    confidence: float,
    method: int,
    flags: np.ndarray,
    n: np.ndarray,
    m: np.ndarray,
) -> Estimates:
    """Student's intervals around shifts; NaN where the standard error is 0.

    All arguments but `confidence` and `method` are arrays of shape (comparisons,), `df` at least 1.
    """
    from scipy.special import stdtr, stdtrit

    alpha = 1 - confidence
    known = se > 0
    out = empty(len(shift))
    out.shift[:], out.df[:], out.method[:], out.flags[:], out.n[:], out.m[:] = shift, df, method, flags, n, m
    s, e, d = shift[known], se[known], df[known]
    half, half90 = (e * stdtrit(d, 1 - tail) for tail in (alpha / 2, alpha))
    out.low[known], out.high[known] = s - half, s + half
    out.low90[known], out.high90[known] = s - half90, s + half90
    out.p[known] = 2 * stdtr(d, -np.abs(s) / e)
    out.df[~known] = math.nan
    return out
