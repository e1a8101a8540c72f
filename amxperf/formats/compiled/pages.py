"""Large arrays on pages of 4 KiB.

numpy asks the kernel for huge pages. In a virtual machine on AMD EPYC (Linux 6.18) that is slow: reading 200 MB of trace spent 0.9
s in the kernel with them and 0.3 s without.
"""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np

LARGE = 1 << 22
"""Bytes from which on numpy asks for huge pages."""


def zeros(number: int, dtype: Any) -> np.ndarray:
    """An array of zeros that takes memory only where it is written.

    >>> zeros(1 << 20, "int64")[-2:].tolist(), zeros(3, bool).tolist()
    ([0, 0], [False, False, False])
    """
    size = int(number) * np.dtype(dtype).itemsize
    if size < LARGE or not hasattr(mmap, "MAP_ANONYMOUS"):
        return np.zeros(number, dtype)
    return np.frombuffer(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS), dtype, number)


def longer(array: np.ndarray, number: int) -> np.ndarray:
    """The array with zeros behind it, `number` items in all.

    >>> longer(np.ones(1, int), 3).tolist()
    [1, 0, 0]
    """
    data = zeros(number, array.dtype)
    data[: len(array)] = array
    return data
