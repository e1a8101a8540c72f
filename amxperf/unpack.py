"""Packed files: which packing, by the first bytes, and their content up to a limit.

The first bytes decide, not the name: a ``.gz`` that a browser unpacked on the way is read as it is.
A limit keeps a small file from filling the memory: :data:`LIMIT` bytes in all, and no more than :data:`RATIO` times the packed
size once :data:`SUSPECT` bytes are out. Kernel logs shrink 10 to 40 times; a file of one repeated byte a thousand times and more.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zlib
from collections.abc import Callable
from typing import BinaryIO

from .errors import FormatError, UsageError

LIMIT = 2 << 30
"""Most bytes that one packed file may hold; the environment variable AMXPERF_UNPACK_LIMIT (bytes) sets another number."""

SUSPECT = 256 << 20
"""Bytes from which on :data:`RATIO` is looked at."""

RATIO = 250
"""Most bytes out per byte in, from :data:`SUSPECT` bytes on."""

BLOCK = 1 << 20

ENDINGS = (".gz", ".xz", ".bz2", ".zst")
"""Endings of packed files, which are no part of a launch's name."""

_DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError, ValueError)


class _Zstd(io.RawIOBase):
    """A zstd stream that says when it was cut, which the library's own reader does not."""

    def __init__(self, stream: BinaryIO) -> None:
        import zstandard

        self.stream, self.new = stream, zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj
        self.frame, self.left = self.new(), b""

    def read(self, size: int = -1) -> bytes:
        """Some bytes of the content; none at its end. A step of 4 KiB in gives 128 MiB out at the most."""
        while True:
            part = self.left or self.stream.read(4096)
            if not part:
                if self.frame is not None:
                    raise EOFError("the file ends in the middle of a frame")
                return b""
            self.frame = self.frame or self.new()
            out = self.frame.decompress(part)
            self.left = self.frame.unused_data if self.frame.eof else b""
            if self.frame.eof:
                self.frame = None
            if out:
                return out


PACKINGS: dict[bytes, tuple[str, Callable[[BinaryIO], BinaryIO]]] = {
    b"\x1f\x8b\x08": ("gzip", lambda stream: gzip.GzipFile(fileobj=stream)),
    b"\xfd7zXZ\x00": ("xz", lzma.LZMAFile),
    b"BZh": ("bzip2", bz2.BZ2File),
    b"\x28\xb5\x2f\xfd": ("zstd", _Zstd),
}
"""First bytes of a packed file -> name of the packing, and what opens it."""


def packing(head: bytes) -> str:
    """Name of the packing that the first bytes tell of; '' for none.

    >>> packing(gzip.compress(b"a")), packing(b"[    0.000000] Linux")
    ('gzip', '')
    """
    return next((name for magic, (name, _) in PACKINGS.items() if head.startswith(magic)), "")


def limit() -> int:
    """Most bytes that a packed file may hold; UsageError where AMXPERF_UNPACK_LIMIT is no number above 0."""
    text = os.environ.get("AMXPERF_UNPACK_LIMIT", "")
    if not text:
        return LIMIT
    if not text.isdecimal() or int(text) == 0:
        raise UsageError(f"AMXPERF_UNPACK_LIMIT is {text!r}", hint="set it to a number of bytes, such as 4294967296")
    return int(text)


def unpack(data: bytes, path: str) -> bytes:
    """The content of a packed file; FormatError for a damaged one and for one that unpacks to too much.

    >>> unpack(gzip.compress(b"[    0.000000] Linux"), "a.log.gz")
    b'[    0.000000] Linux'
    """
    opener = next(opener for magic, (_, opener) in PACKINGS.items() if data.startswith(magic))
    most, parts, size = limit(), [], 0
    try:
        with opener(io.BytesIO(data)) as stream:
            while part := stream.read(BLOCK):
                size += len(part)
                if size > most or (size > SUSPECT and size > RATIO * len(data)):
                    del parts
                    raise _too_much(size, len(data), path)
                parts.append(part)
    except FormatError:
        raise
    except (*_DAMAGE, *_zstd_errors()) as error:
        raise FormatError(f"cannot be unpacked ({error})", path=path, hint="check that the file is whole") from error
    return b"".join(parts)


def _too_much(size: int, packed: int, path: str) -> FormatError:
    text = f"unpacks to more than {size >> 20} MiB from {packed} bytes"
    return FormatError(text, path=path, hint="unpack it yourself if it is no trap, or set AMXPERF_UNPACK_LIMIT")


def _zstd_errors() -> tuple[type[Exception], ...]:
    import zstandard

    return (zstandard.ZstdError,)
