"""What stock tracepoints counted, per recording: first uses, XFD writes, timer and IPI writes, saved states."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .architecture import XTILEDATA

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset

XFD, XFD_ERR, TIMER, IPI = 0x1C4, 0x1C5, 0x6E0, 0x830
TILE = 1 << XTILEDATA
COLUMNS = (
    "source", "seconds", "first_uses", "first_use_us", "disarmed", "armed",
    "timer", "timer_ms", "ipi", "switches", "saves", "saves_with_tiles",
)  # fmt: skip


def tally(dataset: Dataset) -> pd.DataFrame:
    """Count the events of each file that holds tracepoints of MSRs or of the FPU.

    Returns one row per file: source; seconds (first to last event); first_uses (reads of XFD_ERR with the bit of tile data: #NM);
    first_use_us (from the first of them to the next write of XFD by that task, NaN where there is none); disarmed and armed (writes
    of XFD with that bit clear and set); timer and ipi (writes of the deadline timer 0x6e0 and of the interrupt command register
    0x830); timer_ms (median time between timer writes of one task; times are NaN for an
    emulated processor); switches (sched_switch events); saves (states that left the
    registers) and saves_with_tiles (those with tile data in use).

    >>> from amxperf import open_dataset
    >>> table = tally(open_dataset("vm-ftrace")).set_index("source")
    >>> int(table.loc["vm/first-use/guest.trace", "first_uses"])
    1
    """
    import pandas as pd

    events = dataset.events
    events = events[events["timestamp"].notna()]
    traced = events["kind"].isin(["read_msr", "write_msr"]) | events["kind"].str.startswith("x86_fpu_")
    rows = [_row(source, part) for source, part in events.groupby("source", sort=False) if traced[part.index].any()]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    if not dataset.timed:
        table[["seconds", "first_use_us", "timer_ms"]] = math.nan
    return table


def _row(source: str, events: pd.DataFrame) -> dict[str, object]:
    reads, writes = (events[events["kind"] == kind] for kind in ("read_msr", "write_msr"))
    faults = reads[(reads["msr"] == XFD_ERR) & _tiles(reads["value"])]
    xfd, timer = writes[writes["msr"] == XFD], writes[writes["msr"] == TIMER]
    saves = events[events["kind"] == "x86_fpu_regs_deactivated"]
    return {
        "source": source,
        "seconds": float(events["timestamp"].iloc[-1] - events["timestamp"].iloc[0]),
        "first_uses": len(faults),
        "first_use_us": _first_use(faults, xfd),
        "disarmed": int((~_tiles(xfd["value"])).sum()),
        "armed": int(_tiles(xfd["value"]).sum()),
        "timer": len(timer),
        "timer_ms": float(timer.groupby("pid")["timestamp"].diff().median() * 1e3),
        "ipi": int((writes["msr"] == IPI).sum()),
        "switches": int((events["kind"] == "sched_switch").sum()),
        "saves": len(saves),
        "saves_with_tiles": int(_tiles(saves["xfeatures"]).sum()),
    }


def _tiles(words: pd.Series) -> pd.Series:
    """Which words have the bit of tile data; a missing word has not."""
    return words.map(lambda word: bool(int(word) & TILE), na_action="ignore").fillna(False).astype(bool)


def _first_use(faults: pd.DataFrame, xfd: pd.DataFrame) -> float:
    """Microseconds from the first fault to the next write of XFD by the same task."""
    if not len(faults):
        return math.nan
    fault = faults.iloc[0]
    after = xfd[(xfd["pid"] == fault["pid"]) & (xfd["timestamp"] >= fault["timestamp"])]
    return round((after["timestamp"].iloc[0] - fault["timestamp"]) * 1e6, 3) if len(after) else math.nan
