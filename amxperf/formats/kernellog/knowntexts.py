"""The known texts in one hash table, for a compiler: looking them up, and adding frames of the common form.

:mod:`.memo` holds the arrays: `arena` with a record for each text (its number and how many bytes it has, their
number again with the kind of text added, the bytes), `slots` (some bits of the hash, the place of the record in words of eight
bytes; 0: free), the rows `C` of :mod:`.replay`, and `state`.
"""

from __future__ import annotations

from typing import Any

from ..compiled.primitives import copy, digest, equal, hexes, kinds, lowest, ones, paste, word
from .textflags import BARE, FRAME, LEFT, PLAIN

MISS = -8
"""Code of a line whose text was not seen before."""

TASK, TEMPLATE, COMM, SYMBOL, MODULE, BUILD = 1 << 30, 1 << 29, 1 << 28, 1 << 27, 1 << 26, 1 << 25
"""Added to the length of what is looked up, so that it is never taken for a line: what stands behind ``Comm: ``, or behind the name
there; a text whose numbers are collapsed; a task's name; the words of a frame."""

REGULAR = LEFT | FRAME | BARE | PLAIN
"""Flags of a frame of the common form."""

RECORD = 88
"""Bytes that a record takes beside its text, at most, with the 64 that there are to spare."""

COUNT, USED, FRAMES, ENTRY_ROOM, ARENA_ROOM, FRAME_ROOM, ROOM, STATE = 0, 1, 2, 3, 4, 5, 6, 7
"""Items of `state`: texts, their bytes, frames among them; room for each; 1 where more is needed. And the number of items."""

ENTRIES = {
    "shape": "B* q q B*",
    "learn": "q q B* i* i* i* B* q* q* q B* q* q* q*",
    "enter": "B* q q q q q q q q q q q* q B* q* q*",
    "rehash": "q B* q* q",
}
"""The functions that are called from outside and their parameters: see :func:`amxperf.formats.compiled.native.entries`."""


def collapse(buf: Any, at: int, end: int, out: Any) -> int:
    """Write the text to `out` with its numbers and addresses replaced by their kind and length; return the length.

    A message that differs in such words only is of the same kind: a number of up to 6, 10 or 18 digits, also behind letters,
    ``0x..`` of up to 7 digits or by its length, words of hexadecimal digits by their length, a symbol in front of ``+0x`` of up to
    16, 32 or 64 bytes. The first word stays, unless it is a decimal number.
    """
    begin = at
    to = 0
    base = at
    bits = kinds(buf, at)
    letters = hexes(buf, at)
    while at < end:
        passed = at - base
        if passed > 15:
            bits = kinds(buf, at)
            letters = hexes(buf, at)
            base = at
            passed = 0
        size = lowest(~((bits & 0xFFFFFFFF) >> passed))
        if size == 0:
            out[to] = buf[at]
            to += 1
            at += 1
            continue
        if passed + size == 32 and passed > 0:
            bits = kinds(buf, at)
            letters = hexes(buf, at)
            base = at
            passed = 0
            size = lowest(~(bits & 0xFFFFFFFF))
        size = min(size, end - at)
        some = (1 << size) - 1
        decimal = ones((bits >> (32 + passed)) & some)
        hexadecimal = ones((letters >> passed) & some)
        stop = at + size
        if size == 32:
            while stop < end:
                byte = buf[stop]
                if 48 <= byte <= 57:
                    decimal += 1
                elif 97 <= byte <= 102:
                    hexadecimal += 1
                elif not (97 <= byte <= 122 or 65 <= byte <= 90 or byte == 95):
                    break
                stop += 1
            size = stop - at
        if at > begin and (buf[stop] == 43 or buf[stop] == 46):  # f.cold+0x1/0x2
            wide = stop
            while wide < end and wide - at < 65:
                byte = buf[wide]
                if not (48 <= byte <= 57 or 97 <= byte <= 122 or 65 <= byte <= 90 or byte == 95 or byte == 46):
                    break
                wide += 1
            if wide - at <= 64 and wide + 3 < end and buf[wide] == 43 and buf[wide + 1] == 48 and buf[wide + 2] == 120:
                out[to] = 220 if wide - at <= 16 else 221 if wide - at <= 32 else 222
                to += 1
                at = wide
                continue
        if size == 2 and at > begin and decimal + hexadecimal == 2:  # a byte of a dump
            out[to] = 142
            to += 1
        elif decimal == size and size <= 18:
            out[to] = 128 if size <= 6 else 129 if size <= 10 else 130
            to += 1
        elif size <= 32 and at > begin and decimal > 0 and decimal + hexadecimal == size:
            out[to] = 140 + size
            to += 1
        elif 2 < size <= 32 and at > begin and buf[at] == 48 and buf[at + 1] == 120 and decimal + hexadecimal == size - 1:
            out[to] = 180 + max(size, 9)
            to += 1
        else:
            while stop > at and 48 <= buf[stop - 1] <= 57:
                stop -= 1
            decimal = at + size - stop
            if at == begin or decimal > 6 or decimal == 0:
                decimal = 0
                stop = at + size
            if size <= 32:
                paste(out, to, buf, at)  # CPU12
            else:
                copy(out, to, buf, at, stop - at)
            to += stop - at
            stop = at + size
            if decimal:
                out[to] = 128
                to += 1
        at = stop
    return to


