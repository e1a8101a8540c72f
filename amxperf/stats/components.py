"""Variance components for a plan: how much boots, launches and iterations each add to the scatter of one arm.

They hold for the location that the planned comparison uses, so medians are not taken for means, and any of them can be
replaced by an assumption. What a result shows of the data it has is :mod:`amxperf.stats.variances`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import UsageError
from . import arms
from .location import LOCATIONS, launch_location
from .result import Caution

QUARTILES = 1.3489795003921634
"""Distance of the quartiles of a normal distribution, in standard deviations."""
MEDIAN = math.pi / 2
"""Variance of a median of many normal values over that of their mean."""


@dataclass(frozen=True)
class Components:
    """Standard deviations of the log at each level, and how many of each the data had.

    boot, launch, iteration : standard deviations of the log; NaN where the data cannot tell (one of them only).
    boots, launches, iterations : number of boots, of launches per boot, of iterations per launch (harmonic means).
    location : 'median' or 'mean', the location of a launch.
    cautions : what was clamped at 0 or could not be told.
    boot_df, launch_df : degrees of freedom behind the first two; NaN: those of `boots` boots of `launches` launches in one arm.
    """

    boot: float
    launch: float
    iteration: float
    boots: float
    launches: float
    iterations: float
    location: str = "median"
    cautions: tuple[Caution, ...] = ()
    boot_df: float = math.nan
    launch_df: float = math.nan

    @property
    def icc(self) -> float:
        """Share of the variance of a single value that replicates (boots, or launches where boots are not told apart) share."""
        shared = [value**2 for value in (self.boot, self.launch) if not math.isnan(value)]
        total = sum(shared) + self.iteration**2
        return shared[0] / total if shared and total > 0 else math.nan

    def degrees(self, replicate: str) -> float:
        """Degrees of freedom of the spread between 'boot's or 'launch'es; 0 where there is one of them, or an assumption.

        >>> pilot = Components(math.nan, 0.02, 0.01, 1, 10, 30)
        >>> pilot.degrees("boot"), pilot.degrees("launch"), combined(pilot, pilot).degrees("launch")
        (0, 9, 18.0)
        """
        stated = self.boot_df if replicate == "boot" else self.launch_df
        if not math.isnan(stated):
            return stated
        return max(self.boots - 1 if replicate == "boot" else self.boots * (self.launches - 1), 0)

    def with_spread(self, replicate: str, spread: float) -> Components:
        """The same with another standard deviation of the log between 'boot's or 'launch'es: an assumption, not a pilot.

        `boots` is then 0, and so are the degrees of freedom: nothing was observed that could be uncertain.
        """
        if replicate not in ("boot", "launch"):
            raise UsageError(f"unknown replicate {replicate!r}", hint="use 'boot' or 'launch'")
        return replace(self, boots=0, boot_df=0, launch_df=0, **{replicate: spread})


def combined(one: Components, other: Components) -> Components:
    """Components of a typical arm of two: root mean squares at each level, mean sizes, degrees of freedom of both.

    The mean of two variances of f and g degrees of freedom has 4 / (1 / f + 1 / g) where the true ones are equal: 2 f where f is g,
    fewer than f + g where one arm is small (F. E. Satterthwaite, Biometrics Bulletin 2 (1946) 110-114).

    >>> arms = (Components(0.03, math.nan, 0.02, 5, 1, 10), Components(0.04, math.nan, 0.02, 5, 1, 10))
    >>> round(combined(*arms).boot, 4), combined(*arms).boots, combined(*arms).degrees("boot")
    (0.0354, 5.0, 8.0)
    """
    spreads = [math.sqrt((getattr(one, name) ** 2 + getattr(other, name) ** 2) / 2) for name in ("boot", "launch", "iteration")]
    sizes = ((getattr(one, name) + getattr(other, name)) / 2 for name in ("boots", "launches", "iterations"))
    pairs = ((one.degrees(level), other.degrees(level)) for level in ("boot", "launch"))
    degrees = [4 / (1 / f + 1 / g) if f > 0 and g > 0 else 0 for f, g in pairs]
    told = dict.fromkeys(caution if caution in one.cautions and caution in other.cautions else
                         replace(caution, message=f"in one arm {caution.message}") for caution in one.cautions + other.cautions)
    return Components(*spreads, *sizes, one.location, tuple(told), *degrees)


def of_pairs(arm: Components, ratios: np.ndarray) -> Components:
    """Components of log ratios of pairs: those of a typical arm, and the log ratios themselves, one per pair.

    Both arms bring their launches and iterations, so each of these counts twice; `boot` is what is left between the pairs, in
    which what a block does to both its arms has cancelled. NaN with one pair.

    >>> arm = Components(0.05, math.nan, 0.01, 4, 1, 100, "mean")
    >>> pairs = of_pairs(arm, np.array([0.0, 0.02, 0.04, 0.02]))
    >>> round(pairs.boot**2 + 2 * 0.01**2 / 100, 9), pairs.degrees("boot")       # their variance
    (0.000266667, 3)
    """
    launch, iteration = math.sqrt(2) * arm.launch, math.sqrt(2) * arm.iteration
    factor = MEDIAN if arm.location == "median" and arm.iterations > 2 else 1.0
    below = sum(square for square in (launch**2, factor * iteration**2 / arm.iterations) if not math.isnan(square)) / arm.launches
    cautions: list[Caution] = []
    boot = _level("boot", float(np.var(ratios, ddof=1)) - below, cautions) if len(ratios) > 1 else math.nan
    told = [replace(caution, message="ratios of blocks" + caution.message.removeprefix("boots")) for caution in cautions]
    return replace(arm, boot=boot, launch=launch, iteration=iteration, boots=len(ratios), boot_df=len(ratios) - 1,
                   launch_df=math.nan, cautions=tuple(told))  # fmt: skip


def components(arm: Sequence[Sequence[np.ndarray]], location: str = "median") -> Components:
    """Split the scatter of one arm into its levels.

    Parameters
    ----------
    arm : boots of launches of 1-D arrays of positive values, as in `compare_nested`; for launches of unknown boots, one boot.
    location : as in `compare_nested`.

    The estimate of a level is the variance of its means less what the level below puts into them,
    T_i^2 = S_i^2 - S_(i-1)^2 / r_(i-1), where a negative one counts as 0 (caution `component-clamped`):
    T. Kalibera and R. Jones, "Rigorous benchmarking in reasonable time", ISMM 2013, corrected for the levels below.
    With medians, iterations scatter by the quartiles of a launch / 1.349, and their median by pi/2 times the variance of a mean.

    >>> rng = np.random.default_rng(1)
    >>> boots = [[np.exp(boot + rng.normal(0, 0.02, 30))] for boot in rng.normal(0, 0.05, 40)]
    >>> found = components(boots)
    >>> round(found.boot, 2), round(found.iteration, 2), found.boots
    (0.05, 0.02, 40)
    """
    if location not in LOCATIONS:
        raise UsageError(f"unknown location {location!r}", hint=f"use one of {', '.join(LOCATIONS)}")
    arm = arms.nested(arm, "pilot")
    places = [np.array([launch_location(values, location) for values in boot]) for boot in arm]
    started = [np.log(values) for boot in arm for values in boot]
    repeats, sizes = _harmonic(started), _harmonic(places)
    noise = _noise(started, location)
    factor = MEDIAN if location == "median" and repeats > 2 else 1.0
    below = 0.0 if math.isnan(noise) else factor * noise**2 / repeats  # variance that iterations put into a launch's location
    cautions: list[Caution] = []
    squares = [(len(place) - 1, float(np.var(place, ddof=1))) for place in places if len(place) > 1]
    launch = boot = math.nan
    if squares:
        seen = sum(n * square for n, square in squares) / sum(n for n, _ in squares)
        launch = _level("launch", seen - below, cautions)
        below = seen / sizes
    if len(places) > 1:
        seen = float(np.var([place.mean() for place in places], ddof=1))
        boot = _level("boot", seen - below, cautions)
    degrees = len(places) - 1, sum(len(place) - 1 for place in places)
    return Components(boot, launch, noise, len(places), sizes, repeats, location, tuple(cautions), *degrees)


def _level(name: str, square: float, cautions: list[Caution]) -> float:
    if square < 0:
        noun = {"boot": "boots", "launch": "launches"}[name]
        cautions.append(Caution("component-clamped", f"{noun} differ by less than their noise alone would make them: counted as 0"))
    return math.sqrt(max(square, 0.0))


def _noise(logs: Sequence[np.ndarray], location: str) -> float:
    """Standard deviation of the log values inside a launch: of quartiles (median over launches), or pooled."""
    several = [values for values in logs if len(values) > 1]
    if not several:
        return math.nan
    if location == "median" and min(len(values) for values in several) >= 4:
        return float(np.median([np.subtract(*np.percentile(values, (75, 25))) for values in several])) / QUARTILES
    return math.sqrt(sum(((values - values.mean()) ** 2).sum() for values in several) / sum(len(values) - 1 for values in several))


def _harmonic(parts: Sequence[np.ndarray]) -> float:
    return round(len(parts) / sum(1 / len(part) for part in parts), 9)
