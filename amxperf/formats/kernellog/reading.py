"""One pass over a large kernel log: blocks are made in threads and put in order here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from ...capture import Note
from ..compiled.growing import Columns
from ..dmesg import _MISSED
from . import replaystate, textflags
from .assembly import brief
from .blocks import Block, Pool, compiled, make
from .callers import Callers
from .chunks import chunks
from .memo import MOST, Memo, Unsuited
from .prefix import DROPPED
from .roles import ROLES
from .sequence import Sequence

CHUNK = 2 << 20
"""Bytes that are scanned at once."""

LINE, FRAME = 40, 64
"""Bytes of a file for which room for one line and one frame is set aside: fewer than most have, for room costs nothing and a copy
of all does."""

THREADS = 2


class Lines:
    """The columns of the lines, as far as they were read: numbers, stamps, roles (and how often each stands), pieces of the others.

    `room` is a guess of how many there will be.
    """

    def __init__(self, room: int) -> None:
        self.clear(room)

    def clear(self, room: int = 1) -> None:
        """Let go of everything."""
        self.numbers, self.stamps, self.roles = Columns(np.int32, room), Columns(np.float64, room), Columns(np.int8, room)
        self.boots: list[Any] = []
        self.priorities: list[Any] = []
        self.callers: list[Any] = []
        self.messages: list[tuple[np.ndarray, np.ndarray]] = []
        self.counts = np.zeros(len(ROLES), np.int64)

    def __len__(self) -> int:
        return self.numbers.used


class Rows(NamedTuple):
    """Texts that are some of the messages of a block: where the messages end, their bytes, and which these are."""

    ends: np.ndarray
    data: np.ndarray
    which: np.ndarray


@dataclass
class Pieces:
    """What was read and not yet put into tables."""

    lines: Lines
    events: list[tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]] = field(default_factory=list)
    registers: list[tuple[np.ndarray, list[str]]] = field(default_factory=list)


def _blank(buf: np.ndarray, size: int) -> bool:
    """Whether a chunk holds nothing but blanks and NULs."""
    head = buf[: min(size, 1 << 10)]
    if ((head > 32) & (head < 127)).any():
        return False
    return not buf[:size].tobytes().decode("utf-8", "replace").replace("\0", "").strip()


class _AtOnce:
    """Does what it is given at once, for what is smaller than the start of a thread."""

    def __enter__(self) -> _AtOnce:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, function: Callable[[Any], Any], item: Any) -> Future[Any]:
        """Call the function; what it returns, as an executor gives it."""
        future: Future[Any] = Future()
        future.set_result(function(item))
        return future


class Reading:
    """One pass over a log; the pieces lie in `pieces` and in `sequence`.

    With `apart` the pieces are taken away while it runs: none points into another.
    """

    def __init__(
        self, source: str, tables: tuple[str, ...], side: str, *, size: int = 0, functions: Any = None, chunk: int = CHUNK,
        apart: bool = False,
    ) -> None:  # fmt: skip
        self.source, self.tables, self.side, self.size, self.chunk = source, tables, side, size, chunk
        self.memo = Memo(functions or compiled())
        self.dumps = "registers" in tables or "events" in tables
        self.sequence = Sequence(self.memo, size // FRAME, registers=self.dumps)
        self.pieces = Pieces(Lines(size // LINE if "lines" in tables else 1))
        self.pool, self.buffers = Pool(), []
        self.tags: dict[str, int] = {}
        self.callers = Callers(self.memo.functions, self.tags)
        self.notes: list[tuple[int, Note]] = []
        self.said: set[str] = set()
        self.records = 0
        self.blank = True
        self.joint = "lines" in tables and not apart  # the lines stay, so that other tables may point into them
        self.watch: Callable[[np.ndarray, np.ndarray], None] | None = None  # is told the stamps and roles of each block

    def run(self, stream: BinaryIO, progress: Callable[[int], None] | None = None) -> Iterator[None]:
        """Read the stream; yields after every chunk."""
        room = max(1, min(1 << 16, self.chunk))

        def work(item: tuple[np.ndarray, int]) -> list[Block]:
            return make(*item, self.memo, self.tags, messages="lines" in self.tables, room=room, pool=self.pool)

        waiting: deque[tuple[Any, np.ndarray]] = deque()
        with _AtOnce() if 0 < self.size <= self.chunk else ThreadPoolExecutor(THREADS) as pool:
            try:
                for number, item in enumerate(chunks(stream, self.chunk, progress, self.buffers)):
                    if self.blank:
                        self.blank = _blank(*item)
                    waiting.append((pool.submit(work, item), item[0]))
                    if len(waiting) > THREADS + 1 or number == 0 or self.memo.count > MOST:
                        yield from self._take(waiting, self.memo.count > MOST or number == 0)
                yield from self._take(waiting, True)
            finally:
                for future, _ in waiting:
                    future.cancel()
        self.pool, self.buffers = Pool(), []
        self.sequence.finish()

    def _take(self, waiting: deque[Any], everything: bool) -> Iterator[None]:
        """Put the oldest chunk, or all, in order behind the others."""
        while waiting:
            future, buffer = waiting.popleft()
            for block in future.result():
                self._block(block)
                self.pool.give(block)
            if buffer.base is None:
                self.buffers.append(buffer)
            del future, buffer
            yield
            if not everything:
                return
        if self.memo.count > MOST:
            self.sequence.forget()

    def _block(self, block: Block) -> None:
        before, lines, count = len(self.sequence.notes), self.pieces.lines, len(block)
        roles = lines.roles.free(count)[0] if "lines" in self.tables else np.empty(count, np.int8)
        boots, found = self.sequence.take(block, roles)
        self._note_boots(block, before)
        if self.watch:
            self.watch(block.stamps, roles)
        if "lines" in self.tables:
            for column, cells in ((lines.numbers, block.numbers), (lines.stamps, block.stamps)):
                column.free(count)[0] = cells
            for column in (lines.numbers, lines.stamps, lines.roles):
                column.used += count
            lines.boots.append(boots)
            lines.priorities.append(brief(block.priorities))
            lines.callers.append(self._callers(block.callers))
            lines.messages.append(block.messages)
            self.memo.functions.tally(roles, count, lines.counts)
        if self.dumps:
            which = np.flatnonzero(roles == replaystate.R_REGISTER)
            if len(which) != sum(len(part) for part in self.sequence.registers):
                raise Unsuited
            self.pieces.registers.append(
                (np.concatenate(self.sequence.registers), self._texts(block, which, lines=self.joint))
            )
        self.sequence.registers.clear()
        walls = np.flatnonzero(block.walls & np.isnan(block.stamps)) if "wall-clock" not in self.said and block.walls.any() else ()
        if len(walls):
            message = "the stamps are wall-clock times, which are wrong after a suspend; left out"
            self._note("wall-clock", message, block, int(walls[0]), 1)
        if len(found):
            self._found(block, roles, found)
        self.records += count

    def _callers(self, callers: np.ndarray) -> Any:
        """The callers of a block as small numbers, in brief."""
        part = brief(callers)
        return (int(self.callers.take(callers[:1].copy())[0]), part[1]) if isinstance(part, tuple) else self.callers.take(part)

    def _note(self, code: str, message: str, block: Block, record: int, order: int) -> None:
        self.said.add(code)
        place = 4 * (self.records + record) + order
        self.notes.append((place, Note(code, message, self.source, int(block.numbers[record]))))

    def _note_boots(self, block: Block, before: int) -> None:
        for kind, number, line in self.sequence.notes[before:]:
            if kind == 3:
                self._note("several-boots", f"boot {number} starts here", block, line, 0)

    def _texts(self, block: Block, which: np.ndarray, *, lines: bool, begins: np.ndarray | None = None) -> Any:
        """Texts of records: where they are among the messages of the block, if these are kept anyway, else the texts."""
        if lines:
            return Rows(*block.messages, which.astype(np.int32))
        return self._gathered(block.buf, (block.begins if begins is None else begins)[which], block.stops[which])

    def _gathered(self, buf: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where each of some texts ends behind the others, and their bytes."""
        ends, target = np.empty(len(starts) + 1, np.int64), np.empty(int((stops - starts).sum()) + 8, np.uint8)
        self.memo.functions.gather(buf, len(starts), starts, stops, target, ends)
        return ends, target[: ends[-1]]

    def texts(self, texts: Any) -> tuple[np.ndarray, np.ndarray]:
        """Where texts that were kept in one of the two ways end, from 0, and their bytes."""
        if not isinstance(texts, Rows):
            return texts
        starts, stops = (texts.ends[texts.which + after].astype(np.int32) for after in (0, 1))
        return self._gathered(texts.data, starts, stops)

    def _found(self, block: Block, roles: np.ndarray, found: np.ndarray) -> None:
        """Losses become notes; events are kept for :meth:`events`."""
        codes = block.codes[found]
        flags = self.memo.C[textflags.CLASS * np.maximum(np.where(codes == -3, block.notes[found], codes), 0)]
        lost = roles[found] == replaystate.R_LOST
        for record in found[lost].tolist():
            message = block.text(record)
            match = DROPPED.search(message) or _MISSED.match(message)
            self._note("lost-messages", f"{next(filter(None, match.groups()))} messages were dropped here", block, record, 2)
        doubtful = found[~lost & (flags & textflags.VCPU != 0)]
        if len(doubtful) and "vcpu-is-cpu" not in self.said:
            message = "the number after 'vcpu' equals the host processor; it is not taken for a vcpu"
            self._note("vcpu-is-cpu", message, block, int(doubtful[0]), 2)
        events = found[~lost]
        if len(events) and "events" in self.tables:
            texts = self._texts(block, events, lines=self.joint, begins=block.starts)
            self.pieces.events.append((block.numbers[events].copy(), block.stamps[events].copy(), texts))

    def all_notes(self, *, lines: bool = True) -> list[Note]:
        """The notes, in the order of the plain reader: of lines (unless `lines` is False), then of traces."""
        found = [note for _, note in sorted(self.notes, key=lambda pair: pair[0])] if lines else []
        words = {
            1: "trace {} is of one of several tasks that print at once; no line says of which",
            2: "trace {} is interrupted by other lines",
        }
        for kind, number, line in self.sequence.notes:
            if kind in words:
                found.append(Note("interleaved", words[kind].format(number), self.source, line))
        return found
