"""What live tiles add to an operation: the probe's cases with live tiles against those after TILERELEASE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .scatter import steady

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset

COLUMNS = ("environment", "operation", "released_ns", "live_ns", "added_ns", "launches")
AWAY = {"exit": "released", "ctxsw": "released", "signal": "released", "xsave": "init"}
"""Benchmark -> the state in which tiles cost nothing."""


def added(dataset: Dataset) -> pd.DataFrame:
    """Time of an operation with tiles released and live, and the difference, in ns: medians over launches of the medians within.

    The difference is taken within each launch, where both were measured in turns. Empty where the dataset holds no live tiles.

    >>> from amxperf import open_dataset
    >>> len(added(open_dataset("vm-probe-controls")))
    0
    """
    import pandas as pd

    data = steady(dataset)
    rows = []
    for benchmark, away in AWAY.items():
        part = data[(data["benchmark"] == benchmark) & (data["metric"] == "time")]
        if benchmark == "xsave" and len(part):
            part = part[part["component"] == "tiles"]
        if not len(part) or not {"live", away} <= set(part["state"]):
            continue
        cases = [name for name in ("leaf", "op") if name in part and (part[name] != "").any()]
        keys = ["environment", *cases, "boot", "launch"]
        times = part.groupby([*keys, "state"], sort=False)["value"].median().unstack("state").dropna(subset=["live", away]) * 1e9
        times = times.assign(more=times["live"] - times[away]).reset_index()
        for found, group in times.groupby(["environment", *cases], sort=True):
            middle = group[[away, "live", "more"]].median()
            operation = " ".join([benchmark, *map(str, found[1:])])
            rows.append([found[0], operation, middle[away], middle["live"], middle["more"], len(group)])
    return pd.DataFrame(rows, columns=list(COLUMNS))
