"""Payloads of tracepoints: what each event's text says in the columns of the events table.

One decoder per event, found by the event's name in :data:`DECODERS`; an event without one keeps its text in `detail`.
A decoder takes the text and returns the columns it can fill, none where the text is not of a known era.
Formats: TP_printk of Linux 6.18 (arch/x86/include/asm/trace/fpu.h, asm/msr-trace.h, arch/x86/kvm/trace.h,
include/trace/events/{exceptions,kvm,sched,signal}.h), with the older forms that recordings still hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Columns = dict[str, Any]

SIGNALS = (
    "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV",
    "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
    "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
)  # fmt: skip
"""Names of signals 1 to 31 on x86 Linux (arch/x86/include/uapi/asm/signal.h)."""

_H = r"[0-9a-f]{1,16}"
_FPU = re.compile(rf"x86/fpu: \S{{1,40}} (?:load|initialized): \d{{1,3}} xfeatures: ({_H}) xcomp_bv: ({_H})")
_MSR = re.compile(rf"({_H}), value ({_H})( #GP)?")
_SWITCH = re.compile(r"prev_comm=.{0,64}? ==> next_comm=(.{0,32}) next_pid=\d{1,10}\b|.{1,96}? ==> (.{1,32}):\d{1,10} \[")
_SIGNAL = re.compile(r"sig=(\d{1,4}) ")
_FAULT = re.compile(rf"address=(?:0x({_H})|\S{{1,200}}) .{{0,220}}?error_code=(0x{_H})")
_VCPU = re.compile(r"vcpu:? (\d{1,6})\b")
_REASON = re.compile(r"\breason (.{1,64}?)(?= rip 0x| info1? | intr_info 0x| ext_inf1 |$)")
_INTR = re.compile(rf" intr_info 0x({_H})")
_OLD_INFO = re.compile(rf" info {_H} ({_H})$")
_KVM_MSR = re.compile(rf"msr_(read|write) ({_H}) = 0x({_H})( \(#GP\))?")
_ADDRESS = re.compile(rf"\baddress (?:0x)?({_H})\b")
_FIRST = re.compile(rf"(?:func|nr) (?:0x)?({_H})\b")
_VECTOR = re.compile(r"vector=(\d{1,3})\b")
_SYSCALL = re.compile(rf"option: (?:0x)?({_H})\b")


def _fpu(text: str) -> Columns:
    found = _FPU.match(text)
    return {"xfeatures": int(found[1], 16), "xcomp_bv": int(found[2], 16)} if found else {}


def _msr(text: str) -> Columns:
    found = _MSR.match(text)
    return {"msr": int(found[1], 16), "value": int(found[2], 16), "reason": (found[3] or "").strip()} if found else {}


def _switch(text: str) -> Columns:
    found = _SWITCH.match(text)
    return {"reason": found[1] or found[2] or ""} if found else {}


def _signal(text: str) -> Columns:
    found = _SIGNAL.match(text)
    if not found:
        return {}
    number = int(found[1])
    return {"reason": SIGNALS[number - 1] if 1 <= number <= len(SIGNALS) else f"signal {number}"}


def _fault(text: str) -> Columns:
    """The address is `value`; the error code, which says read or write, user or kernel, is `reason`."""
    found = _FAULT.match(text)
    return {"value": int(found[1], 16) if found[1] else None, "reason": found[2]} if found else {}


def _kvm(text: str) -> Columns:
    found = _VCPU.match(text)
    return {"vcpu": int(found[1])} if found else {}


def _exit(text: str) -> Columns:
    """kvm_exit and kvm_nested_vmexit.

    The reason is everything up to ``rip``: a hexadecimal number where the kernel knows no name, a name with FAILED_VMENTRY
    behind it for a failed entry. Before Linux 5.10 the second number of ``info a b`` is the interruption information on
    Intel; it is taken for the two exits for which the hardware fills it.
    """
    row = _kvm(text)
    if found := _REASON.search(text):
        row["reason"] = found[1].strip()
    found = _INTR.search(text)
    if not found and row.get("reason") in ("EXCEPTION_NMI", "EXTERNAL_INTERRUPT"):
        found = _OLD_INFO.search(text)
    if found:
        row["intr_info"] = int(found[1], 16)
    return row


def _entry(text: str) -> Columns:
    row = _kvm(text)
    if found := _INTR.search(text):
        row["intr_info"] = int(found[1], 16)
    return row


def _kvm_msr(text: str) -> Columns:
    found = _KVM_MSR.match(text)
    if not found:
        return {}
    return {"msr": int(found[2], 16), "value": int(found[3], 16), "reason": found[1] + (" #GP" if found[4] else "")}


def _number(pattern: re.Pattern[str], base: int) -> Callable[[str], Columns]:
    def decode(text: str) -> Columns:
        found = pattern.search(text)
        return _kvm(text) | ({"value": int(found[1], base)} if found else {})

    return decode


def _whole(text: str) -> Columns:
    """The payload is one word or two: the event's main name."""
    return {"reason": text}


DECODERS: dict[str, Callable[[str], Columns]] = {
    "read_msr": _msr,
    "write_msr": _msr,
    "rdpmc": _msr,
    "sched_switch": _switch,
    "signal_generate": _signal,
    "signal_deliver": _signal,
    "page_fault_user": _fault,
    "page_fault_kernel": _fault,
    "kvm_exit": _exit,
    "kvm_nested_vmexit": _exit,
    "kvm_userspace_exit": _exit,
    "kvm_entry": _entry,
    "kvm_msr": _kvm_msr,
    "kvm_inj_exception": _whole,
    "kvm_fpu": _whole,
    "kvm_page_fault": _number(_ADDRESS, 16),
    "kvm_cpuid": _number(_FIRST, 16),
    "kvm_hypercall": _number(_FIRST, 16),
    "sys_arch_prctl": _number(_SYSCALL, 16),
}
"""Event -> decoder. Families (x86_fpu_*, kvm_*, *_entry of interrupts) are found by :func:`decode`."""


def decode(event: str, text: str) -> Columns:
    """Columns of one event, `detail` among them.

    >>> row = decode("write_msr", "1c4, value 40000")
    >>> hex(row["msr"]), hex(row["value"])
    ('0x1c4', '0x40000')
    >>> decode("kvm_exit", "vcpu 0 reason EXCEPTION_NMI rip 0xfd0bd info1 0x0 info2 0x0 intr_info 0x80000307")["reason"]
    'EXCEPTION_NMI'
    >>> decode("never_heard_of", "a=1")
    {'detail': 'a=1'}
    """
    text = text.strip()
    decoder = DECODERS.get(event)
    if decoder is None:
        if event.startswith("x86_fpu_"):
            decoder = _fpu
        elif event.startswith("kvm_"):
            decoder = _kvm
        elif text.startswith("vector="):
            decoder = _number(_VECTOR, 10)
    return (decoder(text) if decoder else {}) | {"detail": text}
