"""Register dumps as columns: compiled passes over the usual lines, the plain reader's word on the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .callers import Numbers
from .dumpscan import SHORTEST
from .stackframe import parse_registers

if TYPE_CHECKING:
    import pyarrow

    from .memo import Memo


class Dumps:
    """Takes lines of register dumps apart. The names are numbered by their first sight, in all that one object takes."""

    def __init__(self, memo: Memo) -> None:
        self.memo = memo
        self.names: dict[str, int] = {}
        self._numbers = Numbers(memo.functions)
        self._places: list[int] = []  # by the small number of a name: its number in `names`

    def take(self, ends: np.ndarray, data: np.ndarray) -> tuple[np.ndarray, np.ndarray, pyarrow.LargeStringArray]:
        """The registers of some texts (where each ends, from 0; their bytes): the text, number of the name, and value of each."""
        import pyarrow

        lines, functions = len(ends) - 1, self.memo.functions
        room = len(data) // SHORTEST + lines + 1
        which, begins, stops = (np.empty(room, np.int32) for _ in range(3))
        keys, left = np.empty(room, np.int64), np.empty(lines + 1, np.int32)
        starts = np.ascontiguousarray(ends[:-1])
        rows = functions.dump(data, lines, starts, ends[1:].copy(), which, keys, begins, stops, left, self.memo.registers)
        values = np.empty(int((stops[:rows] - begins[:rows]).sum(dtype=np.int64)) + 8, np.uint8)
        places = np.empty(rows + 1, np.int64)
        functions.gather(data, rows, begins, stops, values, places)
        found = pyarrow.LargeStringArray.from_buffers(rows, pyarrow.py_buffer(places), pyarrow.py_buffer(values))
        which, numbers = which[:rows], self._named(keys[:rows])
        asked = left[: left[lines]]
        if not len(asked):
            return which, numbers, found
        others = [
            (line, self.names.setdefault(name, len(self.names)), value)
            for line in asked.tolist()
            for name, value in parse_registers(data[ends[line] : ends[line + 1]].tobytes().decode("utf-8", "surrogatepass").strip())
        ]
        extra = [np.array([row[place] for row in others], np.int32) for place in (0, 1)]
        which, numbers = np.concatenate([which, extra[0]]), np.concatenate([numbers, extra[1]])
        order = np.argsort(which, kind="stable")
        found = pyarrow.concat_arrays([found, pyarrow.array([row[2] for row in others], pyarrow.large_string())])
        return which[order], numbers[order], found.take(pyarrow.array(order))

    def _named(self, keys: np.ndarray) -> np.ndarray:
        """Numbers of names that are given as numbers of eight bytes."""
        numbers = self._numbers.take(keys)
        if len(self._places) < int(self._numbers.info[0]):
            for key in self._numbers.known().tolist()[len(self._places) :]:
                name = key.to_bytes(8, "little").rstrip(b"\0").decode()
                self._places.append(self.names.setdefault(name, len(self.names)))
        return np.array(self._places, np.int32)[numbers]
