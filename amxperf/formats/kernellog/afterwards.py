"""The second pass over the Parquet files of a streamed log: what the end of the log decides.

- registers stand above their trace; whose they are is known when it opens,
- an event that is the headline of a trace takes the task of that trace,
- an oops in code of extended states, KVM or TDX becomes an event,
- rows of the first boot have no number where there is no second.

Files are read and written again piece by piece.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import schema
from . import kernel_events

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow

    from .stream import Streaming


def finish(streaming: Streaming, drafts: Mapping[str, Path], *, several: bool) -> None:
    """Put in what was not known when the drafts were written; `several` says that the log holds several boots."""
    if several:
        for name in ("lines", "traces"):
            if name in drafts:
                _again(drafts[name], map(_first_boot, _pieces(drafts[name])))
    if "registers" in drafts:
        groups = streaming.reading.sequence.W
        _again(drafts["registers"], (_resolved(piece, groups, streaming.source) for piece in _pieces(drafts["registers"])))
    if "events" in drafts:
        _again(drafts["events"], _events(streaming, drafts))


def shaped(name: str, data: pd.DataFrame) -> pyarrow.Table:
    """Rows of a table for its file; words are dictionaries of 32-bit numbers in every piece."""
    import pyarrow

    table = pyarrow.Table.from_pandas(data, preserve_index=False)
    word = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
    fields = [
        pyarrow.field(column.name, word if column.dtype == "category" else table.schema.field(column.name).type)
        for column in schema.TABLES[name].columns
    ]
    return table.cast(pyarrow.schema(fields, table.schema.metadata))  # which says to pandas that a column is of whole numbers


def owned(
    owners: np.ndarray, lines: np.ndarray, codes: np.ndarray, names: Sequence[str], values: list[pyarrow.Array]
) -> pyarrow.Table:
    """Registers as they are drafted: owner, line, name (by its number among `names`), value (in pieces)."""
    import pyarrow

    words = pyarrow.DictionaryArray.from_arrays(pyarrow.array(codes, pyarrow.int32()), pyarrow.array(names, pyarrow.string()))
    columns = [pyarrow.array(owners, pyarrow.int32()), pyarrow.array(lines, pyarrow.int32()), words, pyarrow.chunked_array(values)]
    return pyarrow.table(columns, names=["owner", "line", "name", "value"])


def _pieces(file: Path) -> Iterator[pyarrow.Table]:
    from pyarrow import parquet

    with parquet.ParquetFile(file) as pieces:
        for number in range(pieces.num_row_groups):
            yield pieces.read_row_group(number, use_threads=False)


def _again(file: Path, pieces: Iterable[pyarrow.Table]) -> None:
    """Write the file anew, from pieces made of its own."""
    from pyarrow import parquet

    copy = file.with_name(f"{file.name}.again")
    writer = None
    try:
        for piece in pieces:
            writer = writer or parquet.ParquetWriter(copy, piece.schema)
            writer.write_table(piece)
        if writer:
            writer.close()
            copy.replace(file)
    finally:
        if writer:
            writer.close()
        copy.unlink(missing_ok=True)


def _first_boot(piece: pyarrow.Table) -> pyarrow.Table:
    """The rows that were written before the second boot began belong to the first."""
    import pyarrow
    import pyarrow.compute as pc

    place = piece.schema.get_field_index("boot")
    field = piece.schema.field(place)
    words = piece.column(place).cast(pyarrow.string())
    numbered = pc.if_else(pc.equal(words, ""), "1", words).combine_chunks().dictionary_encode()
    return piece.set_column(place, field, numbered.cast(field.type))


def _resolved(piece: pyarrow.Table, groups: np.ndarray, source: str) -> pyarrow.Table:
    import pyarrow

    owners = piece.column("owner").to_numpy()
    traces = np.where(owners < 0, -owners, groups[np.maximum(owners, 0)])
    file = pyarrow.DictionaryArray.from_arrays(pyarrow.array(np.zeros(len(traces), np.int32)), pyarrow.array([source]))
    columns = [file, pyarrow.array(traces.astype(np.int32), mask=traces == 0), *(piece.column(place) for place in (1, 2, 3))]
    return pyarrow.table(columns, names=schema.TABLES["registers"].names)


def _events(streaming: Streaming, drafts: Mapping[str, Path]) -> Iterator[pyarrow.Table]:
    """The events with their tasks, and among them those of oopses, in the order of their lines."""
    import pandas as pd

    titles = np.concatenate([*streaming.titles, np.zeros((0, 3), np.int64)])
    titles = titles[np.argsort(titles[:, 0], kind="stable")]
    comms = np.array(streaming.reading.memo.words["comm"].words, dtype=object)
    extra = _oopses(streaming, drafts)
    whole = {"cpu": "Int64", "pid": "Int64"}
    last = None
    for piece in _pieces(drafts["events"]):
        data = pd.concat([schema.frame("events"), _frame(piece)], ignore_index=True)
        place = np.searchsorted(titles[:, 0], data["line"].to_numpy(), side="right") - 1
        own = (place >= 0) & data["pid"].isna().to_numpy()
        own[own] = titles[place[own], 0] == data["line"].to_numpy()[own]
        pids = titles[place[own], 1]
        data["pid"] = data["pid"].astype(whole["pid"])
        data.loc[own, "pid"] = pd.array(np.where(pids < 0, 0, pids), "Int64").astype("Int64")
        data.loc[np.flatnonzero(own)[pids < 0], "pid"] = pd.NA
        comm = data["comm"].astype(object)
        comm[own] = comms[np.maximum(titles[place[own], 2], 0)]
        data["comm"] = comm.astype("category")
        end = int(data["line"].iloc[-1]) if len(data) else -1
        ready = [row for row in extra if row["line"] < end]
        extra = extra[len(ready) :]
        yield _merged(data, ready)
        last = piece
    if extra or last is None:
        yield _merged(schema.frame("events"), extra)


def _frame(piece: pyarrow.Table) -> pd.DataFrame:
    import pandas as pd
    import pyarrow

    whole = {pyarrow.int32(): pd.Int32Dtype(), pyarrow.int64(): pd.Int64Dtype(), pyarrow.uint64(): pd.UInt64Dtype()}
    return piece.to_pandas(types_mapper=whole.get)


def _merged(data: pd.DataFrame, rows: list[dict[str, Any]]) -> pyarrow.Table:
    import pandas as pd

    spec = schema.TABLES["events"].columns
    if rows:
        data = pd.concat([data.astype(object), schema.frame("events", rows).astype(object)], ignore_index=True)
        data = data.iloc[np.argsort(data["line"].to_numpy().astype(np.int64), kind="stable")]
    for column in spec:
        if str(data[column.name].dtype) != column.dtype:
            data[column.name] = data[column.name].astype(column.dtype)
    return shaped("events", data)


def _oopses(streaming: Streaming, drafts: Mapping[str, Path]) -> list[dict[str, Any]]:
    """The rows of :func:`.kernel_events.faults`, in the order of their lines."""
    oopses = streaming.oopses
    if not oopses:
        return []
    known: set[int] = set()
    for piece in _pieces(drafts["events"]):
        known |= oopses.keys() & set(piece.column("line").to_pylist())
    traces = np.array(sorted(trace["trace"] for trace in oopses.values()))
    dumps: list[dict[str, Any]] = []
    for piece in _pieces(drafts["registers"]):
        data = piece.to_pandas()
        data = data[(data["name"] == "RIP") & data["trace"].isin(traces)]
        dumps += data[["trace", "name", "value"]].astype(object).to_dict("records")
    common = {"source": streaming.source, "side": streaming.reading.side}
    rows = [{**common, **row} for row in kernel_events.faults(oopses, dumps, known)]
    return sorted(rows, key=lambda row: row["line"])
