"""Published overheads as time ratios: one mark per published figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import MissingInput
from ..literature import marks, ranges, sources, wordless
from ..provenance import provenance
from .base import Figure
from .theme import COLOURS, drawing, ratio_axis, sign

if TYPE_CHECKING:
    import pandas as pd

    from ..dataset import Dataset

AMX = {
    "yes": (COLOURS["amx"], "o", "AMX in use"),
    "no": (COLOURS["avx512"], "s", "no AMX"),
    "unknown": (COLOURS["muted"], "D", "AMX use not stated"),
}


def overheads(
    dataset: Dataset, *, name: str, title: str, comparison: str = "tdx-vm", apart: Sequence[str] = (), only: Sequence[str] = ()
) -> Figure:
    """Draw every published overhead of one comparison as treatment time over baseline time.

    A throughput loss L is 1/(1-L). The table holds no spread between sessions or boots, so the marks have no interval.
    Where one study has baselines with several page sizes, the label says which.

    Parameters
    ----------
    comparison : value of the column `comparison`.
    apart : studies left out here because they are shown apart.
    only : studies shown, if not all.

    Raises MissingInput where no row with a number is left.
    """
    rows = marks(dataset, comparison, apart)
    if only:
        rows = rows[rows["study"].isin(list(only))]
    if not len(rows):
        raise MissingInput(f"{dataset.name} holds no published overhead of {comparison}", hint="open the dataset published")
    rows = rows.sort_values(["study", "time_ratio"], ascending=[True, False], kind="stable").reset_index(drop=True)
    labels = _labels(rows)
    origin = provenance(dataset, "aggregated", sources=sorted(set(rows["source"])))
    with drawing(7.6, 1.2 + 0.2 * len(rows)) as (canvas, axes):
        seen = set()
        for place, (_, row) in enumerate(rows.iterrows()):
            shade, marker, words = AMX[row["amx"]]
            axes.plot(row["time_ratio"], -place, marker, color=shade, markersize=5, label=None if words in seen else words)
            seen.add(words)
        axes.set_yticks([-place for place in range(len(rows))], labels, fontsize=6.8)
        axes.set_ylim(-len(rows) + 0.4, 0.6)
        for place in range(1, len(rows)):
            if rows["study"][place] != rows["study"][place - 1]:
                axes.axhline(-place + 0.5, color="#999999", linewidth=0.6)
        ratio_axis(axes, "time over the baseline's (log scale)")
        axes.grid(axis="y", visible=False)
        canvas.legend(loc="outside upper right", ncols=3, fontsize=8)
        sign(canvas, origin)
    columns = [
        "study",
        "workload",
        "amx",
        "metric",
        "time_ratio",
        "overhead_percent",
        "baseline_env",
        "treatment_env",
        "source_url",
        "quote_location",
        "line",
    ]
    return Figure(
        name,
        title,
        canvas,
        rows[columns],
        caption=_caption(dataset, rows, comparison, apart, only),
        alt=(
            f"{len(rows)} points in {_plural(rows['study'].nunique(), 'group')} on a logarithmic axis "
            f"from {rows['time_ratio'].min():.2g} to {rows['time_ratio'].max():.3g}."
        ),
        origin=origin,
    )


def _caption(dataset: Dataset, rows: pd.DataFrame, comparison: str, apart: Sequence[str], only: Sequence[str]) -> str:
    """What the marks are, how they hang together, and what is not among them."""
    left = [study for study in apart if study in set(dataset.overheads["study"])]
    words = wordless(dataset, comparison)
    words = words[words["study"].isin(list(only))] if only else words
    return (
        f"{len(rows)} published figures of {_count(sources(rows), 'source')}, as treatment time over baseline time. "
        + "; ".join(f"{group.study}: {_group(group)}" for group in ranges(rows).itertuples())
        + ". Marks of one study share a machine, and one workload gives several marks by metric or by setting of the guest: "
        "they are not independent. "
        "No spread between sessions or boots is published, so no interval is drawn and nothing is pooled. "
        + (f"Shown apart: {', '.join(left)}. " if left else "")
        + (f"Without a number, so without a mark: {_count(len(words), 'row')}. " if len(words) else "")
        + f"Data: {dataset.name} ({dataset.kind}); source and page in every row of the CSV."
    )


def _group(group) -> str:
    """'14 marks of 7 workloads, 1.20 to 48.8'."""
    ends = f"{group.least:.3g}" if group.figures == 1 else f"{group.least:.3g} to {group.most:.3g}"
    return f"{_count(group.figures, 'mark')} of {_count(group.workloads, 'workload')}, {ends}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun if number == 1 else noun + 's'}"


def _labels(rows) -> list[str]:
    """One label per row; rows that would share one show their treatment instead of the metric."""
    pages = rows["baseline_env"].str.extract(r"(\d+ [KMG]B)")[0].fillna("")
    mixed = pages.groupby(rows["study"]).transform("nunique") > 1
    extra = [f" · VM on {page} pages" if page and more else "" for page, more in zip(pages, mixed, strict=True)]
    labels = [_label(row) + over for (_, row), over in zip(rows.iterrows(), extra, strict=True)]
    told = []
    for label, treatment in zip(labels, rows["treatment_env"], strict=True):
        if labels.count(label) > 1:
            words = treatment.split(", ", 1)[-1]
            label = f"{label.rsplit(' · ', 1)[0]} · {words if len(words) < 24 else words[:22] + '…'}"
        told.append(label)
    return told


def _label(row) -> str:
    work = row["workload"].split(" (")[0].replace(" inference,", ",").split(", 1024 in")[0].removesuffix(", AMX")
    words = [row["study"].replace(" et al.", ""), work if len(work) < 44 else work[:42] + "…", row["metric"].split(" (")[0]]
    return " · ".join(words)


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
