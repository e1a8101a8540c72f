"""Where launches settle: their iterations, the levels that change points find, and what warm-up leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import MissingInput
from ..provenance import provenance
from ..settling import shapes
from .base import Figure
from .rows import rows
from .theme import COLOURS, drawing, sign

if TYPE_CHECKING:
    from ..dataset import Dataset


def settling(
    dataset: Dataset, *, name: str, title: str, launches: Sequence[str], filter: str = "", scale: float = 1e6, unit: str = "µs"
) -> Figure:
    """Draw the iterations of some launches with their levels, one panel each; hollow marks are left out as warm-up.

    Parameters
    ----------
    launches : names of launches, up to six.
    filter : a selector of rows, such as ``problem=256x256*`` (:mod:`amxperf.selector`).
    scale, unit : how times in s are shown; other units are shown as they are.

    Raises MissingInput where nothing matches.
    """
    from matplotlib.ticker import LogLocator, NullFormatter

    dataset = rows(dataset, filter)
    table = shapes(dataset)
    table = table[table["launch"].isin(list(launches)[:6])]
    if not len(table):
        raise MissingInput(f"{dataset.name} holds no such launches", hint="name other launches or values")
    if table["unit"].iloc[0] != "s":
        scale, unit = 1.0, str(table["unit"].iloc[0])
    series = table.to_dict("records")
    origin = provenance(dataset, "aggregated", launches=int(table["launch"].nunique()), sources=sorted(set(table["source"])))
    with drawing(7.4, 2.9, columns=len(series), sharey=True) as (canvas, axes):
        for axis, row in zip([axes] if len(series) == 1 else axes, series, strict=True):
            values, found = row["values"] * scale, row["steady"]
            places = range(len(values))
            axis.plot(places[: found.start], values[: found.start], "o", color=COLOURS["plain"], markersize=4, fillstyle="none")
            axis.plot(places[found.start :], values[found.start :], "o", color=COLOURS["plain"], markersize=3)
            for part in found.segments:
                left_out = part.start < found.start
                shade = COLOURS["avx512"] if left_out else COLOURS["amx"]
                axis.plot([part.start - 0.4, part.end - 0.6], [part.level * scale] * 2, color=shade, linewidth=2)
            axis.set_title(f"{row['launch']}\n{found.shape}", fontsize=8)
            axis.set(xlabel="iteration", yscale="log")
            axis.yaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
            axis.yaxis.set_major_formatter("{x:g}")
            axis.yaxis.set_minor_formatter(NullFormatter())
        canvas.axes[0].set_ylabel(f"{series[0]['metric']} ({unit})")
        sign(canvas, origin)
    data = table.drop(columns=["values", "steady"]).reset_index(drop=True)
    told = "; ".join(f"{row['launch']}: {row['steady'].sentence()}" for row in series)
    return Figure(
        name,
        title,
        canvas,
        data,
        caption=(
            f"Iterations of launches and the levels that change points find in each; levels within 1 % are one. "
            f"Hollow marks are left out as warm-up. {told}. The vertical axis is logarithmic. Data: {dataset.credit}."
        ),
        alt=f"{len(series)} panels of points with horizontal lines for levels. {told}.",
        origin=origin,
    )
