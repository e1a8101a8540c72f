"""A kernel log of any size into Parquet files, one per table, in bounded memory.

What is finished is written chunk by chunk; held are the open traces and what stands behind them. The column `boot` counts from 1
here even where the file holds one boot: the first rows are written before the last line is read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .. import schema
from ..document import Document, Input, load
from ..errors import OutputError, UsageError
from . import assembly
from .reading import CHUNK, Reading

STREAMED = ("lines", "traces", "frames")
"""Tables that can be streamed."""

ROWS = 1 << 16
"""Frames or lines that are gathered before they are written."""


def write(
    path: Input,
    folder: str | os.PathLike[str],
    tables: Sequence[str] = STREAMED,
    *,
    progress: Callable[[int], None] | None = None,
    functions: Any = None,
    chunk: int = CHUNK,
) -> dict[str, Path]:
    """Write ``lines.parquet``, ``traces.parquet`` and ``frames.parquet``, or some of them, into a folder.

    Parameters
    ----------
    path : the log, as :func:`amxperf.document.load` takes it.
    progress : is called with the number of bytes that were read since its last call.
    functions, chunk : for tests, as in :func:`amxperf.formats.engine.read`.

    Returns the files by table. They appear when all is read: an interrupted call leaves none. Needs numba.

    Raises UsageError for another table, OutputError where the folder cannot be written; else as the reader does.
    """
    names = tuple(name for name in STREAMED if name in tables)
    if not names or set(tables) - set(STREAMED):
        raise UsageError(f"tables is {tuple(tables)!r}", hint=f"name one or more of {', '.join(STREAMED)}")
    document = load(path)
    target = Path(folder)
    drafts = {name: target / f".{name}.parquet.{os.getpid()}" for name in names}
    reading = Reading(document.source, names, "", functions=functions, chunk=chunk)
    writers: dict[str, Any] = {}
    try:
        target.mkdir(parents=True, exist_ok=True)
        with document.open() as stream:
            for _ in reading.run(stream, progress):
                _flush(reading, document, names, writers, drafts, end=False)
        _flush(reading, document, names, writers, drafts, end=True)
        for writer in writers.values():
            writer.close()
        files = {name: target / f"{name}.parquet" for name in names}
        for name in names:
            drafts[name].replace(files[name])
        return files
    except OSError as error:
        raise OutputError(f"cannot be written ({error.strerror})", path=target, hint="name another folder") from error
    finally:
        for writer in writers.values():
            writer.close()
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _flush(reading: Reading, document: Document, names: Sequence[str], writers: Any, drafts: Any, *, end: bool) -> None:
    sequence, lines = reading.sequence, reading.pieces.lines
    sequence.notes.clear()
    if sequence.frames.used > ROWS or end:
        columns = sequence.frames.array()
        done = columns[0] <= (1 << 30 if end else sequence.settled())
        sequence.frames.clear(columns[:, ~done])
        if "frames" in names:
            _append("frames", assembly.frames(document.source, columns[:, done], reading.memo), writers, drafts)
    if sequence.traces or end:
        if "traces" in names:
            _append("traces", assembly.traces(document.source, sequence.traces, reading.memo, False), writers, drafts)
        sequence.traces.clear()
    if "lines" in names and (len(lines) > ROWS or end):
        _append("lines", assembly.lines(document.source, lines, reading.callers.names(), False), writers, drafts)


def _append(name: str, data: Any, writers: dict[str, Any], drafts: dict[str, Path]) -> None:
    """Write a piece of a table; words are dictionaries of 32-bit numbers in every piece."""
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.Table.from_pandas(data, preserve_index=False)
    word = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    fields = [
        pyarrow.field(column.name, word if column.dtype == "category" else table.schema.field(column.name).type)
        for column in schema.TABLES[name].columns
    ]
    table = table.cast(pyarrow.schema(fields))
    if name not in writers:
        writers[name] = parquet.ParquetWriter(drafts[name], table.schema)
    writers[name].write_table(table)
