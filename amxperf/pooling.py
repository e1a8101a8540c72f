"""What pooling does: the same data compared by launch and with all iterations thrown together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .comparison import compare
from .scatter import steady
from .selector import parse
from .stats.estimates import UNSURE
from .stats.verdict import judge
from .stats.welch import Estimate, welch

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from .dataset import Dataset
    from .stats.result import Comparison

COLUMNS = (
    "ratio", "low", "high", "verdict",
    "mean_ratio", "mean_low", "mean_high", "mean_verdict",
    "pooled_ratio", "pooled_low", "pooled_high", "pooled_verdict", "narrower",
)  # fmt: skip


def side_by_side(dataset: Dataset, baseline: str, treatment: str, by: tuple[str, ...] = ("problem",)) -> pd.DataFrame:
    """Compare two arms as :func:`amxperf.compare` does, and twice more with means of logs: one per launch, and of all iterations.

    The last takes every iteration for independent, as many tools do; it is here to be seen, not to be used.
    Between the first two only the location differs (the median against the mean of a launch's logs), between the last two
    only the pooling: both are Welch's t on logs.

    Returns one row per comparison that has an interval: the columns `by`; ratio, low and high of
    `compare`, and the verdict of each by itself;
    mean_... the same from one mean of logs per launch; pooled_... from all iterations; narrower (width of the log interval of the
    means over the pooled one: above 1 where pooling narrows). Errors as those of :func:`amxperf.compare`.

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
        arms = [_rows(dataset, arm, result) for arm in (baseline, treatment)]
        means = welch(*(_means(arm) for arm in arms), result.confidence)
        pooled = welch(*(np.log(arm["value"].to_numpy(dtype=float)) for arm in arms), result.confidence)
        found = {
            **{name: dict(result.factors).get(name, "") for name in by},
            **dict(zip(COLUMNS[:4], (result.ratio, result.low, result.high, result.alone()), strict=True)),
            **_told("mean", means, result.margin),
            **_told("pooled", pooled, result.margin),
            "narrower": (means.high - means.low) / (pooled.high - pooled.low),
        }
        rows.append(found)
    return pd.DataFrame(rows, columns=[*by, *COLUMNS])


def _told(name: str, estimate: Estimate, margin: float) -> dict[str, float | str]:
    """Ratio, interval and verdict of an estimate on the logs."""
    ends = {"ratio": estimate.shift, "low": estimate.low, "high": estimate.high}
    interval = estimate.low, estimate.high, estimate.low90, estimate.high90
    unsure = any(caution.code == UNSURE for caution in estimate.cautions)
    told: dict[str, float | str] = {f"{name}_{key}": math.exp(value) for key, value in ends.items()}
    return {**told, f"{name}_verdict": judge(*interval, margin, unsure=unsure)}


def _rows(dataset: Dataset, arm: str, result: Comparison) -> pd.DataFrame:
    """Steady rows of one arm of one comparison."""
    rows = parse(arm).rows(steady(dataset), dataset.name)
    wanted = {"benchmark": result.benchmark, "metric": result.metric, **dict(result.factors)}
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    return rows


def _means(rows: pd.DataFrame) -> np.ndarray:
    """Mean of the logs of each launch."""
    import numpy as np

    logs = np.log(rows["value"].astype(float))
    return logs.groupby([rows["environment"], rows["boot"], rows["launch"]], sort=False).mean().to_numpy()
