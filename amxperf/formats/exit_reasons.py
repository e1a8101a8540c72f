"""VMX basic exit reasons: number -> name, as the kernel's kvm_exit tracepoint prints them.

Numbers and names: Intel SDM volume 3, appendix C, and arch/x86/include/uapi/asm/vmx.h (Linux 6.18).
The same event may have another reason in a TDX guest: kernels of 2024 count every TDVMCALL as TDCALL,
Linux 6.16 and later count it as the instruction it stands for (HLT, MSR_WRITE, CPUID ...).
"""

from __future__ import annotations

FAILED_ENTRY = 1 << 31
"""Bit of the exit-reason field that says: the VM entry failed."""

EXIT_REASONS: dict[int, str] = {
    0: "EXCEPTION_NMI",
    1: "EXTERNAL_INTERRUPT",
    2: "TRIPLE_FAULT",
    3: "INIT_SIGNAL",
    4: "SIPI_SIGNAL",
    6: "OTHER_SMI",
    7: "INTERRUPT_WINDOW",
    8: "NMI_WINDOW",
    9: "TASK_SWITCH",
    10: "CPUID",
    12: "HLT",
    13: "INVD",
    14: "INVLPG",
    15: "RDPMC",
    16: "RDTSC",
    18: "VMCALL",
    19: "VMCLEAR",
    20: "VMLAUNCH",
    21: "VMPTRLD",
    22: "VMPTRST",
    23: "VMREAD",
    24: "VMRESUME",
    25: "VMWRITE",
    26: "VMOFF",
    27: "VMON",
    28: "CR_ACCESS",
    29: "DR_ACCESS",
    30: "IO_INSTRUCTION",
    31: "MSR_READ",
    32: "MSR_WRITE",
    33: "INVALID_STATE",
    34: "MSR_LOAD_FAIL",
    36: "MWAIT_INSTRUCTION",
    37: "MONITOR_TRAP_FLAG",
    39: "MONITOR_INSTRUCTION",
    40: "PAUSE_INSTRUCTION",
    41: "MCE_DURING_VMENTRY",
    43: "TPR_BELOW_THRESHOLD",
    44: "APIC_ACCESS",
    45: "EOI_INDUCED",
    46: "GDTR_IDTR",
    47: "LDTR_TR",
    48: "EPT_VIOLATION",
    49: "EPT_MISCONFIG",
    50: "INVEPT",
    51: "RDTSCP",
    52: "PREEMPTION_TIMER",
    53: "INVVPID",
    54: "WBINVD",
    55: "XSETBV",
    56: "APIC_WRITE",
    57: "RDRAND",
    58: "INVPCID",
    59: "VMFUNC",
    60: "ENCLS",
    61: "RDSEED",
    62: "PML_FULL",
    63: "XSAVES",
    64: "XRSTORS",
    67: "UMWAIT",
    68: "TPAUSE",
    74: "BUS_LOCK",
    75: "NOTIFY",
    76: "SEAMCALL",
    77: "TDCALL",
    84: "MSR_READ_IMM",
    85: "MSR_WRITE_IMM",
}


def name(number: int) -> str:
    """The name of an exit reason; a failed VM entry says so, as in the tracepoint.

    >>> name(32), name(77), name(999)
    ('MSR_WRITE', 'TDCALL', 'UNKNOWN_999')
    >>> name(0x80000021)
    'INVALID_STATE FAILED_VMENTRY'
    """
    if number >= FAILED_ENTRY and number & ~FAILED_ENTRY in EXIT_REASONS:
        return f"{EXIT_REASONS[number & ~FAILED_ENTRY]} FAILED_VMENTRY"
    return EXIT_REASONS.get(number, f"UNKNOWN_{number}")
