"""Results of hyperfine: JSON (``--export-json FILE``), and CSV, Markdown and what it prints, which hold no single runs.

Options
-------
benchmark : a name in place of the commands, where these differ only in the parameters that are compared.

Measurements: benchmark = the command (or its --command-name); metric `elapsed` in s, one row per run (`iteration`); `user` and
`system` in s, which hyperfine keeps as means over the runs; `memory` in B where it was recorded. All are better `lower`.
CSV, Markdown and printed results (:mod:`.hyperfine_forms`) give `elapsed mean`, `median`, `min`, `max` and `stddev` as they stand,
rounded where hyperfine rounds; a spread and the extremes, which depend on the number of runs, are uninformative.
Factors: the parameters of -L and -P. The statistics in JSON are not read: they follow from the runs.
A run is marked ``informative=False`` where the command failed, or where nothing was left of its time after hyperfine had taken off
the start of the shell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError
from . import options as opt
from .hyperfine_forms import form
from .jsonrecords import factor, finite, objects, word

if TYPE_CHECKING:
    import pandas as pd

TITLE = "hyperfine results"


def sniff(document: Document) -> int:
    """95 for a JSON object whose results have a command and the fields of hyperfine, and for its other forms; else 0."""
    if form(document):
        return 95
    head = "\n".join(document.head)
    if not re.match(r'\s*\{\s*"results"\s*:\s*\[', head):
        return 0
    return 95 if '"command"' in head and ('"stddev"' in head or '"times"' in head) else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read the results.

    Notes: `failed` for a command that failed, `mean-of-runs` where only the mean is in the file (it is one row), `not-finite` for
    a value that is no finite number (left out), `rounded` for Markdown and printed results, `skipped-line` for lines of theirs that
    say something else, `cut-file` where the file breaks off.

    Raises FormatError where the JSON is broken or a result has no command or no time, UsageError for a bad option.
    """
    opt.only(options, "hyperfine", "benchmark")
    given = opt.text(options, "benchmark", "")
    if reader := form(document):
        return reader(document, given)
    found = objects(document, "results")
    path = document.path or document.source
    rows: list[dict[str, Any]] = []
    notes: list[Note] = []
    for line, item in found.items:
        command = item.get("command")
        if not isinstance(command, str) or not command:
            raise FormatError("a result has no command", path=path, line=line, hint="record it again")
        codes = item.get("exit_codes")
        if isinstance(codes, list) and any(code != 0 for code in codes):
            notes.append(Note("failed", f"{command}: exit codes {word(codes)[:60]}", document.source, line))
        if not isinstance(item.get("times"), list):
            notes.append(Note("mean-of-runs", f"{command}: only the mean of the runs is in the file", document.source, line))
        parameters = item.get("parameters")
        factors = {factor(k): word(v) for k, v in parameters.items()} if isinstance(parameters, dict) else {}
        base = {"benchmark": given or command, "better": "lower", "source": document.source, "line": line, **factors}
        values = list(_values(item))
        if not any(metric == "elapsed" for metric, *_ in values):
            raise FormatError("a result has no times", path=path, line=line, hint="record it again")
        for metric, iteration, unit, raw, reason in values:
            value = finite(raw)
            if value is None or value < 0:
                notes.append(Note("not-finite", f"{command}: {metric} is {raw!r} and is left out", document.source, line))
                continue
            row = {"metric": metric, "iteration": iteration, "value": value, "unit": unit}
            rows.append({**base, **row, "informative": not reason, "reason": reason})
    if found.cut:
        notes.append(Note("cut-file", "the file breaks off; what stands before is used", document.source, found.cut))
    if not rows and not notes:
        raise FormatError("the file holds no result", path=path, hint="record it again")
    return {"measurements": schema.frame("measurements", rows)}, notes


def _values(item: Mapping[str, Any]) -> Iterator[tuple[str, int | None, str, Any, str]]:
    """Metric, iteration, unit, value as written, and why it is not informative."""
    times, codes = item.get("times"), item.get("exit_codes")
    codes = codes if isinstance(codes, list) else []
    if isinstance(times, list):
        for index, value in enumerate(times):
            yield "elapsed", index, "s", value, _reason(value, codes[index] if index < len(codes) else 0)
    elif "mean" in item:
        yield "elapsed", 0, "s", item["mean"], _reason(item["mean"], next((code for code in codes if code != 0), 0))
    failed = _reason(1.0, next((code for code in codes if code != 0), 0))
    for metric in ("user", "system"):
        if item.get(metric) is not None:
            yield metric, 0, "s", item[metric], failed
    memory = item.get("memory_usage_byte")
    for index, value in enumerate(memory if isinstance(memory, list) else []):
        yield "memory", index, "B", value, _reason(1.0, codes[index] if index < len(codes) else 0)


def _reason(value: Any, code: Any) -> str:
    if code is None:
        return "the command was killed by a signal"
    if code != 0:
        return f"the command failed with exit code {word(code)[:20]}"
    return "nothing is left of the time after the start of the shell was taken off; run hyperfine with -N" if value == 0 else ""
