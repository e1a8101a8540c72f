"""Where the kernel begins to speak in the log of a whole job, which may begin with thousands of lines of other programs."""

from __future__ import annotations

import re

from ...document import HEAD, Document

FAR = 8 << 20
"""Bytes at the start of a log in which the kernel's first line is looked for."""

_SPEAKS = re.compile(rb"\[ {0,12}\d{1,12}[.,]\d{6}\]|\bkernel: |[Cc]all [Tt]race:|\w\+0x[0-9a-f]{1,8}/0x[0-9a-f]")


def lines(document: Document) -> list[str]:
    """400 lines from the first one of the kernel on; none where it stands in the head of the document already, or is not found.

    >>> log = b"download ok\\n" * 500 + b"[    1.500000] Call Trace:\\n"
    >>> lines(Document("a", log, "")), lines(Document("a", log[-27:], ""))
    (['[    1.500000] Call Trace:'], [])
    """
    if not document.head or (document.size <= HEAD and len(document.head) < 400) or any(map(_speaks, document.head)):
        return []
    with document.open() as stream:
        data = stream.read(FAR)
    found = _SPEAKS.search(data)
    if not found:
        return []
    begin = data.rfind(b"\n", 0, found.start()) + 1
    text = data[begin : begin + HEAD].decode("utf-8", "replace")
    return text.split("\n")[: min(400, text.count("\n"))]


def _speaks(line: str) -> bool:
    return _SPEAKS.search(line.encode("utf-8", "replace")) is not None
