"""Blocks of lines of a kernel log: scanned, and with the plain reader's word on every text that was not seen before.

Several threads may make blocks at once. Each is whole lines of one chunk, as arrays with one item per record (a line, or part
of one
in which prints were glued together).
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from math import nan
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..compiled import columnscan, native, pages, primitives
from . import (
    calltrace,
    dumpscan,
    knowntexts,
    prefixscan,
    replay,
    replayheader,
    replayreport,
    replaystate,
    replaytrace,
    scan,
    textflags,
    tracemarks,
)
from .callers import caller_number
from .chunks import SPARE
from .memo import Memo, Unsuited
from .prefix import FACILITIES, LEVELS, Prefixed, pieces

MODULES: native.Modules = (
    primitives, prefixscan, knowntexts, columnscan, scan, dumpscan, textflags, replaystate, replayheader, replaytrace, replayreport,
    replay,
)  # fmt: skip
"""Those with functions for a compiler."""

FIRST = 128
"""Lines of the first block; the next ones are larger, when the usual texts are known."""


class Plain:
    """The functions of :mod:`.scan` and :mod:`.replay` as they stand, uncompiled: slow, for tests."""

    def __init__(self) -> None:
        for name, (module, _) in native.entries(MODULES).items():
            setattr(self, name, self._wrap(getattr(module, name)))

    address = staticmethod(memoryview)
    """What may stand for an array that is passed again and again."""

    @staticmethod
    def _wrap(function: Any) -> Any:
        return lambda *items: function(*(memoryview(item) if isinstance(item, np.ndarray) else item for item in items))


@cache
def compiled() -> SimpleNamespace:
    """The same functions as machine code, taking the same arrays."""
    loaded = native.load(MODULES)

    address = pages.address

    def wrap(function: Any) -> Any:
        return lambda *items: function(*[address(item) if isinstance(item, np.ndarray) else item for item in items])

    def brief(function: Any) -> Any:  # without letting other threads run meanwhile, which takes longer than the function
        return ctypes.PYFUNCTYPE(ctypes.c_int64, *function.argtypes)(ctypes.cast(function, ctypes.c_void_p).value)

    made = {name: wrap(getattr(loaded, name)) for name in native.entries(MODULES)}
    return SimpleNamespace(**made | {name: brief(getattr(loaded, name)) for name in ("enter", "shape")}, address=address)


@dataclass
class Block:
    """Records: `numbers` are lines of the chunk, from 0; the rest is as :func:`.scan.scan` fills it."""

    buf: np.ndarray
    numbers: np.ndarray
    starts: np.ndarray
    begins: np.ndarray
    stops: np.ndarray
    stamps: np.ndarray
    priorities: np.ndarray
    callers: np.ndarray
    codes: np.ndarray
    notes: np.ndarray
    walls: np.ndarray
    heads: np.ndarray
    lines: int
    """Lines of the chunk, which is more or less than the number of records."""
    cells: dict[str, np.ndarray] | None = None
    """The arrays that the columns lie in, for :class:`Pool`."""
    messages: tuple[np.ndarray, np.ndarray] | None = None
    """Where each message ends, and their bytes."""

    def __len__(self) -> int:
        return len(self.codes)

    def text(self, record: int) -> str:
        """The message of a record."""
        return self.buf[self.starts[record] : self.stops[record]].tobytes().decode("utf-8", "surrogatepass")


_COLUMNS = {"starts": np.int32, "begins": np.int32, "stops": np.int32, "stamps": np.float64, "priorities": np.int16,
            "callers": np.int64, "codes": np.int32, "notes": np.int64}  # fmt: skip


class Pool:
    """Arrays of blocks that are done with, to be used again: taking fresh memory costs more than filling it."""

    def __init__(self) -> None:
        self._free: list[dict[str, np.ndarray]] = []

    def take(self, room: int) -> dict[str, np.ndarray]:
        """Arrays for `room` records."""
        try:
            cells = self._free.pop()
        except IndexError:
            cells = {}
        if not cells or len(cells["codes"]) < room:
            cells = {name: np.empty(room, kind) for name, kind in _COLUMNS.items()}
            cells |= {"heads": np.empty(4 * room, np.int64), "info": np.zeros(4, np.int64), "walls": np.zeros(room, np.int8)}
            cells |= {"scratch": np.empty(2 * scan.LONGEST + SPARE, np.uint8), "numbers": np.empty(room, np.int32)}
        return cells

    def give(self, block: Block) -> None:
        """Nobody looks at the block any more."""
        if block.cells is not None:
            self._free.append(block.cells)


def make(
    buf: np.ndarray, size: int, memo: Memo, tags: dict[str, int], *, messages: bool, room: int = 1 << 16, pool: Pool | None = None
) -> list[Block]:
    """Blocks of buf[:size], whole lines with :data:`SPARE` bytes behind them; `tags` collects callers written in another way."""
    blocks, at = [], 0
    functions, pool = memo.functions, pool or Pool()
    most = max(1, min(room, size))
    room = most if memo.count else min(most, FIRST)
    while at < size:
        cells = pool.take(room)
        columns = [cells[name] for name in _COLUMNS]
        with memo.lock:  # another thread may be adding to them
            table = (memo.slots, memo.mask, memo.arena)
        count = functions.scan(
            buf, at, size, room, nan, *columns, cells["heads"], cells["info"], cells["scratch"], *table, memo.registers,
            memo.names_table,
        )  # fmt: skip
        found = {name: column[:count] for name, column in zip(_COLUMNS, columns, strict=True)}
        cells["numbers"][:count] = np.arange(count, dtype=np.int32)
        numbers, walls = cells["numbers"][:count], cells["walls"][:count]
        walls[:] = 0
        block = Block(buf, numbers, **found, walls=walls, heads=cells["heads"], lines=count, cells=cells)
        if cells["info"][1]:
            _ask(block, memo, tags)
        if messages:
            total = int(block.stops.sum(dtype=np.int64) - block.starts.sum(dtype=np.int64))
            ends, target = pages.fresh(len(block) + 1, np.int64), pages.fresh(total + 8, np.uint8)
            functions.gather(block.buf, len(block), block.starts, block.stops, target, ends)
            block.messages = ends, target[:total]
        blocks.append(block)
        at, room = int(cells["info"][0]), min(4 * room, most)
    return blocks


def _ask(block: Block, memo: Memo, tags: dict[str, int]) -> None:
    """Let the plain reader read what the scan left."""
    codes, buf = block.codes, block.buf
    extra, several = bytearray(), []
    with memo.lock:
        memo.learn(buf, block.begins, block.stops, codes)
    for i in np.flatnonzero(codes <= scan.SLOW).tolist():
        if codes[i] == scan.TASK_MISS:
            head = 4 * int(block.notes[i])
            cut, task = block.heads[head + 2 : head + 4].tolist()
            with memo.lock:
                block.heads[head + 3] = memo.comm(buf[task:cut].tobytes().decode()) if cut >= 0 else -1
                block.heads[head + 2] = memo.task(buf[cut if cut >= 0 else task : block.stops[i]].tobytes().decode())
            codes[i] = scan.HEADER
        else:
            text = buf[block.starts[i] : block.stops[i]].tobytes().decode("utf-8", "replace").replace("\0", "").removesuffix("\r")
            parts = pieces(text)
            rows = [_record(part, memo, tags, extra, len(buf)) for part in parts]
            _fill(block, i, rows[0])
            if len(rows) > 1:
                several.append([(i, row) for row in rows[1:]])
    if extra:
        block.buf = np.concatenate([buf, np.frombuffer(bytes(extra), np.uint8), np.zeros(SPARE, np.uint8)])
    if several:
        rows = [pair for group in several for pair in group]
        places = np.array([place + 1 for place, _ in rows])
        for name in ("numbers", *_COLUMNS, "walls"):
            column = getattr(block, name)
            setattr(block, name, np.insert(column, places, np.zeros(len(rows), column.dtype)))
        for k, (place, row) in enumerate(rows):
            block.numbers[place + 1 + k] = block.numbers[place + k]
            _fill(block, place + 1 + k, row)


def _fill(block: Block, i: int, row: tuple[Any, ...]) -> None:
    (block.starts[i], block.begins[i], block.stops[i], block.stamps[i], block.priorities[i], block.callers[i], block.codes[i],
     block.notes[i], block.walls[i]) = row  # fmt: skip


def _record(part: Prefixed, memo: Memo, tags: dict[str, int], extra: bytearray, base: int) -> tuple[Any, ...]:
    """The cells of one record; its message goes to `extra`, which will stand at `base`."""
    text = part.message.strip()
    data = part.message.encode("utf-8", "surrogatepass")
    start = base + len(extra)
    extra += data
    stop = base + len(extra)
    begin = start + len(data) - len(part.message.lstrip().encode("utf-8", "surrogatepass"))
    bare = tracemarks.HYPERVISOR.sub("", text, count=1) if part.kernel and text.startswith("kvm [") else text
    begin += len(text) - len(bare)
    if len(text) > calltrace.LONG and not text.isascii():
        raise Unsuited
    code = scan.BLANK
    if text:
        with memo.lock:
            code = memo.line(text) if bare == text else memo.behind(bare, text)
    note = 0
    if not part.kernel:
        code, note = scan.FOREIGN, code
    priority = FACILITIES.index(part.facility) * 8 + LEVELS.index(part.level) if part.level else -1
    return start, begin, stop, part.timestamp, priority, caller_number(part.caller, tags), code, note, bool(part.wall)
