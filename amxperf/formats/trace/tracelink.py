"""Which frames belong to which stack, and which stack to which event: written for a compiler, for large trace files.

The rules are those of :class:`amxperf.formats.ftrace.Reading`. The last event of each task and processor is kept: the last one of
a processor at hand (`near`), those before it in a log, which is put into a hash table (`slots`) where a stack asks for one of
them; a stack mostly asks for the line before it.
"""

from __future__ import annotations

from typing import Any

from .tracescan import BLANK, EVENT, FRAME, NO_TASK, PERF, USER_STACK

ENTRIES_LINE = 5
"""What a line is that tells how many entries there are, as in :mod:`.traceline`."""

CLOSED, NO_FRAMES, END_OF_FILE = 0, 1, 2
"""How a trace ended; the words are in :data:`ENDINGS`."""

ENDINGS = ("closed", "no frames", "end of file")

NEAR = 1 << 10
"""Processors whose last event is at hand, a power of 2; more of them share places."""

(L_OPEN, L_DEPTH, L_SAMPLED, L_SAMPLED_LINE, L_CPU, L_PID, L_TASK, L_TRACES, L_FRAMES, L_LEFT, L_FIRST, L_LOG, L_HASHED, L_AT,
 L_ROW, L_MARK, L_HELD, L_USER) = range(18)  # fmt: skip
"""Items of the state: whether a stack is open, its frames; row (-1: none) and line of the event of perf that frames may follow,
its processor, process and task; traces and frames so far; frames without a trace, and the line of the first (0: none); events
in the log, and how many of them are in the hash table; where the pass through a chunk goes on: line, row, marker, frame;
traces of programs."""

L_ITEMS = 18

LOG = 2
"""Items of an event of the log, and of one at hand: task and processor in one number, its row times 4 (bit 0: a kernel stack took
it, bit 1: a user stack did)."""

ENTRIES = {
    "link": "q q q q* d* B* d* q* q* i* d* q* q* i* i* q* q* q* q i* i* i* B* b* d* q* q* i* i* i* i* i*",
    "finish_link": "q* b*",
}
"""The functions that are called from outside and their parameters: see :func:`amxperf.formats.compiled.native.entries`."""


def place_of(code: int, log: Any, slots: Any, mask: int) -> int:
    """Slot of a task and processor, taken or free (-1): slots hold places in the log."""
    slot = (code * 0x9E3779B97F4A7C1 >> 20) & mask
    while slots[slot] >= 0 and log[LOG * slots[slot]] != code:
        slot = (slot + 1) & mask
    return slot


def recall(code: int, side: int, state: Any, near: Any, log: Any, slots: Any, mask: int) -> int:
    """Where the event lies that a stack on that side belongs to: in `near` (counted from 0), in the log (from -2 downwards), or
    -1: nowhere. -(1 << 62): the hash table is too small."""
    at = LOG * ((code >> 40) & (NEAR - 1))
    if near[at] == code:
        return at // LOG if not near[at + 1] >> side & 1 else -1
    if 2 * state[L_LOG] > mask:
        return -(1 << 62)
    for number in range(state[L_HASHED], state[L_LOG]):
        slots[place_of(log[LOG * number], log, slots, mask)] = number
    state[L_HASHED] = state[L_LOG]
    number = slots[place_of(code, log, slots, mask)] + 0
    if number < 0 or log[LOG * number + 1] >> side & 1:
        return -1
    return -2 - number


def note_event(code: int, row: int, state: Any, near: Any, log: Any) -> int:
    """Keep the event as the last one of its task and processor."""
    at = LOG * ((code >> 40) & (NEAR - 1))
    if near[at] != code:
        if near[at] >= 0:
            to = LOG * state[L_LOG]
            log[to] = near[at]
            log[to + 1] = near[at + 1]
            state[L_LOG] += 1
        near[at] = code
    near[at + 1] = 4 * row
    return 0


