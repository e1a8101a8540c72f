"""Results of hyperfine without the single runs: CSV, the Markdown table, and what it prints to a terminal."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Set
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError
from ..units import to_base
from . import markdown
from .jsonrecords import factor

if TYPE_CHECKING:
    import pandas as pd

Read = tuple["dict[str, pd.DataFrame]", list[Note]]
Value = tuple[int, str, dict[str, str], list[tuple[str, str, str]]]
"""Line, command, factors, and (metric, figures as printed, unit)."""

COLUMNS = ["command", "mean", "stddev", "median", "user", "system", "min", "max"]
STATISTICS = {"mean": "elapsed mean", "stddev": "elapsed stddev", "median": "elapsed median", "min": "elapsed min",
              "max": "elapsed max", "user": "user", "system": "system"}  # fmt: skip

_HEADING = re.compile(r"(Mean|Min|Max) \[(ms|s|µs)\]")
_MEAN = re.compile(r"([\d.]{1,20})(?: ± ([\d.]{1,20}))?")
_NAME = re.compile(r"Benchmark (?:#)?\d{1,6}: (.+)")
_TIME = re.compile(
    r"\s*Time \((?:mean ± σ|abs ≡)\):\s+([\d.]{1,20}) (\w{1,2})(?: ±\s+([\d.]{1,20}) (\w{1,2}))?"
    r"(?:\s+\[User: ([\d.]{1,20}) (\w{1,2}), System: ([\d.]{1,20}) (\w{1,2})\])?\s*"
)
_RANGE = re.compile(r"\s*Range \(min … max\):\s+([\d.]{1,20}) (\w{1,2}) …\s+([\d.]{1,20}) (\w{1,2})(?:\s+(\d{1,9}) runs?)?\s*")


_EXTREME = "an extreme, which depends on the number of runs"


def form(document: Document) -> Callable[[Document, str], Read] | None:
    """What reads the document; None where it is none of the three forms."""
    head = [line for line in document.head if line.strip()]
    if head and head[0].split(",")[: len(COLUMNS)] == COLUMNS:
        return read_csv
    if any("Mean [" in line and _mean_of(markdown.cells(line)) for line in head):
        return read_markdown
    names = [i for i, line in enumerate(head) if "Benchmark" in line and _NAME.fullmatch(line.strip())]
    return read_printed if any(_TIME.fullmatch(line) for i in names for line in head[i + 1 : i + 3]) else None


def read_csv(document: Document, given: str = "") -> Read:
    """CSV: seconds, not rounded. Raises FormatError for a row that does not fit the header."""
    path = document.path or document.source
    reader = csv.reader(io.StringIO(document.text, newline=""), strict=True)
    values: list[Value] = []
    notes: list[Note] = []
    header: list[str] = []
    line = 1
    try:
        for cells in reader:
            if not header:
                header = cells
            elif cells and len(cells) != len(header):
                raise FormatError(
                    f"{len(cells)} cells under {len(header)} columns", path=path, line=line, hint="record it again"
                )
            elif cells and cells != header:
                row = dict(zip(header, cells, strict=True))
                factors = {factor(name.removeprefix("parameter_")): cell for name, cell in row.items() if name not in COLUMNS}
                values.append((line, row["command"], factors, [(name, row[name], "s") for name in COLUMNS[1:]]))
            line = reader.line_num + 1
    except csv.Error as error:
        raise FormatError(f"this is not CSV ({error})", path=path, line=line, hint="record it again") from error
    return _tables(document, given, values, notes)


def read_markdown(document: Document, given: str = "") -> Read:
    """The table of --export-markdown: rounded, in the unit of its heading."""
    values: list[Value] = []
    skipped: list[int] = []
    for number, row in markdown.rows(document.lines):
        found = [(name, *heading.groups()) for name in row if (heading := _HEADING.fullmatch(name))]
        mean = next((_MEAN.fullmatch(row[name]) for name, which, _ in found if which == "Mean"), None)
        if not mean:
            skipped.append(number)
            continue
        figures = []
        for name, which, unit in found:
            if which == "Mean":
                figures += [("mean", mean[1], unit), *([("stddev", mean[2], unit)] if mean[2] else [])]
            else:
                figures.append((which.lower(), row[name], unit))
        names = [name for name in row if name != "Relative" and not _HEADING.fullmatch(name)]
        command = "Command" if "Command" in names else names[0] if names else ""
        factors = {factor(name): row[name] for name in names if name != command}
        values.append((number, row.get(command, "").strip("`") or "hyperfine", factors, figures))
    return _tables(document, given, values, _remarks(document, skipped))


def read_printed(document: Document, given: str = "") -> Read:
    """What hyperfine prints: rounded, and the number of runs."""
    values: list[Value] = []
    notes: list[Note] = []
    failed: set[int] = set()  # lines of the values of commands that failed
    command = ""
    for number, line in enumerate(document.lines, 1):
        if found := _NAME.fullmatch(line.strip()):
            command = found[1]
        elif (found := _TIME.fullmatch(line)) and command:
            figures = [("mean", found[1], found[2])]
            figures += [(name, found[at], found[at + 1]) for name, at in (("stddev", 3), ("user", 5), ("system", 7)) if found[at]]
            values.append((number, command, {}, figures))
        elif (found := _RANGE.fullmatch(line)) and values and values[-1][1] == command:
            values[-1][3].extend([("min", found[1], found[2]), ("max", found[3], found[4])])
            if found[5]:
                notes.append(Note("runs", f"{command}: {found[5]} runs", document.source, number))
        elif "non-zero exit code" in line.lower():
            notes.append(Note("failed", f"{command}: {line.strip()[:100]}", document.source, number))
            failed |= {at for at, name, *_ in values[-1:] if name == command}
    return _tables(document, given, values, [*notes, *_remarks(document, [])], failed)


def _remarks(document: Document, skipped: list[int]) -> list[Note]:
    notes = [Note("rounded", "hyperfine rounds what it prints; --export-json holds every run", document.source)]
    if skipped:
        message = f"{len(skipped)} rows are no results of hyperfine, this is the first"
        notes.append(Note("skipped-line", message, document.source, skipped[0], len(skipped)))
    return notes


def _mean_of(header: list[str]) -> bool:
    """Whether a table is hyperfine's, perhaps with other columns in front than the command."""
    return {found[1] for name in header if (found := _HEADING.fullmatch(name))} == {"Mean", "Min", "Max"}


