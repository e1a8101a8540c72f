"""How much values differ inside a launch, and how much launches differ from each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .schema import factors

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from .dataset import Dataset

QUARTILES = 1.349
"""Distance of the quartiles of a normal distribution, in standard deviations."""

COLUMNS = ("launches", "iterations", "within", "expected", "between", "range", "first")


def steady(dataset: Dataset) -> pd.DataFrame:
    """Informative measurements without the warm-up that the manifest names."""
    data = dataset.measurements
    return data[data["informative"] & ~(data["iteration"] < dataset.manifest.warmup).fillna(False)]


def scatter(dataset: Dataset, by: Sequence[str] = ("problem", "isa", "pages")) -> pd.DataFrame:
    """Spread of iterations and of launches for each group.

    Parameters
    ----------
    by : factors that name a group in the result; those that the data lack are left out.

    Returns one row per benchmark, metric, environment and combination of all factors with two launches of two iterations or more:
    benchmark, metric, the factors of `by` and

    launches : number of launches.
    iterations : steady iterations per launch (median).
    within : spread of the log values inside a launch, (third - first quartile) / 1.349, median over launches. For normal noise that
        is its standard deviation; single spikes, which do not move a median either, do not enlarge it.
    expected : standard deviation of the log medians if launches differed by that noise alone, within * sqrt(pi / (2 n)).
    between : standard deviation of the log medians of the launches.
    range : slowest over fastest median of a launch, minus 1.
    first : first iteration over the median of the steady ones (median over launches); NaN where the data number none.

    >>> from amxperf import open_dataset
    >>> table = scatter(open_dataset("vm-onednn"))
    >>> len(table), table["launches"].tolist()[:2]
    (16, [10, 10])
    """
    import pandas as pd

    data, whole = steady(dataset), dataset.measurements
    columns = ["benchmark", "metric", *(column for column in by if column in data)]
    rows = []
    for _, part in data.groupby(["benchmark", "metric", "environment", *factors(data)], sort=False):
        launches = [values for _, values in part.groupby(["environment", "boot", "launch"], sort=False)["value"]]
        if len(launches) < 2 or min(len(values) for values in launches) < 2:
            continue
        named = part.iloc[0][columns].to_dict()
        rows.append({**named, **_spread(launches), "first": _first(whole, part)})
    return pd.DataFrame(rows, columns=[*columns, *COLUMNS])


def _spread(launches: list[pd.Series]) -> dict[str, float]:
    import numpy as np

    logs = [np.log(values.to_numpy(dtype=float)) for values in launches]
    middles = np.array([np.median(values) for values in logs])
    size = float(np.median([len(values) for values in logs]))
    within = float(np.median([np.subtract(*np.percentile(values, (75, 25))) for values in logs])) / QUARTILES
    return {
        "launches": len(logs),
        "iterations": int(size),
        "within": within,
        "expected": within * math.sqrt(math.pi / (2 * size)),
        "between": float(np.std(middles, ddof=1)),
        "range": math.exp(middles.max() - middles.min()) - 1,
    }


def _first(whole: pd.DataFrame, part: pd.DataFrame) -> float:
    """First iteration over the median of the steady ones, for the launches and benchmarks of a group."""
    keys = [column for column in whole.columns if column not in ("iteration", "value", "line", "informative", "reason")]
    start = whole[whole["iteration"] == 0].set_index(keys)["value"]
    middle = part.groupby(keys, sort=False)["value"].median()
    return float((start / middle).dropna().median())


def clock_step(values: Sequence[float] | np.ndarray) -> float:
    """Smallest difference between two distinct values: the step of the clock, if enough values lie close together.

    NaN with fewer than two distinct values. In the unit of the values.

    >>> round(clock_step([3.0, 3.5, 4.5, 3.5]), 3)
    0.5
    """
    import numpy as np

    steps = np.diff(np.unique(np.asarray(values, dtype=float)))
    return float(steps.min()) if len(steps) else math.nan
