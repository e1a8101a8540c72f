"""Large kernel logs: the same tables and notes as :mod:`amxperf.formats.dmesg` makes, by compiled passes over chunks in two
threads.

The plain reader stays the one that decides what a text means; it is asked once for each distinct text. Files that the passes do not
take (JSON, UTF-16) and everything small is left to it altogether.

``AMXPERF_ENGINE=plain`` or ``compiled`` forces one of the two; left out, a file of :data:`SMALL` bytes or more is read by the
compiled passes where their machine code is on disk, and one of :data:`WORTH` or more in any case (then it is compiled first,
which takes 20 to 30 seconds, once).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import schema
from ...capture import Note
from ...document import Document
from ...encoding import SAMPLE, encoding_of
from ...errors import FormatError, UsageError
from ..compiled import native
from . import assembly, backwards, dialect, journalfields, kernel_events, replaystate
from .blocks import MODULES
from .dumps import Dumps
from .memo import Unsuited
from .reading import CHUNK, Reading
from .tracerows import oversized

if TYPE_CHECKING:
    import pandas as pd

SMALL = 1 << 15
"""Bytes below which the plain reader is about as fast."""

WORTH = 64 << 20
"""Bytes from which on it pays to wait for the compiler."""

NAMES = ("lines", "traces", "frames", "registers", "events")


def wanted(document: Document) -> bool:
    """Whether the compiled passes should read this file."""
    choice = os.environ.get("AMXPERF_ENGINE", "")
    if choice not in ("", "plain", "compiled"):
        raise UsageError(f"AMXPERF_ENGINE is {choice!r}", hint="set it to plain or compiled, or leave it out")
    if choice == "plain" or (document.size < SMALL and not choice):
        return False
    if not native.installed() or not (choice or document.size >= WORTH or native.ready(MODULES)):
        return False
    with document.open() as stream:
        head = stream.read(SAMPLE)
    return encoding_of(head) in ("utf-8", "utf-8-sig") and not left(document)


def left(document: Document) -> bool:
    """Whether the log is in a form that only the plain reader takes."""
    head = document.head
    if document.odd_ends or backwards.is_backwards(head) or journalfields.is_structured(head):
        return True
    return bool(dialect.of(document))


class Tables(Mapping[str, Any]):
    """The tables of a log; registers and events are made when they are first asked for."""

    def __init__(self, names: tuple[str, ...], made: dict[str, Any], late: dict[str, Callable[[], Any]]) -> None:
        self._names, self._made, self._late = names, made, late

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._made and name in self._late:
            self._made[name] = self._late[name]()
            del self._late[name]
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def read(
    document: Document, tables: tuple[str, ...] = NAMES, side: str = "", *, looked: bool = False, functions: Any = None,
    chunk: int = CHUNK
) -> tuple[Mapping[str, pd.DataFrame], list[Note]]:
    """Read a log whole. Raises FormatError for one that holds nothing but blanks, Unsuited where only the plain reader can read it.

    `looked` says that :func:`wanted` was asked; `functions` and `chunk` are for tests: plain functions, chunks of a few bytes.
    """
    if not looked and left(document):
        raise Unsuited
    reading = Reading(document.source, tables, side, size=document.size, functions=functions, chunk=chunk)
    with document.open() as stream:
        for _ in reading.run(stream):
            pass
    if reading.blank:
        raise FormatError("the file is empty", path=document.path or document.source, hint="record it again")
    sequence, source, pieces = reading.sequence, document.source, reading.pieces
    single = int(sequence.G[replaystate.G_BOOT]) == 1
    made: dict[str, Any] = {}
    notes = reading.all_notes()
    if line := assembly.oversized(sequence.frames.array(), reading.memo):
        notes.append(oversized(source, line))
    if "traces" in tables or "events" in tables:
        made["traces"] = assembly.traces(source, sequence.traces, reading.memo, single)
    if "events" not in tables:
        sequence.traces.clear()
    if "frames" in tables:
        made["frames"] = assembly.frames(source, sequence.frames.array(), reading.memo)
    if "lines" in tables:
        made["lines"] = assembly.lines(source, pieces.lines, reading.callers.names(), single)
    late: dict[str, Callable[[], Any]] = {}
    if "registers" in tables or "events" in tables:
        late["registers"] = lambda: registers(reading)
    answer = Tables(tables, made, late)
    if "events" in tables:
        late["events"] = lambda: events(reading, answer)
    return answer, notes


def registers(reading: Reading) -> pd.DataFrame:
    """The registers table, from the texts of its lines."""
    dumps = Dumps(reading.memo)
    parts = []
    for cells, texts in reading.pieces.registers:
        which, names, values = dumps.take(*reading.texts(texts))
        parts.append((reading.sequence.owners(cells)[which], cells[which, 0], names, values))
    return assembly.registers(reading.source, parts, list(dumps.names))


def events(reading: Reading, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The events table, from the texts of its lines and the traces that they stand above."""
    traces = tables["traces"]
    said = np.concatenate([part.cells[:, replaystate.T_TITLE] for part in reading.sequence.traces] or [np.zeros(0, np.int64)])
    place = {line: row for row, line in enumerate(said.tolist()) if line}
    when = np.concatenate([part.stamps[:, 1] for part in reading.sequence.traces] or [np.zeros(0)])
    pids, comms = traces["pid"].array.to_numpy(object, na_value=None).tolist(), traces["comm"].astype(object).tolist()
    rows: list[dict[str, Any]] = []
    common = {"source": reading.source, "side": reading.side}
    for numbers, stamps, texts in reading.pieces.events:
        for line, stamp, text in zip(numbers.tolist(), stamps.tolist(), assembly.strings(*reading.texts(texts)), strict=True):
            row = {**common, "line": line, "timestamp": stamp, **kernel_events.match(text.strip())[0]}
            if "pid" not in row and line in place:
                row["pid"], row["comm"] = pids[place[line]], comms[place[line]]
            rows.append(row)
    headlines = traces["headline"].tolist()
    oopses = {}
    for line, at in place.items():
        if kernel_events._OOPS.match(headlines[at]):
            cells = traces.iloc[at]
            oopses[line] = {name: _value(cells[name]) for name in ("trace", "cpu", "pid", "comm", "headline")}
            oopses[line]["timestamp"] = when[at]
    if oopses:
        found = tables["registers"]
        found = found[(found["name"] == "RIP") & found["trace"].notna()]
        dumps = found[["trace", "name", "value"]].astype(object).to_dict("records")
        rows += [{**common, **row} for row in kernel_events.faults(oopses, dumps, {row["line"] for row in rows})]
    return schema.frame("events", sorted(rows, key=lambda row: row["line"]))


def _value(cell: Any) -> Any:
    return None if cell is None or str(cell) == "<NA>" else cell
