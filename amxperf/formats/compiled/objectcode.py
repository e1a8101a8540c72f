"""Machine code out of object files (ELF, x86-64) into memory, for code that refers to everything by its whole address.

That is how numba compiles, so linking is one kind of patch: an address of 64 bits. Anything else is refused, and
:mod:`.native` leaves the object to llvmlite then, whose import takes ten times as long as all this.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable
from ctypes import addressof, c_char

ALLOCATED, NO_BITS, RELOCATIONS = 2, 8, 4
"""A section's flag: it is in memory when the code runs; types: without bytes in the file, with addends."""

ADDRESS = 1
"""The patch R_X86_64_64."""

UNWIND = (b".eh_frame", b".note.GNU-stack")
"""Sections that serve debuggers and exceptions of C++; they are left out."""

HEADER = b"\x7fELF\x02\x01\x01"
X86_64 = 62


class Unknown(Exception):
    """The object file holds something that is not known here."""


def link(objects: list[bytes], outside: Callable[[str], int]) -> tuple[mmap.mmap, dict[str, int]]:
    """Put object files into memory; the memory, which must be held, and the addresses of their symbols.

    `outside` tells the address of a function of the C library, and so on. Raises Unknown, and OSError where memory must not be run.

    >>> link([b"nothing"], {}.__getitem__)
    Traceback (most recent call last):
    amxperf.formats.compiled.objectcode.Unknown: no object file of x86-64
    """
    if not hasattr(mmap, "PROT_EXEC"):
        raise Unknown("no memory that may be run")
    places: list[dict[int, int]] = []
    files, size = [_sections(data) for data in objects], 0
    for sections in files:
        places.append({})
        for number, (name, kind, flags, _, length, _, _, align) in enumerate(sections):
            if flags & ALLOCATED and length and name not in UNWIND:
                if kind == NO_BITS:
                    raise Unknown("a section without bytes")
                size += -size % max(align, 1)
                places[-1][number] = size
                size += length
    memory = mmap.mmap(-1, max(size, 1), prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    base = addressof(c_char.from_buffer(memory))
    symbols: dict[str, int] = {}
    for data, sections, place in zip(objects, files, places, strict=True):
        for number, at in place.items():
            begin, length = sections[number][3:5]
            memory[at : at + length] = data[begin : begin + length]
        table = next(section for section in sections if section[0] == b".symtab")
        names = sections[table[5]]
        values: list[tuple[str, int, int]] = []
        for at in range(table[3], table[3] + table[4], 24):
            word, _, _, section, value, _ = struct.unpack_from("<IBBHQQ", data, at)
            name = _name(data, names[3] + word).decode()
            values.append((name, section, value))
            if name and section in place:
                symbols[name] = base + place[section] + value
        for _, kind, _, begin, length, _, target, _ in sections:
            if kind != RELOCATIONS or target not in place:
                continue
            for at in range(begin, begin + length, 24):
                offset, patch, number, addend = struct.unpack_from("<QIIq", data, at)
                if patch != ADDRESS:
                    raise Unknown(f"a patch of kind {patch}")
                name, section, value = values[number]
                start = base + place[section] + value if section in place else outside(name)
                struct.pack_into("<q", memory, place[target] + offset, start + addend)
    return memory, symbols


def _name(data: bytes, at: int) -> bytes:
    return data[at : data.index(0, at)]


def _sections(data: bytes) -> list[tuple[bytes, int, int, int, int, int, int, int]]:
    """Name, type, flags, offset, size, link, target and alignment of each section."""
    if not data.startswith(HEADER) or struct.unpack_from("<H", data, 18)[0] != X86_64:
        raise Unknown("no object file of x86-64")
    start, size, count, texts = struct.unpack_from("<40xQ10xHHH", data)
    found = [struct.unpack_from("<IIQQQQIIQQ", data, start + size * at) for at in range(count)]
    names = found[texts][4]
    return [
        (_name(data, names + word), kind, flags, offset, length, linked, target, align)
        for word, kind, flags, _, offset, length, linked, target, align, _ in found
    ]
