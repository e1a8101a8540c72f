"""Lines of a report that are neither header, frame nor register, in the state machine of :mod:`.replay`."""

from __future__ import annotations

from typing import Any

from .replaystate import (
    ABOUT,
    ABOUT_COUNT,
    ABOVE,
    CLOSED,
    CLOSED_,
    CONTEXTS,
    COUNT,
    DUMPING,
    FAULTS,
    FLAW,
    G_BASE,
    G_LOSSES,
    GROUP,
    HAS_HEADER,
    LISTED,
    LOST_MESSAGES,
    NAMED_ROW,
    NEAR,
    NEXT_MARKER,
    OWED,
    PATIENCE,
    R_DETAIL,
    R_LOST,
    R_MARKER,
    R_OTHER,
    R_REPORT,
    SAID,
    SKIPPED,
    SOON,
    STREAM,
    T_LINE,
    TRACE,
    TRACES,
    UNRELATED,
    VALUES,
    WAITED,
    WRAPPED,
    close,
    drop_header,
    end_of,
    point,
    refer,
)
from .textflags import (
    AFTER,
    BEHIND,
    CLASS,
    COLON,
    CUT,
    DECODED,
    DETAIL,
    END,
    FAULT,
    HARDWARE,
    LOCKDEP,
    LOST,
    NAMED,
    PLACE,
    SHORT,
    STACK,
    UNREFERENCED,
)


def other(
    at: int, line: int, text: int, begin: int, size: int, stamp: float, caller: int, flags: int, S: Any, Z: Any, T: Any,
    G: Any
) -> int:  # fmt: skip
    """Take a message that is no part of a report."""
    s = at * STREAM
    if flags & LOST:
        if caller and S[s + TRACE] >= 0 and not S[s + FLAW]:
            S[s + FLAW] = LOST_MESSAGES
        elif caller == 0:
            G[G_LOSSES] += 1
            drop_header(at, S)
            S[s + SAID] = 0
            S[s + FAULTS] = 0
            S[s + ABOVE] = 0
            S[s + OWED] = -1
            S[s + NAMED_ROW] = -1
        return R_LOST
    if S[s + COUNT] == S[s + WRAPPED] + 1 and flags & DECODED:
        S[s + WRAPPED] = S[s + COUNT]
    if S[s + TRACE] >= 0:
        S[s + SKIPPED] += 1
        if caller or S[s + SKIPPED] > PATIENCE:
            close(at, end_of(at, S, UNRELATED), S, T, G)
    else:
        S[s + CONTEXTS] = 0
    if S[s + HAS_HEADER]:
        S[s + WAITED] += 1
        if S[s + WAITED] > PATIENCE:
            drop_header(at, S)
    S[s + DUMPING] = 0
    if S[s + GROUP] and not S[s + HAS_HEADER]:
        drop_header(at, S)
    point(at, SAID, line, text, begin, size, stamp, S, Z)
    if flags & FAULT or flags & COLON:
        refer(at, ABOVE, SAID, S, Z)
    else:
        S[s + ABOVE] = 0
    if flags & FAULT:
        if flags & SHORT:
            S[s + WRAPPED] = S[s + COUNT]
        past = S[s + FAULTS] == 0 or S[s + COUNT] - S[s + FAULTS + 4] > SOON or abs(stamp - Z[at * 5 + 1]) > NEAR
        if past or flags & UNREFERENCED:
            refer(at, FAULTS, SAID, S, Z)
            S[s + OWED] = -1
        return R_REPORT
    return R_OTHER


def report(
    at: int, line: int, text: int, begin: int, size: int, stamp: float, caller: int, flags: int, S: Any, Z: Any, C: Any,
    V: Any, T: Any, G: Any
) -> int:  # fmt: skip
    """Take a line that is neither header, frame nor register."""
    s = at * STREAM
    if flags & BEHIND:
        S[s + LISTED] = S[s + COUNT]
    cut_in = S[s + TRACE] >= 0 and caller == 0 and S[s + FAULTS] > T[(S[s + TRACE] - G[G_BASE]) * TRACES + T_LINE]
    if flags & AFTER and cut_in:
        return R_DETAIL
    if flags & (END | CUT | AFTER | PLACE | STACK) and S[s + TRACE] >= 0:
        close(at, end_of(at, S, NEXT_MARKER if flags & CUT else CLOSED_), S, T, G)
    if flags & END:
        S[s + SAID] = 0
        S[s + DUMPING] = 1
        return R_REPORT
    if flags & CUT:
        drop_header(at, S)
        S[s + SAID] = 0
        S[s + FAULTS] = 0
        S[s + OWED] = -1
        return R_REPORT
    if flags & STACK:
        point(at, ABOVE, line, text, begin, size, stamp, S, Z)
        return R_MARKER
    if flags & PLACE:
        S[s + WRAPPED] = S[s + COUNT]
        return R_DETAIL
    if flags & LOCKDEP and S[s + FAULTS]:
        S[s + FAULTS + 4] = S[s + COUNT]
        Z[at * 5 + 1] = stamp
        point(at, ABOVE, line, text, begin, size, stamp, S, Z)
        return R_DETAIL
    if not flags & FAULT and flags & NAMED:
        S[s + NAMED_ROW] = C[text * CLASS + 1]
    about = (S[s + TRACE] < 0 or S[s + CLOSED]) and S[s + ABOUT_COUNT] and S[s + COUNT] - S[s + ABOUT_COUNT] <= ABOUT
    if not flags & FAULT and (flags & AFTER or (flags & DETAIL and about)):
        if S[s + HAS_HEADER] and flags & HARDWARE:
            S[s + VALUES + 5] = V[C[text * CLASS + 1] * 6 + 5]
        return R_DETAIL
    return other(at, line, text, begin, size, stamp, caller, flags, S, Z, T, G)
