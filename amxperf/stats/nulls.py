"""Null distributions of the Mann-Whitney statistic: exact counts by recursion, the normal curve beyond."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

PAIRS = 2500
"""Exact up to this many pairs (50 against 50), normal with continuity beyond."""


@lru_cache(maxsize=128)
def mann_whitney_pmf(m: int, n: int) -> np.ndarray:
    """P(U = u) for u = 0 .. m * n, without ties.

    The largest of the m + n values belongs to either sample, so (H. B. Mann and D. R. Whitney,
    Ann. Math. Statist. 18 (1947) 50-60) ::

        p(m, n, u) = m / (m + n) * p(m - 1, n, u - n) + n / (m + n) * p(m, n - 1, u)

    >>> (mann_whitney_pmf(2, 2) * 6).round(9).tolist()
    [1.0, 1.0, 2.0, 1.0, 1.0]
    """
    row = [np.ones(1) for _ in range(n + 1)]  # row[j] is the distribution for (i, j); i = 0 here
    for i in range(1, m + 1):
        below, row = row, [np.ones(1)]
        for j in range(1, n + 1):
            pmf = np.zeros(i * j + 1)
            pmf[j:] += i / (i + j) * below[j]
            pmf[: i * (j - 1) + 1] += j / (i + j) * row[j - 1]
            row.append(pmf)
    row[n].flags.writeable = False
    return row[n]


@lru_cache(maxsize=128)
def first_kept(m: int, n: int, tail: float) -> int:
    """Smallest u that a test with this probability in each tail does not reject: P(U <= u) >= tail.

    It is the rank of the difference where the interval begins; 0: no outcome is that rare, there is no such interval.

    >>> first_kept(5, 5, 0.025), first_kept(3, 3, 0.025)     # R: qwilcox(0.025, 5, 5) = 3
    (3, 0)
    """
    if m * n <= PAIRS:
        return int(np.searchsorted(np.cumsum(mann_whitney_pmf(m, n)), tail, side="left"))
    from scipy.special import ndtri

    deviation = math.sqrt(m * n * (m + n + 1) / 12)
    return max(0, math.ceil(m * n / 2 - 0.5 + float(ndtri(tail)) * deviation))


def normal_ps(ranks: np.ndarray, m: int) -> np.ndarray:
    """Two-sided p of each row of midranks, the first m of them one arm's, by the normal curve; shape (comparisons,).

    The variance is that of the tied ranks, the correction for continuity 1/2. A row of one value only has p = 1.

    >>> normal_ps(np.array([[1.0, 2.5, 2.5, 4.0], [2.5, 2.5, 2.5, 2.5]]), 2).round(4).tolist()
    [0.4142, 1.0]
    """
    from scipy.special import ndtr

    total = ranks.shape[1]
    deviation = np.sqrt(m * (total - m) / total * ranks.var(axis=1, ddof=1))
    distance = np.abs(ranks[:, :m].sum(axis=1) - m * (total + 1) / 2) - 0.5
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(deviation > 0, np.minimum(1.0, 2 * ndtr(-distance / deviation)), 1.0)


def untied_p(u: np.ndarray, m: int, n: int) -> np.ndarray:
    """The same for statistics U of samples without ties, shape of `u`.

    >>> ranks = np.arange(1.0, 121.0)                   # the first 60 are the smallest: U = 0
    >>> bool(np.isclose(untied_p(np.array([0]), 60, 60)[0], normal_ps(ranks[None], 60)[0], rtol=1e-12))
    True
    """
    from scipy.special import ndtr

    distance = np.abs(u - m * n / 2) - 0.5
    return np.minimum(1.0, 2 * ndtr(-distance / math.sqrt(m * n * (m + n + 1) / 12)))
