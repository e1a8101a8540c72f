"""What live tiles add to an operation: measured, live against released; or, without AMX, from the bandwidth of memory."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .architecture import ROW_BYTES, TILE_ROWS, TILES
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


def moved(dataset: Dataset) -> tuple[float, float]:
    """Seconds to write and read back the bytes of all tiles at the bandwidth that the probe measured: in the caches, from memory.

    The experiment `tileload` in order, with the widest vectors that the machine has, medians over launches: in the smallest
    working set, which the first cache holds, and in the largest, several times the last cache. Saving and restoring tiles
    (XSAVES, XRSTORS) does at least that; what else it costs is not in it. NaN where the dataset holds no such measurement.

    >>> from amxperf import open_dataset
    >>> near, far = moved(open_dataset("vm-probe-controls"))
    >>> 1e-8 < near < far < 1e-5
    True
    """
    import pandas as pd

    data = steady(dataset)
    data = data[(data["benchmark"] == "tileload") & (data["metric"] == "bandwidth")]
    if not len(data) or not {"op", "access", "size", "isa"} <= set(data.columns):
        return math.nan, math.nan
    data = data[(data["access"] == "sequential") & (data["isa"] == max(set(data["isa"]) - {"amx"}, default=""))]
    data = data.assign(size=pd.to_numeric(data["size"]))
    launches = data.groupby(["op", "size", "environment", "boot", "launch"], observed=True)["value"].median()
    rates = launches.groupby(["size", "op"]).median().unstack("op")
    if not {"load", "store"} <= set(rates) or not len(rates.dropna()):
        return math.nan, math.nan
    rates, size = rates.dropna(), TILES * TILE_ROWS * ROW_BYTES
    times = size / rates["load"] + size / rates["store"]
    return float(times.iloc[0]), float(times.iloc[-1])
