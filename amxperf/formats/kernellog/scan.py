"""The scan of a kernel log, byte by byte: lines, their common prefixes, and which known text each of them is.

These functions are written for a compiler (:mod:`..compiled.native`): integers, and arrays that are indexed one item at a
time. They run as plain Python too, slowly; tests do that. What they do not know for certain they do not decide:

- a line whose prefix is not one of the common ones, or with a byte that is not printable ASCII, is `SLOW`,
- a text that may mean something and was not seen before is a `MISS`,

and :mod:`.memo` asks the plain reader about it. A text is a line without prefix, indent and trailing blanks.
"""

from __future__ import annotations

from typing import Any

from ..compiled.primitives import HIGH, ONES, clean, copy, digest, digits, fetch, fetch_word, find, number, strange, survey, word
from .knowntexts import COMM, MISS, TASK, TEMPLATE, collapse, likely, lookup
from .prefixscan import bracket, prefix, stamped

CODE, BLANK, FOREIGN, REGISTER, PROGRAM, HEADER, SLOW, TASK_MISS = -1, -2, -3, -4, -5, -6, -7, -9
"""Codes of lines beside the numbers of known texts: a message of no interest; empty; another program's; a register line; one that
says that a program ran; a header; left to the plain reader; a text, and a task behind a header, not seen before."""

PENDING = -10
"""Code of a line that is still to be looked up."""

GROUP = 32
"""Lines that are looked up together."""

NAMES = 128
"""Slots of the table of registers' names."""

LONG = 4096
"""Bytes beyond which a text is no register line or header, as :data:`.calltrace.LONG` has it."""

LONGEST = 1 << 20
"""Bytes beyond which a line is left to the plain reader."""

ENTRIES = {
    "scan": "B* q q q d i* i* i* d* h* q* i* q* q* q* B* q* q B* q* q*",
    "gather": "B* q i* i* B* q*",
    "intern": "q* q q i* q* i* q q*",
}
"""The functions that are called from outside and their parameters: see :func:`amxperf.formats.compiled.native.entries`."""


def name_slot(name: int) -> int:
    """Where a name of a register is looked for."""
    return ((name * 0x2545F4914F6CDD1D) >> 40) & (NAMES - 1)


def names_register(eight: int, registers: Any) -> bool:
    """Whether the eight bytes, zero behind the end of their text, begin with a register's name and a colon."""
    colons = eight ^ 0x3A3A3A3A3A3A3A3A
    colons = (colons - ONES) & ~colons & HIGH
    if colons == 0:
        return False
    name = eight & ((colons & -colons) * 2 - 1)
    slot = name_slot(name)
    while registers[slot] != 0:
        if registers[slot] == name:
            return True
        slot = (slot + 1) & (NAMES - 1)
    return False


def register(buf: Any, at: int, end: int) -> int:
    """`REGISTER` or `PROGRAM` where a register name of x86-64 at `at` is followed by its value, else 0.

    ``RIP: 0033:...``: code segments of programs end in 3.
    """
    if buf[end - 1] == 58 or find(buf, at, end, 42) >= 0:  # ** 3 printk messages dropped ** may be glued to it
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


def resolve(
    first: int, last: int, buf: Any, begins: Any, stops: Any, codes: Any, notes: Any, scratch: Any, slots: Any, mask: int,
    arena: Any
) -> int:  # fmt: skip
    """Look the pending lines first .. last - 1 up, whose hashes stand in `notes`; how many are not known.

    The memory that holds the known texts answers late, so that it is asked for all of them before any is looked at.
    """
    missed = 0
    for i in range(first, last):
        if codes[i] == PENDING:
            record = likely(notes[i] + 0, slots, mask)
            fetch(arena, record)
            fetch(arena, record + 64)
    for i in range(first, last):
        if codes[i] == PENDING:
            begin = begins[i] + 0
            stop = stops[i] + 0
            code = lookup(buf, begin, stop, stop - begin, notes[i] + 0, slots, mask, arena)
            if code < 0:
                length = collapse(buf, begin, stop, scratch)
                model = digest(scratch, 0, length)
                code = lookup(scratch, 0, length, length + TEMPLATE, model, slots, mask, arena)
            if code < 0:
                code = MISS
                missed += 1
            codes[i] = code
    return missed


def scan(
    buf: Any, at: int, end: int, room: int, nan: float, starts: Any, begins: Any, stops: Any, stamps: Any, priorities: Any,
    callers: Any, codes: Any, notes: Any, heads: Any, info: Any, scratch: Any, slots: Any, mask: int, arena: Any,
    registers: Any, names: Any
) -> int:  # fmt: skip
    """Scan whole lines of buf[at:end] (which ends with a line end) and return their number, at most `room`.

    Per line: starts and stops (of the message), begins (of the text), stamps (s; NaN), priorities (-1: none), callers, codes (known
    text, or one of the negative codes), notes (the place in `heads` of a header). heads: cpu, pid, known task, where the task
    begins.
    info: [0] where the scan stopped, [1] how many lines and tasks are to be asked about, [2] headers.
    The rest are the known texts, the names of registers, and words that may mean something.
    """
    n = 0
    slow = 0
    count = 0
    done = 0
    while at < end and n < room:
        if n - done == GROUP:
            slow += resolve(done, n, buf, begins, stops, codes, notes, scratch, slots, mask, arena)
            done = n
        begin = stamped(buf, at, stamps, n, info)
        found = survey(buf, begin if begin >= 0 else at)
        after = found >> 1
        stop = after
        starts[n] = at
        stops[n] = stop
        codes[n] = SLOW
        if begin >= 0 and found & 1 == 0 and stop - at <= LONGEST:
            while stop > at and buf[stop - 1] == 32:
                stop -= 1
        else:
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
            if begin >= 0 and begin < stop and bracket(buf, begin, stop):
                begin = -1
        line = at
        at = after + 1
        if begin > stop:
            begin = stop
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
        five = eight & 0xFFFFFFFFFF
        kind = 0
        if five == names[33]:  # KVM on arm64 prints traces of its hypervisor behind these words
            starts[n] = line
            stops[n] = after
            slow += 1
            n += 1
            continue
        if five == names[32]:
            kind = 2
        elif names_register(eight, registers):
            kind = 3
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
                    name = lookup(buf, task, cut, cut - task + COMM, mark, slots, mask, arena)
                    rest = cut
                mark = digest(buf, rest, stop)
                entry = lookup(buf, rest, stop, stop - rest + TASK, mark, slots, mask, arena)
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
            code = PENDING
            mark = digest(buf, begin, stop)
            notes[n] = mark
            fetch_word(slots, mark & mask)
        codes[n] = code
        n += 1
    slow += resolve(done, n, buf, begins, stops, codes, notes, scratch, slots, mask, arena)
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
