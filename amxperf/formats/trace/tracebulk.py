"""Large trace files: chunks scanned in threads, and their events, stacks and frames put one behind the other.

The tables are those of the plain reader, row by row: it takes apart the lines that the scan leaves open, and one line of each
distinct task, frame and combination of event, layout and marked fields; tests hold both against each other.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ...document import Document
from ..compiled.pages import zeros
from . import tracelink
from .tracechunk import NAN, Chunk
from .tracecolumns import NARROW, PLACE, TIME, WIDE
from .traceengine import event_names, functions
from .traceknown import COLUMNS, KINDS, Known
from .tracelink import L_AT, L_FIRST, L_HASHED, L_HELD, L_ITEMS, L_LOG, L_MARK, L_ROW, L_SAMPLED, L_TRACES, LOG, NEAR
from .traceprogram import SPARE, program
from .tracescan import BLANK, S_FRAMES, S_LINES, S_MARKS, S_ROWS, S_TEXT, S_TICKS, S_WHAT
from .tracesource import Source

if TYPE_CHECKING:
    from ..ftrace import Reading

CHUNK = 2 << 20
"""Bytes that one thread scans at a time. The first chunk is an eighth of it, so that the usual names are known to all threads."""

THREADS = max(1, min(os.cpu_count() or 1, 8))

PART = 1 << 16
"""Rows of a table that one thread fills at a time."""

AHEAD = 4
"""Chunks that may wait beside those that the threads work on."""

ROWS = {
    "lines": np.int32, "stamps": np.float64, "cpus": np.int64, "no_cpu": np.bool_, "pids": np.int64, "no_pid": np.bool_,
    "tasks": np.int32, "keys": np.int32, "ends": np.int64,
}  # fmt: skip
TRACES = {
    "line": np.int32, "end": np.int32, "event": np.int32, "user": np.bool_, "complete": np.int8, "stamp": np.float64,
    "cpu": np.int64, "pid": np.int64, "task": np.int32,
}  # fmt: skip
FRAMES = {"place": np.int32, "owner": np.int32, "depth": np.int32, "name": np.int32}
"""Arrays of the tables, in the order in which the compiled functions take them."""

VALUES = {WIDE: np.int64, NARROW: np.int32, TIME: np.float64}


class Growing:
    """Arrays that grow together. The room is guessed from the part of the file that was read; what nobody writes costs nothing."""

    def __init__(self, dtypes: dict[str, Any]) -> None:
        self.arrays = {name: zeros(1, dtype) for name, dtype in dtypes.items()}
        self.room = self.used = 0

    def reserve(self, more: int, share: float, settle: Callable[[], None] = lambda: None) -> bool:
        """Make room for so many more rows, where `share` of the file is read with them; whether arrays were replaced, before
        which `settle` is called."""
        need = self.used + more
        guess = need + 256 if share >= 1 else int(need / share * 1.1) + 4096
        if need <= self.room and (share > 0.2 or guess < 1.05 * self.room):
            return False
        settle()
        self.room = max(need, guess)
        for name, array in self.arrays.items():
            self.arrays[name] = larger = zeros(self.room + 1, array.dtype)
            larger[: self.used + 1] = array[: self.used + 1]
        return True

    def values(self) -> list[np.ndarray]:
        """The arrays, with their spare rows."""
        return list(self.arrays.values())

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name][: self.used]


class Bulk:
    """The arrays of one file: `rows` (events), `traces`, `frames` and the `text` of the events, and the distinct texts.

    `columns` has numbers and marks (True: missing) of those of :data:`.traceknown.COLUMNS` that any line fills.
    """

    def __init__(self, document: Document, reading: Reading, chunk: int = CHUNK) -> None:
        self.document, self.reading, self.chunk = document, reading, chunk
        self.functions, self.program, self.names = functions(), program(), event_names()
        self.known = Known(self.program)
        self.rows, self.traces, self.frames, self.text = (
            Growing(ROWS), Growing(TRACES), Growing(FRAMES), Growing({"text": np.uint8})
        )  # fmt: skip
        self.columns: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self.lines = self.stacks = self.seen = 0
        self.places = np.zeros(PLACE * len(COLUMNS), np.int64)
        self.log, self.slots = Growing({"log": np.int64}), np.full(1 << 12, -1, np.int64)
        self.near, self.state, self.sampled = np.full(LOG * NEAR, -1, np.int64), np.zeros(L_ITEMS, np.int64), np.zeros(1)
        self.state[L_SAMPLED] = -1
        self.filling: deque[tuple[Future[Any], Chunk]] = deque()

    def __enter__(self) -> Bulk:
        """Fill the arrays."""
        try:
            self._run()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if "pool" in self.__dict__:
            self.pool.shutdown(cancel_futures=True)

    @cached_property
    def pool(self) -> ThreadPoolExecutor:
        """The threads; there are none before the second chunk."""
        return ThreadPoolExecutor(THREADS)

    def spread(self, number: int, works: Sequence[Callable[[int, int], Any]]) -> None:
        """Run each work(low, high) over parts of `number` rows, in the threads; the works of a part run together."""

        def run(span: tuple[int, int]) -> None:
            for work in works:
                work(*span)

        if works and number:
            spans = list(pairwise([*range(0, number, PART), number]))
            list(self.pool.map(run, spans) if len(spans) > 1 else map(run, spans))

    def _run(self) -> None:
        source = Source(self.document)
        first = source.size if source.size <= self.chunk else max(1, self.chunk // 8)
        spans = list(pairwise(source.cuts(self.chunk, first)))
        largest, most = max(high - low for low, high in spans), THREADS + AHEAD
        waiting: deque[tuple[int, Future[Chunk]]] = deque()
        free: list[Chunk] = []
        made = 0

        def scan(chunk: Chunk, low: int, high: int) -> Chunk:
            size = source.read(low, high, chunk.buf)
            chunk.buf[size : size + SPARE] = 0
            return chunk.scan(size, self.known, self.program, self.names, self.functions)

        def take() -> None:
            high, future = waiting.popleft()
            chunk = future.result()
            self.filling.append((self.pool.submit(self._place(chunk, high / source.size)), chunk))

        for number, (low, high) in enumerate(spans):
            if not free and made < most:
                free.append(Chunk(largest))
                made += 1
            while not free:
                while waiting and (waiting[0][1].done() or not self.filling):
                    take()
                future, chunk = self.filling.popleft()
                future.result()
                free.append(chunk)
            chunk = free.pop()
            if number == 0:
                self._place(scan(chunk, low, high), high / source.size)()
                free.append(chunk)
            else:
                waiting.append((high, self.pool.submit(scan, chunk, low, high)))
        while waiting:
            take()
        self._settle()
        self.functions.finish_link(self.state, self.traces.arrays["complete"])

    def _settle(self) -> None:
        """Wait until the rows are filled."""
        for future, _ in self.filling:
            future.result()

    def _place(self, chunk: Chunk, share: float) -> Callable[[], Any]:
        """Make room for what was found in the next chunk, with which `share` of the file is read, behind what there is; a call
        that fills it in."""
        state, reading = chunk.state, self.reading
        count, marks, frames = int(state[S_ROWS]), int(state[S_MARKS]), int(state[S_FRAMES])
        for number, line in chunk.others:
            reading.take(self.lines + number + 1, line)
        if state[S_TICKS]:
            reading.ticks = reading.ticks or self.lines + int(state[S_TICKS])
        if self.known.graph and not reading.graph:
            found = np.flatnonzero(np.isin(chunk.keys[:count], list(self.known.graph)))[:1]
            reading.graph = self.lines + 1 + int(chunk.lines[found[0]]) if len(found) else 0
        self._link(chunk, share, count, marks, frames)
        replaced = self.rows.reserve(count, share, self._settle)
        self.text.reserve(int(state[S_TEXT]), share, self._settle)
        self._columns(replaced)
        starts, where, told = self.known.told()
        fill = partial(
            self.functions.fill_rows, count, self.rows.used, self.lines + 1, self.text.used, chunk.lines, chunk.stamps, chunk.cpus,
            chunk.pids, chunk.tasks, chunk.keys, chunk.packed, chunk.ends, chunk.text, *self.rows.values(), *self.text.values(),
            len(COLUMNS), starts, where, told, told, NAN, self.places, 0, 0, 0, 0,
        )  # fmt: skip
        self.rows.used += count
        self.text.used += int(state[S_TEXT])
        self.lines += int(state[S_LINES])
        self.stacks += marks
        self.seen |= int(state[S_WHAT])
        return fill

    def _columns(self, replaced: bool) -> None:
        """Arrays for the columns that lines fill; they have as much room as the rows."""
        for at in list(self.known.columns):  # other threads may be adding to them
            if at in self.columns and not replaced:
                continue
            kind = KINDS[COLUMNS[at].dtype]
            numbers, marks = zeros(self.rows.room + 1, VALUES[kind]), zeros(self.rows.room + 1, np.bool_)
            used = self.rows.used
            if at in self.columns:
                numbers[:used], marks[:used] = self.columns[at][0][:used], self.columns[at][1][:used]
            elif kind == TIME:
                numbers[:used] = NAN
            else:
                marks[:used] = True
            self.columns[at] = numbers, marks
            self.places = self.places.copy()  # other threads read the old ones
            self.places[PLACE * at : PLACE * at + PLACE] = (
                kind, numbers.ctypes.data // numbers.itemsize, marks.ctypes.data, 1
            )  # fmt: skip

    def _link(self, chunk: Chunk, share: float, count: int, marks: int, frames: int) -> None:
        """Give the chunk's frames to stacks, and its stacks to events."""
        state = self.state
        self.traces.reserve(marks + (min(count + 1, frames) if frames else 0), share)
        self.frames.reserve(frames, share)
        self.log.reserve(LOG * count, share)
        state[[L_AT, L_ROW, L_MARK, L_HELD]] = 0
        while self.functions.link(
            int(chunk.state[S_LINES]), self.lines + 1, self.rows.used, state, self.sampled, chunk.what, chunk.stamps, chunk.cpus,
            chunk.pids, chunk.tasks, chunk.mark_stamps, chunk.mark_cpus, chunk.mark_pids, chunk.mark_tasks, chunk.symbols,
            self.near, *self.log.values(), self.slots, len(self.slots) - 1, *self.traces.values(), *self.frames.values(),
        ):  # fmt: skip
            self.slots = np.full(1 << (4 * int(state[L_LOG])).bit_length(), -1, np.int64)
            state[L_HASHED] = 0
        self.traces.used, self.frames.used = int(state[L_TRACES]), int(state[tracelink.L_FRAMES])
        self.log.used = LOG * int(state[L_LOG])

    @property
    def empty(self) -> bool:
        """Whether no line says anything."""
        return self.seen | 1 << BLANK == 1 << BLANK

    @property
    def left(self) -> tuple[int, int]:
        """Frames without a stack, and the line of the first (0: none)."""
        return int(self.state[tracelink.L_LEFT]), int(self.state[L_FIRST])
