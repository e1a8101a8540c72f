"""Where a method holds the truth least often in the simulations: its worst cells, not its best."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset

COLUMNS = ("recipe", "boots", "launches", "iterations", "coverage", "error", "detected", "warned", "experiments")


def cells(dataset: Dataset, method: str = "amxperf", metric: str = "coverage") -> pd.DataFrame:
    """All simulated cells of a method, as numbers.

    Returns recipe, boots (0: flat samples), launches (per boot), iterations (per launch, or values of a flat sample), coverage
    (share of nominal 95 % intervals that held the true ratio; a column of the name of another `metric`, such as false-alarm), error
    (standard error of that share with this number of experiments, sqrt(c (1 - c) / n)), detected (share of results whose data made
    amxperf say that something is wrong with them), warned (share with a caution of any kind) and experiments.
    Empty where the data hold no such cell.

    >>> from amxperf import open_dataset
    >>> table = cells(open_dataset("simulations"))
    >>> bool((table["error"] < 0.01).all())
    True
    """
    import pandas as pd

    data = dataset.measurements
    columns = [metric if column == "coverage" else column for column in COLUMNS]
    numbers = ["boots", "launches", "iterations", "experiments", "detected", "warned"]
    if not {*numbers, "method"} <= set(data.columns):
        return pd.DataFrame(columns=columns)
    data = data[(data["metric"] == metric) & (data["method"] == method)]
    table = pd.DataFrame({"recipe": data["benchmark"], metric: data["value"]})
    for column in numbers:
        table[column] = pd.to_numeric(data[column])
    table["error"] = (table[metric] * (1 - table[metric]) / table["experiments"]) ** 0.5
    return table[columns].reset_index(drop=True)


def worst(dataset: Dataset, method: str = "amxperf") -> pd.DataFrame:
    """The cell of each recipe with the least coverage, the worst recipe first; columns as :func:`cells`.

    >>> from amxperf import open_dataset
    >>> worst(open_dataset("simulations"))["recipe"].iloc[0]
    'flat autocorrelation 0.8'
    """
    table = cells(dataset, method).sort_values(["coverage", "recipe"], kind="stable")
    return table.drop_duplicates("recipe").reset_index(drop=True)
