"""Events of one file on a time axis, one lane per kind of event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import MissingInput
from ..provenance import provenance
from .base import Figure
from .events import explain, select, timed
from .theme import COLOURS, drawing, sign

if TYPE_CHECKING:
    import pandas as pd

    from ..dataset import Dataset


def timeline(
    dataset: Dataset,
    source: str,
    *,
    name: str,
    title: str,
    kinds: Sequence[str] = (),
    tasks: Sequence[str] = (),
    around: str = "",
    window: tuple[float, float] | None = None,
) -> Figure:
    """Draw events of one file over time.

    Parameters
    ----------
    source : file of the dataset.
    kinds, tasks : which events; all if empty.
    around : kind of the event whose first occurrence is time 0; the first event shown if empty.
    window : microseconds before (negative) and after time 0 to show; all if left out.

    Raises
    ------
    MissingInput where the file holds no such event with a time stamp, or the processor was emulated.
    """
    timed(dataset)
    events = select(dataset.events, source, kinds, tasks).dropna(subset=["timestamp"])
    zero = events[events["kind"] == around] if around else events
    if not len(zero):
        raise MissingInput(f"{dataset.name} holds no events to draw in {source}", hint="name another file")
    events = events.assign(us=(events["timestamp"] - zero["timestamp"].iloc[0]) * 1e6)
    if window:
        events = events[events["us"].between(*window)]
        if not len(events):
            raise MissingInput(f"{source} holds no event {window[0]:g} to {window[1]:g} µs from time 0", hint="widen the window")
    data = _data(events)
    lanes = list(dict.fromkeys(data["lane"]))[::-1]
    origin = provenance(dataset, "parsed", sources=[source])
    scale, unit = (1e-3, "ms") if data["us"].max() - data["us"].min() > 1e4 else (1, "µs")
    with drawing(7.2, 0.9 + 0.34 * len(lanes)) as (canvas, axes):
        positions = [lanes.index(lane) for lane in data["lane"]]
        axes.hlines(range(len(lanes)), scale * data["us"].min(), scale * data["us"].max(), color="#e4e4e4", linewidth=1)
        axes.scatter(scale * data["us"], positions, s=26, color=[_shade(lane) for lane in data["lane"]], zorder=3)
        axes.set_yticks(range(len(lanes)), lanes, fontsize=8)
        axes.set(xlabel=f"time after the first {around or 'event'} ({unit})", ylim=(-0.6, len(lanes) - 0.4))
        axes.grid(axis="y", visible=False)
        sign(canvas, origin)
    span = data["us"].max() - data["us"].min()
    return Figure(
        name,
        title,
        canvas,
        data,
        caption=(
            f"{len(data)} events of {source} in {span:.0f} µs, one lane per kind. "
            "Tracing itself takes part of the time between two events. "
            f"Data: {dataset.credit}, one run."
        ),
        alt=f"A time axis with {len(lanes)} lanes: " + "; ".join(_count(data, lane) for lane in reversed(lanes)) + ".",
        origin=origin,
    )


def _data(events: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "us": events["us"].round(3),
            "lane": [_lane(row) for _, row in events.iterrows()],
            "task": events["comm"],
            "pid": events["pid"],
            "what": [explain(row) for _, row in events.iterrows()],
            "source": events["source"],
            "line": events["line"],
        }
    ).reset_index(drop=True)


def _lane(row: pd.Series) -> str:
    if row["kind"] in ("read_msr", "write_msr"):
        register = {0x1C4: "XFD", 0x1C5: "XFD_ERR", 0x6E0: "timer (TSC_DEADLINE)", 0x830: "IPI (ICR)"}
        return f"{row['kind'][:-4]} {register.get(int(row['msr']), hex(int(row['msr'])))}"
    return row["kind"].removeprefix("x86_fpu_").removeprefix("sys_")


def _shade(lane: str) -> str:
    return COLOURS["avx512"] if "XFD" in lane else COLOURS["accent"] if lane.startswith("regs") else COLOURS["plain"]


def _count(data: pd.DataFrame, lane: str) -> str:
    return f"{lane} {int((data['lane'] == lane).sum())} times"
