"""What a line of a kernel log was taken for: its role."""

from __future__ import annotations

ROLES = {
    "blank": "nothing but blanks",
    "report": "names a fault, or begins or ends a report",
    "detail": "another line of a report",
    "header": "processor, task and release above a trace",
    "register": "registers or instruction bytes",
    "marker": "opens a trace",
    "context": "a context mark such as <IRQ> or --- interrupt",
    "frame": "a stack frame",
    "lost": "says that messages were lost",
    "boot": "a boot begins",
    "event": "an AMX, XFD, KVM or TDX message",
    "program": "printed by a program, not by the kernel",
    "other": "left over: none of these",
}
"""Every role a line can have, and what it means; all but `other` are explained lines."""
