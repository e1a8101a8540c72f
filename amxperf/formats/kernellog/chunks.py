"""A stream as chunks of whole lines, in buffers that are used again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np

from .memo import Unsuited

SPARE = 64
"""Bytes behind the text that may be read, never used."""

MOST = 1000 << 20
"""Bytes of one line beyond which places in the next chunk, which is twice as long, would need more than 32 bits."""

FIRST = 1 << 18
"""Bytes of the first chunk: the sooner its texts are known, the fewer are asked about twice."""


def chunks(
    stream: BinaryIO, size: int, progress: Callable[[int], None] | None = None, free: list[np.ndarray] | None = None
) -> Iterator[tuple[np.ndarray, int]]:
    """Whole lines of a stream, about `size` bytes at a time, each with its length; the last line gets an end.

    Buffers that the caller puts into `free` are filled again. Raises Unsuited for a line of more than :data:`MOST` bytes.
    """
    rest = b""
    first, done = True, False
    while not done:
        want = min(size, FIRST) if first else size
        buf = free.pop() if free else np.empty(0, np.uint8)
        if len(buf) < len(rest) + want + 1 + SPARE:
            buf = np.empty(len(rest) + want + min(size, FIRST) + 1 + SPARE, np.uint8)
        buf[: len(rest)] = np.frombuffer(rest, np.uint8)
        have = len(rest)
        while have < len(rest) + want:
            got = stream.readinto(memoryview(buf)[have : len(rest) + want])
            if not got:
                done = True
                break
            have += got
        if progress:
            progress(have - len(rest))
        if first and buf[:3].tobytes() == b"\xef\xbb\xbf" and have >= 3:
            buf, have = buf[3:], have - 3
        first = False
        if done:
            if have and buf[have - 1] != 10:
                buf[have] = 10
                have += 1
            end, rest = have, b""
        else:
            near = max(0, have - (1 << 16))
            end = buf[near:have].tobytes().rfind(b"\n") + 1
            end = end + near if end else buf[:near].tobytes().rfind(b"\n") + 1
            rest = buf[end:have].tobytes()
        if end:
            buf[end : end + SPARE] = 0
            yield buf, end
        if not end and not done:
            size = max(size, len(rest))  # a line longer than a chunk: twice as much next time
            if size > MOST:
                raise Unsuited
