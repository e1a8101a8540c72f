"""What stands in front of an event: task, processor, flags, stamp; and which event it is. Written for a compiler.

What is not certain is left to the plain reader (:mod:`.traceline`), so these functions need to be right, not
complete.
"""

from __future__ import annotations

from typing import Any

from ..compiled.primitives import digest, find, word
from .tracetext import MODIFIER, NAME, WORD, blank, decimal, mix, number_of, skip

EVENT, STACK, USER_STACK = 0, 1, 2
"""What a line is, as in :mod:`.traceline`."""

H_CPU, H_PID, H_TASK, H_NAME, H_PERF, H_WHOLE, H_PLACES, H_CODE, H_EVENT, H_TEXT, H_END, H_SHOW, H_KVM = range(13)
"""Items that are found: processor, process id, place and end of the task's name, 1 where perf printed the line; the stamp's
digits as one number, and how many of them are a fraction (-1: the clock counts something else); the event's hash, its number in
the program (-1: unknown), its payload's place and end, the place of what is shown of it, and 1 where its name begins with kvm_."""

TASK, TOKEN = 15, 100
"""Characters of the longest name of a task, and of an event."""

RETURN_EVENT = 0
"""Number of the returns of system calls in the program."""

STACK_WORD = int.from_bytes(b"<stack t", "little")
USER_WORD = int.from_bytes(b"<user st", "little")
CALL_WORD = int.from_bytes(b"sys_", "little")
KVM_WORD = int.from_bytes(b"kvm_", "little")
EXIT_WORD = int.from_bytes(b"sys_exit", "little")
ARROW_WORD = int.from_bytes(b" -> ", "little")
KERNEL_WORDS = int.from_bytes(b"kernel_s", "little"), int.from_bytes(b"el_stack", "little")
KERNEL_WORD, KERNEL_TAIL = KERNEL_WORDS
TAILS = tuple(int.from_bytes(text, "little") for text in (b"k trace>", b" trace >", b"tack tra", b"k trace>"))
STACK_TAIL, STACK_TAIL_LONG, USER_MIDDLE, USER_TAIL = TAILS
FOUR = 0xFFFFFFFF


def head(buf: Any, here: int, end: int, found: Any) -> int:
    """Read task, processor, flags and stamp from `here` on; the place behind them, or -1."""
    bracket = find(buf, here, end, 91)
    while bracket >= 0 and not 48 <= buf[bracket + 1] <= 57:
        bracket = find(buf, bracket + 1, end, 91)
    if bracket < here + 4 or bracket >= min(end - 2, here + 90):
        return -1
    number, after = decimal(buf, bracket + 1)
    if after - bracket > 7 or after + 1 >= end or buf[after] != 93 or not blank(buf, after + 1):
        return -1
    found[H_CPU] = number
    if not task(buf, here, bracket, found):
        return -1
    perf = found[H_PERF]
    place = skip(buf, after + 1, end)
    token = place
    while place < end and not blank(buf, place) and buf[place] != 58:
        place += 1
    if place >= end:
        return -1
    if buf[place] != 58:  # flags first
        if perf or place - token < 3 or place - token > 8:
            return -1
        token = skip(buf, place, end)
    whole, place = decimal(buf, token)
    figures = place - token
    if figures == 0 or figures > 18:
        return -1
    found[H_PLACES] = -1
    if buf[place] == 46:
        dot = place
        fraction, place = decimal(buf, dot + 1)
        places = place - dot - 1
        if places == 0 or places > 9 or figures + places > 18:
            return -1
        for _ in range(places):
            whole *= 10
        whole += fraction
        if whole >= 9007199254740992:  # 2^53: not exact as a float
            return -1
        found[H_PLACES] = places
    elif perf:
        return -1
    found[H_WHOLE] = whole
    if place >= end or buf[place] != 58 or not blank(buf, place + 1):
        return -1
    place = skip(buf, place + 1, end)
    if place < end and buf[place] == 40:  # time since the event before it: trace-cmd report --ts-diff
        _, spot = decimal(buf, place + 2)
        if perf or buf[place + 1] != 43 or not 1 <= spot - place - 2 <= 18 or buf[spot] != 41 or not blank(buf, spot + 1):
            return -1
        place = skip(buf, spot + 1, end)
    if place >= end:
        return -1
    if perf and 48 <= buf[place] <= 57:  # the period of a counter
        _, spot = decimal(buf, place)
        if spot < end and blank(buf, spot):
            if spot - place > 19:
                return -1
            place = skip(buf, spot, end)
    return place


def task(buf: Any, here: int, bracket: int, found: Any) -> bool:
    """Read the task's name and process id in front of the processor, from their end."""
    place = bracket - 1
    if not blank(buf, place):
        return False
    while blank(buf, place):
        place -= 1
    if buf[place] == 41:  # thread group
        group = place
        place -= 1
        digits = 0
        dashes = 0
        while place > here and (48 <= buf[place] <= 57 or buf[place] == 45):
            digits += buf[place] != 45
            dashes += buf[place] == 45
            place -= 1
        while place > here and blank(buf, place):
            place -= 1
        if buf[place] != 40 or (digits > 0) == (dashes > 0) or digits > 10 or dashes > 10 or group <= here + 2:
            return False
        place -= 1
        if place <= here or not blank(buf, place):
            return False
        while place > here and blank(buf, place):
            place -= 1
    stop = place + 1
    while place > here and 48 <= buf[place] <= 57 and stop - place <= 10:
        place -= 1
    if place + 1 == stop or place <= here:
        return False
    number, _ = decimal(buf, place + 1)
    found[H_PID] = number
    perf = 0
    if buf[place] == 47:  # process/thread
        stop = place
        place -= 1
        while place > here and 48 <= buf[place] <= 57 and stop - place <= 10:
            place -= 1
        if place + 1 == stop:
            return False
        perf = 1
    if blank(buf, place):
        perf = 1
        while place > here and blank(buf, place):
            place -= 1
        place += 1
    elif buf[place] != 45 or perf:
        return False
    found[H_PERF] = perf
    found[H_TASK] = here
    found[H_NAME] = place
    return is_task(buf, here, place)


