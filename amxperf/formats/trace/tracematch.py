"""One payload against one layout: the steps of :mod:`.traceprogram`, written for a compiler."""

from __future__ import annotations

from typing import Any

from ..compiled.primitives import digest, find, word
from .tracetext import decimal, hexadecimal, mix

LITERAL, DECIMAL, HEX, TEXT = 0, 1, 2, 3
"""What a step reads."""

VCPU_WORD = int.from_bytes(b"vcpu", "little")

M_CODE, M_PACKED = 13, 14
"""Items of the answer, behind those of :mod:`.tracehead`: the hash with the marked fields in it, the end of the
stored numbers."""


def is_literal(buf: Any, at: int, literals: Any, first: int, size: int) -> bool:
    """Whether the literal stands there; it is followed by eight zero bytes."""
    while size > 8:
        if word(buf, at) != word(literals, first):
            return False
        at += 8
        first += 8
        size -= 8
    return ((word(buf, at) ^ word(literals, first)) << (8 * (8 - size))) == 0


def literal_at(buf: Any, at: int, high: int, literals: Any, first: int, size: int) -> int:
    """First place from `at` on at which the literal stands in front of `high`, or -1."""
    at = find(buf, at, high - size + 1, literals[first])
    while at >= 0 and not is_literal(buf, at, literals, first, size):
        at = find(buf, at + 1, high - size + 1, literals[first])
    return at


def virtual(buf: Any, low: int, high: int) -> int:
    """End of ``vcpu: 7`` and the byte behind it where buf[low:high] begins so, else `low`: the number is told whatever follows."""
    if high - low < 6 or (word(buf, low) & 0xFFFFFFFF) != VCPU_WORD:
        return low
    at = low + 4 + (buf[low + 4] == 58)
    if buf[at] != 32:
        return low
    _, at = decimal(buf, at + 1)
    return min(at + 1, high)


def match(
    buf: Any, low: int, high: int, start: int, stop: int, ops: Any, literals: Any, code: int, packed: Any, full: int, answer: Any
) -> int:  # fmt: skip
    """Match buf[low:high] against the steps start to stop: 1 it fits, 0 it does not, -1 not certain.

    The numbers to be stored go to packed[full:]. A text field that is followed by something ends at the first place from which
    the rest matches, as in the plain reader's expression.
    """
    at, op = low, start
    texts = 0
    mark_op, mark_from, mark_at, mark_code, mark_full = -1, 0, 0, code, full
    while True:
        failed = False
        while op < stop:
            kind, first, second, key = ops[4 * op], ops[4 * op + 1], ops[4 * op + 2], ops[4 * op + 3]
            if kind == LITERAL:
                if high - at < second or not is_literal(buf, at, literals, first, second):
                    failed = True
                    break
                at += second
            elif kind == HEX:
                begin = at
                number, at = hexadecimal(buf, begin)
                if at == begin:
                    failed = True
                    break
                if at - begin > 16:
                    return -1
                if key:
                    code = mix(code, digest(buf, begin, at))
                elif first >= 0:
                    if second and number < 0:  # no 64-bit word, so it does not fit
                        return -1
                    packed[full] = number
                    full += 1
            elif kind == DECIMAL:
                begin = at
                if at < high and buf[at] == 45:
                    at += 1
                digits = at
                number, at = decimal(buf, digits)
                if at == digits:
                    failed = True
                    break
                if at - digits > 18:
                    return -1
                if key:
                    code = mix(code, digest(buf, begin, at))
                elif first >= 0:
                    packed[full] = -number if digits > begin else number
                    full += 1
            else:
                if op + 1 == stop:
                    if key:
                        code = mix(code, digest(buf, at, high))
                    at = high
                    op += 1
                    break
                texts += 1
                mark_op, mark_from, mark_at, mark_code, mark_full = op, at, at, code, full
                failed = True  # go on with the literal behind it
                break
            op += 1
        if not failed and op == stop and at == high:
            answer[M_CODE] = code
            answer[M_PACKED] = full
            return 1
        if mark_op < 0:
            return 0
        first, second = ops[4 * mark_op + 5], ops[4 * mark_op + 6]
        found = literal_at(buf, mark_at, high, literals, first, second)
        if found < 0:
            return 0 if texts == 1 else -1
        code = mix(mark_code, digest(buf, mark_from, found)) if ops[4 * mark_op + 3] else mark_code
        full = mark_full
        mark_at = found + 1
        at = found + second
        op = mark_op + 2
