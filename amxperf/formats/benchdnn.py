"""Output of benchdnn, the test and benchmark driver of oneDNN.

Only its performance mode (``--mode=P``) measures speed: a line ``Output template: perf,%engine%,...`` says what the lines below
hold, whatever the template. In the other modes, correctness among them (the default), most of the time is that of scalar
reference code that checks the result. Those times are marked ``informative=False`` and never compared, and the note
`correctness-mode` says so.

Measurements: benchmark `benchdnn-` and the driver (`benchdnn-matmul`). Metrics of performance lines: `time min`, `time avg`,
`time max` in s (better `lower`), `rate min` and so on in op/s (%flops%) and `bandwidth min` in B/s (%bw%; both `higher`, at the
shortest, mean and longest time), `create time min` and the like in s (%ctime%), frequency and clocks (better `none`). Not
informative: `operations` and `bytes`, which follow from the problem, `total` (the whole run), and `test time` of the other
modes. Factors: every other option of the template: `problem` (%prb% or %desc%), `implementation`, `isa`, `engine`, `cfg`, `dir`
... No options.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError
from ..units import number, to_base
from . import options as opt
from .jsonrecords import factor
from .onednn import isa_of

if TYPE_CHECKING:
    import pandas as pd

TITLE = "benchdnn output"

_TEMPLATE = re.compile(r"Output template: (?P<template>.*%.*)")
_TOKEN = re.compile(r"%([-0+]?[KMG]?\w+)%")
_SUMMARY = re.compile(
    r"tests:\d+ passed:\d+ skipped:\d+ mistrusted:\d+ unimplemented:\d+ .*\bfailed:(?P<failed>\d{1,9})\b.*", re.ASCII
)
_PERF = re.compile(r"total perf: min\(ms\):(?P<min>\S+) avg\(ms\):(?P<avg>\S+)")
_TOTAL = re.compile(r"total: (?P<total>\d{1,12}\.\d\d)s;(?: [\w ]+: \d+\.\d\ds \(-?\d+%\);)*\s*", re.ASCII)
_TEST = re.compile(
    r"\d+:[A-Z_]+(?: \((?P<ms>\d{1,12}) ms\)| \([^()]*\)){0,2} __REPRO: (?P<problem>.*)", re.ASCII
)
_DRIVER = re.compile(
    r"--(binary|bnorm|brgemm|concat|conv|deconv|eltwise|gnorm|graph|ip|lnorm|lrn|matmul|pool|prelu|reduction|reorder|resampling|rnn"
    r"|self|sdpa|shuffle|softmax|sum|zeropad)\b"
)
_MEASURED = {  # option of a template -> metric, unit, better, informative
    "time": ("time", "ms", "lower", True),
    "ctime": ("create time", "ms", "lower", True),
    "cptime": ("create primitive time", "ms", "lower", True),
    "cpdtime": ("create descriptor time", "ms", "lower", True),
    "flops": ("rate", "op/s", "higher", True),
    "bw": ("bandwidth", "B/s", "higher", True),
    "freq": ("frequency", "Hz", "none", True),
    "clocks": ("clocks", "1", "none", True),
    "ops": ("operations", "op", "none", False),
    "ibytes": ("input bytes", "B", "none", False),
    "obytes": ("output bytes", "B", "none", False),
    "iobytes": ("bytes", "B", "none", False),
}
_WHICH = {"-": "min", "0": "avg", "+": "max", "": "min"}
_SCALE = {"K": 10**3, "M": 10**6, "G": 10**9, "": 1}
_NAMES = {"prb": "problem", "desc": "problem", "DESC": "problem", "impl": "implementation", "idx": ""}
_OPTION = re.compile(rf"(?P<which>[-0+]?)(?P<scale>[KMG]?)(?P<name>{'|'.join(_MEASURED)})")

_CORRECTNESS = "benchdnn did not run in performance mode: most of this time is scalar reference code that checks results"
_WHOLE = "the whole run, with creating, filling and checking; the perf lines hold the time of the primitive"
_PROBLEM = "follows from the problem, not from speed"


def sniff(document: Document) -> int:
    """95 where benchdnn's summary, template or test lines stand; 0 for others, and where oneDNN's verbose lines do too."""
    lines = document.head
    if any(line.startswith(("onednn_verbose,", "dnnl_verbose,", "mkldnn_verbose,")) for line in lines):
        return 0
    if any(_SUMMARY.fullmatch(line) or _TEMPLATE.fullmatch(line) for line in lines):
        return 95
    tests = sum(bool(_TEST.fullmatch(line)) for line in lines)
    return 95 if tests and 2 * tests >= len(lines) else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read performance lines and totals.

    Notes: `correctness-mode` where nothing measures speed, `failed` where tests failed, `skipped-line` for performance lines that
    do not fit their template, `cut-line` for a last line without its end (not used).

    Raises FormatError where nothing is of benchdnn or performance lines stand below no template, UsageError for any option.
    """
    opt.only(options, "benchdnn")
    log = _Log(document.source)
    last = 0 if document.text.endswith("\n") else len(document.lines)
    for line, text in enumerate(document.lines, start=1):
        if line == last:
            log.note("cut-line", "the last line has no end and may be cut; it is not used", line)
        elif len(text) <= 10_000:
            log.take(line, text)
    if log.strange and not log.rows:
        raise FormatError(
            "a performance line stands below no template", path=document.path or document.source, line=log.strange[0],
            hint="keep the line `Output template: ...` of the log",
        )
    if not log.rows and not log.notes and not log.finished:
        raise FormatError("no line is of benchdnn", path=document.path or document.source, hint="check that it ran to its end")
    return {"measurements": schema.frame("measurements", log.finish())}, log.notes


