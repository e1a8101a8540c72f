"""Columns out of what the scan of trace text found: loops over many rows, written for a compiler.

Columns are many, so a loop takes their addresses in an array: `memory` begins at address 0, in items of one size, and a place in it
is the address divided by that size.
"""

from __future__ import annotations

from typing import Any

from ..compiled.primitives import copy

WIDE, NARROW, TIME = 0, 1, 2
"""Kinds of a column: 64 bits, 32 bits (missing beyond), a time in ns that is stored in s."""

LIMIT = (1 << 31) - 1
"""Largest number of a column of 32 bits."""

MISSING = -(1 << 62) - 1
"""A processor or process id that the line does not tell."""

PLACE = 4
"""Items of a column: its kind, places of its first number and of its first mark (1: missing), whether it has numbers at all."""

ENTRIES = {
    "fill_rows": "q q q q i* d* q* q* i* i* q* q* B* i* d* q* B* q* B* i* i* q* B* q i* i* q* d* d q* q* i* d* B*",
    "name8": "q q i* b* b*",
    "name16": "q q i* h* h*",
    "name32": "q q i* i* i*",
    "names_used": "q q i* B*",
    "headline_sizes": "q q i* q* i* q* B* q*",
    "headlines": "q q i* q* B* i* q* B* B* q* B*",
}
"""The functions that are called from outside and their parameters: see :func:`amxperf.formats.compiled.native.entries`."""


def fill_rows(
    count: int, row: int, line: int, to: int, lines: Any, stamps: Any, cpus: Any, pids: Any, tasks: Any, keys: Any, packed: Any,
    ends: Any, text: Any, out_lines: Any, out_stamps: Any, out_cpus: Any, no_cpu: Any, out_pids: Any, no_pid: Any,
    out_tasks: Any, out_keys: Any, out_ends: Any, out_text: Any, columns: int, starts: Any, where: Any, told: Any, told_times: Any,
    nan: float, places: Any, wide: Any, narrow: Any, real: Any, marks: Any
) -> int:  # fmt: skip
    """Put the `count` events of a chunk into the rows from `row` on; `line` is its first line, `to` the bytes of text before it.

    What a key says stands in `where` from starts[2 * key] to starts[2 * key + 1], a column each, and in `told` beside it (a
    time in s in `told_times`, the same memory); then come, up to starts[2 * key + 2], the columns that its line stores in `packed`.
    """
    for column in range(columns):
        at = PLACE * column
        if places[at + 3]:
            if places[at] == TIME:
                for i in range(row, row + count):
                    real[places[at + 1] + i] = nan
            else:
                for i in range(row, row + count):
                    marks[places[at + 2] + i] = 1
    if count:
        copy(out_text, to, text, 0, ends[count - 1])
    taken = 0
    for i in range(count):
        out = row + i
        out_lines[out] = line + lines[i]
        out_stamps[out] = stamps[i]
        number = cpus[i]
        if number == MISSING:
            no_cpu[out] = 1
        else:
            out_cpus[out] = number
        number = pids[i]
        if number == MISSING:
            no_pid[out] = 1
        else:
            out_pids[out] = number
        out_tasks[out] = tasks[i]
        key = keys[i]
        out_keys[out] = key
        out_ends[out + 1] = to + ends[i]
        for j in range(starts[2 * key], starts[2 * key + 2]):
            at = PLACE * where[j]
            if j < starts[2 * key + 1]:
                number = told[j]
            else:
                number = packed[taken]
                taken += 1
            if places[at] == WIDE:
                wide[places[at + 1] + out] = number
                marks[places[at + 2] + out] = 0
            elif places[at] == TIME:
                real[places[at + 1] + out] = told_times[j] if j < starts[2 * key + 1] else number / 1e9
            elif -LIMIT <= number <= LIMIT:
                narrow[places[at + 1] + out] = number
                marks[places[at + 2] + out] = 0
    return 0


def name8(low: int, high: int, numbers: Any, names: Any, out: Any) -> int:
    """out[i] = names[numbers[i]]."""
    for i in range(low, high):
        out[i] = names[numbers[i]]
    return 0


name16 = name32 = name8


def names_used(low: int, high: int, numbers: Any, used: Any) -> int:
    """used[numbers[i]] = 1."""
    for i in range(low, high):
        used[numbers[i]] = 1
    return 0


def headline_sizes(low: int, high: int, events: Any, ends: Any, keys: Any, prefix_ends: Any, forms: Any, sizes: Any) -> int:
    """Bytes of the headline of each trace: see :func:`headlines`."""
    for i in range(low, high):
        row = events[i] + 0
        if row < 0:
            sizes[i] = 0
        else:
            key = keys[row]
            size = prefix_ends[key + 1] - prefix_ends[key]
            if forms[key] < 2:
                size += ends[row + 1] - ends[row] + forms[key]
            sizes[i] = size
    return 0


def headlines(
    low: int, high: int, events: Any, ends: Any, text: Any, keys: Any, prefix_ends: Any, prefixes: Any, forms: Any, out_ends: Any,
    out: Any
) -> int:  # fmt: skip
    """The headline of each trace: what stands in front of the event's detail, the detail, and (form 1) a bracket; or (form 2) the
    text in front alone."""
    for i in range(low, high):
        row = events[i] + 0
        if row >= 0:
            key = keys[row]
            to = out_ends[i]
            size = prefix_ends[key + 1] - prefix_ends[key]
            copy(out, to, prefixes, prefix_ends[key], size)
            to += size
            if forms[key] < 2:
                size = ends[row + 1] - ends[row]
                copy(out, to, text, ends[row], size)
                if forms[key] == 1:
                    out[to + size] = 41
    return 0
