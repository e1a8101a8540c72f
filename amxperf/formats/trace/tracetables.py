"""The tables of a large trace file out of the arrays of :class:`.tracebulk.Bulk`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import schema
from ..compiled.pages import zeros
from .tracecolumns import LIMIT, MISSING, TIME
from .traceknown import COLUMNS, KINDS
from .tracelink import ENDINGS

if TYPE_CHECKING:
    import pandas as pd

    from .tracebulk import Bulk

FOLLOW = ("kind", "reason", "msr_name", "interrupt")
"""Columns of text that follow from the key."""

DTYPES = {"UInt64": np.uint64, "Int64": np.int64, "Int32": np.int32, "float64": np.float64}

Works = list[Callable[[int, int], Any]]
"""What is left to do for a table: calls over parts of its rows, which run together in the threads."""


def tables(bulk: Bulk) -> dict[str, pd.DataFrame]:
    """events, traces and frames; the notes go to the reading."""
    reading, (left, first) = bulk.reading, bulk.left
    counts = reading.counts
    counts |= {"events": bulk.rows.used, "stacks": bulk.stacks, "frames": bulk.frames.used, "left": len(reading.unknown) + left}
    counts["headers"] = bulk.lines - sum(counts[name] for name in ("events", "stacks", "frames", "left"))
    if left:
        reading.unknown = [min([first, *reading.unknown[:1]])]
    reading.remarks(counts["events"])
    return {"events": _events(bulk), "traces": _traces(bulk), "frames": _frames(bulk)}


def _events(bulk: Bulk) -> pd.DataFrame:
    import pandas as pd

    rows, n, works = bulk.rows, bulk.rows.used, []
    columns: dict[str, Any] = {
        "source": constant(bulk.document.source, n),
        "side": constant(bulk.reading.side, n),
        "line": rows["lines"],
        "timestamp": rows["stamps"],
        "cpu": pd.arrays.IntegerArray(rows["cpus"], rows["no_cpu"]),
        "pid": pd.arrays.IntegerArray(rows["pids"], rows["no_pid"]),
        "comm": _words(bulk, works, rows["tasks"], bulk.known.tasks, _used(bulk, rows["tasks"], len(bulk.known.tasks))),
    }
    for name in FOLLOW:
        columns[name] = _words(bulk, works, rows["keys"], [row.get(name) or "" for row in bulk.known.keys])
    for at, column in enumerate(COLUMNS):
        dtype = DTYPES[column.dtype]
        numbers, marks = bulk.columns.get(at, (None, None))
        if KINDS[column.dtype] == TIME:
            columns[column.name] = np.full(n, np.nan) if numbers is None else numbers[:n]
        elif numbers is None or marks is None:
            columns[column.name] = pd.arrays.IntegerArray(zeros(n, dtype), np.ones(n, np.bool_))
        else:
            columns[column.name] = pd.arrays.IntegerArray(numbers[:n].view(dtype), marks[:n])
    columns["detail"] = _texts(rows.arrays["ends"][: n + 1], bulk.text["text"])
    bulk.spread(n, works)
    return pd.DataFrame({name: columns[name] for name in schema.EVENTS.names}, copy=False)


def _used(bulk: Bulk, numbers: np.ndarray, count: int) -> np.ndarray:
    """Which of `count` things come up among the numbers."""
    used = np.zeros(count, np.bool_)
    bulk.functions.names_used(0, len(numbers), numbers, used)
    return used


def _words(bulk: Bulk, works: Works, numbers: np.ndarray, texts: Sequence[str], used: np.ndarray | None = None) -> Any:
    """A column of words: a number tells the text of each row; words that are not used are left out."""
    n = len(numbers)
    there: Iterable[bool] = [True] * len(texts) if used is None else used.tolist()
    words = sorted({text for text, known in zip(texts, there, strict=True) if known}) if n else []
    if len(words) < 2:
        return constant(words[0] if words else "", n)
    place = {text: at for at, text in enumerate(words)}
    width, name = (
        (np.int8, "name8") if len(words) < 127 else (np.int16, "name16") if len(words) < 32000 else (np.int32, "name32")
    )  # fmt: skip
    names, codes = np.array([place.get(text, 0) for text in texts], width), zeros(n, width)
    run = getattr(bulk.functions, name)
    works.append(lambda low, high: run(low, high, numbers, names, codes))
    return categorical(codes, tuple(words))


def _texts(ends: np.ndarray, text: np.ndarray) -> pd.Series:
    """Texts that stand one behind the other as one Arrow buffer."""
    import pandas as pd
    import pyarrow as pa

    texts = pa.LargeStringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(text))
    return pd.Series(pd.arrays.ArrowStringArray(texts, dtype=pd.StringDtype("pyarrow", na_value=np.nan)))


def _traces(bulk: Bulk) -> pd.DataFrame:
    import pandas as pd

    traces, n, works = bulk.traces, bulk.traces.used, []
    event, known = traces["event"], traces["event"] >= 0
    lines = bulk.rows["lines"]
    columns: dict[str, Any] = {
        "trace": np.arange(1, n + 1, dtype=np.int32),
        "source": constant(bulk.document.source, n),
        "line": traces["line"],
        "end": traces["end"],
        "event": pd.arrays.IntegerArray(np.where(known, lines[event], 1) if len(lines) else np.ones(n, np.int32), ~known),
        "timestamp": traces["stamp"],
        "headline": _headlines(bulk, event),
        "cpu": _counted(traces["cpu"]),
        "pid": _counted(traces["pid"]),
        "comm": _words(bulk, works, traces["task"], bulk.known.tasks, _used(bulk, traces["task"], len(bulk.known.tasks))),
    }
    complete = traces["complete"]
    words = sorted(ENDINGS[at] for at in np.flatnonzero(np.bincount(complete, minlength=len(ENDINGS))))
    codes = np.array([words.index(text) if text in words else 0 for text in ENDINGS], np.int8)[complete]
    columns["complete"] = categorical(codes, tuple(words))
    bulk.spread(n, works)
    return _filled("traces", columns, n)


def _counted(numbers: np.ndarray) -> Any:
    import pandas as pd

    return pd.arrays.IntegerArray(numbers, numbers == MISSING)


def _headlines(bulk: Bulk, events: np.ndarray) -> pd.Series:
    """What the event's line says behind its stamp."""
    n, functions, known = len(events), bulk.functions, (events, bulk.rows.arrays["ends"])
    fronts, texts, forms = bulk.known.fronts()
    sizes, ends, keys = zeros(n, np.int64), zeros(n + 1, np.int64), bulk.rows.arrays["keys"]
    bulk.spread(n, [lambda low, high: functions.headline_sizes(low, high, *known, keys, fronts, forms, sizes)])
    np.cumsum(sizes, out=ends[1:])
    out = zeros(int(ends[-1]), np.uint8)
    given = (*known, bulk.text.arrays["text"], keys, fronts, texts, forms, ends, out)
    bulk.spread(n, [lambda low, high: functions.headlines(low, high, *given)])
    return _texts(ends, out)


