"""Kernel logs as JSON: ``dmesg -J`` (one document), ``journalctl -o json`` (one object per line, also behind
``data: `` of json-sse), and objects of log collectors that name the kernel as the program
(``{"message": "Call Trace:", "process": {"name": "kernel"}}``).

The records come out as the lines of a text log do. In a document that spans lines, the line of a record is the line of its
message, so that a row still leads to the bytes; the lines that only hold its other fields give no rows.
A document is read line by line, never as a whole: a cut head or tail costs the record that was cut.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from math import isfinite, nan
from typing import Any

from .prefix import FACILITIES, LEVELS, Prefixed, clean, pieces

LONGEST = 1 << 26
"""Most characters of a line that is handed to the JSON parser."""

_FIELD = re.compile(r'[\s{,]*+"(?P<name>\w{1,40})"\s*+:\s*+(?P<value>.*)')
_NAMES = ("process", "program", "ident", "identifier", "tag", "app", "appname", "app_name", "syslog", "systemd", "journald", "name",
          "transport", "SYSLOG_IDENTIFIER", "_TRANSPORT", "facility")  # fmt: skip
_COLLECTED = re.compile(r'"message"\s*:.*:\s*"kernel"|:\s*"kernel".*"message"\s*:', re.DOTALL)
_CALLER = re.compile(r"[TC]\d{1,10}")


def looks_like_json(head: list[str]) -> bool:
    """Whether these first lines are of a kernel log in JSON.

    >>> looks_like_json(['{', '   "dmesg": [', '      {', '         "pri": 6,'])
    True
    """
    text = "\n".join(line[:4096] for line in head[:12]).lstrip("\x1e \t\n").removeprefix("data: ")
    if not text.startswith("{"):
        return False
    if '"dmesg"' in text or ('"MESSAGE"' in text and ('"_TRANSPORT"' in text or '"PRIORITY"' in text)):
        return True
    named = (line for line in head[:12] if _COLLECTED.search(line[:4096]))
    return any((whole := _parse(line.strip().rstrip(","))) is None or _is_kernel(_inner(whole)) for line in named)


def records(lines: Iterable[str]) -> Iterator[tuple[int, Prefixed, str]]:
    """Line, record and boot id (of journald, else empty) of every message.

    >>> text = '{"MESSAGE":"Call Trace:","_TRANSPORT":"kernel","PRIORITY":"4","_SOURCE_MONOTONIC_TIMESTAMP":"1500000"}'
    >>> number, record, boot = next(records([text]))
    >>> number, record.message, record.timestamp, record.level
    (1, 'Call Trace:', 1.5, 'warn')
    """
    fields: dict[str, Any] = {}
    at, bytewise, array = 0, False, ""
    for number, line in enumerate(lines, 1):
        text = line.strip().strip("\x1e\0").removeprefix("data: ")
        if bytewise:  # MESSAGE as an array over several lines, as json-pretty writes what is not text
            array += text if len(array) <= LONGEST else ""
            if text.startswith("]"):
                bytewise, fields["MESSAGE"] = False, _parse(array.rstrip(","))
        elif text.startswith('"MESSAGE"') and text.endswith("["):
            bytewise, array, at = True, "[", number
        elif text.startswith("{") and text.rstrip(",").endswith("}") and (whole := _parse(text.rstrip(","))):
            for one in whole.get("dmesg", ()) if isinstance(whole.get("dmesg"), list) else (whole,):
                yield from record(number, one)
        elif found := _FIELD.match(text):
            value = _parse(found["value"].rstrip().rstrip(","))
            if value is not None and found["name"] != "dmesg":
                fields[found["name"]] = value
                at = number if found["name"] in ("msg", "MESSAGE") else at
        elif text.startswith("}") and fields:
            yield from record(at or number, fields)
            fields, at = {}, 0
    if "msg" in fields or "MESSAGE" in fields:
        yield from record(at, fields)


def _parse(text: str) -> Any:
    """The value of a JSON text; None for a broken one (a capture may be cut anywhere)."""
    try:
        return json.loads(text) if len(text) <= LONGEST else None
    except (ValueError, RecursionError):
        return None


def record(number: int, fields: Any) -> Iterator[tuple[int, Prefixed, str]]:
    """The lines of a record's message, by its fields; nothing where it has none."""
    if not isinstance(fields, dict):
        return
    if "msg" not in fields and "MESSAGE" not in fields:
        yield from _collected(number, fields)
        return
    text = _text(fields["msg"] if "msg" in fields else fields.get("MESSAGE"))
    if text is None:
        return
    level, facility = _priority(fields)
    wall, timestamp, caller = "", nan, ""
    if "msg" in fields:  # dmesg
        timestamp = _number(fields.get("time"))
        wall = fields["time"] if isinstance(fields.get("time"), str) and timestamp != timestamp else ""
        kernel = True
        if isinstance(fields.get("caller"), str) and _CALLER.fullmatch(fields["caller"].strip()):
            caller = fields["caller"].strip()
    else:  # journalctl
        kernel = fields.get("_TRANSPORT", fields.get("SYSLOG_IDENTIFIER")) == "kernel"
        for name in ("_SOURCE_MONOTONIC_TIMESTAMP", "__MONOTONIC_TIMESTAMP"):
            if timestamp != timestamp:
                timestamp = _number(fields.get(name)) / 1e6
        if not kernel:
            text = f"{fields.get('SYSLOG_IDENTIFIER', fields.get('_COMM', ''))}: {text}"
    boot = fields.get("_BOOT_ID")
    for part in text.split("\n"):
        yield number, Prefixed(clean(part.rstrip()), timestamp, level, facility, caller, wall, kernel), str(boot or "")


