"""How long two tasks on one CPU take to hand over to each other."""

from __future__ import annotations

import re
from itertools import cycle
from typing import TYPE_CHECKING

from ..errors import MissingInput
from ..provenance import provenance
from .base import Figure
from .events import timed
from .theme import COLOURS, drawing, sign

if TYPE_CHECKING:
    import pandas as pd

    from ..dataset import Dataset


def handovers(dataset: Dataset, source: str) -> pd.DataFrame:
    """Time between successive switches from one of the two tasks to the other.

    A row is counted where two neighbouring sched_switch events of one CPU both lead from one of the pair to the other.

    Returns columns source, line (of the second switch), us (microseconds; NaN for an emulated processor).
    """
    import pandas as pd

    events = dataset.events
    events = events[(events["source"] == source) & (events["kind"] == "sched_switch")]
    rows, last = [], None
    for _, row in events.iterrows():
        pair = _pair(row["detail"])
        if pair and last and pair == last[0][::-1] and row["cpu"] == last[1]:
            rows.append({"source": source, "line": int(row["line"]), "us": round((row["timestamp"] - last[2]) * 1e6, 3)})
        last = (pair, row["cpu"], row["timestamp"]) if pair else None
    table = pd.DataFrame(rows, columns=["source", "line", "us"])
    return table if dataset.timed else table.assign(us=float("nan"))


def _pair(detail: str) -> tuple[str, str] | None:
    found = re.search(r"prev_pid=(\d+).*next_pid=(\d+)", detail)
    return (found[1], found[2]) if found else None


def switches(dataset: Dataset, *, name: str, title: str, sources: dict[str, str]) -> Figure:
    """Draw the times between hand-overs of each file as a cumulative distribution.

    Parameters
    ----------
    sources : words for the legend -> file.

    Raises MissingInput where none of the files holds hand-overs, or the processor was emulated.
    """
    import pandas as pd

    timed(dataset)
    tables = {words: handovers(dataset, source) for words, source in sources.items()}
    tables = {words: table for words, table in tables.items() if len(table)}
    if not tables:
        raise MissingInput(f"{dataset.name} holds no hand-overs of two tasks", hint="record sched_switch of two tasks on one CPU")
    origin = provenance(dataset, "parsed", launches=len(tables), sources=list(sources.values()))
    with drawing(6.8, 3.2) as (canvas, axes):
        for shade, (words, table) in zip(
            cycle((COLOURS["avx512"], COLOURS["amx"], COLOURS["plain"])), tables.items(), strict=False
        ):
            values = table["us"].sort_values()
            axes.step(
                values,
                [(place + 1) / len(values) for place in range(len(values))],
                where="post",
                color=shade,
                label=f"{words} (n = {len(values)})",
            )
            axes.axvline(values.median(), color=shade, linewidth=0.8, linestyle=":")
        axes.set(xscale="log", xlabel="time between two hand-overs (µs, tracing on)", ylabel="share at or below", ylim=(0, 1.02))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.legend(loc="lower right")
        sign(canvas, origin)
    middle = "; ".join(f"{words} median {table['us'].median():.1f} µs (n = {len(table)})" for words, table in tables.items())
    return Figure(
        name,
        title,
        canvas,
        pd.concat([table.assign(run=words) for words, table in tables.items()], ignore_index=True),
        caption=(
            f"Time between neighbouring switches of two tasks on one CPU: {middle}; dotted lines mark the medians. "
            "One launch each, with tracepoints on, so the difference has no interval "
            "and is not a measurement of the cost of tiles. "
            f"Data: {dataset.credit}."
        ),
        alt=f"Cumulative curves of hand-over times on a logarithmic axis: {middle}.",
        origin=origin,
    )
