"""What google-benchmark prints for people, and its CSV, as objects with the names of its JSON."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..document import Document

_HEADING = re.compile(r"Benchmark\s{2,}Time\s{2,}CPU\s{1,}Iterations(?P<tail>\s+UserCounters\.\.\.|(?:\s+[\w.:/-]{1,60})*)\s*")
_ROW = re.compile(
    r"(?P<name>\S.{0,300}?)\s+(?P<real>-?[\d.]{1,20}(?:e[+-]\d+)?|nan) (?P<unit>ns|us|ms|s|%)"
    r"\s+(?P<cpu>-?[\d.]{1,20}(?:e[+-]\d+)?|nan) (?:ns|us|ms|s|%)\s+(?P<iterations>\d{1,18})(?P<rest>(?:\s.*)?)"
)
_ERROR = re.compile(r"(?P<name>\S.{0,300}?)\s+(?:ERROR OCCURRED|SKIPPED): '(?P<message>.*)'\s*")
_FIT = re.compile(r"(?P<name>\S{1,300}_(?:BigO|RMS))\s+\S+ \S+\s+\S+ \S+\s*")
_COUNTER = re.compile(r"(?P<name>[^\s=]{1,60})=(?P<value>\S{1,40})")
_NUMBER = re.compile(r"(?P<number>-?\d[\d.]*(?:e[+-]\d+)?)(?P<scale>|[KMGTPE]i|[kMGTPEKnum])(?P<rate>/s|s)?")
_SI = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18, "m": 1e-3, "u": 1e-6, "n": 1e-9, "": 1.0}
_CSV = ["name", "iterations", "real_time", "cpu_time", "time_unit"]


@dataclass
class Items:
    """The benchmarks with the line of each; the line at which the file breaks off (0: whole); counters that cannot be told; lines
    in a table that are no results."""

    items: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    cut: int = 0
    unclear: list[str] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)


def form(document: Document) -> Callable[[Document], Items] | None:
    """What reads the document; None where it is neither what is printed nor CSV."""
    if any(line.split(",")[: len(_CSV)] == _CSV for line in document.head):
        return read_csv
    return read_printed if any("Iterations" in line and _HEADING.fullmatch(line) for line in document.head) else None


def scaled(name: str, text: str) -> float | None:
    """A counter as it is printed; None where its prefix may be one of 1000 or of 1024.

    Bytes per second count in 1024 (until 1.7 printed as ``G``, then ``Gi``), items in 1000; others say so by ``k`` or ``Mi`` only.

    >>> scaled("items_per_second", "307.692M/s"), scaled("bytes_per_second", "2G/s"), scaled("rows", "1k"), scaled("rows", "5M")
    (307692000.0, 2147483648.0, 1000.0, None)
    """
    found = _NUMBER.fullmatch(text)
    if not found:
        return None
    scale = found["scale"]
    if scale.endswith("i") or (scale in ("K", "M", "G", "T", "P", "E") and name == "bytes_per_second"):
        return float(found["number"]) * 1024 ** (1 + "KMGTPE".index(scale[0]))
    if scale in ("K", "M", "G", "T", "P", "E") and name != "items_per_second":
        return None
    return float(found["number"]) * _SI[scale]


def read_printed(document: Document) -> Items:
    """The tables that are printed, with counters by name or in columns."""
    found = Items()
    columns: list[str] = []
    inside = False
    for line, text in enumerate(document.lines, 1):
        if heading := _HEADING.fullmatch(text):
            inside, columns = True, [] if "UserCounters" in heading["tail"] else heading["tail"].split()
        elif not inside or not text.strip():
            continue
        elif line == len(document.lines) and not document.text.endswith("\n"):
            found.cut = line
        elif error := _ERROR.fullmatch(text):
            found.items.append((line, {"name": error["name"], "error_occurred": True, "error_message": error["message"]}))
        elif _FIT.fullmatch(text):
            found.items.append((line, {"name": text.split()[0]}))
        elif row := _ROW.fullmatch(text):
            found.items.append((line, _item(row, columns, found)))
        elif text.strip("-"):
            found.skipped.append(line)
    return found


def _item(row: re.Match[str], columns: list[str], found: Items) -> dict[str, Any]:
    share = 0.01 if row["unit"] == "%" else 1.0
    item: dict[str, Any] = {"name": row["name"], "iterations": int(row["iterations"])}
    item |= {"real_time": float(row["real"]) * share, "cpu_time": float(row["cpu"]) * share}
    item |= {"aggregate_unit": "percentage", "time_unit": "ns"} if row["unit"] == "%" else {"time_unit": row["unit"]}
    words = row["rest"].split()
    if columns:
        pairs, words = list(zip(columns, words, strict=False)), words[len(columns) :]
    else:
        pairs = [(each["name"], each["value"]) for each in map(_COUNTER.fullmatch, words) if each]
        words = [word for word in words if not _COUNTER.fullmatch(word)]
    for name, text in pairs:
        value = float(text[:-1]) / 100 if re.fullmatch(r"[\d.]+%", text) else scaled(name, text)
        if value is None:
            found.unclear.append(name)
        else:
            item[name] = value
    if words:
        item["label"] = " ".join(words)
    return item


def read_csv(document: Document) -> Items:
    """CSV; the lines of a log around it are left out."""
    found = Items()
    header: list[str] = []
    for line, text in enumerate(document.lines, 1):
        names = text.split(",")
        if names[: len(_CSV)] == _CSV:
            header = names
            continue
        try:
            cells = next(csv.reader([text], strict=True), []) if header and "," in text else []
        except csv.Error:
            cells = []
        if len(cells) == len(header) and cells:
            found.items.append((line, {name: _cell(name, cell) for name, cell in zip(header, cells, strict=True) if cell}))
        elif line == len(document.lines) and not document.text.endswith("\n"):
            found.cut = line
    return found


def _cell(name: str, text: str) -> Any:
    if name == "error_occurred":
        return text == "true"
    try:
        return float(text) if name not in ("name", "time_unit", "label", "error_message") else text
    except ValueError:
        return text
