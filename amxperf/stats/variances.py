"""Where the scatter comes from: variance between boots, between launches of a boot, between iterations of a launch.

With S_i^2 the mean variance of the means of level i (level 1: the log values themselves) inside their group of level
i + 1, and r_i members in a group of level i + 1::

    T_1^2 = S_1^2,   T_i^2 = S_i^2 - S_(i-1)^2 / r_(i-1)

(T. Kalibera and R. Jones, "Rigorous benchmarking in reasonable time", ISMM 2013, section 7, with the correction that each
level subtracts the noise that the level below leaves in its means). Where groups differ in size the mean of 1 / r takes the
place of 1 / r, which keeps the estimates unbiased.

This module describes data that are there: it is what a result shows beside its interval, from means of logs, unbiased and the
same for any order of the values. :mod:`amxperf.stats.components` is what a plan starts from: the same levels around the location
that the next experiment will be judged by (medians), as standard deviations that an assumption can replace.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Variances:
    """Variances of the log, from the innermost level out.

    levels
        Names, such as ('iteration', 'launch', 'boot'). A level without repeats has no variance and is left out.
    variances
        T_i^2 of each level, 0 where `clamped`.
    clamped
        Levels whose estimate was below 0: the level below explains all the scatter that was seen.
    """

    levels: tuple[str, ...]
    variances: tuple[float, ...]
    clamped: tuple[str, ...] = ()

    @property
    def icc(self) -> float:
        """Intraclass correlation: the share of the outermost level in the whole variance; NaN where there is none."""
        total = math.fsum(self.variances)
        return self.variances[-1] / total if len(self.variances) > 1 and total > 0 else math.nan

    def best_iterations(self, cost: float = 1.0) -> float:
        """Iterations per launch (or boot) that narrow the interval most for the time spent, at least 1.

        `cost` is that of one more launch over that of one more iteration: sqrt(cost * T_1^2 / T_2^2), the classical optimum
        of two-stage sampling (W. G. Cochran, Sampling Techniques, 1977, section 10.6). Infinite where launches do not differ,
        NaN with a single level.

        >>> Variances(("iteration", "launch"), (0.04, 0.01)).best_iterations(25)
        10.0
        """
        if len(self.variances) < 2:
            return math.nan
        one, two = self.variances[:2]
        return math.inf if two == 0 else max(1.0, math.sqrt(cost * one / two))


def variances(arm: Sequence[Sequence[np.ndarray]], levels: tuple[str, str, str] = ("iteration", "launch", "boot")) -> Variances:
    """Variance components of the log values of an arm: boots of launches of positive values.

    An arm of one boot has no level 'boot', and so on; an arm without any repeats has no levels at all.

    >>> e = np.exp
    >>> found = variances([[e([0.0, 2.0]), e([4.0, 6.0])]])     # S_1^2 = 2; launch means 1 and 5: S_2^2 = 8
    >>> found.levels, [round(v, 9) for v in found.variances], round(found.icc, 9)
    (('iteration', 'launch'), [2.0, 7.0], 0.777777778)
    """
    means, shares, carried = [], [], []
    squares, degrees = [[], [], []], [0, 0, 0]

    def spread(level: int, values: np.ndarray, noise: Sequence[tuple[float, ...]]) -> None:
        """Add the deviations of one group; `noise` are its members' shares of the variances below."""
        squares[level].append(math.fsum((values - math.fsum(values) / len(values)) ** 2))
        degrees[level] += len(values) - 1
        shares.append((level, len(values) - 1, np.mean(noise, axis=0) if len(noise) else np.zeros(2)))

    for boot in arm:
        inside, noise = [], []
        for launch in boot:
            logs = np.log(np.asarray(launch, dtype=float))  # summed exactly: their order must not matter
            spread(0, logs, ())
            inside.append(math.fsum(logs) / len(logs))
            noise.append((1 / len(logs), 0.0))
        spread(1, np.array(inside), noise)
        means.append(math.fsum(inside) / len(inside))
        carried.append((float(np.mean(noise, axis=0)[0]) / len(inside), 1 / len(inside)))
    spread(2, np.array(means), carried)
    found: list[float] = [0.0, 0.0, 0.0]
    out = []
    for level in range(3):
        if not degrees[level]:
            continue
        weights = [(df, share) for at, df, share in shares if at == level and df]
        below = sum(df * share for df, share in weights) / degrees[level]
        found[level] = math.fsum(squares[level]) / degrees[level] - float(below[0]) * found[0] - float(below[1]) * found[1]
        out.append((levels[level], found[level]))
    clamped = tuple(name for name, variance in out if variance < 0)
    return Variances(tuple(name for name, _ in out), tuple(max(0.0, variance) for _, variance in out), clamped)


@dataclass(frozen=True)
class Anova:
    """One-way analysis of variance: sums of squares and degrees of freedom between and within groups.

    `f` is the ratio of mean squares, `r_squared` the share between groups, `residual` the standard deviation within.
    """

    between: float
    within: float
    df_between: int
    df_within: int

    @property
    def f(self) -> float:
        return (self.between / self.df_between) / (self.within / self.df_within)

    @property
    def r_squared(self) -> float:
        return self.between / (self.between + self.within)

    @property
    def residual(self) -> float:
        return math.sqrt(self.within / self.df_within)

    @property
    def component(self) -> float:
        """Variance between groups, T_2^2 (not clamped): (MS_between - MS_within) / n_0, n_0 the effective size of a group."""
        return (self.between / self.df_between - self.within / self.df_within) / self._size

    _size: float = math.nan


def anova(groups: Sequence[np.ndarray]) -> Anova:
    """One-way analysis of variance of groups of values (two groups or more, and more values than groups).

    Deviations are taken from the first value before anything is summed, and summed exactly: values that agree in many
    leading digits lose none.

    >>> table = anova([np.array([1.0, 2.0, 3.0]), np.array([3.0, 4.0, 5.0])])     # means 2, 4; SS_b = 6, SS_w = 4
    >>> table.between, table.within, table.f
    (6.0, 4.0, 6.0)
    """
    origin = float(groups[0][0])
    shifted = [np.asarray(group, dtype=float) - origin for group in groups]
    sizes = np.array([len(group) for group in shifted])
    count = int(sizes.sum())
    means = [math.fsum(group) / len(group) for group in shifted]
    grand = math.fsum(math.fsum(group) for group in shifted) / count
    between = math.fsum(size * (mean - grand) ** 2 for size, mean in zip(sizes.tolist(), means, strict=True))
    within = math.fsum(math.fsum((group - mean) ** 2) for group, mean in zip(shifted, means, strict=True))
    size = (count - float((sizes**2).sum()) / count) / (len(groups) - 1)
    return Anova(between, within, len(groups) - 1, count - len(groups), size)
