"""Bytes of a text, for a compiler: searching, comparing, hashing, numbers.

Some are the plain forms of what :mod:`.native` has in a form of its own; the others are compiled as they stand.
Buffers have 64 bytes to spare, which may be read and never matter.
"""

from __future__ import annotations

from typing import Any

ONES, BLANKS, ZEROS, HIGH = 0x0101010101010101, 0x2020202020202020, 0x3030303030303030, -0x7F7F7F7F7F7F7F80
"""Eight bytes of 1, of blanks, of the digit 0, and of the highest bit (a signed number)."""

ENTRIES = {"clean": "B* q q"}
"""The function that is called from outside, by tests; see :func:`.native.entries`."""


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


def window(buf: Any, at: int) -> int:
    """Of the 32 bytes from `at`, as bits: those that are line ends, and from bit 32 on those that make the text around doubtful.

    Doubtful is what is not printable ASCII, a bracket before a blank or a digit (a stamp may stand there), and ``kernel:`` or
    ``kernel[`` or what looks like it at its 1st, 6th and 7th byte.
    """
    bits = 0
    for i in range(32):
        byte, after = buf[at + i], buf[at + i + 1]
        bits |= (byte == 10) << i
        odd = byte < 32 or byte > 126 or (byte == 91 and (after == 32 or 48 <= after <= 57))
        odd |= byte == 107 and buf[at + i + 5] == 108 and buf[at + i + 6] in (58, 91)
        bits |= odd << (32 + i)
    return bits


def lowest(bits: int) -> int:
    """Place of the lowest bit that is set."""
    return (bits & -bits).bit_length() - 1


def kinds(buf: Any, at: int) -> int:
    """Of the 32 bytes from `at`, as bits: letters, digits and underscores, and from bit 32 on digits."""
    bits = 0
    for i in range(32):
        byte = buf[at + i]
        digit = 48 <= byte <= 57
        bits |= (digit or 97 <= byte | 32 <= 122 or byte == 95) << i | digit << (32 + i)
    return bits


def hexes(buf: Any, at: int) -> int:
    """Of the 32 bytes from `at`, as bits: the letters a to f."""
    bits = 0
    for i in range(32):
        bits |= (97 <= buf[at + i] <= 102) << i
    return bits


def ones(bits: int) -> int:
    """How many bits are set."""
    return (bits & 0xFFFFFFFFFFFFFFFF).bit_count()


def paste(target: Any, to: int, buf: Any, at: int) -> int:
    """Copy 32 bytes, of which the caller needs some."""
    target[to : to + 32] = buf[at : at + 32]
    return 0


def fetch(buf: Any, at: int) -> int:
    """Say that the bytes from `at` on will be read soon; nothing here."""
    return 0


def fetch_word(words: Any, at: int) -> int:
    """The same for an array of numbers."""
    return 0


def equal(buf: Any, at: int, other: Any, start: int, size: int) -> bool:
    """Whether `size` bytes are equal."""
    return bytes(buf[at : at + size]) == bytes(other[start : start + size])


def survey(buf: Any, at: int) -> int:
    """Where the line ends that `at` lies in, times 2; plus 1 where something in it is doubtful (see :func:`window`)."""
    doubt = 0
    bits = window(buf, at)
    ends = bits & 0xFFFFFFFF
    while ends == 0:
        doubt |= (bits >> 32) & 0xFFFFFFFF
        at += 32
        bits = window(buf, at)
        ends = bits & 0xFFFFFFFF
    doubt |= (bits >> 32) & ((ends & -ends) - 1)
    return (at + lowest(ends)) * 2 + (doubt != 0)


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
    """Whether buf[at:end] is printable ASCII and nothing else.

    Eight bytes at once. Where all are 0x20 to 0x7e, adding 1 to each carries nothing and sets no high bit, and taking 0x20 from
    each borrows nothing. Otherwise a high bit is set: by a byte from 0x80 on itself, by 0x7f when 1 is added, by the lowest one
    below 0x20 when 0x20 is taken, as nothing was borrowed from it. Carries go upwards only, and out of the 64 bits.
    """
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


def eight_digits(eight: int) -> int:
    """The number that eight digits print, the first in the lowest byte."""
    eight = eight - ZEROS
    eight = (eight * 10 + (eight >> 8)) & 0x00FF00FF00FF00FF
    eight = (eight * 100 + (eight >> 16)) & 0x0000FFFF0000FFFF
    return (eight * 10000 + (eight >> 32)) & 0xFFFFFFFF
