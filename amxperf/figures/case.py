"""The cases of one benchmark, one row each, one mark per launch and environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import MissingInput
from ..labels import counted
from ..provenance import provenance
from .base import Figure
from .prefix import prefixed
from .rows import groups, rows
from .strip import WORDS, medians
from .theme import MARKERS, colour, drawing, sign

if TYPE_CHECKING:
    import pandas as pd

    from ..dataset import Dataset


def chosen(dataset: Dataset, benchmark: str, metric: str, by: Sequence[str]) -> pd.DataFrame:
    """Median per launch of one metric, warm-up left out, for each combination of the factors `by` that varies.

    Raises MissingInput where the dataset has no such measurement.
    """
    columns = [name for name in dict.fromkeys(by) if name in dataset.measurements]
    table = medians(dataset, ["benchmark", "metric", "unit", "better", *columns])
    table = table[(table["benchmark"] == benchmark) & (table["metric"] == metric)]
    if not len(table):
        raise MissingInput(f"{dataset.name} holds no {metric} of {benchmark}", hint="record it with `amxperf collect`")
    return table.reset_index(drop=True)


def cases(
    dataset: Dataset,
    *,
    name: str,
    title: str,
    benchmark: str,
    metric: str,
    by: str | Sequence[str],
    filter: str = "",
) -> Figure:
    """Draw every launch of every case of a benchmark.

    Parameters
    ----------
    by : factors that name a case, such as ``isa,dtype``.
    filter : a selector of rows, such as ``op=load,stride>=64`` (:mod:`amxperf.selector`).

    Raises MissingInput where the dataset holds no such measurement.
    """
    dataset = rows(dataset, filter)
    by = groups(dataset, by)
    table = chosen(dataset, benchmark, metric, by)
    unit, better = table["unit"].iloc[0], table["better"].iloc[0]
    scale, shown = prefixed(table["median"], unit)
    words = [" ".join(row[key] for key in by if row.get(key)) or benchmark for row in table.to_dict("records")]
    table = table.assign(case=words, median=table["median"] * scale)
    lines = list(dict.fromkeys(sorted(words)))
    places = {case: len(lines) - 1 - place for place, case in enumerate(lines)}
    environments = sorted(set(table["environment"]))
    origin = provenance(dataset, "aggregated", launches=int(table.groupby(["environment", "boot", "launch"]).ngroups))
    with drawing(7.2, 1.2 + 0.28 * len(lines) * max(1, len(environments) / 2)) as (canvas, axes):
        for number, environment in enumerate(environments):
            part = table[table["environment"] == environment]
            shift = (number - (len(environments) - 1) / 2) * 0.25
            axes.plot(
                part["median"],
                [places[case] - shift for case in part["case"]],
                MARKERS.get(environment, "o"),
                color=colour(environment),
                alpha=0.7,
                markersize=5,
                label=environment,
            )
        low, high = axes.get_xlim()
        if table["median"].min() > 0 and table["median"].max() / table["median"].min() > 8:
            axes.set_xscale("log")
        elif low > 0:
            axes.set_xlim(0, high * 1.05)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set(yticks=list(places.values()), yticklabels=list(places), xlabel=f"{metric.replace('_', ' ')} ({shown})")
        axes.set_ylim(-0.7, len(lines) - 0.3)
        if len(environments) > 1:
            canvas.legend(loc="outside center right", title="environment")
        sign(canvas, origin)
    count = table.groupby(["environment", "case"]).size()
    each = counted(count.min(), "launch", count.max())
    middle = table.groupby("case")["median"].median()
    return Figure(
        name,
        title,
        canvas,
        table.drop(columns=["benchmark", "metric"]).rename(columns={"median": f"median_{shown}"}),
        caption=(
            f"Each mark is the median {metric.replace('_', ' ')} of {benchmark} in one launch; {each} per case. "
            f"{WORDS[better]}Data: {dataset.credit}."
        ),
        alt=f"Points by case: {'; '.join(f'{case} about {value:.3g} {shown}' for case, value in middle.items())}.",
        origin=origin,
    )
