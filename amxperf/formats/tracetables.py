"""The tables of a large trace file out of the arrays of :class:`amxperf.formats.tracebulk.Bulk`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import schema
from .tracecolumns import count, gather, numbers_of, pick, pick_named, seconds_of, spans
from .traceline import EVENT, FRAME, STACK, UNKNOWN, USER_STACK
from .tracelink import ENDINGS, link
from .traceprogram import STORED

if TYPE_CHECKING:
    import pandas as pd

    from .tracebulk import Bulk

FOLLOW = ("kind", "reason", "msr_name", "interrupt")
"""Columns of text that follow from the key."""

DTYPES = {"UInt64": np.uint64, "Int64": np.int64, "Int32": np.int32}

LIMIT = (1 << 31) - 1
"""Largest number of an Int32 column."""


def tables(bulk: Bulk) -> dict[str, pd.DataFrame]:
    """events, traces and frames; the notes go to the reading."""
    reading, kinds = bulk.reading, np.bincount(bulk.what, minlength=10).tolist()
    stacks = kinds[STACK] + kinds[USER_STACK]
    empty = np.zeros(0, np.uint8)
    arrays = (bulk.what, bulk.perf, bulk.cpu, bulk.pid) if stacks or kinds[FRAME] else (empty, bulk.perf, bulk.cpu, bulk.pid)
    marker, event, end, user, complete, frame, owner, depth, left, first = link(*arrays)
    counts = reading.counts
    counts |= {"events": kinds[EVENT], "stacks": stacks, "frames": len(frame), "left": kinds[UNKNOWN] + int(left)}
    counts["headers"] = bulk.lines - sum(counts[name] for name in ("events", "stacks", "frames", "left"))
    if left:
        reading.unknown = [min([int(first) + 1, *reading.unknown[:1]])]
    reading.remarks(counts["events"])
    found = {
        "traces": _traces(bulk, marker, event, end, complete),
        "frames": _frames(bulk, frame, owner, depth, user),
    }
    return {"events": _events(bulk)} | found


def _events(bulk: Bulk) -> pd.DataFrame:
    import pandas as pd

    rows = np.flatnonzero(bulk.what == EVENT).astype(np.int32 if bulk.lines < 1 << 31 else np.int64)
    n = len(rows)
    columns: dict[str, Any] = {"source": constant(bulk.document.source, n), "side": constant(bulk.reading.side, n)}
    stamp = np.empty(n, np.float64)
    bulk.spread(n, lambda low, high: pick(low, high, rows, bulk.stamp, stamp))
    columns |= {"line": rows.astype(np.int32) + np.int32(1), "timestamp": stamp}
    columns |= {"cpu": _counted(bulk, rows, bulk.cpu), "pid": _counted(bulk, rows, bulk.pid)}
    used = None
    if len(bulk.tasks) > 1:
        used = np.bincount(bulk.task[rows], minlength=len(bulk.tasks)) > 0 if n else np.zeros(len(bulk.tasks), np.bool_)
    columns["comm"] = _words(bulk, rows, bulk.tasks, bulk.task, used)
    for name in FOLLOW:
        columns[name] = _words(bulk, rows, [row.get(name) or "" for row in bulk.keys], bulk.key)
    for column in schema.EVENTS.columns:
        if column.name not in columns and column.name != "detail":
            columns[column.name] = _numbers(bulk, rows, column)
    columns["detail"] = _details(bulk, rows)
    return pd.DataFrame({name: columns[name] for name in schema.EVENTS.names}, copy=False)


def _counted(bulk: Bulk, rows: np.ndarray, numbers: np.ndarray) -> Any:
    import pandas as pd

    out, missing = np.empty(len(rows), np.int64), np.empty(len(rows), np.bool_)
    bulk.spread(len(rows), lambda low, high: count(low, high, rows, numbers, out, missing))
    return pd.arrays.IntegerArray(out, missing)


def _words(bulk: Bulk, rows: np.ndarray, texts: Sequence[str], numbers: np.ndarray, used: np.ndarray | None = None) -> Any:
    """A column of words: `numbers` tell the text of each row; words that are not used are left out."""
    import pandas as pd

    there = [True] * len(texts) if used is None else used.tolist()
    words = sorted({text for text, known in zip(texts, there, strict=True) if known}) if len(rows) else []
    place = {text: at for at, text in enumerate(words)}
    width = np.int8 if len(words) < 127 else np.int16 if len(words) < 32000 else np.int32
    names, codes = np.array([place.get(text, 0) for text in texts], width), np.empty(len(rows), width)
    bulk.spread(len(rows), lambda low, high: pick_named(low, high, rows, numbers, names, codes))
    return pd.Categorical.from_codes(codes, pd.Index(words, dtype="str"), validate=False)


def _numbers(bulk: Bulk, rows: np.ndarray, column: schema.Column) -> Any:
    """A column of numbers: from the scan where it read them, from the key's own row elsewhere."""
    import pandas as pd

    n = len(rows)
    place = STORED.index(column.name) if column.name in STORED and bulk.filled >> STORED.index(column.name) & 1 else -1
    stored = bulk.values[max(place, 0)]
    told = [row.get(column.name) for row in bulk.keys]
    if column.dtype == "float64":
        times = np.array([np.nan if value is None else value for value in told], np.float64)
        out = np.full(n, np.nan)
        if place >= 0 or not np.isnan(times).all():
            at = max(place, STORED.index(column.name))
            bulk.spread(n, lambda low, high: seconds_of(low, high, rows, bulk.key, bulk.bits, at, stored, times, out))
        return out
    dtype = DTYPES[column.dtype]
    if column.dtype == "Int32":
        told = [value if value is not None and -LIMIT <= value <= LIMIT else None for value in told]
    untold = np.array([value is None for value in told], np.bool_)
    if place < 0 and untold.all():
        return pd.arrays.IntegerArray(np.zeros(n, dtype), np.ones(n, np.bool_))
    values = np.array([value or 0 for value in told], dtype)
    limit = LIMIT if column.dtype == "Int32" else 0
    out, missing = np.zeros(n, dtype), np.zeros(n, np.bool_)
    bulk.spread(
        n,
        lambda low, high: numbers_of(
            low, high, rows, bulk.key, bulk.bits, place, stored, values, untold, limit, out, missing
        ),
    )  # fmt: skip
    return pd.arrays.IntegerArray(out, missing)


