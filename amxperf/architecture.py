"""What the architecture fixes: numbers of AMX, XSAVE and XFD, and the words for them.

Sources: Intel 64 and IA-32 Architectures Software Developer's Manual, vol. 1 ch. 13 and 18; Linux 6.16.1,
arch/x86/include/uapi/asm/prctl.h:13-20, arch/x86/include/asm/msr-index.h:898-899, arch/x86/include/asm/fpu/types.h.
"""

from __future__ import annotations

from dataclasses import dataclass

TILES = 8
"""Tile registers of palette 1 (CPUID 0x1D.1 EBX[31:16])."""

TILE_ROWS = 16
"""Rows of a tile (CPUID 0x1D.1 ECX[15:0])."""

ROW_BYTES = 64
"""Bytes of a row (CPUID 0x1D.1 EBX[15:0])."""

MSR_NAMES = {
    0x1C4: "IA32_XFD",
    0x1C5: "IA32_XFD_ERR",
    0x6E0: "IA32_TSC_DEADLINE",
    0x830: "IA32_X2APIC_ICR",
}
"""Model-specific registers that the captures show."""

ARCH_PRCTL = {
    0x1001: "ARCH_SET_GS",
    0x1002: "ARCH_SET_FS",
    0x1003: "ARCH_GET_FS",
    0x1004: "ARCH_GET_GS",
    0x1021: "ARCH_GET_XCOMP_SUPP",
    0x1022: "ARCH_GET_XCOMP_PERM",
    0x1023: "ARCH_REQ_XCOMP_PERM",
    0x1024: "ARCH_GET_XCOMP_GUEST_PERM",
    0x1025: "ARCH_REQ_XCOMP_GUEST_PERM",
}
"""Options of arch_prctl, system call 158."""

SYS_ARCH_PRCTL = 158

XTILECFG, XTILEDATA = 17, 18
"""State components of AMX."""


@dataclass(frozen=True)
class Component:
    """A state component of the XSAVE area.

    `size` in bytes; `aligned`: starts at a multiple of 64 in the compacted format (CPUID 0xD.n ECX[1]).
    `offset` is its place in the standard format, fixed by CPUID 0xD.n EBX.
    """

    bit: int
    name: str
    size: int
    offset: int
    aligned: bool = False


COMPONENTS = (
    Component(0, "x87", 160, 0),
    Component(1, "SSE", 256, 160),
    Component(2, "AVX", 256, 576),
    Component(5, "opmask", 64, 1088),
    Component(6, "ZMM_Hi256", 512, 1152),
    Component(7, "Hi16_ZMM", 1024, 1664),
    Component(9, "PKRU", 8, 2688),
    Component(17, "XTILECFG", 64, 2752, aligned=True),
    Component(18, "XTILEDATA", 8192, 2816, aligned=True),
)
"""User state components that the captures' machines have; x87 and SSE share the 512-byte legacy area, the header takes 64 more."""

LEGACY, HEADER = 512, 64


def names(bits: int) -> list[str]:
    """Names of the components in a bitmap, lowest first; unknown bits as 'bit n'.

    >>> names(0x60000)
    ['XTILECFG', 'XTILEDATA']
    >>> names(0x40000)
    ['XTILEDATA']
    """
    known = {component.bit: component.name for component in COMPONENTS}
    return [known.get(bit, f"bit {bit}") for bit in range(63) if bits >> bit & 1]


def compacted(features: int) -> list[tuple[Component, int]]:
    """Place of each component in the compacted format: pairs of component and offset in bytes.

    Each component follows the one before it, at a multiple of 64 where it asks for that (SDM vol. 1, 13.4.3).

    >>> [(component.name, offset) for component, offset in compacted(0x602e7)][-2:]
    [('XTILECFG', 2496), ('XTILEDATA', 2560)]
    """
    places, end = [], LEGACY + HEADER
    for component in COMPONENTS:
        if not features >> component.bit & 1:
            continue
        if component.bit < 2:
            places.append((component, component.offset))
            continue
        if component.aligned:
            end = -(-end // 64) * 64
        places.append((component, end))
        end += component.size
    return places


def compacted_size(features: int) -> int:
    """Size of the compacted XSAVE area in bytes.

    >>> compacted_size(0x602e7)
    10752
    """
    return max([LEGACY + HEADER] + [offset + component.size for component, offset in compacted(features)])
