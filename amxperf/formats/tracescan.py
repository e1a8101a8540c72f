"""The compiled scan of trace text: one pass over bytes that finds lines, tells what they are and reads their numbers.

Every line but a frame gets a row of arrays, an *entry*. What the scan does not know for certain is ODD and goes to the plain reader
(:mod:`amxperf.formats.traceline`), as do lines with bytes outside printable ASCII; so the scan needs to be right, not complete.
Texts are not made here: a line's *key* numbers the distinct combinations of event, layout and marked fields, and the plain
reader takes one line of each apart.
"""

from __future__ import annotations

import numba
import numpy as np

from .payload import LONGEST
from .traceprogram import DECIMAL, HEX, LITERAL, PRIME, RETURNS, SEED, STORED

EVENT, STACK, USER_STACK, FRAME, HEADER = 0, 1, 2, 3, 4
BLANK, UNKNOWN, ODD, ODD_FRAME = 7, 8, 9, 10
"""What a line is: the numbers of traceline, and ODD, which becomes ODD_FRAME where the plain reader finds a frame."""

PERF = 16
"""Added to what a line is where perf printed it."""

_SEED, _PRIME = np.uint64(SEED), np.uint64(PRIME)
_SEPARATOR = np.uint64(0x1F)
_ONES, _BLANKS, _TOPS = np.uint64(0x0101010101010101), np.uint64(0x2020202020202020), np.uint64(0x8080808080808080)
TASK, TOKEN, LONG, SAMPLE = 41, 100, 60000, 1000
WORD_COLUMNS = np.array([name in ("value", "rip", "info1", "info2", "old", "new") for name in STORED])

jit = numba.njit(cache=True, nogil=True)
small = numba.njit(cache=True, nogil=True, inline="never")


@jit
def count_lines(data, low, high):
    """Number of line ends in data[low:high]."""
    number = 0
    for at in range(low, high):
        number += data[at] == 10
    return number


@small
def _hash(data, low, high, start):
    for at in range(low, high):
        start = (start ^ np.uint64(data[at])) * _PRIME
    return start


@small
def _is(data, low, high, word):
    if high - low != word.shape[0]:
        return False
    same = True
    for at in range(word.shape[0]):
        same &= data[low + at] == word[at]
    return same


@small
def _starts(data, low, high, word):
    if high - low < word.shape[0]:
        return False
    same = True
    for at in range(word.shape[0]):
        same &= data[low + at] == word[at]
    return same


@small
def _call(data, low, high):
    """Is this the name of a system call: sys_ and 1 to 60 word characters?"""
    for at in range(low, high):
        if not _WORD[data[at]]:
            return False
    return 5 <= high - low <= 64


