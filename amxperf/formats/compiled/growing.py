"""Arrays that grow at their end."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import pages

STEP = 1 << 16
"""Rows for which memory is taken in one call."""


class Columns:
    """`width` columns of numbers that grow together; memory is taken where it is written, not where there is room.

    >>> columns = Columns("int32", 4, width=2)
    >>> for number in range(3):
    ...     columns.free(2)[:] = number
    ...     columns.used += 2
    >>> columns.array().tolist()
    [[0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 2, 2]]
    """

    def __init__(self, kind: Any, room: int, width: int = 1) -> None:
        self.data = pages.zeros(max(1, room) * width, kind).reshape(width, -1)
        self.used = self._taken = 0

    def free(self, count: int) -> np.ndarray:
        """Room for `count` more rows, behind those that are used."""
        if self.used + count > self.data.shape[1]:
            width, room = self.data.shape
            data = pages.zeros(width * max(2 * room, self.used + count), self.data.dtype).reshape(width, -1)
            data[:, : self.used] = self.data[:, : self.used]
            self.data = data
        if self.used + count > self._taken:
            start, self._taken = self._taken, min(self.used + count + STEP, self.data.shape[1])
            for column in self.data:
                pages.expect(column[start : self._taken])
        return self.data[:, self.used : self.used + count]

    def array(self) -> np.ndarray:
        """What is used, a row for each column."""
        return self.data[:, : self.used]

    def clear(self, rest: np.ndarray | None = None) -> None:
        """Start anew in new memory, with the columns of `rest`."""
        self.data, self.used, self._taken = np.zeros_like(self.data[:, :1]), 0, 0
        if rest is not None:
            self.free(rest.shape[1])[:] = rest
            self.used = rest.shape[1]
