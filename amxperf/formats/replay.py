"""The state machine of :mod:`amxperf.formats.calltrace` and the numbering of boots over numbers instead of texts, for a compiler.

What a text means was settled before (:mod:`amxperf.formats.memo`): a line comes with the number of its text, whose row in `C` holds
flags and places. The functions carry the names of the methods that they follow, and must follow them exactly; tests compare both.
They are written like those of :mod:`amxperf.formats.scan`: arrays are indexed one item at a time, and the state lies in a few of
them, whose rows the constants below name.
"""

from __future__ import annotations

from typing import Any

from .primitives import copy, digits, fetch_word, number
from .scan import BLANK, CODE, FOREIGN, HEADER, PROGRAM, REGISTER

# flags of a text
MARKER, HEAD, MORE, LEFT, FRAME, REG, REG_REPORT, INTERRUPT = 1, 2, 4, 8, 16, 32, 64, 128
TASK_END, BARE, MARKS, END, CUT, AFTER, STACK, DETAIL = 256, 512, 1024, 2048, 4096, 8192, 16384, 32768
DECODED, FAULT, LOST, COLON = 1 << 16, 1 << 17, 1 << 18, 1 << 19
EVENT, TASKS, BACKTRACE, BANNER = 1 << 20, 1 << 21, 1 << 22, 1 << 23
REBOOT, HARDWARE, NAMED, USER, PROPERTY, MISSED, VCPU = 1 << 24, 1 << 25, 1 << 26, 1 << 27, 1 << 28, 1 << 29, 1 << 30
PLACE, LOCKDEP, ACCUSES, UNREFERENCED, BARE_PLACE = 1 << 31, 1 << 32, 1 << 33, 1 << 34, 1 << 35
SHORT, ROOT, PLAIN, NUMBERED = 1 << 36, 1 << 37, 1 << 38, 1 << 39
"""The last: the task above a stack is named as in ``WARNING: CPU: 1 PID: 7 at``."""

CLASS = 8
"""Items of a row of C: flags, row of values, first mark, marks, first frame, frames, the text behind ``Call Trace:``, row of
the owner."""

# a reference to a text: line (0: none), number of the text, place (below 0: in `kept`), length, count of the stream
SAID, FAULTS, ABOVE, TITLE = 0, 5, 10, 15
NAMED_ROW, OWED, HAS_HEADER, VALUES, WAITED, BEGAN, RIVALS, GROUP, PROGRAMS, DUMPING = 20, 21, 22, 23, 29, 30, 31, 32, 33, 34
TRACE, DEPTH, CONTEXTS, CLOSED, SKIPPED, ABOUT_COUNT, FLAW, COUNT, WRAPPED, CONTEXT = 35, 36, 37, 38, 39, 40, 41, 42, 43, 44
SAVED = 60
INTERRUPTED, TOUCHED = 77, 78
STREAM = 79
"""Items of a row of S, the streams; a row of Z holds the stamps of its four texts and of its header."""

ABSENT, NONE = -2, -1
"""A value that a header does not have, and one that it has as None; the words of a header are numbers, 0 for the empty one."""

T_LINE, T_END, T_BOOT, T_VALUES, T_COMPLETE, T_TITLE, T_TASKS, T_CALLER = 0, 1, 2, 3, 9, 10, 11, 12
TRACES = 13
"""Items of a row of T, the traces: line, end, boot, six values, how it ended, line of the headline, 1 where the headline
itself names
the task, pid of the caller."""

NO_FRAMES, CLOSED_, NEXT_MARKER, UNRELATED, END_OF_FILE, HEAD_CUT, LOST_MESSAGES = 1, 2, 3, 4, 5, 6, 7

# items of G
G_TRACES, G_FRAMES, G_REGISTERS, G_EVENTS, G_NOTES, G_STREAMS, G_GROUPS, G_BOOT, G_BANNER, G_ANY = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
G_TITLES, G_BASE, G_MASK, G_ROOM_STREAMS, G_ROOM_FRAMES, G_ROOM_TITLES, G_TOUCHED, G_STRIDE = 10, 11, 12, 13, 14, 15, 16, 17
G_ITEMS = 18

