"""Published overheads in groups: which rows carry a number, from how many sources, and from where to where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset


def marks(dataset: Dataset, comparison: str = "tdx-vm", apart: Sequence[str] = ()) -> pd.DataFrame:
    """Rows of one comparison that state a number, without the studies `apart`.

    >>> from amxperf import open_dataset
    >>> len(marks(open_dataset("published"), apart=["canonical/tdx #128"]))
    38
    """
    rows = dataset.overheads
    return rows[(rows["comparison"] == comparison) & rows["time_ratio"].notna() & ~rows["study"].isin(list(apart))]


def wordless(dataset: Dataset, comparison: str = "tdx-vm") -> pd.DataFrame:
    """Rows of one comparison whose source gives words and no number, so that no mark can show them."""
    rows = dataset.overheads
    return rows[(rows["comparison"] == comparison) & rows["overhead_percent"].isna() & (rows["qualitative"] != "")]


def sources(rows: pd.DataFrame) -> int:
    """Number of documents that the rows were read from; one document can hold several studies."""
    return int(rows["source_url"].nunique())


def span(rows: pd.DataFrame) -> str:
    """Smallest and largest time ratio in words.

    >>> import pandas as pd
    >>> span(pd.DataFrame({"time_ratio": [1.204, 3.0]})), span(pd.DataFrame({"time_ratio": [2.358]}))
    ('1.20 to 3.00', '2.36')
    """
    if not len(rows):
        return "none"
    least, most = (f"{end:.2f}" if end < 10 else f"{end:.1f}" for end in (rows["time_ratio"].min(), rows["time_ratio"].max()))
    return least if len(rows) == 1 else f"{least} to {most}"


def ranges(rows: pd.DataFrame, by: Sequence[str] = ("study",)) -> pd.DataFrame:
    """One row per group: the columns `by`, figures (marks), workloads (distinct ones), least and most (time ratio).

    Marks of one workload differ in metric or in a setting of the guest; they come from the same runs or the same machine.
    """
    grouped = rows.groupby(list(by), sort=False, dropna=False)
    table = grouped.agg(
        figures=("time_ratio", "size"),
        workloads=("workload", "nunique"),
        least=("time_ratio", "min"),
        most=("time_ratio", "max"),
    )
    return table.reset_index()
