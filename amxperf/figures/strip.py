"""One mark per launch: where launches of an arm lie, and how far they scatter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import MissingInput
from ..labels import counted
from ..provenance import provenance
from .base import Figure
from .rows import column, rows
from .theme import colour, drawing, sign

if TYPE_CHECKING:
    import pandas as pd

    from ..dataset import Dataset


WORDS = {"lower": "Lower is faster. ", "higher": "Higher is faster. ", "none": ""}


def medians(dataset: Dataset, by: list[str]) -> pd.DataFrame:
    """Median value per launch (warm-up left out as the manifest says) for each combination of the columns `by`.

    Returns columns environment, boot, launch, *by, median, iterations, spread (largest over smallest minus 1).
    """
    data = dataset.measurements
    data = data[data["informative"] & ~(data["iteration"] < dataset.manifest.warmup).fillna(False)]
    keys = list(dict.fromkeys(["environment", "boot", "launch", *by]))
    grouped = data.groupby(keys, sort=False)["value"]
    table = grouped.agg(median="median", iterations="size", low="min", high="max").reset_index()
    table["spread"] = table["high"] / table["low"] - 1
    return table.drop(columns=["low", "high"])


def launches(
    dataset: Dataset, *, name: str, title: str, panel: str, x: str, hue: str, filter: str = "", scale: float = 1e3,
    unit: str = "ms",
) -> Figure:  # fmt: skip
    """Draw the median of every launch, one panel per value of `panel`.

    Parameters
    ----------
    panel, x, hue : factor columns; `hue` also gives colour.
    filter : a selector of rows, such as ``benchmark=matmul*,size>=512`` (:mod:`amxperf.selector`).
    scale, unit : how times in s are shown; other units are shown as they are.

    Raises MissingInput where the data lack one of the columns.
    """
    import seaborn
    from matplotlib.ticker import LogLocator, NullFormatter

    dataset = rows(dataset, filter)
    for name_ in (panel, x, hue):
        column(dataset, name_)
    table = medians(dataset, ["benchmark", "metric", "unit", "better", panel, x, hue])
    if not len(table):
        raise MissingInput(f"{dataset.name} holds no value that could depend on speed", hint="record another benchmark")
    what = table.groupby(["benchmark", "metric", "better"], sort=False).size().idxmax()
    chosen = table["benchmark"].eq(what[0]) & table["metric"].eq(what[1]) & table["better"].eq(what[2])
    table = table[chosen].reset_index(drop=True)
    if table["unit"].iloc[0] != "s":
        scale, unit = 1.0, str(table["unit"].iloc[0])
    table["median"] = (table["median"] * scale).round(9)
    panels = list(dict.fromkeys(table[panel]))
    hues = sorted(set(table[hue]))
    origin = provenance(dataset, "aggregated", launches=int(table["launch"].nunique()), boots=_boots(table))
    with drawing(7.4, 3.2, columns=len(panels)) as (canvas, axes):
        axes = [axes] if len(panels) == 1 else list(axes)
        for axis, value in zip(axes, panels, strict=True):
            part = table[table[panel] == value]
            seaborn.stripplot(
                part,
                x=x,
                y="median",
                hue=hue,
                hue_order=hues,
                palette={h: colour(h) for h in hues},
                ax=axis,
                dodge=True,
                jitter=False,
                size=4.5,
                alpha=0.75,
                legend=value == panels[-1],
                order=sorted(set(table[x])),
            )
            axis.set(title=value, xlabel=x, ylabel=f"median of a launch ({unit})" if value == panels[0] else "", yscale="log")
            axis.yaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
            axis.yaxis.set_major_formatter("{x:g}")
            axis.yaxis.set_minor_formatter(NullFormatter())
            axis.set_title(value.split(":")[0], fontsize=9)
        legend = axes[-1].get_legend()
        if legend:  # beside the panels: inside one its marks would pass for data
            handles, words = legend.legend_handles, [text.get_text() for text in legend.get_texts()]
            legend.remove()
            canvas.legend(handles, words, title=hue, loc="outside center right")
        sign(canvas, origin)
    count = table.groupby([panel, x, hue])["launch"].nunique()
    each = counted(count.min(), "launch", count.max())
    return Figure(
        name,
        title,
        canvas,
        table.rename(columns={"median": f"median_{unit}"}),
        caption=(
            f"Each mark is the median {what[1]} of {what[0]} in one launch; {each} per group. "
            + (f"The first {dataset.manifest.warmup} iterations of each launch are left out. " if dataset.manifest.warmup else "")
            + f"{WORDS[what[2]]}The vertical axes are logarithmic and differ between panels. "
            f"Data: {dataset.credit}."
        ),
        alt=f"{len(panels)} panels of points, one per {panel}; groups by {x} and {hue}.",
        origin=origin,
    )


def _boots(table: pd.DataFrame) -> int | None:
    return None if (table["boot"] == "").any() else int(table.groupby(["environment", "boot"]).ngroups)
