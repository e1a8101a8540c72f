"""A capture file as bytes and as lines, before anybody interprets it."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .errors import ChecksumError, FormatError, MissingInput

COMPRESSED = {".gz": "gzip", ".xz": "lzma", ".bz2": "bz2"}
"""File endings that are unpacked on the way, and the standard module that does it."""

LIMIT = 2 << 30
"""Most bytes that one file may hold after unpacking."""


@dataclass(frozen=True)
class Document:
    """The bytes of one file.

    `source` is the name that every row of its tables carries.
    `sha256` is the hash of the file as it lies on disk.
    """

    source: str
    data: bytes
    sha256: str
    path: str = ""

    @cached_property
    def text(self) -> str:
        """The whole text: UTF-8 (bad bytes become U+FFFD), UTF-16 with a byte-order mark; CRLF becomes LF.

        Raises FormatError for an empty or a binary file.
        """
        data = self.data
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            try:
                text = data.decode("utf-16")
            except UnicodeDecodeError as error:
                raise FormatError(
                    f"the file starts like UTF-16 and breaks at byte {error.start}",
                    path=self.path or self.source,
                    hint="save it as UTF-8",
                ) from error
        else:
            if b"\0" in data[:4096]:
                raise FormatError(
                    "the file is binary", path=self.path or self.source, hint="give a text log, or a table as .parquet"
                )
            text = data.decode("utf-8-sig", errors="replace")
        if not text.strip():
            raise FormatError("the file is empty", path=self.path or self.source, hint="record it again")
        return text.replace("\r\n", "\n")

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends; `lines[0]` is line 1."""
        lines = self.text.split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        return lines

    @cached_property
    def head(self) -> list[str]:
        """The first 400 lines, for recognising a format; empty for a binary file."""
        try:
            return self.lines[:400]
        except FormatError:
            return []


def load(path: str | os.PathLike[str], *, source: str | None = None, sha256: str = "") -> Document:
    """Read a file (gzip, xz and bzip2 are unpacked).

    Parameters
    ----------
    path : the file; '-' reads standard input.
    source : the name for its rows; the path as given if left out.
    sha256 : the hash that the file must have, looked at before it is unpacked; any if left out.

    Raises
    ------
    MissingInput if there is no such file, FormatError if it cannot be read or unpacked, ChecksumError if it has another hash.
    """
    path = Path(path)
    try:
        data = sys.stdin.buffer.read() if os.fspath(path) == "-" else path.read_bytes()
    except IsADirectoryError:
        raise FormatError("this is a folder, not a file", path=path, hint="name a file in it") from None
    except (FileNotFoundError, NotADirectoryError):
        raise MissingInput("no such file", path=path, hint="check the name") from None
    except OSError as error:
        raise FormatError(f"cannot be read ({error.strerror})", path=path, hint="check its name and permissions") from error
    digest = hashlib.sha256(data).hexdigest()
    if sha256 and digest != sha256:
        raise ChecksumError("the file was changed since its checksum was written", path=path, hint="restore the original")
    module = COMPRESSED.get(path.suffix)
    if module:
        data = _unpack(data, module, path)
    return Document(source or str(path), data, digest, str(path))


def _unpack(data: bytes, module: str, path: Path) -> bytes:
    import importlib
    import io

    opener: Callable = importlib.import_module(module).open
    try:
        with opener(io.BytesIO(data)) as stream:
            out = stream.read(LIMIT + 1)
    except Exception as error:  # each module raises its own classes for damaged input
        raise FormatError(f"cannot be unpacked ({error})", path=path, hint="check that the file is whole") from error
    if len(out) > LIMIT:
        raise FormatError(f"unpacks to more than {LIMIT >> 20} MiB", path=path, hint="unpack and split it first")
    return out