def _tables(document: Document, given: str, values: list[Value], notes: list[Note], failed: Set[int] = frozenset()) -> Read:
    """The table of measurements. Raises FormatError where there is no result."""
    path = document.path or document.source
    if not values:
        raise FormatError("the file holds no result", path=path, hint="record it again")
    rows = list(_rows(document, given, values, notes, failed))
    message = "means of the runs: the file does not hold the runs"
    return {"measurements": schema.frame("measurements", rows)}, [Note("mean-of-runs", message, document.source), *notes]


def _rows(
    document: Document, given: str, values: list[Value], notes: list[Note], failed: Set[int]
) -> Iterator[dict[str, Any]]:
    for line, command, factors, figures in values:
        for name, text, unit in figures:
            base = {"benchmark": given or command, "source": document.source, "line": line, **factors}
            try:
                value, symbol = to_base(float(text), unit)
            except ValueError:
                notes.append(Note("not-finite", f"{command}: {name} is {text!r} and is left out", document.source, line))
                continue
            reason = {"stddev": "a spread, not a level of speed", "min": _EXTREME, "max": _EXTREME}.get(name, "")
            if not value and name in ("mean", "median"):
                reason = "nothing is left of the time after the start of the shell was taken off; run hyperfine with -N"
            if line in failed:
                reason = "the command failed"
            base["better"] = "none" if name == "stddev" else "lower"
            row = {"metric": STATISTICS[name], "value": value, "unit": symbol, "informative": not reason, "reason": reason}
            yield {**base, **row}
