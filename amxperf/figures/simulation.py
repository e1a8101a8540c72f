"""How often an interval holds the true ratio, by method and number of boots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import MissingInput
from ..provenance import provenance
from .base import Figure
from .theme import COLOURS, drawing, sign

if TYPE_CHECKING:
    import pandas as pd

    from ..dataset import Dataset

METHODS = {
    "amxperf": ("one location per boot, Welch (amxperf)", COLOURS["amx"], "o"),
    "pooled": ("all iterations pooled", COLOURS["avx512"], "s"),
    "bootstrap2": ("two-level bootstrap", COLOURS["4k"], "D"),
}


def simulated(dataset: Dataset) -> pd.DataFrame:
    """Coverage rows of a dataset of simulations: recipe, boots, method, coverage, experiments, as numbers."""
    data = dataset.measurements
    data = data[data["metric"] == "coverage"]
    if not len(data):
        raise MissingInput(f"{dataset.name} holds no coverage of intervals", hint="open the dataset simulations")
    table = data[["benchmark", "boots", "iterations", "method", "value", "experiments", "source", "line"]].copy()
    return table.astype({"boots": int, "iterations": int, "experiments": int}).rename(
        columns={"benchmark": "recipe", "value": "coverage"}
    )


def coverage(dataset: Dataset, *, name: str, title: str, recipes: dict[str, str]) -> Figure:
    """Draw coverage of the nominal 95 % interval against the number of boots, one panel per recipe.

    Parameters
    ----------
    recipes : recipe -> words above its panel.
    """
    table = simulated(dataset)
    table = table[table["recipe"].isin(list(recipes))]
    if not len(table):
        raise MissingInput(f"{dataset.name} holds none of these recipes", hint="name others")
    repeats = int(table["iterations"].min())
    table = table[table["iterations"] == repeats]
    origin = provenance(dataset, "modelled", sources=sorted(set(table["source"])))
    with drawing(7.4, 3.3, columns=len(recipes), sharey=True) as (canvas, axes):
        for axis, (recipe, words) in zip([axes] if len(recipes) == 1 else axes, recipes.items(), strict=True):
            for method, (label, shade, marker) in METHODS.items():
                part = table[(table["recipe"] == recipe) & (table["method"] == method)].sort_values("boots")
                axis.plot(part["boots"], part["coverage"] * 100, marker=marker, color=shade, label=label, markersize=5)
            axis.axhline(95, color="#444444", linewidth=0.8, linestyle="--")
            axis.set(xlabel="boots per arm", title=words, ylim=(0, 100))
            axis.set_title(words, fontsize=8.5)
        canvas.axes[0].set_ylabel("intervals that hold the truth (%)")
        handles, labels = canvas.axes[0].get_legend_handles_labels()
        canvas.legend(handles, labels, loc="outside upper center", ncols=3, fontsize=8)
        sign(canvas, origin)
    worst = table[table["method"] == "pooled"]["coverage"].min() * 100
    return Figure(
        name,
        title,
        canvas,
        table.reset_index(drop=True),
        caption=(
            f"Share of simulated experiments with {repeats} iterations per boot whose nominal 95 % interval holds the true ratio; "
            "the dashed line is 95 %. "
            f"Pooling iterations of different boots falls to {worst:.0f} %. "
            f"{table['experiments'].min():,} to {table['experiments'].max():,} experiments per point. "
            f"Data: {dataset.name} ({dataset.kind}): a model, not a measurement."
        ),
        alt="Lines of coverage against boots per arm: " + "; ".join(_range(table, method) for method in METHODS) + ".",
        origin=origin,
    )


def _range(table: pd.DataFrame, method: str) -> str:
    values = table.loc[table["method"] == method, "coverage"] * 100
    return (
        f"{METHODS[method][0]} from {values.min():.0f} to {values.max():.0f} %" if len(values) else f"{METHODS[method][0]} not run"
    )
