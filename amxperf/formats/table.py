"""A plain table of measurements, CSV or Parquet: people's own numbers.

Required columns: environment, launch, benchmark, metric, value, unit; the first two may both be left out in a file that lies in
folders which name them. The others of the measurements table are optional, further
columns are factors. Cells of required columns hold something; units are converted to base SI (:mod:`amxperf.units`).
`source` and `line` of a row are its own place: the first line of a CSV record, the number of a Parquet row (from 1).
Where `better` is not given it follows from the unit (s: lower, B/s and op/s: higher, else none; note `better-assumed`).

Options, for tables of another shape
-----------------------------------
columns : measurement column (or new factor) -> column of the file, or a literal written ``"=text"``.
    ``{benchmark = "=benchdnn-matmul", metric = "=total time", value = "seconds", unit = "=s", launch = "=1"}``
    Where `columns` or `melt` is given, environment or launch may be left out: the folders name them.
melt : column of the file -> metric, for files with one value column per metric. ``{create = "creation time"}``
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .. import schema
from ..capture import Note
from ..document import Document
from ..errors import FormatError, UsageError
from ..units import number, to_base
from . import options as opt
from .columnar import Columns, fits
from .records import MAGIC, Records, check_header, header_of, parquet_table, read_records

if TYPE_CHECKING:
    import pandas as pd

TITLE = "measurements table, CSV or Parquet"

REQUIRED = ("environment", "launch", "benchmark", "metric", "value", "unit")
BETTER_OF = {"s": "lower", "B/s": "higher", "op/s": "higher"}
"""Which direction is better, by base unit, where a table does not say."""


def sniff(document: Document) -> int:
    """90 for Parquet by its magic bytes, 90 for CSV whose header has every required column.

    25 for CSV that lacks some of them, or has them with another separator: reading it says what is missing. Else 0.
    """
    if document.magic == b"PAR1":
        return 90 if document.data[-4:] == b"PAR1" else 0
    header = header_of(document)
    if set(REQUIRED) <= set(header):
        return 90
    words = {word.strip().lower() for name in header for word in re.split(r"[;\t|]", name)}
    return 25 if len(words & set(REQUIRED)) >= 3 else 0


def read(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]]:
    """Read the table.

    Raises FormatError, with file and line, for a missing or doubled column, a ragged row, an empty required cell, a value that is
    not a finite number, a bad iteration, `better` or `informative`; UsageError for a bad option.
    """
    opt.only(options, "table", "columns", "melt")
    header = header_of(document)
    if len(header) == 1 and re.search(r"[;\t|]", header[0]):
        raise FormatError(
            f"the columns are not separated by commas: {header[0][:60]!r}",
            path=document.path or document.source,
            line=1,
            hint="write the table with commas",
        )
    if document.magic == MAGIC:
        found = _by_columns(document, options)
        if found is not None:
            return found
    records = read_records(document)
    plan = _Plan(records, opt.mapping(options, "columns"), opt.mapping(options, "melt"))
    rows = [row for line, cells in records.rows for row in plan.rows(line, cells)]
    if not rows:
        raise FormatError("the table has a header and no rows", path=records.path, line=1, hint="record some values")
    notes = _assumed(plan.assumed, document)
    if records.open_ended:
        message = "the last line has no end and may be cut; it is used as it stands"
        notes.append(Note("cut-line", message, document.source, records.rows[-1][0]))
    return {"measurements": schema.frame("measurements", rows)}, notes + _dropped(plan, document)


def _assumed(assumed: Mapping[str, str], document: Document) -> list[Note]:
    if not assumed:
        return []
    message = "better is not given; assumed: " + ", ".join(f"{better} for {unit}" for unit, better in assumed.items())
    return [Note("better-assumed", message, document.source)]


def _dropped(plan: _Plan, document: Document) -> list[Note]:
    if not plan.dropped:
        return []
    return [Note("dropped-column", f"columns not used: {', '.join(plan.dropped)}", document.source, 1)]


def _by_columns(document: Document, options: Mapping[str, Any]) -> tuple[dict[str, pd.DataFrame], list[Note]] | None:
    """A Parquet table without a detour over texts; None for one that needs it."""
    path = document.path or document.source
    table = parquet_table(document, path)
    if not table.num_rows or opt.mapping(options, "melt"):
        return None
    header = check_header(table.column_names, path)
    plan = _Plan(Records(document.source, path, header, []), opt.mapping(options, "columns"), {})
    cells = {name: table.column_names[place] for name, place in plan.cells.items()}
    if not fits(table, cells) or set(plan.literals) & {"value", "iteration", "informative"}:
        return None
    columns = Columns(table, cells, plan.literals, path)
    data, assumed = columns.frame(document, REQUIRED, BETTER_OF, opt.BETTER)
    return {"measurements": data}, _assumed(assumed, document) + _dropped(plan, document)


class _Plan:
    """Which cell or literal fills which column."""

    def __init__(self, records: Records, columns: Mapping[str, str], melt: Mapping[str, str]) -> None:
        self.path, self.source = records.path, records.source
        self.assumed: dict[str, str] = {}
        index = {name: place for place, name in enumerate(records.header)}
        self.literals = {name: text[1:] for name, text in columns.items() if text.startswith("=")}
        if columns or melt or not {"environment", "launch"} & set(index):
            self.literals |= {name: "" for name in ("environment", "launch") if name not in {*columns, *index}}
        for name, column in [*columns.items(), *((m, c) for c, m in melt.items())]:
            if not column.startswith("=") and column not in index:
                raise FormatError(
                    f"there is no column {column!r} for {name!r}",
                    path=self.path, line=1, hint=f"the columns are {', '.join(records.header)}",
                )
        self.melt = {metric: index[column] for column, metric in melt.items()}
        if melt and {"metric", "value"} & set(columns):
            raise UsageError("melt and columns both give metric or value", path=self.path, hint="keep one of them")
        if len(self.melt) < len(melt):
            raise UsageError("melt gives two columns the same metric", path=self.path, hint="name each metric once")
        used = {column for column in (*columns.values(), *melt) if not column.startswith("=")}
        taken = {*columns, *(("metric", "value") if melt else ()), "source", "line"}
        self.dropped = [name for name in records.header if name in taken and name not in used]
        self.cells = {name: index[column] for name, column in columns.items() if name not in self.literals}
        self.cells |= {name: place for name, place in index.items() if name not in used and name not in taken}
        present = {*self.cells, *self.literals, *(("metric", "value") if melt else ())}
        missing = [name for name in REQUIRED if name not in present]
        if missing:
            raise FormatError(
                f"there is no column {missing[0]!r}", path=self.path, line=1,
                hint=f"add it, or map it with columns = {{{missing[0]} = \"=...\"}}",
            )

    def rows(self, line: int, cells: list[str]) -> Iterator[dict[str, Any]]:
        """The measurements of one record: one, or one per melted column."""
        row: dict[str, Any] = {**self.literals, **{name: cells[place] for name, place in self.cells.items()}}
        for name in REQUIRED:
            if name in self.cells and not row[name].strip():
                raise self._error(line, f"{name} is empty", "write 1 as the unit of a count" if name == "unit" else "fill it in")
        for metric, text in [(m, cells[k]) for m, k in self.melt.items()] or [(row["metric"], row["value"])]:
            value = number(text)
            if value is None:
                raise self._error(
                    line, f"the value {text!r} is not a finite number", "write it like 1234.5, and leave out rows without a value"
                )
            value, unit = to_base(value, row["unit"])
            if value in (float("inf"), float("-inf")):
                raise self._error(line, f"the value {text!r} is too large in {unit}", "check it")
            yield {
                **row, "metric": metric, "value": value, "unit": unit,
                "better": self._better(line, row.get("better", "").strip(), unit),
                "iteration": self._iteration(line, row.get("iteration", "").strip()),
                "informative": self._flag(line, row.get("informative", "").strip().lower()),
                "source": self.source, "line": line,
            }

    def _error(self, line: int, message: str, hint: str) -> FormatError:
        return FormatError(message, path=self.path, line=line, hint=hint)

    def _better(self, line: int, text: str, unit: str) -> str:
        if not text:
            return self.assumed.setdefault(unit, BETTER_OF.get(unit, "none"))
        if text not in opt.BETTER:
            raise self._error(line, f"better is {text!r}", f"use {', '.join(opt.BETTER)}")
        return text

    def _iteration(self, line: int, text: str) -> int | None:
        value = number(text) if text else 0.0
        if value is None or value < 0 or value != int(value) or value >= 2**63:
            raise self._error(line, f"the iteration {text!r} is not a whole number from 0", "count from 0")
        return int(value) if text else None

    def _flag(self, line: int, text: str) -> bool:
        if text not in ("", "true", "false", "1", "0", "yes", "no"):
            raise self._error(line, f"informative is {text!r}", "use true or false")
        return text not in ("false", "0", "no")
