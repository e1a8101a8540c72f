"""The scan of a kernel log, byte by byte: lines, their common prefixes, and which known text each of them is.

These functions are written for a compiler (:mod:`amxperf.formats.native`): integers, and arrays that are indexed one item at a
time. They run as plain Python too, slowly; tests do that. What they do not know for certain they do not decide:

- a line whose prefix is not one of the common ones, or with a byte that is not printable ASCII, is `SLOW`,
- a text that may mean something and was not seen before is a `MISS`,

and :mod:`amxperf.formats.memo` asks the plain reader about it. A text is a line without prefix, indent and trailing blanks.
`find`, `word`, `digest`, `same` and `copy` here are the plain forms of five primitives that exist as compiled ones as well.
"""

from __future__ import annotations

from typing import Any

CODE, BLANK, FOREIGN, REGISTER, PROGRAM, HEADER, SLOW, MISS, TASK_MISS = -1, -2, -3, -4, -5, -6, -7, -8, -9
"""Codes of lines beside the numbers of known texts: a message of no interest; empty; another program's; a register line; one that
says that a program ran; a header; left to the plain reader; a text, and a task behind a header, not seen before."""

TASK = 1 << 30
"""Added to the length of what stands behind ``Comm: ``, or behind the name there, where it is looked up, so that it is never
taken for a line."""

COMM = 1 << 28
"""Added to the length of a task's name."""

TEMPLATE = 1 << 29
"""Added to the length of a text whose numbers are collapsed."""

ONES, BLANKS, ZEROS, HIGH = 0x0101010101010101, 0x2020202020202020, 0x3030303030303030, -0x7F7F7F7F7F7F7F80
"""Eight bytes of 1, of blanks, of the digit 0, and of the highest bit (a signed number)."""

LONG = 4096
"""Bytes beyond which a text is no register line or header, as :data:`amxperf.formats.calltrace.LONG` has it."""

LONGEST = 1 << 20
"""Bytes beyond which a line is left to the plain reader."""

ENTRIES = {
    "scan": "B* q q q d i* i* i* d* h* q* i* q* q* q* B* i* q q* q* i* B* i* q* q* i* q*",
    "gather": "B* q i* i* B* q*",
    "shape": "B* q q B*",
    "mark": "B* q q",
    "intern": "q* q q i* q* i* q q*",
    "tally": "b* q q*",
}
"""The functions that are called from outside and their parameters: see :func:`amxperf.formats.native.entries`."""


def find(buf: Any, at: int, end: int, byte: int) -> int:
    """Place of the next `byte` in buf[at:end], or -1."""
    return bytes(buf[at:end]).find(byte) + at if byte in buf[at:end] else -1


def word(buf: Any, at: int) -> int:
    """The eight bytes from `at` as a little-endian signed number."""
    return int.from_bytes(bytes(buf[at : at + 8]), "little", signed=True)


def digest(buf: Any, at: int, end: int) -> int:
    """A hash of buf[at:end], 62 bits and never negative."""
    number = end - at
    for byte in buf[at:end]:
        number = (number * 1000003 ^ byte) & 0x3FFFFFFFFFFFFFFF
    return number


def same(buf: Any, at: int, other: Any, start: int, size: int) -> bool:
    """Whether `size` bytes are equal."""
    return bytes(buf[at : at + size]) == bytes(other[start : start + size])


def copy(target: Any, to: int, buf: Any, at: int, size: int) -> int:
    """Copy `size` bytes."""
    target[to : to + size] = buf[at : at + size]
    return 0


def strange(buf: Any, at: int, end: int) -> int:
    """Bit 0: a byte that is neither printable ASCII nor tab, CR, LF; bit 1: a CR."""
    odd = 0
    returns = 0
    for i in range(at, end):
        byte = buf[i]
        odd |= (byte < 32) & (byte != 9) & (byte != 10) & (byte != 13) | (byte > 126)
        returns |= byte == 13
    return odd + 2 * returns


