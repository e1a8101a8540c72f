"""What another program wrote in front of every line of a capture: a wall clock, names and numbers of grep, marks of a comment.

It is taken off where nearly all lines have it. A capture keeps the numbers of its lines. Kernel logs are not changed here; their
prefixes are part of the format (:mod:`amxperf.formats.kernellog`).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from ..document import Document
from .expression import Expression

LARGEST = 16 << 20
"""Bytes of the largest capture that is looked at: it is held in memory."""

SHARE = 0.8
"""Least part of the lines that have the prefix; 0.6 will do for the marks of a comment, between which the text may go on."""


class Prefix(NamedTuple):
    """A kind of prefix: its name, its form, and what else must hold for it."""

    name: str
    form: Expression
    trace: bool = False  # only in front of lines of trace text: elsewhere it may be part of the format
    numbered: bool = False  # its group 1 is a number that grows from line to line


_CLOCK = (
    r"\[?(?:\d{4}-\d\d-\d\d[T _]\d\d:\d\d:\d\d|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d\d:\d\d:\d\d)"
    r"(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?\]?:?(?:[ \t]|$)"
)
_FILE = r"(?:[\w.+/-]{0,200}\.[A-Za-z]\w{0,9}|(?:[\w.+/-]{0,200}/)?trace(?:_pipe)?)"
PREFIXES = (
    Prefix("a wall clock", Expression(_CLOCK)),
    Prefix("the names of grep", Expression(_FILE + r"(?::\d{1,9}:|-\d{1,9}-|:)"), trace=True),
    Prefix("the names of the files", Expression(r" {0,40}" + _FILE + r":(?= )"), trace=True),  # trace-cmd report of several
    Prefix("the numbers of the lines", Expression(r" {0,8}(\d{1,9})(?:[:-]|\t|[.)]? {1,2})"), trace=True, numbered=True),
    Prefix("the marks of a comment", Expression(r"[ \t]{0,8}(?:#|//|--|;|\*|\||rem\b)(?: |(?=[#<])|$)"), trace=True),
    Prefix("the name of a container", Expression(r"[\w.-]{1,60}[ \t]{1,20}\|(?: |$)"), trace=True),
)
"""The kinds, in the order in which they are tried."""

DUMP = Prefix("the stamps of the kernel log", Expression(r"(?:<\d{1,2}>)?\[ {0,5}\d{1,9}\.\d{6}\](?:\[ {0,6}[TC]\d{1,9}\])? "))
"""In front of a trace that the kernel dumped into its log (ftrace_dump): only where the caller says that it is no kernel log."""

_TRACE = Expression(
    r"""\s*\S(?:\S|[ ](?=\S)){0,14}?(?:
        -\d{1,10}\s.{0,14}\[\d{3,6}\].{0,12}\s\d{1,12}(?:\.\d{1,9})?:\s   # tracefs, trace-cmd
        |-\d{1,10}\s+\d{1,4}[.a-zA-Z]{2}\S{1,6}\s+\d{1,12}\S{0,12}\s?:\s   # the latency format
        |\s+\d{1,10}(?:/\d{1,10})?\s.{0,8}\[\d{3,6}\]\s+\d{1,12}\.\d{1,9}:\s  # perf script
        )""",
    re.VERBOSE,
)


def unprefixed(document: Document, named: bool = False, lax: bool = False) -> tuple[Document, str] | None:
    """The capture without what stands in front of its lines, and what that was; None where nothing does.

    Parameters
    ----------
    named : the caller says which format it is, and that it is no kernel log.
    lax : the lines need not be those of a trace, since they are of no format as they stand.

    >>> text = b"9:   a-1   [000] d....  1.000001: kvm_fpu: load\\n12:   a-1   [000] d....  1.000002: kvm_fpu: unload\\n"
    >>> plain, what = unprefixed(Document("a", text, ""))
    >>> what, plain.lines[1]
    ('the numbers of the lines', '   a-1   [000] d....  1.000002: kvm_fpu: unload')
    """
    if document.size > LARGEST:
        return None
    head = [line for line in document.head if line.strip()]
    for prefix in (*PREFIXES, *([DUMP] if named else [])):
        if _stands(prefix, head, lax):
            lines = [prefix.form.sub("", line, count=1) for line in document.lines]
            data = "\n".join(lines).encode("utf-8", "replace") + b"\n" * document.text.endswith("\n")
            return Document(document.source, data, str(document.digest), document.path), prefix.name
    return None


def _stands(prefix: Prefix, head: list[str], lax: bool) -> bool:
    """Whether the prefix stands in front of nearly all lines, and is no part of them."""
    found = [prefix.form.match(line) for line in head]
    have = [match for match in found if match]
    share = 0.6 if prefix.name == "the marks of a comment" else SHARE
    if len(have) < max(2, share * len(head)):
        return False
    if prefix.numbered and not all(int(one[1]) < int(two[1]) for one, two in pairwise(have)):
        return False
    if not prefix.trace or lax:
        return True
    bare = any(not match and _TRACE.match(line) for match, line in zip(found, head, strict=True))
    return not bare and any(_TRACE.match(match.string[match.end() :]) for match in have)
