"""What single lines around a call trace say, beside headers and registers: markers, context marks, frames.

:mod:`.calltrace` puts the lines together.
"""

from __future__ import annotations

import re
from typing import Any

from .stackframe import parse_frame

MARKER = re.compile(
    r"(?:(?:Protected )?nVHE HYP |nVHE |VHE )?[Cc]all [Tt]race(?: \(unreliable\??\))?:\s*+(?P<rest>.*)|Backtrace:$"  # on Arm
)
MARK = re.compile(r"<(?P<close>/?)(?P<name>#?[A-Z][A-Z_0-9]{0,20})>\s*+|<<EOE>>\s*+")
HYPERVISOR = re.compile(r"kvm \[\d{1,10}\]: {1,8}(?=\[<|-{3}\[|(?:Protected )?nVHE (?:HYP )?call trace)")
BROKEN = re.compile(r"CPU: \d{1,6} (?:UID: \d{1,10} )?PID: \d{1,10}(?: Comm:)?|task:.{1,64}")
EIP = re.compile(r"EIP: .{1,60}\bCPU: (\d{1,6})$")
MARKS = re.compile(r"(?:</?#?[A-Z][A-Z_0-9]{0,20}>|<<EOE>>)")
INTERRUPT = re.compile(r"-{3,4} (?:interrupt|Exception): ?[0-9a-fx]|LR = ")
DECODED = re.compile(  # what addr2line adds below a frame, a mailer breaks off it, or a writer puts for frames
    r"(?:(?:\(inlined by\) )?[^\s:]{1,200}+ at )?[^\s:]{1,300}(?<=\.[chSs]):\d{1,9}(?: \(discriminator \d{1,9}\))?(?: \[inline\])?"
    r"|(?:: ?)?[0-9a-f]{11,18}|\[[0-9a-f]{11,18}\](?: \[[0-9a-f]{11,18}\])?|\.\.\.|\[\.\.\.\]"
    r"|Exception stack\(0x[0-9a-f]{8,16} to 0x[0-9a-f]{8,16}\)"
    r"|(?:[0-9a-f]{4}|\d{1,6}): {1,60}+[0-9a-f]{7,18}(?: [0-9a-f]{7,18}){0,7}"
)
"""What stands between frames and is none: on Arm also the words that an exception left on the stack."""

UNNAMED = re.compile(
    r"\[[0-9a-fA-F]{8,16}\] \[[0-9a-fA-F]{8,16}\] 0x[0-9a-f]{1,16}\b|"
    r"(?:\? )?[\w.]{1,200} \((?:[\w.-]{1,99}/){1,20}[\w.-]{1,99}\.[chS]:\d{1,9}\b"
    r"[^()]{0,400}(?:\([^()]{0,99}\)[^()]{0,400}){0,9}\)(?: [\w-]{2,64})?$"
)
"""A frame without offset that is one for sure: of ppc where there is no symbol, and symbolised with its place."""

KLOGD = re.compile(r"\[(?:(?P<module>\w{1,64}):)?(?P<symbol>[\w.]{1,200})\+(?P<offset>\d{1,9})/(?P<size>\d{1,9})\]\s*+")
"""A frame as klogd wrote it for kernels up to 2.4: in decimal numbers, several in a line."""

ROOT = "(unwind_backtrace"
"""What the first frame of a 32-bit Arm kernel up to 3.x names."""
MANY = re.compile(r"(?<=\S)\s++(?=\[<[0-9a-f]{4,16}>\])")


def is_plain(text: str) -> bool:
    """Whether a frame stands without brackets and without its caller, as on x86 and 64-bit Arm."""
    return not text.startswith(("[", "(", "<")) and " from " not in text


def frames_of(text: str) -> list[dict[str, Any]]:
    """The frames of a line: one, or several as kernels up to 2.6 and m68k print them; none for other text."""
    if row := parse_frame(text):
        return [row]
    if text.startswith("[") and "/" in text and (rows := _klogd(text)):
        return rows
    if text.count("[<") < 2:
        return []
    rows = [parse_frame(one) for one in MANY.split(text)]
    return [] if None in rows else rows


def bare_frame(text: str) -> dict[str, Any] | None:
    """The frame that is all of a line but a context mark, or klogd's own name for its address; None for other text."""
    if text[0] == "<":
        text = MARK.sub("", text, count=1)
    return parse_frame(KLOGD.sub("", text, count=1) if text.startswith("[") and KLOGD.match(text) else text)


def _klogd(text: str) -> list[dict[str, Any]]:
    rows, at = [], 0
    while found := KLOGD.match(text, at):
        at = found.end()
        rows.append(
            {"symbol": found["symbol"], "function": found["symbol"], "offset": int(found["offset"]), "size": int(found["size"]),
             "module": found["module"] or "", "reliable": True, "inlined": False}
        )  # fmt: skip
    if len(rows) == 1 and (own := parse_frame(text[at:])) and "offset" in own:  # klogd put its own name for the address
        return [own]
    return rows if at == len(text) else []
