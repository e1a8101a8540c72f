"""Numbers, blanks and lookups in the bytes of trace text.

Written for a compiler (:mod:`..compiled.native`): integers of 64 bits, and arrays that are indexed one item at a time. Eight
bytes may be read behind any text. A text here is printable ASCII, so no sum below carries from one byte into the next.
"""

from __future__ import annotations

from typing import Any

from ..compiled.primitives import word

HIGH = -0x7F7F7F7F7F7F7F80
"""The highest bit of eight bytes (a signed number)."""

LOW, ONES = 0x7F7F7F7F7F7F7F7F, 0x0101010101010101

WORD, NAME, MODIFIER = 1, 2, 4
"""What a byte may stand in: an identifier, a name of an event (with points), the letters behind a perf event's colon."""


def character_kinds() -> bytes:
    """A byte per character: the sum of what it may stand in."""
    word = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
    return bytes(
        (byte in word) * WORD + (byte in word + b".") * NAME + (byte in b"ukhGHpPSDIWeb") * MODIFIER for byte in range(256)
    )  # fmt: skip


def plus(first: int, second: int) -> int:
    """The sum, of which 64 bits are kept; a compiler takes it for granted that a + of signed numbers does not overflow."""
    return ((first + second + (1 << 63)) & ((1 << 64) - 1)) - (1 << 63)


def trailing(number: int) -> int:
    """How many zero bits stand below the lowest bit that is set; 64 where none is."""
    return (number & -number).bit_length() - 1 if number else 64


def forms() -> dict[str, Any]:
    """The two functions above as a compiler shall have them."""
    from llvmlite import ir
    from numba import types
    from numba.extending import intrinsic

    @intrinsic
    def plus(context, first, second):
        return types.int64(types.int64, types.int64), lambda context, builder, signature, args: builder.add(*args)

    @intrinsic
    def trailing(context, number):
        no = ir.Constant(ir.IntType(1), 0)
        return types.int64(types.int64), lambda context, builder, signature, args: builder.cttz(args[0], no)

    return {"plus": plus, "trailing": trailing}


def printable(buf: Any, at: int, end: int) -> bool:
    """Whether buf[at:end] is printable ASCII, tabs and line ends only."""
    bad = 0
    for i in range((end - at) >> 3):
        eight = word(buf, at + 8 * i)
        low = eight & LOW
        control = plus(low ^ 0x0909090909090909, LOW) & plus(low ^ 0x0A0A0A0A0A0A0A0A, LOW) & ~plus(low, 0x6060606060606060)
        bad |= eight | plus(low, ONES) | control  # above 127; 127; below 32, but neither 9 nor 10
    for i in range(at + ((end - at) & -8), end):
        byte = buf[i]
        if (byte < 32 and byte != 9 and byte != 10) or byte > 126:
            return False
    return (bad & HIGH) == 0


def skip(buf: Any, at: int, end: int) -> int:
    """Place behind the blanks and tabs from `at` on."""
    while at < end and (buf[at] == 32 or buf[at] == 9):
        at += 1
    return at


def strip(buf: Any, at: int, end: int) -> int:
    """End of buf[at:end] without the blanks and tabs at its end."""
    while end > at and (buf[end - 1] == 32 or buf[end - 1] == 9):
        end -= 1
    return end


def blank(buf: Any, at: int) -> bool:
    """Whether a blank or a tab stands there."""
    return buf[at] == 32 or buf[at] == 9


def run(valid: int) -> int:
    """How many of eight bytes come before the first whose highest bit is not set."""
    return trailing(~valid & HIGH) >> 3


def decimal(buf: Any, at: int) -> tuple[int, int]:
    """The number whose digits begin at `at`, and their end; more than 18 digits give any number."""
    value, size = 0, 8
    while size == 8:
        eight = word(buf, at)
        size = run(plus(eight, 0x5050505050505050) & ~plus(eight, 0x4646464646464646))
        if size == 0:
            break
        at += size
        eight = plus(eight, -0x3030303030303030) << (8 * (8 - size))
        eight = (eight * 10 + ((eight >> 8) & 0x00FFFFFFFFFFFFFF)) & 0x00FF00FF00FF00FF
        eight = (eight * 100 + (eight >> 16)) & 0x0000FFFF0000FFFF
        eight = (eight * 10000 + (eight >> 32)) & 0xFFFFFFFF
        for _ in range(size):
            value *= 10
        value += eight
    return value, at


def hexadecimal(buf: Any, at: int) -> tuple[int, int]:
    """The number whose hexadecimal digits (small letters) begin at `at`, and their end; more than 16 digits give any number."""
    value, size = 0, 8
    while size == 8:
        eight = word(buf, at)
        digit = plus(eight, 0x5050505050505050) & ~plus(eight, 0x4646464646464646)
        letter = plus(eight, 0x1F1F1F1F1F1F1F1F) & ~plus(eight, 0x1919191919191919)
        size = run(digit | letter)
        if size == 0:
            break
        at += size
        eight = ((eight & 0x0F0F0F0F0F0F0F0F) + 9 * ((eight >> 6) & ONES)) << (8 * (8 - size))
        eight = ((eight << 4) | ((eight >> 8) & 0x00FFFFFFFFFFFFFF)) & 0x00FF00FF00FF00FF
        eight = ((eight << 8) | (eight >> 16)) & 0x0000FFFF0000FFFF
        eight = ((eight << 16) | (eight >> 32)) & 0xFFFFFFFF
        value = (value << (4 * size)) | eight
    return value, at


def mix(code: int, more: int) -> int:
    """A hash of a hash and one more number."""
    code = (code ^ more) * 0x2127599BF4325C37
    return code ^ ((code >> 29) & 0x7FFFFFFFF)


def number_of(code: int, codes: Any, numbers: Any, mask: int) -> int:
    """Number of a hash in a table with open addressing (0: a free place), -1 where it is not in it.

    Another thread may add to the table meanwhile: the number is there before the hash.
    """
    slot = (code >> 8) & mask
    while True:
        known = codes[slot]
        if known == code:
            return numbers[slot]
        if known == 0:
            return -1
        slot = (slot + 1) & mask
