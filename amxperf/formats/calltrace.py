"""Call traces out of kernel messages: one pass, a small state machine per stream.

A stream is the printk caller where the capture keeps it (so that processors that print at once do not mix), else the file.
The states of a stream::

    idle --"CPU: n PID: n Comm: .."--> header --"Call Trace:"--> open --"</TASK>", next marker, other line--> idle

A trace opens at ``Call Trace:``, not at BUG or WARNING: plain ``dump_stack()`` output counts.
The header above the marker gives processor, task and release; registers may stand in the header block or inside the trace,
where the frames of the interrupted code follow them.
Where no caller tells the streams apart and the header of a second task stands before the marker of the first, the traces that
follow may be of either: they keep neither processor, task nor headline, and the note `interleaved` says so.
The headline is the message just above the header, unless another trace, or more than :data:`NEAR` seconds, lie between; in a
report with several lines above the header it is the line that names the fault.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import nan
from typing import Any

from ..capture import Note
from .stackframe import parse_frame, parse_header, parse_registers

NEAR = 1.0
"""Longest time in seconds between a headline and the header below it."""

PATIENCE = 3
"""Unrelated lines that an open trace survives where no caller tells the streams apart."""

FAR = 100
"""Lines after which the headers of tasks that printed at once are past."""

DEEPEST = 15
"""Most context marks that are kept open at once; a real stack nests four."""

_MARKER = re.compile(r"Call [Tt]race:\s*+(?P<rest>.*)")
_ASIDE = re.compile(r"Hardware name: |Tainted: \[|Workqueue: |Sched_ext: |Stopper: |Modules linked in:|Kernel Offset: ")
_REPORT = re.compile(
    r"(?:BUG|WARNING|INFO|Oops|watchdog: BUG|rcu: INFO|NMI watchdog|Kernel panic - not syncing|unchecked MSR access error): |"
    r"kernel BUG at |(?:general protection fault|divide error|invalid opcode|stack segment)\b"
)
_END = re.compile(r"---\[ end ")
_MARK = re.compile(r"<(?P<close>/?)(?P<name>#?[A-Z][A-Z_0-9]{0,20})>\s*+|<<EOE>>\s*+")
@dataclass(slots=True)
class _Stream:
    """What one caller is in the middle of."""

    said: tuple[int, str, float] | None = None  # last other message: line, text, stamp
    report: tuple[int, str, float] | None = None  # last message that names a fault
    header: dict[str, Any] | None = None
    waited: int = 0  # other lines since the header
    began: tuple[int, float] = (0, nan)  # line and stamp of the header
    rivals: int = 0  # traces still to come of tasks that print at once, 0 while there is one task
    registers: list[dict[str, Any]] = field(default_factory=list)
    dumping: bool = False  # registers outside a trace may follow
    trace: dict[str, Any] | None = None
    depth: int = 0
    contexts: list[str] = field(default_factory=list)
    closed: bool = False  # a context mark was closed; frames of the outer context may follow
    skipped: int = 0  # other lines since the last line of the open trace


class CallTraces:
    """Feed lines, then :meth:`finish`; the rows are in `traces`, `frames` and `registers` (without their source).

    `headlines` maps the line of a headline to its trace row. `notes` tells of traces that other lines interrupt.

    >>> machine = CallTraces()
    >>> [machine.feed(n, text) for n, text in enumerate(["hello", "Call Trace:", " <TASK>", " f+0x1/0x2", " </TASK>"], 1)]
    ['other', 'marker', 'mark', 'frame', 'mark']
    >>> machine.finish(); machine.traces[0]["headline"], machine.traces[0]["complete"]
    ('hello', 'closed')
    """

    def __init__(self, source: str = "") -> None:
        self.source = source
        self.traces: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []
        self.registers: list[dict[str, Any]] = []
        self.headlines: dict[int, dict[str, Any]] = {}
        self.notes: list[Note] = []
        self._streams: dict[str, _Stream] = {}

    def feed(self, line: int, message: str, timestamp: float = nan, caller: str = "", boot: str = "") -> str:
        """Take one line; return its role: blank, marker, header, aside, mark, frame, register, end or other."""
        text = message.strip()
        if not text:
            return "blank"
        stream = self._streams.get(caller)
        if stream is None:
            stream = self._streams[caller] = _Stream()
        if found := _MARKER.match(text):
            return self._open(stream, line, found["rest"], timestamp, caller, boot)
        if text.startswith(("CPU: ", "Pid: ", "task:")) and self._header(stream, line, text, timestamp, caller):
            return "header"
        if stream.trace is not None and (role := self._inside(stream, line, text)):
            return role
        if stream.trace is None and (stream.header is not None or stream.dumping) and (pairs := parse_registers(text)):
            stream.registers += [{"line": line, "name": name, "value": value} for name, value in pairs]
            stream.said = None
            return "register"
        if _ASIDE.match(text) and (stream.header is not None or stream.report is not None):
            if stream.header is not None and text.startswith("Hardware name: "):
                stream.header["hardware"] = text.partition(": ")[2].strip()
            return "aside"
        if _END.match(text):
            stream.said, stream.dumping = None, True
            return "end"
        return self._other(stream, line, text, timestamp, caller)

    def restart(self) -> None:
        """End of a boot: nothing goes on behind it."""
        for stream in self._streams.values():
            self._close(stream, "unrelated line" if stream.skipped else "closed" if stream.closed else "end of file")
            self._drop_header(stream)
        self._streams.clear()

    def finish(self) -> None:
        """End of input: close what is open and put frames in the order of their traces, registers in that of their lines."""
        self.restart()
        self.frames.sort(key=lambda row: (row["trace"], row["depth"]))
        self.registers.sort(key=lambda row: row["line"])

    def _header(self, stream: _Stream, line: int, text: str, timestamp: float, caller: str) -> bool:
        row = parse_header(text)
        if row is None:
            return False
        headline = self._headline(stream, line, timestamp)
        if text.startswith("task:") and not (headline and _REPORT.match(headline[1])):
            headline = (line, text, timestamp)
        self._close(stream, "unrelated line" if stream.skipped else "closed" if stream.closed else "next marker")
        stream.rivals = self._rivals(stream, line, timestamp)
        if not caller and self._cut_in(stream, row, line, timestamp):
            stream.rivals = max(stream.rivals, 1) + 1
        self._drop_header(stream)
        stream.header, stream.waited, stream.began = row | {"headline": headline}, 0, (line, timestamp)
        stream.said = stream.report = None
        return True

    def _cut_in(self, stream: _Stream, row: dict[str, Any], line: int, timestamp: float) -> bool:
        """Whether the header `row` is of another task than the one above it, whose trace must still come.

        No trace need come behind the registers of a program (its code segment ends in 3): the kernel was not running.
        """
        before = stream.header
        if before is None or "cpu" not in before or "cpu" not in row or before["pid"] == row["pid"]:
            return False
        program = any(one["name"] == "RIP" and one["value"][3:4] == "3" for one in stream.registers)
        return not program and self._near(stream, line, timestamp)

    def _near(self, stream: _Stream, line: int, timestamp: float) -> bool:
        return line - stream.began[0] <= FAR and not abs(timestamp - stream.began[1]) > NEAR

    def _rivals(self, stream: _Stream, line: int, timestamp: float) -> int:
        return stream.rivals if self._near(stream, line, timestamp) else 0

    def _headline(self, stream: _Stream, line: int, timestamp: float) -> tuple[int, str, float] | None:
        """The line that the next trace illustrates, if one is near enough."""
        report, said = stream.report, stream.said
        if report and not (line - report[0] > 16 or abs(timestamp - report[2]) > NEAR):
            return report
        return said if said and not abs(timestamp - said[2]) > NEAR else None

    def _open(self, stream: _Stream, line: int, rest: str, timestamp: float, caller: str, boot: str) -> str:
        if stream.trace is not None:
            self._close(stream, "unrelated line" if stream.skipped else "closed" if stream.closed else "next marker")
        header = stream.header or {"headline": self._headline(stream, line, timestamp)}
        if header.get("pid") is None and caller.startswith("T"):
            header["pid"] = int(caller[1:])
        headline = header.pop("headline")
        rivals = self._rivals(stream, line, timestamp)
        if rivals:
            headline = None
            header = {name: value for name, value in header.items() if name not in ("cpu", "pid", "comm")}
            message = f"trace {len(self.traces) + 1} is of one of several tasks that print at once; no line says of which"
            self.notes.append(Note("interleaved", message, self.source, line))
        row = {
            "trace": len(self.traces) + 1, "line": line, "end": line, "boot": boot, "timestamp": timestamp,
            "headline": headline[1] if headline else "", **header,
        }  # fmt: skip
        self.traces.append(row)
        if headline:
            self.headlines[headline[0]] = row
        owner = {} if rivals else {"trace": row["trace"]}
        self.registers += [register | owner for register in stream.registers]
        stream = self._streams[caller] = _Stream(trace=row, began=stream.began, rivals=max(0, rivals - 1))
        if rest:
            self._inside(stream, line, rest)
        return "marker"

    def _inside(self, stream: _Stream, line: int, text: str) -> str:
        """Take a line of the open trace; '' where it does not belong to it."""
        trace = stream.trace
        role, at, was = "", 0, stream.contexts[:]
        while found := _MARK.match(text, at):
            at, role, name = found.end(), "mark", found["name"]
            if found["close"] or name in (None, "EOI"):
                stream.closed = bool(stream.contexts)
                if name in stream.contexts:
                    del stream.contexts[stream.contexts.index(name) :]
                elif stream.contexts:
                    stream.contexts.pop()
            else:
                stream.contexts = [*stream.contexts[-DEEPEST:], name]
                stream.closed = False
        if left := text[at:]:
            if row := parse_frame(left):
                row |= {"trace": trace["trace"], "line": line, "depth": stream.depth}
                row["context"] = stream.contexts[-1] if stream.contexts else ""
                self.frames.append(row)
                stream.depth += 1
                stream.closed = False
                role = "frame"
            elif not stream.skipped and not role and (pairs := parse_registers(left)):
                self.registers += [{"trace": trace["trace"], "line": line, "name": n, "value": v} for n, v in pairs]
                role = "register"
            elif not stream.skipped and not role and _END.match(left):
                self._close(stream, "closed")
                return ""
            else:
                stream.contexts = was
                return ""
        if stream.skipped:
            self.notes.append(Note("interleaved", f"trace {trace['trace']} is interrupted by other lines", self.source, line))
            stream.skipped = 0
        trace["end"] = line
        stream.said = None
        if role == "mark" and text.startswith("</TASK>"):
            self._close(stream, "closed")
        return role

    def _other(self, stream: _Stream, line: int, text: str, timestamp: float, caller: str) -> str:
        if stream.trace is not None:
            stream.skipped += 1
            if caller or stream.closed or stream.skipped > PATIENCE:
                self._close(stream, "closed" if stream.closed else "unrelated line")
        if stream.header is not None:
            stream.waited += 1
            if stream.waited > PATIENCE:
                self._drop_header(stream)
        stream.dumping = False
        if stream.registers and stream.header is None:
            self._drop_header(stream)
        stream.said = (line, text, timestamp)
        if _REPORT.match(text):
            report = stream.report
            if not report or line - report[0] > 16 or abs(timestamp - report[2]) > NEAR:
                stream.report = stream.said
        return "other"

    def _close(self, stream: _Stream, how: str) -> None:
        if stream.trace is not None:
            stream.trace["complete"] = how if stream.depth else "no frames"
            stream.trace, stream.depth, stream.skipped, stream.closed = None, 0, 0, False
            stream.contexts = []

    def _drop_header(self, stream: _Stream) -> None:
        """Forget a header that no trace follows; its registers stay, with no trace."""
        self.registers += stream.registers
        stream.registers, stream.header = [], None
