"""Where a method holds the truth least often in the simulations: its worst cells, not its best."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset

COLUMNS = ("recipe", "boots", "iterations", "coverage", "error", "warned", "experiments")


def cells(dataset: Dataset, method: str = "amxperf") -> pd.DataFrame:
    """All simulated cells of a method, as numbers.

    Returns recipe, boots (0: flat samples), iterations (per boot, or values of a flat sample), coverage (share of nominal 95 %
    intervals that held the true ratio), error (standard error of that share with this number of experiments, sqrt(c (1 - c) / n)),
    warned (share of results with a caution) and experiments. Empty where the data hold no coverage.

    >>> from amxperf import open_dataset
    >>> table = cells(open_dataset("simulations"))
    >>> bool((table["error"] < 0.01).all())
    True
    """
    import pandas as pd

    data = dataset.measurements
    if not {"boots", "iterations", "method", "experiments", "warned"} <= set(data.columns):
        return pd.DataFrame(columns=list(COLUMNS))
    data = data[(data["metric"] == "coverage") & (data["method"] == method)]
    table = pd.DataFrame({"recipe": data["benchmark"], "coverage": data["value"]})
    for column in ("boots", "iterations", "experiments", "warned"):
        table[column] = pd.to_numeric(data[column])
    table["error"] = (table["coverage"] * (1 - table["coverage"]) / table["experiments"]) ** 0.5
    return table[list(COLUMNS)].reset_index(drop=True)


def worst(dataset: Dataset, method: str = "amxperf") -> pd.DataFrame:
    """The cell of each recipe with the least coverage, the worst recipe first; columns as :func:`cells`.

    >>> from amxperf import open_dataset
    >>> worst(open_dataset("simulations"))["recipe"].iloc[0]
    'flat autocorrelation 0.5'
    """
    table = cells(dataset, method).sort_values(["coverage", "recipe"], kind="stable")
    return table.drop_duplicates("recipe").reset_index(drop=True)
