"""Two flat samples of independent values: the Hodges-Lehmann shift of the logs with an interval from ranks.

The shift is the median of all m * n differences of logs (treatment minus baseline). Its interval is the hull of two:
the exact Mann-Whitney interval, which is right when the arms differ by a shift, and the inverted Brunner-Munzel interval,
which allows a quiet arm against a noisy one. p is the larger of the two tests' p. No random numbers.
Everything works on many comparisons of one shape at a time; a single comparison is an array of one.

Sources: J. L. Hodges and E. L. Lehmann, Ann. Math. Statist. 34 (1963) 598-611; E. Brunner and U. Munzel, Biometrical
Journal 42 (2000) 17-25; D. F. Bauer, J. Amer. Statist. Assoc. 67 (1972) 687-690 for the interval.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import brunner_munzel, estimates, nulls, serial, welch
from .estimates import LIMIT, MANY, METHODS, RANKS, RELATED, TIES, WIDENED, Estimate, Estimates
from .tied import tied_ps

METHOD = RANKS
SMALLEST = 5
"""Values that each arm must have."""
MANY_PAIRS = 1_000_000
"""Above this many differences the means are as good as normal and Welch's t is used."""
PACKED = 4096
"""Longest rows that are sorted with their places packed into them."""
CHUNK = 1_000_000
"""Differences of the comparisons that are worked on at a time: bounds the memory."""
CACHED = 300_000
"""Differences that are sorted at a time: keeps them in the cache."""


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
    arms = (np.asarray(arm, dtype=float)[None, :] for arm in (baseline, treatment))
    return flats(*arms, confidence).row(0)


