"""Columns of numbers from the compiled passes, as the tables of the schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import schema
from . import replay
from .blocks import caller_name
from .calltrace import ROLES
from .memo import HEADER_WORDS, Memo
from .prefix import FACILITIES, LEVELS
from .sequence import COMPLETE, Traces

if TYPE_CHECKING:
    import pandas as pd


def category(codes: np.ndarray, words: Sequence[str]) -> pd.Categorical:
    """Numbers of words as a category: the words that occur, sorted.

    >>> category(np.array([2, 0, 2]), ["", "never", "TASK"]).categories.tolist()
    ['', 'TASK']
    """
    import pandas as pd

    used = np.flatnonzero(np.bincount(codes, minlength=len(words)))
    order = sorted(used.tolist(), key=words.__getitem__)
    kind = np.int8 if len(order) < 128 else np.int16 if len(order) < 32768 else np.int32
    place = np.zeros(max(len(words), 1), kind)
    place[order] = np.arange(len(order), dtype=kind)
    names = pd.Index([words[one] for one in order], dtype="str")
    return pd.Categorical.from_codes(place[codes], dtype=pd.CategoricalDtype(names), validate=False)


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


def optional(values: np.ndarray, kind: str) -> Any:
    """Numbers as a nullable column; those below 0 are missing."""
    import pandas as pd

    missing = values < 0
    return pd.array(np.where(missing, 1, values).astype(kind.lower()), dtype=kind) if not missing.any() else pd.arrays.IntegerArray(
        np.where(missing, 1, values).astype(kind.lower()), missing
    )


def joined(parts: list[np.ndarray], kind: Any) -> np.ndarray:
    """One array of the pieces, which are let go."""
    data = np.concatenate(parts) if parts else np.zeros(0, kind)
    parts.clear()
    return data.astype(kind, copy=False)


def _table(name: str, source: str, rows: int, data: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    data["source"] = category(np.zeros(rows, np.int8), [source])
    columns = {}
    for column in schema.TABLES[name].columns:  # one that kernel logs do not fill is empty, as schema.frame has it
        columns[column.name] = data.pop(column.name) if column.name in data else schema.empty(column, rows)
    return pd.DataFrame(columns, copy=False)


def boots(numbers: np.ndarray, single: bool) -> pd.Categorical:
    """The column boot; empty where the file holds one boot."""
    if single:
        return category(np.zeros(len(numbers), np.int8), [""])
    return category(numbers, [str(number) for number in range(int(numbers.max(initial=0)) + 1)])


def lines(source: str, parts: dict[str, list[Any]], tags: dict[int, str], single: bool) -> pd.DataFrame:
    """The lines table of pieces: numbers, boots, stamps, priorities, callers, roles, messages."""
    import pandas as pd

    numbers = joined(parts["numbers"], np.int32)
    data: dict[str, Any] = {"line": numbers, "boot": boots(joined(parts["boots"], np.int32), single)}
    data["timestamp"] = joined(parts["stamps"], np.float64)
    priorities = joined(parts["priorities"], np.int16) + 1
    level = np.array([0, *(1 + number % 8 for number in range(192))], np.int8)
    data["level"] = category(level[priorities], ("", *LEVELS))
    facility = np.array([0, *(1 + number // 8 for number in range(192))], np.int8)
    data["facility"] = category(facility[priorities], ("", *FACILITIES))
    del priorities
    codes, values = pd.factorize(joined(parts["callers"], np.int64))
    data["caller"] = category(codes, [caller_name(int(value), tags) for value in values])
    del codes
    data["role"] = category(joined(parts["roles"], np.int8), tuple(ROLES))
    data["message"] = text(parts["messages"])
    return _table("lines", source, len(numbers), data)


def frames(source: str, parts: list[np.ndarray], memo: Memo) -> pd.DataFrame:
    """The frames table of pieces with rows (trace, line, depth, frame text, context), in the order of traces."""
    columns = []
    for place in range(5):
        columns.append(np.concatenate([part[:, place] for part in parts]) if parts else np.zeros(0, np.int32))
    parts.clear()
    if len(columns[0]) and (np.diff(columns[0]) < 0).any():
        order = np.argsort(columns[0], kind="stable")
        columns = [column[order] for column in columns]
    which, context = columns.pop(3), columns.pop()
    data: dict[str, Any] = {"trace": columns[0], "line": columns[1], "depth": columns[2]}
    texts = memo.frame_columns()
    for place, (name, words) in enumerate(
        (("symbol", memo.symbols), ("function", memo.names), ("offset", None), ("size", None), ("module", memo.modules),
         ("build_id", memo.builds), ("reliable", None), ("inlined", None))
    ):  # fmt: skip
        column = np.ascontiguousarray(texts[:, place])
        if words:
            data[name] = category(column.astype(np.int32)[which], words.words)
        elif name in ("offset", "size"):
            data[name] = optional(column.astype(np.int32)[which], "Int32")
        else:
            data[name] = column.astype(bool)[which]
    data["context"] = category(context, memo.contexts.words)
    return _table("frames", source, len(which), data)


def traces(source: str, parts: Sequence[Traces], memo: Memo, single: bool) -> pd.DataFrame:
    """The traces table."""
    cells = np.concatenate([part.cells for part in parts]) if parts else np.zeros((0, replay.TRACES), np.int64)
    first = parts[0].first if parts else 0
    data: dict[str, Any] = {
        "trace": np.arange(first + 1, first + len(cells) + 1, dtype=np.int32),
        "line": cells[:, replay.T_LINE].astype(np.int32),
        "end": cells[:, replay.T_END].astype(np.int32),
        "boot": boots(cells[:, replay.T_BOOT], single),
        "timestamp": np.concatenate([part.stamps for part in parts]) if parts else np.zeros(0),
        "headline": text([(part.ends, part.titles) for part in parts]),
        "cpu": optional(cells[:, replay.T_VALUES], "Int64"),
        "pid": optional(cells[:, replay.T_VALUES + 1], "Int64"),
        "complete": category(cells[:, replay.T_COMPLETE], COMPLETE),
    }
    for place, name in enumerate(HEADER_WORDS, replay.T_VALUES + 2):
        data[name] = category(np.maximum(cells[:, place], 0), memo.words[name].words)
    return _table("traces", source, len(cells), data)
