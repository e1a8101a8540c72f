"""What a file is and holds, in a few lines for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .formats.kernellog.kernel_events import FAILURES
from .terminal import printable

if TYPE_CHECKING:
    import pandas as pd

    from .capture import Capture, Note

MOST = 8
"""Kinds of traces or benchmarks that are named, and notes of one code; twice as many kinds of events; the rest is counted."""

DEPTH = 4
"""Frames, innermost first, by which a trace is told from others."""


@dataclass
class Contents:
    """What a summary says of a file, however it was read.

    Counters are in the order of the file; `traces` are the most frequent of `kinds` signatures. `span` are the lowest and highest
    stamp (s), `left` of `lines` are of no known kind.
    Of each code of notes at most :data:`MOST` are shown; `more` counts what is not in `notes`.
    """

    source: str
    format: str
    counts: Mapping[str, int]
    boots: int = 0
    span: tuple[float, float] | None = None
    traces: Mapping[str, int] = field(default_factory=dict)
    kinds: int = 0
    events: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, int] = field(default_factory=dict)
    lines: int = 0
    left: int = 0
    notes: Sequence[Note] = ()
    more: Mapping[str, int] = field(default_factory=dict)


def summary(capture: Capture) -> str:
    """Source, format and rows per table; then boots and span, traces by signature, events by kind, benchmarks, and what was left
    over; then the notes.

    >>> from amxperf import read_dmesg
    >>> print(summary(read_dmesg("data/notes-2024/vm/first-use/host.dmesg")).splitlines()[0])
    data/notes-2024/vm/first-use/host.dmesg: dmesg: 40 lines, 2 traces, 30 frames, 2 events
    """
    lines = capture.lines
    stamps = (lines if len(lines) else capture.events)["timestamp"].dropna()
    roles = "role" in lines
    traces, kinds = _traces(capture)
    return told(
        Contents(
            capture.source, capture.format, capture.counts(),
            boots=lines["boot"].nunique() if len(lines) else 0,
            span=(stamps.min(), stamps.max()) if len(stamps) else None,
            traces=traces, kinds=kinds, events=_counted(capture.events["kind"]), values=_benchmarks(capture),
            lines=len(lines), left=int((lines["role"] == "other").sum()) if roles else 0, notes=capture.notes,
        )
    )  # fmt: skip


def told(contents: Contents) -> str:
    """The summary as text.

    >>> print(told(Contents("a", "dmesg", {"lines": 2}, boots=1, lines=2, left=1)))
    a: dmesg: 2 lines
      1 boot
      1 of 2 lines are of no known kind
    """
    some = contents
    counts = ", ".join(f"{count} {name if count > 1 else name[:-1]}" for name, count in some.counts.items()) or "nothing"
    when = [f"{some.boots} boot" + "s" * (some.boots > 1)] if some.boots else []
    when += [f"stamps from {some.span[0]:.6f} to {some.span[1]:.6f} s"] if some.span else []
    details = [", ".join(when)] if when else []
    details += ranked("trace", "traces", some.traces, short=shortened, kinds=some.kinds) if some.traces else []
    details += ranked("event", "events", some.events, inline=True, first=FAILURES) if some.events else []
    details += ranked("value", "values", some.values) if some.values else []
    details += [f"{some.left} of {some.lines} lines are of no known kind"] if some.left else []
    text = [f"{some.source}: {some.format}: {counts}", *details, *_noted(some.notes, some.more)]
    return printable("\n  ".join(text))


def _noted(notes: Sequence[Note], more: Mapping[str, int]) -> list[str]:
    """The notes, few of each code, and how many are not shown."""
    shown: Counter[str] = Counter()
    hidden, text = Counter(more), []
    for note in notes:
        shown[note.code] += 1
        if shown[note.code] <= MOST:
            text.append(str(note))
        else:
            hidden[note.code] += 1
    return text + [f"{count} more of [{code}]" for code, count in hidden.items()]


def _traces(capture: Capture) -> tuple[dict[str, int], int]:
    """The most frequent signatures of the traces, and how many there are."""
    if not len(capture.traces):
        return {}, 0
    from .formats.kernellog.kinds import Kinds

    found = Kinds()
    found.add(capture.frames)
    return found.most(MOST, len(capture.traces), lambda _: capture.frames)


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


def _benchmarks(capture: Capture) -> Counter[str]:
    """What was measured: benchmark, metric and unit, with the number of values."""
    groups = capture.measurements.groupby(["benchmark", "metric", "unit"], sort=False, observed=True).size()
    return Counter({f"{benchmark} {metric} ({unit})": count for (benchmark, metric, unit), count in groups.items()})


def ranked(
    one: str, many: str, counts: Mapping[str, int], *, inline: bool = False, short: Callable[[list[str]], list[str]] = list,
    first: Collection[str] = (), kinds: int = 0
) -> list[str]:
    """Values by how often they occur, those of `first` in front; equal counts in the order of the file.

    `kinds` is how many there are where `counts` holds the most frequent.

    >>> ranked("event", "events", {"a": 1, "b": 2})
    ['events:', '  2 b', '  1 a']
    """
    order = sorted(counts.items(), key=lambda pair: (pair[0] not in first, -pair[1]))
    most = 2 * MOST if inline else MOST
    rest = max(len(order), kinds) - most
    labels = short([value for value, _ in order[:most]])
    shown = [f"{count} {label}" for label, (_, count) in zip(labels, order, strict=False)]
    more = [f"{rest} more kinds" if rest > 1 else "1 more kind"] if rest > 0 else []
    if inline:
        return [f"{many}: {', '.join([*shown, *more])}"]
    return [f"{many if sum(counts.values()) > 1 else one}:", *(f"  {line}" for line in [*shown, *more])]


def _counted(values: pd.Series) -> Counter[str]:
    return Counter(values.astype(object).tolist())
