"""Two consoles that write into one log: every line of it stands twice, and a terminal may have cut one of the two."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .recorders import STAMP
from .written import Written

CUT = 60
"""Characters of a line that a terminal cut, at least."""

_STAMPED = re.compile(STAMP)


def twins(one: str, other: str) -> bool:
    """Whether two lines are one; a terminal may have cut either.

    >>> twins("[    1.000000] a", "[    1.000000] a"), twins("[    1.000000] a", "[    1.000000] ab")
    (True, False)
    """
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= CUT and long.startswith(short) and _STAMPED.match(short) is not None)


def twice(head: list[str]) -> bool:
    """Whether two consoles wrote into one log: each line of it, stamp and all, stands there twice.

    >>> twice([f"[    1.00000{n // 2}] a" for n in range(16)])
    True
    """
    at = pairs = single = 0
    while at < len(head):
        twin = at + 1 < len(head) and twins(head[at], head[at + 1])
        pairs += twin and _STAMPED.match(head[at]) is not None
        single += not twin
        at += 1 + twin
    return 4 <= pairs >= 9 * single and len(set(head)) > 4


def once(lines: Iterator[Written]) -> Iterator[Written]:
    """Of two lines that are one the second belongs to the first."""
    held: Written | None = None
    for written in lines:
        if held is not None and held.text.strip() and twins(held.text, written.text):
            yield held._replace(text=max(held.text, written.text, key=len))
            yield written._replace(continued=True)
            held = None
            continue
        if held is not None:
            yield held
        held = written
    if held is not None:
        yield held
