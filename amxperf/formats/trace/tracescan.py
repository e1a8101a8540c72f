"""The scan of trace text: one pass over bytes that finds lines, tells what they are and reads their numbers.

Written for a compiler (:mod:`amxperf.formats.compiled.native`). What the scan does not know for certain is left to the plain reader
(:mod:`.traceline`), as are lines with bytes outside printable ASCII; so the scan needs to be right, not complete.
Texts are not made here: tasks, events and frames are numbers. An event's number stands for a distinct combination of name, layout
and marked fields, its *key*, which the plain reader takes apart once.
"""

from __future__ import annotations

from typing import Any

from ..compiled.primitives import copy, digest, find
from .tracegraph import graph
from .tracehead import (
    H_CODE,
    H_CPU,
    H_END,
    H_EVENT,
    H_KVM,
    H_NAME,
    H_PERF,
    H_PID,
    H_PLACES,
    H_SHOW,
    H_TASK,
    H_TEXT,
    H_WHOLE,
    head,
    subject,
)  # fmt: skip
from .traceloose import bare, bracketed, loose
from .tracematch import M_CODE, M_PACKED, match, virtual
from .tracetext import blank, mix, number_of, printable, skip, strip

EVENT, STACK, USER_STACK, FRAME, HEADER, BLANK = 0, 1, 2, 3, 4, 7
"""What a line is: the numbers of traceline."""

PERF, NO_TASK = 16, 32
"""Added to what a line is where perf printed it; where it is an event that names no task."""

DONE, ODD, NEW_TASK, NEW_KEY, NEW_FRAME = 0, 1, 2, 3, 4
"""Why the scan stopped: at the end, or at a line that the plain reader has to see."""

(S_AT, S_STOP, S_LINES, S_ROWS, S_MARKS, S_FRAMES, S_PACKED, S_TEXT, S_CLEAR, S_MUDDY, S_CODE, S_LAYOUT, S_TICKS,
 S_WHAT) = range(14)  # fmt: skip
"""Items of the state: where the scan goes on, the end of the line there; how many lines, rows, markers, frames, stored numbers and
bytes of text there are; up to where the bytes are known to be printable, and known not to be; what is new, and its layout (-1:
none); the first line (from 1) whose stamp is no number of seconds; what the lines so far are, a bit each."""

S_ITEMS = 16

GRAPH_TIME = -2
"""Layout of a line of the function_graph tracer with a time."""

BLOCK = 1 << 14
"""Bytes that are judged printable at once."""

LONG, SAMPLE = 60000, 1000
"""Bytes of the longest line, and of the longest frame of perf, that the scan takes."""

LONGEST = 1000
"""The same of a payload: see :data:`.payload.LONGEST`."""

ENTRIES = {
    "scan_lines": "B* q d q* B* i* d* q* q* i* i* q* q* B* d* q* q* i* i* B* i* i* B* q* i* q i* q* i* q q* i* q q* i* q q*",
    "hash_text": "B* q q",
}
"""The functions that are called from outside and their parameters: see :func:`amxperf.formats.compiled.native.entries`."""


def hash_text(buf: Any, at: int, end: int) -> int:
    """Hash of buf[at:end] as a table holds it: never 0."""
    return digest(buf, at, end) | 1


def frame_code(buf: Any, at: int, here: int, last: int) -> int:
    """Hash of a frame in buf[at:last], whose first character stands at `here`; 0 where it might be something else."""
    sample = buf[at] == 9
    if sample:  # perf: address in hexadecimal, one blank, symbol
        place = here
        while 48 <= buf[place] <= 57 or 97 <= buf[place] <= 102:
            place += 1
        if place == here or place - here > 16 or last - at > SAMPLE:
            return 0
        if place < last and (buf[place] != 32 or blank(buf, place + 1)):
            return 0
    elif last - here < 3:
        return 0
    place = find(buf, here, last - 1, 91)
    while place >= 0:
        if 48 <= buf[place + 1] <= 57:  # might be a line of a task with an odd name
            return 0
        place = find(buf, place + 1, last - 1, 91)
    return (mix(digest(buf, at, last), 1) if sample else digest(buf, here, last)) | 1


