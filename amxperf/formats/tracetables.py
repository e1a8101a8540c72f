"""The tables of a large trace file out of the arrays of :class:`amxperf.formats.tracebulk.Bulk`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import schema
from .pages import zeros
from .tracecolumns import count, gather, name_of, numbers_of, pick, pick_named, seconds_of, spans, told_by_key
from .traceline import EVENT, FRAME, STACK, UNKNOWN, USER_STACK
from .tracelink import ENDINGS, link
from .traceprogram import STORED
from .tracescan import ODD_FRAME

if TYPE_CHECKING:
    import pandas as pd

    from .tracebulk import Bulk

FOLLOW = ("kind", "reason", "msr_name", "interrupt")
"""Columns of text that follow from the key."""

DTYPES = {"UInt64": np.uint64, "Int64": np.int64, "Int32": np.int32}

LIMIT = (1 << 31) - 1
"""Largest number of an Int32 column."""


Works = list[Callable[[int, int], Any]]
"""What is left to do for a table: calls over parts of its rows, which run together in the threads."""


def tables(bulk: Bulk) -> dict[str, pd.DataFrame]:
    """events, traces and frames; the notes go to the reading."""
    reading, kinds = bulk.reading, bulk.kinds()
    stacks, frames = kinds[STACK] + kinds[USER_STACK], kinds[FRAME] + kinds[ODD_FRAME]
    linking = bulk.pool.submit(
        link, bulk.what if stacks or frames else bulk.what[:0], bulk.first if stacks or frames else bulk.first[:1],
        bulk.entry, bulk.held, bulk.cpu, bulk.pid, bulk.key, bulk.symbol, stacks + (kinds[EVENT] if frames else 0), frames,
    )  # fmt: skip
    events = _events(bulk)
    marker, event, line, title, end, user, complete, place, owner, depth, name, left, first = linking.result()
    counts = reading.counts
    counts |= {"events": kinds[EVENT], "stacks": stacks, "frames": len(place), "left": kinds[UNKNOWN] + int(left)}
    counts["headers"] = bulk.lines - sum(counts[name] for name in ("events", "stacks", "frames", "left"))
    if left:
        reading.unknown = [min([int(first), *reading.unknown[:1]])]
    reading.remarks(counts["events"])
    traces = _traces(bulk, marker, event, {"line": line, "end": end, "event": title}, complete)
    return {"events": events, "traces": traces, "frames": _frames(bulk, place, owner, depth, name, user)}


def _events(bulk: Bulk) -> pd.DataFrame:
    import pandas as pd

    rows, lines, starts = bulk.select(EVENT)
    n = len(rows)
    works: Works = []
    columns: dict[str, Any] = {"source": constant(bulk.document.source, n), "side": constant(bulk.reading.side, n)}
    stamp = zeros(n, np.float64)
    works.append(lambda low, high: pick(low, high, rows, bulk.stamp, stamp))
    columns |= {"line": lines, "timestamp": stamp}
    columns |= {"cpu": _counted(works, rows, bulk.cpu), "pid": _counted(works, rows, bulk.pid)}
    used = None
    if len(bulk.tasks) > 1:
        used = np.bincount(bulk.task[rows], minlength=len(bulk.tasks)) > 0 if n else np.zeros(len(bulk.tasks), np.bool_)
    columns["comm"] = _words(works, rows, bulk.tasks, bulk.task, used)
    for name in FOLLOW:
        columns[name] = _words(works, rows, [row.get(name) or "" for row in bulk.keys], bulk.key)
    packed = dict(zip(starts[:-1].tolist(), bulk.packed, strict=True))  # first row of a chunk -> its numbers
    for column in schema.EVENTS.columns:
        if column.name not in columns and column.name != "detail":
            columns[column.name] = _numbers(bulk, works, rows, column, packed)
    places, lengths = zeros(n, np.int64), zeros(n, np.int32)
    works.append(lambda low, high: spans(low, high, rows, bulk.begins, bulk.detail, bulk.length, places, lengths))
    bulk.parts(works, starts)
    if bulk.places:
        odd = np.flatnonzero(np.isin(rows, list(bulk.places)))
        places[odd] = [bulk.places[row] for row in rows[odd].tolist()]
    columns["detail"] = _texts(bulk, places, lengths)
    return pd.DataFrame({name: columns[name] for name in schema.EVENTS.names}, copy=False)


def _counted(works: Works, rows: np.ndarray, numbers: np.ndarray) -> Any:
    import pandas as pd

    out, missing = zeros(len(rows), np.int64), zeros(len(rows), np.bool_)
    works.append(lambda low, high: count(low, high, rows, numbers, out, missing))
    return pd.arrays.IntegerArray(out, missing)


def _words(
    works: Works, rows: np.ndarray | None, texts: Sequence[str], numbers: np.ndarray, used: np.ndarray | None = None
) -> Any:
    """A column of words: `numbers` (of `rows`) tell the text of each row; words that are not used are left out."""
    import pandas as pd

    n = len(numbers if rows is None else rows)
    there = [True] * len(texts) if used is None else used.tolist()
    words = sorted({text for text, known in zip(texts, there, strict=True) if known}) if n else []
    if len(words) < 2:
        return constant(words[0] if words else "", n)
    place = {text: at for at, text in enumerate(words)}
    width = np.int8 if len(words) < 127 else np.int16 if len(words) < 32000 else np.int32
    names, codes = np.array([place.get(text, 0) for text in texts], width), zeros(n, width)
    if rows is None:
        works.append(lambda low, high: name_of(low, high, numbers, names, codes))
    else:
        works.append(lambda low, high: pick_named(low, high, rows, numbers, names, codes))
    return pd.Categorical.from_codes(codes, pd.Index(words, dtype="str"), validate=False)


def _numbers(bulk: Bulk, works: Works, rows: np.ndarray, column: schema.Column, packed: dict[int, np.ndarray]) -> Any:
    """A column of numbers: from the scan where it read them, from the key's own row elsewhere."""
    import pandas as pd

    n = len(rows)
    place = STORED.index(column.name) if column.name in STORED and bulk.filled >> STORED.index(column.name) & 1 else -1
    told = [row.get(column.name) for row in bulk.keys]
    if column.dtype == "float64":
        times = np.array([np.nan if value is None else value for value in told], np.float64)
        if place < 0 and np.isnan(times).all():
            return np.full(n, np.nan)
        out, at = zeros(n, np.float64), STORED.index(column.name)
        works.append(lambda low, high: seconds_of(low, high, rows, bulk.key, bulk.bits, at, packed[low], times, out))
        return out
    dtype = DTYPES[column.dtype]
    if column.dtype == "Int32":
        told = [value if value is not None and -LIMIT <= value <= LIMIT else None for value in told]
    untold = np.array([value is None for value in told], np.bool_)
    out = zeros(n, dtype)  # costs nothing where nobody writes
    if place < 0 and untold.all():
        return pd.arrays.IntegerArray(out, np.ones(n, np.bool_))
    values, missing = np.array([value or 0 for value in told], dtype), zeros(n, np.bool_)
    limit = LIMIT if column.dtype == "Int32" else 0
    if place < 0:
        works.append(lambda low, high: told_by_key(low, high, rows, bulk.key, values, untold, out, missing))
    else:
        works.append(
            lambda low, high: numbers_of(
                low, high, rows, bulk.key, bulk.bits, place, packed[low], values, untold, limit, out, missing
            )
        )  # fmt: skip
    return pd.arrays.IntegerArray(out, missing)


