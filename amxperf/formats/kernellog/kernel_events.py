"""From kernel messages to events: a registry with one entry per message pattern.

Two families of messages are known: those of a stock kernel, and the private printks of the notes' kernel (6.7.0-rc1 with
debugging patches, 2024), which no other kernel prints.

What a pattern's named groups fill: `cpu`, `pid`, `comm`, `reason` as they stand; `value`, `xfeatures` as a number (0x.. or
decimal); `address` as hexadecimal without 0x, into `value`; `bit` as the feature number, into `xfeatures`.

The private printks name a ``vcpu``. The number they print equals the host processor (``vcpu1 cpu1`` in a thread called
``CPU 0/KVM``; ``vcpu5`` beside ``CPU: 5``), so most likely the patch printed the wrong variable. It fills no column, and the
reader says so once per file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MSR_IA32_XFD = 0x1C4
"""Number of the MSR that disarms extended features (Intel SDM; arch/x86/include/asm/msr-index.h)."""

MSR_IA32_XFD_ERR = 0x1C5
"""Number of the MSR that says which feature raised #NM."""


@dataclass(frozen=True)
class Message:
    """One message: its `kind`, its pattern, what it means by itself (`fixed`), and whether it prints a doubtful vcpu."""

    kind: str
    pattern: re.Pattern[str]
    fixed: dict[str, Any]
    vcpu_is_cpu: bool = False


def _literal(entry: Message) -> str:
    """The plain text that a pattern starts with, for looking entries up by the start of a message."""
    found = re.match(r"(?:[\w /:#-](?![?*+{]))*", entry.pattern.pattern)
    return found[0] if found else ""


def _on(kind: str, pattern: str, *, vcpu_is_cpu: bool = False, **fixed: Any) -> Message:
    return Message(kind, re.compile(pattern), fixed, vcpu_is_cpu)


_HEX = r"0x[0-9a-fA-F]{1,16}"
_XFD, _ERR = {"msr": MSR_IA32_XFD}, {"msr": MSR_IA32_XFD_ERR}

_PLACES = (
    r"\S{0,200}?(?:virt/kvm/|arch/x86/(?:kvm/|kernel/fpu/|virt/vmx/tdx/|coco/tdx/|include/asm/(?:kvm|fpu|tdx))|coco/tdx)\S{1,100}:\d{1,6}"
)

_STATE = (  # dump_vmcs()
    r"\*{3} (?:Guest|Host|Control) State \*{3}$|CR[04]: actual=0x|CR[034] ?= ?0x|PDPTR\d = 0x|R(?:SP|IP) = 0x[0-9a-f]{16}  R"
    r"|RFLAGS=0x|Sysenter RSP=|[A-Z]{2,4}: {1,9}sel=0x|[GI]DTR: {9,40}limit=0x|(?:EFER|PAT|DebugCtl|PerfGlobCtl|BndCfgS) ?= 0x"
    r"|Interruptibility = |InterruptStatus = |CS=[0-9a-f]{4} SS=|FSBase=|GDTBase=|CR0=[0-9a-f]{16} CR3=|CPUBased=0x|PinBased=0x"
    r"|ExceptionBitmap=|VM(?:Entry|Exit): intr_info=|IDTVectoring: info=|TSC (?:Offset|Multiplier) = 0x|SVI\|RVI = "
    r"|TPR Threshold = |(?:APIC-access|virt-APIC|VE info) addr(?:ess)? = 0x|PostedIntrVec = 0x|EPT pointer = 0x|PLE Gap="
    r"|Virtual processor ID = 0x|MSR (?:guest|host) auto|\s{1,4}\d{1,2}: msr=0x"
)
_AREAS = r"VMCB (?:Control|State Save) Area:|[a-z][\w.]{1,19}: {1,30}[0-9a-f]{1,16}\b|[a-z]{2,4}: {1,9}s: "  # dump_vmcb()
VMCS = rf"(?:kvm_intel: )?(?:{_STATE})|kvm_amd: (?:{_AREAS})"
"""Lines below the first of what KVM prints of a guest that the processor did not enter; since Linux 5.9 with the module's name."""

