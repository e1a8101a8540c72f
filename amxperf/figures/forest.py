"""Comparisons as ratios with their intervals: one row per benchmark and factor combination."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import MissingInput
from ..labels import shortened
from ..provenance import provenance
from ..selector import parse, parse_keys
from .base import Figure
from .theme import COLOURS, any_script, drawing, ratio_axis, sign

if TYPE_CHECKING:
    import pandas as pd

    from ..comparison import Comparisons
    from ..dataset import Dataset
    from ..stats.result import Comparison

MEAN = "geometric mean of "
"""Benchmarks of this name are means of a group (:mod:`amxperf.geomean`)."""

WIDTH, NARROWEST = 7.2, 3.2
"""Inches: width of the picture, and the least width of its axes; wide labels widen the picture, not narrow the axes."""


def ratios(
    dataset: Dataset, comparisons: Comparisons, *, name: str, title: str, label: Callable[[Comparison], str] | None = None,
    filter: str = "", group_by: str = "",
) -> Figure:  # fmt: skip
    """Draw the ratio of each comparison with its interval; a ratio without an interval is a hollow mark.

    Parameters
    ----------
    label : words for one comparison; its benchmark, metric and factors if left out.
    filter : only these comparisons: a selector of their benchmark, metric and factors (:mod:`amxperf.selector`).
    group_by : columns such as ``isa,pages``: comparisons of a group stand together, each group ends with its geometric mean
        (a diamond) where `compare` was asked for the same groups. What `compare` was asked for if left out.

    Raises MissingInput where no comparison has a ratio.
    """
    import pandas as pd

    alone = comparisons  # a geometric mean has fewer factors, which must not make those of the others seem to vary
    comparisons, keys = grouped(comparisons, filter, group_by or comparisons.group_by)
    shown = [result for result in comparisons if math.isfinite(result.ratio)]
    if not shown:
        raise MissingInput(f"no comparison of {comparisons.dataset} has a ratio to draw", hint="see their reasons")
    label = label or (
        lambda result: " ".join([result.benchmark, result.metric, *(f"{k}={v}" for k, v in alone.varying(result))])
    )
    data = comparisons.frame()
    data = data[[math.isfinite(ratio) for ratio in data["ratio"]]].reset_index(drop=True)
    labels = [_mean_label(result) if _is_mean(result) else label(result) for result in shown]
    readings = [f"{words} {interval(result)}" for words, result in zip(labels, shown, strict=True)]
    data.insert(0, "label", labels)
    origin = provenance(dataset, "aggregated", **_replicates(dataset, comparisons))
    with drawing(WIDTH, 1.1 + 0.32 * len(shown)) as (canvas, axes):
        for row, result in enumerate(reversed(shown)):
            closed = math.isfinite(result.low)
            shade = COLOURS["muted"] if not closed else COLOURS["accent"]
            if closed:
                axes.plot([result.low, result.high], [row, row], color=shade, linewidth=2.2, solid_capstyle="butt")
            marker = "D" if _is_mean(result) else "o"
            axes.plot(result.ratio, row, marker, markersize=7, color=shade, markerfacecolor=shade if closed else "white", zorder=3)
        axes.set_yticks(range(len(shown)), shortened(labels)[::-1], fontsize=8.5)
        axes.set_ylim(-0.6, len(shown) - 0.4)
        what = f"ratio of ratios; 1: the same step as for {comparisons.within}" if comparisons.within else (
            f"ratio; {_better(shown, comparisons.treatment)}")  # fmt: skip
        ratio_axis(axes, f"{comparisons.arms} ({what})")
        axes.grid(axis="y", visible=False)
        sign(canvas, origin)
        with any_script():
            canvas.draw_without_rendering()
        lacking = NARROWEST - axes.get_position().width * WIDTH
        if lacking > 0:
            canvas.set_figwidth(WIDTH + lacking)
    return Figure(
        name,
        title,
        canvas,
        pd.DataFrame(data),
        caption=_caption(comparisons, shown, dataset, keys),
        alt=f"{len(shown)} horizontal bars: " + "; ".join(readings) + ".",
        origin=origin,
    )


def _replicates(dataset: Dataset, comparisons: Comparisons) -> dict[str, int | None]:
    """Boots (None where unknown) and launches behind both arms."""
    import pandas as pd

    both = pd.concat([parse(text).rows(dataset.measurements) for text in (comparisons.baseline, comparisons.treatment)])
    boots = None if (both["boot"] == "").any() else both.groupby(["environment", "boot"]).ngroups
    return {"boots": boots, "launches": both.groupby(["environment", "boot", "launch"]).ngroups}


def interval(result: Comparison) -> str:
    """'1.32 (1.25 to 1.40)', or '1.32 (no interval)'."""
    if not math.isfinite(result.ratio):
        return "no ratio"
    if not math.isfinite(result.low):
        return f"{result.ratio:.3g} (no interval)"
    return f"{result.ratio:.3g} ({result.low:.3g} to {result.high:.3g})"


def _better(shown: list[Comparison], treatment: str) -> str:
    """Which side is better, as far as the data say; 'faster' only for times and rates."""
    words = set()
    for result in shown:
        timed = result.unit == "s" or result.unit.endswith("/s")
        side = {"lower": "below", "higher": "above"}.get(result.better, "")
        words.add(f"{side} 1: {treatment} is {'faster' if timed else 'better'}" if side else "which side is better is not stated")
    return words.pop() if len(words) == 1 else "which side is better differs: column better of the data"


def grouped(comparisons: Comparisons, filter: str, group_by: str) -> tuple[Comparisons, tuple[str, ...]]:
    """The comparisons that pass a filter, group by group, each with its geometric mean at the end; and the columns of the groups.

    Raises UsageError for a column, MissingInput for a value that no comparison has.
    """
    if not filter and not group_by:
        return comparisons, ()
    kept = list(comparisons)
    if filter:
        kept = [result for result, holds in zip(kept, parse(filter).mask(_columns(kept)), strict=True) if holds]
        comparisons = replace(comparisons, filter=",".join(part for part in (comparisons.filter, filter) if part))
    keys = parse_keys(group_by, _columns(kept)) if group_by else ()
    parts: dict[tuple[str, ...], list[Comparison]] = {}
    for result in kept:
        parts.setdefault(_group(result, keys), []).append(result)
    if keys and group_by == comparisons.group_by and not filter:
        for mean in comparisons.geomeans:
            parts.setdefault(_group(mean, keys), []).append(mean)
    return replace(comparisons, results=tuple(result for part in parts.values() for result in part)), keys


def _columns(results: list[Comparison]) -> pd.DataFrame:
    """What a filter of comparisons can name: a table like that of the measurements, one row each."""
    from .. import schema

    return schema.frame("measurements", [{"benchmark": r.benchmark, "metric": r.metric, "unit": r.unit, **dict(r.factors)}
                                         for r in results])  # fmt: skip


def _group(result: Comparison, keys: tuple[str, ...]) -> tuple[str, ...]:
    known = {"benchmark": result.benchmark, "metric": result.metric, "unit": result.unit, **dict(result.factors)}
    return tuple(known.get(key, "") for key in keys)


def _is_mean(result: Comparison) -> bool:
    return result.benchmark.startswith(MEAN)


def _mean_label(result: Comparison) -> str:
    return " ".join([result.benchmark, result.metric, *(f"{key}={value}" for key, value in result.factors)])


def _caption(comparisons: Comparisons, shown: list[Comparison], dataset: Dataset, keys: tuple[str, ...]) -> str:
    closed = [result for result in shown if math.isfinite(result.low)]
    what = list(dict.fromkeys(f"{r.metric} of {r.benchmark}" for r in shown if not _is_mean(r)))
    named = ", ".join(what[:3]) + (f" and {len(what) - 3} more" if len(what) > 3 else "")
    relative = f", relative to the same ratio of {comparisons.within}" if comparisons.within else ""
    text = f"Ratio of {comparisons.treatment} to {comparisons.baseline}{relative}: {named}. "
    text += f"Only {comparisons.filter}. " if comparisons.filter else ""
    means = "; diamonds are geometric means of a group" if any(_is_mean(result) for result in shown) else ""
    text += f"Grouped by {' and '.join(keys)}{means}. " if keys else ""
    kinds = dict.fromkeys(f"{r.confidence:.0%} intervals ({r.method}, {r.counted()})" for r in closed)
    if kinds:
        text += f"Bars are {' or '.join(kinds)}; the {closed[0].replicate} is the replicate. "
    if any(caution.code == "boots-unknown" for result in closed for caution in result.cautions):
        text += "Nothing says which boot a launch belongs to, so a difference between two boots would look the same. "
    codes = dict.fromkeys(result.code for result in shown if not math.isfinite(result.low))
    if codes:
        text += f"Hollow marks are ratios without an interval ({', '.join(codes)}). "
    return text + f"Data: {dataset.credit}."