def clean(buf: Any, at: int, end: int) -> bool:
    """Whether buf[at:end] is printable ASCII and nothing else."""
    if end - at < 8:
        mask = (1 << (8 * (end - at))) - 1
        eight = (word(buf, at) & mask) | (BLANKS & ~mask)
        return ((eight | (eight + ONES) | (eight - BLANKS)) & HIGH) == 0
    last = end - 8
    eight = word(buf, last)
    found = eight | (eight + ONES) | (eight - BLANKS)
    while at < last:
        eight = word(buf, at)
        found |= eight | (eight + ONES) | (eight - BLANKS)
        at += 8
    return (found & HIGH) == 0


def digits(buf: Any, at: int, most: int) -> int:
    """End of the run of decimal digits from `at`, at most `most` of them."""
    end = at + most
    while at < end and 48 <= buf[at] <= 57:
        at += 1
    return at


def number(buf: Any, at: int, end: int) -> int:
    """The decimal number in buf[at:end], at most 18 digits."""
    value = 0
    for i in range(at, end):
        value = value * 10 + buf[i] - 48
    return value


def micro(buf: Any, at: int) -> int:
    """The stamp ``[   12.345678]`` at `at`, of the common width, in microseconds; -1 for anything else.

    Eight bytes are read at once.
    """
    if buf[at + 6] != 46 or buf[at + 13] != 93:
        return -1
    whole = word(buf, at + 1) & 0xFFFFFFFFFF
    blanks = (((whole & 0x1010101010) ^ 0x1010101010) >> 4) * 0xFF
    if (blanks & (blanks + 1)) != 0 or (whole & blanks) != (0x2020202020 & blanks) or blanks == 0xFFFFFFFFFF:
        return -1  # blanks stand only in front
    whole = ((whole | (0x1010101010 & blanks)) << 24) | 0x303030
    part = ((word(buf, at + 7) & 0xFFFFFFFFFFFF) << 16) | 0x3030
    for eight in (whole, part):
        if (eight & -0x0F0F0F0F0F0F0F10) != ZEROS or ((eight + 0x0606060606060606) & -0x0F0F0F0F0F0F0F10) != ZEROS:
            return -1
    return eight_digits(whole) * 1000000 + eight_digits(part)


def eight_digits(eight: int) -> int:
    """The number that eight digits print, the first in the lowest byte."""
    eight = eight - ZEROS
    eight = (eight * 10 + (eight >> 8)) & 0x00FF00FF00FF00FF
    eight = (eight * 100 + (eight >> 16)) & 0x0000FFFF0000FFFF
    return (eight * 10000 + (eight >> 32)) & 0xFFFFFFFF


