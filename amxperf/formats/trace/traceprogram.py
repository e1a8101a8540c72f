"""The layouts of tracepoints as arrays, for the compiled scan of trace text (:mod:`.tracescan`).

`ops` holds four numbers per step: operation, first and second number, and 1 where the field's text decides what the event means.
LITERAL: place and length in `literals`; DECIMAL and HEX: 1 or more to store the number, -1 to drop it, then (HEX) 1 where it is no
64-bit word, so that a larger one does not fit; TEXT has none.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from .payload import steps
from .tracehead import RETURN_EVENT
from .tracematch import DECIMAL, HEX, LITERAL, TEXT
from .tracepoints import LAYOUTS, RETURN, WORDS
from .tracetext import character_kinds

if TYPE_CHECKING:
    import numpy as np

STORED = ("vcpu", "value", "rip", "info1", "info2", "old", "new", "target_pid", "target_cpu", "duration")
"""Columns that the scan fills itself; all others follow from the key."""

SPARE = 64
"""Bytes behind a text that may be read, never used."""


class Program(NamedTuple):
    """The arrays: kinds of characters; steps, where a layout's begin and end, their literals; where an event's layouts begin and
    how many there are; and for each layout the columns that it stores, in order."""

    kinds: np.ndarray
    ops: np.ndarray
    bounds: np.ndarray
    literals: np.ndarray
    eras: np.ndarray
    events: dict[str, int]
    stored: tuple[tuple[str, ...], ...]


@cache
def program() -> Program:
    """All layouts of :data:`.tracepoints.LAYOUTS`. The event of number 0 are the returns of system calls.

    >>> made = program()
    >>> made.events["sys_*_return"], made.stored[made.eras[2 * made.events["kvm_exit"]]]
    (0, ('vcpu', 'rip', 'info1', 'info2'))
    """
    import numpy as np

    ops: list[tuple[int, int, int, int]] = []
    bounds: list[tuple[int, int]] = []
    literals = bytearray()
    stored: list[tuple[str, ...]] = []
    events: dict[str, int] = {}
    eras: list[tuple[int, int]] = []
    numbers: dict[tuple[str, ...], int] = {}
    for event in sorted(LAYOUTS, key=lambda name: name != RETURN):
        layouts = LAYOUTS[event]
        if layouts not in numbers:
            numbers[layouts] = len(eras)
            eras.append((len(bounds), len(layouts)))
            for layout in layouts:
                start = len(ops)
                kept = []
                for step in steps(layout):
                    keep = step.name in STORED and not step.key
                    if step.type == "=":
                        ops.append((LITERAL, len(literals), len(step.text), 0))
                        literals += step.text.encode()
                        continue
                    kind = {"d": DECIMAL, "x": HEX, "t": TEXT}[step.type]
                    ops.append((kind, 1 if keep else -1, int(step.name not in WORDS), int(step.key)))
                    if keep:
                        kept.append(step.name)
                bounds.append((start, len(ops)))
                stored.append(tuple(kept))
        events[event] = numbers[layouts]
    for event in list(events):
        if event.startswith("sys_") and event not in (RETURN, "sys_enter", "sys_exit"):
            events["sys_enter_" + event[4:]] = events[event]
    assert events[RETURN] == RETURN_EVENT
    return Program(
        np.frombuffer(character_kinds(), np.uint8), np.array(ops, np.int32).ravel(), np.array(bounds, np.int32).ravel(),
        np.frombuffer(bytes(literals) + bytes(SPARE), np.uint8), np.array(eras, np.int32).ravel(), events, tuple(stored)
    )  # fmt: skip


def table(hashes: list[int], numbers: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """A hash table as :func:`.tracetext.number_of` reads it, at most half full."""
    import numpy as np

    size = 256
    while size < 4 * len(hashes):
        size *= 2
    codes, found = np.zeros(size, np.int64), np.full(size, -1, np.int32)
    for code, number in zip(hashes, numbers, strict=True):
        put(codes, found, code, number)
    return codes, found


def put(codes: np.ndarray, numbers: np.ndarray, code: int, number: int) -> None:
    """Add to a table: the number first, as other threads look at the hash first."""
    slot, mask = (code >> 8) & (len(codes) - 1), len(codes) - 1
    while codes[slot]:
        slot = (slot + 1) & mask
    numbers[slot] = number
    codes[slot] = code
