"""The part of reading a large kernel log that must go in order: boots, streams and traces, block after block.

:class:`Sequence` runs :func:`.replay.replay` over the blocks and hands on what is finished, as columns of numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Any

import numpy as np

from ..compiled import pages
from ..compiled.growing import Columns
from . import replaystate as machine
from . import report, scan, textflags
from .blocks import Block
from .memo import Memo

COMPLETE = ("", "no frames", "closed", "next marker", "unrelated line", "end of file", "head cut", "lost messages")
"""How a trace ended, by the numbers of :mod:`.replay`."""

HELD = 4096
"""Traces that are gathered before the finished ones among them are handed on."""


@dataclass
class Traces:
    """Finished traces, in their order: `cells` has a row of :data:`.replaystate.TRACES` numbers for each."""

    first: int
    cells: np.ndarray
    stamps: np.ndarray
    ends: np.ndarray
    titles: np.ndarray

    def headline(self, row: int) -> str:
        """The headline of one of them."""
        return self.titles[self.ends[row] : self.ends[row + 1]].tobytes().decode("utf-8", "surrogatepass")


class Sequence:
    """The state between the blocks. `take` fills in the roles of a block's records and appends to what is below.

    frames: columns trace, line, depth, frame text, context, for about `room` rows; registers (where they are wanted): rows (line,
    owner: -trace or group); notes: (kind, number, line), for boots (kind 3) the record of the block instead of the line.
    """

    def __init__(self, memo: Memo, room: int = 0, *, registers: bool = True) -> None:
        self.memo, self.functions, self.dumps = memo, memo.functions, registers
        self.line = 0
        self.G = np.zeros(machine.G_ITEMS, np.int64)
        self.G[machine.G_BOOT] = 1
        self.high = np.array([-1e300])
        self._streams(64)
        self.kept, self.used = np.zeros(1 << 12, np.uint8), 0
        self.T, self.P, self.H = np.zeros(0, np.int64), np.zeros(0), np.zeros(1, np.int64)
        self.titles = np.zeros(1 << 16, np.uint8)
        self.W = np.zeros(1 << 10, np.int64)
        self.frames = Columns(np.int32, room, width=5)
        self.registers: list[np.ndarray] = []
        self.notes: list[tuple[int, int, int]] = []
        self.traces: list[Traces] = []
        self._room = 0

    def _streams(self, room: int) -> None:
        """Room for so many streams, with those that there are."""
        old = (self.S, self.Z, self.K, self.X) if self.G[machine.G_STREAMS] else None
        self.S, self.Z = np.zeros(room * machine.STREAM, np.int64), np.zeros(room * 5)
        self.K, self.X = np.full(4 * room, -1, np.int64), np.zeros(4 * room, np.int32)
        self.G[machine.G_ROOM_STREAMS], self.G[machine.G_MASK] = room, 4 * room - 1
        if old:
            self.S[: len(old[0])], self.Z[: len(old[1])] = old[0], old[1]
            used = np.flatnonzero(old[2] >= 0)
            callers = old[2][used[np.argsort(old[3][used])]]
            numbers = np.empty(len(callers), np.int32)
            self.functions.intern(callers, 0, len(callers), numbers, self.K, self.X, 4 * room - 1, np.zeros(1, np.int64))

    def take(self, block: Block, roles: np.ndarray) -> tuple[Any, np.ndarray]:
        """Take the next block, and fill in the roles of its records.

        Returns the boots (of all records, or a pair: the boot and how many there are) and the records that are events or tell of
        losses.
        """
        G, memo, count = self.G, self.memo, len(block)
        block.numbers += self.line + 1
        self.line += block.lines
        room = count + memo.longest + 8
        if self._room < room:
            self._room = room
            self.R, self.N = np.empty(2 * room, np.int32), np.empty(3 * (2 * room), np.int32)
            self.E, self.D = np.empty(room, np.int32), np.empty(room, np.int32)
        self._grow(count)
        done, found, boots = 0, [], [(0, int(G[machine.G_BOOT]))]
        while True:
            self.frames.free(room)
            G[machine.G_FRAMES], G[machine.G_STRIDE] = self.frames.used, self.frames.data.shape[1]
            G[machine.G_ROOM_FRAMES] = self.frames.data.shape[1] - memo.longest - 2
            G[machine.G_REGISTERS] = G[machine.G_EVENTS] = G[machine.G_NOTES] = 0
            done = self.functions.replay(
                done, count, block.buf, block.numbers, block.starts, block.begins, block.stops, block.stamps, block.priorities,
                block.callers, block.codes, block.notes, block.walls, block.heads, roles, nan, self.kept, self.titles, self.H,
                self.S, self.Z, self.K, memo.C, memo.V, self.P, self.T, self.high, self.frames.data.reshape(-1), self.R, self.N,
                self.E, self.W, memo.M, G, self.X, self.D,
            )  # fmt: skip
            self.frames.used = int(G[machine.G_FRAMES])
            if self.dumps:
                self.registers.append(self.R[: 2 * G[machine.G_REGISTERS]].reshape(-1, 2).copy())
            found.append(self.E[: G[machine.G_EVENTS]].copy())
            for kind, number, line in self.N[: 3 * G[machine.G_NOTES]].reshape(-1, 3).tolist():
                if kind == 3:
                    boots.append((line, number))
                self.notes.append((kind, number, line))
            if done == count:
                break
            if G[machine.G_STREAMS] == G[machine.G_ROOM_STREAMS]:
                self._streams(2 * int(G[machine.G_ROOM_STREAMS]))
            self._grow(count - done, more=True)
        self._keep(block)
        if G[machine.G_TRACES] - G[machine.G_BASE] > HELD:
            self._hand_on()
        if len(boots) == 1:
            return (boots[0][1], count), np.concatenate(found)
        numbers = np.empty(count, np.int32)
        for (first, number), (last, _) in zip(boots, [*boots[1:], (count, 0)], strict=True):
            numbers[first:last] = number
        return numbers, np.concatenate(found)

    def _grow(self, count: int, more: bool = False) -> None:
        G = self.G
        held = int(G[machine.G_TRACES] - G[machine.G_BASE])
        if (held + count + 2) * machine.TRACES > len(self.T):
            rows = 2 * held + count + 1024
            self.T = pages.longer(self.T, rows * machine.TRACES)
            self.P, self.H = pages.longer(self.P, 2 * rows), pages.longer(self.H, rows + 1)
        if G[machine.G_GROUPS] + count + 2 > len(self.W):
            self.W = pages.longer(self.W, 2 * len(self.W) + count)
        free = len(self.titles) - G[machine.G_TITLES]
        if free < 1 << 16 or (more and free < 1 << 20):
            self.titles = pages.longer(self.titles, 2 * len(self.titles) + (1 << 16))
        G[machine.G_ROOM_TITLES] = len(self.titles)

    def _keep(self, block: Block) -> None:
        """Copy what the streams still refer to out of the block."""
        streams = int(self.G[machine.G_STREAMS])
        touched = self.D[: self.G[machine.G_TOUCHED]]
        touched = touched[touched < streams]  # others were of an earlier boot
        size = self.functions.keep(self.S, touched, len(touched), block.buf, self.kept, self.kept, -1, 0)
        everything = 0
        target, to = self.kept, self.used
        if to + size + scan.LONGEST // 64 > len(target):
            everything = 1
            size = self.functions.keep(self.S, touched, streams, block.buf, self.kept, self.kept, -1, 1)
            target, to = np.zeros(2 * size + (1 << 16), np.uint8), 0
        count = streams if everything else len(touched)
        self.used = to + self.functions.keep(self.S, touched, count, block.buf, self.kept, target, to, everything)
        self.kept = target
        self.G[machine.G_TOUCHED] = 0

    def settled(self) -> int:
        """Number of the first trace that may still change; the number behind the last where none may."""
        streams = self.S.reshape(-1, machine.STREAM)[: int(self.G[machine.G_STREAMS])]
        busy = streams[:, [machine.TRACE, machine.OWED]]
        return int(min(busy[busy >= 0].min(initial=self.G[machine.G_TRACES]), self.G[machine.G_TRACES]))

    def _hand_on(self) -> None:
        base, last = int(self.G[machine.G_BASE]), self.settled()
        count, held = last - base, int(self.G[machine.G_TRACES]) - base
        if not count:
            return
        wide = machine.TRACES
        end = int(self.H[count])
        cells, stamps = self.T[: count * wide].reshape(-1, wide), self.P[: 2 * count].reshape(-1, 2)
        handed = Traces(base, cells, pages.apart(stamps), self.H[: count + 1].copy(), pages.apart(self.titles[:end]))
        self._settle(handed)
        handed.cells = pages.apart(cells, np.int32 if cells.min() > -(1 << 31) and cells.max() < 1 << 31 else np.int64)
        self.traces.append(handed)
        rest = held - count
        self.T[: rest * wide] = self.T[count * wide : held * wide].copy()
        self.P[: 2 * rest] = self.P[2 * count : 2 * held].copy()
        used = int(self.G[machine.G_TITLES])
        self.titles[: used - end] = self.titles[end:used].copy()
        self.H[: rest + 1] = self.H[count : held + 1] - end
        self.G[machine.G_TITLES], self.G[machine.G_BASE] = used - end, last

    def _settle(self, traces: Traces) -> None:
        """Read the task from the headline where that alone names it."""
        for row in np.flatnonzero(traces.cells[:, machine.T_TASKS]).tolist():
            cells = traces.cells[row]
            found = report.task(traces.headline(row))
            for place, name in enumerate(("cpu", "pid")):
                if name in found:
                    cells[machine.T_VALUES + place] = found[name]
            if "comm" in found:
                cells[machine.T_VALUES + 2] = self.memo.words["comm"].number(found["comm"])

    def finish(self) -> None:
        """End of input."""
        self.functions.finish(self.S, self.T, self.G)
        self._hand_on()

    def forget(self) -> None:
        """Let the memo start anew; what the streams refer to stays known."""
        streams = self.S.reshape(-1, machine.STREAM)[: int(self.G[machine.G_STREAMS])]
        texts = streams[:, 1:20:5]
        old = self.memo.C.reshape(-1, textflags.CLASS)
        alive = np.unique(texts[(streams[:, 0:20:5] > 0) & (texts >= 0)])
        cells = [tuple(old[text].tolist()) for text in alive]
        self.memo.forget()
        new = {text: self.memo.ghost(row) for text, row in zip(alive.tolist(), cells, strict=True)}
        for at in range(len(streams)):
            for which in range(1, 20, 5):
                streams[at, which] = new.get(int(streams[at, which]), -1)

    def owners(self, registers: np.ndarray) -> np.ndarray:
        """Trace of each row of `registers`, 0 for none."""
        groups = registers[:, 1]
        return np.where(groups < 0, -groups, self.W[np.maximum(groups, 0)])