def scan_lines(
    buf: Any, end: int, nan: float, state: Any, what: Any, lines: Any, stamps: Any, cpus: Any, pids: Any, tasks: Any, keys: Any,
    packed: Any, ends: Any, text: Any, mark_stamps: Any, mark_cpus: Any, mark_pids: Any, mark_tasks: Any, symbols: Any,
    kinds: Any, ops: Any, bounds: Any, literals: Any, event_codes: Any, event_numbers: Any, event_mask: int, eras: Any,
    task_codes: Any, task_numbers: Any, task_mask: int, key_codes: Any, key_numbers: Any, key_mask: int, frame_codes: Any,
    frame_numbers: Any, frame_mask: int, found: Any
) -> int:  # fmt: skip
    """Scan whole lines of buf[:end] from state[S_AT] on, until a line that needs the plain reader.

    Per line: `what`. Per event: `lines` (from 0), `stamps` (s; NaN where the clock counts something else), `cpus`, `pids`,
    `tasks`, `keys`, `ends` of what it shows in `text`, and its numbers, one behind the other, in `packed`. Per marker of a stack:
    stamp, processor, process, task. Per frame: its number in `symbols`.
    """
    at, line, row, marks, held = state[S_AT], state[S_LINES], state[S_ROWS], state[S_MARKS], state[S_FRAMES]
    full, to, seen = state[S_PACKED], state[S_TEXT], state[S_WHAT]
    status = DONE
    while at < end:
        stop = find(buf, at, end, 10)
        if stop < 0:
            stop = end
        last = stop
        state[S_STOP] = stop
        if stop > state[S_CLEAR]:
            if stop > state[S_MUDDY]:
                high = min(end, max(stop, at + BLOCK))
                state[S_CLEAR + (not printable(buf, at, high))] = high
            if stop > state[S_CLEAR] and not printable(buf, at, stop):
                if buf[stop - 1] != 13 or not printable(buf, at, stop - 1):
                    status = ODD
                    break
                last = stop - 1
        here = skip(buf, at, last)
        if here == last:
            what[line] = BLANK
            seen |= 1 << BLANK
            line += 1
            at = stop + 1
            continue
        last = strip(buf, here, last)
        if last - at > LONG:
            status = ODD
            break
        if buf[here] == 35:  # a header, or a word on the entries, or a task with an odd name
            if (buf[here + 1] == 32 and (buf[here + 2] == 101 or buf[here + 2] == 108)) or bracketed(buf, here, last):
                status = ODD
                break
            what[line] = HEADER
            line += 1
            at = stop + 1
            continue
        if buf[at] == 9 or (buf[here] == 61 and buf[here + 1] == 62):
            code = frame_code(buf, at, here, last)
            if code == 0:
                status = ODD
                break
            number = number_of(code, frame_codes, frame_numbers, frame_mask)
            if number < 0:
                state[S_CODE] = code
                status = NEW_FRAME
                break
            what[line] = FRAME + PERF if buf[at] == 9 else FRAME
            seen |= 1 << FRAME
            symbols[held] = number
            held += 1
            line += 1
            at = stop + 1
            continue
        place = head(buf, here, last, found)
        took = -1
        if place < 0:
            place = loose(buf, here, last, found)
        context = 0
        if place >= 0:
            kind = subject(buf, place, last, found[H_PERF], found, kinds, event_codes, event_numbers, event_mask)
        elif 48 <= buf[here] <= 57:
            took = graph(buf, here, last, found, kinds)
            kind = EVENT if took > -2 else -1
            found[H_EVENT] = -1
            found[H_KVM] = 0
        else:
            kind = bare(buf, here, last, found, kinds, event_codes, event_numbers, event_mask)
            context = NO_TASK
        if kind < 0:
            status = ODD
            break
        perf = found[H_PERF]
        code = digest(buf, found[H_TASK], found[H_NAME]) | 1
        who = number_of(code, task_codes, task_numbers, task_mask)
        if who < 0:
            state[S_CODE] = code
            status = NEW_TASK
            break
        seconds = nan
        if found[H_PLACES] >= 0:
            power = 1.0
            for _ in range(found[H_PLACES]):
                power *= 10.0
            seconds = found[H_WHOLE] / power
        if kind != EVENT:
            mark_stamps[marks] = seconds
            mark_cpus[marks] = found[H_CPU]
            mark_pids[marks] = found[H_PID]
            mark_tasks[marks] = who
            marks += 1
        else:
            code = found[H_CODE]
            event = found[H_EVENT]
            layout = -1
            used = full
            if event >= 0:
                low = found[H_TEXT]
                high = found[H_END]
                if high - low > LONGEST:
                    status = ODD
                    break
                answer = 0
                number = eras[2 * event]
                behind = number + eras[2 * event + 1]
                while answer == 0 and number < behind:
                    answer = match(
                        buf, low, high, bounds[2 * number], bounds[2 * number + 1], ops, literals, mix(code, number + 1), packed,
                        full, found
                    )  # fmt: skip
                    layout = number
                    number += 1
                if answer < 0:
                    status = ODD
                    break
                if answer == 1:
                    code = found[M_CODE]
                    used = found[M_PACKED]
                else:
                    layout = -1
            if layout < 0 and found[H_KVM]:
                code = mix(code, digest(buf, found[H_TEXT], virtual(buf, found[H_TEXT], found[H_END])))
            if took >= 0:
                packed[full] = took
                used = full + 1
                layout = GRAPH_TIME
                code = mix(code, 1)
            code |= 1
            key = number_of(code, key_codes, key_numbers, key_mask)
            if key < 0:
                state[S_CODE] = code
                state[S_LAYOUT] = layout
                status = NEW_KEY
                break
            size = found[H_END] - found[H_SHOW]
            copy(text, to, buf, found[H_SHOW], size)
            to += size
            full = used
            lines[row] = line
            stamps[row] = seconds
            cpus[row] = found[H_CPU]
            pids[row] = found[H_PID]
            tasks[row] = who
            keys[row] = key
            ends[row] = to
            row += 1
        line += 1
        if found[H_PLACES] == -1 and state[S_TICKS] == 0:
            state[S_TICKS] = line
        what[line - 1] = kind + context + (PERF if perf else 0)
        seen |= 1 << kind
        at = stop + 1
    state[S_AT] = at
    state[S_LINES] = line
    state[S_ROWS] = row
    state[S_MARKS] = marks
    state[S_FRAMES] = held
    state[S_PACKED] = full
    state[S_TEXT] = to
    state[S_WHAT] = seen
    return status