def _details(bulk: Bulk, rows: np.ndarray) -> pd.Series:
    places, lengths = np.empty(len(rows), np.int64), np.empty(len(rows), np.int32)
    bulk.spread(len(rows), lambda low, high: spans(low, high, rows, bulk.begins, bulk.detail, bulk.length, places, lengths))
    if bulk.places:
        odd = np.array(sorted(bulk.places), np.int64)
        places[np.searchsorted(rows, odd)] = [bulk.places[row] for row in odd.tolist()]
    return _texts(bulk, places, lengths)


def _texts(bulk: Bulk, places: np.ndarray, lengths: np.ndarray) -> pd.Series:
    """Texts that stand in the file, or in the extra bytes behind it, as one Arrow buffer."""
    import pandas as pd
    import pyarrow as pa

    ends = np.zeros(len(places) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    out = np.empty(int(ends[-1]), np.uint8)
    size = len(bulk.data)
    odd = np.flatnonzero(places >= size) if bulk.extra else np.zeros(0, np.int64)
    inside = lengths
    if len(odd):
        inside = lengths.copy()
        inside[odd] = 0
        extra = np.frombuffer(bytes(bulk.extra), np.uint8)
        gather_odd = places[odd] - size
        for row, start in zip(odd.tolist(), gather_odd.tolist(), strict=True):
            out[ends[row] : ends[row + 1]] = extra[start : start + int(lengths[row])]
    bulk.spread(len(places), lambda low, high: gather(low, high, bulk.data, places, inside, ends, out))
    texts = pa.LargeStringArray.from_buffers(len(places), pa.py_buffer(ends), pa.py_buffer(out))
    return pd.Series(pd.arrays.ArrowStringArray(texts, dtype=pd.StringDtype("pyarrow", na_value=np.nan)))


def _traces(bulk: Bulk, marker: np.ndarray, event: np.ndarray, end: np.ndarray, complete: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    n = len(marker)
    known = event >= 0
    columns: dict[str, Any] = {
        "trace": np.arange(1, n + 1, dtype=np.int32),
        "source": constant(bulk.document.source, n),
        "line": (marker + 1).astype(np.int32),
        "end": (end + 1).astype(np.int32),
        "event": pd.arrays.IntegerArray((np.where(known, event, 0) + 1).astype(np.int32), ~known),
        "timestamp": bulk.stamp[marker],
        "headline": _headlines(bulk, event, known),
        "cpu": _counted(bulk, marker, bulk.cpu),
        "pid": _counted(bulk, marker, bulk.pid),
        "comm": _words(bulk, marker, bulk.tasks, bulk.task, np.bincount(bulk.task[marker], minlength=len(bulk.tasks)) > 0),
        "complete": _words(bulk, np.arange(n), ENDINGS, complete, np.bincount(complete, minlength=len(ENDINGS)) > 0),
    }
    return _filled("traces", columns, n)


def _headlines(bulk: Bulk, event: np.ndarray, known: np.ndarray) -> pd.Series:
    """What the event's line says behind its stamp; of an odd line what the plain reader found there."""
    rows = np.where(known, event, 0)
    if not len(rows):
        return _texts(bulk, np.zeros(0, np.int64), np.zeros(0, np.int32))
    places = bulk.begins[rows] + bulk.rest[rows]
    stop = bulk.begins[rows] + bulk.detail[rows].astype(np.int64) + bulk.length[rows]
    call = bulk.data[np.minimum(stop, len(bulk.data) - 1)] == 41  # the bracket that closes a system call's arguments
    lengths = np.where(known, stop - places + (call & (stop < len(bulk.data))), 0).astype(np.int32)
    for at in np.flatnonzero(np.isin(rows, list(bulk.headlines)) & known).tolist() if bulk.headlines else ():
        text = bulk.headlines[int(rows[at])].encode("utf-8", errors="replace")
        places[at], lengths[at] = len(bulk.data) + len(bulk.extra), len(text)
        bulk.extra += text
    return _texts(bulk, places, lengths)


def _frames(bulk: Bulk, frame: np.ndarray, owner: np.ndarray, depth: np.ndarray, user: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    n = len(frame)
    kind, known = bulk.key, bulk.frames
    if not n:
        return schema.frame("frames")
    used = np.bincount(kind[frame], minlength=len(known)) > 0
    columns: dict[str, Any] = {
        "source": constant(bulk.document.source, n),
        "trace": owner + np.int32(1),
        "line": (frame + 1).astype(np.int32),
        "depth": depth,
    }
    for name in ("symbol", "function", "module", "build_id"):
        columns[name] = _words(bulk, frame, [row.get(name) or "" for row in known], kind, used)
    for name in ("offset", "size"):
        told = [row.get(name) for row in known]
        told = [value if value is not None and value <= LIMIT else None for value in told]
        numbers, missing = np.array([value or 0 for value in told], np.int32), np.array([value is None for value in told])
        columns[name] = pd.arrays.IntegerArray(numbers[kind[frame]], missing[kind[frame]])
    for name, default in (("reliable", True), ("inlined", False)):
        columns[name] = np.array([row.get(name, default) for row in known], np.bool_)[kind[frame]]
    contexts = [row.get("context") or "" for row in known]
    numbers = np.where(user[owner], len(contexts), kind[frame])
    used = np.bincount(numbers, minlength=len(contexts) + 1) > 0
    columns["context"] = _words(bulk, np.arange(n), [*contexts, "USER"], numbers, used)
    return _filled("frames", columns, n)


def constant(text: str, n: int) -> Any:
    """A column that says the same in each of n rows."""
    import pandas as pd

    return pd.Categorical.from_codes(np.zeros(n, np.int8), pd.Index([text] if n else [], dtype="str"), validate=False)


def _filled(table: str, columns: dict[str, Any], n: int) -> pd.DataFrame:
    """A table from some of its columns; the others are empty."""
    import pandas as pd

    for column in schema.TABLES[table].columns:
        if column.name not in columns:
            if column.dtype == "category":
                columns[column.name] = constant("", n)
            elif column.dtype == "str":
                columns[column.name] = pd.Series([""], dtype="str").take(np.zeros(n, np.int64)).reset_index(drop=True)
            else:
                columns[column.name] = pd.array([], dtype=column.dtype).take(np.full(n, -1), allow_fill=True)
    return pd.DataFrame({name: columns[name] for name in schema.TABLES[table].names}, copy=False)