def _texts(bulk: Bulk, places: np.ndarray, lengths: np.ndarray) -> pd.Series:
    """Texts that stand in the file, or in the extra bytes behind it, as one Arrow buffer."""
    import pandas as pd
    import pyarrow as pa

    ends = zeros(len(places) + 1, np.int64)
    np.cumsum(lengths, out=ends[1:])
    out = zeros(int(ends[-1]), np.uint8)
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
    bulk.spread(len(places), [lambda low, high: gather(low, high, bulk.data, places, inside, ends, out)])
    texts = pa.LargeStringArray.from_buffers(len(places), pa.py_buffer(ends), pa.py_buffer(out))
    return pd.Series(pd.arrays.ArrowStringArray(texts, dtype=pd.StringDtype("pyarrow", na_value=np.nan)))


def _traces(
    bulk: Bulk, marker: np.ndarray, event: np.ndarray, lines: dict[str, np.ndarray], complete: np.ndarray
) -> pd.DataFrame:
    import pandas as pd

    n = len(marker)
    known = event >= 0
    works: Works = []
    columns: dict[str, Any] = {
        "trace": np.arange(1, n + 1, dtype=np.int32),
        "source": constant(bulk.document.source, n),
        "line": lines["line"],
        "end": lines["end"],
        "event": pd.arrays.IntegerArray(np.where(known, lines["event"], 1), ~known),
        "timestamp": bulk.stamp[marker],
        "headline": _headlines(bulk, event, known),
        "cpu": _counted(works, marker, bulk.cpu),
        "pid": _counted(works, marker, bulk.pid),
        "comm": _words(works, marker, bulk.tasks, bulk.task, np.bincount(bulk.task[marker], minlength=len(bulk.tasks)) > 0),
        "complete": _words(works, None, ENDINGS, complete, np.bincount(complete, minlength=len(ENDINGS)) > 0),
    }
    bulk.spread(n, works)
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


def _frames(
    bulk: Bulk, place: np.ndarray, owner: np.ndarray, depth: np.ndarray, name: np.ndarray, user: np.ndarray
) -> pd.DataFrame:
    import pandas as pd

    n, known = len(place), bulk.frames
    if not n:
        return schema.frame("frames")
    works: Works = []
    used = np.bincount(name, minlength=len(known)) > 0
    columns: dict[str, Any] = {"source": constant(bulk.document.source, n), "trace": owner, "line": place, "depth": depth}
    for column in ("symbol", "function", "module", "build_id"):
        columns[column] = _words(works, None, [row.get(column) or "" for row in known], name, used)
    for column in ("offset", "size"):
        told = [row.get(column) for row in known]
        told = [value if value is not None and value <= LIMIT else None for value in told]
        numbers, missing = np.array([value or 0 for value in told], np.int32), np.array([value is None for value in told])
        columns[column] = pd.arrays.IntegerArray(_named(works, name, numbers), _named(works, name, missing))
    for column, default in (("reliable", True), ("inlined", False)):
        columns[column] = _named(works, name, np.array([row.get(column, default) for row in known], np.bool_))
    contexts = [*(row.get("context") or "" for row in known), "USER"]
    if user.any():
        name = np.where(user[owner - 1], len(known), name)
        used = np.bincount(name, minlength=len(contexts)) > 0
    else:
        used = np.append(used, False)
    columns["context"] = _words(works, None, contexts, name, used)
    bulk.spread(n, works)
    return _filled("frames", columns, n)


def _named(works: Works, numbers: np.ndarray, names: np.ndarray) -> np.ndarray:
    """names[numbers]; only made where the names differ."""
    if (names == names[0]).all():
        return np.full(len(numbers), names[0]) if names[0] else np.zeros(len(numbers), names.dtype)
    out = zeros(len(numbers), names.dtype)
    works.append(lambda low, high: name_of(low, high, numbers, names, out))
    return out


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