MESSAGES: tuple[Message, ...] = (
    # the private printks of the notes' kernel
    _on("guest_perm_request", r"Guest ARCH_REQ_XCOMP_GUEST_PERM calltrace", value=0x1025, reason="ARCH_REQ_XCOMP_GUEST_PERM"),
    _on("perm_request", r"Normal ARCH_REQ_XCOMP_PERM calltrace", value=0x1023, reason="ARCH_REQ_XCOMP_PERM"),
    _on("perm_check", r"Before xstate_request_perm\."),
    _on("fpstate_realloc", r"fpstate_realloc \((?P<pid>\d{1,10}) (?P<comm>.{1,32})\) dynamic on-demand allocate fpstate"),
    _on("write_xfd", rf"write xfd to cpu(?P<cpu>\d{{1,6}}) with (?P<value>{_HEX})", **_XFD),
    _on("kvm_set_msr", rf"kvm_set_msr_common set MSR_IA32_XFD to (?P<value>{_HEX}) on vcpu\d{{1,6}} cpu(?P<cpu>\d{{1,6}})",
        vcpu_is_cpu=True, reason="MSR_IA32_XFD", **_XFD),
    _on("kvm_set_msr", rf"kvm_set_msr_common set MSR_XFD_ERR to (?P<value>{_HEX}) on vcpu\d{{1,6}} cpu(?P<cpu>\d{{1,6}})",
        vcpu_is_cpu=True, reason="MSR_IA32_XFD_ERR", **_ERR),
    _on("nm_exit_read_xfd_err", rf"vmx_handle_nm_fault_irqoff read XFD_ERR as (?P<value>{_HEX})", **_ERR),
    _on("nm_queued", r"handle_exception_nmi queue #nm exception to vcpu\d{1,6}", vcpu_is_cpu=True, reason="#NM"),
    _on("handle_xfd_event", r"handle_xfd_event on CPU(?P<cpu>\d{1,6})"),
    # a stock kernel, extended states
    _on("xstate_feature", rf"x86/fpu: Supporting XSAVE feature (?P<xfeatures>{_HEX}): '(?P<reason>[^']{{1,64}})'"),
    _on("xstate_size", r"x86/fpu: xstate_offset\[(?P<bit>\d{1,2})\]: *+\d{1,9}, xstate_sizes\[\d{1,2}\]: *+(?P<value>\d{1,9})"),
    _on("xstate_enabled", rf"x86/fpu: Enabled xstate features (?P<xfeatures>{_HEX}), context size is (?P<value>\d{{1,9}}) bytes, "
        r"using '(?P<reason>\w{1,20})' format"),
    _on("fpu_state_bad", r"(?:x86/fpu: )?Bad FPU state detected at (?P<reason>[\w.]{1,200})\+0x"),
    _on("xstate_message", r"x86/(?:fpu|xstate): (?P<reason>\S.{0,400})"),
    _on("sigframe_size", r"(?:x86/)?signal: max sigframe size: (?P<value>\d{1,9})"),
    _on("trap_sigill", r"traps: (?P<comm>.{1,64})\[(?P<pid>\d{1,10})\] trap invalid opcode ip:(?P<address>[0-9a-f]{1,16}) sp:",
        reason="SIGILL"),
    _on("split_lock", r"x86/split lock detection: #(?P<reason>AC|DB): (?P<comm>.{1,64})/(?P<pid>\d{1,10}) "
        r"took a (?:split|bus)_lock trap at address: 0x(?P<address>[0-9a-f]{1,16})"),
    _on("msr_error", rf"unchecked MSR access error: WRMSR to (?P<msr>{_HEX}) \(tried to write (?P<value>{_HEX})\)"
        rf" at [rR]IP: {_HEX} \((?P<reason>[\w.]{{1,200}})"),
    _on("msr_error", rf"unchecked MSR access error: RDMSR from (?P<msr>{_HEX}) at [rR]IP: {_HEX} \((?P<reason>[\w.]{{1,200}})"),
    # Ubuntu 23.10's kernel, TDX host: without virt/ in front
    _on("tdx_keyids", r"tdx: BIOS enabled: private KeyID range:? (?P<reason>\[\d{1,6}, \d{1,6}\))"),
    _on("tdx_seamcall_failed",
        rf"tdx: SEAMCALL failed: CPU (?P<cpu>\d{{1,6}}): leaf (?P<reason>\d{{1,6}}), error (?P<value>{_HEX})"),
    _on("tdx_failed", r"tdx: (?P<reason>(?:not enabled by BIOS|(?:module )?initialization failed)\b.{0,200})"),
    _on("tdx_message", r"tdx: (?P<reason>(?:additional output: |TDX module: |CMR: |\d{1,15} KBs? allocated).{0,400})"),
    # a stock kernel, TDX guest
    _on("tdx_guest", r"tdx: Guest detected"),
    _on("tdx_attributes", r"tdx: (?:Attributes|TD_ATTRS|TD_CTLS): ?(?P<reason>.{0,400})"),
    _on("tdx_guest_message", r"(?:x86/)?tdx(?:[-_]guest)?: (?P<reason>\S.{0,400})"),
    _on("memory_encryption", r"Memory Encryption Features active: (?P<reason>Intel TDX\b.{0,100})"),
    _on("memory_encryption", r"software IO TLB: (?P<reason>Memory encryption is active\b.{0,200})"),
    _on("confidential_guest", r"systemd\[1\]: Detected confidential virtualization (?P<reason>[\w-]{1,40})"),
    _on("tdx_idle", r"(?:process|x86/process): using TDX aware idle routine"),
    _on("tdx_unexpected_ve", r"Unexpected #VE: (?P<value>\d{1,9})"),
    _on("unaccepted_memory", rf"efi: .{{0,400}}\bUnaccepted=(?P<value>{_HEX})"),
    _on("unaccepted_memory", r"(?P<reason>\S.{0,100}\b[Uu]naccepted (?:memory|pages?)\b.{0,200})"),
    _on("mktme", r"x86/(?:mk)?tme: (?P<reason>\S.{0,200})"),
    # a stock kernel, TDX host
    _on("tdx_keyids", r"virt/tdx: BIOS enabled: private KeyID range:? (?P<reason>\[\d{1,6}, \d{1,6}\))"),
    _on("tdx_module", r"virt/tdx: TDX module: .{0,80}?(?P<reason>major_version \d{1,6}, minor_version \d{1,6})"),
    _on("tdx_module", r"virt/tdx: (?:TDX )?[Mm]odule:? version:? (?P<reason>[\w.]{1,40})"),
    _on("tdx_initialized", r"virt/tdx: (?:TDX )?module initialized"),
    _on("tdx_failed", r"virt/tdx: (?P<reason>(?:module )?initialization failed\b.{0,200})"),
    _on("tdx_pamt", r"virt/tdx: (?P<value>\d{1,15}) KBs? allocated for PAMT"),
    _on("tdx_seamcall_failed", rf"SEAMCALL \((?P<reason>{_HEX})\) failed: (?P<value>{_HEX})"),
    _on("tdx_seamcall_failed", rf"virt/tdx: SEAMCALL \((?P<reason>{_HEX})\) failed: (?P<value>{_HEX})"),
    _on("tdx_message", r"virt/tdx: (?P<reason>\S.{0,400})"),
    _on("tdx_message", r"seamldr: (?P<reason>\S.{0,400})"),
    # a stock kernel, KVM
    _on("kvm_tdx_initialized", r"kvm_intel: TDX initialized"),
    _on("kvm_tdx", r"kvm_intel: (?P<reason>.{0,200}\b(?:TDX|tdx)\b.{0,200})"),
    _on("kvm_msr", rf"kvm \[(?P<pid>\d{{1,10}})\]: vcpu(?P<vcpu>\d{{1,6}}), guest rIP: {_HEX} "
        rf"(?P<reason>(?:[Uu]nhandled|ignored|disabled) (?:WRMSR|wrmsr|RDMSR|rdmsr))"
        rf"(?:\(|: )(?P<msr>{_HEX})\)?(?: (?:=|data) (?P<value>{_HEX}))?"),
    _on("kvm_vmcs", r"kvm_intel: VMCS [0-9a-f]{8,16}, last attempted VM-entry on CPU (?P<cpu>\d{1,6})"),
    _on("kvm_vmcs", r"VMCS [0-9a-f]{8,16}, last attempted VM-entry on CPU (?P<cpu>\d{1,6})"),
    _on("kvm_vmcs_exit", r"kvm_intel: {1,20}reason=(?P<reason>[0-9a-f]{8}) qualification=(?P<address>[0-9a-f]{1,16})"),
    _on("kvm_vmcs_exit", r"reason=(?P<reason>[0-9a-f]{8}) qualification=(?P<address>[0-9a-f]{1,16})"),
    _on("kvm_vmcb", r"kvm_amd: VMCB [0-9a-f]{8,16}, last attempted VMRUN on CPU (?P<cpu>\d{1,6})"),
    _on("kvm_vcpu_message", r"kvm \[(?P<pid>\d{1,10})\]: vcpu(?P<vcpu>\d{1,6}), (?P<reason>\S.{0,400})"),
    _on("kvm_message", r"kvm \[(?P<pid>\d{1,10})\]: (?P<reason>\S.{0,400})"),
    _on("kvm_message", rf"kvm(?!_intel: (?:{_STATE})|_amd: (?:{_AREAS}))(?:_intel|_amd|-guest|-clock|)?: (?P<reason>\S.{{0,400}})"),
    _on("kvm_guest", r"Hypervisor detected: (?P<reason>KVM)"),
    # warnings whose code is of extended states, KVM or TDX; oopses come from faults()
    _on("warning", rf"WARNING: (?:CPU: (?P<cpu>\d{{1,6}}) PID: (?P<pid>\d{{1,10}}) )?at {_PLACES} (?P<reason>[\w.]{{1,200}})\+0x"),
    _on("warning", rf"WARNING: {_PLACES} at (?P<reason>[\w.]{{1,200}})\+0x[^,]{{1,200}}, CPU#(?P<cpu>\d{{1,6}}): "
        r"(?P<comm>.{1,64})/(?P<pid>\d{1,10})$"),
    _on("warning", r"WARNING: (?:CPU: (?P<cpu>\d{1,6}) PID: (?P<pid>\d{1,10}) )?at \S{1,300} (?P<reason>[\w.]{1,200})\+0x\S{1,40} "
        r"\[(?:kvm|tdx)[\w-]{0,40}\b"),
)  # fmt: skip
"""Tried in this order at the start of a message; a new message is one entry here."""

