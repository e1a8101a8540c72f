"""What pooling does: the same data compared by replicate and with all iterations thrown together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .comparison import compare
from .scatter import steady
from .selector import parse
from .stats.verdict import judge
from .stats.welch import welch

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset
    from .stats.result import Comparison

COLUMNS = ("ratio", "low", "high", "verdict", "pooled_ratio", "pooled_low", "pooled_high", "pooled_verdict", "narrower")


def side_by_side(dataset: Dataset, baseline: str, treatment: str, by: tuple[str, ...] = ("problem",)) -> pd.DataFrame:
    """Compare two arms as :func:`amxperf.compare` does, and once more with Welch's t on the logs of all steady iterations.

    The pooled half takes every iteration for independent, as many tools do; it is here to be seen, not to be used.

    Returns one row per comparison that has an interval: the columns `by`; ratio, low, high and verdict by replicate; the same
    pooled; narrower (width of the log interval by replicate over the pooled one). Errors as those of :func:`amxperf.compare`.

    >>> from amxperf import open_dataset
    >>> table = side_by_side(open_dataset("vm-onednn"), "isa=amx,pages=4k", "isa=amx,pages=2m")
    >>> len(table), bool((table["pooled_ratio"] > 0).all())
    (4, True)
    """
    import numpy as np
    import pandas as pd

    rows = []
    for result in compare(dataset, baseline, treatment):
        if result.low != result.low:
            continue
        arms = [np.log(_values(dataset, arm, result)) for arm in (baseline, treatment)]
        pooled = welch(*arms, result.confidence)
        ends = pooled.low, pooled.high
        found = {
            **{name: dict(result.factors).get(name, "") for name in by},
            **dict(zip(COLUMNS[:4], (result.ratio, result.low, result.high, result.verdict), strict=True)),
            "pooled_ratio": float(np.exp(pooled.shift)),
            "pooled_low": float(np.exp(ends[0])),
            "pooled_high": float(np.exp(ends[1])),
            "pooled_verdict": judge(*ends, pooled.low90, pooled.high90, result.margin),
            "narrower": float(np.log(result.high / result.low) / (ends[1] - ends[0])),
        }
        rows.append(found)
    return pd.DataFrame(rows, columns=[*by, *COLUMNS])


def _values(dataset: Dataset, arm: str, result: Comparison):
    """Steady values of one arm of one comparison."""
    rows = parse(arm).rows(steady(dataset), dataset.name)
    wanted = {"benchmark": result.benchmark, "metric": result.metric, **dict(result.factors)}
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    return rows["value"].to_numpy(dtype=float)
