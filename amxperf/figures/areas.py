"""Where the state components lie in the XSAVE area."""

from __future__ import annotations

from ..architecture import COMPONENTS, HEADER, LEGACY, XTILECFG, XTILEDATA, compacted, compacted_size
from ..provenance import architectural
from .base import Figure
from .theme import COLOURS, drawing, sign


def xsave(name: str = "xsave-layout", features: int = 0x602E7) -> Figure:
    """Draw the compacted XSAVE area for a bitmap of components, with and without AMX.

    The default bitmap is the one that QEMU asks for in the captures (R12 of the host's register dump).

    >>> int(xsave().data["bytes"].sum()) > 8192
    True
    """
    import pandas as pd

    plain = features & ~(1 << XTILECFG | 1 << XTILEDATA)
    rows = []
    for label, bits in (("without AMX", plain), ("with AMX", features)):
        rows.append({"area": label, "component": "legacy (x87, SSE) and header", "offset": 0, "bytes": LEGACY + HEADER})
        for component, offset in compacted(bits):
            if component.bit > 1:
                rows.append({"area": label, "component": component.name, "offset": offset, "bytes": component.size})
    data = pd.DataFrame(rows)
    origin = architectural(
        "Intel SDM vol. 1, 13.4; CPUID leaf 0xD", [features, *((part.bit, part.size, part.aligned) for part in COMPONENTS)]
    )
    shades = ["#bbbbbb", "#56B4E9", "#F0E442", "#009E73", "#E69F00", "#CC79A7", "#444444", COLOURS["avx512"]]
    kinds = list(dict.fromkeys(data["component"]))
    with drawing(7.0, 2.6) as (canvas, axes):
        for kind, shade in zip(kinds, shades, strict=False):
            part = data[data["component"] == kind]
            axes.barh(part["area"], part["bytes"], left=part["offset"], color=shade, edgecolor="white", linewidth=0.4, label=kind)
        for label, bits in (("without AMX", plain), ("with AMX", features)):
            axes.text(compacted_size(bits) + 90, label, f"{compacted_size(bits)} B", va="center", fontsize=9)
        axes.set(xlabel="offset in the XSAVE area (bytes, compacted format)", xlim=(0, 12400))
        axes.grid(axis="y", visible=False)
        canvas.legend(loc="outside upper center", ncols=4, fontsize=7.5)
        sign(canvas, origin)
    small, large = compacted_size(plain), compacted_size(features)
    return Figure(
        name,
        "The XSAVE area with and without AMX",
        canvas,
        data,
        caption=(
            f"A task's XSAVE area takes {small} bytes with the components of {plain:#x} "
            f"and {large} bytes with those of {features:#x}. "
            "Tile data alone are 8192 of them: this is why Linux gives the larger buffer only to threads that use AMX. "
            "Offsets follow the rules of the compacted format from the component sizes of CPUID leaf 0xD; "
            "a computation from architectural constants, not a measurement."
        ),
        alt=f"Two stacked bars: {small} bytes without AMX, {large} bytes with AMX, most of it tile data.",
        origin=origin,
    )
