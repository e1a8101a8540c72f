"""Reader of kernel logs: dmesg, journal, serial console, as text or as JSON.

Tables: lines (every line; two rows for a line in which prints were glued together), traces, frames, registers and events.

Options: ``side="host"`` or ``"guest"`` fills the events' column of that name; ``tables=("traces", "frames")`` makes only these
tables.

An event that names no task takes pid and comm from the call trace of which it is the headline: one task printed both.

The column `role` of the lines says what each was taken for; rows = explained rows + rows of role ``other``.

Notes: ``vcpu-is-cpu``, ``interleaved``, ``wall-clock``, ``several-boots``, ``lost-messages``, ``oversized``, ``backwards``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from math import isnan
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import UsageError
from .kernellog import backwards, dialect, journalfields, kernel_events, late, logjson, report
from .kernellog.calltrace import CallTraces
from .kernellog.prefix import DROPPED, Prefixed, pieces, split
from .kernellog.stackframe import parse_frame, parse_registers
from .kernellog.tracemarks import UNNAMED
from .options import only, side_of

if TYPE_CHECKING:
    import pandas as pd

TITLE = "kernel log"

TABLES = ("lines", "traces", "frames", "registers", "events")

FALL = 1.0
"""Seconds by which a stamp must fall back for a new boot; processors that print at once differ by far less."""

_FRAME = re.compile(r"[\w.]\+0x[0-9a-f]{1,8}/0x[0-9a-f]{1,8}")
_MARKS = re.compile(r"(?:</?[A-Z_#]{1,20}>\s{0,9}){0,4}")
_STAMPED = re.compile(rb"^(?:<\d{1,3}>)?\[ {0,12}\d{1,12}\.\d{6}\]", re.MULTILINE)
_SOURCE = re.compile(r"(?:import \w|from [\w.]{1,99} import |def \w{1,99}\(|#include [<\"])")
_UNSTAMPED = re.compile(r"kernel: |\[ *+\+\d{1,9}[.,]\d{6}\]|\[< *+\d{1,9}[.,]\d{6}>\]|\[ *+[TC]\d{1,10}\] ")
_PROPERTY = re.compile(r" [A-Z][A-Z_]{2,30}=\S")
_REBOOT = re.compile(r"-- (?:Boot [0-9a-f]{32}|Reboot) --")
_MISSED = re.compile(r"systemd-journald(?:\[\d{1,10}\])?: (?:Missed|Suppressed) (\d{1,10}) (?:kernel )?messages")


class _Boots:
    """Numbers the boots of one file, from stamps that fall back, from banners and from what journald says."""

    def __init__(self) -> None:
        self.number, self.highest, self.banner, self.id, self.any = 1, float("-inf"), False, "", False

    def see(self, line: Prefixed, identity: str = "") -> bool:
        """Take one line (and journald's id of its boot); True where it starts another boot."""
        banner = line.message.startswith("Linux version ")
        fell = not isnan(line.timestamp) and line.timestamp < self.highest - FALL
        other = self.id != identity and bool(self.id)
        marked = self.any and line.message.startswith("-- ") and _REBOOT.match(line.message) is not None
        new = other or marked or (not identity and (fell or (banner and self.banner)))
        if new:
            self.number, self.highest, self.banner = self.number + 1, float("-inf"), False
        self.id, self.any = identity, not marked and (self.any or bool(line.message))
        self.banner |= banner
        if not isnan(line.timestamp):
            self.highest = max(self.highest, line.timestamp)
        return new


class Continued(Prefixed):
    """A line that ends the one above it (:mod:`amxperf.formats.kernellog.dialect`): the text stands there."""


def records(document: Document, tasks: dict[str, dict[str, Any]] | None = None) -> Iterator[tuple[int, Prefixed, str]]:
    """Line, message with its prefixes taken apart, and journald's boot id (else empty), of everything in the log.

    `tasks` is filled with what a maker's log says of each caller.

    >>> [(line, record.message) for line, record, _ in records(Document("a", b"a[    1.500000] b\\n", ""))]
    [(1, 'a'), (1, 'b')]
    """
    if logjson.looks_like_json(document.head):
        yield from logjson.records(document.lines)
        return
    if journalfields.looks_like_fields(document.head):
        yield from journalfields.records(document.lines)
        return
    if not (what := dialect.of(document)):
        for number, text in enumerate(document.lines, 1):
            for parts in pieces(text):
                yield number, parts, ""
        return
    for written in dialect.rewritten(document.lines, what):
        if written.program:
            parts = split(written.text)
            yield written.line, parts._replace(message=parts.message.partition(" ")[2], kernel=False), ""
            continue
        if written.task and tasks is not None:
            tasks[f"T{written.task['pid']}"] = written.task
        for parts in pieces(written.text):
            yield written.line, Continued(*parts) if written.continued else parts, ""


def _stands_alone(text: str) -> bool:
    """Whether the whole line is a frame, a register or a fault; the source of a program holds such text in quotes."""
    bare = _MARKS.sub("", text, count=1)
    return "offset" in (parse_frame(bare) or {}) or bool(parse_registers(bare)) or report.names_fault(text)


def _symbolised(text: str) -> bool:
    """Whether the whole line is a frame with its place in the source for its offset."""
    return UNNAMED.match(_MARKS.sub("", text, count=1)) is not None


def sniff(document: Document) -> int:
    """Confidence that this is a kernel log: most lines carry a kernel prefix, or it shows traces or known messages.

    The console of a guest begins with its firmware, which may print thousands of lines: then the end tells.
    """
    return _first_lines(document) or (60 if document.head and _ends_stamped(document.tail) else 0)


def speaks_late(document: Document) -> bool:
    """Whether a log that begins with many lines of other programs is a kernel log from some line on."""
    found = late.lines(document)
    return bool(found) and _first_lines(Document(document.source, "\n".join(found).encode(), "")) >= 60


def _ends_stamped(tail: bytes) -> bool:
    """Whether most of these lines begin with the kernel's stamp."""
    return bool(tail) and 2 * len(_STAMPED.findall(tail)) > tail.count(b"\n")


def _first_lines(document: Document) -> int:
    """The confidence by the start of the log."""
    head = [line for line in document.head if line.strip()]
    if not head or any(line.startswith("# tracer:") for line in head[:20]):
        return 0
    if backwards.is_backwards(head):
        head.reverse()
    if logjson.looks_like_json(head):
        return 90 if any(record.kernel for _, record, _ in logjson.records(head)) else 0
    if journalfields.looks_like_fields(head):
        return 90 if any(record.kernel for _, record, _ in journalfields.records(document.head)) else 0
    marked = known = frames = dumps = others = 0
    marker = False
    if what := dialect.passes(head):
        head = [written.text for written in dialect.rewritten(head, what) if not (written.continued or written.program)]
    for line in head:
        parts = split(line)
        others += not parts.kernel
        named = _UNSTAMPED.match(line.lstrip("> \t")) is not None
        marked += parts.kernel and (not isnan(parts.timestamp) or bool(parts.level) or bool(parts.wall) or named)
        text = parts.message.strip()
        marker |= text.startswith(("Call Trace:", "Call trace:")) or report.part(text) == "stack" or report.names_fault(text)
        frames += (_FRAME.search(text) is not None and _stands_alone(text)) or text.startswith("Call Trace: [") or _symbolised(text)
        dumps += bool(parse_registers(text, report=False))
        known += kernel_events.match(text) is not None
    if marked and marked >= 0.5 * (len(head) - others):
        return 90
    if frames and (marker or dumps or frames >= 3) and not any(_SOURCE.match(line) for line in head):
        return 70
    return 50 if known and known >= 0.5 * len(head) else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[Mapping[str, pd.DataFrame], list[Note]]:
    """Read a kernel log. Raises UsageError for an unknown option or side, FormatError for an empty or binary file.

    >>> document = Document("a", b"[    1.500000] handle_xfd_event on CPU3\\n", "")
    >>> tables, notes = read(document, {"side": "guest"})
    >>> tables["events"][["timestamp", "side", "kind", "cpu"]].values.tolist()
    [[1.5, 'guest', 'handle_xfd_event', 3]]
    """
    only(options, "dmesg", "side", "tables")
    side, names = side_of(options), tables_of(options)
    if backwards.is_backwards(document.head):
        return backwards.read(document, lambda turned: _read(turned, side, names))
    return _read(document, side, names)


def _read(document: Document, side: str, names: tuple[str, ...]) -> tuple[Mapping[str, pd.DataFrame], list[Note]]:
    from .kernellog import engine

    if engine.wanted(document):
        with suppress(engine.Unsuited):
            return engine.read(document, names, side, looked=True)
    source, boots, notes = document.source, _Boots(), []
    machine = CallTraces(source)
    lines: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    said: set[str] = set()

    def note(code: str, message: str, line: int, once: bool = True) -> None:
        if not (once and code in said):
            said.add(code)
            notes.append(Note(code, message, source, line))

    for number, parts, identity in records(document, machine.tasks):
        new = not isinstance(parts, Continued) and boots.see(parts, identity)
        if new:
            machine.restart()
            note("several-boots", f"boot {boots.number} starts here", number, once=False)
        boot, message = str(boots.number), parts.message
        bare = isnan(parts.timestamp) and not (parts.wall or parts.level or parts.caller)
        if parts.wall and isnan(parts.timestamp):
            note("wall-clock", "the stamps are wall-clock times, which are wrong after a suspend; left out", number)
        if not parts.kernel:
            role = "program"
        elif isinstance(parts, Continued) or (bare and _PROPERTY.match(message)):  # /dev/kmsg: SUBSYSTEM=usb, DEVICE=+usb:1-1
            role = "detail"
        else:
            role = machine.feed(number, message, parts.timestamp, parts.caller, boot)
        if role in ("other", "report", "detail") and (found := kernel_events.match(message)):
            row, entry = found
            role = "event" if role == "other" else role
            events.append({"source": source, "line": number, "timestamp": parts.timestamp, "side": side, **row})
            if entry.vcpu_is_cpu:
                note("vcpu-is-cpu", "the number after 'vcpu' equals the host processor; it is not taken for a vcpu", number)
        elif role in ("lost", "program") and (found := DROPPED.search(message) or _MISSED.match(message)):
            role = "lost"
            note("lost-messages", f"{next(filter(None, found.groups()))} messages were dropped here", number, once=False)
        elif role == "other" and (new or message.startswith("Linux version ") or _REBOOT.match(message)):
            role = "boot"
        lines.append(
            {"source": source, "line": number, "boot": boot, "timestamp": parts.timestamp, "level": parts.level,
             "facility": parts.facility, "caller": parts.caller, "message": message, "role": role}
        )  # fmt: skip
    machine.finish()
    for event in events:
        if "pid" not in event and (trace := machine.headlines.get(event["line"])):
            event |= {"pid": trace.get("pid"), "comm": trace.get("comm")}
    faults = kernel_events.faults(machine.headlines, machine.registers, {event["line"] for event in events}, machine.stamps)
    events = sorted([*events, *({"source": source, "side": side, **row} for row in faults)], key=lambda row: row["line"])
    if boots.number == 1:
        for row in [*lines, *machine.traces]:
            row["boot"] = ""
    tables = {"lines": lines, "traces": machine.traces, "frames": machine.frames, "registers": machine.registers, "events": events}
    for name in ("traces", "frames", "registers"):
        tables[name] = [{"source": source, **row} for row in tables[name]]
    return {name: schema.frame(name, tables[name]) for name in names}, notes + machine.notes


def tables_of(options: Mapping[str, Any]) -> tuple[str, ...]:
    """The option `tables`: names of the tables to make, all if it is left out. UsageError for another name.

    >>> tables_of({"tables": ["frames", "traces"]})
    ('traces', 'frames')
    """
    wanted = options.get("tables", TABLES)
    names = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    if not names or set(names) - set(TABLES):
        raise UsageError(f"option tables is {wanted!r}", hint=f"name one or more of {', '.join(TABLES)}")
    return tuple(name for name in TABLES if name in names)
