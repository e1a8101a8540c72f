"""Exceptions and interrupts by number, and VM-exit interruption information (SDM volume 3, 25.9.2 and 26.8.3).

The names are those of KVM's tracepoints (arch/x86/kvm/trace.h).
"""

from __future__ import annotations

EXCEPTIONS = {
    0: "#DE", 1: "#DB", 3: "#BP", 4: "#OF", 5: "#BR", 6: "#UD", 7: "#NM", 8: "#DF", 10: "#TS", 11: "#NP", 12: "#SS", 13: "#GP",
    14: "#PF", 16: "#MF", 17: "#AC", 18: "#MC", 19: "#XM", 20: "#VE", 21: "#CP", 28: "#HV", 29: "#VC", 30: "#SX",
}  # fmt: skip
"""Vector -> mnemonic."""

VECTORS = {mnemonic: vector for vector, mnemonic in EXCEPTIONS.items()}

VALID, TYPE, VECTOR = 1 << 31, 0x700, 0xFF


def vector(information: int) -> int | None:
    """The vector of interruption information; None where the valid bit (31) is clear.

    >>> vector(0x80000307), vector(0x307)
    (7, None)
    """
    return information & VECTOR if information & VALID else None


def name(information: int) -> str:
    """Interruption information in words: the exception, NMI, or the kind of interrupt and its vector; empty where not valid.

    >>> name(0x80000307), name(0x800000ec), name(0x80000202), name(0)
    ('#NM', 'interrupt 236', 'NMI', '')
    """
    if not information & VALID:
        return ""
    number = information & VECTOR
    kind = (information & TYPE) >> 8
    if kind == 2:
        return "NMI"
    if kind in (3, 5, 6):  # hardware, privileged software (INT1), software (INT3, INTO)
        return EXCEPTIONS.get(number, f"exception {number}")
    return {0: f"interrupt {number}", 4: f"INT {number:#x}", 7: "other event"}.get(kind, f"type 1, vector {number}")