def _collected(number: int, fields: dict[str, Any]) -> Iterator[tuple[int, Prefixed, str]]:
    """The same of a log collector's object, or of an exported search for such objects."""
    fields = _inner(fields)
    if not isinstance(text := fields.get("message"), str):
        return
    for part in text.split("\n"):
        for piece in pieces(part):
            yield number, piece._replace(kernel=piece.kernel and _is_kernel(fields)), ""


def _inner(fields: dict[str, Any]) -> dict[str, Any]:
    return inner if isinstance(inner := fields.get("_source"), dict) else fields


def _is_kernel(fields: dict[str, Any]) -> bool:
    """Whether one of the fields that may name a program names the kernel."""
    for name in _NAMES:
        value = fields.get(name)
        if value == "kernel" or (isinstance(value, dict) and any(value.get(inner) == "kernel" for inner in _NAMES)):
            return True
    return False


def _text(value: Any) -> str | None:
    """A message: text, or the array of bytes that journald writes for text that is not valid UTF-8."""
    if isinstance(value, list) and value and isinstance(value[0], str):
        value = value[0]
    if isinstance(value, list) and all(isinstance(one, int) and 0 <= one < 256 for one in value):
        return bytes(value).decode("utf-8", errors="replace")
    return value if isinstance(value, str) else None


def _number(value: Any) -> float:
    try:
        number = float(str(value).strip().replace(",", ".")[:40])
    except ValueError:
        return nan
    return number if isfinite(number) and not isinstance(value, bool) else nan


def _priority(fields: dict[str, Any]) -> tuple[str, str]:
    """Level and facility by name: of dmesg ``pri`` (and ``fac``), of journald PRIORITY and SYSLOG_FACILITY."""
    level, facility = fields.get("pri", fields.get("PRIORITY", "")), fields.get("fac", fields.get("SYSLOG_FACILITY", ""))
    number = _number(level)
    if number == number and 0 <= number < 8 * len(FACILITIES):
        level, implied = LEVELS[int(number) % 8], FACILITIES[int(number) // 8]
    else:
        level, implied = (level if level in LEVELS else ""), ""
    number = _number(facility)
    if number == number and 0 <= number < len(FACILITIES):
        facility = FACILITIES[int(number)]
    elif facility not in FACILITIES:
        facility = implied
    return level, facility
