"""Call traces in the state machine of :mod:`.replay`: how they open, and what belongs to them, for a compiler."""

from __future__ import annotations

from typing import Any

from ..compiled.primitives import copy
from .replayheader import numbered
from .replaystate import (
    ABOVE,
    BEFORE,
    BEGAN,
    CLOSED,
    CLOSED_,
    CONTEXT,
    CONTEXTS,
    COUNT,
    DEEPEST,
    DEPTH,
    FAULTS,
    FLAW,
    G_BASE,
    G_FRAMES,
    G_LOSSES,
    G_NOTES,
    G_REGISTERS,
    G_STRIDE,
    G_TITLES,
    G_TRACES,
    GROUP,
    HAS_HEADER,
    HEAD_CUT,
    INTERRUPTED,
    NAMED_ROW,
    NEXT_MARKER,
    OWED,
    PID,
    R_CONTEXT,
    R_DETAIL,
    R_FRAME,
    R_MARKER,
    R_REGISTER,
    RIVALS,
    SAID,
    SAVED,
    SKIPPED,
    SOON,
    STREAM,
    T_BOOT,
    T_CALLER,
    T_END,
    T_LINE,
    T_TASKS,
    T_TITLE,
    T_VALUES,
    TITLE,
    TRACE,
    TRACES,
    UNRELATED,
    VALUES,
    WRAPPED,
    close,
    drop_header,
    end_of,
    headline,
    merge,
    near,
    refer,
    reset,
)
from .scan import CODE
from .textflags import (
    ABSENT,
    ACCUSES,
    BACKTRACE,
    CLASS,
    DECODED,
    FAULT,
    FRAME,
    INTERRUPT,
    LEFT,
    NUMBERED,
    PLAIN,
    REG,
    REG_REPORT,
    ROOT,
    TASK_END,
    TASKS,
)


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
    S[s + BEFORE] = G[G_LOSSES]
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
    S[s + BEFORE] = G[G_LOSSES]
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
    flags = REG | REG_REPORT | LEFT
    if text == CODE:
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
        elif role < 0 and flags & (REG if S[s + SKIPPED] else REG_REPORT):
            r = G[G_REGISTERS] * 2
            R[r] = line
            R[r + 1] = -trace - 1
            G[G_REGISTERS] += 1
            role = R_REGISTER
        elif not S[s + SKIPPED] and role < 0 and flags & INTERRUPT:
            role = R_CONTEXT
        elif role < 0 and flags & DECODED:
            if S[s + SKIPPED]:
                return R_DETAIL
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
