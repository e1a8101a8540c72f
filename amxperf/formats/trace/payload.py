"""Layouts of printed payloads: one line of text per era of an event, as a regular expression and as steps of a small machine.

A layout is literal text with fields in braces, ``{name:type}``:

- ``d`` a decimal number (may be negative), ``x`` a hexadecimal one without ``0x``,
- ``t`` text up to the literal behind it, or to the end;
- ``!`` behind the type marks a field that takes few values and decides what the event means (an MSR, an exit reason);
- the name ``_`` is read and dropped.

:func:`pattern` serves the plain reader; :func:`steps` serves the compiled one, which reads the unmarked numbers itself and
asks the plain reader once per distinct combination of marked fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 1000
"""Characters of the longest payload that is taken apart; a longer one keeps its text only."""

_FIELD = re.compile(r"\{(\w+):([dxt])(!?)\}")
_TYPES = {"d": r"-?[0-9]{1,19}", "x": r"[0-9a-f]{1,16}", "t": r".*?"}


@dataclass(frozen=True)
class Step:
    """One step: match the literal `text` (type ``=``), or read a field."""

    type: str
    text: str = ""
    name: str = ""
    key: bool = False


def steps(layout: str) -> list[Step]:
    """The steps of a layout, in order.

    >>> [(step.type, step.text or step.name) for step in steps("vcpu {vcpu:d}, rip 0x{_:x}")]
    [('=', 'vcpu '), ('d', 'vcpu'), ('=', ', rip 0x'), ('x', '_')]
    """
    found, at = [], 0
    for field in _FIELD.finditer(layout):
        if field.start() > at:
            found.append(Step("=", layout[at : field.start()]))
        found.append(Step(field[2], name=field[1], key=bool(field[3])))
        at = field.end()
    if at < len(layout):
        found.append(Step("=", layout[at:]))
    return found


def pattern(layout: str) -> re.Pattern[str]:
    """The regular expression that matches a whole payload of the layout.

    >>> pattern("{msr:x!}, value {value:x}{gp:t!}").fullmatch("1c4, value 40000 #GP")["gp"]
    ' #GP'
    """
    parts = []
    for step in steps(layout):
        if step.type == "=":
            parts.append(re.escape(step.text))
        elif step.name == "_":
            parts.append(_TYPES[step.type])
        else:
            parts.append(f"(?P<{step.name}>{_TYPES[step.type]})")
    return re.compile("".join(parts), re.ASCII)


def numbers(layout: str) -> dict[str, int]:
    """Field -> base, for the fields that are numbers."""
    return {step.name: 16 if step.type == "x" else 10 for step in steps(layout) if step.type in "dx" and step.name != "_"}
