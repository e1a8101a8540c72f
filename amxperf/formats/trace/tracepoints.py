"""Payloads of tracepoints: what each event's text says in the columns of the events table.

:data:`LAYOUTS` gives, per event, the layouts of its eras (see :mod:`.payload`); a field named like a column fills
it, the others go to the event's function in :data:`FINISH`. An event without a layout, and a payload that matches none,
keeps its text in `detail`.

Sources: TP_printk of Linux 6.18 (arch/x86/include/asm/trace/fpu.h, asm/msr-trace.h, arch/x86/kvm/trace.h, kvm/mmu/mmutrace.h,
include/trace/events/), the older forms that recordings still hold, and what trace-cmd prints with its plugins or with -R.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from ...architecture import ARCH_PRCTL
from .. import exit_reasons
from . import interrupts, msr_names
from .payload import LONGEST, numbers, pattern

Columns = dict[str, Any]

SIGNALS = (
    "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV",
    "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
    "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
)  # fmt: skip
"""Names of signals 1 to 31 on x86 Linux (arch/x86/include/uapi/asm/signal.h)."""

DIRECT = frozenset((
    "vcpu", "msr", "value", "xfeatures", "xcomp_bv", "reason", "intr_info", "vector", "error_code", "rip", "info1", "info2",
    "level", "old", "new", "target_pid", "target_cpu", "duration",
))  # fmt: skip
"""Fields of layouts that are columns of the events table; `duration` is printed in ns there."""

WORDS = frozenset(("msr", "value", "xfeatures", "xcomp_bv", "intr_info", "error_code", "rip", "info1", "info2", "old", "new"))
"""Those of them that are 64-bit words: a negative number becomes its two's complement."""

_MSR = (
    "{msr:x!}, value {value:x}{gp:t!}",
    "msr={msr:x!} val={value:x} failed={gp:t!}",
    "MSR_{_:t}({msr:x!}), value {value:x}{gp:t!}",  # tracing/postprocess/decode_msr.py of the kernel's scripts
)
_FPU = (
    "x86/fpu: {_:t} load: {_:d} xfeatures: {xfeatures:x!} xcomp_bv: {xcomp_bv:x!}",
    "x86/fpu: {_:t} initialized: {_:d} xfeatures: {xfeatures:x!} xcomp_bv: {xcomp_bv:x!}",
    "fpu={_:t} load_fpu={_:d} xfeatures={xfeatures:x!} xcomp_bv={xcomp_bv:x!}",
)
_EXIT = (
    "vcpu {vcpu:d} reason {reason:t!} rip 0x{rip:x} info1 0x{info1:x} info2 0x{info2:x} intr_info 0x{intr_info:x!}"
    " error_code 0x{error_code:x!}{_:t}",
    "vcpu {vcpu:d} reason {reason:t!} rip 0x{rip:x} info {info1:x} {info2:x!}",
    "reason {reason:t!} rip 0x{rip:x} info {info1:x} {info2:x!}",
    "vcpu {vcpu:d} reason {reason:t!} rip 0x{rip:x}{_:t}",
    "reason {reason:t!} rip 0x{rip:x}{_:t}",
    "vcpu {vcpu:d} reason {reason:t!} intr_info 0x{intr_info:x!}{_:t}",
    "vcpu {vcpu:d} reason {reason:t!}",
)
_FAULT = (
    "address=0x{value:x} ip=0x{rip:x} error_code=0x{error_code:x!}",
    "address=0x{value:x} ip={_:t} error_code=0x{error_code:x!}",
    "address={_:t} ip={_:t} error_code=0x{error_code:x!}",
)
_WAKE = (
    "comm={reason:t!} pid={target_pid:d} prio={_:d} target_cpu={target_cpu:d}",
    "comm={reason:t!} pid={target_pid:d} prio={_:d} success={_:d} target_cpu={target_cpu:d}",
    "{reason:t!}:{target_pid:d} [{_:d}]{_:t} CPU:{target_cpu:d}",
    "{reason:t!}:{target_pid:d} [{_:d}]{_:t}",
)
_VECTOR = ("vector={vector:d!}",)
_IPI = ("dst {value:x} vec {vector:d!} ({reason:t!})",)
_CALL = (
    "0xffffffffffff{error:x!}", "0x{value:x}", "{negative:d!}",
    "__syscall_nr={_:d} ret=0xffffffffffff{error:x!}", "__syscall_nr={_:d} ret=0x{value:x}",
)  # fmt: skip

