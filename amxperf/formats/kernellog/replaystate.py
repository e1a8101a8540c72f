"""What the state machine of :mod:`.replay` keeps of streams and traces: the items of its arrays, for a compiler."""

from __future__ import annotations

from typing import Any

from .textflags import ABSENT

# a reference to a text: line (0: none), number of the text, place (below 0: in `kept`), length, count of the stream
SAID, FAULTS, ABOVE, TITLE = 0, 5, 10, 15
NAMED_ROW, OWED, HAS_HEADER, VALUES, WAITED, BEGAN, RIVALS, GROUP, PROGRAMS, DUMPING = 20, 21, 22, 23, 29, 30, 31, 32, 33, 34
TRACE, DEPTH, CONTEXTS, CLOSED, SKIPPED, ABOUT_COUNT, FLAW, COUNT, WRAPPED, CONTEXT = 35, 36, 37, 38, 39, 40, 41, 42, 43, 44
SAVED = 60
INTERRUPTED, TOUCHED, BEFORE, LISTED = 77, 78, 79, 80
STREAM = 81
"""Items of a row of S, the streams; a row of Z holds the stamps of its four texts and of its header."""

T_LINE, T_END, T_BOOT, T_VALUES, T_COMPLETE, T_TITLE, T_TASKS, T_CALLER = 0, 1, 2, 3, 9, 10, 11, 12
TRACES = 13
"""Items of a row of T, the traces: line, end, boot, six values, how it ended, line of the headline, 1 where the headline itself
names the task, pid of the caller."""

NO_FRAMES, CLOSED_, NEXT_MARKER, UNRELATED, END_OF_FILE, HEAD_CUT, LOST_MESSAGES = 1, 2, 3, 4, 5, 6, 7

# items of G
G_TRACES, G_FRAMES, G_REGISTERS, G_EVENTS, G_NOTES, G_STREAMS, G_GROUPS, G_BOOT, G_BANNER, G_ANY = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
G_TITLES, G_BASE, G_MASK, G_ROOM_STREAMS, G_ROOM_FRAMES, G_ROOM_TITLES, G_TOUCHED, G_STRIDE = 10, 11, 12, 13, 14, 15, 16, 17
G_LOSSES = 18
G_ITEMS = 19

(R_BLANK, R_REPORT, R_DETAIL, R_HEADER, R_REGISTER, R_MARKER, R_CONTEXT, R_FRAME, R_LOST, R_BOOT, R_EVENT, R_PROGRAM, R_OTHER) = (
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)  # fmt: skip
"""Roles, in the order of :data:`.roles.ROLES`."""

PID = (1 << 36) - 1
"""Bits of a caller's number that are the pid; above them stands how it is written."""

NEAR, SOON, FAR, ABOUT, PATIENCE, DEEPEST, FALL, LONG = 1, 16, 100, 30, 3, 15, 1, 4096


def near(at: int, stamp: float, S: Any, Z: Any) -> bool:
    """Whether the header of the stream is near enough for the line to belong to it."""
    return S[at * STREAM + COUNT] - S[at * STREAM + BEGAN] <= FAR and not abs(stamp - Z[at * 5 + 4]) > NEAR


def close(at: int, how: int, S: Any, T: Any, G: Any) -> int:
    """End the open trace of the stream, if there is one."""
    s = at * STREAM
    trace = S[s + TRACE]
    if trace >= 0:
        if S[s + FLAW]:
            how = S[s + FLAW]
        elif S[s + BEFORE] != G[G_LOSSES]:
            how = LOST_MESSAGES
        T[(trace - G[G_BASE]) * TRACES + T_COMPLETE] = how if S[s + DEPTH] else NO_FRAMES
        S[s + TRACE] = -1
        S[s + DEPTH] = 0
        S[s + SKIPPED] = 0
        S[s + CLOSED] = 0
        S[s + FLAW] = 0
        S[s + CONTEXTS] = 0
    return 0


def end_of(at: int, S: Any, last: int) -> int:
    """How a trace ended that something else ends: closed, unrelated line, or `last`."""
    s = at * STREAM
    return CLOSED_ if S[s + CLOSED] else UNRELATED if S[s + SKIPPED] else last


def drop_header(at: int, S: Any) -> int:
    """Forget the header; the registers above it keep no trace."""
    s = at * STREAM
    S[s + GROUP] = 0
    S[s + PROGRAMS] = 0
    S[s + HAS_HEADER] = 0
    return 0


def reset(at: int, nan: float, S: Any, Z: Any) -> int:
    """Make the stream a fresh one."""
    s = at * STREAM
    for i in range(STREAM):
        S[s + i] = 0
    S[s + NAMED_ROW] = -1
    S[s + OWED] = -1
    S[s + TRACE] = -1
    S[s + WRAPPED] = -1
    S[s + LISTED] = -1
    Z[at * 5 + 4] = nan
    return 0


def refer(at: int, which: int, other: Any, S: Any, Z: Any) -> int:
    """Let the reference `which` be what `other` is."""
    s = at * STREAM
    for i in range(5):
        S[s + which + i] = S[s + other + i]
    Z[at * 5 + which // 5] = Z[at * 5 + other // 5]
    return 0


def point(at: int, which: int, line: int, text: int, begin: int, size: int, stamp: float, S: Any, Z: Any) -> int:
    """Let the reference `which` be the line at hand."""
    s = at * STREAM
    S[s + which] = line
    S[s + which + 1] = text
    S[s + which + 2] = begin
    S[s + which + 3] = size
    S[s + which + 4] = S[s + COUNT]
    Z[at * 5 + which // 5] = stamp
    return 0


def headline(at: int, stamp: float, S: Any, Z: Any) -> int:
    """Which reference the next trace illustrates: FAULTS, SAID, or -1."""
    s = at * STREAM
    if S[s + FAULTS] and not (S[s + COUNT] - S[s + FAULTS + 4] > SOON or abs(stamp - Z[at * 5 + 1]) > NEAR):
        return FAULTS
    if S[s + SAID] and not abs(stamp - Z[at * 5]) > NEAR:
        return SAID
    return -1


def merge(target: Any, to: int, source: Any, at: int) -> int:
    """Fill what `target` does not know from `source`; words are empty at 0, the two numbers are not."""
    for i in range(6):
        value = source[at + i]
        old = target[to + i]
        if value != ABSENT and (old < 0 or (old == 0 and i > 1)):
            target[to + i] = value
    return 0


def restart(S: Any, T: Any, G: Any) -> int:
    """End of a boot: close what is open and forget all streams."""
    for at in range(G[G_STREAMS]):
        close(at, end_of(at, S, END_OF_FILE), S, T, G)
    G[G_STREAMS] = 0
    return 0


def stream(caller: int, nan: float, S: Any, Z: Any, K: Any, X: Any, G: Any) -> int:
    """Number of the stream of a caller; a new one where it was not heard before."""
    slot = (caller * 0x9E3779B1) & G[G_MASK]
    while K[slot] >= 0:
        if K[slot] == caller:
            return X[slot] + 0
        slot = (slot + 1) & G[G_MASK]
    at = G[G_STREAMS]
    K[slot] = caller
    X[slot] = at
    G[G_STREAMS] = at + 1
    reset(at, nan, S, Z)
    return at
