"""One chunk of a trace file: what the compiled scan found in it, and the plain reader's word on the lines that it leaves open."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..compiled.pages import zeros
from . import traceline
from .tracecolumns import MISSING
from .traceengine import addresses
from .traceknown import Known
from .traceline import BLANK, EVENT, FRAME, HEADER, STACK, USER_STACK, Line
from .traceprogram import SPARE, Program
from .tracescan import (
    DONE,
    NEW_FRAME,
    NEW_KEY,
    NEW_TASK,
    NO_TASK,
    PERF,
    S_AT,
    S_CODE,
    S_FRAMES,
    S_ITEMS,
    S_LAYOUT,
    S_LINES,
    S_MARKS,
    S_ROWS,
    S_STOP,
    S_TEXT,
    S_TICKS,
    S_WHAT,
)  # fmt: skip

NAN = float("nan")

SORTS = {NEW_TASK: (EVENT, STACK, USER_STACK), NEW_KEY: (EVENT,), NEW_FRAME: (FRAME,)}
"""What a line is that shows a new task, event or frame."""


class Chunk:
    """Arrays that the scan fills, with room for `size` bytes of whole lines; used again and again.

    The fields are those of :func:`.tracescan.scan_lines`. `others` are lines with a word to say, and their numbers
    (from 0).
    """

    def __init__(self, size: int) -> None:
        self.size = size
        rows = size // 5 + 2  # the shortest event has five bytes, the shortest marker 13, the shortest frame four
        self.buf, self.text = zeros(size + SPARE, np.uint8), zeros(3 * size + SPARE, np.uint8)
        self.what = zeros(size + 1, np.uint8)
        self.lines, self.tasks, self.keys = zeros(rows, np.int32), zeros(rows, np.int32), zeros(rows, np.int32)
        self.stamps, self.cpus, self.pids = zeros(rows, np.float64), zeros(rows, np.int64), zeros(rows, np.int64)
        self.packed, self.ends = zeros(size + 16, np.int64), zeros(rows, np.int64)
        marks = size // 13 + 2
        self.mark_stamps, self.mark_cpus = zeros(marks, np.float64), zeros(marks, np.int64)
        self.mark_pids, self.mark_tasks = zeros(marks, np.int64), zeros(marks, np.int32)
        self.symbols = zeros(size // 4 + 2, np.int32)
        self.state, self.found = np.zeros(S_ITEMS, np.int64), np.zeros(16, np.int64)
        self.others: list[tuple[int, Line]] = []

    def scan(self, end: int, known: Known, program: Program, events: tuple[np.ndarray, np.ndarray], functions: Any) -> Chunk:
        """Scan buf[:end], behind which there are zeros."""
        self.state[:] = 0
        self.others = []
        state = self.state
        arrays = (
            self.what, self.lines, self.stamps, self.cpus, self.pids, self.tasks, self.keys, self.packed, self.ends, self.text,
            self.mark_stamps, self.mark_cpus, self.mark_pids, self.mark_tasks, self.symbols, program.kinds, program.ops,
            program.bounds, program.literals, *events,
        )  # fmt: skip
        fixed = addresses(self.buf, end, NAN, state, *arrays, len(events[0]) - 1, program.eras)
        sorts = {NEW_TASK: known.task_table, NEW_KEY: known.key_table, NEW_FRAME: known.frame_table}
        while True:
            tables: list[Any] = []  # held while the scan runs, as another thread may replace them
            for sort in sorts.values():
                with known.lock:
                    tables += [sort.codes, sort.numbers, len(sort.codes) - 1]
            status = functions.scan_lines(*fixed, *tables, self.found)
            if status == DONE:
                return self
            line = traceline.parse(self._line(int(state[S_AT]), int(state[S_STOP])))
            if status in sorts and line.what in SORTS[status]:  # else the plain reader sees it in another way, and is right
                known.learn(sorts[status], int(state[S_CODE]), int(state[S_LAYOUT]), line)
            else:
                self._odd(line, known)

    def _line(self, begin: int, end: int) -> str:
        return self.buf[begin:end].tobytes().decode("utf-8", errors="replace").replace("\0", "").removesuffix("\r")

    def _odd(self, line: Line, known: Known) -> None:
        """Take the plain reader's answer for the line at which the scan stopped."""
        state, number = self.state, int(self.state[S_LINES])
        flags = (PERF if line.perf else 0) | (NO_TASK if line.what == EVENT and "pid" not in line.row else 0)
        self.what[number] = line.what | flags
        state[S_WHAT] |= 1 << line.what
        if line.ticks and not state[S_TICKS]:
            state[S_TICKS] = number + 1
        if line.what == EVENT:
            self._event(line, number, known)
        elif line.what in (STACK, USER_STACK):
            at = int(state[S_MARKS])
            self.mark_stamps[at], self.mark_tasks[at] = line.row["timestamp"], known.task(line.row["comm"])
            self.mark_cpus[at], self.mark_pids[at] = line.row["cpu"], line.row["pid"]
            state[S_MARKS] += 1
        elif line.what == FRAME:
            self.symbols[state[S_FRAMES]] = known.frame(line)
            state[S_FRAMES] += 1
        elif line.what not in (BLANK, HEADER):
            self.others.append((number, line))
        state[S_LINES] += 1
        state[S_AT] = state[S_STOP] + 1

    def _event(self, line: Line, number: int, known: Known) -> None:
        state, row = self.state, line.row
        at, to = int(state[S_ROWS]), int(state[S_TEXT])
        text = row.get("detail", "").encode("utf-8", errors="replace")
        self.text[to : to + len(text)] = np.frombuffer(text, np.uint8)
        self.lines[at], self.keys[at], self.ends[at] = number, known.key(line), to + len(text)
        self.stamps[at], self.tasks[at] = row.get("timestamp", NAN), known.task(row.get("comm", ""))
        for target, name in ((self.cpus, "cpu"), (self.pids, "pid")):
            value = row.get(name)
            target[at] = MISSING if value is None else value
        state[S_ROWS], state[S_TEXT] = at + 1, to + len(text)
