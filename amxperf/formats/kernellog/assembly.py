"""Columns of numbers from the compiled passes, as the tables of the schema."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import schema
from . import replaystate
from .memo import HEADER_WORDS, Memo
from .prefix import FACILITIES, LEVELS
from .roles import ROLES
from .sequence import COMPLETE, Traces

if TYPE_CHECKING:
    import pandas as pd

    from .reading import Lines

LONG = 1 << 17
"""Rows from which on making a column takes longer than starting a thread."""

FEW = 8
"""Words below which a category's type is kept for the next column that has the same."""

SPREAD: dict[int, Callable[[Any], Any]] = {
    1: lambda functions: functions.spread_bytes, 2: lambda functions: functions.spread_halves,
    4: lambda functions: functions.spread_words,
}  # fmt: skip
"""Which of the functions spreads a table of items of so many bytes."""


def category(codes: np.ndarray, words: Sequence[str], counts: np.ndarray | None = None) -> pd.Categorical:
    """Numbers of words as a category: the words that occur, sorted. `counts` says how often each does, where that is known.

    >>> category(np.array([2, 0, 2]), ["", "never", "TASK"]).categories.tolist()
    ['', 'TASK']
    """
    place, names = _places(np.bincount(codes, minlength=len(words)) if counts is None else counts, words)
    return _categorical(place[codes], names)


