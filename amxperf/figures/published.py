"""Published overheads as time ratios: one mark per published figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import MissingInput
from ..provenance import provenance
from .base import Figure
from .theme import COLOURS, drawing, ratio_axis, sign

if TYPE_CHECKING:
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

    A throughput loss L is 1/(1-L). No source states a variance, so the marks have no interval.

    Parameters
    ----------
    comparison : value of the column `comparison`.
    apart : studies left out here because they are shown apart.
    only : studies shown, if not all.

    Raises MissingInput where no row with a number is left.
    """
    rows = dataset.overheads
    rows = rows[(rows["comparison"] == comparison) & rows["time_ratio"].notna() & ~rows["study"].isin(list(apart))]
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
        ratio_axis(axes, "treatment time over baseline time (log scale; above 1: slower)")
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
        caption=(
            f"{len(rows)} published figures of {_studies(rows)}, as treatment time over baseline time. "
            "No source states a variance, so no interval can be drawn and nothing is pooled; "
            "most marks of one study share a machine. "
            f"The middle mark is {rows['time_ratio'].median():.3g}; with AMX in use {_range(rows[rows['amx'] == 'yes'])}. "
            f"Data: {dataset.name} ({dataset.kind}); source and page in every row of the CSV."
        ),
        alt=(
            f"{len(rows)} points in {rows['study'].nunique()} groups on a logarithmic axis "
            f"from {rows['time_ratio'].min():.2g} to {rows['time_ratio'].max():.3g}."
        ),
        origin=origin,
    )


def _labels(rows) -> list[str]:
    """One label per row; rows that would share one show their treatment instead of the metric."""
    labels = [_label(row) for _, row in rows.iterrows()]
    told = []
    for label, treatment in zip(labels, rows["treatment_env"], strict=True):
        if labels.count(label) > 1:
            words = treatment.split(", ", 1)[-1]
            label = f"{label.rsplit(' · ', 1)[0]} · {words if len(words) < 24 else words[:22] + '…'}"
        told.append(label)
    return told


def _label(row) -> str:
    work = row["workload"].split(" (")[0].replace(" inference,", ",").split(", 1024 in")[0]
    words = [row["study"].replace(" et al.", ""), work if len(work) < 44 else work[:42] + "…", row["metric"].split(" (")[0]]
    return " · ".join(words)


def _studies(rows) -> str:
    count = rows["study"].nunique()
    return f"{count} {'study' if count == 1 else 'studies'}"


def _range(rows) -> str:
    if not len(rows):
        return "there is none"
    return f"the {len(rows)} marks run from {rows['time_ratio'].min():.3g} to {rows['time_ratio'].max():.3g}"
