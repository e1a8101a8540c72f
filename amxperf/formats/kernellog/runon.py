"""Kernel reports that lost their line ends: a page, a tracker or a chat ran them into one line.

Such a line is cut before what the kernel begins a line with: a header, a marker, a context mark, registers, and behind a marker
before every frame. What stands in front of the first part (stamp, caller) counts for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .prefix import split
from .tracemarks import frames_of

if TYPE_CHECKING:
    from .written import Written

SHORTEST, LONGEST = 80, 1 << 16
"""Characters of a line that is looked at."""

FEWEST = 3
"""Frames in one line that make it one of these."""

_HEAD = r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.,+Z-]{8,22}) [^\s:]{1,64} kernel: "
_FRAME = (
    r"(?:\[<[0-9a-f]{8,16}>\] )?(?:\? )?[A-Za-z_][\w.]{0,199}\+0x[0-9a-f]{1,8}/0x[0-9a-f]{1,8}"
    r"(?: \[[\w-]{1,64}(?: [0-9a-f]{8,40})?\])?"
)
_BEGIN = re.compile(
    rf"(?P<head>{_HEAD})|(?P<marker>[Cc]all [Tt]race:)|(?P<frame>(?<!\S){_FRAME})(?=\s|$)"
    r"|</?(?:TASK|IRQ|NMI|SOFTIRQ|EOI|#[A-Z]{2})>"
    r"|(?P<report>-{4,}\[ cut here \]|---\[ end |WARNING: |BUG: |Oops: |INFO: |general protection fault|Kernel panic - "
    r"|Kernel Offset: |Rebooting in \d)|Modules linked in: "
    r"|Hardware name: |RIP {1,3}\[<|RSP <"
    r"|Workqueue: |Tainted: \[|CPU: \d{1,6} (?:UID|PID): |Pid: \d|RIP: 0|Code: [0-9a-f]{2} |RSP: 0|RAX: [0-9a-f]|RDX: [0-9a-f]"
    r"|RBP: [0-9a-f]|R10: [0-9a-f]|R13: [0-9a-f]|FS: +[0-9a-f]|CS: +0|CR2: [0-9a-f]|DR0: [0-9a-f]|DR3: [0-9a-f]|PKRU: [0-9a-f]"
    r"|Stack: ?(?=[0-9a-f])|(?:[0-9a-f]{16} ){3}"
)
_STAMP = re.compile(r"\[ {0,12}\d{1,12}\.\d{6}\]")


def runs_on(line: str) -> bool:
    """Whether a line holds the frames of several lines.

    >>> runs_on("CPU: 1 PID: 7 Comm: x Not tainted 6.1.0 #1 Call Trace: <TASK> long_name_of_a_function+0x1/0x2 g+0x1/0x2 h+0x1/0x2")
    True
    >>> runs_on("[    1.000000]  f+0x1/0x2 [kvm]")
    False
    """
    if not SHORTEST <= len(line) <= LONGEST or line.count("+0x") < FEWEST or len(_STAMP.findall(line)) > 1:
        return False
    frames = sum(found["frame"] is not None for found in _BEGIN.finditer(line))
    return frames >= FEWEST and not frames_of(split(line).message.strip())


def cut(lines: Iterator[Written]) -> Iterator[Written]:
    """The lines, each that runs on as several of its number."""
    for written in lines:
        if runs_on(written.text):
            yield from (written._replace(text=text) for text in parts(written.text))
        else:
            yield written


def parts(line: str) -> list[str]:
    """What stood in lines of their own.

    >>> parts("[    1.000000] CPU: 1 PID: 7 Comm: x Call Trace: <TASK> ? f+0x1/0x2 [kvm] g+0x1/0x2 </TASK>")[1:4]
    ['[    1.000000] Call Trace:', '[    1.000000] <TASK>', '[    1.000000] ? f+0x1/0x2 [kvm]']
    """
    message = split(line).message.strip()
    front = line[: line.find(message)] if message in line else ""
    out, opened, start = [], False, len(front)
    for found in _BEGIN.finditer(line, start):
        at = found.start()
        opened = (opened or found["marker"] is not None) and found["report"] is None
        inner = found["frame"] is not None and (not opened or line[start:at].startswith("RIP"))
        if at == start or inner or line[at - 1] not in " \t":
            continue
        out.append(front + line[start:at].strip())
        start = at
        if found["head"]:
            front = ""
    return [*out, front + line[start:].strip()]