def _places(counts: np.ndarray, words: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """The place of each word among those that occur, sorted; and these."""
    order = sorted(np.flatnonzero(counts).tolist(), key=words.__getitem__)
    kind = np.int8 if len(order) < 128 else np.int16 if len(order) < 32768 else np.int32
    place = np.zeros(max(len(words), 1), kind)
    place[order] = np.arange(len(order), dtype=kind)
    return place, [words[one] for one in order]


def _categorical(codes: np.ndarray, names: list[str]) -> pd.Categorical:
    import pandas as pd

    return pd.Categorical.from_codes(codes, dtype=_few(*names) if len(names) < FEW else _kind(names), validate=False)


@lru_cache(64)
def _few(*names: str) -> pd.CategoricalDtype:
    """The type of a few words, of which many columns have the same."""
    return _kind(names)


def _kind(names: Sequence[str]) -> pd.CategoricalDtype:
    import pandas as pd

    return pd.CategoricalDtype(pd.Index(names, dtype="str"))


def uniform(rows: int, word: str = "") -> pd.Categorical:
    """A category that is the same word in all rows, of which none takes memory before somebody looks at it."""
    return _categorical(np.zeros(rows, np.int8), [word] if rows else [])


def text(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> Any:
    """Pieces (ends, from 0; bytes) as a column of texts; nothing is copied."""
    import pandas as pd
    import pyarrow

    arrays = [
        pyarrow.LargeStringArray.from_buffers(len(ends) - 1, pyarrow.py_buffer(ends), pyarrow.py_buffer(data))
        for ends, data in parts
    ]
    model = pd.array([], dtype="str")
    return type(model)(pyarrow.chunked_array(arrays, pyarrow.large_string()), dtype=model.dtype)


def strings(ends: np.ndarray, data: np.ndarray) -> list[str]:
    """The texts of a piece.

    >>> strings(np.array([0, 1, 3]), np.frombuffer(b"abc", "uint8"))
    ['a', 'bc']
    """
    import pyarrow

    return pyarrow.LargeStringArray.from_buffers(len(ends) - 1, pyarrow.py_buffer(ends), pyarrow.py_buffer(data)).to_pylist()


def optional(values: np.ndarray, kind: str, whole: bool = False) -> Any:
    """Numbers as a nullable column, which they become; those below 0 are missing, and there is none where they are `whole`."""
    import pandas as pd

    if whole:
        return pd.arrays.IntegerArray(values, np.zeros(len(values), bool))
    missing = values < 0
    values = values.astype(kind.lower(), copy=False)
    values[missing] = 1
    return pd.arrays.IntegerArray(values, missing)


def joined(parts: list[Any], kind: Any) -> np.ndarray:
    """One array of the pieces, which are let go. A piece may be a pair: a value and how often it stands."""
    data = np.empty(sum(_rows(part) for part in parts), kind)
    at = 0
    parts.reverse()
    while parts:
        part = parts.pop()
        data[at : at + _rows(part)] = part[0] if isinstance(part, tuple) else part
        at += _rows(part)
    return data


def brief(part: np.ndarray) -> Any:
    """The piece, or a pair where all its values are the same.

    >>> brief(np.array([7, 7])), brief(np.array([1, 2])).tolist()
    ((7, 2), [1, 2])
    """
    return (part[0].item(), len(part)) if len(part) and (part == part[0]).all() else part.copy()


def _rows(part: Any) -> int:
    return part[1] if isinstance(part, tuple) else len(part)


def _same(parts: list[Any]) -> int | None:
    """The value of all pieces, None where they have several."""
    values = {part[0] if isinstance(part, tuple) else None for part in parts}
    return next(iter(values)) if len(values) == 1 else None


def _together(rows: int, columns: dict[str, Callable[[], Any]]) -> dict[str, Any]:
    """Make the columns, two at a time where they are long."""
    if rows < LONG:
        return {name: make() for name, make in columns.items()}
    with ThreadPoolExecutor(2) as pool:
        found = {name: pool.submit(make) for name, make in columns.items()}
        return {name: future.result() for name, future in found.items()}


def _table(name: str, source: str, rows: int, data: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    data["source"] = uniform(rows, source)
    columns = {}
    for column in schema.TABLES[name].columns:  # one that kernel logs do not fill is empty, as schema.frame has it
        columns[column.name] = data.pop(column.name) if column.name in data else schema.empty(column, rows)
    return pd.DataFrame(columns, copy=False)


def boots(numbers: np.ndarray, single: bool) -> pd.Categorical:
    """The column boot; empty where the file holds one boot."""
    if single:
        return uniform(len(numbers), "")
    return category(numbers, [str(number) for number in range(int(numbers.max(initial=0)) + 1)])


def lines(source: str, parts: Lines, callers: Sequence[str], single: bool) -> pd.DataFrame:
    """The lines table of what was read, which is let go.

    `callers` are the names of the numbers of callers.
    """

    def of_priority(words: Sequence[str], table: list[int]) -> Callable[[], Any]:
        pieces = list(parts.priorities)
        value, table = _same(pieces), np.array([0, *table], np.int8)
        if value is not None:
            return lambda: uniform(rows, ("", *words)[table[value + 1]])
        return lambda: category(table[joined(pieces, np.int16) + 1], ("", *words))

    def of_role() -> Any:
        places, names = _places(parts.counts, tuple(ROLES))
        codes = bytearray(parts.roles.array()).translate(bytes(places.astype(np.int8)).ljust(256))
        return _categorical(np.frombuffer(codes, np.int8), names)

    def of_caller() -> Any:
        if _same(parts.callers) == 0:
            return uniform(rows, callers[0])
        return category(joined(parts.callers, np.int32), callers)

    def of_boot() -> Any:
        return uniform(rows, "") if single else boots(joined(parts.boots, np.int32), False)

    rows = len(parts)
    data = _together(rows, {
        "role": of_role, "caller": of_caller, "boot": of_boot, "message": lambda: text(parts.messages),
        "level": of_priority(LEVELS, [1 + number % 8 for number in range(192)]),
        "facility": of_priority(FACILITIES, [1 + number // 8 for number in range(192)]),
    })  # fmt: skip
    data |= {"line": parts.numbers.array()[0], "timestamp": parts.stamps.array()[0]}
    parts.clear()
    return _table("lines", source, rows, data)


def oversized(columns: np.ndarray, memo: Memo) -> int:
    """The first line of a frame whose offset or size has no room, 0 if there is none; columns as of :func:`frames`."""
    large = (memo.frame_columns()[:, 2:4] == -2).any(axis=1)
    lines = columns[1][large[columns[3]]] if large.any() else columns[1][:0]
    return int(lines.min()) if len(lines) else 0


def frames(source: str, columns: np.ndarray, memo: Memo) -> pd.DataFrame:
    """The frames table of the columns trace, line, depth, frame text, context, which need not be in the order of traces.

    The columns become those of the table: whoever hands them over looks at them no more.
    """
    if (columns[0][1:] < columns[0][:-1]).any():
        columns = columns[:, np.argsort(columns[0], kind="stable")]
    which, context = np.ascontiguousarray(columns[3]), np.ascontiguousarray(columns[4])
    functions, rows = memo.functions, columns.shape[1]
    texts = memo.frame_columns()
    used = np.zeros(len(texts), np.int64)
    functions.tally_words(which, rows, used)

    def spread(table: np.ndarray, codes: np.ndarray = which, out: np.ndarray | None = None) -> np.ndarray:
        """What stands in the table for each of the codes."""
        out = np.empty(rows, table.dtype) if out is None else out
        SPREAD[table.dtype.itemsize](functions)(codes, rows, table, out)
        return out

    def worded(counts: np.ndarray, words: Sequence[str], values: np.ndarray | None = None, codes: np.ndarray = which) -> Any:
        places, names = _places(counts, words)
        return _categorical(spread(places if values is None else places[values], codes), names) if len(names) > 1 else uniform(
            rows, *names)  # fmt: skip

    def of(place: int, words: Any) -> Callable[[], Any]:
        def make() -> Any:
            values = np.ascontiguousarray(texts[:, place])
            if words:
                return worded(np.bincount(values, used, len(words.words)), words.words, values)
            if not used[values != 0].any():
                return np.zeros(rows, bool)
            return spread(values.astype(np.int8)).view(bool)

        return make

    def of_context() -> Any:
        counts = np.zeros(len(memo.contexts.words), np.int64)
        functions.tally_words(context, rows, counts)
        return worded(counts, memo.contexts.words, codes=context)

    data: dict[str, Any] = {"trace": columns[0], "line": columns[1], "depth": columns[2]}
    data |= _together(rows, {
        name: of(place, words)
        for place, name, words in (
            (0, "symbol", memo.symbols), (1, "function", memo.names), (4, "module", memo.modules), (5, "build_id", memo.builds),
            (6, "reliable", None), (7, "inlined", None))
    } | {"context": of_context})  # fmt: skip
    for place, name, out in ((3, "size", context), (2, "offset", which)):  # the last in the place of the texts' numbers
        data[name] = optional(spread(texts[:, place].astype(np.int32), out=out), "Int32", not used[texts[:, place] < 0].any())
    return _table("frames", source, rows, data)


def traces(source: str, parts: Sequence[Traces], memo: Memo, single: bool) -> pd.DataFrame:
    """The traces table."""
    rows = sum(len(part.cells) for part in parts)

    def column(place: int, kind: Any = np.int32) -> np.ndarray:
        return joined([part.cells[:, place] for part in parts], kind)

    first = parts[0].first if parts else 0
    data: dict[str, Any] = {
        "trace": np.arange(first + 1, first + rows + 1, dtype=np.int32),
        "line": column(replaystate.T_LINE),
        "end": column(replaystate.T_END),
        "boot": uniform(rows, "") if single else boots(column(replaystate.T_BOOT), False),
        "timestamp": joined([part.stamps[:, 0] for part in parts], np.float64),
        "headline": text([(part.ends, part.titles) for part in parts]),
        "cpu": optional(column(replaystate.T_VALUES, np.int64), "Int64"),
        "pid": optional(column(replaystate.T_VALUES + 1, np.int64), "Int64"),
        "complete": category(column(replaystate.T_COMPLETE), COMPLETE),
    }
    for place, name in enumerate(HEADER_WORDS, replaystate.T_VALUES + 2):
        data[name] = category(np.maximum(column(place), 0), memo.words[name].words)
    return _table("traces", source, rows, data)


def registers(source: str, parts: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray, Any]], names: Sequence[str]) -> pd.DataFrame:
    """The registers table of pieces: traces (0: none), lines, numbers of names, and values as texts of Arrow."""
    import pandas as pd
    import pyarrow

    traces, lines, codes = (
        np.concatenate([part[place] for part in parts] or [np.zeros(0)]).astype(np.int32, copy=False) for place in range(3)
    )
    model = pd.array([], dtype="str")
    values = pyarrow.chunked_array([part[3] for part in parts], pyarrow.large_string())
    data = {
        "trace": optional(np.where(traces, traces, -1), "Int32"), "line": lines, "name": category(codes, names),
        "value": type(model)(values, dtype=model.dtype),
    }  # fmt: skip
    return _table("registers", source, len(lines), data)
