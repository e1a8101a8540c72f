"""The common prefixes of a line of a kernel log, for a compiler; what is not one of them is left to the plain reader."""

from __future__ import annotations

from typing import Any

from ..compiled.primitives import ZEROS, digits, eight_digits, find, number, word

ENTRIES: dict[str, str] = {}


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


def stamped(buf: Any, at: int, stamps: Any, line: int, out: Any) -> int:
    """What :func:`prefix` does where the line begins with a stamp of the common width, and a caller perhaps; -1 for another line.

    What it answers holds only if nothing in the message is doubtful: see :func:`amxperf.formats.compiled.primitives.survey`.
    """
    if buf[at] != 91:
        return -1
    micros = micro(buf, at)
    if micros < 0:
        return -1
    stamps[line] = micros / 1e6
    out[0] = -1
    out[1] = 0
    at += 14
    at += buf[at] == 32
    if buf[at] == 91:
        to = at + 1
        while buf[to] == 32:
            to += 1
        if (buf[to] == 84 or buf[to] == 67) and buf[to + 1] != 32:
            to = tag(buf, to, out)
            if to < 0 or buf[to] != 93:
                return -1
            at = to + 1
            at += buf[at] == 32
    return at


def prefix(buf: Any, at: int, end: int, nan: float, out: Any, stamps: Any, line: int, names: Any) -> int:
    """Take the prefixes of buf[at:end] off; return where the message begins, or -1 for the plain reader.

    Fills stamps[line]; out[0] priority (-1: none), out[1] caller (0: none, pid * 2 + 1 for a task, cpu * 2 + 2 for a processor).
    `names` holds "kern" and the words of the eight levels, each with its mask: see :func:`.memo.level_words`.
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
