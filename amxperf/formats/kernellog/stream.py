"""A kernel log of any size into Parquet files, one per table, in bounded memory.

What is finished is written chunk by chunk; held are the open traces and what stands behind them, and of each trace the number of
the line that is its headline. What the end of the log decides is put in by a second pass over the files that were written
(:mod:`.afterwards`): the trace of a register dump, the task of an event, the number of the first boot.
The rows are those of :func:`amxperf.formats.dmesg.read`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from ... import schema
from ...capture import Note
from ...document import Input, load
from ...errors import FormatError, OutputError, UsageError
from .. import dmesg
from . import afterwards, assembly, kernel_events, replaystate
from .dumps import Dumps
from .engine import NAMES, Unsuited, left
from .reading import CHUNK, Reading
from .roles import ROLES
from .tracerows import oversized

STREAMED = NAMES
"""Tables that can be streamed: all."""

ROWS = 1 << 16
"""Rows of a table that are gathered before they are written."""

MOST = 8
"""Notes of one code that are kept; the rest is counted."""


@dataclass
class Seen:
    """What a log holds beside its tables: lines, how many are left over, boots, span of the stamps, registers (where these or the
    events are asked for), notes.

    Of each code the first :data:`MOST` notes are in `notes`, `more` counts the others.
    """

    lines: int = 0
    left: int = 0
    boots: int = 1
    registers: int = 0
    low: float = inf
    high: float = -inf
    notes: list[Note] = field(default_factory=list)
    more: Counter[str] = field(default_factory=Counter)

    def take(self, stamps: np.ndarray, roles: np.ndarray) -> None:
        """Take the stamps (s; NaN) and roles of some lines."""
        self.lines += len(roles)
        self.left += int((roles == _OTHER).sum())
        known = stamps[~np.isnan(stamps)]
        if len(known):
            self.low, self.high = min(self.low, float(known.min())), max(self.high, float(known.max()))


_OTHER = tuple(ROLES).index("other")


def write(
    path: Input,
    folder: str | os.PathLike[str],
    tables: Sequence[str] = STREAMED,
    *,
    side: str = "",
    seen: Seen | None = None,
    progress: Callable[[int], None] | None = None,
    functions: Any = None,
    chunk: int = CHUNK,
) -> dict[str, Path]:
    """Write ``lines.parquet``, ``traces.parquet``, ``frames.parquet``, ``registers.parquet`` and ``events.parquet``, or some of
    them, into a folder.

    Parameters
    ----------
    path : the log, as :func:`amxperf.document.load` takes it.
    side : for the events' column of that name.
    seen : is filled with what the log holds beside its tables.
    progress : is called with the number of bytes that were read since its last call.
    functions, chunk : for tests, as in :func:`.engine.read`.

    Returns the files by table. They appear when all is read: an interrupted call leaves none. Needs numba.

    Raises UsageError for another table, OutputError where the folder cannot be written, Unsuited where only the plain reader can
    read the log; else as the reader does.
    """
    names = tuple(name for name in STREAMED if name in tables)
    if not names or set(tables) - set(STREAMED):
        raise UsageError(f"tables is {tuple(tables)!r}", hint=f"name one or more of {', '.join(STREAMED)}")
    document = load(path)
    if left(document):
        raise Unsuited
    target = Path(folder)
    made = tuple(name for name in STREAMED if name in names or (name in ("traces", "registers") and "events" in names))
    drafts = {name: target / f".{name}.parquet.{os.getpid()}" for name in made}
    reading = Reading(document.source, made, side, functions=functions, chunk=chunk, apart=True)
    seen = seen or Seen()
    reading.watch = seen.take
    streaming = Streaming(reading, document.source, made, drafts, seen, whole="registers" in names)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with document.open() as stream:
            for _ in reading.run(stream, progress):
                streaming.flush(end=False)
        if reading.blank:
            raise FormatError("the file is empty", path=document.path or document.source, hint="record it again")
        streaming.flush(end=True)
        streaming.close()
        seen.boots = int(reading.sequence.G[replaystate.G_BOOT])
        afterwards.finish(streaming, drafts, several=seen.boots > 1)
        files = {name: target / f"{name}.parquet" for name in names}
        for name in names:
            drafts[name].replace(files[name])
        return files
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror})", path=target, hint="name another folder") from error
    finally:
        streaming.close()
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def whole(path: Input, folder: Path, tables: Sequence[str], seen: Seen | None = None) -> dict[str, Path]:
    """:func:`write` for a log that only the plain reader can read, which holds it in memory."""
    from pyarrow import parquet

    document = load(path)
    found, notes = dmesg.read(document, {})
    seen = seen or Seen()
    vars(seen).update(vars(Seen()))  # the compiled passes may have begun to fill it
    lines = found["lines"]
    seen.take(lines["timestamp"].to_numpy(), lines["role"].map(tuple(ROLES).index).to_numpy())
    seen.boots = lines["boot"].nunique()
    seen.registers = len(found["registers"])
    seen.notes += notes
    files = {name: folder / f"{name}.parquet" for name in tables}
    for name, file in files.items():
        parquet.write_table(afterwards.shaped(name, found[name]), file)
    return files


class Streaming:
    """The tables on their way into their files, and what the second pass needs of the traces.

    titles : one array (line of the headline, pid (-1: none), number of the name) per piece of the traces.
    oopses : line of the headline -> the trace, where the headline may be an oops.
    whole : whether all registers are written, not only those that the events need.
    """

    def __init__(
        self, reading: Reading, source: str, names: Sequence[str], drafts: dict[str, Path], seen: Seen, *, whole: bool = True
    ) -> None:  # fmt: skip
        self.reading, self.source, self.names, self.drafts, self.seen, self.whole = reading, source, names, drafts, seen, whole
        self.dumps = Dumps(reading.memo)
        self.writers: dict[str, Any] = {}
        self.titles: list[np.ndarray] = []
        self.oopses: dict[int, dict[str, Any]] = {}
        self._counted: Counter[str] = Counter()
        self._oversized = 0  # first line of a frame with a size that has no room
        self._late: list[Note] = []  # notes on traces, which come behind those on lines

    def flush(self, *, end: bool) -> None:
        """Write what is finished; with `end` everything."""
        reading, names = self.reading, self.names
        sequence, pieces = reading.sequence, reading.pieces
        self._notes()
        if sequence.frames.used > ROWS or end:
            columns = sequence.frames.array()
            done = columns[0] <= (1 << 30 if end else sequence.settled())
            sequence.frames.clear(columns[:, ~done])
            line = assembly.oversized(columns[:, done], reading.memo)
            self._oversized = min(filter(None, (self._oversized, line)), default=0)
            if "frames" in names:
                self._append("frames", assembly.frames(self.source, columns[:, done], reading.memo))
        single = int(sequence.G[replaystate.G_BOOT]) == 1
        if sequence.traces or end:
            if "events" in names:
                self._titles()
            if "traces" in names:
                self._append("traces", assembly.traces(self.source, sequence.traces, reading.memo, single))
            sequence.traces.clear()
        lines = pieces.lines
        if "lines" in names and (len(lines) > ROWS or end):
            self._append("lines", assembly.lines(self.source, lines, reading.callers.names(), single))
        if "registers" in names and (sum(len(cells) for cells, _ in pieces.registers) > ROWS or end):
            self._registers(pieces.registers)
            pieces.registers.clear()
        if "events" in names and (sum(len(numbers) for numbers, _, _ in pieces.events) > ROWS or end):
            self._events(pieces.events)
            pieces.events.clear()
        if end:
            self.seen.notes += self._late + ([oversized(self.source, self._oversized)] if self._oversized else [])

    def close(self) -> None:
        """Close the files."""
        for writer in self.writers.values():
            writer.close()

    def _notes(self) -> None:
        """Move the notes out of the reading, few of each code."""
        reading, seen = self.reading, self.seen
        counted = self._counted
        found = [note for _, note in sorted(reading.notes, key=lambda pair: pair[0])]
        for notes, kept in ((found, seen.notes), (reading.all_notes(lines=False), self._late)):
            for note in notes:
                counted[note.code] += 1
                if counted[note.code] <= MOST:
                    kept.append(note)
                else:
                    seen.more[note.code] += 1
        reading.notes.clear()
        reading.sequence.notes.clear()

    def _titles(self) -> None:
        comms = self.reading.memo.words["comm"].words
        for part in self.reading.sequence.traces:
            cells = part.cells
            chosen = np.flatnonzero(cells[:, replaystate.T_TITLE])
            columns = [replaystate.T_TITLE, replaystate.T_VALUES + 1, replaystate.T_VALUES + 2]
            self.titles.append(cells[chosen][:, columns].astype(np.int64))
            for row in chosen.tolist():
                headline = part.headline(row)
                if kernel_events._OOPS.match(headline):
                    cpu, pid, comm = cells[row, replaystate.T_VALUES : replaystate.T_VALUES + 3].tolist()
                    self.oopses[int(cells[row, replaystate.T_TITLE])] = {
                        "trace": part.first + row + 1, "cpu": cpu if cpu >= 0 else None, "pid": pid if pid >= 0 else None,
                        "comm": comms[max(comm, 0)], "headline": headline, "timestamp": float(part.stamps[row, 1]),
                    }  # fmt: skip

    def _registers(self, parts: list[tuple[np.ndarray, Any]]) -> None:
        """Registers with who owns them as far as it is known: below 0 a trace, else a group of registers."""
        owners, lines, names, values = [], [], [], []
        for cells, texts in parts or [(np.zeros((0, 2), np.int32), (np.zeros(1, np.int64), np.zeros(0, np.uint8)))]:
            which, codes, found = self.dumps.take(*texts)
            self.seen.registers += len(which)
            if not self.whole:
                kept = np.flatnonzero(codes == self.dumps.names.get("RIP", -1))
                which, codes, found = which[kept], codes[kept], found.take(kept)
            owners.append(cells[which, 1])
            lines.append(cells[which, 0])
            names.append(codes)
            values.append(found)
        columns = (np.concatenate(column) for column in (owners, lines, names))
        self._write("registers", afterwards.owned(*columns, list(self.dumps.names), values))

    def _events(self, parts: list[tuple[np.ndarray, np.ndarray, Any]]) -> None:
        common = {"source": self.source, "side": self.reading.side}
        rows = [
            {**common, "line": line, "timestamp": stamp, **kernel_events.match(message.strip())[0]}
            for numbers, stamps, texts in parts
            for line, stamp, message in zip(numbers.tolist(), stamps.tolist(), assembly.strings(*texts), strict=True)
        ]
        self._append("events", schema.frame("events", rows))

    def _append(self, name: str, data: Any) -> None:
        self._write(name, afterwards.shaped(name, data))

    def _write(self, name: str, table: Any) -> None:
        from pyarrow import parquet

        if name not in self.writers:
            self.writers[name] = parquet.ParquetWriter(self.drafts[name], table.schema)
        self.writers[name].write_table(table)