def prefix(buf: Any, at: int, end: int, nan: float, out: Any, stamps: Any, line: int, names: Any) -> int:
    """Take the prefixes of buf[at:end] off; return where the message begins, or -1 for the plain reader.

    Fills stamps[line]; out[0] priority (-1: none), out[1] caller (0: none, pid * 2 + 1 for a task, cpu * 2 + 2 for a processor).
    `names` holds "kern" and the words of the eight levels, each with its mask: see :func:`amxperf.formats.memo.level_words`.
    """
    stamps[line] = nan
    out[0] = -1
    out[1] = 0
    framed = False
    escaped = False
    byte = buf[at]
    if byte == 60:  # <4>
        to = digits(buf, at + 1, 4)
        if to == at + 1 or to - at > 4 or buf[to] != 62:
            return -1
        out[0] = number(buf, at + 1, to)
        if out[0] >= 192:
            return -1
        at = to + 1
        framed = True
    elif 48 <= byte <= 57:  # 4,123,456789,-;
        to = digits(buf, at, 4)
        if buf[to] != 44:
            return -1
        out[0] = number(buf, at, to)
        if out[0] >= 192:
            return -1
        begin = to + 1
        to = digits(buf, begin, 20)
        if to == begin or buf[to] != 44:
            return -1
        begin = to + 1
        to = digits(buf, begin, 16)
        if to == begin or to - begin > 15 or buf[to] != 44 or buf[to + 1] != 45:
            return -1
        stamps[line] = number(buf, begin, to) / 1e6
        to += 2
        if buf[to] == 44:  # ,caller=T1
            if (word(buf, to + 1) & 0xFFFFFFFFFFFFFF) != names[0]:
                return -1
            to = tag(buf, to + 8, out)
            if to < 0:
                return -1
        if buf[to] != 59:
            return -1
        at = to + 1
        framed = True
        escaped = True
    elif 97 <= byte <= 122:  # kern  :warn  :
        if (word(buf, at) & 0xFFFFFFFF) == names[1]:
            to = at + 4
            while buf[to] == 32:
                to += 1
            if buf[to] == 58:
                if to - at > 13:
                    return -1
                to += 1
                level = -1
                first = word(buf, to)
                for i in range(8):
                    if (first & names[2 + 2 * i]) == names[3 + 2 * i]:
                        level = i
                if level < 0:
                    return -1
                to += names[18 + level]
                begin = to
                while buf[to] == 32:
                    to += 1
                if to - begin > 9 or buf[to] != 58:
                    return -1
                out[0] = level
                at = to + 1 + (buf[to + 1] == 32)
                framed = True
        if not framed and (byte == 107 or find(buf, at, end, 91) >= 0 or find(buf, at, min(end, at + 20), 58) >= 0):
            return -1  # kernel: , daemon:info: , host login: [ 1.0]
    elif 65 <= byte <= 90:
        if (end - at > 3 and buf[at + 3] == 32) or find(buf, at, end, 91) >= 0:
            return -1  # Jun 27 ..
        return at
    elif byte == 32 or byte == 9:
        to = at
        while buf[to] == 32 or buf[to] == 9:
            to += 1
        byte = buf[to]
        if (byte == 60 and (buf[to + 1] == 47 or buf[to + 1] > 57)) or byte == 63 or byte == 95:
            return at  # <TASK>, </TASK>, ? f
        if 97 <= byte <= 122 and byte != 107 and find(buf, at, end, 91) < 0:
            return at
        return -1
    elif byte != 91:
        return -1
    byte = buf[at]
    if framed and byte != 91:
        if escaped and find(buf, at, end, 92) >= 0:
            return -1
        if byte == 32 or byte == 9:
            to = at
            while buf[to] == 32 or buf[to] == 9:
                to += 1
            return -1 if buf[to] == 91 and (buf[to + 1] == 32 or buf[to + 1] == 84 or buf[to + 1] == 67) else at
        if (97 <= byte <= 122 and byte != 107) or byte == 63 or byte == 95:
            return at
        if 65 <= byte <= 90 and (end - at < 4 or buf[at + 3] != 32):
            return at
        return -1
    if byte != 91:
        return at
    if framed and escaped and find(buf, at, end, 92) >= 0:
        return -1
    micros = micro(buf, at)
    if micros >= 0:
        stamps[line] = micros / 1e6
        at += 14
    else:
        to = at + 1
        while buf[to] == 32:
            to += 1
        if framed and (buf[to] == 84 or buf[to] == 67) and escaped:
            return -1
        begin = to
        to = digits(buf, begin, 12)
        if to == begin or buf[to] != 46:
            return -1
        dot = to
        to = digits(buf, dot + 1, 9)
        places = to - dot - 1
        if places < 6 or buf[to] != 93 or to - begin > 16:
            return -1
        whole = number(buf, begin, dot)
        scale = 1e6
        for _ in range(places - 6):
            scale *= 10.0
        for i in range(dot + 1, to):
            whole = whole * 10 + buf[i] - 48
        stamps[line] = whole / scale
        at = to + 1
    to = at + (buf[at] == 32)
    if buf[to] == 91:
        to += 1
        while buf[to] == 32:
            to += 1
        if (buf[to] == 84 or buf[to] == 67) and buf[to + 1] != 32:  # [T 7] is text
            begin = to
            to = tag(buf, to, out)
            if to < 0 or buf[to] != 93:
                return -1
            at = to + 1
            return at + (buf[at] == 32)
    if buf[at] != 32:
        return at
    at += 1
    to = find(buf, at, end, 107)
    while to >= 0 and not ((word(buf, to) & 0xFFFFFFFFFFFF) == names[26] and (buf[to + 6] == 58 or buf[to + 6] == 91)):
        to = find(buf, to + 1, end, 107)
    if to < 0:
        return at
    to = at
    for _ in range(3):  # [ 12.345678] host kernel:
        if (word(buf, to) & 0xFFFFFFFFFFFF) == names[26] and (buf[to + 6] == 58 or buf[to + 6] == 91):
            return -1
        while to < end and buf[to] != 32 and buf[to] != 58 and buf[to] != 91 and buf[to] != 93:
            to += 1
        if to >= end or buf[to] != 32:
            break
        to += 1
    return at


