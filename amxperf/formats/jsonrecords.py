"""Objects of a JSON array, or of JSON lines, each with its line: what the readers of benchmark programs' JSON share."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from .. import schema
from ..document import Document
from ..errors import FormatError

_SPACE = re.compile(r"[\s,]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class Objects:
    """The objects with the line that each starts in; `cut` is the line at which the file breaks off, 0 for a whole file."""

    items: list[tuple[int, dict[str, Any]]]
    cut: int = 0


def objects(document: Document, key: str = "") -> Objects:
    """The objects of the array below `key`, or of the outermost array or of JSON lines where it is empty.

    A file that breaks off gives what stands whole before that.
    Raises FormatError, with the line, where there is no such array, a second one (two results in one file), or something in it
    that is no JSON object.
    """
    text, path = document.text, document.path or document.source
    start = 0
    if key:
        found = re.search(rf'"{re.escape(key)}"\s*:\s*\[', text)
        if not found:
            raise FormatError(f"there is no array {key!r}", path=path, hint="check that the program ran to its end")
        start = found.end()
    items: list[tuple[int, dict[str, Any]]] = []
    place = text.index("[") + 1 if not key and text.lstrip().startswith("[") else start
    line = text.count("\n", 0, place) + 1
    while True:
        after = _SPACE.match(text, place).end()  # type: ignore[union-attr]  # it matches the empty text too
        line += text.count("\n", place, after)
        place = after
        if place >= len(text):
            return Objects(items, line if key or text.lstrip().startswith("[") else 0)
        if text[place] == "]":
            if key and (second := re.compile(rf'"{re.escape(key)}"\s*:\s*\[').search(text, place)):
                at = text.count("\n", 0, second.start()) + 1
                raise FormatError(f"a second array {key!r} begins here", path=path, line=at, hint="give each result its own file")
            return Objects(items)
        try:
            item, after = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            last = getattr(error, "pos", place)
            at = text.count("\n", 0, last) + 1
            if items and _is_cut(error, len(text) - last):
                return Objects(items, at)
            raise FormatError("this is not JSON", path=path, line=at, hint="record it again") from error
        if not isinstance(item, dict):
            raise FormatError(f"an object should stand here, not {str(item)[:40]!r}", path=path, line=line, hint="record it again")
        items.append((line, item))
        line += text.count("\n", place, after)
        place = after


_LOG = re.compile(r"\s*(?:(?!true\b|false\b|null\b|NaN\b|Infinity\b)[A-Za-z_]|\d{4}-\d\d-\d\d|[*#(/$=-]{1,3}[\sA-Z*]|--|[|.~])")

_BEHIND = re.compile(r"^(\s*[}\]])[A-Za-z_|*].*")  # the log goes on where the JSON has no end of line yet


def without_log(lines: list[str]) -> list[str]:
    """The lines of a stream of JSON in which a program wrote its log too: no line of JSON begins like those that are emptied here.

    >>> without_log(["ggml_init: done", "[", '  {"a": 1', "  }ggml_free: done", "]", "2026-01-01T01:02:03 Running"])
    ['', '[', '  {"a": 1', '  }', ']', '']
    """
    return ["" if _LOG.match(line) else _BEHIND.sub(r"\1", line) for line in lines]


def _is_cut(error: Exception, left: int) -> bool:
    """Whether JSON breaks off, in a string or with no more than a word such as -Infinity `left`."""
    return isinstance(error, json.JSONDecodeError) and (error.msg.startswith("Unterminated string") or left <= len("-Infinity"))


def finite(value: Any) -> float | None:
    """A JSON value as a finite number; None for anything else, such as NaN, which some programs write.

    >>> finite(3), finite("3"), finite(True), finite(float("nan")), finite(10**400)
    (3.0, None, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if abs(number) < float("inf") else None


def factor(name: str) -> str:
    """The column of a factor with a name of the user's: one that the schema already has gets a prefix.

    >>> factor("size"), factor("value")
    ('size', 'parameter_value')
    """
    return f"parameter_{name}" if name in schema.MEASUREMENTS.names or not name else name


def word(value: Any) -> str:
    """A JSON scalar as a factor's text.

    >>> word(True), word(512), word("f16"), word(None)
    ('true', '512', 'f16', '')
    """
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)
