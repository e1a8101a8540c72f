"""CSV of published overheads: one row per number that a publication states, with its source.

The columns are those of the table `overheads` without `time_ratio`, `source` and `line`.
study, source_url and quote_location must be filled in every row. Values stay in the unit of the publication.

`time_ratio` is the treatment's time over the baseline's: from the two values where both are published, from the stated
percentage otherwise. With o = overhead_percent it is 1 + o/100 where lower is better; a throughput loss o makes everything
take 1/(1 - o/100) times as long. It is NaN where there is no number or `better` is none. No options.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import nan
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError
from ..units import number
from . import options as opt
from .records import header_of, read_records

if TYPE_CHECKING:
    import pandas as pd

TITLE = "published overheads, CSV"

COLUMNS = tuple(name for name in schema.OVERHEADS.names if name not in ("time_ratio", "source", "line"))
FILLED = ("study", "source_url", "quote_location")
"""Columns without which a number cannot be checked by a reader."""

_REALS = ("baseline_value", "treatment_value", "overhead_percent")


def time_ratio(overhead_percent: float, better: str) -> float:
    """Treatment time over baseline time, from a stated overhead in percent; NaN where `better` is none.

    >>> time_ratio(25.0, "lower"), time_ratio(20.0, "higher")
    (1.25, 1.25)
    """
    if better == "lower":
        return 1 + overhead_percent / 100
    return 1 / (1 - overhead_percent / 100) if better == "higher" else nan


def overhead(baseline: float, treatment: float, better: str) -> float:
    """Overhead in percent from two values, above 0 where the treatment is worse.

    (1 - t/b)*100 where higher is better, (t/b - 1)*100 otherwise.

    >>> overhead(100, 80, "higher"), overhead(100, 125, "lower")
    (20.0, 25.0)
    """
    if better == "higher":
        return (baseline - treatment) / baseline * 100
    return (treatment - baseline) / baseline * 100


def sniff(document: Document) -> int:
    """95 for CSV whose header has every column of the table, else 0."""
    return 95 if set(COLUMNS) <= set(header_of(document)) else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read the CSV.

    A stated percentage that does not follow from the stated values, as far as their last digits tell, gives a note
    `overhead-mismatch`; the values are then the ones that count.

    Raises FormatError, with file and line, for a missing or unknown column, an empty study, source_url or quote_location, a number
    that is not one, a year that is not one, a `better` that is not lower, higher or none, a throughput loss of 100 % or more.
    """
    opt.only(options, "overheads")
    records = read_records(document)
    for name in COLUMNS:
        if name not in records.header:
            raise FormatError(f"there is no column {name!r}", path=records.path, line=1, hint="add it")
    for name in records.header:
        if name not in COLUMNS:
            raise FormatError(f"the column {name!r} is unknown", path=records.path, line=1, hint=f"use {', '.join(COLUMNS)}")
    rows: list[dict[str, Any]] = []
    notes: list[Note] = []
    for line, cells in records.rows:
        row: dict[str, Any] = {name: cell.strip() for name, cell in zip(records.header, cells, strict=True)}
        ratio, mismatch = _numbers(row, records.path, line)
        if mismatch:
            notes.append(Note("overhead-mismatch", mismatch, document.source, line))
        rows.append({**row, "time_ratio": ratio, "source": document.source, "line": line})
    if records.open_ended and rows:
        message = "the last line has no end and may be cut; it is used as it stands"
        notes.append(Note("cut-line", message, document.source, rows[-1]["line"]))
    return {"overheads": schema.frame("overheads", rows)}, notes


def _numbers(row: dict[str, Any], path: str, line: int) -> tuple[float, str]:
    """Turn the number cells of a row into numbers; give the time ratio, and what contradicts it ('' where nothing does)."""

    def error(message: str, hint: str) -> FormatError:
        return FormatError(message, path=path, line=line, hint=hint)

    for name in FILLED:
        if not row[name]:
            raise error(f"{name} is empty", "say where the number was published")
    if row["better"] not in opt.BETTER:
        raise error(f"better is {row['better']!r}", f"use {', '.join(opt.BETTER)}")
    if row["year"] and not (row["year"].isascii() and row["year"].isdigit() and len(row["year"]) == 4):
        raise error(f"the year {row['year']!r} is not one", "write four digits")
    row["year"] = int(row["year"]) if row["year"] else None
    slack = {name: _half_digit(row[name]) for name in _REALS}
    for name in _REALS:
        value = number(row[name]) if row[name] else nan
        if value is None:
            raise error(f"{name} {row[name]!r} is not a number", "write it like 1234.5, or leave it empty")
        row[name] = value
    baseline, treatment, stated = (row[name] for name in _REALS)
    if baseline <= 0 or treatment <= 0:
        raise error("a published value is not above 0", "leave both values empty where only a percentage is published")
    if baseline == baseline and treatment == treatment:
        found = overhead(baseline, treatment, row["better"])
        shift = (slack["baseline_value"] / baseline + slack["treatment_value"] / treatment) * treatment / baseline * 100
        mismatch = ""
        if abs(found - stated) > slack["overhead_percent"] + shift + 1e-9:
            mismatch = f"the source states {stated:g} %, its values {baseline:g} and {treatment:g} give {found:.2f} %"
        return {"lower": treatment / baseline, "higher": baseline / treatment}.get(row["better"], nan), mismatch
    limit = {"higher": stated >= 100, "lower": stated <= -100}.get(row["better"], False)
    if limit:
        raise error(f"an overhead of {stated:g} % leaves no time ratio", "check the percentage and `better`")
    return time_ratio(stated, row["better"]), ""


def _half_digit(text: str) -> float:
    """Half a unit of the last digit that a number is printed with: what rounding may have taken. `32.05` -> 0.005."""
    mantissa, _, exponent = text.lower().partition("e")
    power = int(exponent) if re.fullmatch(r"[+-]?\d{1,4}", exponent, re.ASCII) else 0
    return float(f"5e{power - len(mantissa.partition('.')[2]) - 1}")