def lookup(buf: Any, at: int, end: int, size: int, mark: int, slots: Any, mask: int, arena: Any) -> int:
    """Number of the known text buf[at:end] with that hash; -1 if it is not known."""
    slot = mark & mask
    while slots[slot] != 0:
        if slots[slot] >> 32 == mark >> 31:
            record = (slots[slot] & 0xFFFFFFFF) * 8
            if word(arena, record + 8) == size and equal(buf, at, arena, record + 16, end - at):
                return word(arena, record) & 0xFFFFFFFF
        slot = (slot + 1) & mask
    return -1


def likely(mark: int, slots: Any, mask: int) -> int:
    """Place in `arena` of the record that a look for a text of that hash will most likely come to."""
    return (slots[mark & mask] & 0xFFFFFFFF) * 8


def place(record: int, mark: int, slots: Any, mask: int) -> int:
    """Make a text findable; others may look meanwhile."""
    slot = mark & mask
    while slots[slot] != 0:
        slot = (slot + 1) & mask
    slots[slot] = ((mark >> 31) << 32) | (record >> 3)
    return slot


def write(target: Any, at: int, value: int) -> int:
    """Write eight bytes, as :func:`amxperf.formats.compiled.primitives.word` reads them."""
    for i in range(8):
        target[at + i] = (value >> (8 * i)) & 255
    return 0


def add(
    buf: Any, at: int, end: int, size: int, flags: int, row: int, first: int, marks: int, frame: int, frames: int, rest: int,
    owner: int, mark: int, slots: Any, mask: int, arena: Any, C: Any, state: Any
) -> int:  # fmt: skip
    """Add buf[at:end], of that hash, with the items of its row of C; its number, or -1 where there must be more room."""
    count = end - at
    entry = state[COUNT] + 0
    record = state[USED] + 0
    if entry >= state[ENTRY_ROOM] or record + count + RECORD > state[ARENA_ROOM] or 2 * entry + 2 > mask:
        return -1
    write(arena, record, entry + (count << 32))
    write(arena, record + 8, size)
    copy(arena, record + 16, buf, at, count)
    c = entry * 8
    C[c] = flags
    C[c + 1] = row
    C[c + 2] = first
    C[c + 3] = marks
    C[c + 4] = frame
    C[c + 5] = frames
    C[c + 6] = rest
    C[c + 7] = owner
    state[USED] = (record + count + 23) & -8
    state[COUNT] = entry + 1
    place(record, mark, slots, mask)
    return entry


def rehash(used: int, arena: Any, slots: Any, mask: int) -> int:
    """Put all texts of the arena into a new table."""
    record = 8
    while record < used:
        count = word(arena, record) >> 32
        place(record, digest(arena, record + 16, record + 16 + count), slots, mask)
        record = (record + count + 23) & -8
    return 0


def hexadecimal(buf: Any, at: int, end: int) -> int:
    """End of the run of lower-case hexadecimal digits from `at`."""
    while at < end and (48 <= buf[at] <= 57 or 97 <= buf[at] <= 102):
        at += 1
    return at


def small(buf: Any, at: int, end: int) -> int:
    """The hexadecimal number in buf[at:end], at most 15 digits; -2 from 2^31 on."""
    value = 0
    for i in range(at, end):
        value = value * 16 + (buf[i] - 48 if buf[i] < 58 else buf[i] - 87)
    return value if value < 1 << 31 else -2


