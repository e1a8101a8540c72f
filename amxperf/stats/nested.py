"""Arms of many comparisons as flat arrays: boots of launches of values, and the locations of their replicates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from . import ragged


@dataclass(frozen=True)
class Nested:
    """One arm of many comparisons: values in launches in boots in arms, as starts of `amxperf.stats.ragged`.

    values : positive, all launches one after the other. launches : starts in values. boots : starts in launches.
    arms : starts in boots, one arm per comparison.
    """

    values: np.ndarray
    launches: np.ndarray
    boots: np.ndarray
    arms: np.ndarray

    def __len__(self) -> int:
        return len(self.arms) - 1

    @property
    def by_launch(self) -> np.ndarray:
        """Starts of the arms in launches."""
        return self.boots[self.arms]

    @property
    def by_value(self) -> np.ndarray:
        """Starts of the arms in values."""
        return self.launches[self.by_launch]

    def arm(self, i: int) -> list[list[np.ndarray]]:
        """One arm as lists: boots of launches of values."""
        cut = self.values
        return [
            [cut[self.launches[k] : self.launches[k + 1]] for k in range(self.boots[j], self.boots[j + 1])]
            for j in range(self.arms[i], self.arms[i + 1])
        ]

    def counts(self, boots: bool = True, launches: bool = True) -> np.ndarray:
        """Boots, launches and values of each arm, shape (comparisons, 3); 0 for a level that nobody stated."""
        found = np.stack([np.diff(self.arms), np.diff(self.by_launch), np.diff(self.by_value)], axis=1)
        found[:, 0] *= boots
        found[:, 1] *= launches
        return found


def nested(arms: Sequence[Sequence[Sequence[np.ndarray]]]) -> Nested:
    """`Nested` from lists: arms of boots of launches of values."""
    boots = [boot for arm in arms for boot in arm]
    launches = [launch for boot in boots for launch in boot]
    values = np.concatenate([np.asarray(launch, dtype=float) for launch in launches]) if launches else np.zeros(0)
    lengths = ([len(x) for x in launches], [len(x) for x in boots], [len(x) for x in arms])
    return Nested(values, *(ragged.starts_of(np.array(part, dtype=np.int64)) for part in lengths))


def subset_of(arm: Nested, rows: np.ndarray) -> Nested:
    """The arms of some of the comparisons."""
    boots, arms = ragged.take(np.arange(len(arm.boots) - 1), arm.arms, rows)
    launches, starts = ragged.take(np.arange(len(arm.launches) - 1), arm.boots, boots)
    values, inside = ragged.take(arm.values, arm.launches, launches)
    return Nested(values, inside, starts, arms)


class Locations:
    """Log locations of the replicates of an arm, worked out once per level."""

    def __init__(self, arm: Nested, location: str) -> None:
        self.arm, self.location = arm, location
        self._launches: np.ndarray | None = None

    def of(self, level: str, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Locations and starts for these comparisons."""
        if level == "value":
            return ragged.take(np.log(self.arm.values), self.arm.by_value, rows)
        if self._launches is None:
            self._launches = ragged.locations(self.arm.values, self.arm.launches, self.location)
        if level == "launch":
            return ragged.take(self._launches, self.arm.by_launch, rows)
        return ragged.take(ragged.means(self._launches, self.arm.boots), self.arm.arms, rows)

    def single(self, level: str, rows: np.ndarray) -> np.ndarray:
        """Comparisons whose replicates are single values."""
        if level == "value":
            return np.ones(len(rows), dtype=bool)
        members = self.arm.by_launch if level == "launch" else self.arm.arms
        return (np.diff(self.arm.by_value) == np.diff(members))[rows]
