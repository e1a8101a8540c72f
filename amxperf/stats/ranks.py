"""Two flat samples of independent values: the Hodges-Lehmann shift of the logs with an interval from ranks.

The shift is the median of all m * n differences of logs (treatment minus baseline). Its interval is the hull of two:
the exact Mann-Whitney interval, which is right when the arms differ by a shift, and the inverted Brunner-Munzel interval,
which allows a quiet arm against a noisy one. p is the larger of the two tests' p. No random numbers.

Sources: J. L. Hodges and E. L. Lehmann, Ann. Math. Statist. 34 (1963) 598-611; E. Brunner and U. Munzel, Biometrical
Journal 42 (2000) 17-25; D. F. Bauer, J. Amer. Statist. Assoc. 67 (1972) 687-690 for the interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from . import nulls, serial
from .result import Caution
from .welch import Estimate, welch

METHOD = "Mann-Whitney with Brunner-Munzel on the logs"
SMALLEST = 5
"""Values that each arm must have."""
MANY_PAIRS = 4_000_000
"""Above this many differences the means are as good as normal and Welch's t is used."""


def flat(baseline: np.ndarray, treatment: np.ndarray, confidence: float = 0.95) -> Estimate:
    """The estimate for two flat samples of log values, in the order measured; 5 or more each.

    Cautions: `ties` (more than half the values have an equal: Welch's t instead), `many-values` (Welch's t instead),
    `autocorrelation` (successive values go together: from 10 values per arm on, interval and p are widened by the
    effective sample size; the order of the values matters for this alone).
    When ties leave p and interval at odds the more careful one wins: the interval is stretched to 1, or p raised to
    1 - confidence. So p < 1 - confidence exactly when the interval excludes 1.

    >>> values = np.array([3.0, 7.0, 0.0, 5.0, 1.0, 6.0, 2.0, 4.0]) / 100
    >>> estimate = flat(values, values + 0.5)
    >>> round(estimate.shift, 6), round(estimate.p, 6)     # all 64 differences are positive: p = 2 / C(16, 8)
    (0.5, 0.000155)
    """
    m, n = len(baseline), len(treatment)
    widening = serial.widening(baseline, treatment) if serial.related(baseline, treatment) else 0.0
    tail90 = 1 - confidence
    if m * n > MANY_PAIRS:
        why = Caution("many-values", f"{m} against {n} values: means on the log scale, not ranks")
    elif tied_share(np.concatenate((baseline, treatment))) > 0.5:
        why = Caution("ties", "more than half of the values have an equal, as from a coarse clock: means, not ranks")
    elif nulls.first_kept(m, n, tail90 / 2) == 0:
        why = Caution("rank-limit", f"ranks of {m} against {n} values cannot reach this confidence: means, not ranks")
    else:
        return _ranked(baseline, treatment, confidence, widening)
    estimate = welch(baseline, treatment, confidence)
    return _finish(estimate.shift, (estimate.low, estimate.high), (estimate.low90, estimate.high90), estimate.p,
                   estimate.method, widening, confidence, (why, *estimate.cautions), df=estimate.df)  # fmt: skip


def tied_share(values: np.ndarray) -> float:
    """Share of the values that have an equal among the others.

    >>> tied_share(np.array([1.0, 1.0, 2.0, 3.0]))
    0.5
    """
    _, counts = np.unique(values, return_counts=True)
    return float(counts[counts > 1].sum()) / len(values)


def _ranked(baseline: np.ndarray, treatment: np.ndarray, confidence: float, widening: float) -> Estimate:
    x, y = np.sort(baseline), np.sort(treatment)
    differences = np.sort((y[:, None] - x[None, :]).ravel())
    alpha = 1 - confidence
    wide = _hull(x, y, differences, alpha)
    narrow = _hull(x, y, differences, 2 * alpha)
    p = max(mann_whitney_p(x, y), brunner_munzel_p(x, y))
    return _finish(_median(differences), wide, narrow, p, METHOD, widening, confidence, ())


def _finish(shift: float, wide: tuple, narrow: tuple, p: float, method: str, widening: float, confidence: float,
            cautions: tuple, df: float = math.nan) -> Estimate:  # fmt: skip
    """Widen for autocorrelation (`widening` 0: none seen; 1: seen, its size unknown), and let p and interval agree."""
    from scipy.special import ndtr, ndtri

    if widening:
        done = "is widened to the effective sample size and" if widening > 1 else "is too narrow by an unknown factor and"
        message = f"successive values go together: the interval {done} speaks for this series only"
        cautions = (*cautions, Caution("autocorrelation", message))
    if widening > 1:
        wide, narrow = ([shift + (end - shift) * widening for end in ends] for ends in (wide, narrow))
        p = 2 * float(ndtr(ndtri(p / 2) / widening)) if 0 < p < 1 else p
    low, high = wide
    alpha = 1 - confidence
    if p >= alpha:
        low, high = min(low, 0.0), max(high, 0.0)
    elif low <= 0 <= high:
        p = alpha
    return Estimate(shift, low, high, *narrow, p, df, method, cautions)


