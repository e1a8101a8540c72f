"""Counters of KVM from /sys/kernel/debug/kvm: a snapshot as text, or what kvm_stat prints (-1, -l, with -c as CSV, its screen).

A snapshot is lines ``[PATH/]NAME:VALUE`` (``grep -r . /sys/kernel/debug/kvm``), ``NAME VALUE``, or ``==> NAME <==`` with the value
below (``head``). A tar of debugfs is none: its files have no size, so it holds nothing.

Options
-------
seconds : interval of kvm_stat -l (its -s), which it does not print; adds the metric `NAME/s` in op/s.

Measurements: benchmark `kvm`, metric = the counter (times ``*_ns`` without that ending, in s), better `none`. Factor `scope`:
`host` for the sums over all guests, `vm`, or `vcpu` (then `thread` is ``vcpuN``); `vm` is ``PID-FD`` where there are several.
Levels (`pages_4k`, `pages_2m` ...) are informative. A counter has run since the guest started, so one value says nothing about
speed (``informative=False``): take the :func:`difference` of two snapshots. kvm_stat does that itself: `NAME/s` of -1 and of the
screen (whose line `Total` and column `%Total` add up the others and are not read), `NAME delta` of -l. `iteration` counts
snapshots and lines of -l.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError, UsageError
from ..units import to_base
from . import options as opt

if TYPE_CHECKING:
    import pandas as pd

TITLE = "KVM counters: debugfs snapshot, kvm_stat"

LEVELS = frozenset((
    "pages_4k", "pages_2m", "pages_1g", "nx_lpage_splits", "mmu_unsync", "guest_mode", "blocking", "max_mmu_rmap_size",
    "max_mmu_page_hash_collisions",
))
"""Values that say how things stand; every other counter adds up from the start of a guest."""
COUNTERS = LEVELS | frozenset((
    "directed_yield_attempted", "directed_yield_successful", "exits", "fpu_reload", "halt_attempted_poll", "halt_exits",
    "halt_poll_fail_ns", "halt_poll_invalid", "halt_poll_success_ns", "halt_successful_poll", "halt_wait_ns", "halt_wakeup",
    "host_state_reload", "hypercalls", "insn_emulation", "insn_emulation_fail", "invlpg", "io_exits", "irq_exits", "irq_injections",
    "irq_window_exits", "l1d_flush", "mmio_exits", "mmu_cache_miss", "mmu_flooded", "mmu_pde_zapped", "mmu_pte_write",
    "mmu_recycled", "mmu_shadow_zapped", "nested_run",
    "nmi_injections", "nmi_window_exits", "notify_window_exits", "pf_emulate", "pf_fast",
    "pf_fixed", "pf_guest", "pf_mmio_spte_created", "pf_spurious", "pf_taken", "preemption_other", "preemption_reported",
    "remote_tlb_flush", "remote_tlb_flush_requests", "req_event", "request_irq_exits", "signal_exits", "tlb_flush",
))
"""Names in /sys/kernel/debug/kvm of Linux 6.18 and 5.x, by which a file is recognised; others are read where the file is one."""
SETTINGS = ("pid", "tsc-offset", "tsc-scaling-ratio", "tsc-scaling-ratio-frac-bits", "lapic_timer_advance_ns")
"""Files beside the counters that count nothing."""

_NAME = r"[a-zA-Z_][\w-]{0,60}"
_PATH = re.compile(rf"(?P<path>(?:[^:\s]*/)?)(?P<name>{_NAME})(?::\s?|\s+|\s*=\s*)(?P<value>\d{{1,20}})\s*", re.ASCII)
_GUEST = re.compile(r"(?:^|/)(?P<vm>\d+-\d+)/(?:(?P<vcpu>vcpu\d+)/)?$", re.ASCII)
_HEAD = re.compile(rf"==> (?P<path>\S*?{_NAME}) <==", re.ASCII)
_ONCE = re.compile(r"\s*(?P<name>[a-z]\w{0,60}(?:\([\w ]{1,40}\))?)\s+(?P<value>\d{1,20})\s+(?P<delta>-?\d{1,20})\s*", re.ASCII)
_SCREEN = re.compile(
    r"\s*(?P<name>[a-z]\w{0,60}(?:\([\w ]{1,40}\))?)\s+(?P<value>\d{1,20})\s+(?:\d{1,3}\.\d|nan)(?:\s+(?P<delta>-?\d{1,20}))?\s*",
    re.ASCII,
)
_TITLE = re.compile(
    r"\s*(?:kvm statistics - .{1,200}|regex filter: .{1,200}|Event\s+Total(?:\s+%Total)?\s+Cur(?:rent|Avg/s)"
    r"|Total\s+\d{1,20}(?:\s+\d{1,20})?)\s*"
)
_COLUMNS = re.compile(r"\s*Event\s+Total(?:\s+%Total)?\s+Cur(?:rent|Avg/s)\s*")
_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?P<rest>(?:(?:\s+|,)-?\d{1,20})+)\s*", re.ASCII)
_BANNER = re.compile(r"(?:timestamp,)?[a-z][\w()]*(?:[ ,][a-z][\w()]*)*\s*", re.ASCII)
SINCE = "counted since the guest started; the difference of two snapshots depends on speed"


def sniff(document: Document) -> int:
    """90 where three lines or columns carry names of KVM's counters and half of the lines can be read; else 0."""
    lines = [line for line in document.head if line.strip()]
    cells = list(_cells(Document("", "\n".join(lines[:400]).encode(), "").lines)) if lines else []
    if any(_COLUMNS.fullmatch(line) for line in lines) and any("once" in cell["kind"] for _, cell in cells):
        return 90  # the screen of kvm_stat, whatever the events of its architecture are called
    known = {cell["name"] for _, cell in cells if cell["name"] in COUNTERS or cell["name"].startswith("kvm_")}
    if len(known) < 3 and not (len(known) == len({cell["name"] for _, cell in cells}) > 0 and known & {"pages_4k", "exits"}):
        return 0
    used = {line for line, _ in cells} | {k for k, line in enumerate(lines, 1) if _is_frame(line)}
    return 90 if 2 * len(used) >= len(lines) else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read the counters.

    Notes: `skipped-line` for lines that are none (histograms such as `halt_wait_hist`, errors of grep), `cut-line` for a last line
    without its end (not used), `since-start` where counters of a snapshot say nothing about speed.

    Raises FormatError where no line is a counter, UsageError for a bad option.
    """
    opt.only(options, "kvm_counters", "seconds")
    seconds = opt.positive(options, "seconds")
    whole = document.text.endswith("\n")
    last = 0 if whole else len(document.lines)
    found = [(line, cell) for line, cell in _cells(document.lines) if line != last]
    if not found:
        raise FormatError(
            "no line is a counter of KVM",
            path=document.path or document.source,
            hint="record it with grep -r . /sys/kernel/debug/kvm",
        )
    several = len({cell["vm"] for _, cell in found if cell["vm"]}) > 1
    rows: list[dict[str, Any]] = []
    seen: Counter[tuple[str, ...]] = Counter()
    for line, cell in found:
        name = cell["name"]
        if name in SETTINGS:
            continue
        scope = "vcpu" if cell["vcpu"] else "vm" if cell["vm"] else "host"
        base: dict[str, Any] = {
            "benchmark": "kvm", "better": "none", "thread": cell["vcpu"], "scope": scope, "source": document.source, "line": line,
            **({"vm": cell["vm"]} if several else {}),
        }
        key = (name, scope, cell["vm"], cell["vcpu"], *cell["kind"])
        base["iteration"] = seen[key]
        seen[key] += 1
        rows.extend({**base, **row} for row in rows_of(name, cell, seconds))
    return {"measurements": schema.frame("measurements", rows)}, _notes(document, {line for line, _ in found}, rows, last)


def _is_frame(line: str) -> bool:
    """Whether the line only says what the others are."""
    return any(form.fullmatch(line) for form in (_HEAD, _BANNER, _TITLE))


def _notes(document: Document, used: set[int], rows: list[dict[str, Any]], last: int) -> list[Note]:
    notes = []
    if last:
        notes.append(Note("cut-line", "the last line has no end and may be cut; it is not used", document.source, last))
    others = [
        line for line, text in enumerate(document.lines, 1)
        if text.strip() and line not in used and line != last and not _is_frame(text)
    ]
    if others:
        notes.append(Note("skipped-line", f"{len(others)} lines are no counters and are left out", document.source, others[0]))
    if any(row.get("reason") == SINCE for row in rows):
        notes.append(Note("since-start", f"a snapshot's counters are {SINCE}", document.source))
    return notes


def rows_of(name: str, cell: Mapping[str, Any], seconds: float | None) -> list[dict[str, Any]]:
    """The measurements of one value, and of its change where kvm_stat printed that."""
    metric, unit = (name[:-3], "ns") if name.endswith("_ns") else (name, "1")
    rate = "op/s" if unit == "1" else "1"
    rows: list[dict[str, Any]] = []
    if cell["value"] is not None:
        value, base = to_base(cell["value"], unit)
        level = name in LEVELS
        rows.append({"metric": metric, "value": value, "unit": base, "informative": level, "reason": "" if level else SINCE})
    if cell["delta"] is not None:
        value, base = to_base(cell["delta"], unit)
        if "once" in cell["kind"]:
            rows.append({"metric": f"{metric}/s", "value": value, "unit": rate})
        else:
            rows.append({"metric": f"{metric} delta", "value": value, "unit": base})
            if seconds is not None:
                rows.append({"metric": f"{metric}/s", "value": value / seconds, "unit": rate})
    return rows


def _cells(lines: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line and counter of everything that can be read, in any of the spellings."""
    path, names = "", []
    for line, text in enumerate(lines, start=1):
        if len(text) > 4000:
            continue
        if found := _STAMP.fullmatch(text):
            deltas = found["rest"].replace(",", " ").split()
            if len(deltas) == len(names):
                for name, delta in zip(names, deltas, strict=True):
                    yield line, _cell(name, delta=int(delta), kind="log")
        elif found := _ONCE.fullmatch(text):
            yield line, _cell(found["name"], int(found["value"]), int(found["delta"]), "once")
        elif found := _SCREEN.fullmatch(text):
            yield line, _cell(found["name"], int(found["value"]), int(found["delta"]) if found["delta"] else None, "once")
        elif found := _PATH.fullmatch(text):
            yield line, _from(found)
        elif found := _HEAD.fullmatch(text):
            path = found["path"]
        elif path and (found := _PATH.fullmatch(f"{path}:{text.strip()}")):
            yield line, _from(found)
            path = ""
        elif _TITLE.fullmatch(text):
            path = ""
        elif _BANNER.fullmatch(text):
            names = [name for name in re.split(r"[ ,]+", text.strip()) if name != "timestamp"]