def _frames(bulk: Bulk) -> pd.DataFrame:
    import pandas as pd

    frames, n, known = bulk.frames, bulk.frames.used, bulk.known.frames
    if not n:
        return schema.frame("frames")
    works: Works = []
    name, owner = frames["name"], frames["owner"]
    used = _used(bulk, name, len(known))
    columns: dict[str, Any] = {
        "source": constant(bulk.document.source, n), "trace": owner, "line": frames["place"], "depth": frames["depth"]
    }  # fmt: skip
    for column in ("symbol", "function", "module", "build_id"):
        columns[column] = _words(bulk, works, name, [row.get(column) or "" for row in known], used)
    for column in ("offset", "size"):
        told = [row.get(column) for row in known]
        told = [value if value is not None and value <= LIMIT else None for value in told]
        numbers, missing = np.array([value or 0 for value in told], np.int32), np.array([value is None for value in told])
        columns[column] = pd.arrays.IntegerArray(_named(bulk, works, name, numbers), _named(bulk, works, name, missing))
    for column, default in (("reliable", True), ("inlined", False)):
        columns[column] = _named(bulk, works, name, np.array([row.get(column, default) for row in known], np.bool_))
    contexts, user = [*(row.get("context") or "" for row in known), "USER"], bulk.traces["user"]
    if user.any():
        name = np.where(user[owner - 1], np.int32(len(known)), name)
        used = _used(bulk, name, len(contexts))
    else:
        used = np.append(used, False)
    columns["context"] = _words(bulk, works, name, contexts, used)
    bulk.spread(n, works)
    return _filled("frames", columns, n)


def _named(bulk: Bulk, works: Works, numbers: np.ndarray, names: np.ndarray) -> np.ndarray:
    """names[numbers]; only made where the names differ."""
    if (names == names[0]).all():
        return np.full(len(numbers), names[0]) if names[0] else np.zeros(len(numbers), names.dtype)
    out = zeros(len(numbers), names.dtype)
    run = bulk.functions.name32 if names.itemsize == 4 else bulk.functions.name8
    works.append(lambda low, high: run(low, high, numbers, names, out))
    return out


def constant(text: str, n: int) -> Any:
    """A column that says the same in each of n rows."""
    return categorical(np.zeros(n, np.int8), (text,) if n else ())


def categorical(codes: np.ndarray, words: tuple[str, ...]) -> Any:
    """A column of words by their numbers."""
    import pandas as pd

    return pd.Categorical.from_codes(codes, dtype=_dtype(words), validate=False)


@lru_cache(64)
def _dtype(words: tuple[str, ...]) -> Any:
    import pandas as pd

    return pd.CategoricalDtype(pd.Index(words, dtype="str"))


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
