"""Texts that programs write into a trace (trace_printk, trace_marker): with an end of line in it, one goes on in the next lines."""

from __future__ import annotations

import re

from ...document import Document
from . import traceline
from .traceline import UNKNOWN

LARGEST = 16 << 20
"""Bytes of the largest file that is looked at; in a larger one the rest of such a text counts as unknown lines."""

LONGEST = 100
"""Lines of the longest text that is put together."""

_NAMES = (b" print: ", b" bprint: ", b" bputs: ", b" tracing_mark_write: ", b" console: ")
_PRINT = re.compile(r".{1,60}\[\d{1,6}\].{0,12}\s\d{1,18}(?:\.\d{1,9})?:\s+(?:print|bprint|bputs|tracing_mark_write|console):\s")


def joined(document: Document) -> Document:
    """The trace with every such text on the line where it begins, a blank for each end of line; its other lines are empty then.

    >>> text = b" a-1 [000] 1.5: print: f: cpu=0\\n gid=4\\n a-1 [000] 1.6: print: g: done\\n"
    >>> joined(Document("a", text, "")).lines
    [' a-1 [000] 1.5: print: f: cpu=0 gid=4', '', ' a-1 [000] 1.6: print: g: done']
    """
    if document.size > LARGEST or not any(name in document.data for name in _NAMES):
        return document
    out: list[str] = []
    begun = -1  # the line whose text may go on
    for line in document.lines:
        if begun >= 0 and len(out) - begun <= LONGEST and line.strip() and traceline.parse(line).what == UNKNOWN:
            out[begun] = f"{out[begun].rstrip()} {line.strip()}"
            out.append("")
            continue
        begun = len(out) if _PRINT.match(line) else -1
        out.append(line)
    data = "\n".join(out).encode("utf-8", "replace") + b"\n" * document.text.endswith("\n")
    return Document(document.source, data, "", document.path)
