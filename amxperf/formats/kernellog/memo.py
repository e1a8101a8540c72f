"""What the plain reader says about each distinct text of a log, asked once and kept for the compiled passes.

:class:`Memo` holds the known texts as arrays that :mod:`.scan` looks them up in and
:mod:`.replay` reads their meaning from. A text with a frame, a context mark or values of its own is known
exactly; any other by its shape, in which numbers and addresses are collapsed: such texts say nothing but what kind of line
they are.
"""

from __future__ import annotations

import re
from threading import Lock
from typing import Any

import numpy as np

from . import calltrace, knowntexts, lineflags, report, scan, textflags, tracemarks, tracerows
from .prefix import LEVELS
from .stackframe import is_sure, parse_header, parse_more, plain_name

MOST = 1 << 18
"""Known texts beyond which all are forgotten and asked anew."""

HEADER_WORDS = ("comm", "taint", "kernel", "hardware")
REGISTERS = ("RSP", "RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "RIP", *(f"R{n:02d}" for n in range(8, 16)))
SEGMENTS = ("FS", "CS", "CR0", "CR2", "CR3", "DR0", "DR1", "DR2", "DR3", "DR6", "DR7", "PKRU", "Code")
_REGULAR = re.compile(  # the common form of a frame, as :func:`.stackframe.parse_frame` reads it
    r"(\? )?([A-Za-z_][\w.]{0,200})\+0x([0-9a-f]{1,15})/0x([0-9a-f]{1,15})(?: \[([\w-]{1,64})(?: ([0-9a-f]{8,64}))?\])?", re.ASCII
)
_NUMBERED = re.compile(r"WARNING: CPU: \d{1,6} PID: \d{1,10} at ", re.ASCII)
_START = re.compile(r"CPU|Process |Task ")


SPARE = bytes(64)
"""Behind a text, of which 32 bytes are read at once."""


class Unsuited(Exception):
    """The file holds something that only the plain reader can tell."""


class Words:
    """Words as numbers, in the order of their first sight; 0 is the empty word."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {"": 0}

    def number(self, word: str) -> int:
        """The number of a word, a new one at its first sight."""
        return self.numbers.setdefault(word, len(self.numbers))

    @property
    def words(self) -> list[str]:
        return list(self.numbers)


class Memo:
    """The known texts. `functions` are the compiled ones or their plain forms (:mod:`.engine`)."""

    def __init__(self, functions: Any) -> None:
        self.functions = functions
        self.lock = Lock()
        self.words = {name: Words() for name in HEADER_WORDS}
        self.contexts, self.symbols, self.names, self.modules, self.builds = Words(), Words(), Words(), Words(), Words()
        self.registers, self.names_table = _beginnings()
        self.longest, self._scratch = 1, np.zeros(0, np.uint8)
        self.state, self.frames = np.zeros(knowntexts.STATE, np.int64), np.zeros(8 << 12, np.int64)
        self.V, self.rows = np.full(1 << 8, textflags.ABSENT, np.int64), 1
        self.forget()

    def forget(self) -> None:
        """Start anew; frames, values and words stay."""
        self.known: dict[bytes, int] = {}
        self.slots, self.arena = np.zeros(1 << 14, np.int64), np.zeros(1 << 18, np.uint8)
        self.C = np.zeros(8 << 13, np.int64)
        self.M, self.marks = np.zeros(1 << 10, np.int64), 0
        self.state[knowntexts.COUNT], self.state[knowntexts.USED] = 0, 8
        self._look()

    @property
    def count(self) -> int:
        """Known texts."""
        return int(self.state[knowntexts.COUNT])

    @property
    def mask(self) -> int:
        """Slots, less one."""
        return len(self.slots) - 1

    def _look(self) -> None:
        """Where the arrays lie, and views whose single items Python reads and writes faster."""
        state = self._state = memoryview(self.state)
        state[knowntexts.ENTRY_ROOM], state[knowntexts.ARENA_ROOM] = len(self.C) // 8, len(self.arena)
        state[knowntexts.FRAME_ROOM] = len(self.frames) // 8
        address = self.functions.address
        self._where = address(self.slots), self.mask, *map(address, (self.arena, self.C))
        self._at_state, self._at_frames, self._cells = address(self.state), address(self.frames), memoryview(self.frames)

    def _grow(self, size: int) -> None:
        """Room for one more text of so many bytes, and more; what other threads read meanwhile stays as it is."""
        count = self.count
        if count + 1 >= len(self.C) // 8:
            self.C = np.concatenate([self.C, np.zeros_like(self.C)])
        if self._state[knowntexts.USED] + size + knowntexts.RECORD > len(self.arena):
            self.arena = np.concatenate([self.arena, np.zeros(max(len(self.arena), 2 * size + 128), np.uint8)])
            self.slots = self.slots.copy()  # whoever reads the old arena finds nothing that lies behind its end
        if self._state[knowntexts.FRAMES] + 1 >= len(self.frames) // 8:
            self.frames = np.concatenate([self.frames, np.zeros(len(self.frames), np.int64)])
        if 2 * count + 2 > self.mask:
            slots = np.zeros(2 * len(self.slots), np.int64)
            self.functions.rehash(self._state[knowntexts.USED], self.arena, slots, len(slots) - 1)
            self.slots = slots
        self._look()

    def learn(self, buf: np.ndarray, begins: np.ndarray, stops: np.ndarray, codes: np.ndarray) -> None:
        """Give the missed among some lines the numbers of their texts, which become known. Hold the lock."""
        at, count = 0, len(codes)
        missed = codes == knowntexts.MISS
        scratch, shapes = np.zeros(16, np.int64), np.empty(2 * int((stops - begins)[missed].max(initial=0)) + 64, np.uint8)
        arrays = [self.functions.address(array) for array in (buf, begins, stops, codes, shapes, scratch)]
        while at < count:
            at = self.functions.learn(
                at, count, *arrays, *self._where, self._at_frames, self._at_state
            )
            if self._state[knowntexts.ROOM]:
                self._grow(int(stops[at] - begins[at]))
            elif at < count:
                codes[at] = self.bytes(buf[begins[at] : stops[at]].tobytes())
                at += 1

    def behind(self, text: str, message: str) -> int:
        """Number of a text that stands behind words of another trace's printer; the message says what event it is."""
        data = b"\2" + message.encode()
        if data not in self.known:
            cells, _ = self._ask(text)
            events = textflags.EVENT | textflags.VCPU | textflags.MISSED | textflags.BANNER | textflags.REBOOT | textflags.PROPERTY
            self.known[data] = self.ghost((cells[0] & ~events | lineflags.alone(message), *cells[1:]))
        return self.known[data]

    def bytes(self, data: bytes) -> int:
        """:meth:`line` of a text in UTF-8."""
        entry = self.known.get(data)
        return self.line(data.decode()) if entry is None else entry

    def line(self, text: str) -> int:
        """Number of a text of a line; it becomes known. Hold the lock."""
        data = text.encode("utf-8", "surrogatepass")
        entry = self.known.get(data)
        if entry is None and (found := _REGULAR.fullmatch(text)):
            entry = self.known[data] = self._add(data, len(data), self._regular(found))
        elif entry is None:
            collapsed = self._shape(data)
            entry = self.known.get(b"\0" + collapsed)
            if entry is None:
                cells, exact = self._ask(text)
                if exact or not text.isascii():
                    entry = self.known[data] = self._add(data, len(data), cells)
                else:
                    entry = self.known[b"\0" + collapsed] = self._add(collapsed, len(collapsed) + knowntexts.TEMPLATE, cells)
        return entry

    def _regular(self, found: re.Match[str]) -> tuple[int, ...]:
        """The cells of a text that is a frame and nothing else, as :meth:`_ask` would give them."""
        guess, symbol, offset, size, module, build = found.groups()
        at = self._frame({
            "symbol": symbol, "function": plain_name(symbol), "offset": int(offset, 16), "size": int(size, 16),
            "module": module or "", "build_id": build or "", "reliable": guess is None, "inlined": False,
        })  # fmt: skip
        for word, kind, numbers in (
            (symbol, knowntexts.SYMBOL, (self.symbols.number(symbol), self.names.number(plain_name(symbol)))),
            (module, knowntexts.MODULE, (self.modules.number(module or ""), 0)),
            (build, knowntexts.BUILD, (self.builds.number(build or ""), 0)),
        ):
            if word and (key := b"%d " % kind + word.encode()) not in self.known:
                self.known[key] = self._add(word.encode(), len(word) + kind, (0, *numbers, 0, 0, 0, -1, -1))
        return knowntexts.REGULAR, 0, 0, 0, at, 1, -1, -1

    def ghost(self, cells: tuple[int, ...]) -> int:
        """Number of a text that cannot be looked up, only referred to."""
        return self._add(b"", -1, cells)

    def comm(self, text: str) -> int:
        """Number of a task's name. Hold the lock."""
        data = text.encode()
        entry = self.known.get(b"\3" + data)
        if entry is None:
            word = self.words["comm"].number(text.strip())
            entry = self.known[b"\3" + data] = self._add(data, len(data) + knowntexts.COMM, (0, word, 0, 0, 0, 0, -1, -1))
        return entry

    def task(self, text: str) -> int:
        """Number of what stands behind ``Comm: ``, or behind the name there. Hold the lock."""
        data = text.encode()
        entry = self.known.get(b"\1" + data)
        if entry is None:
            row = parse_header(f"CPU: 0 PID: 0 Comm: {text}") or {}
            del row["cpu"], row["pid"]
            entry = self.known[b"\1" + data] = self._add(data, len(data) + knowntexts.TASK, (0, self._row(row), 0, 0, 0, 0, -1, -1))
        return entry

    def frame_columns(self) -> np.ndarray:
        """Per frame text: symbol, function, offset, size (-1: none), module, build id, reliable, inlined."""
        with self.lock:
            return self.frames[: 8 * int(self.state[knowntexts.FRAMES])].reshape(-1, 8).copy()

    def _shape(self, data: bytes) -> bytes:
        if 2 * len(data) + 64 > len(self._scratch):
            self._scratch = np.zeros(4 * len(data) + 64, np.uint8)
            self._at_scratch = self.functions.address(self._scratch)
        return self._scratch[: self.functions.shape(data + SPARE, 0, len(data), self._at_scratch)].tobytes()

    def _add(self, data: bytes, size: int, cells: tuple[int, ...]) -> int:
        """One more entry."""
        entry = -1
        while entry < 0:
            entry = self.functions.enter(data + SPARE, len(data), size, *cells, *self._where, self._at_state)
            if entry < 0:
                self._grow(len(data))
        return entry

    def _row(self, row: dict[str, Any]) -> int:
        """A row of V: cpu, pid and the numbers of the words."""
        if not row:
            return 0
        if 6 * self.rows + 6 > len(self.V):
            self.V = np.concatenate([self.V, np.full(len(self.V), textflags.ABSENT, np.int64)])
        cells = [textflags.ABSENT] * 6
        for at, name in enumerate(("cpu", "pid", *HEADER_WORDS)):
            if name in row:
                value = row[name]
                cells[at] = textflags.NONE if value is None else value if at < 2 else self.words[name].number(value)
        self.V[6 * self.rows : 6 * self.rows + 6] = cells
        self.rows += 1
        return self.rows - 1

    def _frame(self, row: dict[str, Any]) -> int:
        """One more frame; its number."""
        at = self._state[knowntexts.FRAMES]
        if at == self._state[knowntexts.FRAME_ROOM]:
            self._grow(0)
        cells = (
            self.symbols.number(row["symbol"]), self.names.number(row["function"]), _small(row.get("offset")),
            _small(row.get("size")), self.modules.number(row.get("module", "")), self.builds.number(row.get("build_id", "")),
            row["reliable"], row["inlined"],
        )  # fmt: skip
        for place, cell in enumerate(cells, 8 * at):
            self._cells[place] = cell
        self._state[knowntexts.FRAMES] = at + 1
        return at

    def _ask(self, text: str) -> tuple[tuple[int, ...], bool]:
        """What the plain reader says about a text, and whether the text has values of its own."""
        flags, row, rest, owner = lineflags.alone(text), {}, -1, -1
        at, first, first_frame, frames = 0, self.marks, self._state[knowntexts.FRAMES], []
        if len(text) <= calltrace.LONG:  # a longer text is part of a report, or nothing
            flags |= lineflags.in_dump(text)
            if found := tracemarks.MARKER.match(text):
                flags |= textflags.MARKER
                rest = self.line(found["rest"]) if found["rest"] else -1
            if header := parse_header(text):
                flags, row = flags | textflags.HEAD, header
            elif tracemarks.BROKEN.fullmatch(text) or tracemarks.EIP.match(text):  # two lines make one, which no single text tells
                raise Unsuited
            elif _START.match(text) and (header := parse_more(text)):
                flags, row = flags | textflags.MORE | (textflags.SURE if is_sure(text) else 0), header
            while mark := tracemarks.MARK.match(text, at):
                at = mark.end()
                self._mark(mark["name"], bool(mark["close"]))
            first_frame, left = self._state[knowntexts.FRAMES], text[at:]
            frames = tracemarks.frames_of(left) if left else []
            for frame in frames:
                self._frame(frame)
            flags |= (textflags.LEFT if left else 0) | (textflags.FRAME if frames else 0)
            flags |= textflags.INTERRUPT if left and tracemarks.INTERRUPT.match(left) else 0
            flags |= textflags.DECODED if left and tracemarks.DECODED.fullmatch(left) else 0
        else:
            flags |= textflags.LEFT  # no line of a trace is as long
        text = text[: calltrace.LONG]
        flags |= lineflags.in_report(text)
        if not row and (named := report.named(text)):
            flags, row = flags | textflags.NAMED, named
        if not row and text.startswith("Hardware name: "):
            flags, row = flags | textflags.HARDWARE, {"hardware": text.partition(": ")[2].strip()}
        if flags & (textflags.STACK | textflags.FAULT | textflags.COLON) and (task := report.owner(text)):
            if _NUMBERED.match(text) and task == report.task(text) and len(task) == 2:
                flags |= textflags.NUMBERED
            else:
                owner = self._row(task)
        rip = flags & textflags.REG_REPORT and "IP" in text[:4]
        values = textflags.MARKER | textflags.FRAME | textflags.BARE | textflags.BARE_PLACE
        exact = bool(flags & values or row or owner >= 0 or at or rip)
        self.longest = max(self.longest, len(frames))
        return (flags, self._row(row), first, self.marks - first, first_frame, len(frames), rest, owner), exact

    def _mark(self, name: str | None, close: bool) -> None:
        if self.marks == len(self.M):
            self.M = np.concatenate([self.M, np.zeros_like(self.M)])
        close = close or name in (None, "EOI")
        self.M[self.marks] = 2 * self.contexts.number(name or "<<EOE>>") + close
        self.marks += 1


def _small(value: int | None) -> int:
    """An offset or size as a cell: -1 for none, -2 for one that has no room."""
    return -1 if value is None else value if value <= tracerows.LARGEST else -2


def _number(text: str) -> int:
    return int.from_bytes(text.encode()[:8], "little", signed=True)


def _beginnings() -> tuple[np.ndarray, np.ndarray]:
    """The names of registers with their colon, where :func:`.scan.names_register` looks; the words of prefixes."""
    table = np.zeros(scan.NAMES, np.int64)
    for name in (*REGISTERS, *SEGMENTS):
        slot = scan.name_slot(_number(f"{name}:"))
        while table[slot]:
            slot = (slot + 1) % scan.NAMES
        table[slot] = _number(f"{name}:")
    levels = [((1 << 8 * len(level)) - 1, _number(level)) for level in LEVELS]
    words = [
        _number("caller="), _number("kern"), *(number for pair in levels for number in pair), *(len(level) for level in LEVELS),
        _number("kernel"), _number("UID: "), _number("PID: "), _number(" Comm: "), _number("ainted"), _number(" Not "),
        _number("CPU: "), _number("kvm ["),
    ]  # fmt: skip
    return table, np.array(words, np.int64)