def link(
    count: int, first: int, base: int, state: Any, sampled: Any, what: Any, stamps: Any, cpus: Any, pids: Any,
    tasks: Any, mark_stamps: Any, mark_cpus: Any, mark_pids: Any, mark_tasks: Any, symbols: Any, near: Any, log: Any, slots: Any,
    mask: int, line: Any, end: Any, event: Any, user: Any, complete: Any, stamp: Any, cpu: Any, pid: Any, task: Any, place: Any,
    owner: Any, depth: Any, name: Any
) -> int:  # fmt: skip
    """One pass over the `count` lines of a chunk, the first of which is line `first` (from 1) of the file and whose events have
    the rows from `base` on. Returns 0, or 1 where the hash table is too small; then it goes on with a larger one.

    Per trace: its line, `end`, `event` (its row; -1: none), `user` (whether it is a user stack), how it ended, and stamp,
    processor, process and task. Per frame: its line (`place`) and its trace (`owner`, from 1), its depth, its number.
    """
    at, row, marks, held = state[L_AT], state[L_ROW], state[L_MARK], state[L_HELD]
    traces, frames, opened, deep = state[L_TRACES], state[L_FRAMES], state[L_OPEN], state[L_DEPTH]
    status = 0
    while at < count:
        kind = what[at] & 15
        perf = what[at] & PERF
        number = first + at
        if kind == FRAME:
            if perf and state[L_SAMPLED] >= 0 and not opened:
                opened = 1
                deep = 0
                line[traces] = state[L_SAMPLED_LINE]
                end[traces] = state[L_SAMPLED_LINE]
                event[traces] = state[L_SAMPLED]
                user[traces] = 0
                stamp[traces] = sampled[0]
                cpu[traces] = state[L_CPU]
                pid[traces] = state[L_PID]
                task[traces] = state[L_TASK]
                traces += 1
            if opened:
                place[frames] = number
                owner[frames] = traces
                depth[frames] = deep
                name[frames] = symbols[held]
                end[traces - 1] = number
                frames += 1
                deep += 1
            else:
                state[L_LEFT] += 1
                if state[L_FIRST] == 0:
                    state[L_FIRST] = number
            held += 1
        elif kind == BLANK and state[L_SAMPLED] < 0:
            pass
        else:
            if opened and (kind <= USER_STACK or kind in (ENTRIES_LINE, BLANK)):
                complete[traces - 1] = CLOSED if deep else NO_FRAMES
                opened = 0
            if kind == BLANK:
                state[L_SAMPLED] = -1
            elif kind == EVENT:
                state[L_SAMPLED] = -1
                if perf:
                    state[L_SAMPLED] = base + row
                    state[L_SAMPLED_LINE] = number
                    sampled[0] = stamps[row]
                    state[L_CPU] = cpus[row]
                    state[L_PID] = pids[row]
                    state[L_TASK] = tasks[row]
                elif not what[at] & NO_TASK:
                    note_event(((cpus[row] & 0x3FFFFF) << 40) ^ (pids[row] & 0xFFFFFFFFFF), base + row, state, near, log)
                row += 1
            elif kind <= USER_STACK:
                side = 1 if kind == USER_STACK else 0
                code = ((mark_cpus[marks] & 0x3FFFFF) << 40) ^ (mark_pids[marks] & 0xFFFFFFFFFF)
                found = recall(code, side, state, near, log, slots, mask)
                if found == -(1 << 62):
                    status = 1
                    break
                state[L_SAMPLED] = -1
                event[traces] = -1
                if found >= 0:
                    event[traces] = near[LOG * found + 1] >> 2
                    near[LOG * found + 1] |= 1 << side
                elif found < -1:
                    found = LOG * (-2 - found)
                    event[traces] = log[found + 1] >> 2
                    log[found + 1] |= 1 << side
                line[traces] = number
                end[traces] = number
                user[traces] = side
                state[L_USER] += side
                stamp[traces] = mark_stamps[marks]
                cpu[traces] = mark_cpus[marks]
                pid[traces] = mark_pids[marks]
                task[traces] = mark_tasks[marks]
                traces += 1
                marks += 1
                opened = 1
                deep = 0
        at += 1
    state[L_AT] = at
    state[L_ROW] = row
    state[L_MARK] = marks
    state[L_HELD] = held
    state[L_TRACES] = traces
    state[L_FRAMES] = frames
    state[L_OPEN] = opened
    state[L_DEPTH] = deep
    return status


def finish_link(state: Any, complete: Any) -> int:
    """End of the file: a stack that is open ends here."""
    if state[L_OPEN]:
        complete[state[L_TRACES] - 1] = END_OF_FILE if state[L_DEPTH] else NO_FRAMES
    return 0