def tag(buf: Any, at: int, out: Any) -> int:
    """Read T7 or C1 from `at` into out[1]; its end, or -1 where it is written in another way (T007)."""
    to = digits(buf, at + 1, 11)
    if to == at + 1 or to - at > 11 or (buf[at + 1] == 48 and to > at + 2):
        return -1
    if buf[at] == 84:
        out[1] = number(buf, at + 1, to) * 2 + 1
    elif buf[at] == 67:
        out[1] = number(buf, at + 1, to) * 2 + 2
    else:
        return -1
    return to


def bracket(buf: Any, at: int, end: int) -> bool:
    """Whether a stamp may stand inside buf[at:end]: a bracket, blanks, digits, a point."""
    to = find(buf, at, end, 91)
    while to >= 0:
        to += 1
        while to < end and buf[to] == 32:
            to += 1
        after = digits(buf, to, 13)
        if after > to and buf[after] == 46:
            return True
        to = find(buf, to, end, 91) if to < end else -1
    return False


def collapse(buf: Any, at: int, end: int, out: Any) -> int:
    """Write the text to `out` with its numbers and addresses replaced by their kind and length; return the length.

    A message that differs in such words only is of the same kind: a number of up to 6, 10 or 18 digits, ``0x..`` and words of
    hexadecimal digits by their length, a symbol in front of ``+0x`` by its length. The first word stays, unless it is a decimal
    number.
    """
    begin = at
    to = 0
    while at < end:
        byte = buf[at]
        if not (48 <= byte <= 57 or 97 <= byte <= 122 or 65 <= byte <= 90 or byte == 95):
            out[to] = byte
            to += 1
            at += 1
            continue
        stop = at
        decimal = 0
        hexadecimal = 0
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
                out[to] = 220
                out[to + 1] = wide - at
                to += 2
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
            out[to] = 180 + size
            to += 1
        else:
            copy(out, to, buf, at, size)
            to += size
        at = stop
    return to


def lookup(
    buf: Any, at: int, end: int, size: int, mark: int, slots: Any, mask: int, hashes: Any, offsets: Any, sizes: Any,
    arena: Any
) -> int:  # fmt: skip
    """Number of the known text buf[at:end] with that hash; -1 if it is not known."""
    slot = mark & mask
    while slots[slot] >= 0:
        entry = slots[slot] + 0
        if hashes[entry] == mark and sizes[entry] == size and same(buf, at, arena, offsets[entry], end - at):
            return entry
        slot = (slot + 1) & mask
    return -1


def register(buf: Any, at: int, end: int) -> int:
    """`REGISTER` or `PROGRAM` where a register name of x86-64 at `at` is followed by its value, else 0.

    ``RIP: 0033:...``: code segments of programs end in 3.
    """
    if buf[end - 1] == 58:
        return 0
    colon = at + 2
    while buf[colon] != 58:
        colon += 1
    to = colon + 1
    while to < end and buf[to] == 32:
        to += 1
    if to >= end or to == colon + 1 or to > colon + 5:
        return 0
    byte = buf[to] | 32
    if not (48 <= buf[to] <= 57 or 97 <= byte <= 102):
        return 0
    if buf[at + 1] == 73 and buf[at + 2] == 80:  # RIP
        if end - to < 6 or buf[to + 4] != 58:
            return 0
        return PROGRAM if buf[to + 3] == 51 else REGISTER
    return CODE if buf[at] == 67 and buf[at + 1] == 111 else REGISTER  # Code:


