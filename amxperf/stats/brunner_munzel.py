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


def at_zero(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """p of the test without a shift, shape (comparisons,); sorted samples of shape (comparisons, m) and (comparisons, n).

    Ties count half. Completely separated samples have no variance left: p is 0. Samples of one and the same value: p is 1.

    >>> x = np.arange(5.0)
    >>> at_zero(np.array([x, x * 0]), np.array([x + 9, x * 0])).tolist()
    [0.0, 1.0]
    """
    from scipy.special import stdtr

    m, n = x.shape[1], y.shape[1]
    ranks = midranks(np.concatenate((x, y), axis=1))
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
    out = [(np.full(len(order), first), np.full(len(order), total - first)) for first, _ in levels]
    start, stop = min(max(_sure(m, n, alpha), 1) for _, alpha in levels), max(first for first, _ in levels)
    if start >= stop:
        return out
    j, i = np.divmod(np.arange(total), m)
    places = np.arange(start, stop)
    for side in (0, 1):
        near = order[:, :stop] if side == 0 else order[:, : total - stop - 1 : -1]
        # From this side g pairs have passed at gap g: placements are counts of them, or the sample's size less those counts.
        ranks = (j, m - 1 - i) if side == 0 else (n - 1 - j, i)
        squares = [_running(2 * rank + 1, near, start) for rank in ranks]
        parts = (
            (squares[0] - places**2 / m) / ((m - 1) * (m * n * n)),
            (squares[1] - places**2 / n) / ((n - 1) * (n * m * m)),
        )
        ordered = np.take_along_axis(differences, near[:, start - 1 :], axis=1)
        fresh = ordered[:, 1:] != ordered[:, :-1]
        for (first, alpha), gaps in zip(levels, out, strict=True):
            cut = slice(0, max(first - start, 0))
            if not cut.stop:
                continue
            effect = np.abs(places[cut] / total - 0.5)
            inside = _not_rejected(effect, (parts[0][:, cut], parts[1][:, cut]), m, n, alpha) & fresh[:, cut]
            found = inside.any(axis=1)
            gap = start + inside.argmax(axis=1)
            gaps[side][found] = (gap if side == 0 else total - gap)[found]
    return out


def _running(table: np.ndarray, near: np.ndarray, start: int) -> np.ndarray:
    """Sums of the table over the first g members of each row of `near`, for g from `start` to one less than all."""
    kind = np.int32 if table.size * int(table.max()) < 2**31 else np.int64
    return np.cumsum(table.astype(kind)[near[:, :-1]], axis=1, dtype=kind)[:, start - 1 :]


def _not_rejected(effect: np.ndarray, parts: tuple[np.ndarray, np.ndarray], m: int, n: int, alpha: float) -> np.ndarray:
    """p >= alpha, where the quantile lies between those of the smallest and the largest possible degrees of freedom."""
    from scipy.special import stdtr

    quantiles = _quantiles(min(m, n) - 1, m + n - 2, alpha)
    variance = parts[0] + parts[1]
    square = np.broadcast_to(effect * effect, variance.shape)
    inside = square <= variance * (quantiles[-1] ** 2 * (1 - 1e-9))
    open_ = np.nonzero(~inside & (square <= variance * (quantiles[0] ** 2 * (1 + 1e-9))) & (variance > 1e-30))
    one, other, ratio = parts[0][open_], parts[1][open_], np.sqrt(square[open_] / variance[open_])
    df = _degrees(one, other, m, n)
    # The quantile lies between those of the whole numbers of degrees around df: few places need the distribution itself.
    whole = np.clip(df.astype(int) - min(m, n) + 1, 0, len(quantiles) - 2)
    answer = ratio <= quantiles[whole + 1]
    near = ~answer & (ratio <= quantiles[whole] * (1 + 1e-9))
    answer[near] = 2 * stdtr(df[near], -ratio[near]) >= alpha
    inside[open_] = answer
    return inside & (variance > 1e-30)


@lru_cache(maxsize=64)
def _quantiles(low: int, high: int, alpha: float) -> np.ndarray:
    """Two-sided quantiles of t for the degrees of freedom low, low + 1, ..., high (and one more)."""
    from scipy.special import stdtrit

    return stdtrit(np.arange(low, high + 2), 1 - alpha / 2)


def _degrees(one: np.ndarray, other: np.ndarray, m: int, n: int) -> np.ndarray:
    return (one + other) ** 2 / (one**2 / (m - 1) + other**2 / (n - 1))


def _sure(m: int, n: int, alpha: float) -> int:
    """Gaps below this one are rejected whatever the samples.

    A placement over its sample's size lies in [0, 1] with mean q = g / (m n), so its variance is at most
    q (1 - q) k / (k - 1) for k values, and the test's variance at most q (1 - q) (1 / (m - 1) + 1 / (n - 1)).
    """
    from scipy.special import stdtrit

    bound = float(stdtrit(min(m, n) - 1, 1 - alpha / 2)) ** 2 * (1 / (m - 1) + 1 / (n - 1)) * (1 + 1e-9)
    # (1/2 - q)^2 > bound * q (1 - q)  <=>  q (1 - q) < 1 / (4 (1 + bound))
    q = 0.5 - 0.5 * math.sqrt(bound / (1 + bound))
    return math.floor(q * m * n)
