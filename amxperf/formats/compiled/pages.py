"""Large arrays on pages of 4 KiB.

numpy asks the kernel for huge pages. In a virtual machine on AMD EPYC (Linux 6.18) that is slow: reading 200 MB of trace spent 0.9
s in the kernel with them and 0.3 s without.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from functools import cache
from typing import Any

import numpy as np

LARGE = 1 << 22
"""Bytes from which on numpy asks for huge pages."""


MANY = 1 << 17
"""Bytes from which on one call to the kernel for all pages costs less than a fault for each."""

_POPULATE = 23
"""MADV_POPULATE_WRITE of Linux 5.14."""


def fresh(number: int, dtype: Any) -> np.ndarray:
    """An array that will be filled at once.

    >>> len(fresh(1 << 20, "int64")), len(fresh(3, bool))
    (1048576, 3)
    """
    array = np.empty(number, dtype)
    expect(array)
    return array


def expect(array: np.ndarray) -> None:
    """Say that all of an array will be written soon, so that its pages are taken in one call. It has no gaps."""
    if array.nbytes >= MANY and (advise := _advise()):
        start = -(-address(array) // mmap.PAGESIZE) * mmap.PAGESIZE
        advise(start, (address(array) + array.nbytes - start) // mmap.PAGESIZE * mmap.PAGESIZE, _POPULATE)


@cache
def _advise() -> Any:
    """The function of the C library, None where the kernel is another one. An older Linux refuses what it does not know."""
    if not sys.platform.startswith("linux"):
        return None
    function = ctypes.CDLL(None).madvise
    function.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    return function


_PLACE = (ctypes.c_char * 0).from_buffer


def address(array: np.ndarray) -> int:
    """Where the items of an array lie. ValueError for an array with gaps, of which no place says all.

    >>> array = np.zeros(3)
    >>> address(array[1:]) - address(array), address(np.zeros(0)) > 0, address(np.frombuffer(b"ab", "uint8")) > 0
    (8, True, True)
    """
    try:
        return ctypes.addressof(_PLACE(array))  # a fourth of the time of what follows
    except TypeError as error:  # one that may not be written, or with gaps
        if not array.flags.c_contiguous:
            raise ValueError("an array with gaps has no place that says all") from error
        return array.ctypes.data


def zeros(number: int, dtype: Any, large: int = LARGE) -> np.ndarray:
    """An array of zeros that takes memory only where it is written, on pages of its own from so many bytes on.

    >>> zeros(1 << 20, "int64")[-2:].tolist(), zeros(3, bool).tolist()
    ([0, 0], [False, False, False])
    """
    size = int(number) * np.dtype(dtype).itemsize
    if size < large or not hasattr(mmap, "MAP_ANONYMOUS"):
        return np.zeros(number, dtype)
    return np.frombuffer(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS), dtype, number)


def apart(array: np.ndarray, dtype: Any = None) -> np.ndarray:
    """A copy on pages of its own, which go back to the system as soon as nobody looks at them: the allocator may keep others.

    >>> apart(np.array([[1, 2]]), "int8").tolist()
    [[1, 2]]
    """
    data = zeros(array.size, dtype or array.dtype, MANY >> 1).reshape(array.shape)
    data[...] = array
    return data


def longer(array: np.ndarray, number: int) -> np.ndarray:
    """The array with zeros behind it, `number` items in all.

    >>> longer(np.ones(1, int), 3).tolist()
    [1, 0, 0]
    """
    data = zeros(number, array.dtype)
    data[: len(array)] = array
    return data
