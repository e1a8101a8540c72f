"""Columns out of the rows of the compiled scan: compiled loops over many rows, without a thought of what they mean."""

from __future__ import annotations

import numba
import numpy as np

jit = numba.njit(cache=True, nogil=True)


@jit
def renumber(numbers, which, low, high, names, others):
    """Replace numbers[low:high] by their names, or, where `which` is true, by their other names."""
    for row in range(low, high):
        if numbers[row] >= 0:
            numbers[row] = others[numbers[row]] if which[row] else names[numbers[row]]


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
def numbers_of(low, high, rows, key, bits, place, stored, told, untold, limit, out, missing):
    """Numbers that the scan stored (bit `place` is set), those that the key tells elsewhere; missing beyond `limit`."""
    for at in range(low, high):
        row = rows[at]
        if place >= 0 and bits[row] >> place & 1:
            number = stored[row]
            if limit and not (np.int64(number) <= limit and np.int64(number) >= -limit):
                missing[at] = True
            else:
                out[at] = number
        else:
            out[at] = told[key[row]]
            missing[at] = untold[key[row]]


@jit
def seconds_of(low, high, rows, key, bits, place, stored, told, out):
    """Times that the scan stored in ns, and those that the key tells in s."""
    for at in range(low, high):
        row = rows[at]
        if bits[row] >> place & 1:
            out[at] = np.int64(stored[row]) / 1e9
        else:
            out[at] = told[key[row]]


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