def is_task(buf: Any, at: int, end: int) -> bool:
    """Whether buf[at:end] may be the name of a task: not longer than one, no tab, no two blanks in a row."""
    if end <= at or end - at > TASK:
        return False
    odd = 0
    for i in range(at, end):
        odd += buf[i] == 9 or (buf[i] == 32 and blank(buf, i + 1))
    return odd == 0


def marker(buf: Any, at: int, end: int) -> int:
    """STACK or USER_STACK where buf[at:end] is the marker of a stack, else -1."""
    size = end - at
    if word(buf, at) == STACK_WORD:
        if (size == 13 and word(buf, at + 5) == STACK_TAIL) or (size == 14 and word(buf, at + 6) == STACK_TAIL_LONG):
            return STACK
    elif size == 18 and word(buf, at) == USER_WORD and word(buf, at + 7) == USER_MIDDLE and word(buf, at + 10) == USER_TAIL:
        return USER_STACK
    return -1


def is_call(buf: Any, at: int, end: int, kinds: Any) -> bool:
    """Whether buf[at:end] is the name of a system call: sys_ and 1 to 60 word characters."""
    if end - at < 5 or end - at > 64 or (word(buf, at) & FOUR) != CALL_WORD:
        return False
    while at < end and kinds[buf[at]] & WORD:
        at += 1
    return at == end


def subject(buf: Any, at: int, end: int, perf: int, found: Any, kinds: Any, codes: Any, numbers: Any, mask: int) -> int:
    """What buf[at:end], behind the stamp, tells: EVENT, STACK or USER_STACK, or -1; where its payload stands, and its hash."""
    found[H_EVENT] = -1
    found[H_KVM] = 0
    found[H_TEXT] = at
    found[H_END] = end
    found[H_SHOW] = at
    if not perf and buf[at] == 60:
        return marker(buf, at, end)
    spot = at
    while kinds[buf[spot]] & NAME:
        spot += 1
    if spot == at or spot >= end or spot - at > TOKEN:
        return -1
    if buf[spot] == 58:  # name: payload
        return named(buf, at, spot, end, perf, found, kinds, codes, numbers, mask)
    if perf:
        return -1
    code = digest(buf, at, spot)
    if buf[spot] == 40:  # sys_name(arguments)
        if buf[end - 1] != 41 or not is_call(buf, at, spot, kinds) or blank(buf, spot + 1) or blank(buf, end - 2):
            return -1
        found[H_EVENT] = number_of(code | 1, codes, numbers, mask)
        found[H_TEXT] = spot + 1
        found[H_SHOW] = spot + 1
        found[H_END] = end - 1
        found[H_CODE] = mix(code, 1 << 20)
        return EVENT
    if end - spot >= 4 and (word(buf, spot) & FOUR) == ARROW_WORD:  # sys_name -> value
        if not is_call(buf, at, spot, kinds):
            return -1
        found[H_EVENT] = RETURN_EVENT
        found[H_TEXT] = spot + 4
        found[H_CODE] = mix(code, 2 << 20)
        return EVENT
    if end - spot > 3 and buf[spot] == 32 and buf[spot + 1] == 60 and buf[spot + 2] == 45:  # function <-caller
        if end - spot - 3 > 200 or find(buf, spot + 3, end, 32) >= 0 or find(buf, spot + 3, end, 9) >= 0:
            return -1
        found[H_CODE] = mix(code, 3 << 20)
        return EVENT
    return -1


def named(
    buf: Any, at: int, spot: int, end: int, perf: int, found: Any, kinds: Any, codes: Any, numbers: Any, mask: int
) -> int:  # fmt: skip
    """An event with a name: buf[at:spot] and a colon; perf prints the subsystem first."""
    name = at
    if perf:
        if kinds[buf[spot + 1]] & WORD:
            name = spot + 1
            spot = name
            modifiers = MODIFIER
            while kinds[buf[spot]] & WORD:
                modifiers &= kinds[buf[spot]]
                spot += 1
            if modifiers or spot >= end or buf[spot] != 58 or spot - name > TOKEN:
                return -1
        if buf[name] == 80 or (spot + 1 < end and not blank(buf, spot + 1)):
            return -1
    text = skip(buf, spot + 1, end)
    code = digest(buf, name, spot)
    event = number_of(code | 1, codes, numbers, mask)
    kind = EVENT
    found[H_KVM] = (word(buf, name) & FOUR) == KVM_WORD
    if event < 0:
        if spot - name > 9 and word(buf, name) == EXIT_WORD and buf[name + 8] == 95:
            event = RETURN_EVENT
        elif not perf and text < end and buf[text] == 60:
            if spot - name != 12 or word(buf, name) != KERNEL_WORD or word(buf, name + 4) != KERNEL_TAIL:
                return -1
            kind = marker(buf, text, end)
            if kind != STACK:
                return -1
    found[H_EVENT] = event
    found[H_TEXT] = text
    found[H_SHOW] = text
    found[H_CODE] = mix(code, text - spot)  # a headline has the blanks too
    return kind
