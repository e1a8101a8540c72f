"""VM exits by reason, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import MissingInput
from ..provenance import provenance
from .base import Figure
from .rows import rows
from .theme import colour, drawing, sign

if TYPE_CHECKING:
    from ..dataset import Dataset


def exits(dataset: Dataset, *, name: str, title: str, filter: str = "") -> Figure:
    """Draw counts of VM exits by reason and environment on a logarithmic axis.

    `filter` is a selector of rows, such as ``environment=vm`` (:mod:`amxperf.selector`).
    Raises MissingInput where the dataset holds no exit counts.
    """
    dataset = rows(dataset, filter)
    data = dataset.measurements
    data = data[(data["benchmark"] == "vm-exits") & (data["metric"] == "exits")]
    if not len(data):
        raise MissingInput(f"{dataset.name} holds no exit counts", hint="record them with bpftrace or perf kvm stat")
    table = data.pivot_table(index="exit_reason", columns="environment", values="value", aggfunc="sum", observed=True)
    table = table.loc[table.max(axis=1).sort_values().index]
    places = range(len(table))
    environments = list(table.columns)
    origin = provenance(
        dataset, "parsed", launches=int(data.groupby(["environment", "launch"]).ngroups), sources=sorted(set(data["source"]))
    )
    with drawing(7.2, 1.2 + 0.36 * len(table)) as (canvas, axes):
        height = 0.8 / len(environments)
        for index, environment in enumerate(reversed(environments)):
            at = [place + (index - (len(environments) - 1) / 2) * height for place in places]
            axes.barh(at, table[environment].fillna(0), height=height * 0.92, color=colour(environment), label=environment)
            for place, value in zip(at, table[environment], strict=True):
                if value == value:
                    axes.text(value * 1.12, place, f"{int(value):,}", va="center", fontsize=7)
        axes.set_xscale("log")
        axes.set_yticks(list(places), list(table.index), fontsize=8.5)
        axes.set(xlabel="exits in the recording (log scale)", xlim=(0.7, float(table.max().max()) * 8))
        axes.grid(axis="y", visible=False)
        axes.legend(loc="lower right")
        sign(canvas, origin)
    totals = ", ".join(f"{environment} {int(table[environment].sum()):,}" for environment in environments)
    return Figure(
        name,
        title,
        canvas,
        data[["environment", "launch", "exit_reason", "value", "source", "line"]]
        .rename(columns={"value": "exits"})
        .reset_index(drop=True),
        caption=(
            f"Exits by reason; totals: {totals}. "
            "A reason without a bar was not counted there. One recording per environment, so the counts carry no interval. "
            f"Data: {dataset.credit}."
        ),
        alt="Horizontal bars of exit counts by reason; " + totals + ".",
        origin=origin,
    )