(R_BLANK, R_REPORT, R_DETAIL, R_HEADER, R_REGISTER, R_MARKER, R_CONTEXT, R_FRAME, R_LOST, R_BOOT, R_EVENT, R_PROGRAM, R_OTHER) = (
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)  # fmt: skip
"""Roles, in the order of :data:`amxperf.formats.calltrace.ROLES`."""

PID = (1 << 36) - 1
"""Bits of a caller's number that are the pid; above them stands how it is written."""

AHEAD = 16
"""Lines ahead of the one at hand of which memory is asked what their texts mean."""

NEAR, SOON, FAR, ABOUT, PATIENCE, DEEPEST, FALL, LONG = 1, 16, 100, 30, 3, 15, 1, 4096

ENTRIES = {
    "replay": "q q B* i* i* i* i* d* h* q* i* q* b* q* b* d B* B* q* q* d* q* q* q* d* q* d* i* i* i* i* q* q* q* i* i*",
    "keep": "q* i* q B* B* B* q q",
    "finish": "q* q* q*",
}
"""The functions that are called from outside and their parameters: see :func:`amxperf.formats.native.entries`."""


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
        T[(trace - G[G_BASE]) * TRACES + T_COMPLETE] = how if S[s + DEPTH] else NO_FRAMES
        S[s + TRACE] = -1
        S[s + DEPTH] = 0
        S[s + SKIPPED] = 0
        S[s + CLOSED] = 0
        S[s + FLAW] = 0
        S[s + CONTEXTS] = 0
    return 0


def end_of(at: int, S: Any, last: int) -> int:
    """How a trace ended that something else ends: unrelated line, closed, or `last`."""
    s = at * STREAM
    return UNRELATED if S[s + SKIPPED] else CLOSED_ if S[s + CLOSED] else last


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


def more(at: int, line: int, text: int, stamp: float, S: Any, Z: Any, C: Any, V: Any) -> bool:
    """Take the part of a header that stands on a line of its own; whether it is one."""
    s = at * STREAM
    if S[s + TRACE] >= 0:
        return False
    row = C[text * CLASS + 1] * 6
    if V[row + 1] != ABSENT and not S[s + HAS_HEADER] and not S[s + GROUP]:
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
    if caller == 0 and two and S[s + VALUES + 1] != V[row + 1] and not S[s + PROGRAMS] and near(at, stamp, S, Z):
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
    S[s + WAITED] = 0
    S[s + BEGAN] = S[s + COUNT]
    Z[at * 5 + 4] = stamp
    S[s + SAID] = 0
    S[s + FAULTS] = 0
    S[s + ABOVE] = 0
    S[s + OWED] = -1
    return 0


def new_trace(line: int, end: int, boot: int, stamp: float, T: Any, P: Any, G: Any) -> int:
    """A row for another trace, without values; its place in T."""
    trace = G[G_TRACES]
    t = (trace - G[G_BASE]) * TRACES
    for i in range(TRACES):
        T[t + i] = 0
    for i in range(6):
        T[t + T_VALUES + i] = ABSENT
    T[t + T_LINE] = line
    T[t + T_END] = end
    T[t + T_BOOT] = boot
    T[t + T_CALLER] = -1
    P[2 * (trace - G[G_BASE])] = stamp
    P[2 * (trace - G[G_BASE]) + 1] = stamp
    G[G_TRACES] = trace + 1
    return t


def title(at: int, which: int, t: int, buf: Any, kept: Any, titles: Any, H: Any, S: Any, T: Any, G: Any) -> int:
    """Give the new trace in T[t] the text of a reference as its headline; no text where `which` is below 0."""
    if which >= 0:
        s = at * STREAM + which
        T[t + T_TITLE] = S[s]
        if S[s + 2] >= 0:
            copy(titles, G[G_TITLES], buf, S[s + 2], S[s + 3])
        else:
            copy(titles, G[G_TITLES], kept, -S[s + 2] - 1, S[s + 3])
        G[G_TITLES] += S[s + 3]
    H[G[G_TRACES] - G[G_BASE]] = G[G_TITLES]
    return 0


