"""Where a launch settles: change points of its iterations, and which of four shapes they make.

Single values that stand out from the median of their neighbours and return are spikes, not a level, and are put aside.
The logs of the rest are cut where their mean changes (penalised least squares, solved exactly by PELT: R. Killick,
P. Fearnhead and I. A. Eckley, J. Amer. Statist. Assoc. 107 (2012) 1590-1598; here ruptures' KernelCPD, C. Truong, L. Oudre
and N. Vayatis, Signal Processing 167 (2020) 107299). Levels within 1 % are one.
The shapes are those of E. Barrett et al., "Virtual Machine Warmup Blows Hot and Cold", OOPSLA 2017.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import DataError, UsageError
from . import arms, checks

SHAPES = ("flat", "warm-up", "slowdown", "no steady state", "too short")
"""What a launch can look like; the last one says that it was not judged."""

FEWEST = 8
"""Iterations that a launch must have to be judged."""
SPIKE = 2
"""So many values in a row that stand out and return are a spike; at the start they are warm-up."""
OUTSTANDING = 4.0
"""A value this many noises away from the median of its neighbours stands out."""
TAIL = 0.25
"""Share of the iterations that the last level must cover: a launch that still changes later than that has no steady state."""
PENALTY = 5.0
"""Cost of a change point in units of noise variance times log(n); 2 is the Schwarz criterion, more is more careful."""
FLOOR = 0.002
"""Least noise on the log scale: a clock's steps must not pass for exactness."""
LONGEST = 4000
"""Longer launches are cut on the medians of so many blocks: the search takes time with the square."""


@dataclass(frozen=True)
class Segment:
    """Iterations `start` to before `end` on one level, in the unit of the values."""

    start: int
    end: int
    level: float


@dataclass(frozen=True)
class Steady:
    """The shape of a launch.

    shape : one of `SHAPES`.
    start : first iteration that counts; above 0 for warm-up only, which alone is trimmed.
    count : iterations of the launch.
    segments : levels in their order, after spikes were taken out and levels within the join were put together.
    """

    shape: str
    start: int
    count: int
    segments: tuple[Segment, ...]

    @property
    def left_out(self) -> int:
        """Iterations that trimming leaves out."""
        return self.start

    def trim(self, values: Any) -> np.ndarray:
        """The values without the warm-up; all of them for every other shape."""
        array = np.asarray(values, dtype=float)
        if len(array) != self.count:
            raise UsageError(f"{len(array)} values do not belong to a launch of {self.count}", hint="trim what was judged")
        return array[self.start :]

    def sentence(self) -> str:
        """What was found, in words.

        >>> steady([9.0, 3.0] + [2.0] * 18).sentence()
        'warm-up: the first 2 of 20 iterations are left out'
        """
        if self.shape == "warm-up":
            return f"warm-up: the first {self.start} of {self.count} iterations are left out"
        levels = len(self.segments)
        return f"{self.shape}: {self.count} iterations on {levels} {'level' if levels == 1 else 'levels'}, none left out"


def steady(values: Any, *, better: str = "lower", join: float = 0.01) -> Steady:
    """Find where one launch settles.

    Parameters
    ----------
    values : 1-D, positive, in the order measured; one launch.
    better : 'lower' (times) or 'higher' (rates): in which direction warm-up goes.
    join : levels closer than this fraction are one.

    Shapes: *flat* (one level), *warm-up* (the last level is the best one), *slowdown* (an earlier level was better),
    *no steady state* (the last level covers less than a quarter of the launch), *too short* (under 8 iterations).

    Raises UsageError for options out of range or an array that is not 1-D, DataError for values that are not positive numbers.

    >>> cold = steady([1.50, 1.20, 1.10, *[1.0, 1.002, 0.999, 1.001] * 5])
    >>> cold.shape, cold.start
    ('warm-up', 3)
    >>> steady([1.0] * 10 + [1.2] * 10).shape
    'slowdown'
    """
    if better not in ("lower", "higher"):
        raise UsageError(f"better is {better!r}", hint="use 'lower' or 'higher'")
    checks.within("join", join, 0, 1, "give a fraction such as 0.01")
    array = arms.numbers(values, "the launch")
    if array.ndim != 1:
        raise UsageError("the values are not those of one launch", hint="call steady once for each launch")
    if not np.all(np.isfinite(array) & (array > 0)):
        place = int(np.argmin(np.isfinite(array) & (array > 0)))
        raise DataError(f"value {place + 1} is {array[place]:g}, and levels need positive finite values", hint="find out why")
    if len(array) < FEWEST:
        level = (Segment(0, len(array), float(np.exp(np.median(np.log(array))))),) if len(array) else ()
        return Steady("too short", 0, len(array), level)
    logs = np.log(array)
    ends = _joined(logs, _long_enough(_ends(logs)), join)
    parts = list(zip([0, *ends[:-1]], ends, strict=True))
    levels = np.array([np.median(logs[a:b]) for a, b in parts])
    segments = tuple(Segment(a, b, float(np.exp(level))) for (a, b), level in zip(parts, levels, strict=True))
    shape, start = _shape(levels if better == "lower" else -levels, parts, len(array), math.log1p(join))
    return Steady(shape, start, len(array), segments)


