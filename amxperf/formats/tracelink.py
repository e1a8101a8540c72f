"""Which frames belong to which stack, and which stack to which event: compiled, for large trace files.

The rules are those of :class:`amxperf.formats.ftrace.Reading`.
"""

from __future__ import annotations

import numba
import numpy as np

EVENT, STACK, USER_STACK, FRAME, HEADER, ENTRIES, LOST, BLANK, UNKNOWN = range(9)

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
def link(what, perf, cpu, pid):
    """One pass over the lines.

    Returns
    -------
    marker, event, end, user, complete : per trace: row of its marker and of its event (-1: none), last row, whether it is a user
        stack, and how it ended.
    frame, owner, depth : per frame: its row, its trace and its depth.
    left : number of frames without a trace; first : row of the first of them, -1 if none.
    """
    frames = traces = 0
    for row in range(what.shape[0]):
        frames += what[row] == FRAME
        traces += what[row] == STACK or what[row] == USER_STACK or (what[row] == EVENT and perf[row])
    marker, event, end = np.zeros(traces, np.int64), np.zeros(traces, np.int64), np.zeros(traces, np.int64)
    user, complete = np.zeros(traces, np.bool_), np.zeros(traces, np.int8)
    frame, owner, depth = np.zeros(frames, np.int64), np.zeros(frames, np.int32), np.zeros(frames, np.int32)
    size, held = 1024, 0
    keys, used = np.zeros(size, np.int64), np.zeros(size, np.bool_)
    last = np.full((2, size), -1, np.int64)
    traces = frames = left = 0
    first, sampled = -1, -1
    opened, deep = False, 0
    for row in range(what.shape[0]):
        kind = what[row]
        if kind == FRAME:
            if perf[row] and sampled >= 0 and not opened:
                opened, deep = True, 0
                marker[traces], event[traces], end[traces] = sampled, sampled, sampled
                traces += 1
            if not opened:
                left += 1
                if first < 0:
                    first = row
                continue
            frame[frames], owner[frames], depth[frames] = row, traces - 1, deep
            end[traces - 1] = row
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
            sampled = row if kind == EVENT and perf[row] else -1
            if kind == EVENT and (perf[row] or pid[row] == NO_TASK):
                continue
            key = (np.int64(cpu[row]) << 40) ^ np.int64(pid[row])
            at = _place(keys, used, key)
            if not used[at]:
                if 2 * held >= size:
                    size *= 2
                    keys_more, used_more = np.zeros(size, np.int64), np.zeros(size, np.bool_)
                    last_more = np.full((2, size), -1, np.int64)
                    for old in range(keys.shape[0]):
                        if used[old]:
                            new = _place(keys_more, used_more, keys[old])
                            keys_more[new], used_more[new] = keys[old], True
                            last_more[0, new], last_more[1, new] = last[0, old], last[1, old]
                    keys, used, last = keys_more, used_more, last_more
                    at = _place(keys, used, key)
                keys[at], used[at] = key, True
                held += 1
            if kind == EVENT:
                last[0, at] = row
                last[1, at] = row
            else:
                side = 1 if kind == USER_STACK else 0
                marker[traces], event[traces], end[traces], user[traces] = row, last[side, at], row, kind == USER_STACK
                last[side, at] = -1
                traces += 1
                opened, deep = True, 0
    if opened:
        complete[traces - 1] = END_OF_FILE if deep else NO_FRAMES
    return (
        marker[:traces], event[:traces], end[:traces], user[:traces], complete[:traces],
        frame[:frames], owner[:frames], depth[:frames], left, first,
    )  # fmt: skip
