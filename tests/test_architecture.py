"""Architectural constants against numbers that Linux and the SDM print elsewhere."""

import itertools

from amxperf.architecture import ARCH_PRCTL, COMPONENTS, ROW_BYTES, TILE_ROWS, TILES, XTILEDATA, compacted, compacted_size, names

STANDARD = {2: (576, 256), 5: (1088, 64), 6: (1152, 512), 7: (1664, 1024), 9: (2688, 8), 17: (2752, 64), 18: (2816, 8192)}
"""Bit -> offset and size in the standard format, as `x86/fpu: xstate_offset[..]` lines and CPUID leaf 0xD print them."""


def test_components():
    assert {part.bit: (part.offset, part.size) for part in COMPONENTS if part.bit > 1} == STANDARD
    assert all(before.bit < after.bit for before, after in itertools.pairwise(COMPONENTS))


def test_tile_data_are_the_tiles():
    assert TILES * TILE_ROWS * ROW_BYTES == next(part.size for part in COMPONENTS if part.bit == XTILEDATA) == 8192


def test_compacted_sizes():
    """Added up by hand: 576 + 256 + 64 + 512 + 1024 + 8 = 2440 -> 2496 (next multiple of 64, XTILECFG there) -> 2560 + 8192."""
    assert compacted_size(0x2E7) == 2440
    assert compacted_size(0x602E7) == 2560 - 64 + 64 + 8192 == 10752
    assert dict((part.bit, offset) for part, offset in compacted(0x602E7))[17] == 2440 - 2440 % 64 + 64
    assert compacted_size(0) == compacted_size(3) == 576


def test_compacted_never_overlaps():
    for features in range(0, 1 << 19, 577):
        places = [(offset, offset + part.size) for part, offset in compacted(features) if part.bit > 1]
        assert all(end <= start for (_, end), (start, _) in itertools.pairwise(places))
        assert all(offset % 64 == 0 for part, offset in compacted(features) if part.aligned)


def test_words():
    assert names(0x602E7)[-2:] == ["XTILECFG", "XTILEDATA"] and names(1 << 40) == ["bit 40"] and names(0) == []
    assert ARCH_PRCTL[0x1025] == "ARCH_REQ_XCOMP_GUEST_PERM"  # arch/x86/include/uapi/asm/prctl.h