LAYOUTS: dict[str, tuple[str, ...]] = {
    "read_msr": _MSR,
    "write_msr": _MSR,
    "rdpmc": _MSR,
    "sched_switch": (
        "prev_comm={_:t} prev_pid={_:d} prev_prio={_:d} prev_state={_:t} next_comm={reason:t!} next_pid={target_pid:d}"
        " next_prio={_:d}",
        "{_:t} ==> {reason:t!}:{target_pid:d} [{_:d}]",
    ),
    "sched_waking": _WAKE,
    "sched_wakeup": _WAKE,
    "sched_wakeup_new": _WAKE,
    "sched_migrate_task": (
        "comm={reason:t!} pid={target_pid:d} prio={_:d} orig_cpu={_:d} dest_cpu={target_cpu:d}",
    ),
    "sched_stat_runtime": ("comm={reason:t!} pid={target_pid:d} runtime={duration:d} [ns]{_:t}",),
    "sched_process_fork": ("comm={_:t} pid={_:d} child_comm={reason:t!} child_pid={target_pid:d}",),
    "sched_process_exit": ("comm={reason:t!} pid={target_pid:d} prio={_:d}{_:t}",),
    "signal_generate": ("sig={signal:d!} errno={_:d} code={value:d} comm={_:t} pid={target_pid:d}{_:t}", "sig={signal:d!} {_:t}"),
    "signal_deliver": ("sig={signal:d!} errno={_:d} code={value:d} {_:t}", "sig={signal:d!} {_:t}"),
    "page_fault_user": _FAULT,
    "page_fault_kernel": _FAULT,
    "kvm_exit": _EXIT,
    "kvm_nested_vmexit": _EXIT,
    "kvm_entry": (
        "vcpu {vcpu:d}, rip 0x{rip:x} intr_info 0x{intr_info:x!} error_code 0x{error_code:x!}{_:t}",
        "vcpu {vcpu:d}, rip 0x{rip:x}{_:t}",
        "vcpu {vcpu:d}{_:t}",
    ),
    "kvm_msr": ("msr_{way:t!} {msr:x!} = 0x{value:x}{gp:t!}",),
    "kvm_inj_exception": ("{exception:t!}",),
    "kvm_inj_virq": ("{reason:t!} 0x{vector:x!}{_:t}", "irq {vector:d!}{_:t}"),
    "kvm_page_fault": (
        "vcpu {vcpu:d} rip 0x{rip:x} address 0x{value:x} error_code 0x{error_code:x!}{_:t}",
        "address 0x{value:x} error_code 0x{error_code:x!}{_:t}",
        "address {value:x} error_code {error_code:x!}{_:t}",
    ),
    "kvm_fpu": ("load={load:d!}", "{reason:t!}"),
    "kvm_vcpu_wakeup": ("{reason:t!} time {duration:d} ns{_:t}",),
    "kvm_halt_poll_ns": ("vcpu {vcpu:d}: halt_poll_ns {duration:d} ({reason:t!} {_:d})",),
    "kvm_wait_lapic_expire": ("vcpu {vcpu:d}: delta {_:d} ({reason:t!})",),
    "kvm_apic_ipi": _IPI,
    "kvm_msi_set_irq": _IPI,
    "kvm_apic_accept_irq": ("apicid {value:x} vec {vector:d!} ({reason:t!})",),
    "kvm_eoi": ("apicid {value:x} vector {vector:d!}",),
    "kvm_cpuid": ("func {value:x} {_:t}",),
    "kvm_hypercall": ("nr 0x{value:x} {_:t}",),
    "kvm_cr": ("cr_{reason:t!} {_:x} = 0x{value:x}",),
    "kvm_pio": ("pio_{reason:t!} at 0x{value:x} {_:t}",),
    "kvm_mmio": ("mmio {reason:t!} len {_:d} gpa 0x{value:x}{_:t}",),
    "kvm_emulate_insn": ("{_:x}:{rip:x}:{_:t}",),
    "kvm_userspace_exit": (
        "reason {reason:t!} ({_:d})", "vcpu {vcpu:d} reason {reason:t!} ({_:d})", "vcpu {vcpu:d} reason {reason:t!}",
    ),
    "kvm_set_irq": ("gsi {value:d} {_:t}",),
    "kvm_ple_window_update": ("vcpu {vcpu:d} old {_:d} new {_:d} ({reason:t!})",),
    "kvm_pml_full": ("vcpu {vcpu:d}: {_:t}",),
    "kvm_tdp_mmu_spte_changed": ("as id {_:d} gfn {value:x} level {level:d!} old_spte {old:x} new_spte {new:x}",),
    "kvm_mmu_set_spte": ("gfn {value:x} spte {new:x} ({_:t}) level {level:d!} at {_:x}",),
    "kvm_mmu_spte_requested": ("gfn {value:x} pfn {_:x} level {level:d!}",),
    "hrtimer_start": ("hrtimer={_:t} function={reason:t!} expires={value:d}{_:t}",),
    "hrtimer_expire_entry": (
        "hrtimer={_:t} function={reason:t!} now={value:d}", "hrtimer={_:t} now={value:d} function={reason:t!}",
    ),
    "timer_start": ("timer={_:t} function={reason:t!} expires={value:d} {_:t}",),
    "timer_expire_entry": ("timer={_:t} function={reason:t!} now={value:d}{_:t}",),
    "irq_handler_entry": ("irq={value:d} name={reason:t!}",),
    "irq_handler_exit": ("irq={value:d} ret={reason:t!}",),
    "softirq_entry": ("vec={value:d!} [action={reason:t!}]",),
    "softirq_exit": ("vec={value:d!} [action={reason:t!}]",),
    "softirq_raise": ("vec={value:d!} [action={reason:t!}]",),
    "cpu_idle": ("state={value:d} cpu_id={target_cpu:d}",),
    "nmi_handler": ("{reason:t!}() delta_ns: {duration:d} handled: {_:d}",),
    "ipi_send_cpu": ("cpu={target_cpu:d} callsite={reason:t!} callback={_:t}",),
    "sys_arch_prctl": (
        "option: 0x{option:x!}, arg2: {_:t}", "option: {option:x!}, arg2: {_:t}", "option: {option:x!}",
        "int option: 0x{option:x!}, unsigned long arg2: {_:t}",
        "__syscall_nr={_:d} option=0x{option:x!} {_:t}",
    ),
    "sys_enter": ("NR {value:d!} ({_:t})", "NR {value:d!}{_:t}"),
    "sys_exit": ("NR {_:d} = {value:d}",),
    **{f"{kind}_{way}": _VECTOR for way in ("entry", "exit") for kind in (
        "local_timer", "reschedule", "call_function", "call_function_single", "irq_work", "error_apic", "spurious_apic",
        "thermal_apic", "threshold_apic", "deferred_error_apic", "x86_platform_ipi",
    )},
    **{f"x86_fpu_{what}": _FPU for what in (
        "before_save", "after_save", "before_restore", "after_restore", "regs_activated", "regs_deactivated", "init_state",
        "activate_state", "dropped", "copy_src", "copy_dst", "xstate_check_failed",
    )},
}  # fmt: skip
"""Event -> layouts, newest first. System calls' returns have their own: :data:`RETURN`."""