def _ends(logs: np.ndarray) -> list[int]:
    """Ends of the segments with different means, the last one included."""
    from ruptures import KernelCPD

    size = -(-len(logs) // LONGEST)  # 1 for all but very long launches
    blocks = logs
    if size > 1:
        whole = len(logs) // size * size
        blocks = np.median(logs[:whole].reshape(-1, size), axis=1)
    noise = max(_noise(blocks), FLOOR)
    calm = _without_spikes(blocks, OUTSTANDING * noise)
    penalty = PENALTY * noise**2 * math.log(len(blocks))
    found = KernelCPD(kernel="linear", min_size=1).fit(calm[:, None]).predict(pen=penalty)
    return [*(int(end) * size for end in found[:-1]), len(logs)]


def _noise(logs: np.ndarray) -> float:
    """Standard deviation of the noise from the differences of neighbours, which know nothing of levels and little of spikes.

    With five distinct values or more at least half their smallest difference: half a step where the clock is coarse.
    """
    gaps = np.diff(np.unique(logs))
    robust = float(np.median(np.abs(np.diff(logs)))) / (0.6744897501960817 * math.sqrt(2))
    return max(robust, float(gaps.min()) / 2 if len(gaps) > 3 else 0.0)


def _without_spikes(logs: np.ndarray, far: float) -> np.ndarray:
    """Values farther than `far` from the median of the five around them replaced by it; the first ones stay as they are."""
    width = 2 * SPIKE + 1
    around = np.median(np.lib.stride_tricks.sliding_window_view(logs, width), axis=1)
    around = np.concatenate((logs[:SPIKE], around, np.full(SPIKE, around[-1])))
    return np.where(np.abs(logs - around) > far, around, logs)


def _long_enough(ends: list[int]) -> list[int]:
    """Segments too short to be a level joined with the one before; the first one stays, it is warm-up."""
    kept: list[int] = []
    for end in ends:
        if kept and end - kept[-1] <= SPIKE:
            kept[-1] = end
        else:
            kept.append(end)
    return kept


def _joined(logs: np.ndarray, ends: list[int], join: float) -> list[int]:
    """Neighbours whose medians lie within the join put together, the closest pair first."""
    ends = list(ends)
    levels = np.array([np.median(logs[a:b]) for a, b in zip([0, *ends[:-1]], ends, strict=True)])
    while len(ends) > 1:
        gaps = np.abs(np.diff(levels))
        place = int(gaps.argmin())
        if gaps[place] > math.log1p(join):
            break
        del ends[place]
        levels = np.delete(levels, place + 1)
        levels[place] = np.median(logs[ends[place - 1] if place else 0 : ends[place]])
    return ends


def _shape(costs: np.ndarray, parts: list[tuple[int, int]], count: int, join: float) -> tuple[str, int]:
    """Shape and first steady iteration; `costs` are log levels, lower is better."""
    if len(parts) == 1:
        return "flat", 0
    last = costs[-1]
    start, end = parts[-1]
    if end - start < max(TAIL * count, SPIKE + 1):
        return "no steady state", 0
    if costs.min() < last - join:
        return "slowdown", 0
    return "warm-up", start