_STACKS = np.frombuffer(b"<stack trace>", np.uint8)
_STACKS_LONG = np.frombuffer(b"<stack trace >", np.uint8)
_USER = np.frombuffer(b"<user stack trace>", np.uint8)
_KERNEL_STACK = np.frombuffer(b"kernel_stack", np.uint8)
_KVM = np.frombuffer(b"kvm_", np.uint8)
_SYS = np.frombuffer(b"sys_", np.uint8)
_SYS_EXIT = np.frombuffer(b"sys_exit_", np.uint8)
_ARROW = np.frombuffer(b" -> ", np.uint8)
_MODIFIERS = np.zeros(128, np.bool_)
_MODIFIERS[np.frombuffer(b"ukhGHpPSDIWeb", np.uint8)] = True
_WORD = np.zeros(128, np.bool_)
_WORD[np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_", np.uint8)] = True
_NAME = _WORD.copy()
_NAME[46] = True
_HEXDIGIT = np.full(256, 255, np.uint8)
for _value, _digit in enumerate(b"0123456789abcdef"):
    _HEXDIGIT[_digit] = _value


@small
def _match(data, low, high, start, stop, ops, literals, code, store):
    """Match one payload against one layout.

    Returns (answer, code, bits): answer 1 matched, 0 did not, -1 not certain; code is the hash with the marked fields in it; bits
    say which of `store` are filled. A text field that is followed by something ends at the first place from which the rest
    matches, as in the plain reader's expression.
    """
    at, op = low, start
    bits = 0
    texts = 0
    mark_op, mark_from, mark_at, mark_code, mark_bits = -1, 0, 0, code, 0
    while True:
        failed = False
        while op < stop:
            kind, first, second, key = ops[op, 0], ops[op, 1], ops[op, 2], ops[op, 3]
            if kind == LITERAL:
                if high - at < second:
                    failed = True
                    break
                for place in range(second):
                    if data[at + place] != literals[first + place]:
                        failed = True
                        break
                if failed:
                    break
                at += second
                op += 1
            elif kind == HEX:
                number = np.uint64(0)
                begin = at
                while at < high:
                    digit = _HEXDIGIT[data[at]]
                    if digit == 255:
                        break
                    number = (number << np.uint64(4)) | np.uint64(digit)
                    at += 1
                if at == begin:
                    failed = True
                    break
                if at - begin > 16:
                    return -1, code, 0
                if key:
                    code = (_hash(data, begin, at, code) ^ _SEPARATOR) * _PRIME
                elif first >= 0:
                    if not WORD_COLUMNS[first] and number >> np.uint64(63):
                        return -1, code, 0
                    store[first] = number
                    bits |= 1 << first
                op += 1
            elif kind == DECIMAL:
                begin = at
                negative = at < high and data[at] == 45
                if negative:
                    at += 1
                digits = at
                number = np.uint64(0)
                while at < high and 48 <= data[at] <= 57:
                    number = number * np.uint64(10) + np.uint64(data[at] - 48)
                    at += 1
                if at == digits:
                    failed = True
                    break
                if at - digits > 18:
                    return -1, code, 0
                if key:
                    code = (_hash(data, begin, at, code) ^ _SEPARATOR) * _PRIME
                elif first >= 0:
                    store[first] = (~number) + np.uint64(1) if negative else number
                    bits |= 1 << first
                op += 1
            else:  # text
                if op + 1 == stop:
                    if key:
                        code = (_hash(data, at, high, code) ^ _SEPARATOR) * _PRIME
                    at = high
                    op += 1
                    break
                texts += 1
                mark_op, mark_from, mark_at, mark_code, mark_bits = op, at, at, code, bits
                # the literal behind it, from here on
                failed = True
                break
        if not failed:
            if op == stop and at == high:
                return 1, code, bits
            failed = True
        if mark_op < 0:
            return 0, code, 0
        # next place at which the text can end
        first, second = ops[mark_op + 1, 1], ops[mark_op + 1, 2]
        found = -1
        place = mark_at
        lead = literals[first]
        while place + second <= high:
            if data[place] == lead:
                same = True
                for offset in range(1, second):
                    if data[place + offset] != literals[first + offset]:
                        same = False
                        break
                if same:
                    found = place
                    break
            place += 1
        if found < 0:
            return (0 if texts == 1 else -1), code, 0
        code = mark_code
        bits = mark_bits
        if ops[mark_op, 3]:
            code = (_hash(data, mark_from, found, code) ^ _SEPARATOR) * _PRIME
        mark_at = found + 1
        at = found + second
        op = mark_op + 2


@small
def _slot(hashes, code):
    mask = hashes.shape[0] - 1
    at = np.int64(code & np.uint64(mask))
    while hashes[at] != 0 and hashes[at] != code:
        at = (at + 1) & mask
    return at


@small
def _grown(hashes, numbers):
    more, values = np.zeros(2 * hashes.shape[0], np.uint64), np.zeros(2 * hashes.shape[0], np.int32)
    for at in range(hashes.shape[0]):
        if hashes[at] != 0:
            place = _slot(more, hashes[at])
            more[place], values[place] = hashes[at], numbers[at]
    return more, values


@small
def _longer(array):
    more = np.zeros(2 * array.shape[0], array.dtype)
    more[: array.shape[0]] = array
    return more


@jit
def scan(
    data, words, low, high, line, what, symbol, begins, stamp, cpu, pid, task, key, rest, detail, length, bits, packed, program
):
    """Scan data[low:high], whole lines, the first of which has the row `line`; `words` are the same bytes, eight in one.

    Per line: `what` (with PERF where perf printed it). Per frame: `symbol` (its number within this chunk).

    Per entry, that is any line but a frame: `begins` (place of its first byte), `stamp` (s; NaN where the clock counts something
    else), `cpu`, `pid`, `task` and `key` (numbers within this chunk), `rest` and `detail` (places from the line's first byte),
    `length` of the detail, `bits` (which columns of STORED it fills), and its numbers, one behind the other, in `packed`.

    Returns the distinct tasks, keys and frames: (hash, place of a line that shows it) each; the first line whose stamp is no
    seconds, the columns that are filled anywhere (bits), and how many frames, entries and packed numbers there are.
    """
    ops, bounds, literals, names, firsts, numbers = program
    columns = len(STORED)
    store = np.zeros(columns, np.uint64)
    task_hash, task_number, tasks, task_code, task_line = (
        np.zeros(256, np.uint64), np.zeros(256, np.int32), 0, np.zeros(64, np.uint64), np.zeros(64, np.int64)
    )  # fmt: skip
    key_hash, key_number, keys, key_code, key_line = (
        np.zeros(1024, np.uint64), np.zeros(1024, np.int32), 0, np.zeros(256, np.uint64), np.zeros(256, np.int64)
    )  # fmt: skip
    frame_hash, frame_number, frames, frame_code, frame_line = (
        np.zeros(1024, np.uint64), np.zeros(1024, np.int32), 0, np.zeros(256, np.uint64), np.zeros(256, np.int64)
    )  # fmt: skip
    ticks = np.int64(-1)
    seen = 0
    entry = held = full = 0
    at = low
    while at < high:
        begin = at
        bad = False
        while at < high:
            if at & 7 == 0 and at + 8 <= high:  # eight printable bytes at once
                word = words[at >> 3]
                if ((word - _BLANKS) & ~word | word | (word + _ONES)) & _TOPS == 0:
                    at += 8
                    continue
            byte = data[at]
            if byte == 10:
                break
            bad |= (byte < 32 and byte != 9) or byte > 126
            at += 1
        end = at
        at += 1
        mine = entry
        begins[entry], task[entry], key[entry], bits[entry] = begin, -1, -1, 0
        rest[entry], detail[entry], length[entry] = 0, 0, 0
        what[line] = ODD
        row = line
        line += 1
        entry += 1
        if bad:
            if data[end - 1] != 13:
                continue
            end -= 1
            bad = False
            for place in range(begin, end):
                byte = data[place]
                bad |= (byte < 32 and byte != 9) or byte > 126
            if bad:
                continue
        here = begin
        while here < end and (data[here] == 32 or data[here] == 9):
            here += 1
        if here == end:
            what[row] = BLANK
            continue
        while data[end - 1] == 32 or data[end - 1] == 9:
            end -= 1
        if end - begin > LONG or data[here] == 35:
            continue
        is_sample = data[begin] == 9
        if is_sample or (data[here] == 61 and here + 1 < end and data[here + 1] == 62):
            if is_sample:  # perf: address in hexadecimal, one blank, symbol
                place = here
                while place < end and _HEXDIGIT[data[place]] != 255:
                    place += 1
                if place == here or place - here > 16 or end - begin > SAMPLE:
                    continue
                if place < end and (data[place] != 32 or data[place + 1] == 32 or data[place + 1] == 9):
                    continue
            elif end - here < 3:
                continue
            plain = True
            for place in range(here, end - 1):
                if data[place] == 91 and 48 <= data[place + 1] <= 57:
                    plain = False  # might be a line of a task with an odd name
            if not plain:
                continue
            code = _hash(data, begin if is_sample else here, end, _SEED if is_sample else _PRIME)
            code |= np.uint64(1)
            place = _slot(frame_hash, code)
            if frame_hash[place] == 0:
                if frames == frame_code.shape[0]:
                    frame_code, frame_line = _longer(frame_code), _longer(frame_line)
                frame_hash[place], frame_number[place], frame_code[frames], frame_line[frames] = code, frames, code, begin
                number = frames
                frames += 1
                if 2 * frames > frame_hash.shape[0]:
                    frame_hash, frame_number = _grown(frame_hash, frame_number)
            else:
                number = frame_number[place]
            what[row], symbol[held] = FRAME | (PERF if is_sample else 0), number
            held += 1
            entry -= 1
            continue
        # the processor: the first [ with a digit behind it
        place = here
        limit = min(end - 2, here + 90)
        while place < limit and not (data[place] == 91 and 48 <= data[place + 1] <= 57):
            place += 1
        if place >= limit or place < here + 4:
            continue
        bracket = place
        place += 1
        number = 0
        while place < end and 48 <= data[place] <= 57 and place - bracket < 8:
            number = number * 10 + (data[place] - 48)
            place += 1
        if place - bracket > 7 or place + 1 >= end or data[place] != 93 or (data[place + 1] != 32 and data[place + 1] != 9):
            continue
        processor = number
        after = place + 1
        # the task, backwards
        place = bracket - 1
        if data[place] != 32 and data[place] != 9:
            continue
        while data[place] == 32 or data[place] == 9:
            place -= 1
        if data[place] == 41:  # thread group
            group = place
            place -= 1
            digits = dashes = 0
            while place > here and (48 <= data[place] <= 57 or data[place] == 45):
                digits += data[place] != 45
                dashes += data[place] == 45
                place -= 1
            while place > here and (data[place] == 32 or data[place] == 9):
                place -= 1
            if data[place] != 40 or (digits > 0) == (dashes > 0) or digits > 10 or dashes > 10 or group <= here + 2:
                continue
            place -= 1
            if place <= here or (data[place] != 32 and data[place] != 9):
                continue
            while place > here and (data[place] == 32 or data[place] == 9):
                place -= 1
        stop = place + 1
        thread = np.int64(0)
        scale = np.int64(1)
        while place > here and 48 <= data[place] <= 57 and stop - place <= 10:
            thread += scale * (data[place] - 48)
            scale *= 10
            place -= 1
        if place + 1 == stop or place <= here:
            continue
        is_perf = False
        if data[place] == 47:  # process/thread
            stop = place
            place -= 1
            while place > here and 48 <= data[place] <= 57 and stop - place <= 10:
                place -= 1
            if place + 1 == stop:
                continue
            is_perf = True
        if data[place] == 32 or data[place] == 9:
            is_perf = True
            while place > here and (data[place] == 32 or data[place] == 9):
                place -= 1
            place += 1
        elif data[place] != 45 or is_perf:
            continue
        if place - here > TASK or place == here:
            continue
        name_end = place
        # flags and stamp
        place = after
        while place < end and (data[place] == 32 or data[place] == 9):
            place += 1
        token = place
        while place < end and data[place] != 32 and data[place] != 9:
            place += 1
        if place >= end:
            continue
        if data[place - 1] != 58:  # flags first
            if is_perf or place - token < 3 or place - token > 8:
                continue
            clean = True
            for spot in range(token, place):
                clean &= data[spot] != 58
            if not clean:
                continue
            while place < end and (data[place] == 32 or data[place] == 9):
                place += 1
            token = place
            while place < end and data[place] != 32 and data[place] != 9:
                place += 1
            if place >= end or data[place - 1] != 58:
                continue
        whole = np.int64(0)
        spot = token
        while spot < place and 48 <= data[spot] <= 57:
            whole = whole * 10 + (data[spot] - 48)
            spot += 1
        figures = spot - token
        if figures == 0 or figures > 18:
            continue
        seconds = np.nan
        if data[spot] == 46:
            spot += 1
            begin_fraction = spot
            power = 1.0
            while spot < place and 48 <= data[spot] <= 57:
                whole = whole * 10 + (data[spot] - 48)
                power *= 10.0
                figures += 1
                spot += 1
            if spot == begin_fraction or spot - begin_fraction > 9 or spot != place - 1 or figures > 18:
                continue
            if whole >= 9007199254740992:  # 2^53: not exact as a float
                continue
            seconds = np.float64(whole) / power
        elif spot != place - 1 or is_perf:
            continue
        while place < end and (data[place] == 32 or data[place] == 9):
            place += 1
        if place >= end:
            continue
        # what happened
        said = place
        if data[said] == 40:
            continue
        if is_perf:
            spot = place
            while spot < end and 48 <= data[spot] <= 57:
                spot += 1
            if spot > place and spot < end and (data[spot] == 32 or data[spot] == 9):
                if spot - place > 19:
                    continue
                while spot < end and (data[spot] == 32 or data[spot] == 9):
                    spot += 1
                place = spot
                said = place
        kind = EVENT
        known = False
        code = _SEED
        layout, eras = 0, 0
        text, text_end = place, end
        show = place
        if not is_perf and data[said] == 60:
            if _is(data, said, end, _STACKS) or _is(data, said, end, _STACKS_LONG):
                kind = STACK
            elif _is(data, said, end, _USER):
                kind = USER_STACK
            else:
                continue
        else:
            spot = said
            while spot < end and _NAME[data[spot]]:
                spot += 1
            name = said
            if spot == said or spot - said > TOKEN:
                continue
            if spot < end and data[spot] == 58:  # name: payload
                if is_perf and spot + 1 < end and _WORD[data[spot + 1]]:  # subsystem:name: payload
                    name = spot + 1
                    spot = name
                    modifier = True
                    while spot < end and _WORD[data[spot]]:
                        modifier &= _MODIFIERS[data[spot]]
                        spot += 1
                    if modifier or spot >= end or data[spot] != 58 or spot - name > TOKEN:
                        continue
                if is_perf and (data[name] == 80 or (spot + 1 < end and data[spot + 1] != 32 and data[spot + 1] != 9)):
                    continue
                said = name
                text = spot + 1
                while text < end and (data[text] == 32 or data[text] == 9):
                    text += 1
                show = text
                code = _hash(data, name, spot, _SEED)
                slot = _slot(names, code)
                if names[slot] != 0:
                    layout, eras = firsts[slot], numbers[slot]
                elif _starts(data, name, spot, _SYS_EXIT):
                    layout, eras = 0, RETURNS
                elif _starts(data, name, spot, _KVM):
                    continue
                elif not is_perf and text < end and data[text] == 60 and _is(data, name, spot, _KERNEL_STACK):
                    if not (_is(data, text, end, _STACKS) or _is(data, text, end, _STACKS_LONG)):
                        continue
                    kind = STACK
                elif not is_perf and text < end and data[text] == 60:
                    continue
                known = True
            elif is_perf:
                continue
            elif spot < end and data[spot] == 40:  # sys_name(arguments)
                if not _starts(data, said, spot, _SYS) or data[end - 1] != 41 or not _call(data, said, spot):
                    continue
                code = _hash(data, said, spot, _SEED)
                slot = _slot(names, code)
                if names[slot] != 0:
                    layout, eras = firsts[slot], numbers[slot]
                text, text_end = spot + 1, end - 1
                show = text
                while text < text_end and (data[text] == 32 or data[text] == 9):
                    text += 1
                if text != show or (text < text_end and (data[text_end - 1] == 32 or data[text_end - 1] == 9)):
                    continue
                code = (code ^ np.uint64(40)) * _PRIME
                known = True
            elif _starts(data, spot, end, _ARROW):  # sys_name -> value
                if not _starts(data, said, spot, _SYS) or not _call(data, said, spot):
                    continue
                code = (_hash(data, said, spot, _SEED) ^ np.uint64(62)) * _PRIME
                text = spot + 4
                layout, eras = 0, RETURNS
                known = True
            elif spot + 3 < end and data[spot] == 32 and data[spot + 1] == 60 and data[spot + 2] == 45:  # function <-caller
                whole_word = end - spot - 3 <= 200
                for place in range(spot + 3, end):
                    whole_word &= data[place] != 32 and data[place] != 9
                if not whole_word:
                    continue
                code = (_hash(data, said, spot, _SEED) ^ np.uint64(60)) * _PRIME
                show = said
                known = True
            else:
                continue
        filled = 0
        if eras:
            if text_end - text > LONGEST:
                continue
            answer = 0
            for number in range(layout, layout + eras):
                answer, coded, filled = _match(
                    data, text, text_end, bounds[number, 0], bounds[number, 1], ops, literals,
                    (code ^ np.uint64(number + 1)) * _PRIME, store,
                )  # fmt: skip
                if answer != 0:
                    code = coded
                    break
            if answer != 1:
                continue
        if kind == EVENT:
            if not known:
                continue
            code |= np.uint64(1)
            slot = _slot(key_hash, code)
            if key_hash[slot] == 0:
                if keys == key_code.shape[0]:
                    key_code, key_line = _longer(key_code), _longer(key_line)
                key_hash[slot], key_number[slot], key_code[keys], key_line[keys] = code, keys, code, begin
                key[mine] = keys
                keys += 1
                if 2 * keys > key_hash.shape[0]:
                    key_hash, key_number = _grown(key_hash, key_number)
            else:
                key[mine] = key_number[slot]
            bits[mine] = filled
            seen |= filled
            if filled:
                for number in range(columns):
                    if filled >> number & 1:
                        packed[full] = store[number]
                        full += 1
        code = _hash(data, here, name_end, _SEED) | np.uint64(1)
        slot = _slot(task_hash, code)
        if task_hash[slot] == 0:
            if tasks == task_code.shape[0]:
                task_code, task_line = _longer(task_code), _longer(task_line)
            task_hash[slot], task_number[slot], task_code[tasks], task_line[tasks] = code, tasks, code, begin
            task[mine] = tasks
            tasks += 1
            if 2 * tasks > task_hash.shape[0]:
                task_hash, task_number = _grown(task_hash, task_number)
        else:
            task[mine] = task_number[slot]
        what[row], stamp[mine], cpu[mine], pid[mine] = kind | (PERF if is_perf else 0), seconds, processor, thread
        rest[mine], detail[mine], length[mine] = said - begin, show - begin, text_end - show
        if ticks < 0 and np.isnan(seconds):
            ticks = row
    return (
        task_code[:tasks], task_line[:tasks], key_code[:keys], key_line[:keys], frame_code[:frames], frame_line[:frames],
        ticks, seen, held, entry, full,
    )  # fmt: skip