def header(buf: Any, at: int, end: int, heads: Any, count: int, names: Any) -> int:
    """Read ``CPU: 1 UID: 0 PID: 7 Comm: `` at `at` into heads[4 * count]: cpu, pid; where the task begins, or -1."""
    to = at + 5
    begin = to
    to = digits(buf, begin, 7)
    if to == begin or to - begin > 6 or buf[to] != 32:
        return -1
    heads[4 * count] = number(buf, begin, to)
    to += 1
    if buf[to] == 85:
        if (word(buf, to) & 0xFFFFFFFFFF) != names[27]:
            return -1
        begin = to + 5
        to = digits(buf, begin, 11)
        if to == begin or to - begin > 10 or buf[to] != 32:
            return -1
        to += 1
    if (word(buf, to) & 0xFFFFFFFFFF) != names[28]:
        return -1
    begin = to + 5
    to = digits(buf, begin, 11)
    if to == begin or to - begin > 10 or (word(buf, to) & 0xFFFFFFFFFFFFFF) != names[29]:
        return -1
    heads[4 * count + 1] = number(buf, begin, to)
    to += 7
    return to if to < end and end - to <= 400 else -1


def taint(buf: Any, at: int, end: int, names: Any) -> int:
    """Where `` Not tainted`` or `` Tainted:`` begins behind the task's name in buf[at:end]; -1 without one, or where a second
    one, or a word of kdump, makes it doubtful which."""
    place = -1
    to = find(buf, at, end, 97)
    while to >= 0:  # every "ainted"
        if (word(buf, to) & 0xFFFFFFFFFFFF) == names[30]:
            if place >= 0 or to < at + 2:
                return -1
            place = to - 1
        to = find(buf, to + 1, end, 97)
    if place < 0 or find(buf, at, end, 75) >= 0:  # K of Kdump
        return -1
    if buf[place] == 116 and place >= at + 5 and (word(buf, place - 5) & 0xFFFFFFFFFF) == names[31]:
        after = place + 7
        place -= 5
    elif buf[place] == 84 and buf[place - 1] == 32 and buf[place + 7] == 58:
        after = place + 8
        place -= 1
    else:
        return -1
    return place if place - at <= 15 and (after == end or buf[after] == 32) else -1


