"""Counters of `perf stat`: its text, -x (CSV, any separator), -j (JSON lines), each also with -I, -r, -A, --per-core and the like;
and the tables of --metric-only (:mod:`amxperf.formats.perf_metrics`), whose metrics are rows of their own names.

Options
-------
benchmark : what was run, where the log does not quote a command (CSV, JSON, `perf stat -p`); `perf-stat` where left out.

Measurements: benchmark = the quoted command, metric = the event, and `elapsed`, `user`, `sys` in s. Times are better `lower`, but
for the clocks of -a; counts are `none`: fewer events are not by themselves faster. A comment is a row of its own, such as
`EVENT: CPUs utilized`, or `EVENT/s` for a rate; a percentage becomes a share. `iteration` counts the intervals of -I, and blocks
that repeat. What was counted apart is a factor (`cpu`, `core`, `die`, `socket`, `node`, `cgroup`) or the `thread`.

Marked ``informative=False``: ``<not supported>`` and ``<not counted>`` (rows without a value), `EVENT +-` (the relative standard
error of -r), `EVENT running` (the share of time for which a multiplexed counter was on), and the rows of an interval that is a
tenth shorter or longer than the others, as the last one of -I mostly is.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError
from ..units import UNITS, exact, share, to_base
from . import options as opt
from .perf_lines import More, Record, csv_record, further, joined, plain, records
from .perf_metrics import Metric, metrics

if TYPE_CHECKING:
    import pandas as pd

TITLE = "perf stat: text, -x CSV, -j JSON"

_HEADER = re.compile(r"\s{0,8}Performance counter stats for (?P<what>.*?)(?: \((?P<runs>\d+) runs\))?:\s*")
_INTERVALS = re.compile(r"\s*#\s+time\s+(?:\S+\s+)*?counts unit events\s*")
_NAMES = re.compile(r"#\s+time\s+\S|\s?time,.*,\s*$|\s*(?:core|cluster|die|socket|node)[,;:|\t]cpus[,;:|\t]")
_TIME = re.compile(
    r"\s*(?P<value>\d+[.,]\d+)(?: \+- (?P<spread>\d+[.,]\d+))? seconds (?P<what>time elapsed|user|sys)(?: time)?"
    r"(?:\s+\( \+-\s*(?P<share>\d+[.,]\d+)% \))?\s*(?:←.*)?"
)
_RUN = re.compile(r"\s+(?P<value>\d+[.,]\d+) \([+-]\d+[.,]\d+\) #*\s*")
_OTHER = re.compile(r"\s*(?:#.*)?")
_UNITS = {"msec": "ms", "nsec": "ns", "Joules": "J", "Watts": "W", "Bytes": "B"}
_RATE = re.compile(r"(?P<prefix>[KMG]?)(?P<what>\w*/sec|Hz)")
"""Unit of a rate: ``K/sec``, ``GHz``. Behind two blanks stands the name of a metric: since perf 6.17 ``K/sec  branch_frequency`` is
the rate of the event, but ``GHz  PowerBUS_Frequency`` of any event but cycles is not."""
_SCALE = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}


def sniff(document: Document) -> int:
    """95 where half of the lines are counters and times of perf stat, 60 where a program prints between a whole block, else 0."""
    head = joined(document.head)
    lines = [line for line in head if line.strip()]
    if any(_HEADER.fullmatch(line) or _NAMES.match(line) for line in lines) and any(metrics(head)):
        return 95
    if not any("counter-value" in line or _HEADER.fullmatch(line) or _INTERVALS.fullmatch(line) for line in lines) and not any(
        csv_record(0, line) for line in lines[:50]
    ):
        return 0
    marks = sum(bool(_HEADER.fullmatch(line) or _INTERVALS.fullmatch(line)) for line in lines)
    times = sum(bool(_TIME.fullmatch(line)) for line in lines)
    found = [record for _, _, record in records(head) if record]
    framed = marks or any(record.running is not None for record in found)
    if not framed or not (found or (marks and times)):
        return 0
    known = len(found) + marks + times + sum(bool(_OTHER.fullmatch(line)) for line in lines)
    runs = sum(bool(_RUN.fullmatch(line)) for line in lines)
    if any(record.running is not None and text.lstrip().startswith("{") for _, text, record in records(head) if record):
        return 95 if 2 * (known + runs) >= len(lines) else 60  # nothing else has objects with a counter-value
    return 95 if 2 * (known + runs) >= len(lines) else 60 if marks and (times or len(found) > 1) else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read the counters.

    Notes: `not-counted` names the events without a value, `multiplexed` those that were on for a part of the time (perf scales
    them), `mean-of-runs` says that -r keeps no single runs, `odd-interval` and `summary` which rows of -I are no interval like the
    others (the counts of the summary add up the intervals and are not used), `skipped-line` how many lines are a program's own,
    `cut-line` that the last line has no end (not used).

    Raises FormatError where no line is a counter, UsageError for a bad option.
    """
    opt.only(options, "perf_stat", "benchmark")
    log = _Log(document.source, opt.text(options, "benchmark", ""))
    alone: dict[int, list[Metric]] = {}
    lines = joined(document.lines)
    for metric in metrics(lines):
        alone.setdefault(metric.line, []).append(metric)
    heads = _above(lines, alone)
    last = 0 if document.text.endswith("\n") else len(document.lines)
    for line, text, record in records(lines):
        if line == last:
            log.note("cut-line", "the last line has no end and may be cut; it is not used", line)
        elif line in alone:
            for metric in alone[line]:
                log.metric(metric)
        elif line not in heads:
            log.take(line, text, record)
    if not log.counters and not log.rows:
        raise FormatError(
            "no line is a counter of perf stat", path=document.path or document.source, hint="record it with perf stat -o FILE"
        )
    return {"measurements": schema.frame("measurements", log.finish())}, log.notes


