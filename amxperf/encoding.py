"""Bytes to text: which encoding a log is in, and whether it is text at all."""

from __future__ import annotations

import codecs

from .errors import FormatError

SAMPLE = 1 << 16
"""Bytes at the start of a file that decide."""

CONTROLS = bytes(set(range(32)) - {0, *b"\t\n\r\f\b\x1b"}) + b"\x7f"
"""Bytes that text logs hardly hold; a NUL is none of them, since a crash leaves blocks of NULs in good logs."""

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def encoding_of(head: bytes) -> str:
    """Name of the encoding that the first bytes tell of; '' for a binary file.

    A byte-order mark decides. Without one, UTF-16 shows as a NUL in every other byte. Anything else is UTF-8, in which
    bad bytes become U+FFFD and NULs are left out, unless it holds NULs and many other control characters.
    A block of NULs in front says nothing: a log that was emptied while a program wrote to it begins so.

    >>> encoding_of("[    0.000000] Linux".encode("utf-16-le")), encoding_of(b"[    0.000000] Linux")
    ('utf-16-le', 'utf-8')
    >>> encoding_of(b"\\x7fELF\\0\\0")
    ''
    """
    if len(head) > SAMPLE and not head[:SAMPLE].strip(b"\0"):
        nuls = len(head) - len(head.lstrip(b"\0"))
        head = head[nuls - nuls % 2 :]
    head = head[:SAMPLE]
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    nuls = head.count(0)
    if not nuls:
        return "utf-8"
    if nuls > 0.3 * len(head) and len(head) > 3:
        even, odd = head[::2].count(0), head[1::2].count(0)
        if min(even, odd) < 0.1 * nuls and (name := "utf-16-le" if odd > even else "utf-16-be") and _reads(head, name):
            return name
    kept = len(head) - nuls
    controls = kept - len(head.translate(None, CONTROLS)) + nuls
    return "utf-8" if kept and controls <= 0.02 * kept else ""


def _reads(head: bytes, name: str) -> bool:
    """Is this text in that encoding? Numbers of 16 bits would give control characters."""
    text = head[: len(head) // 2 * 2].decode(name, errors="replace")
    return sum(not (char.isprintable() or char in "\t\n\r\x1b") for char in text) <= 0.02 * len(text)


def decode(data: bytes, path: str) -> str:
    """The text of a file, with every line end as LF and without NULs; FormatError for an empty or binary one.

    >>> decode(b"a\\r\\nb\\0", "x"), decode(b"a\\n\\rb", "x"), decode(b"a\\rb", "x")
    ('a\\nb', 'a\\nb', 'a\\nb')
    """
    name = encoding_of(data)
    if not name and data:
        raise FormatError("the file is binary", path=path, hint="give a text log, or a table as .parquet")
    if name.startswith("utf-16"):
        data = data[: len(data) // 2 * 2]  # half a character at the end is a cut, not another encoding
    text = data.decode(name or "utf-8", errors="replace")
    if "\0" in text:
        text = text.replace("\0", "")
    if not text.strip():
        raise FormatError("the file is empty", path=path, hint="record it again")
    return _line_ends(text) if "\r" in text else text


def _line_ends(text: str) -> str:
    """LF for CRLF; for LF CR where the first line ends so, as some serial consoles write; for CR where there is no LF."""
    text = text.replace("\r\n", "\n")
    first = text.find("\n")
    return text.replace("\r", "\n") if first < 0 else text.replace("\n\r", "\n") if text.startswith("\r", first + 1) else text


def odd_ends(head: bytes) -> bool:
    """Whether lines end in other ways than LF and CRLF, as far as the first bytes of a file tell.

    >>> odd_ends(b"a\\rb\\r"), odd_ends(b"a\\n\\rb"), odd_ends(b"a\\r\\n\\r\\nb")
    (True, True, False)
    """
    text = head.replace(b"\0", b"").replace(b"\r\n", b"\n")
    return text.startswith(b"\r", text.find(b"\n") + 1) if b"\n" in text else b"\r" in text
