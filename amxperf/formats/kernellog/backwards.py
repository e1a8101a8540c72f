"""Kernel logs with their newest line first, as ``journalctl -r`` and ``tac`` write them.

They are told by stamps that only fall, or, where all stamps are of one second, by a ``Call Trace:`` with frames above it and none
below. Such a log is turned over and read as any other; the tables keep the line numbers of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from math import isnan
from typing import TYPE_CHECKING

from ...capture import Note
from ...document import Document
from . import logjson
from .prefix import Prefixed, split
from .stackframe import parse_frame, parse_registers
from .tracemarks import MARK, MARKER

if TYPE_CHECKING:
    import pandas as pd

FALLS = 3
"""Stamps that must fall, and ten times as many as rise: those of the boots rise once in a turned journal of several."""

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_WALL = re.compile(r"(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?: (\d{4}))?$")
_ISO = re.compile(r"(?:[A-Z][a-z]{2} )?(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)")
_UNIX = re.compile(r"\d{9,11}(?:\.\d{1,9})?")

Tables = Mapping[str, "pd.DataFrame"]


def is_backwards(head: list[str]) -> bool:
    """Whether the log with these first lines has its newest line first.

    >>> is_backwards(["[    2.500000] d", "[    2.400000] c", "[    2.300000] b", "[    2.000000] a"])
    True
    >>> is_backwards(["[    1.500000] x", "[    2.000000] Call Trace:", "[    2.000000]  f+0x1/0x2"])
    False
    """
    rises = falls = 0
    before: tuple[str, ...] | float | None = None
    for parts in _looked_at(head):
        moment = _moment(parts)
        if moment is not None and type(before) is type(moment):
            rises, falls = rises + (moment > before), falls + (moment < before)  # type: ignore[operator]
            if rises and 10 * rises > falls + 1:
                return False
        before = moment if moment is not None else before
    return falls >= max(FALLS, 10 * rises) or (not rises and _upside_down(head))


def turned(document: Document) -> Document:
    """The document with its last line first."""
    text = "\n".join(reversed(document.lines)) + "\n"
    return Document(document.source, text.encode("utf-8", "surrogatepass"), path=document.path)


def read(
    document: Document, reader: Callable[[Document], tuple[Tables, list[Note]]]
) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """The tables and notes of `reader` for the turned document, in the order of time, with the line numbers of the file."""
    tables, notes = reader(turned(document))
    last = len(document.lines) + 1
    found = {}
    for name in tables:
        table = tables[name]
        found[name] = table.assign(**{column: last - table[column] for column in ("line", "end") if column in table})
    message = "the newest line stands first; read from the end, the tables are in the order of time"
    return found, [Note("backwards", message, document.source, 1), *(replace(note, line=last - note.line) for note in notes)]


def _looked_at(head: list[str]) -> Iterable[Prefixed]:
    """The lines whose stamp may tell: not those that begin as the one before, of the same second."""
    if logjson.looks_like_json(head):
        yield from (record for _, record, _ in logjson.records(head))
        return
    before = ""
    for line in head:
        if line[:15] != before and line[:1].strip():
            before = line[:15]
            yield split(line[:400])


def _moment(parts: Prefixed) -> tuple[str, ...] | float | None:
    """What can be compared of the stamp: seconds, or the parts of a date."""
    if not isnan(parts.timestamp):
        return parts.timestamp
    if _UNIX.fullmatch(parts.wall):
        return float(parts.wall)
    if found := _ISO.match(parts.wall):
        return found.groups()
    if (found := _WALL.match(parts.wall)) and found[1] in _MONTHS:
        return found[4] or "", f"{_MONTHS.index(found[1]):02}", found[2], found[3]
    return None


def _upside_down(head: list[str]) -> bool:
    """Whether every ``Call Trace:`` has a frame above it, and registers or the line of the machine below."""
    texts = [line[:400] for line in head]
    if not any("all " in text and "race" in text for text in texts):
        return False
    messages = [split(text).message.strip() for text in texts]
    said = 0
    for (above, text), (_, below) in pairwise(pairwise(messages)):
        if MARKER.match(text):
            if _in_stack(below) or not _in_stack(above):
                return False
            said += below.startswith("Hardware name: ") or bool(parse_registers(below))
    return said > 0


def _in_stack(text: str) -> bool:
    return MARK.match(text) is not None or "offset" in (parse_frame(text) or {})
