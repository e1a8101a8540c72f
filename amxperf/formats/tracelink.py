"""Which frames belong to which stack, and which stack to which event: compiled, for large trace files.

The rules are those of :class:`amxperf.formats.ftrace.Reading`.
"""

from __future__ import annotations

import numba
import numpy as np

EVENT, STACK, USER_STACK, FRAME, HEADER, ENTRIES, LOST, BLANK, UNKNOWN, ODD, ODD_FRAME = range(11)
PERF = 16
"""What a line is, as in :mod:`amxperf.formats.tracescan`."""

CLOSED, NO_FRAMES, END_OF_FILE = range(3)
"""How a trace ended; the words are in :data:`ENDINGS`."""

ENDINGS = ("closed", "no frames", "end of file")

NO_TASK = -2
"""Process id of an event that names no task: no stack belongs to it."""

jit = numba.njit(cache=True, nogil=True)


@jit
def _place(keys, used, key):
    mask = keys.shape[0] - 1
    at = (key * 0x9E3779B97F4A7C1) & mask
    while used[at] and keys[at] != key:
        at = (at + 1) & mask
    return at


@jit
def link(what, lines, entries, symbols, cpu, pid, key, symbol, traces, frames):
    """One pass over the lines of all chunks, which hold at most so many traces and frames.

    Chunk k has the lines `lines[k]` to `lines[k + 1]`, its entries begin at `entries[k]`, its frames at `symbols[k]`.

    Returns
    -------
    marker, event : per trace: entry of its marker and of its event (-1: none).
    line, title, end, user, complete : lines of the two (from 1), last line, whether it is a user stack, and how it ended.
    place, owner, depth, name : per frame: its line and its trace (from 1), its depth, and its number among the distinct ones.
    left : number of frames without a trace; first : line of the first of them, 0 if none.
    """
    marker, event, line, title, end = (
        np.empty(traces, np.int64), np.empty(traces, np.int64), np.empty(traces, np.int32), np.empty(traces, np.int32),
        np.empty(traces, np.int32),
    )  # fmt: skip
    user, complete = np.zeros(traces, np.bool_), np.zeros(traces, np.int8)
    place, owner, depth, name = (
        np.empty(frames, np.int32), np.empty(frames, np.int32), np.empty(frames, np.int32), np.empty(frames, np.int32)
    )  # fmt: skip
    size, used = 1024, 0
    keys, taken = np.zeros(size, np.int64), np.zeros(size, np.bool_)
    last, last_line = np.full((2, size), -1, np.int64), np.zeros((2, size), np.int32)
    traces = frames = left = first = 0
    sampled, sampled_line = -1, 0
    opened, deep = False, 0
    for chunk in range(lines.shape[0] - 1):
        entry, held = entries[chunk] - 1, symbols[chunk]
        for row in range(lines[chunk], lines[chunk + 1]):
            kind, perf = what[row] & 15, what[row] & PERF != 0
            if kind == FRAME:
                number = symbol[held]
                held += 1
            else:
                entry += 1
                number = key[entry]
            if kind in (FRAME, ODD_FRAME):
                if perf and sampled >= 0 and not opened:
                    opened, deep = True, 0
                    marker[traces], event[traces], line[traces], title[traces] = sampled, sampled, sampled_line, sampled_line
                    end[traces] = sampled_line
                    traces += 1
                if not opened:
                    left += 1
                    if first == 0:
                        first = row + 1
                    continue
                place[frames], owner[frames], depth[frames], name[frames] = row + 1, traces, deep, number
                end[traces - 1] = row + 1
                frames += 1
                deep += 1
                continue
            if kind == BLANK and sampled < 0:
                continue
            if opened and (kind <= USER_STACK or kind in (ENTRIES, BLANK)):
                complete[traces - 1] = CLOSED if deep else NO_FRAMES
                opened = False
            if kind == BLANK:
                sampled = -1
            elif kind in (EVENT, STACK, USER_STACK):
                sampled, sampled_line = entry if kind == EVENT and perf else -1, row + 1
                if kind == EVENT and (perf or pid[entry] == NO_TASK):
                    continue
                code = (np.int64(cpu[entry]) << 40) ^ np.int64(pid[entry])
                at = _place(keys, taken, code)
                if not taken[at]:
                    if 2 * used >= size:
                        size *= 2
                        keys_more, taken_more = np.zeros(size, np.int64), np.zeros(size, np.bool_)
                        last_more, line_more = np.full((2, size), -1, np.int64), np.zeros((2, size), np.int32)
                        for old in range(keys.shape[0]):
                            if taken[old]:
                                new = _place(keys_more, taken_more, keys[old])
                                keys_more[new], taken_more[new] = keys[old], True
                                last_more[:, new], line_more[:, new] = last[:, old], last_line[:, old]
                        keys, taken, last, last_line = keys_more, taken_more, last_more, line_more
                        at = _place(keys, taken, code)
                    keys[at], taken[at] = code, True
                    used += 1
                if kind == EVENT:
                    last[0, at], last_line[0, at] = entry, row + 1
                    last[1, at], last_line[1, at] = entry, row + 1
                else:
                    side = 1 if kind == USER_STACK else 0
                    marker[traces], event[traces], user[traces] = entry, last[side, at], kind == USER_STACK
                    line[traces], title[traces], end[traces] = row + 1, last_line[side, at], row + 1
                    last[side, at] = -1
                    traces += 1
                    opened, deep = True, 0
    if opened:
        complete[traces - 1] = END_OF_FILE if deep else NO_FRAMES
    return (
        marker[:traces], event[:traces], line[:traces], title[:traces], end[:traces], user[:traces], complete[:traces],
        place[:frames], owner[:frames], depth[:frames], name[:frames], left, first,
    )  # fmt: skip