FAILURES = frozenset({
    "oops", "warning", "fpu_state_bad", "msr_error", "trap_sigill", "tdx_failed", "tdx_seamcall_failed", "tdx_unexpected_ve",
    "kvm_vmcs", "kvm_vmcs_exit", "kvm_vmcb",
})  # fmt: skip
"""Kinds of events that tell of something gone wrong."""


_KEY = 3
_ANYWHERE = tuple(entry for entry in MESSAGES if len(_literal(entry)) < _KEY)
_BY_START = {
    key: tuple(entry for entry in MESSAGES if _literal(entry)[:_KEY] == key or entry in _ANYWHERE)
    for key in {_literal(entry)[:_KEY] for entry in MESSAGES if entry not in _ANYWHERE}
}


def match(message: str) -> tuple[dict[str, Any], Message] | None:
    """The columns of the event that a message tells of (with the message itself as `detail`), and its entry.

    >>> row, entry = match("kvm_set_msr_common set MSR_IA32_XFD to 0x40000 on vcpu1 cpu1")
    >>> row["kind"], hex(row["msr"]), hex(row["value"]), row["cpu"], entry.vcpu_is_cpu
    ('kvm_set_msr', '0x1c4', '0x40000', 1, True)
    >>> match("nothing of the kind") is None
    True
    """
    text = message.strip()
    for entry in _BY_START.get(text[:_KEY], _ANYWHERE):
        if found := entry.pattern.match(text):
            row: dict[str, Any] = {"kind": entry.kind, "detail": text, **entry.fixed}
            for name, value in found.groupdict().items():
                if value is None:
                    continue
                if name in ("comm", "reason"):
                    row[name] = value
                elif name == "address":
                    row["value"] = int(value, 16)
                elif name == "bit":
                    row["xfeatures"] = 1 << int(value) if int(value) < 64 else None
                else:
                    row[name] = int(value, 16 if value.startswith("0x") else 10)
            return row, entry
    return None


