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


def midrank_p(ranks: np.ndarray, m: int) -> float:
    """Two-sided p of the sum of the first m of these N midranks, over all ways to choose m of the N.

    Twice the smaller tail, at most 1. Exact by counting subsets; normal where that is long (more than 10^8 steps).

    >>> round(midrank_p(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), 3), 6)     # 2 of 20 ways are as extreme
    0.1
    """
    total = len(ranks)
    observed = float(ranks[:m].sum())
    if m > total - m:  # the smaller arm has fewer subsets; its tails are the same
        return midrank_p(ranks[::-1], total - m)
    doubled = np.rint(2 * ranks).astype(int)
    top = int(np.sort(doubled)[-m:].sum())
    if total * m * top > 1e8:
        return normal_p(ranks, m)
    ways = np.zeros((m + 1, top + 1))  # ways[k, s]: share of subsets of k members whose doubled ranks sum to s
    ways[0, 0] = 1.0
    for rank in doubled:
        ways[1:, rank:] += ways[:-1, : top + 1 - rank]
    share = ways[m] / ways[m].sum()
    at = round(2 * observed)
    return min(1.0, 2 * min(float(share[: at + 1].sum()), float(share[at:].sum())))


def normal_p(ranks: np.ndarray, m: int) -> float:
    """The same by the normal curve, with the variance of the tied ranks and a continuity correction of 1/2."""
    from scipy.special import ndtr

    n = len(ranks) - m
    deviation = math.sqrt(m * n / len(ranks) * float(np.var(ranks, ddof=1)))
    distance = abs(float(ranks[:m].sum()) - m * float(ranks.mean())) - 0.5
    return min(1.0, 2 * float(ndtr(-distance / deviation))) if deviation > 0 else 1.0


def untied_p(u: np.ndarray, m: int, n: int) -> np.ndarray:
    """The same for statistics U of samples without ties, shape of `u`.

    >>> ranks = np.arange(1.0, 121.0)                   # the first 60 are the smallest: U = 0
    >>> bool(untied_p(np.array([0]), 60, 60)[0] == normal_p(ranks, 60))
    True
    """
    from scipy.special import ndtr

    distance = np.abs(u - m * n / 2) - 0.5
    return np.minimum(1.0, 2 * ndtr(-distance / math.sqrt(m * n * (m + n + 1) / 12)))
