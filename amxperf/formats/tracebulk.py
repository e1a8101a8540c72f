"""Large trace files: the compiled scan in threads, its arrays, and the plain reader's answers in them.

The tables are those of the plain reader, row by row: it takes apart the lines that the scan leaves open, and one line of each
distinct combination of event, layout and marked fields; tests hold both against each other.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from ..document import Document
from . import traceline
from .tracecolumns import renumber
from .traceline import EVENT, FRAME, STACK, USER_STACK, Line
from .tracelink import NO_TASK
from .traceprogram import STORED, program
from .tracescan import ODD, count_lines, scan

if TYPE_CHECKING:
    from .ftrace import Reading

CHUNK = 16 << 20
"""Bytes that one thread scans at a time."""


class Bulk:
    """The arrays of one file, a row per line, and the distinct texts of it."""

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
        self.places: dict[int, int] = {}  # row -> place of the detail of an odd line

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

    def spread(self, number: int, *works: Callable[..., Any]) -> None:
        """Run each work(low, high) over parts of `number` rows, in the threads."""
        step = max(1 << 16, -(-number // 8))
        parts = [(work, low, min(low + step, number)) for work in works for low in range(0, number, step)]
        list(self.pool.map(lambda part: part[0](part[1], part[2]), parts))

    def _scan(self) -> None:
        spans = list(zip(self.cuts[:-1], self.cuts[1:], strict=True))
        counts = list(self.pool.map(lambda span: count_lines(self.data, *span), spans))
        if len(self.data) and self.data[-1] != 10:
            counts[-1] += 1
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        n = self.lines = int(first[-1])
        self.begins = np.zeros(n + 1, np.int64)
        self.begins[n] = len(self.data) + (len(self.data) > 0 and self.data[-1] != 10)
        self.what, self.perf = np.zeros(n, np.uint8), np.zeros(n, np.bool_)
        self.stamp = np.full(n, np.nan)
        self.cpu, self.pid = np.zeros(n, np.int32), np.zeros(n, np.int64)
        self.task, self.key = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
        self.rest, self.detail, self.length = np.zeros(n, np.uint16), np.zeros(n, np.uint16), np.zeros(n, np.int32)
        self.bits, self.values = np.zeros(n, np.uint16), np.zeros((len(STORED), n), np.uint64)
        code = tuple(program())
        words = self.data[: len(self.data) & ~7].view(np.uint64)

        def work(item: tuple[tuple[int, int], int]) -> tuple:
            (low, high), line = item
            return scan(
                self.data, words, low, high, line, self.begins, self.what, self.perf, self.stamp, self.cpu, self.pid, self.task,
                self.key, self.rest, self.detail, self.length, self.bits, self.values, code,
            )  # fmt: skip

        found = list(self.pool.map(work, zip(spans, first[:-1].tolist(), strict=True)))
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
        frame = self.what == FRAME

        def rename(number: int) -> None:
            low, high = int(first[number]), int(first[number + 1])
            renumber(self.task, frame, low, high, names[0][number], names[0][number])
            renumber(self.key, frame, low, high, names[1][number], names[2][number])

        list(self.pool.map(rename, range(len(spans))))

    def _distinct(self, parts: list, target: list, take: Callable[[Line], Any]) -> list[np.ndarray]:
        """Number the distinct things of all chunks together; per chunk: its number -> the common one."""
        known: dict[int, int] = {}
        names = []
        for codes, rows in parts:
            own = np.zeros(max(1, len(codes)), np.int32)
            for at, (code, row) in enumerate(zip(codes.tolist(), rows.tolist(), strict=True)):
                if code not in known:
                    known[code] = len(target)
                    target.append(take(traceline.parse(self._line(row))))
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

    def _line(self, row: int) -> str:
        raw = self.data[self.begins[row] : self.begins[row + 1] - 1].tobytes()
        return raw.decode("utf-8", errors="replace").replace("\0", "").removesuffix("\r")

    def _odd(self) -> None:
        """Lines that the scan left open: the plain reader's answer in their rows."""
        tasks = {name: at for at, name in enumerate(self.tasks)}
        for row in np.flatnonzero(self.what == ODD).tolist():
            line = traceline.parse(self._line(row))
            self.what[row], self.perf[row] = line.what, line.perf
            if line.what == FRAME:
                self.key[row] = len(self.frames)
                self.frames.append(self._frame(line))
            elif line.what in (EVENT, STACK, USER_STACK):
                self._patch(row, line, tasks)
            elif line.what != traceline.BLANK:
                self.reading.take(row + 1, line)

    def _patch(self, row: int, line: Line, tasks: dict[str, int]) -> None:
        found, reading = line.row, self.reading
        if line.ticks:
            reading.ticks = min(reading.ticks or row + 1, row + 1)
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
                reading.graph = reading.graph or row + 1
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
