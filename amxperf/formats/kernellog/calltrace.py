"""Call traces out of kernel messages: one pass, a small state machine per stream.

A stream is the printk caller where the capture keeps it (so that processors that print at once do not mix), else the file.
The states of a stream::

    idle --"CPU: n PID: n Comm: .."--> header --"Call Trace:"--> open --"</TASK>", next marker, other line--> idle

A trace opens at ``Call Trace:``, not at BUG or WARNING: plain ``dump_stack()`` output counts.
The further stacks of a report (``Allocated by task 7:``, ``-> #1 (&lock){+.+.}:``, kmemleak's ``backtrace:`` ...) are traces of
their own; they open at their first frame, so one that was not recorded gives no trace. Frames with nothing above them, as a cut
head leaves them, are a trace too, whose end reads ``head cut``.

The header above the marker gives processor, task and release; registers may stand in the header block or inside the trace,
where the frames of the interrupted code follow them. Where no caller tells the streams apart and the header of a second task
stands before the marker of the first, the traces that follow may be of either: they keep neither processor, task nor headline,
and the note `interleaved` says so.
The headline is the message just above the header, unless another trace, or more than :data:`.callstream.NEAR` seconds, lie
between; in a report with several lines above the header it is the line that names the fault.
"""

from __future__ import annotations

from math import nan
from typing import Any

from ...capture import Note
from . import report
from .callstream import NEAR, PATIENCE, SOON, Said, Stream
from .prefix import DROPPED
from .stackframe import is_sure, parse_header, parse_more, parse_registers
from .tracemarks import (
    BROKEN,
    DECODED,
    EIP,
    HYPERVISOR,
    INTERRUPT,
    MARK,
    MARKER,
    MARKS,
    ROOT,
    UNNAMED,
    bare_frame,
    frames_of,
    is_plain,
)
from .tracerows import TraceRows

LONG = 4096
"""Characters beyond which a line is neither header nor frame nor registers, and is cut as a headline."""


