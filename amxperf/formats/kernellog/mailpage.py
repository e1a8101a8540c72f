r"""Kernel logs that went through a mailer, a web page or the source of a program: what these did to the text is undone.

- quoted-printable: ``=`` at the end of a line that goes on, ``=20`` for a blank; ``<br>`` in it ends a line of the log,
- parts of web pages: ``&lt;TASK&gt;``, ``<br/>`` at the end, an element for each line that is broken inside,
- a whole report in one string: ``"..\n Call Trace:\n f+0x1/0x2\n"``; strings whose lines end in ``\n\``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from itertools import accumulate

from .written import Pass, Written

MOST = 100
"""Lines that are put together at most."""

_SOFT = re.compile(r".{69,76}(?<!=)=\r?$")
_CODED = re.compile(r"(?:=[0-9A-F]{2})++")
_BREAK = re.compile(r"<br ?/?>")
_TAG = re.compile(r"</?(?:br|p|pre|code|div|span|li|td|tr|b|i|font|blockquote)\b[^<>]{0,80}>")
_PAGE = re.compile(r"<br ?/?>\s*$|&(?:lt|gt|quot|#39|amp|nbsp);|</(?:span|div|p|li|td|code)>\s*$|<br ?/?>(?:\[|&lt;)")
_OPEN = re.compile(r"\s*<(div|p|li|td)\b[^<>]{0,80}>(?=\s*[^\s<])(?!.*</\1>)")
_NEWLINE = re.compile(r"(?:\\r)?\\n")
_ESCAPE = re.compile(r"\\(?:([t\"'\\/])|u00([0-7][0-9a-f]))")


def is_soft(line: str) -> bool:
    """Whether the line goes on in the next one, as quoted-printable has it."""
    return _SOFT.match(line) is not None


def ends_coded(lines: list[str]) -> bool:
    """Whether lines end in ``=20``."""
    full = [line for line in lines if line.strip()]
    return 3 <= sum(line.rstrip("\r").endswith("=20") for line in full) >= 0.25 * len(full)


def is_page(lines: list[str]) -> bool:
    """Whether the lines are parts of a web page."""
    return 3 <= sum(_PAGE.search(line) is not None for line in lines) >= 0.2 * len(lines)


def is_literal(line: str) -> bool:
    r"""Whether the line is a string that holds the lines of a report.

    >>> is_literal(r'"description": "A fault:\n\nCall Trace:\n f+0x1/0x2\n"')
    True
    """
    return "+0x" in line and "\\n" in line and len(_NEWLINE.findall(line)) >= 3


def is_continued(lines: list[str]) -> bool:
    """Whether the lines are those of a string that is written over several."""
    return sum(line.endswith("\\n\\") for line in lines) >= 3


def texts(lines: Iterable[Written]) -> list[str]:
    """What the lines say, without those that say what an earlier one says."""
    return [written.text for written in lines if not written.continued]


def together(parts: list[Written], text: str) -> Iterator[Written]:
    """One text of several lines: it stands in the first, the others are parts of it."""
    yield parts[0]._replace(text=text)
    for part in parts[1:]:
        yield part._replace(continued=True)


def decoded(lines: Iterator[Written]) -> Iterator[Written]:
    """Undo quoted-printable: one text of the lines that make one, or one for each line of the page that they hold."""
    parts: list[Written] = []
    for written in lines:
        parts.append(written)
        if not (_SOFT.match(written.text) and len(parts) < MOST):
            yield from _paragraph(parts)
            parts = []
    yield from _paragraph(parts) if parts else ()


def _paragraph(parts: list[Written]) -> Iterator[Written]:
    raw = [_stripped(part.text) for part in parts]
    text = "".join(raw)
    if "<br" not in text:
        yield from together(parts, _uncoded(text))
        return
    begins = [0, *accumulate(map(len, raw))]
    at, told = 0, 0
    for end in (*(found.end() for found in _BREAK.finditer(text)), len(text)):
        if text[at:end].strip() or not told:
            place = bisect_right(begins, at, hi=len(parts)) - 1
            yield from (part._replace(continued=True) for part in parts[told:place])
            yield parts[place]._replace(text=_uncoded(text[at:end]))
            told = max(told, place + 1)
        at = end
    yield from (part._replace(continued=True) for part in parts[told:])


def _stripped(text: str) -> str:
    return text.rstrip("\r").removesuffix("=") if _SOFT.match(text) else text


def _uncoded(text: str) -> str:
    def plain(found: re.Match[str]) -> str:
        return bytes.fromhex(found[0].replace("=", "")).decode("utf-8", "replace").replace("\n", " ")

    return _CODED.sub(plain, text).replace("\xa0", " ") if "=" in text else text


def unmarked(lines: Iterator[Written]) -> Iterator[Written]:
    """Undo what the log became as part of a web page; an element that is broken over lines becomes one."""
    parts: list[Written] = []
    for written in lines:
        closes = bool(parts) and f"</{_OPEN.match(parts[0].text)[1]}>" in written.text  # type: ignore[index]
        if parts and (len(parts) > MOST or written.continued or (not closes and _TAG.match(written.text.lstrip()))):
            yield from map(_bare, parts)
            parts = []
        if parts or _OPEN.match(written.text):
            parts.append(written)
            if closes:
                yield from together(parts, _plain(" ".join(part.text.strip() for part in parts)))
                parts = []
        else:
            yield _bare(written)
    yield from map(_bare, parts)


def _bare(written: Written) -> Written:
    return written._replace(text=_plain(written.text)) if "&" in written.text or "<" in written.text else written


def _plain(text: str) -> str:
    return unescape(_TAG.sub("", text)).replace("\xa0", " ")


def literal(lines: Iterator[Written]) -> Iterator[Written]:
    """The lines that a string holds, all with the number of its line."""
    for written in lines:
        if is_literal(written.text):
            for text in _NEWLINE.split(written.text):
                yield written._replace(text=_ESCAPE.sub(_unescape, text))
        else:
            yield written


def joined(lines: Iterator[Written]) -> Iterator[Written]:
    r"""Take the ends of strings off that are written over several lines: ``\n\``, or ``\`` where the line goes on."""
    parts: list[Written] = []
    for written in lines:
        parts.append(written)
        if written.text.endswith("\\") and not written.text.endswith(("\\n\\", '"\\', "'\\")) and len(parts) < MOST:
            continue
        first, *more = (part.text.removesuffix("\\n\\").removesuffix("\\") for part in parts)
        yield from together(parts, first + "".join(text.lstrip() for text in more))
        parts = []
    yield from parts


def _unescape(found: re.Match[str]) -> str:
    return chr(int(found[2], 16)) if found[2] else "\t" if found[1] == "t" else found[1]


STEPS: tuple[tuple[Callable[[list[str]], bool], Pass], ...] = (
    (ends_coded, decoded), (is_page, unmarked), (lambda lines: any(map(is_literal, lines)), literal), (is_continued, joined),
)  # fmt: skip
"""What tells that something must be undone, and what undoes it, in this order."""
