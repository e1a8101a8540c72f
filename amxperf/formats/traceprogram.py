"""The layouts of tracepoints as arrays, for the compiled scan of trace text (:mod:`amxperf.formats.tracescan`).

One row of `ops` per step: (operation, first number, second number, key). LITERAL: place and length in `literals`; DECIMAL and HEX:
the number's place in :data:`STORED`, -1 to drop it; TEXT has none. `key` is 1 where the field's text decides what the event means.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from .payload import steps
from .tracepoints import LAYOUTS, RETURN

if TYPE_CHECKING:
    import numpy as np

LITERAL, DECIMAL, HEX, TEXT = range(4)

STORED = ("vcpu", "value", "rip", "info1", "info2", "old", "new", "target_pid", "target_cpu", "duration")
"""Columns that the scan fills itself; all others follow from the key."""

RETURNS = len(LAYOUTS[RETURN])
"""Layouts of returns of system calls; they are the first ones of the program."""

SEED, PRIME = 0xCBF29CE484222325, 0x100000001B3
"""Offset and prime of the 64-bit FNV-1a hash."""

MASK = (1 << 64) - 1


class Program(NamedTuple):
    """The arrays. `table` is open addressing by name: hash, first layout, number of layouts; hash 0 is an empty place."""

    ops: np.ndarray
    bounds: np.ndarray
    literals: np.ndarray
    hashes: np.ndarray
    first: np.ndarray
    number: np.ndarray


def fnv(text: bytes, start: int = SEED) -> int:
    """FNV-1a of bytes, 64 bits; the scan computes the same.

    >>> hex(fnv(b"a"))
    '0xaf63dc4c8601ec8c'
    """
    for byte in text:
        start = ((start ^ byte) * PRIME) & MASK
    return start


@cache
def program() -> Program:
    """All layouts of :data:`amxperf.formats.tracepoints.LAYOUTS`; those of returns stand first in `bounds`."""
    import numpy as np

    ops: list[tuple[int, int, int, int]] = []
    bounds: list[tuple[int, int]] = []
    literals = bytearray()
    events: dict[str, tuple[int, int]] = {}
    places: dict[tuple[str, ...], tuple[int, int]] = {}
    for event in sorted(LAYOUTS, key=lambda name: name != RETURN):
        eras = LAYOUTS[event]
        if eras not in places:
            places[eras] = (len(bounds), len(eras))
            for layout in eras:
                start = len(ops)
                for step in steps(layout):
                    place = STORED.index(step.name) if step.name in STORED and not step.key else -1
                    if step.type == "=":
                        ops.append((LITERAL, len(literals), len(step.text), 0))
                        literals += step.text.encode()
                    else:
                        ops.append(({"d": DECIMAL, "x": HEX, "t": TEXT}[step.type], place, 0, int(step.key)))
                bounds.append((start, len(ops)))
        events[event] = places[eras]
    for event in list(events):
        if event.startswith("sys_") and event not in (RETURN, "sys_enter", "sys_exit"):
            events["sys_enter_" + event[4:]] = events[event]
    size = 1
    while size < 4 * len(events):
        size *= 2
    hashes, first, number = np.zeros(size, np.uint64), np.zeros(size, np.int32), np.zeros(size, np.int32)
    for event, (begin, count) in events.items():
        code = fnv(event.encode())
        at = code & (size - 1)
        while hashes[at]:
            at = (at + 1) & (size - 1)
        hashes[at], first[at], number[at] = code, begin, count
    return Program(
        np.array(ops, np.int32), np.array(bounds, np.int32), np.frombuffer(bytes(literals), np.uint8), hashes, first, number
    )
