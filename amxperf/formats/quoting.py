"""A capture in a mail or a bug report: the marks of quoting in front of its lines, and lines that the mailer broke.

Every line keeps its number: what was broken off is put back behind the line before it, and its own line is left empty.
Kernel logs are not changed here; their reader knows more of them (:mod:`amxperf.formats.kernellog.dialect`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from ..document import Document

LARGEST = 16 << 20
"""Bytes of the largest capture that is looked at; nobody mails a larger one."""

_MARK = re.compile(r"\s{0,8}>")
_MARGIN = re.compile(r"(?:\s{0,3}>){1,120} ?(?:\| ?)?")
_SOFT = re.compile(r".{60,90}(?<!=)=$")
_CODED = re.compile(r"=3D|=20|=09")
_EVENT = re.compile(r".{1,60}\[\d{3,6}\].{0,12}\s\d{1,12}\.\d{6,9}:(?: |$)")
_STAMP = re.compile(r".{1,60}\[\d{3,6}\].{0,12}\s\d{1,12}\.\d{6,9}:\s*")
_NO_MORE = re.compile(r"\s*(?:#|=>|[0-9a-f]{4,16}(?:\s|$))")
_MORE = re.compile(r"[a-z_]\w{0,30}=\S|\S+:\S+: ")


def unquoted(document: Document) -> Document | None:
    """The capture without what a mailer did to it; None for one that is no part of a mail.

    >>> text = b"> a-1 [000] 1.000001: kvm_fpu: load\\n> a-1 [000] 1.000002: kvm_exit: reason \\n> HLT rip 0x1\\n> \\n"
    >>> unquoted(Document("a", text, "")).lines
    ['a-1 [000] 1.000001: kvm_fpu: load', 'a-1 [000] 1.000002: kvm_exit: reason HLT rip 0x1', '', '']
    """
    if document.size > LARGEST:
        return None
    head = [line for line in document.head if line.strip()]
    marks = sum(_MARK.match(line) is not None for line in head)
    if not (3 <= marks >= 0.4 * len(head)) and not _broken(head):
        return None
    lines = [_MARGIN.sub("", line, count=1) if _MARK.match(line) else line for line in document.lines]
    if any(map(_SOFT.match, lines)):
        lines = _joined(lines, lambda line, after: bool(_SOFT.match(line) and after), 1)
        lines = [_CODED.sub(lambda code: chr(int(code[0][1:], 16)), line) for line in lines]
    lines = _joined(lines, _goes_on, 0)
    data = "\n".join(lines).encode("utf-8", "replace") + b"\n" * (document.text.endswith("\n") or not lines[-1])
    return Document(document.source, data, str(document.digest), document.path)


def _goes_on(line: str, after: str) -> bool:
    """Whether an event was broken off here: behind a blank or a colon, or before an argument."""
    if _STAMP.fullmatch(line) and after.strip() and not _EVENT.match(after) and not _NO_MORE.match(after):
        return True
    if not _EVENT.match(line) or not after.strip() or _EVENT.match(after) or after.startswith((" ", "\t", "#", "=>")):
        return False
    return line.endswith((" ", ":")) or bool(_MORE.match(after) and len(line) > 50)


def _broken(head: list[str]) -> bool:
    """Whether at least two, and a quarter, of the events were broken off."""
    events = sum(_EVENT.match(line) is not None for line in head)
    broken = sum(_goes_on(line, after) for line, after in pairwise(head))
    return 2 <= broken >= 0.25 * events


def _joined(lines: list[str], goes_on: Callable[[str, str], bool], drop: int) -> list[str]:
    """Put what was broken off behind the line before it; `drop` characters of that go."""
    out: list[str] = []
    open_at = -1  # the line that may go on
    for line in lines:
        if open_at >= 0 and goes_on(out[open_at], line):
            start = out[open_at][: len(out[open_at]) - drop]
            out[open_at] = start + ("" if drop or start.endswith(" ") else " ") + line
            out.append("")
            continue
        open_at = len(out)
        out.append(line)
    return out
