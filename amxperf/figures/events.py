"""Events as a table, each row linked to its line and read in words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from ..architecture import ARCH_PRCTL, MSR_NAMES, XTILEDATA, names
from ..errors import MissingInput
from .rendering import Linker, Rendering, anchor, html_table, notice, text_table

if TYPE_CHECKING:
    import pandas as pd

    from ..dataset import Dataset


def event_table(
    dataset: Dataset, source: str = "", kinds: Sequence[str] = (), limit: int = 40, title: str = "", tasks: Sequence[str] = ()
) -> Rendering:
    """List events in the order of the capture.

    Parameters
    ----------
    source : one file of the dataset; all files if empty.
    kinds : kinds to keep; all if empty.
    limit : most rows shown; the text says how many there are.
    tasks : names of tasks to keep; all if empty.
    """
    events = select(dataset.events, source, kinds, tasks)
    if not len(events):
        where = f"{source} of the dataset {dataset.name}" if source else f"the dataset {dataset.name}"
        what = " of the kinds " + ", ".join(kinds) if kinds else ""
        return notice(
            f"No events{what} in {where}. Record them with the recipe of the chapter on measuring."
        )
    shown = events.head(limit)
    rows = [
        (_stamp(row, dataset), _task(row), _number(row["cpu"]), row["kind"], explain(row), row["source"], int(row["line"]))
        for _, row in shown.iterrows()
    ]
    headers = ["time (s)" if dataset.timed else "line", "task", "CPU", "event", "what it says"]
    caption = title or f"Events of {source or dataset.name}"
    if len(events) > limit:
        caption += f" (first {limit} of {len(events)})"

    def html(link: Linker) -> str:
        cells = [
            [
                anchor(link, file, line, stamp or f"line {line}"),
                escape(task),
                cpu,
                f"<code>{escape(kind)}</code>",
                escape(words),
            ]
            for stamp, task, cpu, kind, words, file, line in rows
        ]
        return html_table(headers, cells, caption)

    return Rendering(html, caption + "\n" + text_table(headers, [list(row[:5]) for row in rows]))


def timed(dataset: Dataset) -> None:
    """Raise MissingInput for a dataset whose times say nothing."""
    if not dataset.timed:
        message = f"{dataset.name} was recorded on an emulated processor, whose times say nothing"
        raise MissingInput(message, hint="record it on a real machine")


def select(events: pd.DataFrame, source: str = "", kinds: Sequence[str] = (), tasks: Sequence[str] = ()) -> pd.DataFrame:
    """Rows of the events table by file, kind and task name."""
    if source:
        events = events[events["source"] == source]
    if kinds:
        events = events[events["kind"].isin(list(kinds))]
    if tasks:
        events = events[events["comm"].isin(list(tasks))]
    return events


def explain(row: pd.Series) -> str:
    """One event in words, such as 'IA32_XFD_ERR = 0x40000 (XTILEDATA)'."""
    kind = row["kind"]
    if kind in ("read_msr", "write_msr", "kvm_set_msr", "write_xfd", "kvm_msr") and _known(row["msr"]):
        name = MSR_NAMES.get(int(row["msr"]), f"MSR {int(row['msr']):#x}")
        verb = "reads" if kind == "read_msr" else "sets"
        return f"{verb} {name} {'=' if verb == 'reads' else 'to'} {_bits(row)}"
    if kind.startswith("x86_fpu") and _known(row["xcomp_bv"]):
        tile = int(row["xcomp_bv"]) >> XTILEDATA & 1
        live = _known(row["xfeatures"]) and int(row["xfeatures"]) >> XTILEDATA & 1
        room = "buffer has room for tile data" if tile else "buffer has no room for tile data"
        return f"xcomp_bv {int(row['xcomp_bv']):#x}: {room}" + ("; tile data saved last" if live else "")
    if kind == "sys_arch_prctl" and _known(row["value"]):
        return ARCH_PRCTL.get(int(row["value"]), f"option {int(row['value']):#x}")
    if kind == "sys_arch_prctl_return" and _known(row["value"]):
        value = int(row["value"])
        return f"returns {value - (1 << 64) if value >> 63 else value}"
    if kind == "sched_switch":
        return f"to {row['reason']}"
    if kind == "signal_generate":
        return f"{row['reason']}: {row['detail']}"
    return str(row["detail"] or row["reason"])


def _bits(row: pd.Series) -> str:
    if not _known(row["value"]):
        return "an unknown value"
    value, msr = int(row["value"]), int(row["msr"])
    if msr in (0x1C4, 0x1C5) and value:
        return f"{value:#x} ({', '.join(names(value))})"
    return f"{value:#x}"


def _known(value: object) -> bool:
    return value is not None and str(value) not in ("<NA>", "nan")


def _number(value: object) -> str:
    return str(int(value)) if _known(value) else ""


def _stamp(row: pd.Series, dataset: Dataset) -> str:
    if not dataset.timed:
        return f"line {int(row['line'])}"
    return f"{row['timestamp']:.6f}" if row["timestamp"] == row["timestamp"] else ""


def _task(row: pd.Series) -> str:
    pid = _number(row["pid"])
    return f"{row['comm']} ({pid})" if row["comm"] and pid else str(row["comm"])
