"""One location per replicate, on the log scale.

A launch is summarised by the median of the log values of its iterations, or by the log of their mean where the metric is
a total (a mean times a count is the total, a median is not). Launches of one boot are averaged.
So a launch with more iterations weighs no more than another, and iterations are never pooled.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..errors import UsageError

LOCATIONS = ("median", "mean")


def launch_location(values: np.ndarray, location: str = "median") -> float:
    """Location of the log values of one launch.

    `values`: 1-D, positive, in the metric's unit. The median of an even number is the mean of the two middle logs.

    >>> round(launch_location(np.array([1.0, 4.0, 100.0])), 6) == round(math.log(4), 6)
    True
    >>> round(launch_location(np.array([1.0, 4.0, 100.0]), "mean"), 6) == round(math.log(35), 6)
    True
    """
    if location == "mean":
        # Divided by the largest first: values near the largest double must not add up to infinity.
        top = float(values.max())
        return math.log(top) + math.log(float(np.mean(np.sort(values) / top)))
    if location != "median":
        raise UsageError(f"unknown location {location!r}", hint=f"use one of {', '.join(LOCATIONS)}")
    ordered = np.sort(values)
    middle = len(ordered) // 2
    upper = math.log(ordered[middle])
    return upper if len(ordered) % 2 else (math.log(ordered[middle - 1]) + upper) / 2


def boot_location(launches: Sequence[np.ndarray], location: str = "median") -> float:
    """Mean of the locations of a boot's launches."""
    return math.fsum(launch_location(values, location) for values in launches) / len(launches)


def locations(arm: Sequence[Sequence[np.ndarray]], level: str, location: str = "median") -> np.ndarray:
    """Log locations of an arm's replicates: shape (boots,), (launches,) or (values,).

    `arm` holds boots, a boot holds launches, a launch is a 1-D array of positive values. `level` is the replicate.
    Level 'value' is for an arm of one launch: its values as they are.

    >>> arm = [[np.array([1.0, 1.0]), np.array([4.0])], [np.array([2.0])]]
    >>> (locations(arm, "boot") / math.log(2)).round(6).tolist(), (locations(arm, "launch") / math.log(2)).tolist()
    ([1.0, 1.0], [0.0, 2.0, 1.0])
    """
    if level == "boot":
        return np.array([boot_location(launches, location) for launches in arm])
    if level == "launch":
        return np.array([launch_location(values, location) for launches in arm for values in launches])
    return np.log(arm[0][0])
