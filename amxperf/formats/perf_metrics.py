"""The output of ``perf stat --metric-only``: no counters, only what perf makes of them, a table with a column per metric.

Text, with and without -I, -A, --per-socket and the like; -x; -j. A name may hold blanks (``branch-misses of all branches``), so in
the text a column is told by where its numbers end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite

from ..units import share
from .perf_lines import place_of, plain

_HEADER = re.compile(r" ?Performance counter stats for ")
_STAMP = re.compile(r"\s*(\d+\.\d{9})(?=[\s,;]|$)")
_VALUE = r"-?\d{1,30}(?:[.,]\d{1,20})?%?|-?nan%?"
_CELL = re.compile(rf"(?:{_VALUE})(?=\s|$)")
_PLACE = re.compile(
    r"\s*(?P<place>CPU\d+|[SN]\d+(?:-\w+){0,4}|\S(?:.{0,40}?\S)?-\d{1,10})\s+(?:(?P<cpus>\d{1,6})\s{2,})?(?=\s*[-\d]|\s*$)"
)
_NAMES = re.compile(r"#?\s*(?:time\s)?[^\d\n].*")
_FIELDS = re.compile(rf"(?:(?:{_VALUE})?,)+(?:{_VALUE})?")
_HEADS = re.compile(r"\s*(?:(?:time|core|cluster|die|socket|node|cpus?|CPU|comm-pid)(?P<sep>[,;:|\t]))")
_PLACES = ("time", "core", "cluster", "die", "socket", "node", "cpu", "cpus", "CPU", "comm-pid")
"""What -x prints in front of the names, where counters are apart."""
_TOPDOWN = frozenset(("retiring", "bad speculation", "frontend bound", "backend bound"))
"""Shares whose names have no sign in -x of --topdown."""
_COUNTERS = frozenset(("event", "metric-unit", "metricgroup", "counter-value", "event-runtime"))
"""Keys of objects that are a counter, or belong to one."""
_LONGEST = 4000


@dataclass
class Metric:
    """One number of one line. `share` says that it was a percentage and is divided by 100."""

    line: int
    name: str
    value: float
    share: bool = False
    stamp: float | None = None
    places: dict[str, str] = field(default_factory=dict)


def metrics(lines: list[str]) -> Iterator[Metric]:
    """The metrics in the order of the lines; none where the log is of another kind.

    >>> head = "#           time       insn per cycle       % tma_amx_busy "
    >>> text = [head, "     1.000067388                 0.79                 12.5 "]
    >>> [(metric.name, metric.value, metric.stamp) for metric in metrics(text)]
    [('insn per cycle', 0.79, 1.000067388), ('tma_amx_busy', 0.125, 1.000067388)]
    """
    names = ""
    wanted = False  # the names stand on the next line that is not blank
    rows: list[tuple[int, str]] = []
    sep = ","
    for number, text in enumerate(lines, 1):
        if len(text) > _LONGEST or not text.strip():
            continue
        if (found := _HEADS.match(text)) and not _numbers(text):
            sep = found["sep"]
            yield from _table(names, rows)
            names, rows = text.replace(sep, ",").strip(), []
            continue
        if sep != "," and sep in text:
            text = text.replace(",", ".").replace(sep, ",").strip(" ")
        if text.lstrip().startswith("{"):
            yield from _objects(number, text)
            continue
        if _HEADER.match(text) or text.startswith("#  "):
            yield from _table(names, rows)
            names, rows, wanted = (text, [], False) if text.startswith("#") else ("", [], True)
        elif wanted and not _numbers(text):
            names, wanted = text, False
        elif names and _numbers(text):
            rows.append((number, text))
        elif "," in text and text.rstrip().endswith(",") and not _numbers(text) and not re.search(r"\d,", text):
            names, rows = text, []  # -x prints the names as a line of fields
        else:
            yield from _table(names, rows)
            names, rows, wanted = "", [], False
    yield from _table(names, rows)


def _numbers(text: str) -> bool:
    """Whether the line holds numbers and nothing else, behind a stamp or a place."""
    rest = text[_front(text)[2] :].strip()
    return bool(rest) and (all(_CELL.fullmatch(cell) for cell in rest.split()) or _FIELDS.fullmatch(rest) is not None)


def _front(text: str) -> tuple[float | None, dict[str, str], int]:
    """Stamp, place, and where the numbers begin."""
    stamp, places, at = None, {}, 0
    if found := _STAMP.match(text):
        stamp, at = float(found[1]), found.end()
        at += text[at : at + 1] in (",", ";")
    if found := _PLACE.match(text, at):
        places, at = place_of(found["place"]), found.end()
    elif "," in text and (found := re.compile(r"([A-Z][\w-]{0,40}),(?:\d{1,6},)?").match(text, at)) and place_of(found[1]):
        places, at = place_of(found[1]), found.end()
    return stamp, places, at


def _table(names: str, rows: list[tuple[int, str]]) -> Iterator[Metric]:
    """The metrics of some rows under their names."""
    if not names or not rows:
        return
    if "," in rows[0][1] and "," in names:
        heads = [name.strip() for name in names.strip().rstrip(",").split(",")]
        while heads[0] in _PLACES and len(heads) > 1:
            del heads[0]
        for number, text in rows:
            stamp, places, at = _front(text)
            for name, cell in zip(heads, text[at:].split(","), strict=False):
                yield from _metric(number, name, cell, stamp, places)
        return
    cells = [(number, text, [found.span() for found in _CELL.finditer(text, _front(text)[2])]) for number, text in rows]
    ends = [end for _, end in max(cells, key=lambda row: len(row[2]))[2]]
    if not ends:
        return
    heads = _split(names.replace("#", " ", 1) if names.startswith("#") else names, ends)
    for number, text, spans in cells:
        stamp, places, _ = _front(text)
        for start, end in spans:
            column = min(range(len(ends)), key=lambda at: abs(ends[at] - end))
            yield from _metric(number, heads[column], text[start:end], stamp, places)


def _split(names: str, ends: list[int]) -> list[str]:
    """The names of columns whose numbers end at `ends`: a name ends near by, with the drift of the ones before it.

    >>> _split("   GHz  branch-misses of all branches ", [6, 36])
    ['GHz', 'branch-misses of all branches']

    A share's sign stands before its name and goes with it, however the columns drift:

    >>> _split("      %  tma_bad_speculation %  tma_backend_bound ", [11, 31])
    ['%  tma_bad_speculation', '%  tma_backend_bound']
    """
    names = re.sub(r"^(\s*)time(?=\s)", r"\1    ", names).rstrip()
    words = [found.end() for found in re.finditer(r"%\s+\S+|\S+", names)]
    begin, drift, out = 0, 0, []
    for column, end in enumerate(ends):
        left = [word for word in words if word > begin]
        if not left:
            out.append("")
            continue
        stop = len(names) if column == len(ends) - 1 else min(left, key=lambda word: abs(word - end - drift))
        out.append(names[begin:stop].strip())
        drift, begin = stop - end, stop
    return out


def _metric(number: int, name: str, cell: str, stamp: float | None, places: dict[str, str]) -> Iterator[Metric]:
    text = cell.strip()
    part = text.endswith("%") or name.startswith("% ") or name == "%" or name in _TOPDOWN
    text = text.removesuffix("%")
    if not text or "nan" in text or not name:
        return
    value = plain(text)
    if isfinite(value):
        name = " ".join(name.removeprefix("%").split()) or name
        yield Metric(number, name, share(value) if part else value, part, stamp, places)


def _objects(number: int, text: str) -> Iterator[Metric]:
    """-j: one object whose keys are the metrics."""
    try:
        found = json.loads(text, parse_constant=lambda name: None)
    except (ValueError, RecursionError):
        return
    if not isinstance(found, dict) or _COUNTERS & set(found):
        return
    stamp = found.pop("interval", None)
    places = {name: str(found.pop(name)) for name in ("cpu", "thread", "core", "die", "socket", "node") if name in found}
    found.pop("aggregate-number", None)
    for name, value in found.items():
        if re.fullmatch(_VALUE, str(value).strip()):
            yield from _metric(number, name, str(value), stamp if isinstance(stamp, float) else None, places)
