"""Reader of ftrace text: tracefs `trace` and `trace_pipe`, `trace-cmd report`, `perf script`.

Tables: events, and traces and frames for stacks. A trace's `event` is the line of the event that it belongs to: the one before
it on the same processor and in the same task, which is also its headline; its line is the marker's (`perf script` prints none:
there it is the event's line). A symbol has offset and size only where they are printed. Frames of user stacks have the
context USER.

A system call prints as ``sys_arch_prctl(option: ..)`` and ``sys_arch_prctl -> 0x0``: events `sys_arch_prctl` and
`sys_arch_prctl_return`, also where a tool names the tracepoints sys_enter_x and sys_exit_x. The lines of the function_graph
tracer are events `funcgraph_entry`, `funcgraph_exit` and `funcgraph` with a duration and mostly without a stamp.

Options: ``side="host"`` or ``"guest"`` fills the events' column of that name.

Lost events print as ``CPU:1 [LOST 17 EVENTS]``, without a number, (trace-cmd) as ``CPU:1 [17 EVENTS DROPPED]``, or (perf) as
``PERF_RECORD_LOST lost 17``; each processor's are one note with their number in `count`. Every line is an event, a
stack marker, a frame, a header (blank lines too) or unknown: :func:`tally` counts them. A text that a program printed into the
trace may go over several lines; it is one (:mod:`.trace.prints`).

Notes: ``lost-events``, ``missing-entries``, ``no-events``, ``unknown-lines``, ``clock-not-seconds``,
``function-graph``, ``joined-text``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from .options import only, side_of
from .trace import traceline
from .trace.prints import joined
from .trace.traceline import BLANK, ENTRIES, EVENT, FRAME, HEADER, LOST, STACK, UNKNOWN, USER_STACK, Line

if TYPE_CHECKING:
    import pandas as pd

TITLE = "ftrace text"

LARGE = 1 << 14
"""Bytes from which on the compiled functions may read a file: see :mod:`amxperf.formats.trace.traceengine`."""

OVERWRITTEN = -1
"""Key of the events that the buffer's header counts as overwritten, beside the processors of those lost on the way."""


