"""Published overheads in groups: which rows carry a number, from how many sources, and from where to where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset
    from .stats.meta import Pooled


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


def by_study(dataset: Dataset, comparison: str = "tdx-vm", apart: Sequence[str] = ()) -> pd.DataFrame:
    """One row per document and use of AMX: the mean log slowdown of its figures, which is what may count as one observation.

    Figures of one document share machine and authors, so the document is the replicate, however many figures or studies it holds.
    Columns: amx, studies (their names), source_url, figures, time_ratio (exp of the mean log).

    >>> from amxperf import open_dataset
    >>> by_study(open_dataset("published"), apart=["canonical/tdx #128"])["figures"].tolist()
    [4, 20, 14]
    """
    import numpy as np

    rows = marks(dataset, comparison, apart)
    rows = rows.assign(log=np.log(rows["time_ratio"].to_numpy(dtype=float)))
    grouped = rows.groupby(["amx", "source_url"], sort=False)
    table = grouped.agg(
        studies=("study", lambda names: ", ".join(dict.fromkeys(names))), figures=("log", "size"), time_ratio=("log", "mean")
    )
    table["time_ratio"] = np.exp(table["time_ratio"])
    return table.reset_index()[["amx", "studies", "source_url", "figures", "time_ratio"]]


def pooled(dataset: Dataset, comparison: str = "tdx-vm", apart: Sequence[str] = ()) -> dict[str, Pooled]:
    """Mean over documents for each use of AMX; with fewer than three nothing is pooled (code `few-studies`): show the rows.

    >>> from amxperf import open_dataset
    >>> {amx: found.code for amx, found in pooled(open_dataset("published")).items()}
    {'no': 'few-studies', 'yes': 'few-studies', 'unknown': 'few-studies'}
    """
    import numpy as np

    from .stats.meta import study_means

    rows = marks(dataset, comparison, apart)
    return {
        str(amx): study_means(np.log(part["time_ratio"].to_numpy(dtype=float)), part["source_url"].tolist())
        for amx, part in rows.groupby("amx", sort=False)
    }
