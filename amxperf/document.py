"""A capture file as bytes and as lines, before anybody interprets it."""

from __future__ import annotations

import hashlib
import io
import os
import re
import sys
from functools import cached_property
from pathlib import Path
from typing import IO, Any, BinaryIO

from .digest import Digest
from .encoding import SAMPLE, decode, odd_ends
from .errors import ChecksumError, FormatError, MissingInput, UsageError
from .unpack import BLOCK, limit, packing, unpack

LARGE = 32 << 20
"""Bytes from which on an unpacked file stays on disk until somebody asks for its bytes."""

HEAD = 1 << 17
"""Bytes that are looked at to recognise a format."""

TAIL = 1 << 14
"""Bytes at the end that are looked at where the head does not tell."""

PATIENCE = 60.0
"""Seconds that a server may be silent."""

STDIN = "stdin"
"""Name in the rows of what came from standard input."""

Input = str | os.PathLike[str] | IO[Any]
"""What is read: a path, '-' for standard input, an address that fsspec opens (``https://``, ``s3://`` ...), or an open file."""

_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+(?:::|://)")
_LOGIN = re.compile(r"//[^/@]*@")


class Document:
    """The bytes of one file.

    `source` is the name that every row of its tables carries.
    `sha256` is the hash of the file as it lies on disk. Of a large plain file it is taken when first asked for (`digest`).
    `data` are its bytes, unpacked. Of a large plain file they are read when first asked for: a reader that can take it piece
    by piece uses :meth:`open` instead.
    """

    def __init__(self, source: str, data: bytes | None, sha256: str = "", path: str = "") -> None:
        self.source, self.path = source if source.isascii() else readable(source), path
        self.digest: str | Digest = sha256
        if data is not None:
            self.data, self.size = data, len(data)
        else:
            self.digest, self.size = Digest(path), os.stat(path).st_size

    @property
    def sha256(self) -> str:
        return str(self.digest)

    @cached_property
    def data(self) -> bytes:
        return Path(self.path).read_bytes()

    def open(self) -> BinaryIO:
        """The bytes as a stream from the start; a large file is not held in memory for it."""
        return io.BytesIO(self.data) if "data" in self.__dict__ else open(self.path, "rb")

    @cached_property
    def text(self) -> str:
        """The whole text: UTF-8 (bad bytes become U+FFFD) or UTF-16, without NULs; CRLF becomes LF.

        Raises FormatError for an empty or a binary file.
        """
        return decode(self.data, self.path or self.source)

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends; `lines[0]` is line 1."""
        lines = self.text.split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        return lines

    @cached_property
    def magic(self) -> bytes:
        """The first four bytes, by which binary formats are told."""
        with self.open() as stream:
            return stream.read(4)

    def shrunk(self) -> bool:
        """Whether the file is smaller than when it was opened: what was read piece by piece since then is not all of it."""
        return "data" not in self.__dict__ and os.path.exists(self.path) and os.path.getsize(self.path) < self.size

    @cached_property
    def odd_ends(self) -> bool:
        """Whether lines end in other ways than LF and CRLF: see :func:`amxperf.encoding.odd_ends`."""
        with self.open() as stream:
            return odd_ends(stream.read(SAMPLE))

    @cached_property
    def head(self) -> list[str]:
        """The first 400 lines, from one that is not blank on, of the first 128 KiB that hold anything; empty for a binary file.

        For recognising a format.
        """
        with self.open() as stream:
            data = stream.read(HEAD)
            while data and not data.strip(b"\0 \t\r\n"):
                data = stream.read(HEAD)
            more = stream.read(1)
        try:
            text = decode(data, self.path or self.source)
        except FormatError:
            return []
        lines = text.split("\n")
        if lines[-1] == "" or (len(lines) > 1 and more):
            lines.pop()
        first = next((number for number, line in enumerate(lines) if line.strip()), 0)
        return lines[first : first + 400]

    @cached_property
    def tail(self) -> bytes:
        """The last 16 KiB, from the start of a line; nothing of a shorter file."""
        if self.size <= TAIL:
            return b""
        with self.open() as stream:
            stream.seek(-TAIL, os.SEEK_END)
            return stream.read().partition(b"\n")[2]


def readable(name: str) -> str:
    """The name of a file as text: bytes that are none, which Python keeps as half characters, become escapes.

    >>> print(readable(os.fsdecode(b"caf\\xe9.log")))
    caf\\udce9.log
    """
    return name.encode("utf-8", "backslashreplace").decode()


def load(path: Input, *, source: str | None = None, sha256: str = "") -> Document:
    """Open a file (gzip, xz, bzip2 and zstd are unpacked, told by their first bytes).

    Parameters
    ----------
    path : a path; '-' reads standard input; an address that fsspec opens; or a file object, read from where it stands.
    source : the name for its rows; the path as given if left out.
    sha256 : the hash that the file must have, looked at before it is unpacked; any if left out.

    Raises
    ------
    MissingInput if there is no such file, FormatError if it cannot be read or unpacked, ChecksumError if it has another hash,
    UsageError for an address of an unknown kind.

    >>> load(io.BytesIO(b"[    0.000000] Linux version 6.16.1\\n"), source="console").lines
    ['[    0.000000] Linux version 6.16.1']
    """
    name = _name(path)
    if hasattr(path, "read"):
        data = _bytes_of(path, name)
    elif name == "-":
        data, name = _whole(sys.stdin.buffer, STDIN), STDIN
    elif isinstance(path, str) and _ADDRESS.match(path):
        data, name = _fetch(path, name), _LOGIN.sub("//", name)
    else:
        data = _read(Path(path), large=not sha256)
    if data is None:
        return Document(source or name, None, path=name)
    digest = hashlib.sha256(data).hexdigest()
    if sha256 and digest != sha256:
        hint = "restore the original, or accept the change with `amxperf checksum --write`"
        raise ChecksumError("the file was changed since its checksum was written", path=name, hint=hint)
    if packing(data[:8]):
        data = unpack(data, name)
    return Document(source or name, data, digest, name)


def _name(path: Input) -> str:
    if isinstance(path, str | os.PathLike):
        return os.fspath(path)
    if not hasattr(path, "read"):
        raise UsageError(f"a {type(path).__name__} is no file", hint="give a path, an address or an open file")
    name = getattr(path, "name", "")
    return name if isinstance(name, str) and name else "stream"


def _read(path: Path, *, large: bool) -> bytes | None:
    """The bytes of a file; None for a large plain one, which can wait, where `large` allows it."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("rb") as stream:  # a pipe, or a device that may never end
                return _whole(stream, os.fspath(path))
        if large and path.is_file() and path.stat().st_size >= LARGE:
            with path.open("rb") as stream:
                if not packing(stream.read(8)):
                    return None
        return path.read_bytes()
    except IsADirectoryError:
        raise FormatError("this is a folder, not a file", path=path, hint="name a file in it") from None
    except (FileNotFoundError, NotADirectoryError):
        raise MissingInput("no such file", path=path, hint="check the name") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FormatError(f"cannot be read ({reason})", path=path, hint="check its name and permissions") from error


def _bytes_of(stream: IO[Any], name: str) -> bytes:
    try:
        return _whole(stream, name)
    except (OSError, ValueError) as error:  # ValueError: closed, or text in another encoding than it says
        raise FormatError(f"cannot be read ({error})", path=name, hint="open it again, in binary mode") from error


def _whole(stream: IO[Any], name: str) -> bytes:
    """Everything up to the end of a stream; FormatError for one that does not end within the limit of :mod:`amxperf.unpack`."""
    parts, size, most = [], 0, limit()
    while part := stream.read(BLOCK):
        parts.append(part.encode("utf-8", errors="replace") if isinstance(part, str) else bytes(part))
        size += len(parts[-1])
        if size > most:
            hint = "save it in a file and name that, or set AMXPERF_UNPACK_LIMIT"
            raise FormatError(f"more than {most >> 20} MiB came, without an end", path=name, hint=hint)
    return b"".join(parts)


def _download(address: str) -> Any:
    """What lies behind an address of the web, with name and word for the server if it has them. FileNotFoundError for nothing."""
    from base64 import b64encode
    from urllib.error import HTTPError
    from urllib.parse import unquote
    from urllib.request import Request, urlopen

    request = Request(_LOGIN.sub("//", address))
    if login := _LOGIN.search(address):
        request.add_header("Authorization", f"Basic {b64encode(unquote(login[0][2:-1]).encode()).decode()}")
    try:
        return urlopen(request, timeout=PATIENCE)
    except HTTPError as error:
        if error.code in (404, 410):
            raise FileNotFoundError from error
        raise


def _fetch(address: str, name: str) -> bytes:
    """The bytes behind an address; every kind of store has errors of its own, which become one sentence."""
    import fsspec

    shown = _LOGIN.sub("//", name)
    try:
        with _download(address) if address.startswith(("http://", "https://")) else fsspec.open(address, "rb") as stream:
            return _whole(stream, shown)
    except FormatError:
        raise
    except FileNotFoundError:
        raise MissingInput("no such file", path=shown, hint="check the address") from None
    except (ImportError, ValueError) as error:
        raise UsageError(f"{shown} cannot be opened ({error})", hint="download the file and give its path") from error
    except Exception as error:
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise FormatError(f"cannot be fetched ({reason})", path=shown, hint="download the file and give its path") from error