RETURN = "sys_*_return"
LAYOUTS[RETURN] = _CALL

_VCPU = re.compile(r"vcpu:? (\d{1,6})\b")


def _msr(found: Columns) -> Columns:
    gp = "#GP" if found["gp"].strip(" ()") in ("#GP", "1") else ""
    return {"msr_name": msr_names.name(found["msr"]), "reason": " ".join(filter(None, (found.get("way", ""), gp)))}


def _rdpmc(found: Columns) -> Columns:
    return _msr(found) | {"msr_name": ""}


def _information(found: Columns) -> Columns:
    number = found.get("intr_info")
    if number is None:
        return {}
    return {"interrupt": interrupts.name(number), "vector": interrupts.vector(number)}


def _exit(found: Columns) -> Columns:
    """kvm_exit and kvm_nested_vmexit.

    The reason is a hexadecimal number where the kernel knows no name; FAILED_VMENTRY stands behind it for a failed entry.
    Before Linux 5.10 the second number of ``info a b`` is the interruption information on Intel; it is taken for the two exits
    for which the hardware fills it.
    """
    row: Columns = {"reason": exit_reasons.named(found["reason"].strip())}
    if "intr_info" not in found and "info2" in found and row["reason"] in ("EXCEPTION_NMI", "EXTERNAL_INTERRUPT"):
        row["intr_info"] = found["info2"]
    return row | _information(found | row)


def _signal(found: Columns) -> Columns:
    number = found["signal"]
    return {"reason": SIGNALS[number - 1] if 1 <= number <= len(SIGNALS) else f"signal {number}"}


def _fault(found: Columns) -> Columns:
    """Bits 0 (page was present), 1 (write), 2 (user) and 4 (fetch) of the error code, in words."""
    code = found["error_code"]
    access = "fetch" if code & 16 else "write" if code & 2 else "read"
    return {"reason": f"{'user' if code & 4 else 'kernel'} {access}, {'protection' if code & 1 else 'not present'}"}


