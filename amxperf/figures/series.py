"""Every iteration of some launches, in order: warm-up, disturbance and the step of the clock become visible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import MissingInput
from ..labels import counted
from ..provenance import provenance
from ..selector import parse
from .base import Figure
from .rows import rows
from .theme import drawing, sign

if TYPE_CHECKING:
    from ..dataset import Dataset

SHADES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


def iterations(
    dataset: Dataset, *, name: str, title: str, launches: Sequence[str], filter: str = "", scale: float = 1e6, unit: str = "µs"
) -> Figure:
    """Draw the iterations of up to six launches.

    Parameters
    ----------
    launches : names of launches.
    scale, unit : how times in s are shown; other units are shown as they are.
    filter : a selector of rows, such as ``problem=256x256*`` (:mod:`amxperf.selector`).

    Raises MissingInput where nothing matches.
    """
    dataset = rows(dataset, filter)
    data, pinned = dataset.measurements, [key for key in parse(filter).columns if key != "launch"] if filter else []
    data = data[data["launch"].isin(list(launches)[: len(SHADES)]) & data["iteration"].notna()]
    if not len(data):
        raise MissingInput(f"{dataset.name} holds no such iterations", hint="name other launches or values")
    if data["unit"].iloc[0] != "s":
        scale, unit = 1.0, str(data["unit"].iloc[0])
    origin = provenance(dataset, "parsed", launches=int(data["launch"].nunique()), sources=sorted(set(data["source"])))
    with drawing(7.2, 3.3) as (canvas, axes):
        for shade, launch in zip(SHADES, dict.fromkeys(data["launch"]), strict=False):
            part = data[data["launch"] == launch]
            axes.plot(
                part["iteration"].astype(int), part["value"] * scale, "o-", color=shade, markersize=3.5, linewidth=0.9, label=launch
            )
        if dataset.manifest.warmup:
            axes.axvspan(-0.5, dataset.manifest.warmup - 0.5, color="#dddddd", alpha=0.6, zorder=0, label="warm-up, left out")
        axes.set(xlabel="iteration in the launch", ylabel=f"{data['metric'].iloc[0]} ({unit})", yscale="log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(fontsize=7.5, ncols=2)
        sign(canvas, origin)
    steady = data[~(data["iteration"] < dataset.manifest.warmup).fillna(False)]
    first, last = data.loc[data["iteration"] == 0, "value"].median(), steady["value"].median()
    table = data[["launch", *pinned, "iteration", "value", "unit", "source", "line"]].reset_index(drop=True)
    return Figure(
        name,
        title,
        canvas,
        table,
        caption=(
            f"{counted(len(data), 'iteration')} of {counted(data['launch'].nunique(), 'launch')}. "
            f"The median of their first iterations is {first / last:.1f} times the median of those after the warm-up. "
            f"The vertical axis is logarithmic. Data: {dataset.credit}."
        ),
        alt=(
            f"Lines of {counted(data['launch'].nunique(), 'launch')} over their iterations, from {data['value'].min() * scale:.3g} "
            f"to {data['value'].max() * scale:.3g} {unit}; the first iterations lie at {first / last:.1f} times the later median."
        ),
        origin=origin,
    )