_AREA = re.compile(r"(?:__)?(?:kvm|vmx|svm|tdx|tdh|tdp_mmu|fpu|xfd|xstate|fpstate|vcpu|seamcall|restore_fpregs|save_fpregs)")
_OOPS = re.compile(
    r"(?:BUG: (?:unable to handle|kernel NULL)|general protection fault|kernel BUG at |invalid opcode|divide error|stack segment"
    r"|double fault|int3|Oops|traps: )"
)
_RIP = re.compile(
    r"[0-9a-f]{1,4}:(?:\[<[0-9a-f]{1,16}>\] ?(?:\[<[0-9a-f]{1,16}>\] )?)?(?P<name>[\w.]{1,200})\+0x\S{1,40}"
    r"(?: \[(?P<module>[\w-]{1,64}))?"
)


def faults(
    headlines: Mapping[int, dict[str, Any]],
    registers: Iterable[Mapping[str, Any]],
    known: set[int],
    stamps: Mapping[int, float] | None = None,
) -> list[dict[str, Any]]:
    """Events of kind ``oops``: one per trace whose headline is an oops in code of extended states, KVM or TDX.

    `headlines` maps the line of a headline to its trace; `known` holds the lines that are events already; `stamps` has the
    stamps of the headlines, where they are not those of the traces.
    The function is that of the first RIP of the trace.

    >>> trace = {"trace": 1, "headline": "general protection fault: 0000 [#1]", "timestamp": 1.5}
    >>> faults({2: trace}, [{"trace": 1, "line": 4, "name": "RIP", "value": "0010:kvm_x+0x1/0x2 [kvm]"}], set())[0]["reason"]
    'kvm_x'
    """
    rows = []
    oopses = {trace["trace"]: (line, trace) for line, trace in headlines.items() if _OOPS.match(trace["headline"])}
    for register in registers if oopses else ():
        if register["name"] != "RIP" or register.get("trace") not in oopses:
            continue
        line, trace = oopses.pop(register["trace"])
        found = _RIP.match(register["value"])
        ours = found and (_AREA.match(found["name"]) or (found["module"] or "").startswith(("kvm", "tdx")))
        if ours and line not in known:
            task = {name: trace.get(name) for name in ("timestamp", "cpu", "pid", "comm")}
            task["timestamp"] = (stamps or {}).get(line, task["timestamp"])
            rows.append({"line": line, "kind": "oops", "reason": found["name"], "detail": trace["headline"], **task})
    return rows