def flats(baseline: np.ndarray, treatment: np.ndarray, confidence: float = 0.95) -> Estimates:
    """`flat` for many comparisons of one shape: arms of shape (comparisons, m) and (comparisons, n).

    >>> values = np.array([[3.0, 7.0, 0.0, 5.0, 1.0, 6.0, 2.0, 4.0]] * 2) / 100
    >>> flats(values, values + [[0.5], [0.25]]).shift.round(6).tolist()
    [0.5, 0.25]
    """
    count, m = baseline.shape
    n = treatment.shape[1]
    out = estimates.empty(count)
    related = serial.related_rows(baseline) | serial.related_rows(treatment)
    tied = tied_shares(np.concatenate((baseline, treatment), axis=1))
    ties = tied > 0.5
    if m * n > MANY_PAIRS:
        flag = np.full(count, MANY)
    elif nulls.first_kept(m, n, (1 - confidence) / 2) == 0:
        flag = np.where(ties, TIES, LIMIT)
    else:
        flag = np.where(ties, TIES, 0)
    ranked = np.flatnonzero(flag == 0)
    step = max(CHUNK // (m * n), 1)
    for first in range(0, len(ranked), step):
        rows = ranked[first : first + step]
        out.put(rows, _ranked(baseline[rows], treatment[rows], tied[rows] > 0, confidence))
    means = np.flatnonzero(flag)
    if len(means):
        arms = [welch.Arm(np.full(len(means), arm.shape[1]), arm[means].mean(axis=1), _spread(arm[means]))
                for arm in (baseline, treatment)]  # fmt: skip
        out.put(means, welch.welches(*arms, confidence))
        out.flags[means] |= flag[means]
    return _finished(out, baseline, treatment, related, confidence)


def tied_shares(values: np.ndarray) -> np.ndarray:
    """Per row the share of the values that have an equal among the others.

    >>> tied_shares(np.array([[1.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0]])).tolist()
    [0.5, 0.0]
    """
    ordered = np.sort(values, axis=1)
    same = ordered[:, 1:] == ordered[:, :-1]
    edge = np.zeros((len(values), 1), dtype=bool)
    tied = np.concatenate((same, edge), axis=1) | np.concatenate((edge, same), axis=1)
    return tied.sum(axis=1) / values.shape[1]


def _spread(values: np.ndarray) -> np.ndarray:
    found = values.std(axis=1, ddof=1)
    found[np.ptp(values, axis=1) <= welch.SAME] = 0.0
    return found


def _ranked(baseline: np.ndarray, treatment: np.ndarray, tied: np.ndarray, confidence: float) -> Estimates:
    x, y = np.sort(baseline, axis=1), np.sort(treatment, axis=1)
    (count, m), n = x.shape, y.shape[1]
    levels = [(nulls.first_kept(m, n, tail / 2), tail) for tail in (1 - confidence, 2 * (1 - confidence))]
    out = estimates.empty(count)
    step = min(max(CACHED // (m * n), 1), count)
    room = np.empty((2, step, m * n))  # one for all steps: memory fresh from the system costs more than what is done in it
    for first in range(0, count, step):
        rows = slice(first, first + step)
        out.shift[rows], *ends = _ends(x[rows], y[rows], levels, room)
        (out.low[rows], out.high[rows]), (out.low90[rows], out.high90[rows]) = ends
    ranks = serial.midranks(np.concatenate((x, y), axis=1))
    out.p[:] = np.maximum(mann_whitney_ps(ranks, m, tied), brunner_munzel.at_zero(x, y, ranks))
    out.method[:], out.n[:], out.m[:] = METHODS.index(RANKS), m, n
    return out


def _ends(
    x: np.ndarray, y: np.ndarray, levels: Sequence[tuple[int, float]], room: np.ndarray
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The medians of the differences, and the ends of their intervals at both levels; sorted samples."""
    (count, m), n = x.shape, y.shape[1]
    differences, keys = room[:, :count]
    np.subtract(y[:, :, None], x[:, None, :], out=differences.reshape(count, n, m))
    order = ordered(differences, keys.view(np.int64))
    rows = np.arange(count)

    def at(places: np.ndarray | int) -> np.ndarray:
        """The differences at these places of their order, one per comparison."""
        return differences[rows, order[rows, places]]

    half = m * n // 2
    middle = at(half) if m * n % 2 else (at(half - 1) + at(half)) / 2
    kept = brunner_munzel.kept(differences, order, m, n, levels)
    return middle, *((at(below - 1), at(above)) for below, above in kept)


def ordered(values: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """What `np.argsort(values, axis=1)` gives, faster: rows of up to `PACKED` finite doubles.

    Each double becomes a whole number of the same order whose last bits give way to its place in the row, and those numbers
    are sorted. So values that agree to 40 binary digits, 12 decimal ones, count as equal and stand in order of their places.
    `out`: room of int64 for the answer.

    >>> ordered(np.array([[0.5, -2.0, 0.25], [-1.0, -3.0, 0.0]])).tolist()
    [[1, 2, 0], [1, 0, 2]]
    """
    count = values.shape[1]
    if count > PACKED:
        return np.argsort(values, axis=1)
    places = (1 << max(count - 1, 1).bit_length()) - 1
    bits = np.ascontiguousarray(values).view(np.int64)
    keys = np.right_shift(bits, 63, out=out)
    keys &= 0x7FFFFFFFFFFFFFFF
    keys ^= bits
    keys &= ~places
    keys |= np.arange(count)
    keys.sort(axis=1)
    keys &= places
    return keys


def mann_whitney_p(x: np.ndarray, y: np.ndarray) -> float:
    """Two-sided p of the Mann-Whitney test, sorted samples: exact, with midranks; normal beyond `nulls.PAIRS` pairs.

    >>> mann_whitney_p(np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]))
    0.1
    """
    pooled = np.concatenate((x, y))[None, :]
    return float(mann_whitney_ps(serial.midranks(pooled), len(x), tied_shares(pooled) > 0)[0])


def mann_whitney_ps(ranks: np.ndarray, m: int, tied: np.ndarray) -> np.ndarray:
    """The same for many comparisons: midranks of both samples together, the m of the first before the rest, and where any tie."""
    n = ranks.shape[1] - m
    below = np.rint(ranks[:, :m].sum(axis=1)).astype(np.int64) - m * (m + 1) // 2  # pairs where y < x
    out = np.ones(len(ranks))
    plain = ~tied
    if m * n <= nulls.PAIRS:
        tails = np.minimum(1.0, 2 * np.cumsum(nulls.mann_whitney_pmf(m, n)))
        out[plain] = tails[np.minimum(below, m * n - below)[plain]]
    elif plain.any():
        out[plain] = nulls.untied_p(below[plain], m, n)
    if tied.any():
        out[tied] = tied_ps(ranks[tied], m) if m * n <= nulls.PAIRS else nulls.normal_ps(ranks[tied], m)
    return out


def brunner_munzel_p(x: np.ndarray, y: np.ndarray) -> float:
    """Two-sided p of Brunner and Munzel's test of y against x, with their t approximation; sorted samples.

    Completely separated samples have no variance left: p is 0. Samples of one and the same value: p is 1.
    """
    return float(brunner_munzel.at_zero(x[None, :], y[None, :])[0])


def _finished(out: Estimates, baseline: np.ndarray, treatment: np.ndarray, related: np.ndarray, confidence: float) -> Estimates:
    """Widen for autocorrelation, and let p and interval agree."""
    from scipy.special import ndtr, ndtri

    alpha = 1 - confidence
    rows = np.flatnonzero(related)
    if len(rows):
        factor = serial.widenings(baseline[rows], treatment[rows])
        out.flags[rows] |= np.where(factor > 1, WIDENED, RELATED)
        rows, factor = rows[factor > 1], factor[factor > 1]
        for end in (out.low, out.high, out.low90, out.high90):
            end[rows] = out.shift[rows] + (end[rows] - out.shift[rows]) * factor
        p = out.p[rows]
        inside = (p > 0) & (p < 1)
        out.p[rows[inside]] = 2 * ndtr(ndtri(p[inside] / 2) / factor[inside])
    large = out.p >= alpha
    out.low[large], out.high[large] = np.minimum(out.low[large], 0.0), np.maximum(out.high[large], 0.0)
    at_odds = (out.p < alpha) & (out.low <= 0) & (out.high >= 0)
    out.p[at_odds] = alpha
    return out
