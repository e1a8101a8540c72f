"""The distinct tasks, events and frames of a trace file: numbered where they first come up, and taken apart by the plain reader."""

from __future__ import annotations

from array import array
from math import isnan
from threading import Lock
from typing import Any

import numpy as np

from ... import schema
from . import traceline
from .tracecolumns import NARROW, TIME, WIDE
from .traceline import Line
from .traceprogram import Program, put, table
from .tracescan import GRAPH_TIME

COLUMNS = tuple(
    column for column in schema.EVENTS.columns
    if column.dtype in ("Int64", "UInt64", "Int32", "float64") and column.name not in ("timestamp", "cpu", "pid")
)  # fmt: skip
"""Columns of numbers that follow from the payload."""

KINDS = {"Int64": WIDE, "UInt64": WIDE, "Int32": NARROW, "float64": TIME}
PLACES = {column.name: at for at, column in enumerate(COLUMNS)}

DETAIL, BRACKET, WHOLE = 0, 1, 2
"""What follows the text in front in a headline: the detail, that and a bracket, or nothing."""


class Numbered:
    """Distinct things of one sort as a hash table that the scan looks into."""

    def __init__(self) -> None:
        self.known: dict[int, int] = {}
        self.codes, self.numbers = table([], [])

    def add(self, code: int, number: int) -> None:
        """Add a thing; a table that becomes too full is replaced, so that a scan that has the old one can go on."""
        self.known[code] = number
        if 2 * len(self.known) > len(self.codes):
            self.codes, self.numbers = table(list(self.known), list(self.known.values()))
        else:
            put(self.codes, self.numbers, code, number)


class Known:
    """What is known so far; several threads may ask and add."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.lock = Lock()
        self.task_table, self.key_table, self.frame_table = Numbered(), Numbered(), Numbered()
        self.tasks: list[str] = []
        self.keys: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []
        self.task_places: dict[str, int] = {}
        self.frame_places: dict[tuple[str, bool], int] = {}
        self.graph: set[int] = set()  # events of the function_graph tracer
        self.columns: list[int] = []  # those that any line fills, in the order in which they came up
        self._starts, self._where, self._told = array("i", [0]), array("i"), array("q")
        self._prefix_ends, self._prefixes, self._forms = array("q", [0]), bytearray(), bytearray()
        self._arrays: tuple[np.ndarray, ...] = ()

    def learn(self, sort: Numbered, code: int, layout: int, line: Line) -> None:
        """Number the task, event or frame of a line that the scan does not know."""
        with self.lock:
            if code in sort.known:  # another thread was faster
                return
            if sort is self.task_table:
                number = self._task(line.row.get("comm", ""))
            elif sort is self.key_table:
                stored = ("duration",) if layout == GRAPH_TIME else self.program.stored[layout] if layout >= 0 else ()
                number = self._key(line, stored)
            else:
                number = self._frame(line)
            sort.add(code, number)

    def task(self, name: str) -> int:
        """Number of a task by name."""
        with self.lock:
            return self._task(name)

    def key(self, line: Line) -> int:
        """A number for an event that the plain reader read."""
        with self.lock:
            return self._key(line, ())

    def frame(self, line: Line) -> int:
        """Number of a frame."""
        with self.lock:
            return self._frame(line)

    def _task(self, name: str) -> int:
        number = self.task_places.setdefault(name, len(self.tasks))
        if number == len(self.tasks):
            self.tasks.append(name)
        return number

    def _frame(self, line: Line) -> int:
        number = self.frame_places.setdefault((line.text, line.perf), len(self.frames))
        if number == len(self.frames):
            self.frames.append(traceline.frame(line.text, line.perf))
        return number

    def _key(self, line: Line, stored: tuple[str, ...]) -> int:
        row = line.row
        self.keys.append(row)
        for name, place in PLACES.items():
            value = row.get(name)
            if value is None or name in stored or (KINDS[COLUMNS[place].dtype] == TIME and isnan(value)):
                continue
            self._where.append(place)
            if KINDS[COLUMNS[place].dtype] == TIME:
                self._told.append(int(np.float64(value).view(np.int64)))
            else:
                self._told.append(value - (1 << 64) if value >> 63 == 1 else value)
        self._starts.append(len(self._where))
        for name in stored:
            self._where.append(PLACES[name])
            self._told.append(0)
        self._starts.append(len(self._where))
        for place in self._where[self._starts[-3] :]:
            if place not in self.columns:
                self.columns.append(place)
        if row["kind"].startswith("funcgraph"):
            self.graph.add(len(self.keys) - 1)
        self._headline(row["kind"], row.get("detail", ""), line.text)
        return len(self.keys) - 1

    def _headline(self, kind: str, detail: str, text: str) -> None:
        if text == f"{kind}({detail})":
            form, front = BRACKET, f"{kind}("
        elif text.endswith(detail):
            form, front = DETAIL, text[: len(text) - len(detail)]
        else:
            form, front = WHOLE, text
        self._prefixes += front.encode("utf-8", errors="replace")
        self._prefix_ends.append(len(self._prefixes))
        self._forms.append(form)

    def told(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Starts, columns and numbers of all keys, as :func:`.tracecolumns.fill_rows` takes them."""
        with self.lock:
            if not self._arrays or len(self._arrays[0]) != len(self._starts):
                self._arrays = (np.array(self._starts, np.int32), np.array(self._where, np.int32), np.array(self._told, np.int64))
            return self._arrays  # type: ignore[return-value]

    def fronts(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What stands in front of the details in headlines: ends, texts, and the form of each key."""
        ends = np.array(self._prefix_ends, np.int64)
        return ends, np.frombuffer(bytes(self._prefixes) + bytes(8), np.uint8), np.frombuffer(bytes(self._forms) + b"\0", np.uint8)
