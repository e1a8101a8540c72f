"""`perf kvm stat report`: how often a guest left to its host, and how long the host handled it, per exit reason.

perf 6.1 prints a table in us, later releases one in ns with the total time of each reason (``Event name``, ``Mean Time (ns)``).

Measurements: benchmark `vm-exits` (`mmio-accesses`, `io-accesses` and `msr-accesses` for --event=mmio, ioport and msr), factor
`exit_reason` as printed.
Metrics: `samples` (a count, better `none`: fewer exits are not by themselves faster); `min_time`, `max_time` and `avg_time` of the
handling in s (better `lower`; `none` for HLT and its like, where the guest waits); `handled_time`, of a reason where the table
has it, else of the whole report.
Marked ``informative=False``: `samples_share` and `time_share`, which follow from the others, and `avg_time +-`, the relative
standard error. `iteration` counts the reports in the file (`perf kvm stat live` prints one per interval). No options.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError
from ..units import to_base
from . import options as opt

if TYPE_CHECKING:
    import pandas as pd

TITLE = "perf kvm stat report"

BENCHMARKS = {"VM-EXIT": "vm-exits", "MMIO Access": "mmio-accesses", "IO Port Access": "io-accesses", "MSR Access": "msr-accesses"}
"""Heading of the first column -> benchmark."""

IDLE = ("HLT", "MWAIT_INSTRUCTION", "PAUSE_INSTRUCTION", "hlt", "mwait", "pause")
"""Exits in whose time the guest waits for work."""

_HEADER = re.compile(
    r"\s*(?P<kind>VM-EXIT|MMIO Access|IO Port Access|MSR Access)\s+(?:VCPU ID\s+)?Samples\s+Samples%\s+Time%\s+Min Time\s+Max Time"
    r"\s+Avg time\s*"
)
_ROW = re.compile(
    r"\s*(?P<reason>\S+(?: \S+){0,3})\s+(?P<samples>\d{1,20})\s+(?P<share>\d{1,3}\.\d\d)%\s+(?P<time>\d{1,3}\.\d\d)%"
    r"\s+(?P<min>\d{1,18}\.\d\d)us\s+(?P<max>\d{1,18}\.\d\d)us\s+(?P<avg>\d{1,18}\.\d\d)us"
    r"\s+\( \+-\s*(?P<spread>\d+\.\d\d|-?nan)% \)\s*",
    re.ASCII,
)
_LATER = re.compile(
    r"\s*Event name\s+Samples\s+Sample%\s+Time \(ns\)\s+Time%\s+Max Time \(ns\)\s+Min Time \(ns\)\s+Mean Time \(ns\)\s*"
)
_LATER_ROW = re.compile(
    r"\s*(?P<reason>\S+(?: \S+){0,3})\s+(?P<samples>\d{1,20})\s+(?P<share>\d{1,3}\.\d\d)%\s+(?P<total>\d{1,20})"
    r"\s+(?P<time>\d{1,3}\.\d\d)%\s+(?P<max>\d{1,20})\s+(?P<min>\d{1,20})\s+(?P<avg>\d{1,20})\s*",
    re.ASCII,
)
_PLACES = {"mmio-accesses": re.compile(r"0x[0-9a-f]+:[RW]"), "io-accesses": re.compile(r"0x[0-9a-f]+:P(?:IN|OUT)")}
"""What the later table counts, by the names in its rows; its heading does not say."""
_TOTAL = re.compile(r"\s*Total Samples:(?P<samples>\d{1,20}), Total events handled time:(?P<time>\d{1,18}\.\d\d)us\.\s*", re.ASCII)
_HALF = re.compile(r"\d\.\d\d(?:%|us)|Samples\s+Sample|\( \+-?\s*$")
"""Something of a heading or a row in a line that may be broken."""
_DERIVED = "a share, which follows from the samples and times of all reasons"
_SPREAD = "the relative standard error of the mean, not a level of speed"


def joined(lines: list[str]) -> list[str]:
    """The lines, where a heading or a row that a mailer broke in two is one line again, and its second line empty.

    >>> joined(["EXTERNAL_INTERRUPT 471831 59.89% 68.58% 0.64us", "65.42us 2.34us ( +- 0.11% )"])
    ['EXTERNAL_INTERRUPT 471831 59.89% 68.58% 0.64us 65.42us 2.34us ( +- 0.11% )', '']
    """
    out = list(lines)
    for at, line in enumerate(lines[:-1]):
        if not _HALF.search(line) or len(line) > 200 or not lines[at + 1].strip():
            continue
        whole = f"{line.rstrip()} {lines[at + 1].strip()}"
        if any(form.fullmatch(whole) for form in (_HEADER, _LATER, _ROW, _LATER_ROW)):
            out[at], out[at + 1] = whole, ""
    return out


def sniff(document: Document) -> int:
    """95 where the table's heading and its total, or a row, stand in the text; else 0."""
    if not any("Sample" in line for line in document.head):
        return 0
    lines = joined(document.head)
    heads = any(_HEADER.fullmatch(line) or _LATER.fullmatch(line) for line in lines)
    rows = any(_TOTAL.fullmatch(line) or _ROW.fullmatch(line) or _LATER_ROW.fullmatch(line) for line in lines)
    return 95 if heads and rows else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read the reports.

    Notes: `no-samples` for a report without a row (perf saw no exit, or cannot decode those of this kernel), `total` where the
    samples do not add up to perf's own total, `cut-line` where the last line is a row that may be cut (not used).

    Raises FormatError where there is no report or no row in any, UsageError for any option.
    """
    opt.only(options, "kvm_stat")
    where = document.path or document.source
    rows: list[dict[str, Any]] = []
    notes: list[Note] = []
    benchmark, report, samples = "", -1, 0
    last = 0 if document.text.endswith("\n") else len(document.lines)
    for line, text in enumerate(joined(document.lines), start=1):
        common = {"benchmark": benchmark, "iteration": report, "source": document.source, "line": line}
        if len(text) > 4000:
            continue
        if _LATER.fullmatch(text):
            benchmark, report, samples = "vm-exits", report + 1, 0
        elif head := _HEADER.fullmatch(text):
            benchmark, report, samples = BENCHMARKS[head["kind"]], report + 1, 0
        elif benchmark and (row := _ROW.fullmatch(text) or _LATER_ROW.fullmatch(text)):
            if line == last:
                notes.append(Note("cut-line", "the last line has no end and may be cut; it is not used", document.source, line))
                continue
            places = _PLACES if row.re is _LATER_ROW else {}
            kind = next((kind for kind, place in places.items() if place.fullmatch(row["reason"])), benchmark)
            rows.extend({**common, "benchmark": kind, "exit_reason": row["reason"], **cell} for cell in _cells(row))
            samples += int(row["samples"])
        elif benchmark and (total := _TOTAL.fullmatch(text)):
            value, unit = to_base(float(total["time"]), "us")
            if int(total["samples"]) != samples:
                message = f"the rows have {samples} samples and perf's total is {total['samples']}: rows are missing"
                notes.append(Note("total", message, document.source, line))
            if samples == 0:
                notes.append(Note("no-samples", "the report has no exit", document.source, line))
            else:
                rows.append({**common, "metric": "handled_time", "value": value, "unit": unit, "better": "none"})
    if report < 0:
        raise FormatError("there is no table of perf kvm stat", path=where, hint="print it with perf kvm stat report")
    if not rows and not notes:
        raise FormatError("the table of perf kvm stat has no row", path=where, hint="record while the guest runs")
    return {"measurements": schema.frame("measurements", rows)}, notes


def _cells(row: re.Match[str]) -> list[dict[str, Any]]:
    """The measurements of one exit reason."""
    better = "none" if row["reason"] in IDLE else "lower"
    cells: list[dict[str, Any]] = [{"metric": "samples", "value": float(row["samples"]), "unit": "1", "better": "none"}]
    fields = row.groupdict()
    for name in ("min", "max", "avg"):
        value, unit = to_base(float(row[name]), "ns" if "total" in fields else "us")
        cells.append({"metric": f"{name}_time", "value": value, "unit": unit, "better": better})
    if "total" in fields:
        value, unit = to_base(float(row["total"]), "ns")
        cells.append({"metric": "handled_time", "value": value, "unit": unit, "better": "none"})
    shares = [("samples_share", row["share"], _DERIVED), ("time_share", row["time"], _DERIVED)]
    if "spread" in fields and not row["spread"].endswith("nan"):
        shares.append(("avg_time +-", row["spread"], _SPREAD))
    for name, text, reason in shares:
        share = {"metric": name, "value": float(text) / 100, "unit": "1", "better": "none", "informative": False, "reason": reason}
        cells.append(share)
    return cells
