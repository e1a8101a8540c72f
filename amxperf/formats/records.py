"""Records of a CSV or Parquet file as text cells, each with its line: what the readers of tables share."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..document import Document
from ..errors import FormatError

if TYPE_CHECKING:
    import pyarrow

MAGIC = b"PAR1"
"""First and last four bytes of a Parquet file."""

WIDEST = 4096
"""Most columns of a table; each costs half a millisecond, and nobody has as many factors."""


@dataclass(frozen=True)
class Records:
    """A header and rows of equal length; `rows` pairs each row with its line (first line of a CSV record, from 1).

    `open_ended` says that the last line has no end, as it is in a file that was cut, and in many a file that was not.
    """

    source: str
    path: str
    header: list[str]
    rows: list[tuple[int, list[str]]]
    open_ended: bool = False


def header_of(document: Document) -> list[str]:
    """Names in the first line, read as CSV; empty where there is none."""
    if document.magic == MAGIC or not document.head:
        return []
    try:
        return [name.strip() for name in next(csv.reader(document.head[:1], skipinitialspace=True), [])]
    except csv.Error:
        return []


def read_records(document: Document) -> Records:
    """Read CSV (comma, double quotes, one header line) or Parquet, told by its magic bytes.

    Blanks around a CSV cell are no part of it: people write them after commas, and ``vm `` is not another place than ``vm``.
    Raises FormatError, with the line, for an unnamed or doubled column and for a row with too many or too few cells.
    """
    path = document.path or document.source
    parquet = document.magic == MAGIC
    header, rows = _parquet(document, path) if parquet else _csv(document, path)
    header = check_header(header, path)
    for line, cells in rows:
        if len(cells) != len(header):
            raise FormatError(
                f"{len(cells)} cells under {len(header)} columns", path=path, line=line, hint="mend the row; quote commas"
            )
    return Records(document.source, path, header, rows, not parquet and not document.text.endswith("\n"))


def _csv(document: Document, path: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    reader = csv.reader(io.StringIO(document.text, newline=""), strict=True, skipinitialspace=True)
    records: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for cells in reader:
            if cells:
                records.append((line, [cell.strip() for cell in cells]))
            line = reader.line_num + 1
    except csv.Error as error:
        raise FormatError(f"this is not CSV ({error})", path=path, line=line, hint="check its quotes") from error
    if not records:
        raise FormatError("the file is empty", path=path, hint="record it again")
    return records[0][1], records[1:]


def _parquet(document: Document, path: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    table = parquet_table(document, path)
    try:
        columns = [[cell(value) for value in column.to_pylist()] for column in table.columns]
    except (ValueError, OverflowError) as error:
        raise FormatError("the Parquet file is damaged", path=path, hint="write it again") from error
    rows = zip(*columns, strict=True) if columns else iter(())
    return list(table.column_names), [(line, list(cells)) for line, cells in enumerate(rows, start=1)]


def parquet_table(document: Document, path: str) -> pyarrow.Table:
    """The table of a Parquet file, texts as dictionaries; FormatError for a damaged file."""
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(document.data))
        texts = [name for name, kind in zip(file.schema_arrow.names, file.schema_arrow.types, strict=True)
                 if pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind)]  # fmt: skip
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(document.data), read_dictionary=texts)
        table = file.read(use_threads=False)  # its threads abort now and then
        return table.drop_columns([name for name in table.column_names if name.startswith("__index_level_")])
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise FormatError("the Parquet file is damaged", path=path, hint="write it again") from error


def check_header(header: list[str], path: str) -> list[str]:
    """Names of columns without blanks around them; FormatError for an unnamed or doubled one, and for more than :data:`WIDEST`."""
    header = [name.strip() for name in header]
    if len(header) > WIDEST:
        hint = f"keep at most {WIDEST}"
        raise FormatError(f"the table has {len(header)} columns", path=path, line=1, hint=hint)
    seen: set[str] = set()
    for place, name in enumerate(header):
        if not name:
            raise FormatError(f"column {place + 1} has no name", path=path, line=1, hint="name it in the header")
        if name in seen:
            raise FormatError(f"two columns are called {name!r}", path=path, line=1, hint="rename one")
        seen.add(name)
    return header


def cell(value: object) -> str:
    """A Parquet value as CSV would show it; a missing one is empty, a NaN stays visible."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else repr(value) if isinstance(value, float) else str(value)
