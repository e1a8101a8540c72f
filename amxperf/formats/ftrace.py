"""Reader of ftrace text: tracefs `trace` and `trace_pipe`, `trace-cmd report`.

Tables: events, and traces and frames for ``<stack trace>`` blocks (a trace's headline is the event before it on the same
processor and in the same task; its line is the marker's; a symbol has offset and size only where they are printed).

A line is ``TASK-PID [CPU] FLAGS STAMP: event: payload``. The task name may hold dashes, blanks and slashes, so it is all that
stands before ``-PID [CPU]``. Flags are 3 to 8 characters, absent in trace-cmd output. A system call prints as
``sys_arch_prctl(option: ..)`` and ``sys_arch_prctl -> 0x0``: events `sys_arch_prctl` and `sys_arch_prctl_return`.

Options: ``side="host"`` or ``"guest"`` fills the events' column of that name.

Lost events print as ``CPU:1 [LOST 17 EVENTS]``, without a number, or (trace-cmd) as ``CPU:1 [17 EVENTS DROPPED]``.

Notes: ``lost-events``, ``missing-entries``, ``no-events``, ``unknown-lines``, ``clock-not-seconds``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import nan
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from .dmesg import side_of
from .options import only
from .stackframe import parse_frame, plain_name
from .tracepoints import decode

if TYPE_CHECKING:
    import pandas as pd

TITLE = "ftrace text"

_LINE = re.compile(
    r"""\s*+(?P<comm>\S.{0,40}?)-(?P<pid>\d{1,10})\s++
        (?:\(\s*+(?:\d{1,10}|-{1,10})\)\s++)?        # thread group, with the option record-tgid
        \[(?P<cpu>\d{1,6})\]\s++
        (?:(?P<flags>[^\s:]{3,8})\s++)?
        (?P<stamp>\d{1,20}(?:\.\d{1,9})?):\s++(?P<rest>\S.*)""",
    re.VERBOSE,
)
_ENTRIES = re.compile(r"# entries-in-buffer/entries-written: (\d{1,18})/(\d{1,18})")
_LOST = re.compile(r"CPU:(\d{1,6}) \[(?:LOST (?:(\d{1,18}) )?EVENTS|(\d{1,18}) EVENTS DROPPED|EVENTS DROPPED)\]")
_EMPTY = re.compile(r"CPU:? ?\d{1,6} is empty")
_CALL = re.compile(r"(sys_\w{1,60})\((.*)\)")
_RETURN = re.compile(r"(sys_\w{1,60}) -> (?:0x([0-9a-f]{1,16})|(-?\d{1,19}))")
_EVENT = re.compile(r"([\w.]{1,100}|<[\w ]{1,40}>):\s*+(.*)")
_FUNCTION = re.compile(r"([^\s<]{1,200}) <-(\S{1,200})")
_FRAME = re.compile(r"\s*+=>\s*+(\S.*)")
_STACK = re.compile(r"(?:kernel_stack:\s*+)?<(user )?stack trace ?>")  # trace-cmd writes the longer form
_AT = re.compile(r"\s[<(][0-9a-f]{8,16}[>)]$")  # address behind a symbol: option sym-addr, trace-cmd


def sniff(document: Document) -> int:
    """Confidence that this is ftrace text: the header of the tracer, or lines of its form."""
    head = [line for line in document.head if line.strip()]
    if any(line.startswith(("# tracer:", "# entries-in-buffer/entries-written:")) for line in head[:20]):
        return 95
    body = [line for line in head if not line.startswith(("#", "cpus=", "version =")) and not _FRAME.match(line)]
    body = [line for line in body if not _LOST.match(line.strip()) and not _EMPTY.fullmatch(line.strip())]
    hits = sum(_LINE.fullmatch(line) is not None for line in body)
    return 85 if hits and hits >= 0.5 * len(body) else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read ftrace text. Raises UsageError for an unknown option or side, FormatError for an empty or binary file.

    >>> document = Document("a", b" amx-test-13045 [001] d.... 2254.520740: read_msr: 1c5, value 40000\\n", "")
    >>> tables, notes = read(document, {})
    >>> tables["events"][["comm", "pid", "cpu", "kind", "msr", "value"]].values.tolist()
    [['amx-test', 13045, 1, 'read_msr', 453, 262144]]
    """
    only(options, "ftrace", "side")
    reading = _Reading(document.source, side_of(options))
    for number, line in enumerate(document.lines, 1):
        reading.take(number, line)
    return reading.tables(), reading.notes


