"""The SHA-256 of a large file, taken when somebody first asks for it."""

from __future__ import annotations

import hashlib
import os
import time
from functools import cached_property
from typing import BinaryIO

from .errors import FormatError

TICK = 50_000_000
"""Nanoseconds within which two changes may bear the same time: file systems count in ticks of the kernel, at most 10 ms."""


class Digest:
    """The hash of the file as it was when this was made.

    Hashing takes as long as a quarter of the reading, and most readers never ask. What makes the delay safe is the state of the
    file (device, inode, size, times of change): a file that was touched since has no hash here, only an error.
    A file that changed within the last :data:`TICK` is hashed at once: its next change might get the same time.

    >>> from pathlib import Path
    >>> path = Path(getfixture("tmp_path")) / "a.log"
    >>> _ = path.write_bytes(b"abc")
    >>> str(Digest(path))[:16]
    'ba7816bf8f01cfea'
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.path.abspath(path)
        found = os.stat(self.path)
        self._state = _state(found)
        if time.time_ns() - found.st_ctime_ns < TICK:
            _ = self.hexadecimal

    @cached_property
    def hexadecimal(self) -> str:
        """64 hexadecimal digits. FormatError where the file was changed or taken away since, or while it is hashed."""
        try:
            with open(self.path, "rb") as stream:
                before = self._matches(stream)
                found = hashlib.file_digest(stream, "sha256").hexdigest() if before else ""
                if before and self._matches(stream):
                    return found
        except OSError as error:
            hint = "read it again where it lies now"
            raise FormatError(f"its checksum cannot be taken ({error.strerror})", path=self.path, hint=hint) from error
        raise FormatError("the file was changed since it was read, so it has no checksum", path=self.path, hint="read it again")

    def _matches(self, stream: BinaryIO) -> bool:
        return _state(os.fstat(stream.fileno())) == self._state

    def __str__(self) -> str:
        return self.hexadecimal

    def __repr__(self) -> str:
        return f"Digest({self.path!r})"


def _state(found: os.stat_result) -> tuple[int, ...]:
    """All that tells one content of a file from another without reading it; the last time no program can set."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
