"""Brunner and Munzel's test for many comparisons of one shape, and the shifts that it keeps.

The placement of a baseline value is the number of treatment values below it, and the other way round. With the m * n
differences y - x in order, a shift that passes the g-th of them, y_j - x_i of the sorted samples, moves y_j below x_i:
the placement of x_i grows from j to j + 1, that of y_j falls from i + 1 to i (i, j from 0). So sums of placements are
known from g alone, and sums of their squares are running sums of odd numbers: the test at every shift costs one pass over
the ordered differences.

Source: E. Brunner and U. Munzel, Biometrical Journal 42 (2000) 17-25.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from .serial import midranks


def at_zero(x: np.ndarray, y: np.ndarray, ranks: np.ndarray | None = None) -> np.ndarray:
    """p of the test without a shift, shape (comparisons,); sorted samples of shape (comparisons, m) and (comparisons, n).

    `ranks`: the midranks of x and y together, where they are known. Ties count half.
    Completely separated samples have no variance left: p is 0. Samples of one and the same value: p is 1.

    >>> x = np.arange(5.0)
    >>> at_zero(np.array([x, x * 0]), np.array([x + 9, x * 0])).tolist()
    [0.0, 1.0]
    """
    from scipy.special import stdtr

    m, n = x.shape[1], y.shape[1]
    ranks = midranks(np.concatenate((x, y), axis=1)) if ranks is None else ranks
    below, above = ranks[:, :m] - midranks(x), ranks[:, m:] - midranks(y)
    effect = above.mean(axis=1) / m - 0.5  # P(x < y) + P(x = y) / 2 - 1/2
    parts = below.var(axis=1, ddof=1) / (m * n * n), above.var(axis=1, ddof=1) / (n * m * m)
    variance = parts[0] + parts[1]
    p = np.where(np.abs(effect) < 1e-12, 1.0, 0.0)
    some = variance > 1e-30
    df = _degrees(parts[0][some], parts[1][some], m, n)
    p[some] = 2 * stdtr(df, -np.abs(effect[some]) / np.sqrt(variance[some]))
    return p


def kept(
    differences: np.ndarray, order: np.ndarray, m: int, n: int, levels: Sequence[tuple[int, float]]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """First and last gap whose shifts the test does not reject, as far as they lie outside the middle; one pair per level.

    Gap g lies between the ordered differences g - 1 and g, 0 < g < m * n. `order` sorts the rows of `differences`. A gap
    between equal differences is none. A level is (first, alpha): gaps from `first` to m * n - `first` are taken as kept,
    those further out where p >= alpha.
    A pair is two arrays of shape (comparisons,): the outermost kept gaps, `first` and m * n - `first` where none lies
    further out.
    """
    total = m * n
    starts = [max(_sure(m, n, alpha), 1) for _, alpha in levels]
    start, stop = min(starts), max(first for first, _ in levels)
    if start >= stop:
        return [(np.full(len(order), first), np.full(len(order), total - first)) for first, _ in levels]
    near = order[:, :stop], order[:, : total - stop - 1 : -1]
    gaps = np.arange(start, stop)
    parts = _variances(near, gaps, m, n)
    variance = parts[0] + parts[1]
    rows = np.arange(len(order))[:, None] * total
    fresh = np.empty(variance.shape, dtype=bool)
    for side, places in enumerate(near):
        values = differences.take(places[:, start - 1 :] + rows)
        np.not_equal(values[:, 1:], values[:, :-1], out=fresh[:, side])
    out = []
    for (first, alpha), begin in zip(levels, starts, strict=True):
        found = np.full((len(order), 2), first)
        if begin < first:
            cut = np.s_[:, :, begin - start : first - start]
            effect = 0.5 - gaps[cut[2]] / total
            found = begin + _first(effect, variance[cut], [part[cut] for part in parts], fresh[cut], m, n, alpha)
        out.append((found[:, 0], total - found[:, 1]))
    return out


def _variances(near: tuple[np.ndarray, np.ndarray], gaps: np.ndarray, m: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The two parts of the test's variance, those of x and y, at these gaps from either side; shape (comparisons, 2, gaps).

    `near` holds the places of the differences in their order, from the lowest on and from the highest on, as far as the gaps reach.
    """
    j, i = np.divmod(np.arange(m * n), m)
    # From below g pairs have passed at gap g: placements of x are counts of them, those of y the sample's size less those counts.
    # Both sums of squares are in one whole number, of less than 62 bits for the million pairs that ranks are used for.
    shift = (m * n * n).bit_length()
    steps = 2 * j + 1 + (2 * (m - 1 - i) + 1 << shift)
    sums = np.empty((len(near[0]), 2, len(gaps)), dtype=np.int64)
    for side, places in enumerate(near):
        sums[:, side, 0] = steps.take(places[:, : gaps[0]]).sum(axis=1)
        sums[:, side, 1:] = steps.take(places[:, gaps[0] : -1])
    np.cumsum(sums, axis=2, out=sums)
    parts = []
    for squares, k, other in ((sums & ((1 << shift) - 1), m, n), (sums >> shift, n, m)):
        squares[:, 1] = 2 * other * gaps - squares[:, 1]  # from above the placements are the other sample's size less those
        parts.append((squares - gaps**2 / k) / ((k - 1) * (k * other * other)))
    return tuple(parts)


