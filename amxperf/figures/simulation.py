"""How often an interval holds the true ratio, by method and size; and what launches of one boot are worth."""

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
    "amxperf": ("amxperf", COLOURS["amx"], "o"),
    "pooled": ("all iterations pooled, t test", COLOURS["avx512"], "s"),
    "benchstat": ("all iterations pooled, ranks (benchstat)", "#E69F00", "v"),
    "bootstrap2": ("two-level bootstrap", COLOURS["4k"], "D"),
    "percentile": ("percentile bootstrap", COLOURS["4k"], "D"),
    "bca": ("BCa bootstrap", COLOURS["2m"], "^"),
}
SIZES = {"boots": ("boots per arm", "iterations per boot"), "iterations": ("values per arm", "")}
"""What can lie along the axis: its label, and what is then held fixed at its least number."""

NUMBERS = ["boots", "launches", "iterations", "experiments"]


def simulated(dataset: Dataset) -> pd.DataFrame:
    """Coverage rows of a dataset of simulations: recipe, boots, launches, iterations, method, coverage, experiments, as numbers."""
    data = dataset.measurements
    data = data[data["metric"] == "coverage"]
    if not len(data) or not {*NUMBERS, "method"} <= set(data.columns):
        raise MissingInput(f"{dataset.name} holds no coverage of intervals", hint="open the dataset simulations")
    table = data[["benchmark", *NUMBERS[:3], "method", "value", "experiments", "source", "line"]].copy()
    return table.astype(dict.fromkeys(NUMBERS, int)).rename(columns={"benchmark": "recipe", "value": "coverage"})


def coverage(dataset: Dataset, *, name: str, title: str, recipes: dict[str, str], x: str = "boots") -> Figure:
    """Draw coverage of the nominal 95 % interval against the size of the experiment, one panel per recipe.

    Parameters
    ----------
    recipes : recipe -> words above its panel.
    x : 'boots', or 'iterations' for flat recipes.
    """
    table = simulated(dataset)
    table = table[table["recipe"].isin(list(recipes)) & table["method"].isin(list(METHODS))]
    if not len(table):
        raise MissingInput(f"{dataset.name} holds none of these recipes", hint="name others")
    label, fixed = SIZES[x]
    if fixed:
        table = table[table["iterations"] == table["iterations"].min()]
    origin = provenance(dataset, "modelled", sources=sorted(set(table["source"])))
    with drawing(7.4, 3.4, columns=len(recipes), sharey=True) as (canvas, axes):
        for axis, (recipe, words) in zip([axes] if len(recipes) == 1 else axes, recipes.items(), strict=True):
            for method, (told, shade, marker) in METHODS.items():
                part = table[(table["recipe"] == recipe) & (table["method"] == method)].sort_values(x)
                if len(part):
                    axis.plot(part[x], part["coverage"] * 100, marker=marker, color=shade, label=told, markersize=5)
            axis.axhline(95, color="#444444", linewidth=0.8, linestyle="--")
            axis.set(xlabel=label, ylim=(0, 100))
            axis.set_title(words, fontsize=8.5)
        canvas.axes[0].set_ylabel("intervals that hold the truth (%)")
        handles, labels = canvas.axes[0].get_legend_handles_labels()
        canvas.legend(handles, labels, loc="outside upper center", ncols=2, fontsize=8)
        sign(canvas, origin)
    rivals = table[table["method"] != "amxperf"].sort_values("coverage", kind="stable")
    worst = ""
    if len(rivals):
        least, who = rivals["coverage"].iloc[0], METHODS[rivals["method"].iloc[0]][0]
        worst = f"The least that another method holds is {least * 100:.0f} % ({who}). "
    drawn = [method for method in METHODS if (table["method"] == method).any()]
    each = f"with {table['iterations'].min()} {fixed} " if fixed else ""
    return Figure(
        name,
        title,
        canvas,
        table.reset_index(drop=True),
        caption=(
            f"Share of simulated experiments {each}whose nominal 95 % interval holds the true ratio; the dashed line is 95 %. "
            f"{worst}{table['experiments'].min():,} to {table['experiments'].max():,} experiments per point. "
            f"Data: {dataset.name} ({dataset.kind}): a model, not a measurement."
        ),
        alt=f"Lines of coverage against {label}: " + "; ".join(_range(table, method) for method in drawn) + ".",
        origin=origin,
    )


def _range(table: pd.DataFrame, method: str) -> str:
    values = table.loc[table["method"] == method, "coverage"] * 100
    return f"{METHODS[method][0]} from {values.min():.0f} to {values.max():.0f} %"


def one_boot(dataset: Dataset, *, name: str, title: str) -> Figure:
    """Draw how often equal systems are called different when launches of few boots are taken for replicates.

    Raises MissingInput where the data hold no experiments of three levels.
    """
    table = simulated(dataset)
    found = table["recipe"].str.extract(r"^three levels, ([\d.]+) % boots$")[0]
    table = table[found.notna()].assign(spread=found.dropna().astype(float))
    if not len(table):
        raise MissingInput(f"{dataset.name} holds no experiments of three levels", hint="open the dataset simulations")
    table["false_alarms"] = 1 - table["coverage"]
    origin = provenance(dataset, "modelled", sources=sorted(set(table["source"])))
    shades = dict(zip(sorted(set(table["boots"])), (COLOURS["avx512"], "#E69F00", COLOURS["4k"]), strict=False))
    with drawing(7.0, 3.3) as (canvas, axes):
        for (method, boots), part in table.sort_values("spread").groupby(["method", "boots"], sort=True):
            ours, noun = method == "amxperf", "boot" if boots == 1 else "boots"
            words = f"{boots} boots, one location each (amxperf)" if ours else f"{boots} {noun}, each launch taken for a replicate"
            style = {"linestyle": "-", "marker": "o"} if ours else {"linestyle": "--", "marker": "s"}
            shade = COLOURS["amx"] if ours and boots != 2 else COLOURS["2m"] if ours else shades[boots]
            axes.plot(part["spread"], part["false_alarms"] * 100, color=shade, label=words, markersize=5, **style)
        axes.axhline(5, color="#444444", linewidth=0.8, linestyle=":")
        axes.set(xlabel="spread of boots (%)", ylabel="equal systems called different (%)", ylim=(0, 100))
        axes.legend(fontsize=7.5, loc="upper left")
        sign(canvas, origin)
    worst = table[table["method"] == "launches"].sort_values("false_alarms").iloc[-1]
    ours = table.loc[table["method"] == "amxperf", "false_alarms"]
    return Figure(
        name,
        title,
        canvas,
        table.drop(columns="coverage").reset_index(drop=True),
        caption=(
            f"Share of experiments in which two equal systems are called different: {worst['launches']} launches of "
            f"{worst['iterations']} iterations in each boot, launches that differ by 1 %, iterations by 2 %. "
            f"Launches of {worst['boots']} boot taken for replicates err in up to {worst['false_alarms'] * 100:.0f} %; "
            f"one location per boot errs in {ours.min() * 100:.0f} to {ours.max() * 100:.0f} %, "
            "and with one boot there is no answer. "
            f"The dotted line is 5 %. {table['experiments'].min():,} experiments per point. "
            f"Data: {dataset.name} ({dataset.kind}): a model, not a measurement."
        ),
        alt=(
            "Lines of false alarms against the spread of boots: rising steeply where launches are taken for replicates, "
            f"to {worst['false_alarms'] * 100:.0f} % with one boot; flat near 5 % or below where boots are."
        ),
        origin=origin,
    )
