"""The captures of this folder and what a reader must find in them; README.md says how both were made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
SEPARATOR = b"=== "


@dataclass(frozen=True)
class Entry:
    """One capture: its bytes, and the expectation as the JSON file beside it has it."""

    name: str
    family: str
    data: bytes
    expected: dict[str, Any]

    def __str__(self) -> str:
        return self.name


@cache
def family(name: str) -> tuple[Entry, ...]:
    """The captures of `<name>.log`, in order."""
    expected = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    parts: list[tuple[str, list[bytes]]] = []
    for line in (FOLDER / f"{name}.log").read_bytes().splitlines(keepends=True):
        if line.startswith(SEPARATOR):
            parts.append((line[len(SEPARATOR) :].decode().split(" | ")[0], []))
        else:
            parts[-1][1].append(line)
    assert [title for title, _ in parts] == list(expected), f"{name}.log and {name}.json name other captures"
    return tuple(Entry(title, name, b"".join(lines), expected[title]) for title, lines in parts)


FAMILIES = tuple(sorted(path.stem for path in FOLDER.glob("*.log")))
TRACES = "trace"
"""The family of ftrace, trace-cmd and perf script; the others are kernel logs."""


PASTED = "pasted"
"""The family of kernel logs as people paste them, whose expectations are by hand: the second reader knows no such forms."""


RECORDED = "recorded"
"""The family of kernel logs within the log of something that recorded them, by hand as well."""


def logs() -> list[Entry]:
    """All kernel logs but the pasted and recorded ones."""
    return [entry for name in FAMILIES if name not in (TRACES, PASTED, RECORDED) for entry in family(name)]


def pasted() -> list[Entry]:
    """Kernel logs as people paste them, and as recorders write them."""
    return [*family(PASTED), *family(RECORDED)]


def frames_with_context(frames: list[str]) -> list[tuple[str, str]]:
    """(frame, context) of a list in the notation of the JSON files: a mark stands where the context changes.

    >>> frames_with_context(["<IRQ> a+0x1/0x2", "? b+0x1/0x2", "<> c+0x1/0x2"])
    [('a+0x1/0x2', 'IRQ'), ('? b+0x1/0x2', 'IRQ'), ('c+0x1/0x2', '')]
    """
    out, context = [], ""
    for text in frames:
        if text.startswith("<"):
            context, _, text = text[1:].partition("> ")
        out.append((text, context))
    return out
