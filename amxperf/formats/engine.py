"""Large kernel logs: the same tables and notes as :mod:`amxperf.formats.dmesg` makes, by compiled passes over chunks in two
threads.

The plain reader stays the one that decides what a text means; it is asked once for each distinct text. Files that the passes do not
take (JSON, UTF-16) and everything small is left to it altogether.

``AMXPERF_ENGINE=plain`` or ``compiled`` forces one of the two; left out, a file of :data:`SMALL` bytes or more is read by the
compiled passes where their machine code is on disk, and one of :data:`WORTH` or more in any case (then it is compiled first,
which takes some ten seconds, once).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from .. import schema
from ..capture import Note
from ..document import Document
from ..encoding import SAMPLE, encoding_of
from ..errors import FormatError, UsageError
from . import assembly, dialect, kernel_events, logjson, native, replay
from .assembly import brief
from .blocks import SPARE, TAGS, Block, caller_name, compiled, make
from .calltrace import ROLES
from .dmesg import _MISSED
from .memo import MOST, Memo, Unsuited
from .prefix import DROPPED
from .sequence import Sequence
from .stackframe import parse_registers

if TYPE_CHECKING:
    import pandas as pd

SMALL = 1 << 15
"""Bytes below which the plain reader is at least as fast: loading the machine code takes a tenth of a second, once."""

WORTH = 64 << 20
"""Bytes from which on it pays to wait for the compiler."""

CHUNK = 2 << 20
"""Bytes that are scanned at once."""

THREADS = 2
NAMES = ("lines", "traces", "frames", "registers", "events")


def wanted(document: Document) -> bool:
    """Whether the compiled passes should read this file."""
    choice = os.environ.get("AMXPERF_ENGINE", "")
    if choice not in ("", "plain", "compiled"):
        raise UsageError(f"AMXPERF_ENGINE is {choice!r}", hint="set it to plain or compiled, or leave it out")
    if choice == "plain" or (document.size < SMALL and not choice):
        return False
    if not native.installed() or not (choice or document.size >= WORTH or native.ready()):
        return False
    with document.open() as stream:
        head = stream.read(SAMPLE)
    return encoding_of(head) in ("utf-8", "utf-8-sig") and not _left(document)


def _left(document: Document) -> bool:
    """Whether the log is in a form that only the plain reader takes."""
    return logjson.looks_like_json(document.head) or bool(dialect.passes(document.head))


def chunks(stream: BinaryIO, size: int, progress: Callable[[int], None] | None = None) -> Iterator[tuple[np.ndarray, int]]:
    """Whole lines of a stream, about `size` bytes at a time, each with its length; the last line gets an end."""
    rest = b""
    first, done = True, False
    while not done:
        want = min(size, 1 << 18) if first else size
        buf = np.empty(len(rest) + want + 1 + SPARE, np.uint8)
        buf[: len(rest)] = np.frombuffer(rest, np.uint8)
        have = len(rest)
        while have < len(rest) + want:
            got = stream.readinto(memoryview(buf)[have : len(rest) + want])
            if not got:
                done = True
                break
            have += got
        if progress:
            progress(have - len(rest))
        if first and buf[:3].tobytes() == b"\xef\xbb\xbf" and have >= 3:
            buf, have = buf[3:], have - 3
        first = False
        if done:
            if have and buf[have - 1] != 10:
                buf[have] = 10
                have += 1
            end, rest = have, b""
        else:
            near = max(0, have - (1 << 16))
            end = buf[near:have].tobytes().rfind(b"\n") + 1
            end = end + near if end else buf[:near].tobytes().rfind(b"\n") + 1
            rest = buf[end:have].tobytes()
        if end:
            buf[end : end + SPARE] = 0
            yield buf, end
        if not end and not done:
            size = max(size, len(rest))  # a line longer than a chunk: twice as much next time


@dataclass
class Pieces:
    """What was read and not yet put into tables."""

    lines: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in LINES})
    events: list[tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]] = field(default_factory=list)
    registers: list[tuple[np.ndarray, list[str]]] = field(default_factory=list)


LINES = ("numbers", "boots", "stamps", "priorities", "callers", "roles", "messages", "counts")


class Callers:
    """Callers as small numbers, in the order of their first sight; 0 is none."""

    def __init__(self, functions: Any, tags: dict[str, int]) -> None:
        self.functions, self.tags = functions, tags
        self.keys, self.numbers, self.info = np.full(1 << 10, -1, np.int64), np.zeros(1 << 10, np.int32), np.zeros(1, np.int64)
        self.said: list[str] = []
        self.take(np.zeros(1, np.int64))

    def take(self, callers: np.ndarray) -> np.ndarray:
        """The numbers of some callers."""
        out, done = np.empty(len(callers), np.int32), 0
        while True:
            done = self.functions.intern(callers, done, len(callers), out, self.keys, self.numbers, len(self.keys) - 1, self.info)
            if done == len(callers):
                return out
            known = self.known()
            size = 4 * len(self.keys)
            self.keys, self.numbers, self.info[0] = np.full(size, -1, np.int64), np.zeros(size, np.int32), 0
            rest = np.empty(len(known), np.int32)
            self.functions.intern(known, 0, len(known), rest, self.keys, self.numbers, size - 1, self.info)

    def known(self) -> np.ndarray:
        """The callers in the order of their numbers."""
        used = np.flatnonzero(self.keys >= 0)
        return self.keys[used[np.argsort(self.numbers[used])]]

    def names(self) -> list[str]:
        """Their names, by number."""
        tags = {number: text for text, number in self.tags.items()}
        for caller in self.known()[len(self.said) :].tolist() if self.info[0] > len(self.said) else ():
            self.said.append(f"T{caller >> 1}" if caller & 1 and caller < TAGS else caller_name(caller, tags))
        return self.said


class Reading:
    """One pass over a log. `step` takes what there is; the pieces lie in `pieces` and in `sequence`."""

    def __init__(self, source: str, tables: tuple[str, ...], side: str, *, functions: Any = None, chunk: int = CHUNK) -> None:
        self.source, self.tables, self.side, self.chunk = source, tables, side, chunk
        self.memo = Memo(functions or compiled())
        self.sequence = Sequence(self.memo)
        self.pieces = Pieces()
        self.tags: dict[str, int] = {}
        self.callers = Callers(self.memo.functions, self.tags)
        self.notes: list[tuple[int, Note]] = []
        self.said: set[str] = set()
        self.records = 0
        self.blank = True

    def run(self, stream: BinaryIO, progress: Callable[[int], None] | None = None) -> Iterator[None]:
        """Read the stream; yields after every chunk."""
        room = max(1, min(1 << 16, self.chunk))

        def work(item: tuple[np.ndarray, int]) -> list[Block]:
            return make(*item, self.memo, self.tags, messages="lines" in self.tables, room=room)

        waiting: deque[Any] = deque()
        with ThreadPoolExecutor(THREADS) as pool:
            try:
                for number, item in enumerate(chunks(stream, self.chunk, progress)):
                    if self.blank:
                        self.blank = not item[0][: item[1]].tobytes().decode("utf-8", "replace").replace("\0", "").strip()
                    waiting.append(pool.submit(work, item))
                    if len(waiting) > THREADS + 1 or number == 0 or self.memo.count > MOST:
                        yield from self._take(waiting, self.memo.count > MOST or number == 0)
                yield from self._take(waiting, True)
            finally:
                for future in waiting:
                    future.cancel()
        self.sequence.finish()

    def _take(self, waiting: deque[Any], everything: bool) -> Iterator[None]:
        """Put the oldest chunk, or all, in order behind the others."""
        while waiting:
            for block in waiting.popleft().result():
                self._block(block)
            yield
            if not everything:
                return
        if self.memo.count > MOST:
            self.sequence.forget()

    def _block(self, block: Block) -> None:
        before = len(self.sequence.notes)
        roles, boots, found = self.sequence.take(block)
        self._note_boots(block, before)
        lines = self.pieces.lines
        if "lines" in self.tables:
            for name, column in zip(LINES, (block.numbers, boots, block.stamps, block.priorities, block.callers, roles),
                strict=False):
                if name == "callers":
                    column = self.callers.take(np.ascontiguousarray(column))
                column = brief(column) if name in ("boots", "priorities", "callers") else column
                lines[name].append(column.copy() if getattr(column, "base", None) is not None else column)
            lines["messages"].append(block.messages)
            counts = np.zeros(len(ROLES), np.int64)
            self.memo.functions.tally(roles, len(roles), counts)
            lines["counts"].append(counts)
        if "registers" in self.tables or "events" in self.tables:
            which = np.flatnonzero(roles == replay.R_REGISTER)
            if len(which) != sum(len(part) for part in self.sequence.registers):
                raise Unsuited
            self.pieces.registers.append(
                (np.concatenate(self.sequence.registers), self._texts(block, which, lines="lines" in self.tables))
            )
        self.sequence.registers.clear()
        walls = np.flatnonzero(block.walls & np.isnan(block.stamps)) if "wall-clock" not in self.said and block.walls.any() else ()
        if len(walls):
            message = "the stamps are wall-clock times, which are wrong after a suspend; left out"
            self._note("wall-clock", message, block, int(walls[0]), 1)
        if len(found):
            self._found(block, roles, found)
        self.records += len(block)

    def _note(self, code: str, message: str, block: Block, record: int, order: int) -> None:
        self.said.add(code)
        place = 4 * (self.records + record) + order
        self.notes.append((place, Note(code, message, self.source, int(block.numbers[record]))))

    def _note_boots(self, block: Block, before: int) -> None:
        for kind, number, line in self.sequence.notes[before:]:
            if kind == 3:
                self._note("several-boots", f"boot {number} starts here", block, line, 0)

    def _texts(self, block: Block, which: np.ndarray, *, lines: bool, begins: np.ndarray | None = None) -> Any:
        """Texts of records: where they are among all records, if the lines are kept anyway, else the texts."""
        if lines:
            return (which + self.records).astype(np.int32)
        starts, stops = (block.begins if begins is None else begins)[which], block.stops[which]
        ends, target = np.empty(len(which) + 1, np.int64), np.empty(int((stops - starts).sum()) + 8, np.uint8)
        self.memo.functions.gather(block.buf, len(which), starts, stops, target, ends)
        return ends, target

    def _found(self, block: Block, roles: np.ndarray, found: np.ndarray) -> None:
        """Losses become notes; events are kept for :meth:`events`."""
        flags = self.memo.C[replay.CLASS * np.maximum(np.where(block.codes == -3, block.notes, block.codes)[found], 0)]
        lost = roles[found] == replay.R_LOST
        for record in found[lost].tolist():
            message = block.text(record)
            match = DROPPED.search(message) or _MISSED.match(message)
            self._note("lost-messages", f"{next(filter(None, match.groups()))} messages were dropped here", block, record, 2)
        doubtful = found[~lost & (flags & replay.VCPU != 0)]
        if len(doubtful) and "vcpu-is-cpu" not in self.said:
            message = "the number after 'vcpu' equals the host processor; it is not taken for a vcpu"
            self._note("vcpu-is-cpu", message, block, int(doubtful[0]), 2)
        events = found[~lost]
        if len(events) and "events" in self.tables:
            texts = self._texts(block, events, lines="lines" in self.tables, begins=block.starts)
            self.pieces.events.append((block.numbers[events].copy(), block.stamps[events].copy(), texts))

    def all_notes(self) -> list[Note]:
        """The notes, in the order of the plain reader: of lines, then of traces."""
        found = [note for _, note in sorted(self.notes, key=lambda pair: pair[0])]
        words = {
            1: "trace {} is of one of several tasks that print at once; no line says of which",
            2: "trace {} is interrupted by other lines",
        }
        for kind, number, line in self.sequence.notes:
            if kind in words:
                found.append(Note("interleaved", words[kind].format(number), self.source, line))
        return found


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
    document: Document, tables: tuple[str, ...] = NAMES, side: str = "", *, functions: Any = None, chunk: int = CHUNK
) -> tuple[Mapping[str, pd.DataFrame], list[Note]]:
    """Read a log whole. Raises FormatError for one that holds nothing but blanks, Unsuited where only the plain reader can read it.

    `functions` and `chunk` are for tests: plain functions, chunks of a few bytes.
    """
    if dialect.passes(document.head):
        raise Unsuited
    reading = Reading(document.source, tables, side, functions=functions, chunk=chunk)
    with document.open() as stream:
        for _ in reading.run(stream):
            pass
    if reading.blank:
        raise FormatError("the file is empty", path=document.path or document.source, hint="record it again")
    sequence, source, pieces = reading.sequence, document.source, reading.pieces
    single = int(sequence.G[replay.G_BOOT]) == 1
    made: dict[str, Any] = {}
    if "frames" in tables:
        made["frames"] = assembly.frames(source, sequence.frames, reading.memo)
    if "lines" in tables:
        made["lines"] = assembly.lines(source, pieces.lines, reading.callers.names(), single)
    if "traces" in tables or "events" in tables:
        made["traces"] = assembly.traces(source, sequence.traces, reading.memo, single)
    late: dict[str, Callable[[], Any]] = {}
    if "registers" in tables or "events" in tables:
        late["registers"] = lambda: registers(reading, made.get("lines"))
    answer = Tables(tables, made, late)
    if "events" in tables:
        late["events"] = lambda: events(reading, answer, made.get("lines"))
    return answer, reading.all_notes()


def _strings(texts: Any, lines: pd.DataFrame | None) -> list[str]:
    if isinstance(texts, tuple):
        return [message.strip() for message in assembly.text([texts])]
    return [message.strip() for message in lines["message"].array.take(texts)]


def registers(reading: Reading, lines: pd.DataFrame | None) -> pd.DataFrame:
    """The registers table, from the texts of its lines."""
    rows = []
    for cells, texts in reading.pieces.registers:
        owners = reading.sequence.owners(cells).tolist()
        for line, owner, text in zip(cells[:, 0].tolist(), owners, _strings(texts, lines), strict=True):
            for name, value in parse_registers(text):
                rows.append({"source": reading.source, "trace": owner or None, "line": line, "name": name, "value": value})
    return schema.frame("registers", rows)


def events(reading: Reading, tables: Mapping[str, pd.DataFrame], lines: pd.DataFrame | None) -> pd.DataFrame:
    """The events table, from the texts of its lines and the traces that they stand above."""
    traces = tables["traces"]
    said = np.concatenate([part.cells[:, replay.T_TITLE] for part in reading.sequence.traces] or [np.zeros(0, np.int64)])
    place = {line: row for row, line in enumerate(said.tolist()) if line}
    when = np.concatenate([part.stamps[:, 1] for part in reading.sequence.traces] or [np.zeros(0)])
    rows: list[dict[str, Any]] = []
    common = {"source": reading.source, "side": reading.side}
    for numbers, stamps, texts in reading.pieces.events:
        for line, stamp, text in zip(numbers.tolist(), stamps.tolist(), _strings(texts, lines), strict=True):
            row = {**common, "line": line, "timestamp": stamp, **kernel_events.match(text)[0]}
            if "pid" not in row and line in place:
                row |= {name: _value(traces[name].iloc[place[line]]) for name in ("pid", "comm")}
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
