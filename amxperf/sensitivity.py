"""How much a comparison depends on a choice: the same arms with other numbers of warm-up iterations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .comparison import compare

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset

COLUMNS = ("warmup", "ratio", "low", "high", "p", "verdict")


def with_warmup(dataset: Dataset, warmup: int) -> Dataset:
    """The same data as if the manifest named another warm-up.

    >>> from amxperf import open_dataset
    >>> with_warmup(open_dataset("vm-onednn"), 5).manifest.warmup
    5
    """
    return replace(dataset, manifest=replace(dataset.manifest, raw={**dataset.manifest.raw, "warmup": warmup}))


def warmups(
    dataset: Dataset,
    baseline: str,
    treatment: str,
    counts: Sequence[int] = (0, 1, 2, 3, 4, 5, 10),
    by: Sequence[str] = ("problem",),
) -> pd.DataFrame:
    """Compare two arms once for each number of iterations left out.

    Returns one row per number and comparison that has an interval: the factors `by`, warmup, ratio, low, high, p, and the verdict
    of each by itself.
    A comparison whose launches are too short for a number (caution `warmup-kept`) is left out there.
    Errors as those of :func:`amxperf.compare`.

    >>> from amxperf import open_dataset
    >>> table = warmups(open_dataset("vm-onednn"), "isa=amx,pages=4k", "isa=amx,pages=2m", (0, 3))
    >>> table["warmup"].tolist()
    [0, 0, 0, 0, 3, 3, 3, 3]
    """
    import pandas as pd

    rows = []
    for count in counts:
        for result in compare(with_warmup(dataset, count), baseline, treatment):
            kept = count and any(caution.code == "warmup-kept" for caution in result.cautions)
            if result.low != result.low or kept:
                continue
            factors = dict(result.factors)
            found = (count, result.ratio, result.low, result.high, result.p, result.alone())
            rows.append([*(factors.get(name, "") for name in by), *found])
    return pd.DataFrame(rows, columns=[*by, *COLUMNS])
