"""The three spellings of `perf stat` (text, -x CSV, -j JSON) as one record per line: what :mod:`perf_stat` makes rows of.

perf prints numbers in the locale of the caller. Which mark is the decimal one follows from its formats, not from a locale:
a count in the text is whole or has two decimals (``%'.2f``), and the last group of a whole number has three digits.
Where a decimal comma meets ``-x,`` a value takes two fields; its metric is cut off by perf itself at the comma and is not read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MISSING = ("<not supported>", "<not counted>")
PLACES = ("cpu", "thread", "core", "die", "socket", "node", "cache", "cluster")
"""What perf may count apart, as its JSON names it."""

_GROUPED = r"(?:\d{1,3}(?:\ \d{3})+(?!\d)|\d+(?:[.,'’\u00a0\u202f]\d{2,3})*)"
_VALUE = rf"<not\ supported>|<not\ counted>|{_GROUPED}(?:[.,]\d{{6}})?"
_LONGEST = 4000
"""Characters of the longest line that can be a counter."""
_STAMP = r"\d+\.\d{9}"
_UNITS = r"msec|nsec|ns|usec|sec|Joules|Watts|[KMGT]i?B|Bytes|bytes|B|C|%"
_PLACE = re.compile(
    r"(?P<cpu>CPU\d+)|(?P<core>S\d+(?:-D\d+)?(?:-\w+)*?-C\d+)|(?P<cluster>S\d+-D\d+-CLS\d+)|(?P<cache>S\d+-D\d+-L\d-ID\d+)"
    r"|(?P<die>S\d+-D\d+)|(?P<socket>S\d+)|(?P<node>N\d+)|(?P<thread>.+-\d+)",
    re.ASCII,
)
_TEXT = re.compile(
    rf"""\s*+(?:(?P<stamp>{_STAMP})\s++)?
    (?:(?P<place>CPU\d+|[SN]\d+(?:-\w+){{0,4}}|\S(?:[^\#<(]{{0,40}}\S)?-\d{{1,10}})\s++(?:(?P<cpus>\d+)\s{{2,}}+)?)?
    (?P<value>{_VALUE})\s++(?:(?P<unit>{_UNITS})\s++)?
    (?P<event>[A-Za-z_]\S*)(?:\s++\((?P<behind>msec)\))?(?:\s++(?P<cgroup>/\S*|[\w.-]+/\S*))?\s*+
    (?:\#\s*+(?P<metric>.*?))?\s*+(?:\(\s*+\+-\s*+(?P<spread>\d+[.,]\d+)%\s*+\))?\s*+(?:[(\[]\s*+(?P<running>\d+[.,]\d+)%[)\]])?\s*+""",
    re.VERBOSE | re.ASCII,
)
_MORE = re.compile(
    rf"""\s*+(?:{_STAMP}\s++)?(?:(?P<place>CPU\d+|[SN]\d+(?:-\w+){{0,4}})\s++(?:\d+\s{{2,}}+)?)?
    (?:(?P<group>[A-Za-z]\S*(?:\s++\(\S+\))?)\s++)?\#\s*+(?P<metric>(?:-?\d|-?nan\b).*?)\s*+
    (?:\(\s*+\+-\s*+\d+[.,]\d+%\s*+\))?\s*+(?:[(\[]\s*+(?P<running>\d+[.,]\d+)%[)\]])?\s*+""",
    re.VERBOSE | re.ASCII,
)
_MORE_CSV = re.compile(
    rf"\s*(?:{_STAMP})?(?P<sep>[^\w\s#{{]|\t)[^#{{]*?(?P=sep){{3}}(?P<value>-?\d+\.\d+|-?nan)?(?P=sep)"
    r"(?P<unit>[^,;|]*\S)\s*",
    re.ASCII,
)
_GROUP_CSV = re.compile(r"[A-Za-z]\w*(?: \(\w+\))?")
_METRIC = re.compile(r"(?P<value>-?\d+(?:[.,]\d+)?)(?![\d.,])\s*(?P<unit>\S.*)")
_RUNNING = re.compile(r"\s*+[(\[]\s*+(\d+[.,]\d+)%[)\]]\s*+")
_REMARK = re.compile(r"\s+←.*")
_TAIL = re.compile(r"(?P<sep>[^\w.<>%\"'/=-]{1,4})(?P<runtime>\d+)(?P=sep)(?P<running>\d{1,3}[.,]\d\d)(?=(?P=sep)|\s*$)", re.ASCII)
_COMMA = re.compile(r"(?<= : )(-?\d+),(\d+)(?=, \"|\})")


@dataclass
class Record:
    """One counter of one line: `value` is None where perf says ``<not supported>`` or ``<not counted>`` (`missing`).

    `spread` (of -r) is a share of the value, `running` the share of time that the counter was on, `metrics` are numbers and units.
    """

    line: int
    event: str
    value: float | None
    missing: str = ""
    unit: str = ""
    stamp: float | None = None
    places: dict[str, str] = field(default_factory=dict)
    spread: float | None = None
    running: float | None = None
    metrics: list[tuple[float, str]] = field(default_factory=list)
    summary: bool = False


def decimal(text: str) -> float:
    """A count as perf prints it in any locale: the last mark is the decimal one, unless three digits follow it.

    >>> [decimal(text) for text in ("1,029.64", "1.029,64", "1\\u202f058,26", "1,164,903,390", "12,34,567", "146.70", "5")]
    [1029.64, 1029.64, 1058.26, 1164903390.0, 1234567.0, 146.7, 5.0]
    """
    parts = re.split(r"[^\d]", text)
    if len(parts) > 1 and len(parts[-1]) != 3:
        return float("".join(parts[:-1]) + "." + parts[-1])
    return float("".join(parts))


def plain(text: str) -> float:
    """A number without groups, with either decimal mark.

    >>> plain("0,995"), plain("443.071")
    (0.995, 443.071)
    """
    return float(text.replace(",", "."))


def metrics_of(text: str) -> list[tuple[float, str]]:
    """The number and unit of a comment such as ``0.995 CPUs utilized``; none where it is empty or ``nan``."""
    found = _METRIC.fullmatch(text.strip())
    return [(plain(found["value"]), found["unit"])] if found else []


def place_of(text: str) -> dict[str, str]:
    """What a counter was counted for.

    >>> place_of("CPU0"), place_of("S0-D0-C1"), place_of("S0-D0"), place_of("N1"), place_of("CPU 0/KVM-7289")
    ({'cpu': '0'}, {'core': 'S0-D0-C1'}, {'die': 'S0-D0'}, {'node': 'N1'}, {'thread': 'CPU 0/KVM-7289'})
    """
    found = _PLACE.fullmatch(text.strip())
    return {} if found is None else {str(found.lastgroup): found[0].removeprefix("CPU") if found["cpu"] else found[0]}


def text_record(line: int, text: str) -> Record | None:
    """A counter in perf's table for people; None where the line is none."""
    # a terminal shows the key that ended perf in front of the last interval
    found = _TEXT.fullmatch(_REMARK.sub("", text.removeprefix("^C")))
    if found is None or len(found["value"]) > 60:  # no counter has that many digits
        return None
    known = found["value"] not in MISSING
    unit = found["unit"] or found["behind"] or ""  # up to 5.0 the unit stands behind, up to 3.x there is none
    if not unit and found["event"].split(":")[0] in ("task-clock", "cpu-clock") and re.search(r"[.,]\d{6}$", found["value"]):
        unit = "msec"
    return Record(
        line, found["event"], decimal(found["value"]) if known else None, "" if known else found["value"], unit,
        float(found["stamp"]) if found["stamp"] else None,
        place_of(found["place"] or "") | ({"cgroup": found["cgroup"]} if found["cgroup"] else {}),
        plain(found["spread"]) / 100 if found["spread"] else None, plain(found["running"]) / 100 if found["running"] else None,
        metrics_of(found["metric"] or ""),
    )


@dataclass
class More:
    """What a line adds to the counter above it: metrics, or the share of time that it was on; a `group` of metrics has a name."""

    metrics: list[tuple[float, str]] = field(default_factory=list)
    group: str = ""
    running: float | None = None


def further(text: str) -> More | None:
    """What a line without a counter of its own says, in any spelling; None where it says nothing of the kind.

    >>> further("            TopdownL1 (cpu_core)      #      4.6 %  tma_bad_speculation   ")
    More(metrics=[(4.6, '%  tma_bad_speculation')], group='TopdownL1 (cpu_core)', running=None)
    >>> further("     (79.95%)").running, further("12 files")
    (0.7995, None)
    """
    if text.lstrip().startswith("{"):
        return _json_more(text)
    if found := _MORE_CSV.fullmatch(text):
        if found["value"]:
            return More(metrics_of(f"{found['value']} {found['unit']}"))
        return More(group=found["unit"]) if _GROUP_CSV.fullmatch(found["unit"]) else None
    text = _REMARK.sub("", text.removeprefix("^C"))
    if found := _MORE.fullmatch(text):
        running = plain(found["running"]) / 100 if found["running"] else None
        return More(metrics_of(found["metric"]), " ".join((found["group"] or "").split()), running)
    return More(running=plain(found[1]) / 100) if (found := _RUNNING.fullmatch(text)) else None


def _json_more(text: str) -> More | None:
    """An object of -j that has no event of its own."""
    try:
        found = json.loads(_COMMA.sub(r"\1.\2", text), parse_constant=lambda name: None)
        if "event" in found or "counter-value" in found:
            return None
        if "metricgroup" in found:
            return More(group=str(found["metricgroup"]))
        return More(metrics_of(f"{found['metric-value']} {found['metric-unit']}"))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def csv_record(line: int, text: str) -> Record | None:
    """A counter of -x with any separator of marks; None where the line is none.

    An event may hold the separator (``cpu/event=0xb7,umask=0x2/``): the line is read from both of its ends.
    """
    tails = list(_TAIL.finditer(text))
    if not tails:
        return None
    tail = tails[-1]
    sep = re.escape(tail["sep"])
    front = re.compile(
        rf"\s*(?:(?:(?P<stamp>{_STAMP})|(?P<summary>summary)){sep})?(?:(?P<place>[^\d\s<](?:(?!{sep}).)*?){sep}(?:(?P<cpus>\d+){sep})?)?"
        rf"(?P<value>{'|'.join(MISSING)}|\d+(?:[.,]\d\d)?){sep}(?P<unit>[A-Za-z%]*){sep}"
        rf"(?P<event>[A-Za-z_].*?)(?:{sep}(?P<cgroup>/[^,]*|[\w.-]+/[^,]*))?(?:{sep}(?P<spread>\d+[.,]\d\d)%)?"
    )
    found = front.fullmatch(text[: tail.start()])
    if found is None or len(found["value"]) > 60:
        return None
    known = found["value"] not in MISSING
    rest = text[tail.end() :].strip("\r\n").split(tail["sep"])[1:]
    pairs = [] if "," in tail["running"] else zip(rest[::2], rest[1::2], strict=False)
    metrics = [found for value, unit in pairs for found in metrics_of(f"{value} {unit}")]
    return Record(
        line, found["event"], plain(found["value"]) if known else None, "" if known else found["value"], found["unit"],
        float(found["stamp"]) if found["stamp"] else None,
        place_of(found["place"] or "") | ({"cgroup": found["cgroup"]} if found["cgroup"] else {}),
        plain(found["spread"]) / 100 if found["spread"] else None, plain(tail["running"]) / 100, metrics, bool(found["summary"]),
    )


def json_record(line: int, text: str) -> Record | None:
    """A counter of -j; None where the line is no JSON object with an event and a counter value of these kinds."""
    try:
        found: Any = json.loads(_COMMA.sub(r"\1.\2", text), parse_constant=lambda name: None)
        value, event = str(found["counter-value"]), found["event"]
        known = value not in MISSING
        number = plain(value) if known else None
        numbers = {name: plain(str(found[key])) for name, key in _NUMBERS.items() if found.get(key) is not None}
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None
    if not isinstance(event, str) or not all(0 <= abs(x) < float("inf") for x in (number or 0.0, *numbers.values())):
        return None
    places = {name: str(found[name]) for name in (*PLACES, "cgroup") if name in found}
    unit = str(found.get("metric-unit") or "")
    return Record(
        line, event, number, "" if known else value, str(found.get("unit") or ""), numbers.get("stamp"), places,
        numbers["spread"] / 100 if "spread" in numbers else None, numbers["running"] / 100 if "running" in numbers else None,
        [(numbers["metric"], unit)] if unit and "metric" in numbers else [],
    )


_OBJECT = re.compile(r"(?<=\})\s*,?\s*(?=\{)")
_TRAILING = re.compile(r",(\s*\}),?")
_NUMBERS = {"stamp": "interval", "spread": "variance", "running": "pcnt-running", "metric": "metric-value"}


_BLOCK = re.compile(r"\s{0,8}Performance counter stats for(?: |$)")
_BLOCK_END = re.compile(r".*'(?: \(\d{1,9} runs\))?:\s*")


def joined(lines: list[str]) -> list[str]:
    """The lines, where the heading of a block is one line whatever its command has: that may go over several lines.

    >>> joined([" Performance counter stats for 'sh -c true", "true':", ""])
    [" Performance counter stats for 'sh -c true true':", '', '']
    """
    out = list(lines)
    for at in [at for at, line in enumerate(lines) if _BLOCK.match(line) and not line.rstrip().endswith(":")]:
        end = next((end for end in range(at + 1, min(at + 60, len(lines))) if _BLOCK_END.fullmatch(lines[end])), 0)
        if end:
            out[at] = " ".join(line.strip(" " * (line is not lines[at])) for line in lines[at : end + 1])
            out[at + 1 : end + 1] = [""] * (end - at)
    return out


def records(lines: list[str]) -> Iterator[tuple[int, str, Record | None]]:
    """Every line with its number and the counter that it holds, in whichever spelling; one of JSON once for every object.

    A line of text is a counter below a block's header, up to its times, or behind the stamp of -I: elsewhere ``12 files`` is a
    program's own line.
    """
    inside = False
    for line, text in enumerate(lines, start=1):
        if len(text) > _LONGEST:
            yield line, text[:_LONGEST], None
        elif text.lstrip().startswith("{"):
            for part in _OBJECT.split(_TRAILING.sub(r"\1", text)):
                yield line, part, json_record(line, part)
        else:
            inside = "Performance counter stats for" in text or (inside and " seconds " not in text)
            record = text_record(line, text)
            yield line, text, record if record and (inside or record.stamp is not None) else csv_record(line, text)
