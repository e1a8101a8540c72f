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


def _on(kind: str, pattern: str, *, vcpu_is_cpu: bool = False, **fixed: Any) -> Message:
    return Message(kind, re.compile(pattern), fixed, vcpu_is_cpu)


_HEX = r"0x[0-9a-fA-F]{1,16}"
_XFD, _ERR = {"msr": MSR_IA32_XFD}, {"msr": MSR_IA32_XFD_ERR}

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
    _on("sigframe_size", r"signal: max sigframe size: (?P<value>\d{1,9})"),
    _on("trap_sigill", r"traps: (?P<comm>.{1,32})\[(?P<pid>\d{1,10})\] trap invalid opcode ip:(?P<address>[0-9a-f]{1,16}) sp:",
        reason="SIGILL"),
    # a stock kernel, TDX guest and host
    _on("tdx_guest", r"tdx: Guest detected"),
    _on("tdx_keyids", r"virt/tdx: BIOS enabled: private KeyID range (?P<reason>\[\d{1,6}, \d{1,6}\))"),
    _on("tdx_module", r"virt/tdx: TDX module: .{0,80}?(?P<reason>major_version \d{1,6}, minor_version \d{1,6})"),
    _on("tdx_initialized", r"virt/tdx: module initialized"),
)  # fmt: skip
"""Tried in this order at the start of a message; a new message is one entry here."""


def match(message: str) -> tuple[dict[str, Any], Message] | None:
    """The columns of the event that a message tells of (with the message itself as `detail`), and its entry.

    >>> row, entry = match("kvm_set_msr_common set MSR_IA32_XFD to 0x40000 on vcpu1 cpu1")
    >>> row["kind"], hex(row["msr"]), hex(row["value"]), row["cpu"], entry.vcpu_is_cpu
    ('kvm_set_msr', '0x1c4', '0x40000', 1, True)
    >>> match("nothing of the kind") is None
    True
    """
    text = message.strip()
    for entry in MESSAGES:
        if found := entry.pattern.match(text):
            row: dict[str, Any] = {"kind": entry.kind, "detail": text, **entry.fixed}
            for name, value in found.groupdict().items():
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