def _cell(name: str, value: int | None = None, delta: int | None = None, kind: str = "") -> dict[str, Any]:
    return {"name": name, "value": value, "delta": delta, "kind": (kind,), "vm": "", "vcpu": ""}


def _from(found: re.Match[str]) -> dict[str, Any]:
    """The counter of a line with a path, which names guest and vCPU."""
    guest = _GUEST.search(found["path"])
    owner = {"vm": guest["vm"], "vcpu": guest["vcpu"] or ""} if guest else {}
    return _cell(found["name"], int(found["value"])) | owner


def difference(before: pd.DataFrame, after: pd.DataFrame, seconds: float) -> pd.DataFrame:
    """What happened between two snapshots, per second.

    Parameters
    ----------
    before, after : measurements of one snapshot each, such as ``read_kvm_counters(path).measurements``, of the same guests.
    seconds : time between them, above 0; a snapshot holds none.

    Returns
    -------
    The rows of `after` whose counters `before` has too, with metric ``NAME/s``, value ``(after - before) / seconds``, unit op/s
    (1 for a time), informative. Levels such as `pages_2m` are left out, and so is a counter that went back: another guest's.

    Raises UsageError where `seconds` is not above 0.

    >>> rows = [{"benchmark": "kvm", "metric": "exits", "value": value, "unit": "1"} for value in (100.0, 350.0)]
    >>> before, after = (schema.frame("measurements", [row]) for row in rows)
    >>> difference(before, after, 10)[["metric", "value", "unit"]].values.tolist()
    [['exits/s', 25.0, 'op/s']]
    """
    if not 0 < seconds < float("inf"):
        raise UsageError(f"the time between two snapshots is {seconds!r} s", hint="give a number above 0")
    keys = [name for name in ("benchmark", "metric", "unit", "thread", "scope", "vm") if name in before and name in after]
    both = after.merge(before[[*keys, "value"]].drop_duplicates(keys), on=keys, suffixes=("", "_before"))
    both = both[~both["metric"].isin(LEVELS) & ~both["metric"].str.endswith("/s") & (both["value"] >= both["value_before"])]
    both["value"] = (both["value"] - both.pop("value_before")) / seconds
    both["unit"] = both["unit"].map({"1": "op/s", "s": "1"}).astype("str")
    both["metric"] = both["metric"] + "/s"
    return both.assign(informative=True, reason="").astype({"reason": "str"}).reset_index(drop=True)