class CallTraces(TraceRows):
    """Feed lines, then :meth:`finish`; the rows are those of :class:`.TraceRows`, the notes tell of traces that others interrupt.

    >>> machine = CallTraces()
    >>> [machine.feed(n, text) for n, text in enumerate(["hello", "Call Trace:", " <TASK>", " f+0x1/0x2", " </TASK>"], 1)]
    ['other', 'marker', 'context', 'frame', 'context']
    >>> machine.finish(); machine.traces[0]["headline"], machine.traces[0]["complete"]
    ('hello', 'closed')
    """

    def __init__(self, source: str = "") -> None:
        super().__init__(source)
        self.tasks: dict[str, dict[str, Any]] = {}  # what a maker's log says of a caller
        self._streams: dict[str, Stream] = {}
        self._losses = [0]

    def feed(self, line: int, message: str, timestamp: float = nan, caller: str = "", boot: str = "") -> str:
        """Take one line; return its role, one of :data:`.roles.ROLES`."""
        text = message.strip()
        if not text:
            return "blank"
        if text.startswith("kvm ["):  # arm64: KVM prints the hypervisor's own trace
            text = HYPERVISOR.sub("", text, count=1)
        stream = self._streams.get(caller)
        if stream is None:
            stream = self._streams[caller] = Stream(losses=self._losses)
        stream.count += 1
        if len(text) > LONG:
            role = self._report(stream, line, text[:LONG], timestamp, caller)
        else:
            role = self._take(stream, line, text, timestamp, caller, boot)
        if role not in ("other", "lost"):
            stream = self._streams[caller]
            stream.about = stream.count
        return role

    def _take(self, stream: Stream, line: int, text: str, timestamp: float, caller: str, boot: str) -> str:
        if found := MARKER.match(text):
            return self._open(stream, line, found["rest"], timestamp, caller, boot)
        if self._header(stream, line, text, timestamp, caller):
            return "header"
        if stream.trace is not None and (role := self._inside(stream, line, text)):
            return role
        may_open = stream.trace is None and ("+0x" in text or stream.stack or stream.registers or UNNAMED.match(text))
        if may_open and (role := self._bare(stream, line, text, timestamp, caller, boot)):
            return role
        if stream.trace is None:
            if pairs := parse_registers(text, report=stream.header is not None or stream.dumping or stream.in_report()):
                stream.registers += [{"line": line, "name": name, "value": value} for name, value in pairs]
                stream.said = None
                if stream.header is not None and stream.header.get("cpu") is None and (found := EIP.match(text)):
                    stream.header["cpu"] = int(found[1])  # 32-bit x86 up to 3.9
                return "register"
            if (mark := MARK.match(text)) and MARKS.fullmatch(text):
                stream.mark(mark["name"], closes=bool(mark["close"]))
                return "context"
        return self._report(stream, line, text, timestamp, caller)

    def restart(self) -> None:
        """End of a boot: nothing goes on behind it."""
        for stream in self._streams.values():
            stream.close(stream.ended("end of file"))
            self._drop_header(stream)
        self._streams.clear()

    def finish(self) -> None:
        """End of input: close what is open and put the rows in order."""
        self.restart()
        self.put_in_order()

    def _header(self, stream: Stream, line: int, text: str, timestamp: float, caller: str) -> bool:
        before, stream.broken = stream.broken, ""
        row = parse_header(text)
        if row is None and before:  # a mailer broke the pid, or the task has a line feed in its name
            row = parse_header(before + ("\\x0a" if before.startswith("task:") else "") + text)
        if row is None and BROKEN.fullmatch(text):
            stream.broken = text
            return True
        if row is None:
            return self._more(stream, line, text, timestamp)
        headline = stream.headline(timestamp)
        dump = "kernel" not in row and "cpu" not in row
        if dump and not (headline and report.names_fault(headline.text)):
            headline = Said(line, text, timestamp, stream.count)
        if not caller and stream.trace is not None and not stream.closed:
            stream.interrupted = stream.count
        stream.close(stream.ended("next marker"))
        stream.rivals = stream.rivals_at(timestamp)
        if not caller and stream.is_cut_in(row, timestamp):
            stream.rivals = max(stream.rivals, 1) + 1
        if row.get("cpu") is None and stream.stack:  # Task dump for CPU 1:, or an old kernel's soft lockup
            row["cpu"] = report.owner(stream.stack.text).get("cpu")
        if stream.header is not None and "pid" not in stream.header:  # up to 2.6, a line `CPU 1` stands before it
            headline = stream.header["headline"]
            row["cpu"] = stream.header["cpu"] if row.get("cpu") is None else row["cpu"]
        spent = stream.owed is not None or stream.behind == stream.count - 1
        if stream.owed is not None:
            stream.owed |= {name: value for name, value in row.items() if stream.owed.get(name) in (None, "")}
        self._drop_header(stream)
        stream.header, stream.began = row | {"headline": headline}, (stream.count, timestamp)
        stream.waited = PATIENCE + 1 if spent else 0
        stream.said = stream.report = stream.stack = stream.owed = None
        return True

    def _more(self, stream: Stream, line: int, text: str, timestamp: float) -> bool:
        """Take the part of a header that stands on a line of its own."""
        if not text.startswith(("CPU", "Process ", "Task ")) or stream.trace is not None:
            return False
        row = parse_more(text)
        if row is None or ("pid" in row and stream.header is None and not stream.registers and not is_sure(text)):
            return False
        if stream.header is None:
            stream.header = row | {"headline": stream.headline(timestamp)}
            stream.waited, stream.began, stream.said, stream.report = 0, (stream.count, timestamp), None, None
        else:
            stream.header |= {name: value for name, value in row.items() if stream.header.get(name) in (None, "")}
        return True

    def _open(self, stream: Stream, line: int, rest: str, timestamp: float, caller: str, boot: str) -> str:
        """Open a trace at its ``Call Trace:``."""
        if stream.trace is not None:
            stream.close(stream.ended("next marker"))
        header = stream.header
        if header is None:
            headline = stream.headline(timestamp)
            header = {"headline": headline} | ((report.task(headline.text) if headline else {}) or stream.named)
        if header.get("pid") is None and caller.startswith("T"):
            header |= self._caller(caller)
        headline = header.pop("headline")
        rivals = stream.rivals_at(timestamp)
        if rivals:
            headline = None
            header = {name: value for name, value in header.items() if name not in ("cpu", "pid", "comm")}
            message = f"trace {len(self.traces) + 1} is of one of several tasks that print at once; no line says of which"
            self.notes.append(Note("interleaved", message, self.source, line))
        row = self.trace_row(line, line, timestamp, boot, headline, header)
        owner = {} if rivals else {"trace": row["trace"]}
        self.registers += [register | owner for register in stream.registers]
        stream = self._streams[caller] = Stream(
            count=stream.count, trace=row, began=stream.began, rivals=max(0, rivals - 1), losses=self._losses,
            before=self._losses[0],
        )  # fmt: skip
        if rest:
            self._inside(stream, line, rest)
        return "marker"

    def _bare(self, stream: Stream, line: int, text: str, timestamp: float, caller: str, boot: str) -> str:
        """Open a trace at a frame that no ``Call Trace:`` stands above; '' where the text is none, or only looks like one."""
        row = bare_frame(text)
        above, fault = stream.stack, stream.report
        if row is None:
            return ""
        if "offset" not in row and not UNNAMED.match(text) and (":" not in text or (above is None and not stream.registers)):
            return ""
        if stream.count == stream.wrapped + 1:
            return "detail"
        if stream.header is not None and above is None:  # Arm and RISC-V: below the header, the stack and the registers
            if stream.interrupted == stream.began[0] and is_plain(text):  # x86: the trace that the header stood in goes on
                stream.rivals = max(2, stream.rivals_at(timestamp))
            self._open(stream, line, "", timestamp, caller, boot)
            return self._inside(self._streams[caller], line, text)
        if above is None and ROOT in text and fault and stream.count - fault.count <= SOON:
            above = fault
        if above is None:
            task = self._caller(caller)
            trace = self.trace_row(line, line, timestamp, boot, None, task)
            stream.flaw = "head cut"
        else:
            task, headline = report.owner(above.text) or stream.named, above
            if fault and "backtrace" in above.text.lower():
                headline, stream.report = fault, None
            elif fault and report.names_fault(above.text):
                headline = fault
                task = task or self._caller(caller)
            trace = self.trace_row(above.line, line, above.stamp, boot, headline, task)
            if report.names_fault(above.text) or report.accuses(above.text):
                stream.owed = trace
        self._drop_header(stream)
        stream.trace, stream.depth, stream.said, stream.stack, stream.named = trace, 0, None, None, {}
        stream.before = self._losses[0]
        return self._inside(stream, line, text)

    def _caller(self, caller: str) -> dict[str, Any]:
        """What the caller field says of the task."""
        return self.tasks.get(caller) or ({"pid": int(caller[1:])} if caller.startswith("T") else {})

    def _inside(self, stream: Stream, line: int, text: str) -> str:
        """Take a line of the open trace; '' where it does not belong to it."""
        trace = stream.trace
        role, at, was = "", 0, stream.contexts[:]
        while found := MARK.match(text, at):
            at, role = found.end(), "context"
            stream.mark(found["name"], closes=bool(found["close"]))
        if left := text[at:]:
            if stream.skipped and ROOT in left:  # 32-bit Arm: another trace begins
                stream.close("unrelated line")
                return ""
            if rows := frames_of(left):
                self.frame_rows(rows, trace, line, stream.depth, stream.contexts[-1] if stream.contexts else "")
                stream.depth += len(rows)
                stream.closed = False
                role = "frame"
            elif not role and (pairs := parse_registers(left, report=not stream.skipped)):
                self.registers += [{"trace": trace["trace"], "line": line, "name": n, "value": v} for n, v in pairs]
                role = "register"
            elif not stream.skipped and not role and INTERRUPT.match(left):
                role = "context"
            elif not role and DECODED.fullmatch(left):
                if stream.skipped:
                    return "detail"
                role = "detail"
            else:
                stream.contexts = was
                return ""
        if stream.skipped:
            self.notes.append(Note("interleaved", f"trace {trace['trace']} is interrupted by other lines", self.source, line))
            stream.skipped = 0
        trace["end"] = line
        stream.said = None
        if role == "context" and text.startswith("</TASK>"):
            stream.close("closed")
        return role

    def _report(self, stream: Stream, line: int, text: str, timestamp: float, caller: str) -> str:
        """Take a line that is neither header, frame nor register: part of a report, or any other message."""
        part = report.part(text)
        if report.comes_behind(text):
            stream.behind = stream.count
        if part == "after" and stream.trace is not None and stream.has_rival_fault(caller):
            return "detail"
        if part in ("end", "cut", "after", "place", "stack") and stream.trace is not None:
            stream.close(stream.ended("next marker" if part == "cut" else "closed"))
        if part == "end":
            stream.said, stream.dumping = None, True
            return "report"
        if part == "cut":
            self._drop_header(stream)
            stream.said = stream.report = stream.owed = None
            return "report"
        if part == "stack":
            stream.stack = Said(line, text, timestamp, stream.count)
            return "marker"
        if part == "place":
            stream.wrapped = stream.count
            return "detail"
        if report.said(text) == "stack backtrace:" and stream.report is not None:  # lockdep: the trace of its first line comes now
            stream.report = stream.report._replace(stamp=timestamp, count=stream.count)
            stream.stack = Said(line, text, timestamp, stream.count)
            return "detail"
        fault = report.names_fault(text)
        if not fault:
            stream.named = report.named(text) or stream.named
        if part and not fault and (part == "after" or ((stream.trace is None or stream.closed) and stream.in_report())):
            if stream.header is not None and text.startswith("Hardware name: "):
                stream.header["hardware"] = text.partition(": ")[2].strip()
            return "detail"
        return self._other(stream, line, text, timestamp, caller, fault)

    def _other(self, stream: Stream, line: int, text: str, timestamp: float, caller: str, fault: bool) -> str:
        if DROPPED.search(text):
            if caller and stream.trace is not None:
                stream.flaw = stream.flaw or "lost messages"
            elif not caller:  # a console says it of all that it prints
                self._losses[0] += 1
                self._drop_header(stream)
                stream.said = stream.report = stream.stack = stream.owed = None
                stream.named = {}
            return "lost"
        if stream.count == stream.wrapped + 1 and DECODED.fullmatch(text):
            stream.wrapped = stream.count
        if stream.trace is not None:
            stream.skipped += 1
            if caller or stream.skipped > PATIENCE:
                stream.close(stream.ended("unrelated line"))
        else:
            stream.contexts = []
        if stream.header is not None:
            stream.waited += 1
            if stream.waited > PATIENCE:
                self._drop_header(stream)
        stream.dumping = False
        if stream.registers and stream.header is None:
            self._drop_header(stream)
        stream.said = Said(line, text, timestamp, stream.count)
        stream.stack = stream.said if fault or text.endswith(":") else None
        if fault:
            if report.is_short(text):
                stream.wrapped = stream.count
            before = stream.report
            past = not before or stream.count - before.count > SOON or abs(timestamp - before.stamp) > NEAR
            if past or text.startswith("unreferenced"):
                stream.report, stream.owed = stream.said, None
            return "report"
        return "other"

    def _drop_header(self, stream: Stream) -> None:
        """Forget a header that no trace follows; its registers stay, with no trace."""
        self.registers += stream.registers
        stream.registers, stream.header = [], None
