"""Columns out of the rows of the compiled scan: compiled loops over many rows, without a thought of what they mean."""

from __future__ import annotations

import numba
import numpy as np

from .traceprogram import STORED

FRAME = 3
"""What a frame is, as in :mod:`amxperf.formats.tracescan`."""

COUNTS = np.array([number.bit_count() for number in range(1 << len(STORED))], np.uint8)
"""Bits that are set in a number."""

jit = numba.njit(cache=True, nogil=True)


@jit
def count_kind(what, low, high, wanted):
    """How many of the lines low to high are `wanted`."""
    number = 0
    for row in range(low, high):
        number += what[row] & 15 == wanted
    return number


@jit
def entries_of(what, low, high, entry, wanted, out, lines, at):
    """Entries (and lines, from 1) of the lines low to high that are `wanted`, into out[at:]; the first entry is `entry`."""
    for row in range(low, high):
        kind = what[row] & 15
        if kind == wanted:
            out[at], lines[at] = entry, row + 1
            at += 1
        if kind != FRAME:
            entry += 1


@jit
def renumber(numbers, low, high, names):
    """Replace numbers[low:high] by their names, where they are not negative."""
    for row in range(low, high):
        if numbers[row] >= 0:
            numbers[row] = names[numbers[row]]


@jit
def name_of(low, high, numbers, names, out):
    """out[i] = names[numbers[i]]."""
    for at in range(low, high):
        out[at] = names[numbers[at]]


@jit
def pick(low, high, rows, values, out):
    """out[i] = values[rows[i]], for i from low to high."""
    for at in range(low, high):
        out[at] = values[rows[at]]


@jit
def pick_named(low, high, rows, numbers, names, out):
    """out[i] = names[numbers[rows[i]]]."""
    for at in range(low, high):
        out[at] = names[numbers[rows[at]]]


@jit
def count(low, high, rows, numbers, out, missing):
    """out[i] = numbers[rows[i]]; a negative one is missing."""
    for at in range(low, high):
        number = numbers[rows[at]]
        out[at] = number
        missing[at] = number < 0


@jit
def told_by_key(low, high, rows, key, told, untold, out, missing):
    """Numbers that the key tells."""
    for at in range(low, high):
        number = key[rows[at]]
        gone = untold[number]
        missing[at] = gone
        if not gone:
            out[at] = told[number]


@jit
def numbers_of(low, high, rows, key, bits, place, packed, told, untold, limit, out, missing):
    """Numbers that the scan stored (bit `place` is set), those that the key tells elsewhere; missing beyond `limit`.

    `packed` holds the stored numbers of these rows alone.
    """
    below, start = (1 << place) - 1, 0
    for at in range(low, high):
        row = rows[at]
        filled = bits[row]
        if filled >> place & 1:
            number = packed[start + COUNTS[filled & below]]
            missing[at] = limit > 0 and not (np.int64(number) <= limit and np.int64(number) >= -limit)
            if not missing[at]:
                out[at] = number
        else:
            gone = untold[key[row]]
            missing[at] = gone
            if not gone:
                out[at] = told[key[row]]
        start += COUNTS[filled]


@jit
def seconds_of(low, high, rows, key, bits, place, packed, told, out):
    """Times that the scan stored in ns, and those that the key tells in s."""
    below, start = (1 << place) - 1, 0
    for at in range(low, high):
        row = rows[at]
        filled = bits[row]
        if filled >> place & 1:
            out[at] = np.int64(packed[start + COUNTS[filled & below]]) / 1e9
        else:
            out[at] = told[key[row]]
        start += COUNTS[filled]


@jit
def spans(low, high, rows, begins, start, length, places, lengths):
    """Place and length of a text of each row."""
    for at in range(low, high):
        row = rows[at]
        places[at] = begins[row] + np.int64(start[row])
        lengths[at] = length[row]


@jit
def gather(low, high, data, places, lengths, ends, out):
    """Copy data[places[i] : places[i] + lengths[i]] to out[ends[i] : ends[i + 1]], for i from low to high."""
    for at in range(low, high):
        number, source, target = lengths[at], places[at], ends[at]
        if number > 0:
            out[target : target + number] = data[source : source + number]
