"""What one exit would have to cost to explain a slowdown by exits alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import MissingInput
from ..provenance import provenance
from .base import Figure
from .theme import COLOURS, drawing, sign

if TYPE_CHECKING:
    import pandas as pd

    from ..dataset import Dataset


def needed(
    dataset: Dataset, *, benchmark: str, baseline: str = "vm", treatment: str = "tdx", factor: str = "input"
) -> pd.DataFrame:
    """Cost per exit that would explain the whole difference.

    The lost share of the treatment's time, 1 - t_baseline / t_treatment, divided by the exits per second of one vCPU.
    All exits of the treatment are charged with it, which favours the explanation.
    Exits and times come from different runs of the same set-up, so this is an order of magnitude.

    Returns columns `factor`, ratio, lost, exits_per_second (of one vCPU), needed_us.

    Raises MissingInput where times, exit rates or the number of vCPUs are missing.
    """
    import pandas as pd

    data = dataset.measurements
    times = data[(data["benchmark"] == benchmark) & data["environment"].isin([baseline, treatment])]
    rates = data[(data["metric"] == "exit_rate") & (data["environment"] == treatment)]
    vcpus = dataset.manifest.machine.get("vcpus")
    times = times[times[factor] != ""] if factor in times else times.iloc[:0]
    if times["environment"].nunique() < 2 or not len(rates) or not isinstance(vcpus, int) or vcpus < 1:
        what = (
            f"the times of {benchmark} in {baseline} and {treatment}, exit rates of {treatment} or the number vcpus of its machine"
        )
        raise MissingInput(f"{dataset.name} lacks {what}", hint="record all three")
    rate = rates.groupby(["boot", "launch"])["value"].sum().median() / vcpus
    rows = []
    for case, part in times.groupby(factor, sort=False):
        value = part.groupby("environment")["value"].median()
        if len(value) < 2:
            continue
        lost = 1 - value[baseline] / value[treatment]
        rows.append(
            {
                factor: case,
                "ratio": value[treatment] / value[baseline],
                "lost": lost,
                "exits_per_second": rate,
                "needed_us": lost / rate * 1e6,
            }
        )
    return pd.DataFrame(rows)


def budget(
    dataset: Dataset, *, name: str, title: str, benchmark: str, low_us: float, high_us: float, band: str, factor: str = "input"
) -> Figure:
    """Draw :func:`needed` beside a band of published or derived costs of an exit, `low_us` to `high_us`, explained by `band`."""
    table = needed(dataset, benchmark=benchmark, factor=factor)
    origin = provenance(dataset, "modelled", sources=sorted(set(dataset.measurements["source"])))
    with drawing(6.8, 1.4 + 0.4 * len(table)) as (canvas, axes):
        axes.barh(table[factor], table["needed_us"], color=COLOURS["tdx"], height=0.55)
        axes.axvspan(low_us, high_us, color=COLOURS["bare-metal"], alpha=0.35, label=f"cost of an exit, {band}")
        for place, value in enumerate(table["needed_us"]):
            axes.text(value * 1.02, place, f"{value:.0f} µs", va="center", fontsize=8.5)
        axes.set(xlabel="cost per exit that would explain the slowdown (µs)", xlim=(0, table["needed_us"].max() * 1.15))
        axes.grid(axis="y", visible=False)
        canvas.legend(loc="outside upper right", fontsize=8)
        sign(canvas, origin)
    words = ", ".join(f"{row[factor]} {row['needed_us']:.0f} µs" for _, row in table.iterrows())
    return Figure(
        name,
        title,
        canvas,
        table,
        caption=(
            f"If exits alone caused the slowdown, each would have to cost: {words}. "
            f"One vCPU exits {table['exits_per_second'].iloc[0]:.0f} times per second. The band is {band}. "
            "Times and exits come from different runs, so this is an order of magnitude, without an interval. "
            f"Data: {dataset.credit}."
        ),
        alt=f"Bars of needed cost per exit: {words}; a narrow band marks {low_us:g} to {high_us:g} µs.",
        origin=origin,
    )