class _Reading:
    """The state of one pass: the rows so far, the open stack trace, and the last event of each task and processor."""

    def __init__(self, source: str, side: str) -> None:
        self.source, self.side = source, side
        self.events: list[dict[str, Any]] = []
        self.traces: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []
        self.notes: list[Note] = []
        self.open: dict[str, Any] | None = None
        self.depth = 0
        self.last: dict[tuple[int, int, bool], str] = {}
        self.promised = self.header = 0
        self.unknown: list[int] = []
        self.ticks = 0  # first line whose stamp is no number of seconds

    def take(self, number: int, line: str) -> None:
        """Take one line of the file."""
        if not line.strip():
            return
        if found := _FRAME.fullmatch(line):
            self._frame(number, found[1].strip())
        elif found := _LINE.fullmatch(line):
            self._close("closed")
            self._entry(number, found)
        elif found := _ENTRIES.match(line):
            self._close("closed")
            held, written = int(found[1]), int(found[2])
            self.promised, self.header = self.promised + held, number
            if held < written:
                self._note("lost-events", f"the buffer kept {held} of {written} entries: {written - held} were overwritten", number)
        elif found := _LOST.match(line.strip()):
            count = found[2] or found[3] or "an unknown number of"
            self._note("lost-events", f"{count} events of processor {found[1]} were lost here", number)
        elif not line.startswith(("#", "cpus=", "version =")) and not _EMPTY.fullmatch(line.strip()):
            self.unknown.append(number)

    def _entry(self, number: int, found: re.Match[str]) -> None:
        stamp, rest = found["stamp"], found["rest"].rstrip()
        if "." not in stamp:
            self.ticks = self.ticks or number
        comm = found["comm"].strip()
        place = {"source": self.source, "line": number, "timestamp": float(stamp) if "." in stamp else nan}
        task = {"cpu": int(found["cpu"]), "pid": int(found["pid"]), "comm": "" if comm == "<...>" else comm}
        key = (task["cpu"], task["pid"])
        if marker := _STACK.fullmatch(rest):
            headline = self.last.pop((*key, bool(marker[1])), "")
            self.open = {**place, **task, "trace": len(self.traces) + 1, "end": number, "headline": headline}
            self.traces.append(self.open)
            self.depth = 0
            return
        self.last |= {(*key, user): rest for user in (False, True)}  # one kernel and one user stack may belong to it
        self.events.append({**place, **task, "side": self.side, **_payload(rest)})

    def _frame(self, number: int, text: str) -> None:
        if self.open is None:
            self.unknown.append(number)
            return
        symbol = _AT.sub("", text)
        row = parse_frame(symbol) or {"symbol": symbol, "function": plain_name(symbol)}
        self.frames.append({**row, "source": self.source, "trace": self.open["trace"], "line": number, "depth": self.depth})
        self.open["end"] = number
        self.depth += 1

    def _close(self, how: str) -> None:
        if self.open is not None:
            self.open["complete"] = how if self.depth else "no frames"
            self.open = None

    def _note(self, code: str, message: str, line: int = 0) -> None:
        self.notes.append(Note(code, message, self.source, line))

    def tables(self) -> dict[str, pd.DataFrame]:
        """End of input: the frames, and the notes that only the whole file tells."""
        self._close("end of file")
        entries = len(self.events) + len(self.traces)
        if not entries:
            self._note("no-events", "the file holds no event")
        if entries < self.promised:
            message = f"the header promises {self.promised} entries and {entries} are here: the file was cut or filtered"
            self._note("missing-entries", message, self.header)
        if self.unknown:
            self._note("unknown-lines", f"{len(self.unknown)} lines are no ftrace text, this is the first", self.unknown[0])
        if self.ticks:
            self._note("clock-not-seconds", "the trace clock does not count seconds; its stamps are left out", self.ticks)
        rows = {"events": self.events, "traces": self.traces, "frames": self.frames}
        return {name: schema.frame(name, data) for name, data in rows.items()}


def _payload(rest: str) -> dict[str, Any]:
    """Kind and columns from what stands behind the stamp."""
    if found := _CALL.fullmatch(rest):
        return {"kind": found[1], **decode(found[1], found[2])}
    if found := _RETURN.fullmatch(rest):
        value = int(found[2], 16) if found[2] else int(found[3]) & (1 << 64) - 1
        return {"kind": found[1] + "_return", "value": value, "detail": rest}
    if found := _EVENT.fullmatch(rest):
        kind = found[1]
        if kind == "sys_enter_arch_prctl":  # trace-cmd keeps the tracepoint's own name
            return {"kind": "sys_arch_prctl", **decode("sys_arch_prctl", found[2])}
        if kind == "sys_exit_arch_prctl" and (value := re.fullmatch(r"(?:0x)?([0-9a-f]{1,16})", found[2].strip())):
            return {"kind": "sys_arch_prctl_return", "value": int(value[1], 16), "detail": found[2].strip()}
        return {"kind": kind, **decode(kind, found[2])}
    if found := _FUNCTION.fullmatch(rest):
        return {"kind": "function", "reason": found[1], "detail": rest}
    return {"kind": "unknown", "detail": rest}
