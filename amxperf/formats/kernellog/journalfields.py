"""Kernel logs as a journal's fields, one a line: ``journalctl -o export`` and ``journalctl -o verbose``.

Entries are told apart by blank lines (export) or by a line with date and cursor (verbose). A message that export writes as binary,
for its control characters or line ends, stands behind a line with the name alone and eight bytes of its length, of which the text
that a document is has one or two characters left: the others are zero.
The records come out as those of :mod:`.logjson`; the line of a record is the line of its message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from . import logjson
from .prefix import Prefixed

_FIELD = re.compile(r"\s{0,4}(?P<name>_{0,2}[A-Z][A-Z0-9_]{1,63})=(?P<value>.*)", re.DOTALL)
_ALONE = re.compile(r"_{0,2}[A-Z][A-Z0-9_]{1,63}")
_ENTRY = re.compile(r"[A-Z][a-z]{2} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})? \S{1,8} \[s=[0-9a-f]")


def looks_like_fields(head: list[str]) -> bool:
    """Whether these first lines are a journal's fields with messages of a kernel among them.

    >>> looks_like_fields(["__CURSOR=s=1", "PRIORITY=4", "_TRANSPORT=kernel", "MESSAGE=Call Trace:", ""])
    True
    >>> looks_like_fields(["PATH=/bin", "MESSAGE=hello"])
    False
    """
    full = [line[:400] for line in head if line.strip()]
    names = [found["name"] for line in full if (found := _FIELD.match(line))]
    if "MESSAGE" not in names and not any(line.strip() == "MESSAGE" for line in full):
        return False
    return len(names) >= 0.7 * len(full) and not {"_TRANSPORT", "PRIORITY", "__CURSOR", "_BOOT_ID"}.isdisjoint(names)


def is_structured(head: list[str]) -> bool:
    """Whether the messages of a log with these first lines are fields of records: JSON's or a journal's.

    >>> is_structured(["[    1.000000] Call Trace:"])
    False
    """
    return logjson.looks_like_json(head) or looks_like_fields(head)


def records(lines: Iterable[str]) -> Iterator[tuple[int, Prefixed, str]]:
    """Line, record and boot id of every message.

    >>> text = ["MESSAGE=Call Trace:", "PRIORITY=4", "_TRANSPORT=kernel", "_SOURCE_MONOTONIC_TIMESTAMP=1500000", ""]
    >>> [(number, part.message, part.timestamp, part.level) for number, part, _ in records(text)]
    [(1, 'Call Trace:', 1.5, 'warn')]
    """
    fields: dict[str, Any] = {}
    at, name, begins, raw = 0, "", False, False
    for number, line in enumerate(lines, 1):
        if not line.strip("\r") or _ENTRY.match(line):
            yield from _record(at, fields, raw)
            fields, at, name, begins, raw = {}, 0, "", False, False
        elif begins:
            fields[name], begins, raw = line, False, raw or name == "MESSAGE"
        elif found := _FIELD.match(line):
            name = found["name"]
            fields[name] = found["value"].rstrip("\r")
            at = number if name == "MESSAGE" else at
        elif _ALONE.fullmatch(line):
            name, begins = line, True
            at = number + 1 if name == "MESSAGE" else at
        elif name == "MESSAGE":
            fields[name] += "\n" + line
    yield from _record(at, fields, raw)


def _record(number: int, fields: dict[str, Any], raw: bool) -> Iterator[tuple[int, Prefixed, str]]:
    if raw:
        text = fields["MESSAGE"]
        sizes = [sum(ord(char) << 8 * place for place, char in enumerate(text[:count])) for count in (1, 2)]
        fits = [count for count, size in enumerate(sizes, 1) if size == len(text[count:].encode("utf-8", "surrogatepass"))]
        fields["MESSAGE"] = text[fits[0] :] if fits else text.lstrip("".join(map(chr, range(32))))
    yield from logjson.record(number, fields)
