"""How an interval narrows with more replicates, for what a pilot shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import MissingInput
from ..planning import plan_dataset
from ..provenance import provenance
from ..stats.plan import half_width
from ..stats.wording import PLURAL
from .base import Figure
from .rows import rows
from .series import SHADES
from .theme import drawing, sign

if TYPE_CHECKING:
    from ..dataset import Dataset

REPLICATES = (3, 4, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300)


def plan_curves(
    dataset: Dataset, *, name: str, title: str, baseline: str, treatment: str, by: str, width: float = 0.02,
    replicates: Sequence[int] = REPLICATES, filter: str = "",
) -> Figure:  # fmt: skip
    """Draw the expected half width of the interval against replicates per arm, one line per value of a factor.

    Parameters
    ----------
    baseline, treatment : selectors of the pilot's arms.
    by : factor that tells the lines apart.
    width : wanted half width, drawn as a line.
    filter : a selector of rows of the pilot, such as ``problem=256x256*`` (:mod:`amxperf.selector`).

    Raises MissingInput where the pilot shows no spread of replicates.
    """
    import pandas as pd
    from matplotlib.ticker import LogLocator, NullFormatter

    dataset = rows(dataset, filter)
    found = [item for item in plan_dataset(dataset, baseline, treatment, width=width) if item.plan] if _has(dataset, by) else []
    if not found:
        raise MissingInput(f"{dataset.name} is no pilot for this: it shows no spread of replicates", hint="name other arms")
    points, arms = [], 1 if found[0].plan.replicate == "block" else 2
    for item in found:
        label, spread = dict(item.factors).get(by, ""), item.plan.deviation
        for count in replicates:
            half = half_width(count, spread, arms=arms)
            points.append({by: label, "replicate": item.plan.replicate, "replicates": count, "deviation": spread,
                           "half_width": half, "wanted": width, "needed": item.plan.replicates})  # fmt: skip
    table = pd.DataFrame(points)
    noun = PLURAL[found[0].plan.replicate]
    each = f"{noun} per arm" if arms == 2 else noun
    origin = provenance(dataset, "modelled", sources=sorted(set(dataset.measurements["source"])))
    with drawing(7.0, 3.3) as (canvas, axes):
        for shade, (label, part) in zip(SHADES, table.groupby(by, sort=False), strict=False):
            words = f"{label.split(':')[0]} ({noun} differ by {100 * part['deviation'].iloc[0]:.1f} %)"
            axes.plot(part["replicates"], part["half_width"] * 100, "o-", color=shade, markersize=3.5, label=words)
        axes.axhline(100 * width, color="#444444", linewidth=0.8, linestyle="--")
        axes.set(xscale="log", yscale="log", xlabel=each, ylabel="half width of the interval (±%)")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter(NullFormatter())
        axes.legend(fontsize=7.5)
        sign(canvas, origin)
    needed = "; ".join(f"{label}: {int(part['needed'].iloc[0])}" for label, part in table.groupby(by, sort=False))
    return Figure(
        name,
        title,
        canvas,
        table,
        caption=(
            f"Expected half width of the 95 % interval of {treatment} over {baseline} against {each}, for the "
            "scatter that the pilot shows; a formula drawn through measured spreads, not a measurement of widths. "
            f"The dashed line is {100 * width:g} %. "
            f"{each.capitalize()} that reach it: {needed}. Data: {dataset.credit}."
        ),
        alt=(
            f"{table[by].nunique()} falling lines on logarithmic axes, from {100 * table['half_width'].max():.3g} "
            f"to {100 * table['half_width'].min():.2g} %; a line at {100 * width:g} %."
        ),
        origin=origin,
    )


def _has(dataset: Dataset, column: str) -> bool:
    data = dataset.measurements
    return column in data and bool(len(data)) and not math.isnan(data["value"].max())
