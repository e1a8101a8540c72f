"""Headers of call traces in the state machine of :mod:`.replay`, for a compiler."""

from __future__ import annotations

from typing import Any

from ..compiled.primitives import digits, number
from .replaystate import (
    ABOVE,
    BEGAN,
    CLOSED,
    COUNT,
    FAULTS,
    G_BASE,
    GROUP,
    HAS_HEADER,
    INTERRUPTED,
    LISTED,
    NEXT_MARKER,
    OWED,
    PATIENCE,
    PROGRAMS,
    RIVALS,
    SAID,
    STREAM,
    T_VALUES,
    TITLE,
    TRACE,
    TRACES,
    VALUES,
    WAITED,
    close,
    drop_header,
    end_of,
    headline,
    merge,
    near,
    point,
    refer,
)
from .textflags import ABSENT, CLASS, FAULT, NUMBERED, SURE


def more(at: int, line: int, text: int, stamp: float, S: Any, Z: Any, C: Any, V: Any) -> bool:
    """Take the part of a header that stands on a line of its own; whether it is one."""
    s = at * STREAM
    if S[s + TRACE] >= 0:
        return False
    row = C[text * CLASS + 1] * 6
    if V[row + 1] != ABSENT and not S[s + HAS_HEADER] and not S[s + GROUP] and not C[text * CLASS] & SURE:
        return False
    if not S[s + HAS_HEADER]:
        which = headline(at, stamp, S, Z)
        if which >= 0:
            refer(at, TITLE, which, S, Z)
        else:
            S[s + TITLE] = 0
        for i in range(6):
            S[s + VALUES + i] = V[row + i]
        S[s + HAS_HEADER] = 1
        S[s + WAITED] = 0
        S[s + BEGAN] = S[s + COUNT]
        Z[at * 5 + 4] = stamp
        S[s + SAID] = 0
        S[s + FAULTS] = 0
    else:
        merge(S, s + VALUES, V, row)
    return True


def numbered(at: int, buf: Any, kept: Any, which: int, S: Any) -> int:
    """The processor (`which` 0) or the pid (1) that the line above the stack names, which is flagged as NUMBERED."""
    place = S[at * STREAM + ABOVE + 2] + 0
    words = buf
    if place < 0:
        words = kept
        place = -place - 1
    place += 14  # WARNING: CPU:
    to = digits(words, place, 7)
    if which == 1:
        place = to + 6  # PID:
        to = digits(words, place, 11)
    return number(words, place, to)


def header(
    at: int, line: int, text: int, begin: int, size: int, stamp: float, caller: int, row: int, buf: Any, kept: Any, S: Any,
    Z: Any, C: Any, V: Any, T: Any, G: Any
) -> int:  # fmt: skip
    """Take a header whose values lie at V[row]."""
    s = at * STREAM
    which = headline(at, stamp, S, Z)
    own = V[row + 4] == ABSENT and V[row] == ABSENT  # a task dump
    if own and which >= 0 and S[s + which + 1] >= 0 and C[S[s + which + 1] * CLASS] & FAULT:
        own = False
    if caller == 0 and S[s + TRACE] >= 0 and not S[s + CLOSED]:
        S[s + INTERRUPTED] = S[s + COUNT]
    close(at, end_of(at, S, NEXT_MARKER), S, T, G)
    S[s + RIVALS] = S[s + RIVALS] if near(at, stamp, S, Z) else 0
    two = S[s + HAS_HEADER] and S[s + VALUES] != ABSENT and V[row] != ABSENT and S[s + VALUES + 1] != ABSENT
    two = two and S[s + VALUES + 1] != V[row + 1] and S[s + WAITED] <= PATIENCE
    if caller == 0 and two and not S[s + PROGRAMS] and near(at, stamp, S, Z):
        S[s + RIVALS] = max(S[s + RIVALS], 1) + 1
    cpu = V[row]
    goes_on = False
    if cpu < 0 and S[s + ABOVE] and S[s + ABOVE + 1] >= 0:
        above = S[s + ABOVE + 1] + 0
        if C[above * CLASS + 7] >= 0:
            cpu = V[C[above * CLASS + 7] * 6]
        elif C[above * CLASS] & NUMBERED:
            cpu = numbered(at, buf, kept, 0, S)
    if S[s + HAS_HEADER] and S[s + VALUES + 1] == ABSENT:
        goes_on = True
        if cpu < 0:
            cpu = S[s + VALUES]
    owed = S[s + OWED]
    spent = owed >= 0 or S[s + LISTED] == S[s + COUNT] - 1
    if owed >= 0:
        t = (owed - G[G_BASE]) * TRACES + T_VALUES
        merge(T, t, V, row)
        if T[t] < 0 and cpu >= 0:
            T[t] = cpu
    drop_header(at, S)
    for i in range(6):
        S[s + VALUES + i] = V[row + i]
    S[s + VALUES] = cpu
    if not goes_on:
        if own:
            point(at, TITLE, line, text, begin, size, stamp, S, Z)
        elif which >= 0:
            refer(at, TITLE, which, S, Z)
        else:
            S[s + TITLE] = 0
    S[s + HAS_HEADER] = 1
    S[s + WAITED] = PATIENCE + 1 if spent else 0
    S[s + BEGAN] = S[s + COUNT]
    Z[at * 5 + 4] = stamp
    S[s + SAID] = 0
    S[s + FAULTS] = 0
    S[s + ABOVE] = 0
    S[s + OWED] = -1
    return 0
