"""What stands in front of the lines of a kernel log that has neither the kernel's stamp nor a clock that tells it.

``03-02 07:15:09.441     0     0 W         : Call Trace:``, ``console  | Call Trace:``, ``# Call Trace:``: such a head is told by
what only a kernel says behind it, a line that stands above, in or below a call trace. At least three lines, and most of those that
say such a thing, must have words and marks of one shape in front of it, and they must be of several kinds: in front of the frames
alone stand locks, addresses and names of functions, too.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from .prefix import split

LONGEST = 200
"""Characters of the longest head."""

_ANCHOR = re.compile(
    r"(?P<cut>-{4,}\[ cut here \]-{4,}|---\[ end trace [0-9a-f])|(?P<marker>[Cc]all [Tt]race:(?=\W|$))|"
    r"(?P<header>CPU: \d{1,6} (?:UID: \d{1,10} )?PID: \d{1,10} Comm: )|(?P<modules>Modules linked in:)|"
    r"(?P<register>R[IS]P: [0-9a-f]{4}:)|(?P<mark></?(?:TASK|IRQ|NMI)>)"
)
_FRAME = re.compile(
    r"(?P<frame>(?:\[<[0-9a-f]{8,16}>\] )?(?:\? )?(?<![\w.])[A-Za-z_][\w.]{0,99}\+0x[0-9a-f]{1,8}/0x[0-9a-f]{1,8}"
    r"(?: \[\w{1,64}\])?(?=\W{0,9}$))"
)
"""The two: what only a kernel says, by kind."""

_HINTS = ("cut here", "end trace", "all ", "CPU: ", "Modules linked", "IP: ", "SP: ", "TASK>", "IRQ>", "NMI>", "+0x")
"""Without one of these a line holds nothing of the kind."""


def head_of(lines: list[str]) -> re.Pattern[str] | None:
    """What matches the head of a log with these first lines; None where there is none, or one that the reader knows.

    >>> report = ["CPU: 0 PID: 7 Comm: a", "Call Trace:", " <TASK>", " f+0x1/0x2", " g+0x1/0x2", " </TASK>"]
    >>> head = head_of(["vm-1  | " + line for line in report])
    >>> head.sub("", "vm-1  | Call Trace:")
    ' Call Trace:'
    >>> head_of(report) is None
    True
    """
    full = [line[: 2 * LONGEST] for line in lines if line.strip()]
    plain, shapes, kinds = 0, Counter[str](), defaultdict[str, set[str]](set)
    for line in full:
        kind, place = _kernel_in(line)
        if place > 0:
            shape = _shape(line[:place])
            shapes[shape] += 1
            kinds[shape].add(kind)
        plain += bool(kind) and place == 0
    shape, count = shapes.most_common(1)[0] if shapes else ("", 0)
    if count < 3 or count < 0.6 * (plain + shapes.total()) or len(kinds[shape]) < 2 or shape.strip() == "0=":
        return None  # the last: a field of a journal
    form = _form(shape)
    return form if sum(form.match(line) is not None for line in full) >= 0.5 * len(full) else None


def _kernel_in(line: str) -> tuple[str, int]:
    """What of the kernel is in the line, and where behind something unknown it begins: 0 for a line without, -1 for nothing."""
    if not any(hint in line for hint in _HINTS):
        return "", -1
    found = _ANCHOR.search(line) or ("+0x" in line and _FRAME.search(line))
    if not found:
        return "", -1
    front = line[: found.start()].rstrip(" \t")
    if front and split(line).message.lstrip().startswith(found[0]):
        front = ""
    return str(found.lastgroup), len(front)


def _shape(text: str) -> str:
    """The text with its words, numbers and blanks made alike."""
    return re.sub(r"[ \t]+", " ", re.sub(r"\w+", "0", text))


def _form(shape: str) -> re.Pattern[str]:
    """What matches a text of this shape."""
    parts = {"0": r"\w{1,99}", " ": r"[ \t]{1,60}"}
    return re.compile("".join(parts.get(sign) or re.escape(sign) for sign in shape) + r"(?!\w)" * (shape[-1] == "0"))
