"""Lines of register dumps taken apart, for a compiler: what :func:`amxperf.formats.kernellog.stackframe.parse_registers` says of
the usual ones, as numbers."""

from __future__ import annotations

from typing import Any

from .scan import names_register

ENTRIES = {"dump": "B* q q* q* i* q* i* i* i* q*"}
"""The functions that are called from outside and their parameters: see :func:`amxperf.formats.compiled.native.entries`."""

SHORTEST = 4
"""Bytes of the shortest name and value."""

RIP, CODE = 0x504952, 0x45444F43
"""The names RIP and CODE as numbers, the first letter in the lowest byte."""


def hexadecimal(byte: int) -> bool:
    """Whether the byte is a hexadecimal digit."""
    return 48 <= byte <= 57 or 65 <= byte <= 70 or 97 <= byte <= 102


def of_word(byte: int) -> bool:
    """Whether the byte is a letter, a digit or an underscore."""
    return 48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122 or byte == 95


def beginning(buf: Any, at: int, end: int) -> int:
    """The first eight bytes of buf[at:end] as a number; zero stands for those behind its end."""
    eight = 0
    for i in range(min(8, end - at)):
        eight |= (buf[at + i] + 0) << (8 * i)
    return eight


def pairs(buf: Any, at: int, end: int, line: int, row: int, which: Any, names: Any, begins: Any, ends: Any) -> int:
    """Rows from `row` on for each ``NAME: value`` in buf[at:end]; how many rows there are then, -1 where a name is too long."""
    to = at
    while to < end:
        if not of_word(buf[to]):
            to += 1
            continue
        name = to
        while to < end and of_word(buf[to]):
            to += 1
        letter = buf[name] | 32
        fresh = name == at or not of_word(buf[name - 1])
        if not fresh or to == end or buf[to] != 58 or letter < 97 or letter > 122 or to - name < 2 or to - name > 10:
            continue
        value = to + 1
        while value < end and value < to + 5 and buf[value] == 32:
            value += 1
        if value == end or not hexadecimal(buf[value]):
            continue
        if to - name > 8:
            return -1
        names[row] = beginning(buf, name, to)
        to = value + 1
        while to < end and to - value < 41:
            byte = buf[to]
            if not (hexadecimal(byte) or byte == 58 or byte == 40 or byte == 41 or byte == 120):
                break
            to += 1
        which[row] = line
        begins[row] = value
        ends[row] = to
        row += 1
    return row


def dump(
    buf: Any, lines: int, starts: Any, stops: Any, which: Any, names: Any, begins: Any, ends: Any, left: Any, registers: Any
) -> int:  # fmt: skip
    """Take the lines apart: a row for each register, with its line, name (as a number) and where its value stands.

    `left` names the lines that are not taken; its item `lines` is their number. `registers` are the names that
    a line may begin with. Returns the number of rows.
    """
    row = 0
    asked = 0
    for i in range(lines):
        at = starts[i] + 0
        end = stops[i] + 0
        while at < end and (buf[at] == 32 or buf[at] == 9):
            at += 1
        while at < end and (buf[end - 1] == 32 or buf[end - 1] == 9):
            end -= 1
        eight = beginning(buf, at, end)
        usual = names_register(eight, registers)
        for k in range(at, end):
            usual = usual and 32 <= buf[k] <= 126
        done = -1
        if usual and (eight & 0xFFFFFFFFFFFF) == 0x203A65646F43:  # Code: and a blank
            names[row] = CODE
            value = at + 6
            done = row + 1
        elif usual and (eight & 0xFFFFFFFF) == 0x3A504952:  # RIP:
            names[row] = RIP
            value = at + 4
            done = row + 1
        elif usual and (eight & 0xFFFFFFFFFF) != 0x3A65646F43:
            done = pairs(buf, at, end, i, row, which, names, begins, ends)
            value = -1
        if done < 0:
            left[asked] = i
            asked += 1
            continue
        if value >= 0:
            while value < end and buf[value] == 32:
                value += 1
            which[row] = i
            begins[row] = value
            ends[row] = end
        row = done
    left[lines] = asked
    return row
