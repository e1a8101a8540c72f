"""What one caller of a kernel log is in the middle of: a stream of :mod:`.calltrace`."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan
from typing import Any, NamedTuple

NEAR = 1.0
"""Longest time in seconds between a headline and the header below it."""

SOON = 16
"""Lines after which a message that names a fault is no headline any more."""

PATIENCE = 3
"""Unrelated lines that an open trace survives where no caller tells the streams apart, and that a header waits for its trace."""

FAR = 100
"""Lines after which the headers of tasks that printed at once are past."""

ABOUT = 30
"""Lines after the last line of a report in which its further details are looked for."""

DEEPEST = 15
"""Most context marks that are kept open at once; a real stack nests four."""


class Said(NamedTuple):
    """A message that may be a headline."""

    line: int
    text: str
    stamp: float
    count: int  # of the stream's lines up to it


@dataclass(slots=True)
class Stream:
    """What one caller is in the middle of. Distances count the stream's own lines that are not blank."""

    count: int = 0  # lines so far
    said: Said | None = None  # last other message
    report: Said | None = None  # last message that names a fault
    stack: Said | None = None  # last line: it may open a further stack
    named: dict[str, Any] = field(default_factory=dict)  # task of the next further stack
    owed: dict[str, Any] | None = None  # trace of a report whose header comes behind it
    header: dict[str, Any] | None = None
    waited: int = 0  # other lines since the header
    began: tuple[int, float] = (0, nan)  # count and stamp at the header
    rivals: int = 0  # traces still to come of tasks that print at once, 0 while there is one task
    registers: list[dict[str, Any]] = field(default_factory=list)
    dumping: bool = False  # registers outside a trace may follow
    trace: dict[str, Any] | None = None
    depth: int = 0
    contexts: list[str] = field(default_factory=list)
    closed: bool = False  # a context mark was closed; frames of the outer context may follow
    skipped: int = 0  # other lines since the last line of the open trace
    wrapped: int = -1  # count at the line whose end stands on the next one
    about: int = 0  # count at the last line of a report, 0 without one
    behind: int = -1  # count at the line that says that the header below has no trace of its own
    broken: str = ""  # first part of a header that goes on in the next line
    flaw: str = ""  # why the open trace is not whole: head cut, lost messages
    interrupted: int = 0  # count at the header that stood inside an open trace
    losses: list[int] = field(default_factory=lambda: [0])  # how often a console lost messages so far; one number for all streams
    before: int = 0  # its value when the trace opened

    def ended(self, otherwise: str) -> str:
        """How the open trace ended, where something else ends it."""
        return "closed" if self.closed else "unrelated line" if self.skipped else otherwise

    def close(self, how: str) -> None:
        """End the open trace, if there is one."""
        if self.trace is not None:
            flaw = self.flaw or ("lost messages" if self.losses[0] != self.before else "")
            self.trace["complete"] = (flaw or how) if self.depth else "no frames"
            self.trace, self.depth, self.skipped, self.closed, self.flaw = None, 0, 0, False, ""
            self.contexts = []

    def mark(self, name: str | None, *, closes: bool) -> None:
        """Take one context mark; without a name it is ``<<EOE>>``."""
        if closes or name in (None, "EOI"):
            self.closed = bool(self.contexts)
            if name in self.contexts:
                del self.contexts[self.contexts.index(name) :]
            elif self.contexts:
                self.contexts.pop()
        else:
            self.contexts = [*self.contexts[-DEEPEST:], name]
            self.closed = False

    def is_cut_in(self, row: dict[str, Any], timestamp: float) -> bool:
        """Whether the header `row` is of another task than the one above it, whose trace must still come.

        No trace need come behind the registers of a program (its code segment ends in 3): the kernel was not running.
        """
        before = self.header
        if before is None or "cpu" not in before or "cpu" not in row or before.get("pid", row["pid"]) == row["pid"]:
            return False
        if self.waited > PATIENCE:  # the stacks of its report stood above it
            return False
        program = any(one["name"] == "RIP" and one["value"][3:4] == "3" for one in self.registers)
        return not program and self.near(timestamp)

    def in_report(self) -> bool:
        """Whether the last line of a report is near enough for further details of it."""
        return bool(self.about) and self.count - self.about <= ABOUT

    def near(self, timestamp: float) -> bool:
        """Whether the header is near enough for a line of that time to belong to it."""
        return self.count - self.began[0] <= FAR and not abs(timestamp - self.began[1]) > NEAR

    def rivals_at(self, timestamp: float) -> int:
        """Traces still to come of tasks that print at once."""
        return self.rivals if self.near(timestamp) else 0

    def headline(self, timestamp: float) -> Said | None:
        """The line that the next trace illustrates, if one is near enough."""
        fault, said = self.report, self.said
        if fault and not (self.count - fault.count > SOON or abs(timestamp - fault.stamp) > NEAR):
            return fault
        return said if said and not abs(timestamp - said.stamp) > NEAR else None

    def has_rival_fault(self, caller: str) -> bool:
        """Whether the report in whose trace we are was cut in by a fault of another task, to which the line may belong."""
        return not caller and self.report is not None and self.report.line > self.trace["line"]
