"""A published cost against a size."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

from ..errors import MissingInput
from ..provenance import provenance
from .base import Figure
from .rows import rows
from .theme import COLOURS, drawing, sign

if TYPE_CHECKING:
    from ..dataset import Dataset


def slopes(dataset: Dataset, *, name: str, title: str, benchmark: str, x: str, xlabel: str, remark: str = "",
           filter: str = "") -> Figure:  # fmt: skip
    """Draw every metric of a benchmark against a numeric factor, one value per point.

    `filter` is a selector of rows, such as ``metric=boot*`` (:mod:`amxperf.selector`).
    Raises MissingInput where the dataset has no such benchmark or factor.
    """
    import pandas as pd

    dataset = rows(dataset, filter)
    data = dataset.measurements
    if x not in data or not len(data[data["benchmark"] == benchmark]):
        raise MissingInput(f"{dataset.name} holds no {benchmark} against {x}", hint="name another benchmark")
    data = data[data["benchmark"] == benchmark]
    data = data.assign(size=pd.to_numeric(data[x], errors="coerce")).dropna(subset=["size"]).sort_values("size", kind="stable")
    if not len(data):
        raise MissingInput(f"the {x} of {benchmark} in {dataset.name} is not a number", hint="name another factor")
    origin = provenance(dataset, "parsed", sources=sorted(set(data["source"])))
    with drawing(5.6, 3.0) as (canvas, axes):
        for shade, (metric, part) in zip(
            cycle((COLOURS["tdx"], COLOURS["amx"], COLOURS["plain"])), data.groupby("metric", sort=False), strict=False
        ):
            axes.plot(part["size"], part["value"], "o-", color=shade, label=metric)
        axes.set(xlabel=xlabel, ylabel=f"value ({_unit(data) or 'unit not stated'})", xlim=(0, None), ylim=(0, None))
        axes.legend()
        sign(canvas, origin)
    first = data.groupby("metric", sort=False)["value"].agg(["first", "last"])
    words = "; ".join(f"{metric} {row['first']:g} to {row['last']:g} {_unit(data)}".rstrip() for metric, row in first.iterrows())
    return Figure(
        name,
        title,
        canvas,
        data[["environment", "metric", x, "value", "unit", "source", "line"]].reset_index(drop=True),
        caption=" ".join(
            [
                f"{words[0].upper()}{words[1:]}, smallest to largest {x}.",
                "One published value per point, no interval.",
                *([remark] if remark else []),
                f"Data: {dataset.credit}.",
            ]
        ),
        alt=f"Rising lines: {words}.",
        origin=origin,
    )


def _unit(data) -> str:
    """The unit of all values; '' where the source states none."""
    unit = str(data["unit"].iloc[0])
    return "" if unit == "not stated" else unit
