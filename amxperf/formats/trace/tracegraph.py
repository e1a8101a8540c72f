"""A line of the function_graph tracer, as :mod:`.traceline` reads it; written for a compiler.

``cpu)``, then perhaps ``comm-pid |``, a mark and a time in us, then ``|`` and the function; an absolute stamp may stand in front.
"""

from __future__ import annotations

from typing import Any

from ..compiled.primitives import digest, find
from .tracecolumns import MISSING
from .tracehead import H_CODE, H_CPU, H_END, H_NAME, H_PERF, H_PID, H_PLACES, H_SHOW, H_TASK, H_WHOLE, is_task
from .tracetext import NAME, blank, decimal, mix, skip, strip

NO_STAMP = -2
"""Fraction digits of a stamp that is not printed."""

NO_TIME = -1
"""A time that is not printed."""


def graph(buf: Any, here: int, end: int, found: Any, kinds: Any) -> int:
    """Read the line from `here` on: its time in ns, or `NO_TIME`; -2 where it is no such line for certain."""
    at = here
    while at < end and buf[at] != 58 and buf[at] != 91:
        at += 1
    while at < end:  # a colon or a bracket might make it a line of another form
        if (buf[at] == 58 and blank(buf, at + 1)) or (buf[at] == 91 and 48 <= buf[at + 1] <= 57):
            return -2
        at += 1
    found[H_PERF] = 0
    found[H_PID] = MISSING
    found[H_PLACES] = NO_STAMP
    number, at = decimal(buf, here)
    if buf[at] == 46:  # the absolute stamp
        dot = at
        fraction, at = decimal(buf, dot + 1)
        places = at - dot - 1
        if places == 0 or places > 9 or dot - here + places > 18 or not blank(buf, at) or buf[at + 1] != 124:
            return -2
        for _ in range(places):
            number *= 10
        number += fraction
        if number >= 9007199254740992 or not blank(buf, at + 2):
            return -2
        found[H_WHOLE] = number
        found[H_PLACES] = places
        here = skip(buf, at + 2, end)
        number, at = decimal(buf, here)
    if at == here or at - here > 4 or buf[at] != 41:
        return -2
    found[H_CPU] = number
    at = skip(buf, at + 1, end)
    found[H_TASK] = at
    found[H_NAME] = at
    bar = find(buf, at, end, 124)
    if bar < 0:
        return -2
    last = strip(buf, at, bar)
    if last > at and 48 <= buf[last - 1] <= 57:  # task and process
        place = last
        while place > at and 48 <= buf[place - 1] <= 57:
            place -= 1
        if place - 1 <= at or buf[place - 1] != 45 or not is_task(buf, at, place - 1) or last - place > 10:
            return -2
        number, _ = decimal(buf, place)
        found[H_PID] = number
        found[H_NAME] = place - 1
        at = skip(buf, bar + 1, end)
        bar = find(buf, at, end, 124)
        if bar < 0:
            return -2
        last = strip(buf, at, bar)
    elif find(buf, bar + 1, end, 124) >= 0:  # the bar might belong to the name of a task
        return -2
    time = NO_TIME
    if last > at:
        time = duration(buf, at, last)
        if time < 0:
            return -2
    at = skip(buf, bar + 1, end)
    if at >= end:
        return -2
    found[H_SHOW] = at
    found[H_END] = end
    return time if function(buf, at, end, found, kinds) else -2


def duration(buf: Any, at: int, end: int) -> int:
    """A time like ``+ 21.500 us`` in buf[at:end] in ns; -2 for anything else."""
    byte = buf[at]
    if byte == 43 or byte == 33 or byte == 35 or byte == 42 or byte == 64 or byte == 36:
        at = skip(buf, at + 1, end)
    number, place = decimal(buf, at)
    if place == at or place - at > 12:
        return -2
    places = 0
    if buf[place] == 46:
        dot = place
        fraction, place = decimal(buf, dot + 1)
        places = place - dot - 1
        if places == 0 or places > 3:
            return -2
        for _ in range(places):
            number *= 10
        number += fraction
    for _ in range(3 - places):
        number *= 10
    if not blank(buf, place) or buf[place + 1] != 117 or buf[place + 2] != 115 or place + 3 != end:
        return -2
    return number


def function(buf: Any, at: int, end: int, found: Any, kinds: Any) -> bool:
    """Hash what decides the event: whether a function begins or ends here, and its name."""
    place, leaf = at, 1
    if buf[at] == 125:  # }
        leaf = 2
        place = skip(buf, at + 1, end)
        if place + 1 < end and buf[place] == 47 and buf[place + 1] == 42:
            place = skip(buf, place + 2, end)
    elif buf[end - 1] == 123:
        leaf = 3
    begin = place
    while kinds[buf[place]] & NAME:
        place += 1
    if place - begin > 200:
        return False
    found[H_CODE] = mix(digest(buf, begin, place), (4 + leaf) << 20)
    return True