def scan(
    buf: Any, at: int, end: int, room: int, nan: float, starts: Any, begins: Any, stops: Any, stamps: Any, priorities: Any,
    callers: Any, codes: Any, notes: Any, heads: Any, info: Any, scratch: Any, slots: Any, mask: int, hashes: Any,
    offsets: Any, sizes: Any, arena: Any, first: Any, masks: Any, values: Any, kinds: Any, names: Any
) -> int:  # fmt: skip
    """Scan whole lines of buf[at:end] (which ends with a line end) and return their number, at most `room`.

    Per line: starts and stops (of the message), begins (of the text), stamps (s; NaN), priorities (-1: none), callers, codes (known
    text, or one of the negative codes), notes (the place in `heads` of a header). heads: cpu, pid, known task, where the task
    begins.
    info: [0] where the scan stopped, [1] how many lines and tasks are to be asked about, [2] headers.
    The rest are the known texts, and the beginnings of texts that may mean something, sorted by their first byte.
    """
    n = 0
    slow = 0
    count = 0
    while at < end and n < room:
        after = find(buf, at, end, 10)
        stop = after
        starts[n] = at
        stops[n] = stop
        codes[n] = SLOW
        begin = -1
        if stop - at <= LONGEST:
            while stop > at and (buf[stop - 1] == 32 or buf[stop - 1] == 9 or buf[stop - 1] == 13):
                stop -= 1
            if clean(buf, at, stop) or not strange(buf, at, stop):
                begin = prefix(buf, at, stop, nan, info, stamps, n, names) if stop > at else at
                if stop == at:
                    stamps[n] = nan
                    info[0] = -1
                    info[1] = 0
        line = at
        at = after + 1
        if begin > stop:
            begin = stop
        if begin >= 0 and bracket(buf, begin, stop):
            begin = -1
        if begin < 0:
            slow += 1
            n += 1
            continue
        starts[n] = begin
        begins[n] = begin
        stops[n] = stop
        priorities[n] = info[0]
        callers[n] = info[1]
        while begin < stop and (buf[begin] == 32 or buf[begin] == 9):
            begin += 1
        begins[n] = begin
        size = stop - begin
        if size == 0:
            codes[n] = BLANK
            starts[n] = stop
            n += 1
            continue
        eight = word(buf, begin)
        if size < 8:
            eight &= (1 << (8 * size)) - 1
        kind = 0
        byte = buf[begin]
        for i in range(first[byte], first[byte + 1]):
            if (eight & masks[i]) == values[i]:
                kind = max(kind, kinds[i])
        if kind == 4:  # KVM on arm64 prints traces of its hypervisor behind these words
            starts[n] = line
            stops[n] = after
            slow += 1
            n += 1
            continue
        code = 0
        if size > LONG:
            kind = 0
        if kind == 3:
            code = register(buf, begin, stop)
        elif kind == 2:
            task = header(buf, begin, stop, heads, count, names)
            if task >= 0:
                cut = taint(buf, task, stop, names)
                name = -1
                rest = task
                if cut >= 0:
                    mark = digest(buf, task, cut)
                    name = lookup(buf, task, cut, cut - task + COMM, mark, slots, mask, hashes, offsets, sizes, arena)
                    rest = cut
                mark = digest(buf, rest, stop)
                entry = lookup(buf, rest, stop, stop - rest + TASK, mark, slots, mask, hashes, offsets, sizes, arena)
                code = HEADER
                heads[4 * count + 2] = entry
                heads[4 * count + 3] = name
                if entry < 0 or (cut >= 0 and name < 0):
                    heads[4 * count + 2] = cut
                    heads[4 * count + 3] = task
                    code = TASK_MISS
                    slow += 1
                notes[n] = count
                count += 1
        if code == 0:
            mark = digest(buf, begin, stop)
            code = lookup(buf, begin, stop, size, mark, slots, mask, hashes, offsets, sizes, arena)
            if code < 0:
                length = collapse(buf, begin, stop, scratch)
                model = digest(scratch, 0, length)
                code = lookup(scratch, 0, length, length + TEMPLATE, model, slots, mask, hashes, offsets, sizes, arena)
            if code < 0:
                code = MISS
                slow += 1
        codes[n] = code
        n += 1
    info[0] = at
    info[1] = slow
    info[2] = count
    return n


def gather(buf: Any, lines: int, starts: Any, stops: Any, target: Any, ends: Any) -> int:
    """Copy the messages one behind another into `target`; ends[i + 1] is where message i ends. Returns their bytes."""
    to = 0
    ends[0] = 0
    for i in range(lines):
        size = stops[i] - starts[i]
        copy(target, to, buf, starts[i], size)
        to += size
        ends[i + 1] = to
    return to


def shape(buf: Any, at: int, end: int, out: Any) -> int:
    """:func:`collapse` for calls from outside."""
    return collapse(buf, at, end, out)


def mark(buf: Any, at: int, end: int) -> int:
    """:func:`digest` for calls from outside."""
    return digest(buf, at, end)


def intern(callers: Any, at: int, count: int, out: Any, keys: Any, numbers: Any, mask: int, info: Any) -> int:
    """Number callers[at:count] by their first sight, info[0] of them so far; fewer where the table (-1: free) is half full."""
    before = -1
    known = -1
    for i in range(at, count):
        caller = callers[i]
        if caller != before:
            slot = (caller * 0x9E3779B1) & mask
            while keys[slot] >= 0 and keys[slot] != caller:
                slot = (slot + 1) & mask
            if keys[slot] < 0:
                if 2 * info[0] > mask:
                    return i
                keys[slot] = caller
                numbers[slot] = info[0]
                info[0] += 1
            before = caller + 0
            known = numbers[slot] + 0
        out[i] = known
    return count


def tally(codes: Any, count: int, seen: Any) -> int:
    """Count the codes."""
    for i in range(count):
        seen[codes[i]] += 1
    return count
