"""Rates of matrix products: work from the problem, time from the launches."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from .scatter import steady

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset

COLUMNS = ("problem", "isa", "pages", "launches", "seconds", "tflops", "slowest", "fastest")


def shape(problem: str) -> tuple[int, int, int, int] | None:
    """Batch, m, k and n of a oneDNN problem such as '256x256:256x256'; None where it is written otherwise.

    >>> shape("256x512:512x128"), shape("8x16x16:8x16x16"), shape("a")
    ((1, 256, 512, 128), (8, 16, 16, 16), None)
    """
    found = re.fullmatch(r"(?:(\d+)x)?(\d+)x(\d+):(?:\d+x)?(\d+)x(\d+)", problem)
    if not found or found[3] != found[4]:
        return None
    return int(found[1] or 1), int(found[2]), int(found[3]), int(found[5])


def operations(problem: str) -> float:
    """Floating-point operations of a product: 2 * batch * m * k * n, a multiplication and an addition each.

    NaN where the problem is not understood.

    >>> operations("256x256:256x256") == 2 * 256**3
    True
    """
    sides = shape(problem)
    return 2.0 * math.prod(sides) if sides else math.nan


def size(problem: str) -> str:
    """A problem in short: the side of a square product, else as written.

    >>> size("256x256:256x256"), size("256x512:512x128")
    ('256', '256x512:512x128')
    """
    sides = shape(problem)
    return str(sides[1]) if sides and sides[0] == 1 and len(set(sides[1:])) == 1 else problem


def rates(dataset: Dataset) -> pd.DataFrame:
    """Achieved rate of each matrix product, by instruction set and page size.

    Returns columns problem, isa, pages, launches, seconds (median of the launches' medians), tflops (10^12 operations per second at
    that time), slowest and fastest (the same for the slowest and the fastest launch). Empty where the data hold no such products.

    >>> from amxperf import open_dataset
    >>> len(rates(open_dataset("vm-onednn")))
    16
    """
    import pandas as pd

    data = steady(dataset)
    keys = ["problem", "isa", "pages"]
    if not {*keys} <= set(data.columns):
        return pd.DataFrame(columns=list(COLUMNS))
    products = data["problem"].map(lambda problem: shape(problem) is not None)
    data = data[products & (data["unit"] == "s") & data["metric"].isin(["exec_time", "time"])]
    rows = []
    for key, part in data.groupby(keys, sort=False):
        times = part.groupby(["environment", "boot", "launch"], sort=False)["value"].median()
        work = operations(key[0]) / 1e12
        row = {"launches": len(times), "seconds": times.median(), "tflops": work / times.median()}
        rows.append({**dict(zip(keys, key, strict=True)), **row, "slowest": work / times.max(), "fastest": work / times.min()})
    return pd.DataFrame(rows, columns=list(COLUMNS))
