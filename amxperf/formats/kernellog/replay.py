"""The state machine of :mod:`.calltrace` and the numbering of boots over numbers instead of texts, for a compiler.

What a text means was settled before (:mod:`.memo`): a line comes with the number of its text, whose row in `C` holds
flags and places. The functions carry the names of the methods that they follow, and must follow them exactly; tests compare both.
They are written like those of :mod:`.scan`: arrays are indexed one item at a time, and the state lies in a few of
them, whose rows the constants below name.
"""

from __future__ import annotations

from typing import Any

from ..compiled.primitives import copy, fetch_word
from .replayheader import header, more
from .replayreport import report
from .replaystate import (
    ABOUT,
    ABOUT_COUNT,
    ABOVE,
    COUNT,
    DUMPING,
    FALL,
    G_ANY,
    G_BANNER,
    G_BOOT,
    G_EVENTS,
    G_FRAMES,
    G_GROUPS,
    G_MASK,
    G_REGISTERS,
    G_ROOM_FRAMES,
    G_ROOM_STREAMS,
    G_ROOM_TITLES,
    G_STREAMS,
    G_TITLES,
    G_TOUCHED,
    GROUP,
    HAS_HEADER,
    LONG,
    PROGRAMS,
    R_BLANK,
    R_BOOT,
    R_CONTEXT,
    R_DETAIL,
    R_EVENT,
    R_HEADER,
    R_LOST,
    R_OTHER,
    R_PROGRAM,
    R_REGISTER,
    R_REPORT,
    SAID,
    STREAM,
    TOUCHED,
    TRACE,
    restart,
    stream,
)
from .replaytrace import bare, context, inside, marker, note
from .scan import BLANK, CODE, FOREIGN, HEADER, PROGRAM, REGISTER
from .textflags import (
    BANNER,
    BARE,
    BARE_PLACE,
    CLASS,
    EVENT,
    HEAD,
    LEFT,
    LOST,
    MARKER,
    MARKS,
    MISSED,
    MORE,
    PROPERTY,
    REBOOT,
    REG,
    REG_REPORT,
    USER,
)

AHEAD = 16
"""Lines ahead of the one at hand of which memory is asked what their texts mean."""

ENTRIES = {
    "replay": "q q B* i* i* i* i* d* h* q* i* q* b* q* b* d B* B* q* q* d* q* q* q* d* q* d* i* i* i* i* q* q* q* i* i*",
    "keep": "q* i* q B* B* B* q q",
    "finish": "q* q* q*",
}
"""The functions that are called from outside and their parameters: see :func:`amxperf.formats.compiled.native.entries`."""


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
            context(at, M[C[text * CLASS + 2]], S)
            return R_CONTEXT
    return report(at, line, text, begin, size, stamp, caller, flags, S, Z, C, V, T, G)


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
