"""Lines of trace text without a processor in brackets: of perf without the processor, in the latency format, or without any
context. Written for a compiler; see :mod:`.traceline` for the forms.
"""

from __future__ import annotations

from typing import Any

from ..compiled.primitives import digest, find, word
from .tracecolumns import MISSING
from .tracehead import (
    ARROW_WORD,
    CALL_WORD,
    EVENT,
    FOUR,
    H_CODE,
    H_CPU,
    H_END,
    H_EVENT,
    H_KVM,
    H_NAME,
    H_PERF,
    H_PID,
    H_PLACES,
    H_SHOW,
    H_TASK,
    H_TEXT,
    H_WHOLE,
    TASK,
    is_task,
    named,
    subject,
)  # fmt: skip
from .tracetext import WORD, blank, decimal, mix, skip

NO_STAMP = -2
"""Fraction digits of a stamp that is not printed."""

LOST_WORD, CPUS_WORD, VERSION_WORD = (int.from_bytes(text, "little") for text in (b"CPU:", b"cpus", b"vers"))
"""What headers begin with."""

FPU_WORD = int.from_bytes(b"x86_fpu_", "little")


def stamped(buf: Any, at: int, end: int) -> int:
    """Place of the first colon with a blank behind it in buf[at:end], or -1."""
    at = find(buf, at, end - 1, 58)
    while at >= 0 and not blank(buf, at + 1):
        at = find(buf, at + 1, end - 1, 58)
    return at


def stamps(buf: Any, here: int, end: int) -> bool:
    """Whether a stamp might stand in buf[here:end]: a number, a colon and a blank."""
    colon = stamped(buf, here, end)
    while colon >= 0:
        at = colon
        while at > here and (48 <= buf[at - 1] <= 57 or buf[at - 1] == 46):
            at -= 1
        if at < colon and at > here and blank(buf, at - 1):
            return True
        colon = stamped(buf, colon + 1, end)
    return False


def bracketed(buf: Any, here: int, end: int) -> bool:
    """Whether a bracket might hold the processor behind a task: a process id or a thread group stands in front of it."""
    at = find(buf, here, end, 91)
    while at >= 0:
        if 48 <= buf[at + 1] <= 57:
            place = at - 1
            while place > here and blank(buf, place):
                place -= 1
            if buf[place] == 41:
                return True
            while place > here and 48 <= buf[place] <= 57:
                place -= 1
            if buf[place] == 45:
                return True
        at = find(buf, at + 1, end, 91)
    return False


def loose(buf: Any, here: int, end: int, found: Any) -> int:
    """Read task and stamp of perf, or those and processor and flags of the latency format; the place behind them, or -1."""
    first = word(buf, here) & FOUR
    colon = stamped(buf, here, end)
    if colon < 0 or first in (LOST_WORD, CPUS_WORD, VERSION_WORD) or bracketed(buf, here, end):
        return -1
    place = colon
    while place > here and (48 <= buf[place - 1] <= 57 or buf[place - 1] == 46):
        place -= 1
    if place <= here + 3 or place == colon or not blank(buf, place - 1):
        return -1
    whole, dot = decimal(buf, place)
    figures = dot - place
    if buf[dot] != 46 or figures == 0:
        return -1
    fraction, at = decimal(buf, dot + 1)
    places = at - dot - 1
    if at != colon or places == 0 or places > 9 or figures + places > 18:
        return -1
    for _ in range(places):
        whole *= 10
    whole += fraction
    if whole >= 9007199254740992:
        return -1
    found[H_WHOLE] = whole
    found[H_PLACES] = places
    found[H_TASK] = here
    stop = place - 1
    while stop > here and blank(buf, stop):
        stop -= 1
    stop += 1
    place = stop
    while place > here and not blank(buf, place - 1):
        place -= 1
    if place <= here + 1:
        return -1
    number, at = decimal(buf, place)
    if at == place or at - place > 10:
        return -1
    perf = 1
    if at < stop and buf[at] == 47:  # process/thread
        thread = at + 1
        number, at = decimal(buf, thread)
        if at == thread or at - thread > 10:
            return -1
    if at < stop:
        perf = 0
    found[H_PERF] = perf
    last = place - 1
    while last > here and blank(buf, last):
        last -= 1
    last += 1
    if perf:
        found[H_CPU] = MISSING
        found[H_PID] = number
    else:  # the latency format: processor and flags in one word, a dash between task and process
        size = stop - at
        if at - place > 4 or size < 3 or size > 6 or not letter(buf, at) or not letter(buf, at + 1):
            return -1
        found[H_CPU] = number
        place = last
        while place > here and 48 <= buf[place - 1] <= 57:
            place -= 1
        if place == last or last - place > 10 or place <= here + 1 or buf[place - 1] != 45:
            return -1
        number, _ = decimal(buf, place)
        found[H_PID] = number
        last = place - 1
        for i in range(colon + 1, min(here + TASK + 3, end - 1)):
            if blank(buf, i) and (buf[i + 1] == 45 or 48 <= buf[i + 1] <= 57):  # a line of perf with an odd name
                return -1
    found[H_NAME] = last
    if not is_task(buf, here, last):
        return -1
    place = skip(buf, colon + 1, end)
    if place >= end or buf[place] == 40:
        return -1
    if perf and 48 <= buf[place] <= 57:  # the period of a counter
        _, at = decimal(buf, place)
        if at < end and blank(buf, at):
            if at - place > 19:
                return -1
            place = skip(buf, at, end)
    return place


def letter(buf: Any, at: int) -> bool:
    """Whether a letter or a point stands there."""
    return buf[at] == 46 or 65 <= buf[at] <= 90 or 97 <= buf[at] <= 122


def bare(buf: Any, here: int, end: int, found: Any, kinds: Any, codes: Any, numbers: Any, mask: int) -> int:
    """An event without any context, which must be a known one: EVENT, or -1."""
    if bracketed(buf, here, end) or stamps(buf, here, end):
        return -1
    if (word(buf, here) & FOUR) == CALL_WORD:
        kind = subject(buf, here, end, 0, found, kinds, codes, numbers, mask)
        text = found[H_TEXT]
        if kind == EVENT and text > here and (buf[text - 1] == 40 or (word(buf, text - 4) & FOUR) == ARROW_WORD):
            without_context(here, found)
            return EVENT
    colon = stamped(buf, here, end)
    if colon < 0:
        return -1
    name, at = here, here
    while kinds[buf[at]] & WORD:
        at += 1
    if buf[at] == 58 and at != colon:
        if at - here < 1 or at - here > 60:
            return -1
        name = at + 1
        at = name
        while kinds[buf[at]] & WORD:
            at += 1
    if at != colon or at - name < 2 or at - name > 100 or not 97 <= buf[name] <= 122:
        return -1
    kind = named(buf, name, colon, end, 0, found, kinds, codes, numbers, mask)
    if kind != EVENT or (found[H_EVENT] < 0 and not found[H_KVM] and (word(buf, name) != FPU_WORD or colon - name < 8)):
        return -1
    found[H_END] = end
    if found[H_SHOW] >= end:
        return -1
    found[H_CODE] = mix(mix(found[H_CODE], digest(buf, here, name)), 8 << 20)
    without_context(here, found)
    return EVENT


def without_context(here: int, found: Any) -> int:
    """Neither stamp nor processor nor task."""
    found[H_PERF] = 0
    found[H_PLACES] = NO_STAMP
    found[H_CPU] = MISSING
    found[H_PID] = MISSING
    found[H_TASK] = here
    found[H_NAME] = here
    return 0
