"""What is known of a text: the items of a row of `C` (:mod:`.memo`), of which the first holds the flags."""

from __future__ import annotations

# flags of a text
MARKER, HEAD, MORE, LEFT, FRAME, REG, REG_REPORT, INTERRUPT = 1, 2, 4, 8, 16, 32, 64, 128
TASK_END, BARE, MARKS, END, CUT, AFTER, STACK, DETAIL = 256, 512, 1024, 2048, 4096, 8192, 16384, 32768
DECODED, FAULT, LOST, COLON = 1 << 16, 1 << 17, 1 << 18, 1 << 19
EVENT, TASKS, BACKTRACE, BANNER = 1 << 20, 1 << 21, 1 << 22, 1 << 23
REBOOT, HARDWARE, NAMED, USER, PROPERTY, MISSED, VCPU = 1 << 24, 1 << 25, 1 << 26, 1 << 27, 1 << 28, 1 << 29, 1 << 30
PLACE, LOCKDEP, ACCUSES, UNREFERENCED, BARE_PLACE = 1 << 31, 1 << 32, 1 << 33, 1 << 34, 1 << 35
SHORT, ROOT, PLAIN, NUMBERED, SURE, BEHIND = 1 << 36, 1 << 37, 1 << 38, 1 << 39, 1 << 40, 1 << 41
"""NUMBERED: the task above a stack is named as in ``WARNING: CPU: 1 PID: 7 at``."""

CLASS = 8
"""Items of a row of C: flags, row of values, first mark, marks, first frame, frames, the text behind ``Call Trace:``, row of
the owner."""

ABSENT, NONE = -2, -1
"""A value that a header does not have, and one that it has as None; the words of a header are numbers, 0 for the empty one."""
