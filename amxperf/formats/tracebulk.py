"""Large trace files: the compiled scan in threads, its arrays, and the plain reader's answers in them.

The tables are those of the plain reader, row by row: it takes apart the lines that the scan leaves open, and one line of each
distinct combination of event, layout and marked fields; tests hold both against each other.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..document import Document
from . import traceline
from .pages import zeros
from .tracecolumns import count_kind, entries_of, renumber
from .traceline import EVENT, FRAME, STACK, USER_STACK, Line
from .tracelink import NO_TASK
from .traceprogram import STORED, program
from .tracescan import ODD, ODD_FRAME, PERF, count_lines, scan

if TYPE_CHECKING:
    from .ftrace import Reading

CHUNK = 4 << 20
"""Bytes that one thread scans at a time."""

PART = 1 << 16
"""Rows of a table that one thread fills at a time."""

ENTRY = {
    "begins": np.int64, "stamp": np.float64, "cpu": np.int32, "pid": np.int64, "task": np.int32, "key": np.int32,
    "rest": np.uint16, "detail": np.uint16, "length": np.int32, "bits": np.uint16,
}  # fmt: skip
"""Arrays of an entry, in the order in which the scan takes them."""


class Bulk:
    """The arrays of one file, a row per entry (:mod:`amxperf.formats.tracescan`), and the distinct texts of it."""

    def __init__(self, document: Document, reading: Reading, chunk: int = CHUNK) -> None:
        self.document, self.reading = document, reading
        self.data = _bytes(document)
        self.pool = ThreadPoolExecutor(max(1, min(os.cpu_count() or 1, 8)))
        self.cuts = _cuts(self.data, chunk)
        self.extra = bytearray()  # texts of odd lines, behind the bytes of the file
        self.tasks: list[str] = []
        self.keys: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []
        self.headlines: dict[int, str] = {}
        self.places: dict[int, int] = {}  # entry -> place of the detail of an odd line

    def __enter__(self) -> Bulk:
        """Fill the arrays: the compiled scan, then the plain reader where that left a line open."""
        try:
            self._scan()
            self._odd()
        except BaseException:
            self.pool.shutdown(cancel_futures=True)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown()

    def spread(self, number: int, works: Sequence[Callable[[int, int], Any]]) -> None:
        """Run each work(low, high) over parts of `number` rows, in the threads."""
        self.parts(works, range(0, number + PART, PART) if number > PART else (0, number), number)

    def parts(self, works: Sequence[Callable[[int, int], Any]], cuts: Sequence[int], number: int = 1 << 62) -> None:
        """Run each work over the rows between two cuts, in the threads; the works of a part run together, as they share rows."""

        def run(span: tuple[int, int]) -> None:
            for work in works:
                work(span[0], min(span[1], number))

        list(self.pool.map(run, [(int(low), int(high)) for low, high in pairwise(cuts) if low < high]))

    def _scan(self) -> None:
        spans = list(zip(self.cuts[:-1], self.cuts[1:], strict=True))
        counts = list(self.pool.map(lambda span: count_lines(self.data, *span), spans))
        if len(self.data) and self.data[-1] != 10:
            counts[-1] += 1
        self.first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        n = self.lines = int(self.first[-1])
        self.what, self.symbol = zeros(n, np.uint8), zeros(n, np.int32)
        self.entries = {name: zeros(n, dtype) for name, dtype in ENTRY.items()}
        self.entry, self.held = np.zeros(len(spans), np.int64), np.zeros(len(spans), np.int64)  # where each chunk's begin
        self.packed: list[np.ndarray] = [np.zeros(0, np.uint64)] * len(spans)
        code = tuple(program())
        words = self.data[: len(self.data) & ~7].view(np.uint64)
        local, lock, room = threading.local(), threading.Lock(), max(counts)
        used = [0, 0]

        def work(number: int) -> tuple:
            if not hasattr(local, "arrays"):
                local.arrays = [np.empty(room, dtype) for dtype in (np.int32, *ENTRY.values())]
                local.packed = np.empty(room * len(STORED), np.uint64)
            found = scan(
                self.data, words, *spans[number], self.first[number], self.what, *local.arrays, local.packed, code
            )  # fmt: skip
            frames, entries, full = found[8:]
            with lock:
                symbol, entry = used
                used[:] = symbol + frames, entry + entries
            self.held[number], self.entry[number] = symbol, entry
            self.symbol[symbol : symbol + frames] = local.arrays[0][:frames]
            for target, source in zip(self.entries.values(), local.arrays[1:], strict=True):
                target[entry : entry + entries] = source[:entries]
            self.packed[number] = local.packed[:full].copy()
            return found

        found = list(self.pool.map(work, range(len(spans))))
        self.begins, self.stamp, self.cpu, self.pid, self.task, self.key, self.rest, self.detail, self.length, self.bits = (
            array[: used[1]] for array in self.entries.values()
        )
        self.filled = 0  # columns that the scan filled anywhere
        for part in found:
            self.filled |= int(part[7])
        ticks = [int(part[6]) for part in found if part[6] >= 0]
        if ticks:
            self.reading.ticks = min(ticks) + 1
        names = [
            self._distinct([part[at : at + 2] for part in found], target, take)
            for at, target, take in ((0, self.tasks, self._task), (2, self.keys, self._key), (4, self.frames, self._frame))
        ]

        def rename(number: int) -> None:
            low, frames, entries = self.entry[number], found[number][8], found[number][9]
            renumber(self.task, low, low + entries, names[0][number])
            renumber(self.key, low, low + entries, names[1][number])
            renumber(self.symbol, self.held[number], self.held[number] + frames, names[2][number])

        list(self.pool.map(rename, range(len(spans))))

    def kinds(self) -> list[int]:
        """Number of lines of each kind."""
        counts = self.pool.map(lambda low: np.bincount(self.what[low : low + PART], minlength=32), range(0, self.lines, PART))
        return sum(counts, np.zeros(32, np.int64)).reshape(2, 16).sum(axis=0).tolist()

    def select(self, wanted: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Entries of the lines that are `wanted`, their lines (from 1), and where those of each chunk begin, and the end."""
        spans = range(len(self.first) - 1)
        counts = self.pool.map(lambda at: count_kind(self.what, self.first[at], self.first[at + 1], wanted), spans)
        starts = np.concatenate([[0], np.cumsum(list(counts))]).astype(np.int64)
        rows, lines = zeros(starts[-1], np.int32 if self.lines < 1 << 31 else np.int64), zeros(starts[-1], np.int32)

        def run(at: int) -> None:
            entries_of(self.what, self.first[at], self.first[at + 1], self.entry[at], wanted, rows, lines, starts[at])

        list(self.pool.map(run, spans))
        return rows, lines, starts

    def _distinct(self, parts: list, target: list, take: Callable[[Line], Any]) -> list[np.ndarray]:
        """Number the distinct things of all chunks together; per chunk: its number -> the common one."""
        known: dict[int, int] = {}
        names = []
        for codes, places in parts:
            own = np.zeros(max(1, len(codes)), np.int32)
            for at, (code, place) in enumerate(zip(codes.tolist(), places.tolist(), strict=True)):
                if code not in known:
                    known[code] = len(target)
                    target.append(take(traceline.parse(self._line(place))))
                own[at] = known[code]
            names.append(own)
        return names

    @staticmethod
    def _task(line: Line) -> str:
        return line.row["comm"]

    @staticmethod
    def _key(line: Line) -> dict[str, Any]:
        return line.row

    @staticmethod
    def _frame(line: Line) -> dict[str, Any]:
        return traceline.frame(line.text, line.perf)

    def _line(self, begin: int) -> str:
        """The line that begins there."""
        stop, step = begin, 1 << 10
        while stop < len(self.data):
            found = np.flatnonzero(self.data[stop : stop + step] == 10)[:1]
            if len(found):
                stop += int(found[0])
                break
            stop, step = min(stop + step, len(self.data)), 4 * step
        raw = self.data[begin:stop].tobytes()
        return raw.decode("utf-8", errors="replace").replace("\0", "").removesuffix("\r")

    def _odd(self) -> None:
        """Lines that the scan left open: the plain reader's answer in their entries."""
        tasks = {name: at for at, name in enumerate(self.tasks)}
        entries, numbers, _ = self.select(ODD)
        for entry, number in zip(entries.tolist(), numbers.tolist(), strict=True):
            line = traceline.parse(self._line(int(self.begins[entry])))
            self.what[number - 1] = (ODD_FRAME if line.what == FRAME else line.what) | (PERF if line.perf else 0)
            if line.what == FRAME:
                self.key[entry] = len(self.frames)
                self.frames.append(self._frame(line))
            elif line.what in (EVENT, STACK, USER_STACK):
                self._patch(entry, number, line, tasks)
            elif line.what != traceline.BLANK:
                self.reading.take(number, line)

    def _patch(self, row: int, number: int, line: Line, tasks: dict[str, int]) -> None:
        found, reading = line.row, self.reading
        if line.ticks:
            reading.ticks = min(reading.ticks or number, number)
        self.stamp[row] = found.get("timestamp", np.nan)
        self.cpu[row] = -1 if found.get("cpu") is None else found["cpu"]
        pid = found.get("pid", NO_TASK)
        self.pid[row] = -1 if pid is None else pid
        comm = found.get("comm", "")
        if comm not in tasks:
            tasks[comm] = len(self.tasks)
            self.tasks.append(comm)
        self.task[row] = tasks[comm]
        self.headlines[row] = line.text
        if line.what == EVENT:
            if found["kind"].startswith("funcgraph") and not line.perf and "pid" in found:
                reading.graph = reading.graph or number
            self.key[row] = len(self.keys)
            self.keys.append(found)
            text = found.get("detail", "").encode("utf-8", errors="replace")
            self.length[row] = len(text)
            self.places[row] = len(self.data) + len(self.extra)
            self.extra += text


def _bytes(document: Document) -> np.ndarray:
    """The bytes of a file; those of a large one stay on disk, mapped."""
    if "data" not in document.__dict__ and document.path and document.size:
        return np.asarray(np.memmap(document.path, np.uint8, "r"))
    return np.frombuffer(document.data, np.uint8)


def _cuts(data: np.ndarray, chunk: int) -> list[int]:
    """Places that cut the bytes into whole lines."""
    cuts = [0]
    while len(data) - cuts[-1] > chunk:
        at = cuts[-1] + chunk
        while at < len(data):
            found = np.flatnonzero(data[at : at + (1 << 16)] == 10)[:1]
            if len(found):
                at += int(found[0]) + 1
                break
            at += 1 << 16
        if at >= len(data):
            break
        cuts.append(at)
    return [*cuts, len(data)]
