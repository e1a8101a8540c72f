"""The tile registers: what a tile is, drawn from the architectural numbers."""

from __future__ import annotations

from ..architecture import ROW_BYTES, TILE_ROWS, TILES
from ..provenance import architectural
from .base import Figure
from .theme import COLOURS, drawing, sign


def tiles(name: str = "amx-tiles") -> Figure:
    """Draw the eight tile registers of palette 1 and one multiplication, TMM0 += TMM1 x TMM2.

    >>> tiles().data["bytes"].sum()
    np.int64(8192)
    """
    import pandas as pd
    from matplotlib.patches import Rectangle

    data = pd.DataFrame(
        {
            "tile": [f"tmm{number}" for number in range(TILES)],
            "rows": TILE_ROWS,
            "row_bytes": ROW_BYTES,
            "bytes": TILE_ROWS * ROW_BYTES,
        }
    )
    origin = architectural("Intel SDM vol. 1, ch. 18; CPUID leaf 0x1D, palette 1", [TILES, TILE_ROWS, ROW_BYTES])
    with drawing(7.0, 2.9) as (canvas, axes):
        roles = {
            0: ("C: 16 x 16 sums of 32 bits", "accent"),
            1: ("A: 16 rows of 64 bytes", "avx512"),
            2: ("B: 64 bytes a row", "bare-metal"),
        }
        for number in range(TILES):
            x, y = number % 4 * 1.25, 1.4 * (1 - number // 4)
            words, shade = roles.get(number, ("", "muted"))
            fill = COLOURS[shade]
            axes.add_patch(Rectangle((x, y), 1.05, 1.05, facecolor=fill, alpha=0.28 if words else 0.1, edgecolor=fill))
            for row in range(1, TILE_ROWS):
                axes.plot([x, x + 1.05], [y + 1.05 * row / TILE_ROWS] * 2, color=fill, linewidth=0.3, alpha=0.6)
            axes.text(x + 0.525, y + 0.66, f"tmm{number}", ha="center", fontsize=10, weight="bold")
            axes.text(x + 0.525, y + 0.32, words or "free", ha="center", fontsize=6.3)
        axes.set(xlim=(-0.1, 5.0), ylim=(-0.15, 2.75))
        axes.set_axis_off()
        sign(canvas, origin)
    size = TILES * TILE_ROWS * ROW_BYTES
    return Figure(
        name,
        "The eight tile registers of AMX",
        canvas,
        data,
        caption=(
            f"AMX has {TILES} tile registers of {TILE_ROWS} rows by {ROW_BYTES} bytes, "
            f"{TILE_ROWS * ROW_BYTES} bytes each and {size} bytes in all. "
            "The coloured ones show the three operands of one TDP instruction: it adds the product of A and B to C. "
            "LDTILECFG may give a tile fewer rows and bytes. "
            "Source: Intel SDM and CPUID leaf 0x1D; a drawing of architectural constants, not a measurement."
        ),
        alt=f"Eight squares named tmm0 to tmm7, each with {TILE_ROWS} lines for its rows; tmm0 is marked C, tmm1 A and tmm2 B.",
        origin=origin,
    )
