"""From an interval and a margin to a verdict; and how many replicates would settle an open one."""

from __future__ import annotations

import math

import numpy as np

from .estimates import DEGREES, Estimates

LIMIT = 100_000
"""More replicates per arm than this nobody runs: the answer is then None."""


def judge(
    low: float,
    high: float,
    low90: float,
    high90: float,
    margin: float,
    adjusted: float = math.nan,
    confidence: float = 0.95,
    alike: float = math.nan,
    unsure: bool = False,
) -> str:
    """The verdict on a log ratio.

    low, high : the interval (95 %); low90, high90 : the one of level 1 - 2 * alpha (90 %).
    margin : fraction; the bounds of equivalence are +-log(1 + margin).
    adjusted, alike : p of a difference and of equivalence after adjustment for other comparisons, which must be below
    1 - confidence too; NaN for none.
    unsure : is the difference taken back because its degrees of freedom are uncertain (:mod:`amxperf.stats.degrees`)?

    *different*: the interval excludes 0. *equivalent*: the narrower interval lies inside the bounds, which is the two
    one-sided tests at level alpha (D. J. Schuirmann, J. Pharmacokinet. Biopharm. 15 (1987) 657-680).
    Both can hold: a real difference too small to matter.

    >>> judge(0.20, 0.30, 0.21, 0.29, 0.02), judge(-0.01, 0.01, -0.008, 0.008, 0.02)
    ('different', 'equivalent')
    >>> judge(0.002, 0.012, 0.003, 0.011, 0.02), judge(-0.1, 0.2, -0.05, 0.15, 0.02)
    ('different and equivalent', 'inconclusive')
    """
    bound = math.log1p(margin)
    different = (low > 0 or high < 0) and not adjusted >= 1 - confidence and not unsure
    equivalent = -bound < low90 and high90 < bound and not alike >= 1 - confidence
    if different and equivalent:
        return "different and equivalent"
    if different:
        return "different"
    return "equivalent" if equivalent else "inconclusive"


def judge_many(
    found: Estimates, margin: float, confidence: float = 0.95, adjusted: np.ndarray | None = None, alike: np.ndarray | None = None
) -> np.ndarray:
    """`judge` for many estimates: array of str; 'inconclusive' where there is no interval."""
    bound = math.log1p(margin)
    different = ((found.low > 0) | (found.high < 0)) & (found.flags & DEGREES == 0)
    if adjusted is not None:
        different &= ~(adjusted >= 1 - confidence)
    equivalent = (found.low90 > -bound) & (found.high90 < bound)
    if alike is not None:
        equivalent &= ~(alike >= 1 - confidence)
    words = np.array(["inconclusive", "different", "equivalent", "different and equivalent"], dtype=object)
    return words[different + 2 * equivalent]


def settle(
    shift: float, spread_baseline: float, spread_treatment: float, confidence: float, margin: float, above: int
) -> int | None:
    """Replicates per arm, more than `above`, at which the verdict is no longer inconclusive.

    It takes the observed log ratio d and spreads s_b, s_t as the truth, and is the smallest n with ::

        |d| > t(1 - alpha/2, df) * se   or   |d| + t(1 - alpha, df) * se < log(1 + margin)
        se^2 = (s_b^2 + s_t^2) / n,   df = (n - 1) * (s_b^2 + s_t^2)^2 / (s_b^4 + s_t^4)

    that is, Welch's interval just clears 1, or the one for equivalence just fits the margin. A run of that size settles
    the question about every second time: plan for more. For pairs give the spread of the log ratios and 0.
    None when no number up to 100,000 does.

    >>> settle(0.02, 0.03, 0.03, 0.95, 0.02, 5)      # 2 % difference, 3 % spread
    19
    >>> settle(0.0, 0.03, 0.03, 0.95, 0.0, 5) is None     # no difference and no margin: never
    True
    """
    found = settle_many(*(np.array([value], dtype=float) for value in (shift, spread_baseline, spread_treatment)),
                        confidence, margin, np.array([above]))  # fmt: skip
    return int(found[0]) or None


def settle_many(
    shift: np.ndarray,
    spread_baseline: np.ndarray,
    spread_treatment: np.ndarray,
    confidence: float,
    margin: float,
    above: np.ndarray,
) -> np.ndarray:
    """`settle` for many comparisons, arrays of one shape; 0 stands for None.

    >>> settle_many(np.array([0.02, 0.0]), np.array([0.03] * 2), np.array([0.03] * 2), 0.95, 0.0, np.array([5, 5])).tolist()
    [19, 0]
    """
    from scipy.special import stdtrit

    total = spread_baseline**2 + spread_treatment**2
    out = np.zeros(len(total), dtype=np.int64)
    known = np.flatnonzero(np.isfinite(total) & (total > 0))
    ratio = total[known] ** 2 / (spread_baseline[known] ** 4 + spread_treatment[known] ** 4)
    total, distance, bound, alpha = total[known], np.abs(shift[known]), math.log1p(margin), 1 - confidence

    def enough(n: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Is n enough for these of the known comparisons? If it is, so is every larger n."""
        df, se = (n - 1) * ratio[rows], np.sqrt(total[rows] / n)
        near = distance[rows] < bound
        found = distance[rows] > stdtrit(df, 1 - alpha / 2) * se
        found[near] |= (distance[rows] + stdtrit(df, 1 - alpha) * se < bound)[near]
        return found

    # Up to `low` is not enough, or not asked; `high` is what is tried next, further and further away.
    low = np.maximum(above[known], 1)
    high, step = low + 1, np.ones(len(known), dtype=np.int64)
    open_ = np.arange(len(known))
    while len(open_):
        open_ = open_[~enough(high[open_], open_)]
        low[open_] = high[open_]
        high[open_] += step[open_]
        step[open_] *= 2
        open_ = open_[low[open_] < LIMIT]
    found = np.flatnonzero(low < LIMIT)
    open_ = found[high[found] - low[found] > 1]
    while len(open_):
        middle = (low[open_] + high[open_]) // 2
        yes = enough(middle, open_)
        high[open_[yes]], low[open_[~yes]] = middle[yes], middle[~yes]
        open_ = open_[high[open_] - low[open_] > 1]
    found = found[high[found] <= LIMIT]
    out[known[found]] = high[found]
    return out
