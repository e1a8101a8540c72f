"""The rows of call traces, as they come out of a kernel log: traces, frames, registers, and what their headlines were."""

from __future__ import annotations

from typing import Any

from ...capture import Note
from .callstream import Said

LARGEST = (1 << 31) - 1
"""Largest offset or size of a frame, in bytes, that has room in its column."""


def oversized(source: str, line: int) -> Note:
    """The note on frames with an offset or size that has no room in its column; `line` is the first of them."""
    return Note("oversized", f"an offset or size of more than {LARGEST} B is left out of the columns", source, line)


class TraceRows:
    """Rows in `traces`, `frames` and `registers` (without their source), and the notes on them.

    `headlines` maps the line of a headline to its trace row, `stamps` to its stamp.

    >>> rows = TraceRows()
    >>> trace = rows.trace_row(1, 1, 0.5, "", Said(1, "BUG: x", 0.5, 1), {"pid": 7})
    >>> rows.frame_rows([{"symbol": "f"}, {"symbol": "g"}], trace, 2, 0, "IRQ")
    >>> trace["headline"], [(row["depth"], row["context"]) for row in rows.frames]
    ('BUG: x', [(0, 'IRQ'), (1, 'IRQ')])
    """

    def __init__(self, source: str = "") -> None:
        self.source = source
        self.traces: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []
        self.registers: list[dict[str, Any]] = []
        self.headlines: dict[int, dict[str, Any]] = {}
        self.stamps: dict[int, float] = {}
        self.notes: list[Note] = []

    def trace_row(
        self, line: int, end: int, timestamp: float, boot: str, headline: Said | None, more: dict[str, Any]
    ) -> dict[str, Any]:
        """Add a trace; its row, for what is still to come."""
        row = {
            "trace": len(self.traces) + 1, "line": line, "end": end, "boot": boot, "timestamp": timestamp,
            "headline": headline.text if headline else "", **more,
        }  # fmt: skip
        self.traces.append(row)
        if headline:
            self.headlines[headline.line] = row
            self.stamps[headline.line] = headline.stamp
        return row

    def frame_rows(self, rows: list[dict[str, Any]], trace: dict[str, Any], line: int, depth: int, context: str) -> None:
        """Add the frames of one line of a trace, the first of them at this depth."""
        for place, row in enumerate(rows, depth):
            self.frames.append(row | {"trace": trace["trace"], "line": line, "depth": place, "context": context})

    def put_in_order(self) -> None:
        """Frames in the order of their traces, registers in that of their lines; a note where a number has no room."""
        large = [row["line"] for row in self.frames if row.get("offset", 0) > LARGEST or row.get("size", 0) > LARGEST]
        if large:
            self.notes.append(oversized(self.source, min(large)))
        self.frames.sort(key=lambda row: (row["trace"], row["depth"]))
        self.registers.sort(key=lambda row: row["line"])