def _first(
    effect: np.ndarray, variance: np.ndarray, parts: Sequence[np.ndarray], fresh: np.ndarray, m: int, n: int, alpha: float
) -> np.ndarray:
    """The first place on the last axis that is `fresh` and where p >= alpha; the number of places where there is none.

    The quantile lies between those of the largest and the smallest possible degrees of freedom: a place within the former is
    kept, and only those before it and within the latter need a closer look. `effect` is above 0.
    """
    from scipy.special import stdtr

    quantiles, width = _quantiles(min(m, n) - 1, m + n - 2, alpha), len(effect)
    kept = (variance >= (effect / quantiles[-1]) ** 2 * (1 + 1e-9)) & fresh
    first = np.where(kept.any(axis=-1), kept.argmax(axis=-1), width)
    open_ = (variance >= (effect / quantiles[0]) ** 2 * (1 - 1e-9)) & fresh & (np.arange(width) < first[..., None])
    row, place = np.divmod(np.flatnonzero(open_), width)
    one, other = (part[open_] for part in parts)
    ratio, df = np.sqrt(effect[place] ** 2 / (one + other)), _degrees(one, other, m, n)
    # The quantile lies between those of the whole numbers of degrees around df: few places need the distribution itself.
    whole = np.clip(df.astype(int) - min(m, n) + 1, 0, len(quantiles) - 2)
    answer = ratio <= quantiles[whole + 1]
    near = ~answer & (ratio <= quantiles[whole] * (1 + 1e-9))
    answer[near] = 2 * stdtr(df[near], -ratio[near]) >= alpha
    np.minimum.at(first.reshape(-1), row[answer], place[answer])
    return first


@lru_cache(maxsize=64)
def _quantiles(low: int, high: int, alpha: float) -> np.ndarray:
    """Two-sided quantiles of t for the degrees of freedom low, low + 1, ..., high (and one more)."""
    from scipy.special import stdtrit

    return stdtrit(np.arange(low, high + 2), 1 - alpha / 2)


def _degrees(one: np.ndarray, other: np.ndarray, m: int, n: int) -> np.ndarray:
    return (one + other) ** 2 / (one**2 / (m - 1) + other**2 / (n - 1))


@lru_cache(maxsize=64)
def _sure(m: int, n: int, alpha: float) -> int:
    """Gaps below this one are rejected whatever the samples.

    At gap g a share q = g / (m n) of the pairs has passed. Of the variance q (1 - q) of this 0 or 1 over all pairs one part is
    that of the shares of x, one that of the shares of y, and the rest is left (an analysis of variance with two ways). So the
    test's variance, those parts over m - 1 and n - 1, is at most q (1 - q) / (min(m, n) - 1).
    """
    from scipy.special import stdtrit

    bound = float(stdtrit(min(m, n) - 1, 1 - alpha / 2)) ** 2 / (min(m, n) - 1) * (1 + 1e-9)
    # (1/2 - q)^2 > bound * q (1 - q)  <=>  q (1 - q) < 1 / (4 (1 + bound))
    q = 0.5 - 0.5 * math.sqrt(bound / (1 + bound))
    return math.floor(q * m * n)
