"""Kinds of traces: how often each signature occurs, without the text of each.

A log of some GB has millions of traces, of which a summary names a few: they are counted as numbers of 64 bits, and those that are
shown are looked up again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .signature import calls, equal, signatures

if TYPE_CHECKING:
    import pandas as pd

BARE = "without frames"
"""What stands for the signature of a trace without frames."""

MANY = 1 << 20
"""Counted kinds, some of them twice, from which on equal ones are put together."""


class Kinds:
    """Counts the signatures of a frames table that comes in pieces, each trace whole in one of them, in order.

    >>> from amxperf.schema import frame
    >>> kinds = Kinds()
    >>> piece = frame("frames", [{"trace": trace, "function": name} for trace, name in ((1, "f"), (3, "g"), (4, "f"))])
    >>> kinds.add(piece)
    >>> kinds.most(8, 4, lambda number: piece)
    ({'f': 2, 'without frames': 1, 'g': 1}, 3)
    """

    def __init__(self) -> None:
        self._found = [np.zeros((4, 0), np.int64)]  # columns: key, how often, first trace, its piece
        self._pieces = self._last = self._missing = 0

    def add(self, frames: pd.DataFrame) -> None:
        """Count the next piece."""
        if len(frames):
            found = calls(frames)
            named = np.array([_number(name) for name in found.names])[found.functions[found.kept]]
            keys = equal(named, found.owner[found.kept]).view(np.int64)
            kinds, first, counts = np.unique(keys, return_index=True, return_counts=True)
            traces = found.traces[found.starts]
            self._found.append(np.stack([kinds, counts, traces[first], np.full(len(kinds), self._pieces)]))
            gaps = np.flatnonzero(np.diff(traces, prepend=self._last) > 1)
            if len(gaps) and not self._missing:
                self._missing = int(traces[gaps[0] - 1] if gaps[0] else self._last) + 1
            self._last = int(traces[-1])
            if sum(part.shape[1] for part in self._found[1:]) > MANY:
                self._found = [self._joined()]
        self._pieces += 1

    def _joined(self) -> np.ndarray:
        """What was found, each kind once."""
        found = np.concatenate(self._found, axis=1)
        kinds, first, which = np.unique(found[0], return_index=True, return_inverse=True)
        counts = np.zeros(len(kinds), np.int64)
        np.add.at(counts, which, found[1])
        return np.stack([kinds, counts, *found[2:, first]])

    def most(self, count: int, traces: int, piece: Callable[[int], pd.DataFrame]) -> tuple[dict[str, int], int]:
        """The most frequent signatures, how often each occurs, equal ones in the order of the table; and how many kinds there are.

        traces : how many traces there are, numbered from 1; those without frames are one more kind.
        piece : gives a piece again, by its number from 0.
        """
        found = self._joined()
        if bare := traces - int(found[1].sum()):
            found = np.concatenate([found, [[0], [bare], [self._missing or self._last + 1], [-1]]], axis=1)
        order = np.lexsort((found[2], -found[1]))[:count]
        texts = {number: signatures(_of(piece(number), found[2][order][found[3][order] == number]))
                 for number in sorted(set(found[3][order].tolist())) if number >= 0}  # fmt: skip
        named = {trace: name for table in texts.values() for trace, name in zip(table["trace"], table["functions"], strict=True)}
        return {
            named[first] if number >= 0 else BARE: often for _, often, first, number in found[:, order].T.tolist()
        }, found.shape[1]


def _of(frames: pd.DataFrame, traces: np.ndarray) -> pd.DataFrame:
    """The frames of some traces."""
    return frames[frames["trace"].isin(traces)]


@lru_cache(1 << 16)
def _number(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "backslashreplace"), digest_size=8).digest(), "little", signed=True)