def _exception(found: Columns) -> Columns:
    text = found["exception"].strip()
    mnemonic = text.split(" ", 1)[0]
    row: Columns = {"reason": text, "interrupt": mnemonic if mnemonic in interrupts.VECTORS else ""}
    row["vector"] = interrupts.VECTORS.get(mnemonic)
    code = re.search(r"\(0x([0-9a-f]{1,16})\)", text)
    return row | ({"error_code": int(code[1], 16)} if code else {})


def _prctl(found: Columns) -> Columns:
    return {"value": found["option"], "reason": ARCH_PRCTL.get(found["option"], "")}


def _returned(found: Columns) -> Columns:
    """A return value; that of a failed call is an error's number, and `reason` its name."""
    value = found.get("value", 0)
    if "error" in found:
        value = int("f" * 12 + found["error"], 16)
        if value >> 64:
            return {}
    elif "negative" in found:
        value = found["negative"] & (1 << 64) - 1
    failed = (1 << 64) - value
    return {"value": value, "reason": errno.errorcode.get(failed, "") if 0 < failed < 4096 else ""}


def _loaded(found: Columns) -> Columns:
    return {"reason": ("unload", "load")[bool(found["load"])]} if "load" in found else {}


FINISH: dict[str, Callable[[Columns], Columns]] = {
    "read_msr": _msr,
    "write_msr": _msr,
    "rdpmc": _rdpmc,
    "kvm_msr": _msr,
    "kvm_exit": _exit,
    "kvm_nested_vmexit": _exit,
    "kvm_entry": _information,
    "kvm_inj_exception": _exception,
    "kvm_fpu": _loaded,
    "signal_generate": _signal,
    "signal_deliver": _signal,
    "page_fault_user": _fault,
    "page_fault_kernel": _fault,
    "sys_arch_prctl": _prctl,
    RETURN: _returned,
}
"""Event -> what its fields mean beyond the columns that they fill by name."""


def layouts(event: str) -> tuple[str, tuple[str, ...]]:
    """The event's name in :data:`LAYOUTS` (returns of system calls share one) and its layouts, none where it is not known."""
    if event not in LAYOUTS and event.startswith("sys_") and event.endswith("_return"):
        event = RETURN
    return event, LAYOUTS.get(event, ())


@cache
def _compiled(layout: str) -> tuple[re.Pattern[str], dict[str, int]]:
    return pattern(layout), numbers(layout)


def known(event: str) -> bool:
    """Whether the event is one that these tables know, by name or by family."""
    return bool(layouts(event)[1]) or event.startswith(("kvm_", "x86_fpu_"))


def decode(event: str, text: str) -> Columns:
    """Columns of one event, `detail` among them.

    >>> row = decode("write_msr", "1c4, value 40000")
    >>> row["msr_name"], hex(row["value"])
    ('IA32_XFD', '0x40000')
    >>> row = decode("kvm_exit", "vcpu 0 reason EXCEPTION_NMI rip 0x0 info1 0x0 info2 0x0 intr_info 0x80000307 error_code 0x0")
    >>> row["reason"], row["interrupt"]
    ('EXCEPTION_NMI', '#NM')
    >>> decode("never_heard_of", "a=1")
    {'detail': 'a=1'}
    """
    text = text.strip()
    row: Columns = {"detail": text}
    if len(text) > LONGEST:
        return row
    name, eras = layouts(event)
    for layout in eras:
        expression, bases = _compiled(layout)
        if found := expression.fullmatch(text):
            return row | _columns(name, found.groupdict(), bases)
    if event.startswith("kvm_") and (vcpu := _VCPU.match(text)):
        row["vcpu"] = int(vcpu[1])
    return row


def _columns(name: str, texts: dict[str, str], bases: dict[str, int]) -> Columns:
    found: Columns = {field: int(text, bases[field]) if field in bases else text for field, text in texts.items()}
    if "error" in found:
        found["error"] = texts["error"]
    row = {field: value for field, value in found.items() if field in DIRECT}
    if name in FINISH:
        row |= FINISH[name](found)
    for field, value in row.items():
        if field in WORDS:
            row[field] = value & (1 << 64) - 1
        elif isinstance(value, int) and not -1 << 63 <= value < 1 << 63:
            row[field] = None
    if row.get("duration") is not None:
        row["duration"] = row["duration"] / 1e9
    return row
