"""What the plain reader says about a text by itself, as the flags of :mod:`.textflags`."""

from __future__ import annotations

from .. import dmesg
from . import kernel_events, report, textflags, tracemarks
from .prefix import DROPPED
from .stackframe import parse_registers


def alone(text: str) -> int:
    """Flags of what a message says outside of any report."""
    flags = 0
    if event := kernel_events.match(text):
        flags |= textflags.EVENT | (textflags.VCPU if event[1].vcpu_is_cpu else 0)
    if "systemd-journald" in text and dmesg._MISSED.match(text):
        flags |= textflags.MISSED
    if text.startswith("Linux version "):
        flags |= textflags.BANNER
    if text.startswith("-- ") and dmesg._REBOOT.match(text):
        flags |= textflags.REBOOT
    if "=" in text and dmesg._PROPERTY.match(" " + text):
        flags |= textflags.PROPERTY
    return flags


def in_dump(text: str) -> int:
    """Flags of a line of a dump."""
    registers, flags = parse_registers(text), 0
    bare = None
    if "+0x" in text or ":" in text:
        bare = tracemarks.bare_frame(text)
    if registers:
        flags |= textflags.REG_REPORT
        if any(name == "RIP" and value[3:4] == "3" for name, value in registers):
            flags |= textflags.USER
    if parse_registers(text, report=False):
        flags |= textflags.REG
    if text.startswith("</TASK>"):
        flags |= textflags.TASK_END
    if text[0] == "<" and tracemarks.MARKS.fullmatch(text):
        flags |= textflags.MARKS
    if tracemarks.UNNAMED.match(text):
        flags |= textflags.BARE
    elif bare is not None:
        flags |= textflags.BARE if "offset" in bare else textflags.BARE_PLACE if ":" in text else 0
    if tracemarks.ROOT in text:
        flags |= textflags.ROOT
    return flags | (textflags.PLAIN if tracemarks.is_plain(text) else 0)


_PARTS = {
    "end": textflags.END, "cut": textflags.CUT, "after": textflags.AFTER, "place": textflags.PLACE, "stack": textflags.STACK,
    "detail": textflags.DETAIL, "": 0,
}  # fmt: skip


def in_report(text: str) -> int:
    """Flags of a line of a report."""
    flags = _PARTS[report.part(text)]
    for flag, holds in (
        (textflags.LOCKDEP, report.said(text) == "stack backtrace:"), (textflags.SHORT, report.is_short(text)),
        (textflags.FAULT, report.names_fault(text)), (textflags.ACCUSES, report.accuses(text)),
        (textflags.BEHIND, report.comes_behind(text)),
        (textflags.LOST, "printk messages dropped" in text and DROPPED.search(text)), (textflags.COLON, text.endswith(":")),
        (textflags.UNREFERENCED, text.startswith("unreferenced")), (textflags.TASKS, report.task(text)),
        (textflags.BACKTRACE, "backtrace" in text.lower()),
    ):  # fmt: skip
        if holds:
            flags |= flag
    return flags