def sniff(document: Document) -> int:
    """Confidence that this is ftrace text: the header of the tracer, or lines of its form."""
    head = [line for line in document.head if line.strip()]
    if any(line.startswith(("# tracer:", "# entries-in-buffer/entries-written:")) for line in head[:20]):
        return 95
    kinds = [traceline.parse(line[:4096]) for line in head]
    body = [line for line in kinds if line.what not in (HEADER, LOST, FRAME, BLANK)]
    full = sum(line.what in (STACK, USER_STACK) or (line.what == EVENT and line.row.get("pid") is not None) for line in body)
    bare = sum(line.what == EVENT for line in body)
    if full and full >= 0.5 * len(body):
        return 85
    if bare and bare >= 0.8 * len(body):
        return 75
    return 25 if 10 * full >= len(body) > 0 else 0  # a few lines of a trace in a text


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read ftrace text. Raises UsageError for an unknown option or side, FormatError for an empty or binary file.

    >>> document = Document("a", b" amx-test-13045 [001] d.... 2254.520740: read_msr: 1c5, value 40000\\n", "")
    >>> tables, notes = read(document, {})
    >>> tables["events"][["comm", "pid", "cpu", "kind", "msr_name", "value"]].values.tolist()
    [['amx-test', 13045, 1, 'read_msr', 'IA32_XFD_ERR', 262144]]
    """
    only(options, "ftrace", "side")
    side = side_of(options)
    whole = joined(document)
    if _compiled(whole):
        from .trace.tracebulk import Bulk
        from .trace.tracetables import tables

        reading = Reading(document.source, side)
        with Bulk(whole, reading) as bulk:
            if not bulk.empty:
                return tables(bulk), [*reading.notes, *_joins(document, whole)]
    reading = _plain(whole, side)
    return reading.tables(), [*reading.notes, *_joins(document, whole)]


def _joins(document: Document, whole: Document) -> list[Note]:
    """A note on texts that were put together, with the first line of the first."""
    if whole is document:
        return []
    ends = [number for number, (old, new) in enumerate(zip(document.lines, whole.lines, strict=True), 1) if old and not new]
    message = f"{len(ends)} lines go on with a text that a program printed into the trace, this is the first"
    return [Note("joined-text", message, document.source, ends[0], len(ends))] if ends else []


def _compiled(document: Document) -> bool:
    """Whether the compiled functions read the file; they are not even imported for a small one."""
    if document.size < LARGE and os.environ.get("AMXPERF_ENGINE", "") in ("", "plain"):
        return False
    from .trace.traceengine import wanted

    return wanted(document)


def _plain(document: Document, side: str) -> Reading:
    reading = Reading(document.source, side)
    for number, line in enumerate(document.lines, 1):
        reading.take(number, traceline.parse(line))
    return reading


def tally(document: Document) -> dict[str, int]:
    """Lines of a file by what they are: events, stacks (markers), frames, headers, left (unknown); together all its lines.

    >>> text = b"# tracer: nop\\n a-1 [000] d.... 1.5: kvm_fpu: load\\n a-1 [000] d.... 1.6: <stack trace>\\n => f\\n"
    >>> tally(Document("a", text, ""))
    {'events': 1, 'stacks': 1, 'frames': 1, 'headers': 1, 'left': 0}
    """
    reading = _plain(document, "")
    reading.tables()
    return reading.counts


class Reading:
    """The state of one pass: the rows so far, the open stack, and the last event of each task and processor."""

    def __init__(self, source: str, side: str) -> None:
        self.source, self.side = source, side
        self.events: list[dict[str, Any]] = []
        self.traces: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []
        self.notes: list[Note] = []
        self.open: dict[str, Any] | None = None
        self.user = False
        self.depth = 0
        self.last: dict[tuple[int, int, bool], tuple[int, str]] = {}
        self.sampled: tuple[int, Line] | None = None  # the event of perf that frames may follow
        self.promised = self.header = 0
        self.lost: dict[int | None, list[tuple[int, int]]] = {}
        self.unknown: list[int] = []
        self.ticks = self.graph = 0  # first line whose stamp is no number of seconds; of the function_graph tracer
        self._symbol = cache(traceline.frame)  # the same few functions come again and again
        self.counts = dict.fromkeys(("events", "stacks", "frames", "headers", "left"), 0)

    def take(self, number: int, line: Line) -> None:
        """Take one line of the file."""
        what = line.what
        if what == EVENT:
            self._event(number, line)
        elif what in (STACK, USER_STACK):
            self._stack(number, line)
        elif what == FRAME:
            self._frame(number, line)
        elif what == UNKNOWN:
            self._left(number)
        else:
            self.counts["headers"] += 1
            if what == BLANK:
                if self.sampled:
                    self._close("closed")
                self.sampled = None
            elif what == ENTRIES:
                self._close("closed")
                held, written = line.row["held"], line.row["written"]
                self.promised, self.header = self.promised + held, number
                if held < written:
                    self.lost.setdefault(OVERWRITTEN, []).append((number, written - held))
            elif what == LOST:
                self.lost.setdefault(line.row["cpu"], []).append((number, line.row["count"]))

    def _left(self, number: int) -> None:
        self.counts["left"] += 1
        self.unknown.append(number)

    def _event(self, number: int, line: Line) -> None:
        self._close("closed")
        self.counts["events"] += 1
        row = line.row
        if line.ticks:
            self.ticks = self.ticks or number
        if row["kind"].startswith("funcgraph"):
            self.graph = self.graph or number
        self.sampled = (number, line) if line.perf else None
        if not line.perf and "pid" in row:  # one kernel and one user stack may belong to it
            for user in (False, True):
                self.last[row["cpu"], row["pid"], user] = (number, line.text)
        row["source"], row["line"], row["side"] = self.source, number, self.side
        self.events.append(row)

    def _stack(self, number: int, line: Line) -> None:
        self._close("closed")
        self.counts["stacks"] += 1
        if line.ticks:
            self.ticks = self.ticks or number
        self.sampled, self.user = None, line.what == USER_STACK
        event, headline = self.last.pop((line.row["cpu"], line.row["pid"], self.user), (None, ""))
        self._open(number, line.row, event, headline)

    def _open(self, number: int, row: Mapping[str, Any], event: int | None, headline: str) -> None:
        place = {name: row.get(name) for name in ("timestamp", "cpu", "pid", "comm")}
        self.open = {**place, "source": self.source, "trace": len(self.traces) + 1, "line": number, "end": number}
        self.open |= {"event": event, "headline": headline}
        self.traces.append(self.open)
        self.depth = 0

    def _frame(self, number: int, line: Line) -> None:
        if line.perf and self.sampled and self.open is None:
            event, entry = self.sampled
            self.user = False
            self._open(event, entry.row, event, entry.text)
        if self.open is None:
            self._left(number)
            return
        self.counts["frames"] += 1
        row = {**self._symbol(line.text, line.perf), "source": self.source, "trace": self.open["trace"], "line": number}
        row["depth"] = self.depth
        if self.user:
            row["context"] = "USER"
        self.frames.append(row)
        self.open["end"] = number
        self.depth += 1

    def _close(self, how: str) -> None:
        if self.open is not None:
            self.open["complete"] = how if self.depth else "no frames"
            self.open = None

    def note(self, code: str, message: str, line: int = 0, count: int = 0) -> None:
        """Add a note on this file."""
        self.notes.append(Note(code, message, self.source, line, count))

    def tables(self) -> dict[str, pd.DataFrame]:
        """End of input: the frames, and the notes that only the whole file tells."""
        self._close("end of file")
        self.remarks(len(self.events))
        rows = {"events": self.events, "traces": self.traces, "frames": self.frames}
        return {name: schema.frame(name, data) for name, data in rows.items()}

    def remarks(self, events: int) -> None:
        """The notes on a file with so many events."""
        for cpu, places in self.lost.items():
            self._lost(cpu, places)
        entries = events + self.counts["stacks"]
        if not entries:
            self.note("no-events", "the file holds no event")
        if entries < self.promised:
            message = f"the header promises {self.promised} entries and {entries} are here: the file was cut or filtered"
            self.note("missing-entries", message, self.header, self.promised - entries)
        if left := self.counts["left"]:
            self.note("unknown-lines", f"{left} lines are no ftrace text, this is the first", self.unknown[0], left)
        if self.ticks:
            self.note("clock-not-seconds", "the trace clock does not count seconds; its stamps are left out", self.ticks)
        if self.graph:
            message = "the function_graph tracer prints calls and durations; most of its lines have no stamp"
            self.note("function-graph", message, self.graph)

    def _lost(self, cpu: int | None, places: list[tuple[int, int]]) -> None:
        first, total = places[0][0], sum(number for _, number in places)
        if cpu == OVERWRITTEN:
            message = f"the buffer dropped {total} of the entries written to it: they were overwritten"
        else:
            count = str(total) if total else "an unknown number of"
            where = "here" if len(places) == 1 else f"in {len(places)} places, this is the first"
            message = f"{count} events{'' if cpu is None else f' of processor {cpu}'} were lost {where}"
            if total and not all(number for _, number in places):
                message = "at least " + message
        self.note("lost-events", message, first, total)