def regular(buf: Any, at: int, end: int, out: Any) -> bool:
    """Whether the text is a frame of the form ``? f+0x1/0x2 [module build]`` and nothing else.

    Fills out: where symbol, module and build id begin and end (begin 0 and end 0: none), offset, size, 1 without the question mark.
    """
    out[8] = 1
    if buf[at] == 63 and buf[at + 1] == 32:
        out[8] = 0
        at += 2
    begin = at
    byte = buf[at]
    if not (97 <= byte <= 122 or 65 <= byte <= 90 or byte == 95):
        return False
    while at < end and (97 <= byte <= 122 or 65 <= byte <= 90 or byte == 95 or byte == 46 or 48 <= byte <= 57):
        at += 1
        byte = buf[at]
    if at - begin > 201 or end - at < 7 or byte != 43 or buf[at + 1] != 48 or buf[at + 2] != 120:
        return False
    out[0] = begin
    out[1] = at
    begin = at + 3
    at = hexadecimal(buf, begin, end)
    if at == begin or at - begin > 15 or end - at < 4 or buf[at] != 47 or buf[at + 1] != 48 or buf[at + 2] != 120:
        return False
    out[6] = small(buf, begin, at)
    begin = at + 3
    at = hexadecimal(buf, begin, end)
    if at == begin or at - begin > 15:
        return False
    out[7] = small(buf, begin, at)
    for i in range(2, 6):
        out[i] = 0
    if at == end:
        return True
    if end - at < 4 or buf[at] != 32 or buf[at + 1] != 91 or buf[end - 1] != 93:
        return False
    begin = at + 2
    at = begin
    byte = buf[at]
    while at < end and (97 <= byte <= 122 or 65 <= byte <= 90 or byte == 95 or byte == 45 or 48 <= byte <= 57):
        at += 1
        byte = buf[at]
    if at == begin or at - begin > 64:
        return False
    out[2] = begin
    out[3] = at
    if at == end - 1:
        return True
    if byte != 32:
        return False
    begin = at + 1
    at = hexadecimal(buf, begin, end)
    out[4] = begin
    out[5] = at
    return at == end - 1 and 8 <= at - begin <= 64


def known_word(
    buf: Any, at: int, end: int, kind: int, slots: Any, mask: int, arena: Any
) -> int:  # fmt: skip
    """Number of the text that is the word buf[at:end] of a kind, -1 if it is not known."""
    return lookup(buf, at, end, end - at + kind, digest(buf, at, end), slots, mask, arena)


def learn(
    first: int, count: int, buf: Any, begins: Any, stops: Any, codes: Any, shapes: Any, scratch: Any, slots: Any, mask: int,
    arena: Any, C: Any, frames: Any, state: Any
) -> int:  # fmt: skip
    """Give the missed among the lines first .. count - 1 the numbers of their texts, and add the frames of the common form.

    Returns `count`, or the line at which the plain reader must be asked, or more room be made: state[ROOM].
    """
    state[ROOM] = 0
    for i in range(first, count):
        if codes[i] != MISS:
            continue
        at = begins[i] + 0
        end = stops[i] + 0
        mark = digest(buf, at, end)
        entry = lookup(buf, at, end, end - at, mark, slots, mask, arena)
        if entry < 0 and regular(buf, at, end, scratch):
            symbol = known_word(buf, scratch[0], scratch[1], SYMBOL, slots, mask, arena)
            module = 0
            build = 0
            if scratch[2]:
                module = known_word(buf, scratch[2], scratch[3], MODULE, slots, mask, arena)
            if scratch[4]:
                build = known_word(buf, scratch[4], scratch[5], BUILD, slots, mask, arena)
            if symbol < 0 or module < 0 or build < 0:
                return i
            number = state[FRAMES] + 0
            entry = -1
            if number < state[FRAME_ROOM]:
                entry = add(buf, at, end, end - at, REGULAR, 0, 0, 0, number, 1, -1, -1, mark, slots, mask, arena, C, state)
            if entry < 0:
                state[ROOM] = 1
                return i
            f = number * 8
            frames[f] = C[symbol * 8 + 1]
            frames[f + 1] = C[symbol * 8 + 2]
            frames[f + 2] = scratch[6]
            frames[f + 3] = scratch[7]
            frames[f + 4] = C[module * 8 + 1] if scratch[2] else 0
            frames[f + 5] = C[build * 8 + 1] if scratch[4] else 0
            frames[f + 6] = scratch[8]
            frames[f + 7] = 0
            state[FRAMES] += 1
        elif entry < 0:
            length = collapse(buf, at, end, shapes)
            entry = lookup(shapes, 0, length, length + TEMPLATE, digest(shapes, 0, length), slots, mask, arena)
            if entry < 0:
                return i
        codes[i] = entry
    return count


def shape(buf: Any, at: int, end: int, out: Any) -> int:
    """:func:`collapse` for calls from outside."""
    return collapse(buf, at, end, out)


def enter(
    data: Any, count: int, size: int, flags: int, row: int, first: int, marks: int, frame: int, frames: int, rest: int,
    owner: int, slots: Any, mask: int, arena: Any, C: Any, state: Any
) -> int:  # fmt: skip
    """:func:`add` for calls from outside."""
    return add(data, 0, count, size, flags, row, first, marks, frame, frames, rest, owner, digest(data, 0, count), slots, mask,
        arena, C, state)  # fmt: skip
