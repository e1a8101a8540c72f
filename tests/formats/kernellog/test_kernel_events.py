"""Messages of a stock kernel that become events, each written after its printk in the kernel's source."""

# ruff: noqa: E501 (lines of logs stand whole)

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.document import Document
from amxperf.formats import dmesg
from amxperf.formats.kernellog import kernel_events

CASES = [
    ("x86/fpu: x87 FPU will use FXSAVE", {"kind": "xstate_message", "reason": "x87 FPU will use FXSAVE"}),
    ("x86/fpu: Bad FPU state detected at restore_fpregs_from_fpstate+0x8b/0xf0, reinitializing FPU registers.",
     {"kind": "fpu_state_bad", "reason": "restore_fpregs_from_fpstate"}),
    ("unchecked MSR access error: WRMSR to 0x1c4 (tried to write 0x0000000000040000) at rIP: 0xffffffff8106a5f4 (xfd_update_state+0x14/0x20)",
     {"kind": "msr_error", "msr": 0x1C4, "value": 0x40000, "reason": "xfd_update_state"}),
    ("unchecked MSR access error: RDMSR from 0x1c5 at rIP: 0xffffffff8106a5f4 (native_read_msr+0x4/0x20)",
     {"kind": "msr_error", "msr": 0x1C5, "reason": "native_read_msr"}),
    ("x86/split lock detection: #AC: CPU 1/KVM/3302738 took a split_lock trap at address: 0xbff4b050",
     {"kind": "split_lock", "comm": "CPU 1/KVM", "pid": 3302738, "value": 0xBFF4B050, "reason": "AC"}),
    ("virt/tdx: BIOS enabled: private KeyID range: [16, 64)", {"kind": "tdx_keyids", "reason": "[16, 64)"}),
    ("tdx: Attributes: SEPT_VE_DISABLE", {"kind": "tdx_attributes", "reason": "SEPT_VE_DISABLE"}),
    ("tdx: TD_CTLS: PENDING_VE_DISABLE ENUM_TOPOLOGY", {"kind": "tdx_attributes"}),
    ("Memory Encryption Features active: Intel TDX", {"kind": "memory_encryption", "reason": "Intel TDX"}),
    ("process: using TDX aware idle routine", {"kind": "tdx_idle"}),
    ("Unexpected #VE: 30", {"kind": "tdx_unexpected_ve", "value": 30}),
    ("efi: ACPI=0x7f7e000 ACPI 2.0=0x7f7e014 Unaccepted=0x7ec4f018 ", {"kind": "unaccepted_memory", "value": 0x7EC4F018}),
    ("virt/tdx: TDX module version: 1.5.06", {"kind": "tdx_module", "reason": "1.5.06"}),
    ("virt/tdx: module initialization failed (-12)", {"kind": "tdx_failed"}),
    ("virt/tdx: initialization failed: too few private KeyIDs available.", {"kind": "tdx_failed"}),
    ("virt/tdx: 1050644 KB allocated for PAMT", {"kind": "tdx_pamt", "value": 1050644}),
    ("virt/tdx: SEAMCALL (0x25) failed: 0xc000050500000000", {"kind": "tdx_seamcall_failed", "reason": "0x25", "value": 0xC000050500000000}),
    ("virt/tdx: some words of a later release", {"kind": "tdx_message", "reason": "some words of a later release"}),
    ("kvm_intel: TDX initialized", {"kind": "kvm_tdx_initialized"}),
    ("kvm_intel: Cannot enable TDX with EPT disabled", {"kind": "kvm_tdx"}),
    ("kvm [4357]: vcpu0, guest rIP: 0xffffffff81062b74 Unhandled WRMSR(0x1c4) = 0x40000",
     {"kind": "kvm_msr", "pid": 4357, "vcpu": 0, "msr": 0x1C4, "value": 0x40000, "reason": "Unhandled WRMSR"}),
    ("kvm [4357]: vcpu3, guest rIP: 0xffffffff81062b74 ignored rdmsr: 0x1c4", {"kind": "kvm_msr", "vcpu": 3, "msr": 0x1C4, "reason": "ignored rdmsr"}),
    ("SEAMCALL (0x1c) failed: 0xc000030000000001 RCX 0x0000000000000000 RDX 0x0000000000000000",
     {"kind": "tdx_seamcall_failed", "reason": "0x1c", "value": 0xC000030000000001}),
    ("tdx: SEAMCALL failed: CPU 94: leaf 33, error 0xc000092100000122.",
     {"kind": "tdx_seamcall_failed", "cpu": 94, "reason": "33", "value": 0xC000092100000122}),
    ("tdx: BIOS enabled: private KeyID range [32, 64)", {"kind": "tdx_keyids", "reason": "[32, 64)"}),
    ("tdx: not enabled by BIOS.", {"kind": "tdx_failed", "reason": "not enabled by BIOS."}),
    ("tdx: additional output: rcx 0x0, rdx 0x0.", {"kind": "tdx_message"}),
    ("software IO TLB: Memory encryption is active and system is using DMA bounce buffers", {"kind": "memory_encryption"}),
    ("systemd[1]: Detected confidential virtualization tdx.", {"kind": "confidential_guest", "reason": "tdx"}),
    ("kvm_intel: VMCS 00000000a1b2c3d4, last attempted VM-entry on CPU 3", {"kind": "kvm_vmcs", "cpu": 3}),
    ("VMCS 00000000a1b2c3d4, last attempted VM-entry on CPU 12", {"kind": "kvm_vmcs", "cpu": 12}),
    ("kvm_intel:         reason=80000021 qualification=00000000000000ff",
     {"kind": "kvm_vmcs_exit", "reason": "80000021", "value": 0xFF}),
    ("kvm_amd: VMCB 00000000a1b2c3d4, last attempted VMRUN on CPU 3", {"kind": "kvm_vmcb", "cpu": 3}),
    ("kvm: Nested Virtualization enabled", {"kind": "kvm_message"}),
    ("Hypervisor detected: KVM", {"kind": "kvm_guest", "reason": "KVM"}),
    ("WARNING: CPU: 1 PID: 7 at arch/x86/kvm/vmx/tdx.c:123 tdx_handle_exit+0x1/0x2 [kvm_intel]",
     {"kind": "warning", "cpu": 1, "pid": 7, "reason": "tdx_handle_exit"}),
    ("WARNING: /build/linux/arch/x86/kernel/fpu/core.c:9 at fpu_swap+0x1/0x2, CPU#3: CPU 0/KVM/4371",
     {"kind": "warning", "cpu": 3, "comm": "CPU 0/KVM", "pid": 4371, "reason": "fpu_swap"}),
    ("WARNING: CPU: 1 PID: 7 at lib/refcount.c:9 x+0x1/0x2 [kvm]", {"kind": "warning", "reason": "x"}),
    ("WARNING: at virt/kvm/kvm_main.c:9 kvm_y+0x1/0x2 [kvm]()", {"kind": "warning", "reason": "kvm_y"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text[:40] for text, _ in CASES])
def test_messages(text, expected):
    row, _ = kernel_events.match(text)
    assert {name: row.get(name) for name in expected} == expected
    assert row["detail"] == text.strip()
    assert len(dmesg.read(Document("a", text.encode(), ""), {})[0]["events"]) == 1


DUMPED = [
    "*** Guest State ***", "CR0: actual=0x0000000080010033, shadow=0x0000000080010033, gh_mask=fffffffffffefff7", "CR3 = 0x000000800f76000",
    "RSP = 0xfffffe006000be50  RIP = 0xffffff8000042837", "CS:   sel=0x0008, attr=0x0a09b, limit=0xffffffff, base=0x0000000000000000",
    "GDTR:                           limit=0x0000001f, base=0x0000000000000000", "EFER= 0x0000000000000d01",
    "VMExit: intr_info=00000000 errcode=00000000 ilen=00000000", "Virtual processor ID = 0x0003",
]  # fmt: skip


@pytest.mark.parametrize("prefix", ["", "kvm_intel: "])
def test_the_dump_of_a_guest_is_detail_and_one_event(prefix):
    lines = ["kvm_intel: VMCS 00000000a1b2c3d4, last attempted VM-entry on CPU 3", *(prefix + line for line in DUMPED)]
    data = "\n".join(f"[    1.00000{number}] {line}" for number, line in enumerate(lines)).encode()
    tables, _ = dmesg.read(Document("a", data, ""), {})
    assert tables["events"][["line", "kind", "cpu"]].values.tolist() == [[1, "kvm_vmcs", 3]]
    assert set(tables["lines"]["role"].tolist()[1:]) <= {"detail", "register"}


@pytest.mark.parametrize(
    "text", ["WARNING: CPU: 0 PID: 7 at drivers/x.c:9 f+0x1/0x2", "usb 1-1: kvm", "kvm_x failed", "tdxfoo: x", "", "WARNING: x", "efi: EFI v2.7"]
)
def test_other_messages_are_none(text):
    assert kernel_events.match(text) is None


OOPS = """\
[    1.000000] BUG: kernel NULL pointer dereference, address: 0000000000000008
[    1.000000] CPU: 3 PID: 7 Comm: CPU 0/KVM Not tainted 6.7.0 #1
[    1.000000] RIP: 0010:{}+0x1/0x2{}
[    1.000000] Call Trace:
[    1.000000]  a+0x1/0x2
"""


@pytest.mark.parametrize(
    ("function", "module", "events"),
    [
        ("f", " [kvm_intel]", [["oops", 1, "f", 3, 7, "CPU 0/KVM"]]),
        ("restore_fpregs_from_fpstate", "", [["oops", 1, "restore_fpregs_from_fpstate", 3, 7, "CPU 0/KVM"]]),
        ("usb_x", " [usbcore]", []),
    ],
)
def test_an_oops_in_the_code_that_matters_is_an_event(function, module, events):
    tables, _ = dmesg.read(Document("a", OOPS.format(function, module).encode(), ""), {})
    assert tables["events"][["kind", "line", "reason", "cpu", "pid", "comm"]].values.tolist() == events


def test_looking_up_by_the_start_loses_no_entry():
    for entry in kernel_events.MESSAGES:
        for text, _ in CASES:
            if entry.pattern.match(text):
                assert kernel_events.match(text) is not None


@settings(deadline=None, max_examples=100)
@given(st.sampled_from([text for text, _ in CASES]), st.integers(0, 80), st.text(max_size=5))
def test_a_damaged_message_never_raises(text, at, junk):
    kernel_events.match(text[:at] + junk + text[at:])
    kernel_events.match(text[:at])
