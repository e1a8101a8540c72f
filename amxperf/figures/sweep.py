"""A metric over growing sizes: one line per kind of work, one panel per way of going through memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..labels import counted
from ..provenance import provenance
from .base import Figure
from .case import chosen
from .prefix import prefixed
from .rows import groups, rows
from .strip import WORDS
from .theme import colour, drawing, sign

if TYPE_CHECKING:
    from ..dataset import Dataset

STYLES = ("-", "--", ":", "-.")


def sizes(
    dataset: Dataset,
    *,
    name: str,
    title: str,
    benchmark: str,
    metric: str,
    lines: str | Sequence[str],
    panel: str = "",
    x: str = "size",
    xlabel: str = "working set (B)",
    filter: str = "",
) -> Figure:
    """Draw the median over launches against a size, with the range of the launches.

    Parameters
    ----------
    lines : factors that name a line, such as ``isa,pages``; the first gives colour, the others the style. Environments that
        differ are lines too.
    panel : factor with a panel for each value; one panel if left out.
    x, xlabel : the factor that holds the size, and its name on the axis.
    filter : a selector of rows, such as ``op=load,stride=64`` (:mod:`amxperf.selector`).

    Raises MissingInput where the dataset holds no such measurement.
    """
    dataset = rows(dataset, filter)
    lines = groups(dataset, lines)
    table = chosen(dataset, benchmark, metric, [*lines, x, *([panel] if panel else [])])
    scale, shown = prefixed(table["median"], table["unit"].iloc[0])
    keys = [*(["environment"] if table["environment"].nunique() > 1 else []), *lines]
    table = table.assign(
        **{x: table[x].astype("int64")},
        median=table["median"] * scale,
        line=[" ".join(row[key] for key in keys if row.get(key)) for row in table.to_dict("records")],
        panel=table[panel] if panel else "",
    )
    grouped = table.groupby(["panel", "line", keys[0], x], sort=True)["median"]
    drawn = grouped.agg(median="median", least="min", most="max", launches="size").reset_index()
    panels, names = sorted(set(drawn["panel"])), sorted(set(drawn["line"]))
    origin = provenance(dataset, "aggregated", launches=int(table.groupby(["environment", "boot", "launch"]).ngroups))
    with drawing(7.4, 3.4, columns=len(panels), sharey=True) as (canvas, axes):
        axes = [axes] if len(panels) == 1 else list(axes)
        for axis, value in zip(axes, panels, strict=True):
            for number, line in enumerate(names):
                part = drawn[(drawn["panel"] == value) & (drawn["line"] == line)]
                if not len(part):
                    continue
                shade = colour(part[keys[0]].iloc[0])
                axis.plot(part[x], part["median"], STYLES[number % len(STYLES)], color=shade, marker="o", markersize=3, label=line)
                axis.fill_between(part[x], part["least"], part["most"], color=shade, alpha=0.15, linewidth=0)
            axis.set(xlabel=xlabel, title=value, yscale="log")
            axis.set_xscale("log", base=2)
            axis.yaxis.set_major_formatter("{x:g}")
        axes[0].set_ylabel(f"{metric} ({shown})")
        handles, words = axes[0].get_legend_handles_labels()
        canvas.legend(handles, words, loc="outside center right", fontsize=8)
        sign(canvas, origin)
    return Figure(
        name,
        title,
        canvas,
        drawn.rename(columns={word: f"{word}_{shown}" for word in ("median", "least", "most")}),
        caption=(
            f"Lines are medians over the launches of {benchmark}, bands their range; "
            f"{counted(drawn['launches'].min(), 'launch', drawn['launches'].max())} per point. "
            f"{WORDS[table['better'].iloc[0]]}Both axes are logarithmic. Data: {dataset.credit}."
        ),
        alt=f"{len(panels)} panels of {len(names)} lines over {drawn[x].nunique()} sizes, "
        f"from {drawn['median'].min():.3g} to {drawn['median'].max():.3g} {shown}.",
        origin=origin,
    )