class _Log:
    """The state of reading one log."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.rows: list[dict[str, Any]] = []
        self.notes: list[Note] = []
        self.strange: list[int] = []
        self.driver = ""
        self.finished = False
        self._template: list[str] = []
        self._performance = False
        self._seen: Counter[tuple[str, ...]] = Counter()

    def note(self, code: str, message: str, line: int = 0) -> None:
        self.notes.append(Note(code, message, self.source, line))

    def take(self, line: int, text: str) -> None:
        if found := _TEMPLATE.fullmatch(text):
            self._template = _TOKEN.split(found["template"])
            self._performance = True
        elif found := _SUMMARY.fullmatch(text):
            self.finished = True
            if int(found["failed"]):
                self.note("failed", f"{found['failed']} tests failed", line)
        elif found := _PERF.fullmatch(text):
            self._performance = True
            for which in ("min", "avg"):
                if (value := number(found[which])) is not None:
                    self._add(line, f"total time {which}", *to_base(value, "ms"), "lower", {})
        elif found := _TOTAL.fullmatch(text):
            self._add(line, "total", float(found["total"]), "s", "none", {}, _WHOLE)
        elif found := _TEST.fullmatch(text):
            self._name(found["problem"])
            if found["ms"]:
                self._add(line, "test time", *to_base(float(found["ms"]), "ms"), "none", {"problem": found["problem"]}, _WHOLE)
        elif text.startswith("perf,") or (self._template and _fields(self._template, text) is not None):
            self._perf(line, text)

    def _name(self, problem: str) -> None:
        found = _DRIVER.search(problem)
        self.driver = found[1] if found else self.driver

    def _perf(self, line: int, text: str) -> None:
        """A line of performance mode, by the template above it."""
        cells = _fields(self._template, text) if self._template else None
        if cells is None:
            self.strange.append(line)
            return
        factors: dict[str, str] = {}
        for option, cell in cells:
            name = _NAMES.get(option, option)
            if not _OPTION.fullmatch(option) and name and name != "driver":
                factors[factor(name)] = cell.strip('"')
        if "implementation" in factors:
            factors["isa"] = isa_of(factors["implementation"])
        self._name(dict(cells).get("prb", ""))
        self.driver = dict(cells).get("driver", self.driver)
        for option, cell in cells:
            if found := _OPTION.fullmatch(option):
                metric, unit, better, informative = _MEASURED[found["name"]]
                value, base = to_base(number(cell) or 0.0, unit)
                if value > 0:
                    metric = f"{metric} {_WHICH[found['which']]}" if informative else metric
                    reason = "" if informative else _PROBLEM
                    self._add(line, metric, value * _SCALE[found["scale"]], base, better, factors, reason)

    def _add(
        self, line: int, metric: str, value: float, unit: str, better: str, factors: Mapping[str, str], reason: str = ""
    ) -> None:
        benchmark = f"benchdnn-{self.driver}" if self.driver else "benchdnn"
        key = (benchmark, metric, *factors.values())
        self.rows.append({
            "benchmark": benchmark, "metric": metric, "value": value, "unit": unit, "better": better, "iteration": self._seen[key],
            "informative": not reason, "reason": reason, "source": self.source, "line": line, **factors,
        })
        self._seen[key] += 1

    def finish(self) -> list[dict[str, Any]]:
        """The rows; without performance mode, none of them says anything about speed."""
        if self.strange:
            self.note("skipped-line", f"{len(self.strange)} performance lines do not fit a template", self.strange[0])
        if not self._performance:
            self.note("correctness-mode", f"{_CORRECTNESS}; run it with --mode=P")
            for row in self.rows:
                row["reason"] = _CORRECTNESS
        return self.rows


def _fields(template: list[str], text: str) -> list[tuple[str, str]] | None:
    """Option and cell for each option of a template (texts and options in turn); None where the line does not fit.

    Cells are cut off at the template's texts from the left, up to the last option that is no number, and from the right behind it:
    a problem may hold the separator.
    """
    texts, names = template[::2], template[1::2]
    if not text.startswith(texts[0]) or not text.endswith(texts[-1]) or "" in texts[1:-1]:
        return None  # options that nothing parts cannot be told apart
    rest = text[len(texts[0]) : len(text) - len(texts[-1])]
    words = [place for place, name in enumerate(names) if not _OPTION.fullmatch(name)]
    middle = words[-1] if words else 0
    left, right = [], []
    for place in range(middle):
        cell, sep, rest = rest.partition(texts[place + 1])
        if not sep:
            return None
        left.append((names[place], cell))
    for place in range(len(names) - 1, middle, -1):
        rest, sep, cell = rest.rpartition(texts[place])
        if not sep:
            return None
        right.append((names[place], cell))
    cells = [*left, (names[middle], rest), *reversed(right)]
    numbers = [number(cell) for name, cell in cells if _OPTION.fullmatch(name)]
    return cells if numbers and None not in numbers else None