def _hull(x: np.ndarray, y: np.ndarray, differences: np.ndarray, alpha: float) -> tuple[float, float]:
    """Smallest interval that holds both intervals of level 1 - alpha; arguments sorted."""
    first = nulls.first_kept(len(x), len(y), alpha / 2)
    low, high = float(differences[first - 1]), float(differences[-first])
    ends = brunner_munzel_interval(x, y, differences, alpha)
    return min(low, ends[0]), max(high, ends[1])


def mann_whitney_p(x: np.ndarray, y: np.ndarray) -> float:
    """Two-sided p of the Mann-Whitney test, sorted samples: exact, with midranks; normal beyond `nulls.PAIRS` pairs.

    >>> mann_whitney_p(np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]))
    0.1
    """
    m, n = len(x), len(y)
    above = _placements(x, y)  # per y: how many x lie below, a tie counts half
    ranks = np.concatenate((_placements(y, x) + _midranks(x), above + _midranks(y)))
    if m * n > nulls.PAIRS:
        return nulls.normal_p(ranks, m)
    if len(np.unique(ranks)) == m + n:
        pmf = nulls.mann_whitney_pmf(m, n)
        u = round(float(above.sum()))
        u = min(u, m * n - u)
        return min(1.0, 2 * float(pmf[: u + 1].sum()))
    return nulls.midrank_p(ranks, m)


def brunner_munzel_p(x: np.ndarray, y: np.ndarray, shift: float = 0.0) -> float:
    """Two-sided p of Brunner and Munzel's test of y - shift against x, with their t approximation; sorted samples.

    Completely separated samples have no variance left: p is 0. Samples of one and the same value: p is 1.
    """
    from scipy.special import stdtr

    m, n = len(x), len(y)
    moved = y - shift
    below, above = _placements(moved, x), _placements(x, moved)
    effect = float(above.mean()) / m - 0.5  # P(x < y) + P(x = y) / 2 - 1/2
    parts = (float(np.var(below, ddof=1)) / (m * n * n), float(np.var(above, ddof=1)) / (n * m * m))
    variance = sum(parts)
    if variance <= 1e-30:
        return 1.0 if abs(effect) < 1e-12 else 0.0
    df = variance**2 / (parts[0] ** 2 / (m - 1) + parts[1] ** 2 / (n - 1))
    return 2 * float(stdtr(df, -abs(effect) / math.sqrt(variance)))


def brunner_munzel_interval(
    x: np.ndarray, y: np.ndarray, differences: np.ndarray, alpha: float
) -> tuple[float, float]:
    """Shifts that Brunner and Munzel's test does not reject at level alpha: between the first and the last of them.

    p changes only at the sorted `differences` (y - x), so the ends are differences, found by halving from the median out.
    """
    count = len(differences)

    def kept(gap: int) -> bool:  # gap g lies between differences g - 1 and g, 0 < g < count
        return brunner_munzel_p(x, y, (differences[gap - 1] + differences[gap]) / 2) >= alpha

    # At gap 0 and gap `count` the samples are completely separated: rejected. Around the median p is near 1.
    low = _last(lambda gap: not kept(gap), 0, count // 2) + 1
    high = count - _last(lambda back: not kept(count - back), 0, count - (count + 1) // 2) - 1
    return float(differences[low - 1]), float(differences[high])


def _last(holds: Callable[[int], bool], good: int, bad: int) -> int:
    """Largest number known to hold, halving between one that does and one that does not."""
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if holds(middle) else (good, middle)
    return good


def _placements(reference: np.ndarray, values: np.ndarray) -> np.ndarray:
    """For each value the number of `reference` (sorted) below it, an equal one counting half."""
    return (reference.searchsorted(values, "left") + reference.searchsorted(values, "right")) / 2


def _midranks(ordered: np.ndarray) -> np.ndarray:
    return _placements(ordered, ordered) + 0.5


def _median(ordered: np.ndarray) -> float:
    middle = len(ordered) // 2
    return float(ordered[middle]) if len(ordered) % 2 else float(ordered[middle - 1] + ordered[middle]) / 2
