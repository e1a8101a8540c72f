"""Bytes of a text in machine code: the plain forms' words on all bytes, and on all pairs of neighbours where one may carry into the
next."""

import random

import numpy as np
import pytest

from amxperf.formats.compiled import primitives
from amxperf.formats.kernellog import blocks, knowntexts


@pytest.fixture(scope="module")
def functions():
    return blocks.compiled()


def test_printable_text_is_told_whatever_stands_beside_it(functions):
    """All pairs of bytes, at the places where eight bytes begin, end and overlap, and in texts shorter than eight bytes."""
    printable = np.zeros(256, bool)
    printable[32:127] = True
    first, second = np.divmod(np.arange(1 << 16), 256)
    want = printable[first] & printable[second]
    for size, place in ((2, 0), (8, 6), (11, 7)):
        texts = np.full(((1 << 16), 24), ord("~"), np.uint8)
        texts[:, size:] = 0xFF  # bytes behind the text are of no account
        texts[:, place], texts[:, place + 1] = first, second
        found = [functions.clean(texts.ravel(), 24 * row, 24 * row + size) for row in range(0, 1 << 16)]
        assert np.array_equal(np.array(found, bool), want)


def test_the_plain_form_says_the_same():
    for size, place in ((7, 3), (8, 6), (11, 7)):
        for pair in range(0, 1 << 16, 7):
            text = bytearray(b"~" * size + b"\xff" * 9)
            text[place : place + 2] = pair.to_bytes(2, "little")
            assert primitives.clean(text, 0, size) == all(32 <= byte < 127 for byte in text[:size])


WORDS = ("RAX", "0x1f", "12", "1234567", "12345678901", "ffff8881", "cafe", "de", "CPU12", "x" * 40, "a1" * 16, "f" * 31, "0" * 33,
         "kvm_exit.isra.0+0x1/0x2", "a_name_of_more_than_sixteen+0x1/0x2", "n" * 63 + "+0x", "n" * 64 + "+0x",
         "\x80", "_", "A", "{", "`", "@[", "/:", "0x" + "a" * 30, "0x" + "a" * 31)  # fmt: skip


def test_the_shape_of_a_text(functions):
    """Words of all kinds, at all distances from where 32 bytes are looked at anew."""
    draw, out = random.Random(1), np.zeros(1 << 12, np.uint8)
    for number in range(1500):
        text = "".join(draw.choice(WORDS) + draw.choice((" ", "", ", ")) for _ in range(draw.randrange(1, 9))).encode("latin-1")
        data = text + draw.choice((b"\n", b" ", b"0f_")) * 64
        end = len(text) - (number % 3 == 0) * draw.randrange(len(text))
        plain = np.zeros(1 << 12, np.uint8)
        size = knowntexts.collapse(data, 0, end, memoryview(plain))
        assert functions.shape(data, 0, end, functions.address(out)) == size
        assert out[:size].tobytes() == plain[:size].tobytes(), text
