"""What bpftrace prints of its maps, as one entry per value: text (the default) and JSON lines (-f json)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

LONGEST = 4000
"""Characters of the longest line that is looked at."""
DEEPEST = 1000
"""Lines of the longest key with stacks."""

_SUFFIX = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40, "P": 2**50, "E": 2**60}
_MAP = re.compile(r"@(?P<name>\w{0,100})(?:\[(?P<key>.*)\])?:(?P<rest>(?:\s.*)?)", re.ASCII)
_OPEN = re.compile(r"@(?P<name>\w{0,100})\[(?P<key>(?:[^\]]+,)?)", re.ASCII)
_CLOSE = re.compile(r"(?P<more>(?:, .*)?)\]:(?P<rest>(?:\s.*)?)")
_COUNT = re.compile(r"-?\d{1,20}", re.ASCII)
_STATS = re.compile(r"count (?P<count>\d{1,20}), average (?P<average>-?\d{1,20}), total (?P<total>-?\d{1,20})", re.ASCII)
_BOUND = r"-?\d{1,20}[KMGTPE]?"
_BUCKET = re.compile(
    rf"[\[(](?P<low>\.\.\.|{_BOUND})(?:, (?P<high>\.\.\.|{_BOUND}))?[\])]\s+(?P<count>\d{{1,20}}) \|@* *\|", re.ASCII
)
_CHATTER = re.compile(r"Attach(?:ing|ed) \d+ probes?\.*|\d\d:\d\d:\d\d|\^C|", re.ASCII)


@dataclass(frozen=True)
class Entry:
    """One value of a map. `what` is '' for a plain value, `count`, `average` or `total` of stats(), `bucket` of a histogram.

    `key` is as printed, '' where the map has none; stacks are folded, innermost frame first, with ';' between frames.
    `low` and `high` bound a bucket: values from `low` up to, not including, `high`; '' at an open end.
    """

    line: int
    map: str
    key: str
    what: str
    value: int
    low: str = ""
    high: str = ""


def bound(text: str) -> str:
    """A bound of a histogram as a plain number; '' for an open end.

    >>> bound("16K"), bound("1M"), bound("-5"), bound("...")
    ('16384', '1048576', '-5', '')
    """
    if text == "...":
        return ""
    number = text.rstrip("KMGTPE")
    return str(int(number) * _SUFFIX[text[len(number) :]])


def entries(lines: list[str]) -> Iterator[tuple[int, list[Entry] | None]]:
    """Every line with its entries; an empty list for bpftrace's other lines, None for a line that is not its own."""
    histogram: tuple[str, str] | None = None
    stack: list[str] | None = None
    name = ""
    for line, raw in enumerate(lines, start=1):
        text = raw.strip()
        if len(raw) > LONGEST:
            yield line, None
        elif stack is not None:
            if found := _CLOSE.fullmatch(text):
                key, rest = _key("\n    ".join([*stack, found["more"]])), found["rest"].strip()
                histogram = None if rest else (name, key)
                yield line, _values(line, name, key, rest) if rest else []
                stack = None
            elif text.startswith("@") or len(stack) > DEEPEST:
                stack = None
                yield line, None
            else:
                stack.append(text)
                yield line, []
        elif (found := _BUCKET.fullmatch(text)) and histogram:
            low, high = bound(found["low"]), bound(found["high"] or "...")
            if found["high"] is None:
                high = str(int(low) + 1) if low else ""
            yield line, [Entry(line, *histogram, "bucket", int(found["count"]), low, high)]
        elif found := _MAP.fullmatch(text):
            rest = found["rest"].strip()
            histogram = None if rest else (found["name"], found["key"] or "")
            yield line, _values(line, found["name"], found["key"] or "", rest) if rest else []
        elif found := _OPEN.fullmatch(text):
            name, stack = found["name"], [found["key"]]
            yield line, []
        elif text.startswith('{"type": "'):
            yield line, _json(line, text)
        else:
            yield line, [] if _CHATTER.fullmatch(text) else None


def _values(line: int, name: str, key: str, rest: str) -> list[Entry] | None:
    if _COUNT.fullmatch(rest):
        return [Entry(line, name, key, "", int(rest))]
    if found := _STATS.fullmatch(rest):
        return [Entry(line, name, key, what, int(found[what])) for what in ("count", "average", "total")]
    return None


def _json(line: int, text: str) -> list[Entry] | None:
    """The entries of one object of -f json; None for one of maps that cannot be read."""
    try:
        found = json.loads(text, parse_constant=lambda name: None)
        kind, data = found["type"], found["data"]
        if kind not in ("map", "hist", "lhist", "stats"):
            return []
        return [entry for name, values in data.items() for entry in _object(line, name.removeprefix("@"), kind, values, "")]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _object(line: int, name: str, kind: str, values: Any, key: str) -> Iterator[Entry]:
    if kind in ("hist", "lhist") and isinstance(values, list):
        for bucket in values:
            low = str(_whole(bucket["min"])) if "min" in bucket else ""
            high = str(_whole(bucket["max"]) + 1) if "max" in bucket else ""
            yield Entry(line, name, key, "bucket", _whole(bucket["count"]), low, high)
    elif kind == "stats" and isinstance(values, dict) and "count" in values and not isinstance(values["count"], dict):
        for what in ("count", "average", "total"):
            yield Entry(line, name, key, what, _whole(values[what]))
    elif isinstance(values, dict):
        for inner, value in values.items():
            yield from _object(line, name, kind, value, _key(inner))
    else:
        yield Entry(line, name, key, "", _whole(values))


def _key(text: str) -> str:
    """A key with its stacks folded, and one blank behind the commas between its parts.

    >>> _key("1,x, y"), _key("\\n    f+1\\n    g+2\\n,qemu"), _key("a, \\n    f+1\\n, \\n    g+2\\n, 5")
    ('1, x, y', 'f+1;g+2, qemu', 'a, f+1, g+2, 5')
    """
    parts: list[str] = []
    frames: list[str] = []
    for line in map(str.strip, text.split("\n") if re.search(r"\n\s+\S", text) else [f",{text}"]):
        if line.startswith(",") or line.endswith(","):
            parts += [";".join(frames)] * bool(frames) + [line.strip(", ")] * bool(line.strip(", "))
            frames = []
        elif line:
            frames.append(line)
    return re.sub(r",(?! )", ", ", ", ".join([*parts, *([";".join(frames)] if frames else [])]))


def _whole(value: Any) -> int:
    """A whole number of 64 bits; ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 1 << 64:
        raise ValueError(value)
    return value