def _above(lines: list[str], alone: Mapping[int, Any]) -> set[int]:
    """The lines with the names of metrics: the last that is not blank above a table."""
    heads = set()
    for line in alone:
        above = line - 1
        while above > 0 and not lines[above - 1].strip():
            above -= 1
        if above and above not in alone and not lines[above - 1].lstrip().startswith("{"):
            heads.add(above)
    return heads


class _Log:
    """The state of reading one log."""

    def __init__(self, source: str, benchmark: str) -> None:
        self.source, self.given = source, benchmark
        self.benchmark = benchmark or "perf-stat"
        self.notes: list[Note] = []
        self.rows: list[dict[str, Any]] = []
        self.counters = 0
        self._seen: Counter[tuple[str, ...]] = Counter()
        self._stamps: dict[float, list[dict[str, Any]]] = {}
        self._stamp: float | None = None
        self._missing: dict[str, int] = {}
        self._partial: dict[str, int] = {}
        self._runs = self._summary = 0
        self._skips: list[int] = []
        self._system = self._listed = False
        self._last: Record | None = None

    def note(self, code: str, message: str, line: int = 0) -> None:
        self.notes.append(Note(code, message, self.source, line))

    def take(self, line: int, text: str, record: Record | None) -> None:
        more = further(text) if self._last and record is None else None
        if record is None and more is None:
            self._last = self._stamp = None
        if record:
            self._counter(record)
        elif self._last and more:
            self._more(line, self._last, more)
        elif found := _HEADER.fullmatch(text):
            what = found["what"]
            self._system = what.startswith("'system wide'")
            command = what.startswith("'") and not self._system
            self.benchmark = self.given or (what.strip("'") if command else "perf-stat")
            self._runs = self._runs or (line if found["runs"] else 0)
            self._listed = False
        elif found := _TIME.fullmatch(text):
            name = "elapsed" if found["what"] == "time elapsed" else found["what"]
            value = plain(found["value"])
            if name != "elapsed" or not self._listed:
                self._add(line, name, value, "s", "lower", {})
            if found["spread"]:
                self._spread(line, name, plain(found["spread"]) / value if value else math.nan, {})
            elif found["share"]:
                self._spread(line, name, plain(found["share"]) / 100, {})
        elif found := _RUN.fullmatch(text):
            self._listed = True
            self._add(line, "elapsed", plain(found["value"]), "s", "lower", {})
        elif not _OTHER.fullmatch(text) and not _INTERVALS.fullmatch(text):
            self._skips.append(line)

    def _counter(self, record: Record) -> None:
        self.counters += 1
        self._last = None
        if self._stamps and (record.summary or record.stamp is None):
            self._summary = self._summary or record.line
            return
        self._last, self._stamp = record, record.stamp
        if record.stamp is not None:
            self._stamps.setdefault(record.stamp, [])
        value, unit = exact(math.nan if record.value is None else record.value, _UNITS.get(record.unit, record.unit or "1"))
        places = dict(record.places)
        better = "lower" if unit == "s" and not self._system and not places else "none"
        if record.value is None:
            self._missing.setdefault(f"{record.event} ({record.missing.strip('<>')})", record.line)
            reason = f"perf has no value: {record.missing.strip('<>')}"
            self._add(record.line, record.event, value, unit, better, places, reason=reason)
            return
        self._add(record.line, record.event, value, unit, better, places)
        if record.spread is not None:
            self._runs = self._runs or record.line
            self._spread(record.line, record.event, record.spread, places)
        self._running(record.line, record, record.running)
        self._metrics(record.line, record, record.metrics)

    def _running(self, line: int, record: Record, running: float | None) -> None:
        if running is not None and running < 0.99995:
            self._partial.setdefault(record.event, line)
            reason = "a share of time, not a level of speed"
            self._add(line, f"{record.event} running", running, "1", "none", record.places, reason=reason)

    def _more(self, line: int, last: Record, more: More) -> None:
        if more.group:
            self._last = last = replace(last, event=more.group, value=0.0, running=1.0)
        if last.running is None and last.value is not None:
            self._running(line, last, more.running)
        self._metrics(line, last, more.metrics)

    def _metrics(self, line: int, record: Record, metrics: list[tuple[float, str]]) -> None:
        for value, said in metrics:
            if not math.isfinite(value) or record.value is None or said == "(null)":
                continue
            unit, _, name = said.partition("  ")
            name = name.strip()
            rate = _RATE.fullmatch(unit)
            if rate and (not name or rate["what"] != "Hz" or "cycle" in record.event.lower()):
                self._add(line, f"{record.event}/s", value * _SCALE[rate["prefix"]], "op/s", "none", record.places)
            elif unit.startswith("%"):
                name = name or unit.lstrip("% ")
                metric = f"{record.event}: {name}" if name else f"{record.event} %"
                self._add(line, metric, share(value), "1", "none", record.places)
            elif name and unit in UNITS:  # a metric with a unit of its own: since perf 6.3
                value, unit = to_base(value, unit)
                self._add(line, f"{record.event}: {name}", value, unit, "none", record.places)
            else:
                self._add(line, f"{record.event}: {name or unit}", value, "1", "none", record.places)

    def metric(self, found: Metric) -> None:
        """Take a metric of --metric-only."""
        self.counters += 1
        self._last, self._stamp = None, found.stamp
        if found.stamp is not None:
            self._stamps.setdefault(found.stamp, [])
        self._add(found.line, found.name, found.value, "1", "none", found.places)
        self._stamp = None

    def _spread(self, line: int, name: str, share: float, places: Mapping[str, str]) -> None:
        reason = "the relative standard error of the mean, not a level of speed"
        self._add(line, f"{name} +-", share, "1", "none", places, reason=reason)

    def _add(
        self, line: int, metric: str, value: float, unit: str, better: str, places: Mapping[str, str], reason: str = ""
    ) -> None:
        key = (self.benchmark, metric, *places.items())
        row = {
            "benchmark": self.benchmark, "metric": metric, "value": value, "unit": unit, "better": better,
            "iteration": self._seen[key] if self._stamp is None else len(self._stamps) - 1,
            "informative": not reason, "reason": reason,
            "source": self.source, "line": line, **places,
        }
        self._seen[key] += 1
        self.rows.append(row)
        if self._stamp is not None:
            self._stamps[self._stamp].append(row)

    def _intervals(self) -> None:
        """Mark the rows of an interval whose length differs from the median one by more than a tenth."""
        ends = sorted(self._stamps)
        lengths = [end - start for start, end in zip([0.0, *ends], ends, strict=False)]
        usual = sorted(lengths)[len(lengths) // 2] if lengths else 0.0  # of two the longer: what is cut is the last
        for end, length in zip(ends, lengths, strict=True):
            rows = self._stamps[end]
            if rows and abs(length - usual) > 0.1 * usual:
                self.note("odd-interval", f"an interval of {length:.3g} s where others last {usual:.3g} s", rows[0]["line"])
                for row in rows:
                    reason = row["reason"] or f"counted for {length:.3g} s, the other intervals last {usual:.3g} s"
                    row.update(informative=False, reason=reason)

    def finish(self) -> list[dict[str, Any]]:
        """The rows, with the notes that only the whole file shows."""
        self._intervals()
        for code, found, words in (
            ("not-counted", self._missing, "perf has no value for"),
            ("multiplexed", self._partial, "counted for a part of the time and scaled by perf:"),
        ):
            if found:
                self.note(code, f"{words} {', '.join(sorted(found))}", min(found.values()))
        if self._runs:
            self.note("mean-of-runs", "a count is the mean of the runs of -r; the file does not hold the runs", self._runs)
        if self._summary:
            self.note("summary", "the counts of --summary add up the intervals and are left out", self._summary)
        if self._skips:
            self.note("skipped-line", f"{len(self._skips)} lines are not of perf stat and are left out", self._skips[0])
        return self.rows
