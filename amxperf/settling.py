"""The shape of every launch of a dataset: where it settles, and how many launches have which shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .replication import LAUNCH
from .schema import factors
from .stats.steady import SHAPES, steady

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset


def shapes(dataset: Dataset, *, join: float = 0.01) -> pd.DataFrame:
    """One row per launch, thread, benchmark, metric and combination of factors whose values are numbered and above 0.

    Columns: those, unit, shape, left_out, count, levels, source, and for Python values (1-D, in the order measured) and steady
    (:class:`amxperf.stats.steady.Steady`). Nothing is left out beforehand: the manifest's warmup plays no part.

    >>> from amxperf import open_dataset
    >>> table = shapes(open_dataset("vm-onednn"))
    >>> len(table), bool((table.loc[table["shape"] != "warm-up", "left_out"] == 0).all())
    (160, True)
    """
    import pandas as pd

    data = dataset.measurements
    data = data[data["informative"] & data["iteration"].notna()]
    keys = [*LAUNCH, "thread", "benchmark", "metric", "unit", "better", *factors(data)]
    rows = []
    for key, part in data.groupby(keys, sort=False, observed=True):
        part = part.sort_values("iteration", kind="stable")
        values = part["value"].to_numpy(dtype=float)
        if not (values > 0).all():
            continue
        found = steady(values, better="higher" if part["better"].iloc[0] == "higher" else "lower", join=join)
        rows.append({**dict(zip(keys, key, strict=True)), "shape": found.shape, "left_out": found.left_out,
                     "count": found.count, "levels": len(found.segments), "source": part["source"].iloc[0],
                     "values": values, "steady": found})  # fmt: skip
    names = [*keys, "shape", "left_out", "count", "levels", "source", "values", "steady"]
    return pd.DataFrame(rows, columns=names)


def shape_counts(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Launches per shape for each value of the column `by`, with the median and the most that warm-up leaves out.

    >>> from amxperf import open_dataset
    >>> table = shape_counts(shapes(open_dataset("vm-onednn")), "problem")
    >>> int(table[["flat", "warm-up", "slowdown", "no steady state", "too short"]].to_numpy().sum())
    160
    """
    import pandas as pd

    rows = []
    for value, part in table.groupby(by, sort=False, observed=True):
        warm = part.loc[part["shape"] == "warm-up", "left_out"]
        counts = {shape: int((part["shape"] == shape).sum()) for shape in SHAPES}
        rows.append({by: value, **counts, "left out (median)": warm.median(), "left out (most)": warm.max()})
    return pd.DataFrame(rows)