def note(kind: int, trace: int, line: int, N: Any, G: Any) -> int:
    """Note something about a trace: 1 several tasks print at once, 2 other lines interrupt it, 3 a boot begins."""
    n = G[G_NOTES] * 3
    N[n] = kind
    N[n + 1] = trace
    N[n + 2] = line
    G[G_NOTES] += 1
    return 0


def marker(
    at: int, line: int, text: int, stamp: float, caller: int, boot: int, nan: float, buf: Any, kept: Any, titles: Any,
    H: Any, S: Any, Z: Any, C: Any, V: Any, T: Any, P: Any, G: Any, F: Any, R: Any, N: Any, W: Any, M: Any
) -> int:  # fmt: skip
    """Open a trace at its ``Call Trace:``; `text` below 0 where there is none."""
    s = at * STREAM
    close(at, end_of(at, S, NEXT_MARKER), S, T, G)
    has = S[s + HAS_HEADER]
    which = TITLE if S[s + TITLE] else -1
    if not has:
        which = headline(at, stamp, S, Z)
    rivals = S[s + RIVALS] if near(at, stamp, S, Z) else 0
    t = new_trace(line, line, boot, stamp, T, P, G)
    if has:
        for i in range(6):
            T[t + T_VALUES + i] = S[s + VALUES + i]
    elif which >= 0 and S[s + which + 1] >= 0 and C[S[s + which + 1] * CLASS] & TASKS:
        T[t + T_TASKS] = 1
    elif S[s + NAMED_ROW] >= 0:
        merge(T, t + T_VALUES, V, S[s + NAMED_ROW] * 6)
    if caller & 1:
        T[t + T_CALLER] = (caller >> 1) & PID
        if T[t + T_VALUES + 1] < 0:
            T[t + T_VALUES + 1] = (caller >> 1) & PID
    if rivals:
        which = -1
        for i in range(3):
            T[t + T_VALUES + i] = ABSENT
        T[t + T_TASKS] = 0
        note(1, G[G_TRACES], line, N, G)
    if which >= 0:
        P[2 * (G[G_TRACES] - 1 - G[G_BASE]) + 1] = Z[at * 5 + which // 5]
    title(at, which, t, buf, kept, titles, H, S, T, G)
    if S[s + GROUP]:
        W[S[s + GROUP]] = 0 if rivals else G[G_TRACES]
    began = S[s + BEGAN]
    lines = S[s + COUNT]
    stamped = Z[at * 5 + 4]
    reset(at, nan, S, Z)
    S[s + TRACE] = G[G_TRACES] - 1
    S[s + BEGAN] = began
    S[s + COUNT] = lines
    Z[at * 5 + 4] = stamped
    S[s + RIVALS] = max(0, rivals - 1)
    rest = C[text * CLASS + 6] if text >= 0 else -1
    if rest >= 0:
        inside(at, line, rest, S, C, T, G, F, R, N, M)
    return R_MARKER


def bare(
    at: int, line: int, text: int, stamp: float, caller: int, boot: int, nan: float, buf: Any, kept: Any, titles: Any,
    H: Any, S: Any, Z: Any, C: Any, V: Any, T: Any, P: Any, G: Any, F: Any, R: Any, N: Any, W: Any, M: Any
) -> int:  # fmt: skip
    """Open a trace at a frame that no ``Call Trace:`` stands above."""
    s = at * STREAM
    if S[s + COUNT] == S[s + WRAPPED] + 1:
        return R_DETAIL
    if S[s + HAS_HEADER] and S[s + ABOVE] == 0:
        if S[s + INTERRUPTED] == S[s + BEGAN] and C[text * CLASS] & PLAIN:
            S[s + RIVALS] = max(2, S[s + RIVALS] if near(at, stamp, S, Z) else 0)
        marker(at, line, -1, stamp, caller, boot, nan, buf, kept, titles, H, S, Z, C, V, T, P, G, F, R, N, W, M)
        return inside(at, line, text, S, C, T, G, F, R, N, M)
    if S[s + ABOVE] == 0 and C[text * CLASS] & ROOT and S[s + FAULTS] and S[s + COUNT] - S[s + FAULTS + 4] <= SOON:
        refer(at, ABOVE, FAULTS, S, Z)
    if S[s + ABOVE] == 0:
        t = new_trace(line, line, boot, stamp, T, P, G)
        if caller & 1:
            T[t + T_VALUES + 1] = (caller >> 1) & PID
        title(at, -1, t, buf, kept, titles, H, S, T, G)
        S[s + FLAW] = HEAD_CUT
    else:
        above = S[s + ABOVE + 1]
        flags = C[above * CLASS] if above >= 0 else 0
        row = C[above * CLASS + 7] if above >= 0 else -1
        own = flags & NUMBERED != 0
        if row < 0 and not own:
            row = S[s + NAMED_ROW]
        t = new_trace(S[s + ABOVE], line, boot, Z[at * 5 + 2], T, P, G)
        if row >= 0:
            for i in range(6):
                T[t + T_VALUES + i] = V[row * 6 + i]
        if own:
            for i in range(2):
                T[t + T_VALUES + i] = numbered(at, buf, kept, i, S)
        which = ABOVE
        if S[s + FAULTS] and flags & BACKTRACE:
            which = FAULTS
        elif S[s + FAULTS] and flags & FAULT:
            which = FAULTS
            if row < 0 and not own and caller & 1:
                T[t + T_VALUES + 1] = (caller >> 1) & PID
        P[2 * (G[G_TRACES] - 1 - G[G_BASE]) + 1] = Z[at * 5 + which // 5]
        title(at, which, t, buf, kept, titles, H, S, T, G)
        if S[s + FAULTS] and flags & BACKTRACE:
            S[s + FAULTS] = 0
        if flags & (FAULT | ACCUSES):
            S[s + OWED] = G[G_TRACES] - 1
    drop_header(at, S)
    S[s + TRACE] = G[G_TRACES] - 1
    S[s + DEPTH] = 0
    S[s + SAID] = 0
    S[s + ABOVE] = 0
    S[s + NAMED_ROW] = -1
    return inside(at, line, text, S, C, T, G, F, R, N, M)


def context(at: int, op: int, S: Any) -> int:
    """Take one context mark: the number of its name, times two, plus 1 where it closes."""
    s = at * STREAM
    count = S[s + CONTEXTS]
    if op & 1:
        S[s + CLOSED] = count > 0
        for i in range(count):
            if S[s + CONTEXT + i] == op >> 1:
                S[s + CONTEXTS] = i
                return 0
        if count:
            S[s + CONTEXTS] = count - 1
        return 0
    if count > DEEPEST:
        for i in range(DEEPEST):
            S[s + CONTEXT + i] = S[s + CONTEXT + i + count - DEEPEST]
        count = DEEPEST
    S[s + CONTEXT + count] = op >> 1
    S[s + CONTEXTS] = count + 1
    S[s + CLOSED] = 0
    return 0


def inside(at: int, line: int, text: int, S: Any, C: Any, T: Any, G: Any, F: Any, R: Any, N: Any, M: Any) -> int:
    """Take a line of the open trace; -1 where it does not belong to it. `text` may be a code below 0 (a register line)."""
    s = at * STREAM
    trace = S[s + TRACE]
    role = -1
    flags = REG_REPORT | LEFT
    if text >= 0:
        flags = C[text * CLASS]
        marks = C[text * CLASS + 3]
        if marks:
            role = R_CONTEXT
            refused = flags & LEFT and not flags & FRAME  # contexts stay as they are, but for `closed`
            if refused:
                for i in range(SAVED - CONTEXT):
                    S[s + SAVED + i] = S[s + CONTEXT + i]
                S[s + SAVED + SAVED - CONTEXT] = S[s + CONTEXTS]
            for i in range(C[text * CLASS + 2], C[text * CLASS + 2] + marks):
                context(at, M[i], S)
            if refused:
                for i in range(SAVED - CONTEXT):
                    S[s + CONTEXT + i] = S[s + SAVED + i]
                S[s + CONTEXTS] = S[s + SAVED + SAVED - CONTEXT]
                return -1
    if flags & LEFT:
        if S[s + SKIPPED] and flags & ROOT:
            close(at, UNRELATED, S, T, G)
            return -1
        if flags & FRAME:
            first = C[text * CLASS + 4]
            for i in range(first, first + C[text * CLASS + 5]):
                f = G[G_FRAMES] + 0
                wide = G[G_STRIDE] + 0
                F[f] = trace + 1
                F[f + wide] = line
                F[f + 2 * wide] = S[s + DEPTH]
                F[f + 3 * wide] = i
                F[f + 4 * wide] = S[s + CONTEXT + S[s + CONTEXTS] - 1] if S[s + CONTEXTS] else 0
                G[G_FRAMES] += 1
                S[s + DEPTH] += 1
            S[s + CLOSED] = 0
            role = R_FRAME
        elif not S[s + SKIPPED] and role < 0 and flags & REG_REPORT:
            r = G[G_REGISTERS] * 2
            R[r] = line
            R[r + 1] = -trace - 1
            G[G_REGISTERS] += 1
            role = R_REGISTER
        elif not S[s + SKIPPED] and role < 0 and flags & INTERRUPT:
            role = R_CONTEXT
        elif not S[s + SKIPPED] and role < 0 and flags & DECODED:
            role = R_DETAIL
        else:
            return -1
    if S[s + SKIPPED]:
        note(2, trace + 1, line, N, G)
        S[s + SKIPPED] = 0
    T[(trace - G[G_BASE]) * TRACES + T_END] = line
    S[s + SAID] = 0
    if role == R_CONTEXT and flags & TASK_END:
        close(at, CLOSED_, S, T, G)
    return role


def other(
    at: int, line: int, text: int, begin: int, size: int, stamp: float, caller: int, flags: int, S: Any, Z: Any, T: Any,
    G: Any
) -> int:  # fmt: skip
    """Take a message that is no part of a report."""
    s = at * STREAM
    if flags & LOST:
        if S[s + TRACE] >= 0 and not S[s + FLAW]:
            S[s + FLAW] = LOST_MESSAGES
        return R_LOST
    if S[s + COUNT] == S[s + WRAPPED] + 1 and flags & DECODED:
        S[s + WRAPPED] = S[s + COUNT]
    if S[s + TRACE] >= 0:
        S[s + SKIPPED] += 1
        if caller or S[s + CLOSED] or S[s + SKIPPED] > PATIENCE:
            close(at, CLOSED_ if S[s + CLOSED] else UNRELATED, S, T, G)
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
    about = S[s + TRACE] < 0 and S[s + ABOUT_COUNT] and S[s + COUNT] - S[s + ABOUT_COUNT] <= ABOUT
    if not flags & FAULT and (flags & AFTER or (flags & DETAIL and about)):
        if S[s + HAS_HEADER] and flags & HARDWARE:
            S[s + VALUES + 5] = V[C[text * CLASS + 1] * 6 + 5]
        return R_DETAIL
    return other(at, line, text, begin, size, stamp, caller, flags, S, Z, T, G)


def take(
    at: int, line: int, text: int, begin: int, size: int, stamp: float, caller: int, boot: int, row: int, nan: float,
    buf: Any, kept: Any, titles: Any, H: Any, S: Any, Z: Any, C: Any, V: Any, T: Any, P: Any, G: Any, F: Any, R: Any, N: Any,
    W: Any, M: Any
) -> int:  # fmt: skip
    """Take one line of a stream; its role. `text` is the number of a known text or a code below 0."""
    s = at * STREAM
    flags = 0
    if text >= 0:
        flags = C[text * CLASS]
    elif text == REGISTER:
        flags = REG | REG_REPORT | LEFT
    elif text == PROGRAM:
        flags = REG | REG_REPORT | LEFT | USER
    elif text == CODE:
        flags = REG_REPORT | LEFT
    if flags & MARKER:
        return marker(at, line, text, stamp, caller, boot, nan, buf, kept, titles, H, S, Z, C, V, T, P, G, F, R, N, W, M)
    if text == HEADER or flags & HEAD:
        header(at, line, text, begin, size, stamp, caller, row, buf, kept, S, Z, C, V, T, G)
        return R_HEADER
    if flags & MORE and more(at, line, text, stamp, S, Z, C, V):
        return R_HEADER
    if S[s + TRACE] >= 0:
        role = inside(at, line, text, S, C, T, G, F, R, N, M)
        if role >= 0:
            return role
    if S[s + TRACE] < 0 and (flags & BARE or (flags & BARE_PLACE and (S[s + ABOVE] or S[s + GROUP]))):
        role = bare(at, line, text, stamp, caller, boot, nan, buf, kept, titles, H, S, Z, C, V, T, P, G, F, R, N, W, M)
        if role >= 0:
            return role
    if S[s + TRACE] < 0:
        if flags & REG or (
            flags & REG_REPORT
            and (S[s + HAS_HEADER] or S[s + DUMPING] or (S[s + ABOUT_COUNT] and S[s + COUNT] - S[s + ABOUT_COUNT] <= ABOUT))
        ):
            if S[s + GROUP] == 0:
                G[G_GROUPS] += 1
                S[s + GROUP] = G[G_GROUPS]
                W[G[G_GROUPS]] = 0
            r = G[G_REGISTERS] * 2
            R[r] = line
            R[r + 1] = S[s + GROUP]
            G[G_REGISTERS] += 1
            if flags & USER:
                S[s + PROGRAMS] = 1
            S[s + SAID] = 0
            return R_REGISTER
        if flags & MARKS:
            return R_CONTEXT
    return report(at, line, text, begin, size, stamp, caller, flags, S, Z, C, V, T, G)


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


def full(at: int, text: int, S: Any, C: Any, G: Any) -> bool:
    """Whether what the line may bring forth has no room left in frames or titles."""
    frames = 0
    if text >= 0:
        frames = C[text * CLASS + 5]
        rest = C[text * CLASS + 6]
        if rest >= 0:
            frames += C[rest * CLASS + 5]
    size = 0
    for i in range(4):
        size = max(size, S[at * STREAM + 5 * i + 3])
    return G[G_FRAMES] + frames > G[G_ROOM_FRAMES] or G[G_TITLES] + size > G[G_ROOM_TITLES]


def replay(
    first: int, count: int, buf: Any, numbers: Any, starts: Any, begins: Any, stops: Any, stamps: Any, priorities: Any,
    callers: Any, codes: Any, notes: Any, walls: Any, heads: Any, roles: Any, nan: float, kept: Any, titles: Any, H: Any,
    S: Any, Z: Any, K: Any, C: Any, V: Any, P: Any, T: Any, HIGH: Any, F: Any, R: Any, N: Any, E: Any, W: Any, M: Any,
    G: Any, X: Any, D: Any
) -> int:  # fmt: skip
    """Take the records first .. count - 1; return how many are taken, fewer where streams, frames or titles must get more room.

    H: where the headline of each trace ends in `titles`. S, Z: streams. K, X: caller -> stream. C, M: known texts and their marks.
    V: values of headers. T, P: traces and their stamps. HIGH: highest stamp of the boot. Out, with their numbers in G: F frames
    (columns trace, line, depth, text of the frame, context, each of G[G_STRIDE] items), R registers (line, owner), N notes,
    E records that are events or tell of losses. W: trace of each group of registers, 0 without one. D: streams that may refer
    to the buffer.
    """
    for i in range(first, count):
        if i + AHEAD < count and codes[i + AHEAD] >= 0:
            fetch_word(C, codes[i + AHEAD] * CLASS)
        code = codes[i] + 0  # all numbers as 64 bits: one machine code for each function
        text = code
        if code == FOREIGN:
            text = notes[i]
        flags = C[text * CLASS] if text >= 0 else 0
        level = begins[i] == starts[i]
        stamp = stamps[i]
        banner = level and flags & BANNER != 0
        restarts = level and flags & REBOOT != 0
        marked = G[G_ANY] != 0 and restarts
        new = marked or stamp < HIGH[0] - FALL or (banner and G[G_BANNER] != 0)
        begin = begins[i] + 0
        size = min(stops[i] - begin, LONG)
        caller = callers[i]
        unnamed = stamp != stamp and not (walls[i] or priorities[i] >= 0 or caller)
        at = -1
        if code != FOREIGN and code != BLANK and not new:
            if G[G_STREAMS] == G[G_ROOM_STREAMS]:
                return i
            at = stream(caller, nan, S, Z, K, X, G)
            if full(at, code, S, C, G):
                return i
        if new:
            restart(S, T, G)
            for slot in range(G[G_MASK] + 1):
                K[slot] = -1
            G[G_BOOT] += 1
            HIGH[0] = -1e300
            G[G_BANNER] = 0
            note(3, G[G_BOOT], i, N, G)
        G[G_ANY] = not marked and (G[G_ANY] != 0 or stops[i] > starts[i])
        if banner:
            G[G_BANNER] = 1
        if stamp > HIGH[0]:
            HIGH[0] = stamp
        line = numbers[i] + 0
        role = R_OTHER
        if code == FOREIGN:
            role = R_PROGRAM
        elif unnamed and flags & PROPERTY and begins[i] == starts[i] + 1 and buf[starts[i]] == 32:
            role = R_DETAIL
        elif code == BLANK:
            role = R_BLANK
        else:
            if at < 0:
                at = stream(caller, nan, S, Z, K, X, G)
            S[at * STREAM + COUNT] += 1
            if S[at * STREAM + TOUCHED] == 0:
                S[at * STREAM + TOUCHED] = 1
                D[G[G_TOUCHED]] = at
                G[G_TOUCHED] += 1
            row = 0
            if code == HEADER:
                row = -6
            elif flags & HEAD:
                row = C[text * CLASS + 1] * 6
            if row < 0:  # a header read by the scan: its values go to the first row
                V[0] = heads[4 * notes[i]]
                V[1] = heads[4 * notes[i] + 1]
                task = C[heads[4 * notes[i] + 2] * CLASS + 1] * 6
                for k in range(2, 6):
                    V[k] = V[task + k]
                if heads[4 * notes[i] + 3] >= 0:
                    V[2] = C[heads[4 * notes[i] + 3] * CLASS + 1]
                row = 0
            role = take(at, line, code, begin, size, stamp, caller, G[G_BOOT], row, nan, buf, kept, titles, H, S, Z, C, V,
                T, P, G,
                        F, R, N, W, M)  # fmt: skip
            if role != R_OTHER and role != R_LOST:
                S[at * STREAM + ABOUT_COUNT] = S[at * STREAM + COUNT]
        if flags & EVENT and (role in (R_OTHER, R_REPORT, R_DETAIL)):
            if role == R_OTHER:
                role = R_EVENT
            E[G[G_EVENTS]] = i
            G[G_EVENTS] += 1
        elif role == R_LOST or (role == R_PROGRAM and flags & (LOST | MISSED)):
            role = R_LOST
            E[G[G_EVENTS]] = i
            G[G_EVENTS] += 1
        elif role == R_OTHER and (new or banner or restarts):
            role = R_BOOT
        roles[i] = role
    return count


def keep(S: Any, D: Any, streams: int, buf: Any, kept: Any, target: Any, to: int, everything: int) -> int:
    """Copy the texts that the streams in D refer to out of the buffer behind target[to]; with `everything` those of all streams,
    out of `kept` too. Returns how many bytes.

    With an empty target (`to` below 0) only the bytes are counted; a stream that stands twice in D is counted twice.
    """
    total = 0
    for i in range(streams):
        at = i if everything else D[i] + 0
        if to >= 0:
            S[at * STREAM + TOUCHED] = 0
        for which in range(0, 20, 5):
            s = at * STREAM + which
            if S[s] == 0:
                continue
            place = S[s + 2]
            if place < 0 and not everything:
                continue
            size = S[s + 3]
            if to >= 0:
                if place >= 0:
                    copy(target, to + total, buf, place, size)
                else:
                    copy(target, to + total, kept, -place - 1, size)
                S[s + 2] = -(to + total) - 1
            total += size
    return total


def finish(S: Any, T: Any, G: Any) -> int:
    """End of input."""
    return restart(S, T, G)
