"""A signed sum of the means of arms: the log ratio of two, the log ratio of ratios of four; and what bends it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from . import serial, welch
from .estimates import Estimate

SIGNS = {1: (1.0,), 2: (-1.0, 1.0), 4: (-1.0, 1.0, 1.0, -1.0)}
"""Log ratios of pairs; baseline and treatment; then the baseline and the treatment of the reference."""
NAMES = ("baseline", "treatment", "baseline of the reference", "treatment of the reference")


@dataclass(frozen=True)
class Contrast:
    """Two or four arms of log locations, each 1-D of 2 or more, in the order of `NAMES`; or one sample of log ratios of pairs.

    >>> arms = [np.array(arm) for arm in ([0.0, 0.2], [1.0, 1.2], [0.0, 0.2], [0.4, 0.6])]
    >>> round(Contrast(tuple(arms[:2])).estimate().shift, 9), round(Contrast(tuple(arms)).estimate().shift, 9)
    (1.0, 0.6)
    """

    arms: tuple[np.ndarray, ...]

    @property
    def signs(self) -> tuple[float, ...]:
        return SIGNS[len(self.arms)]

    @property
    def names(self) -> tuple[str, ...]:
        return NAMES[: len(self.arms)] if len(self.arms) > 1 else ("pairs",)

    @property
    def least(self) -> int:
        """Replicates of the smallest arm."""
        return min(len(arm) for arm in self.arms)

    def estimate(self, confidence: float = 0.95) -> Estimate:
        """The sum with its interval and Satterthwaite's degrees of freedom."""
        parts = [welch.summary(arm, np.array([0, len(arm)])) for arm in self.arms]
        return welch.combined(parts, self.signs, confidence).row(0)

    def without(self, out: Sequence[np.ndarray]) -> Contrast:
        """The same without the replicates of these masks, one mask per arm."""
        return replace(self, arms=tuple(arm[~mask] for arm, mask in zip(self.arms, out, strict=True)))

    def apart(self, place: np.ndarray) -> float:
        """How much a drift over `place` (of all replicates, arm after arm) leans on the sum: a correlation, 0 to 1.

        With two arms it is that of arm and order, 0.87 for all of A before all of B. With four the drift cancels where the
        arms of the reference ran like the others.
        """
        weights = np.concatenate([np.full(len(arm), sign / len(arm)) for arm, sign in zip(self.arms, self.signs, strict=True)])
        return abs(float(np.corrcoef(weights, place)[0, 1])) if np.ptp(place) else 0.0

    def slope(self, place: np.ndarray) -> tuple[float, float]:
        """Common least-squares slope over `place` inside the arms, and its two-sided p; 0 and 1 where there is nothing to see."""
        from scipy.special import stdtr

        y = np.concatenate([arm - arm.mean() for arm in self.arms])
        x = np.concatenate([part - part.mean() for part in np.split(place, np.cumsum([len(arm) for arm in self.arms])[:-1])])
        df, square = len(y) - len(self.arms) - 1, float(x @ x)
        if square == 0 or df < 1:
            return 0.0, 1.0
        slope = float(x @ y) / square
        rest = float(((y - slope * x) ** 2).sum()) / df
        if rest == 0:
            return slope, 0.0 if slope else 1.0
        return slope, 2 * float(stdtr(df, -abs(slope) / math.sqrt(rest / square)))

    def beside_line(self, place: np.ndarray) -> tuple[float, float, int]:
        """The sum, its standard error and degrees of freedom, with a common straight line over `place` (least squares)."""
        arm = np.repeat(np.arange(len(self.arms)), [len(arm) for arm in self.arms])
        design = np.column_stack((arm[:, None] == np.arange(len(self.arms)), place - place.mean())).astype(float)
        y, weights = np.concatenate(self.arms), np.array([*self.signs, 0.0])
        df = len(y) - design.shape[1]
        if df < 1:
            return 0.0, math.inf, df
        solution, *_ = np.linalg.lstsq(design, y, rcond=None)
        rest = y - design @ solution
        variance = float(rest @ rest) / df * float(weights @ np.linalg.pinv(design.T @ design) @ weights)
        return float(weights @ solution), math.sqrt(variance), df

    def in_order(self, times: Sequence[np.ndarray]) -> Contrast:
        """The same with the replicates of each arm in the order in which they ran."""
        return Contrast(tuple(arm[np.argsort(when, kind="stable")] for arm, when in zip(self.arms, times, strict=True)))

    def related(self) -> bool:
        """Are successive replicates of an arm alike?"""
        return serial.related(*self.arms)

    def widening(self) -> float:
        """Factor on the interval where they are."""
        return serial.widening(*self.arms)
