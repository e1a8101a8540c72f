"""What a file is and holds, in a few lines for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from .formats.signature import signatures

if TYPE_CHECKING:
    import pandas as pd

    from .capture import Capture

MOST = 8
"""Kinds of traces, events or benchmarks that are named; the rest is counted."""

DEPTH = 4
"""Frames, innermost first, by which a trace is told from others."""


def summary(capture: Capture) -> str:
    """Source, format and rows per table; then boots and span, traces by signature, events by kind, benchmarks, and what was left
    over; then the notes.

    >>> from amxperf import read_dmesg
    >>> print(summary(read_dmesg("data/notes-2024/vm/first-use/host.dmesg")).splitlines()[0])
    data/notes-2024/vm/first-use/host.dmesg: dmesg: 40 lines, 2 traces, 30 frames, 2 events
    """
    counts = ", ".join(f"{count} {name if count > 1 else name[:-1]}" for name, count in capture.counts().items()) or "nothing"
    details = [*_when(capture), *_traces(capture), *_events(capture), *_benchmarks(capture), *_left(capture)]
    text = [f"{capture.source}: {capture.format}: {counts}", *(f"  {line}" for line in details)]
    return printable("\n".join([*text, *(f"  {note}" for note in capture.notes)]))


def printable(text: str) -> str:
    """The text with control characters, which a terminal would obey, as escapes; line ends and tabs stay.

    >>> printable("comm \\x1b[31mred\\x07")
    'comm \\\\x1b[31mred\\\\x07'
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode() for char in text)


def _when(capture: Capture) -> Iterable[str]:
    """Boots, and the span of the stamps."""
    table = capture.lines if len(capture.lines) else capture.events
    stamps = table["timestamp"].dropna() if len(table) else []
    words = []
    if len(capture.lines):
        boots = capture.lines["boot"].nunique()
        words.append(f"{boots} boot" + "s" * (boots > 1))
    if len(stamps):
        words.append(f"stamps from {stamps.min():.6f} to {stamps.max():.6f} s")
    return [", ".join(words)] if words else []


def _traces(capture: Capture) -> Iterable[str]:
    """The traces, equal ones together: the most frequent first."""
    if not len(capture.traces):
        return []
    found = signatures(capture.frames)
    named = dict(zip(found["trace"], found["functions"], strict=True))
    return ranked("trace", "traces", _counted(capture.traces["trace"].map(named).fillna("without frames")), short=shortened)


def shortened(signatures: list[str]) -> list[str]:
    """The innermost functions of each signature, as many as tell them apart.

    >>> shortened(["a < b < c < d < e < f", "a < b < c < d < g < h", "x < y"])
    ['a < b < c < d < e < ...', 'a < b < c < d < g < ...', 'x < y']
    """
    names = [text.split(" < ") for text in signatures]
    depth = DEPTH
    while len({tuple(functions[:depth]) for functions in names}) < len(names):
        depth += 1
    return [" < ".join([*functions[:depth], *["..."] * (len(functions) > depth)]) for functions in names]


def _events(capture: Capture) -> Iterable[str]:
    return ranked("event", "events", _counted(capture.events["kind"]), inline=True) if len(capture.events) else []


def _benchmarks(capture: Capture) -> Iterable[str]:
    """What was measured: benchmark, metric and unit, with the number of values."""
    data = capture.measurements
    if not len(data):
        return []
    return ranked("value", "values", _counted(data["benchmark"] + " " + data["metric"] + " (" + data["unit"] + ")"))


def _left(capture: Capture) -> Iterable[str]:
    if not len(capture.lines) or "role" not in capture.lines:
        return []
    left = int((capture.lines["role"] == "other").sum())
    return [f"{left} of {len(capture.lines)} lines are of no known kind"] if left else []


def ranked(
    one: str, many: str, counts: Mapping[str, int], *, inline: bool = False, short: Callable[[list[str]], list[str]] = list
) -> list[str]:
    """Values by how often they occur; equal counts in the order of the file.

    >>> ranked("event", "events", {"a": 1, "b": 2})
    ['events:', '  2 b', '  1 a']
    """
    order = sorted(counts.items(), key=lambda pair: -pair[1])
    rest = len(order) - MOST
    labels = short([value for value, _ in order[:MOST]])
    shown = [f"{count} {label}" for label, (_, count) in zip(labels, order, strict=False)]
    more = [f"{rest} more kinds" if rest > 1 else "1 more kind"] if rest > 0 else []
    if inline:
        return [f"{many}: {', '.join([*shown, *more])}"]
    return [f"{many if sum(counts.values()) > 1 else one}:", *(f"  {line}" for line in [*shown, *more])]


def _counted(values: pd.Series) -> Counter[str]:
    return Counter(values.astype(object).tolist())
