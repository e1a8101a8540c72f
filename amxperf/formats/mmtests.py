"""mmtests comparison text: two header lines that name the runs, then rows such as
``Hmean     10    29534.07 (   0.00%)    12527.03 * -57.58%*`` (statistic, case, and per run a value and its gain over the first).

Options
-------
environments : run -> environment, such as ``{"gen vm1" = "vm"}``; a run is named by its header words joined by a blank.
    Runs that are not mapped keep their name.
benchmark, unit, better : what the text itself does not say; `mmtests`, no unit and `none` where left out.

Measurements: metric = the statistic (Min, Hmean, Stddev ...), factor `case` = the second column. Rows of spread (Stddev, CoeffVar)
are marked ``informative=False``: they are not levels of speed. The percentages are not read: they follow from the values.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError, UsageError
from ..units import number, to_base
from . import options as opt

if TYPE_CHECKING:
    import pandas as pd

TITLE = "mmtests comparison text"

SPREADS = ("Stddev", "CoeffVar")
"""Statistics that tell a spread; CoeffVar is in percent of the mean."""

_PERCENT = r"-?(?:\d+\.\d+|nan|inf)%"
_CELL = re.compile(rf"(?P<value>\S+)\s+(?:\(\s*{_PERCENT}\)|\*\s*{_PERCENT}\*)")
_ROW = re.compile(
    r"\s*(?P<metric>Min|Max|[AHG]?[Mm]ean|Median|Stddev|CoeffVar|B[AHG]mean-\d+|\d(?:st|nd|rd)-qrtle|Max-\d+)"
    rf"(?P<case>(?:\s+\S+)??)(?P<cells>(?:\s+-?(?:\d+\.\d+|nan|inf)\s+(?:\(\s*{_PERCENT}\)|\*\s*{_PERCENT}\*))+)\s*"
)
_DURATION = re.compile(r"\s*Duration\s+\w+(?:\s+-?(?:\d+\.\d+|nan|inf))+\s*")


def sniff(document: Document) -> int:
    """95 where at least half of the lines are rows, a header stands above the first, and there are two rows or more.

    The durations that mmtests prints below, with their own header of at most two lines, are not counted.
    """
    lines = [line for line in document.head if line.strip()]
    durations = [index for index, line in enumerate(lines) if _DURATION.fullmatch(line)]
    if durations:
        lines = [
            line
            for index, line in enumerate(lines)
            if index not in durations and (_ROW.fullmatch(line) or not 0 < durations[0] - index <= 2)
        ]
    rows = [index for index, line in enumerate(lines) if _ROW.fullmatch(line)]
    return 95 if len(rows) > 1 and rows[0] >= 1 and 2 * len(rows) >= len(lines) else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read the comparison.

    Notes: `spread` names the rows that are spreads, `skipped-line` the lines that are neither header nor row (such as the
    durations that mmtests prints below), `not-finite` the rows with nan or inf (not used for any run), `cut-line` a last line
    without its end (not used).

    Raises FormatError where there is no row, none with finite values, or the header does not fit the rows; UsageError for a
    bad option.
    """
    opt.only(options, "mmtests", "environments", "benchmark", "unit", "better")
    environments = opt.mapping(options, "environments")
    benchmark = opt.text(options, "benchmark", "mmtests")
    unit = opt.text(options, "unit", "")
    better = opt.better(options, "none")
    where = document.path or document.source
    notes: list[Note] = []
    matches = {line: _ROW.fullmatch(text) for line, text in enumerate(document.lines, start=1)}
    found = {line: match for line, match in matches.items() if match}
    last = len(document.lines)
    if not document.text.endswith("\n"):
        notes.append(Note("cut-line", "the last line has no end and may be cut; it is not used", document.source, last))
        found.pop(last, None)
    if not found:
        raise FormatError("no row reads like `Hmean 10 29534.07 ( 0.00%)`", path=where, hint="give mmtests' comparison text")
    runs, header = _runs(document, min(found), found[min(found)])
    unknown = [name for name in environments if name not in runs]
    if unknown:
        raise UsageError(f"no run is called {unknown[0]!r}", path=where, hint=f"use {', '.join(map(repr, runs))}")
    rows: list[dict[str, Any]] = []
    blank: list[int] = []
    for line, match in found.items():
        cells = [cell["value"] for cell in _CELL.finditer(match["cells"])]
        if len(cells) != len(runs):
            raise FormatError(f"{len(cells)} values for {len(runs)} runs", path=where, line=line, hint="mend the row")
        values = [value for cell in cells if (value := number(cell)) is not None]
        if len(values) < len(cells):
            blank.append(line)
            continue
        spread = match["metric"] in SPREADS
        for run, value in zip(runs, values, strict=True):
            base = (value, "%") if match["metric"] == "CoeffVar" else to_base(value, unit)
            rows.append({
                "environment": environments.get(run, run), "benchmark": benchmark, "metric": match["metric"],
                "value": base[0], "unit": base[1], "better": "none" if spread else better, "informative": not spread,
                "reason": f"{match['metric']} is a spread, not a level of speed" if spread else "",
                "source": document.source, "line": line, "case": match["case"].strip(),
            })
    if not rows:
        raise FormatError("no row holds finite values", path=where, line=blank[0], hint="give a comparison of finished runs")
    if blank:
        message = f"{len(blank)} rows hold a value that is not a finite number and are left out"
        notes.append(Note("not-finite", message, document.source, blank[0]))
    spreads = [line for line, match in found.items() if match["metric"] in SPREADS]
    if spreads:
        names = Counter(found[line]["metric"] for line in spreads)
        message = f"rows of {', '.join(names)} are spreads: kept, and never compared as levels"
        notes.append(Note("spread", message, document.source, spreads[0]))
    skipped = [
        line for line, text in enumerate(document.lines, start=1) if line not in found and line not in header and text.strip()
    ]
    if skipped and skipped != [last]:
        message = f"{len(skipped)} lines are neither header nor row and are left out"
        notes.append(Note("skipped-line", message, document.source, skipped[0]))
    return {"measurements": schema.frame("measurements", rows)}, notes


def _runs(document: Document, first: int, row: re.Match[str]) -> tuple[list[str], set[int]]:
    """Names of the runs, and the header's lines: at most two, directly above the first row.

    Words stand above the ends of the values; where both lines hold one word per run their order is enough.
    """
    header = [line for line in (first - 2, first - 1) if line >= 1 and document.lines[line - 1].strip()]
    ends = [row.start("cells") + cell.end() for cell in _CELL.finditer(row["cells"])]
    words = {line: [(m[0], m.end()) for m in re.finditer(r"\S+", document.lines[line - 1])] for line in header}
    names: list[list[str]] = [[] for _ in ends]
    for line in header:
        if len(words[line]) == len(ends):
            places = list(range(len(ends)))
        else:
            places = [min(range(len(ends)), key=lambda k, end=end: abs(ends[k] - end)) for _, end in words[line]]
            if any(abs(ends[k] - end) > 2 for k, (_, end) in zip(places, words[line], strict=True)):
                header = [other for other in header if other != line]  # a title, not names of runs
                continue
        for place, (word, _) in zip(places, words[line], strict=True):
            names[place].append(word)
    runs = [" ".join(name) for name in names]
    if "" in runs or len(set(runs)) < len(runs):
        raise FormatError(
            f"the header does not give {len(runs)} different names of runs",
            path=document.path or document.source,
            line=max(1, first - 1),
            hint="keep the two lines above the first row as mmtests prints them",
        )
    return runs, set(header)
