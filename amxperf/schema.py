"""Frames of the tables that :mod:`amxperf.tables` defines: built from rows, joined, and as exports show them.

64-bit values are ``UInt64`` in frames (missing: ``<NA>``) and ``'0x...'`` in CSV and JSON, see :func:`exported`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .errors import DataError
from .tables import EVENTS, FILE, LINE, MEASUREMENTS, OVERHEADS, TABLES, Column

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "EVENTS", "FILE", "LINE", "MEASUREMENTS", "OVERHEADS", "TABLES", "Column",
    "empty", "exported", "factors", "frame", "joined", "words",
]  # fmt: skip

_WHOLE = {"Int32": "int32", "Int64": "int64", "UInt64": "uint64"}

_DEFAULTS = {"str": "", "category": "", "bool": False, "int64": 0, "int32": 0}


def frame(table: str, rows: Iterable[Mapping[str, Any]] = ()) -> pd.DataFrame:
    """Build a table from rows.

    Columns that a row leaves out get the type's empty value ('' / NaN / <NA> / False; `informative` and `reliable` are True).
    Extra columns are allowed in open tables only and become text columns.

    >>> frame("registers", [{"source": "a", "trace": 1, "line": 2, "name": "RAX", "value": "0"}]).shape
    (1, 5)
    >>> list(frame("measurements", [{"benchmark": "b", "isa": "amx"}]).columns)[-1]
    'isa'
    """
    import pandas as pd

    spec = TABLES[table]
    rows = list(rows)
    told: dict[str, None] = {}
    for row in rows:
        told.update(dict.fromkeys(row))
    extra = [name for name in told if name not in spec.names]
    if extra and not spec.open:
        raise DataError(f"table {table!r} has no column {extra[0]!r}")
    data = {}
    for column in spec.columns:
        told_here = column.name in told
        data[column.name] = _series([row.get(column.name) for row in rows], column) if told_here else empty(column, len(rows))
    for name in extra:
        data[name] = pd.Series(["" if row.get(name) is None else str(row[name]) for row in rows], dtype="str")
    return pd.DataFrame(data)


def _series(values: list[Any], column: Column) -> pd.Series:
    import pandas as pd

    if column.dtype in _DEFAULTS:
        default: Any = column.name in ("informative", "reliable") or _DEFAULTS[column.dtype]
        values = [default if value is None else value for value in values]
    if column.dtype == "category":
        return _recurring(values)
    if column.dtype in _WHOLE:
        return pd.Series(_whole(values, column.dtype))
    return pd.Series(values, dtype=column.dtype)


def _whole(values: list[Any], dtype: str) -> Any:
    """Whole numbers, of which some are missing (None, NA or NaN) or too large for the type, which is the same."""
    import numpy as np
    import pandas as pd

    limit = 1 << 31 if dtype == "Int32" else 1 << 64
    missing = np.array([value is None for value in values], np.bool_)
    try:
        numbers = np.array([0 if value is None else value for value in values], _WHOLE[dtype])
        if dtype == "Int32":
            missing |= numbers == -limit
    except (TypeError, ValueError, OverflowError):
        missing = np.array([value is None or value is pd.NA or value != value or abs(value) >= limit for value in values], np.bool_)
        numbers = np.zeros(len(values), _WHOLE[dtype])
        numbers[~missing] = [value for value, gone in zip(values, missing.tolist(), strict=True) if not gone]
    numbers[missing] = 0
    return pd.arrays.IntegerArray(numbers, missing)


def _recurring(values: list[Any]) -> pd.Series:
    """A column of texts as ``category``, its words sorted."""
    import numpy as np
    import pandas as pd

    texts = values if set(map(type, values)) <= {str} else [value if type(value) is str else str(value) for value in values]
    names = sorted(set(texts))
    place = {name: at for at, name in enumerate(names)}
    codes = np.fromiter(map(place.__getitem__, texts), np.int32, len(texts))
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(names, dtype="str")))


def empty(column: Column, rows: int) -> pd.Series:
    """A column without values, as rows that leave it out have it.

    >>> empty(LINE, 2).tolist(), empty(FILE, 2).tolist(), empty(EVENTS.columns[5], 1).tolist()
    ([0, 0], ['', ''], [<NA>])
    """
    import numpy as np
    import pandas as pd

    if column.dtype == "category":
        return pd.Series(pd.Categorical.from_codes(np.zeros(rows, np.int8), pd.Index([""] if rows else [], dtype="str")))
    if column.dtype in _WHOLE:
        return pd.Series(pd.arrays.IntegerArray(np.zeros(rows, _WHOLE[column.dtype]), np.ones(rows, np.bool_)))
    if column.dtype in _DEFAULTS:
        default = column.name in ("informative", "reliable") or _DEFAULTS[column.dtype]
        return pd.Series([default] * rows, dtype=column.dtype)
    return pd.Series(np.full(rows, np.nan), dtype=column.dtype)


def words(texts: pd.Series) -> pd.Series:
    """A column of texts as ``category``, its words sorted."""
    import pandas as pd

    codes, names = pd.factorize(texts, sort=True)
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(names, dtype="str")), index=texts.index)


def joined(table: str, parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """One table out of several of its kind, in their order.

    Words of all parts are put together; a factor that only some parts have is empty in the others.

    >>> both = joined("registers", [frame("registers", [{"name": name}]) for name in ("RIP", "RAX")])
    >>> both["name"].tolist(), both["name"].cat.categories.tolist()
    (['RIP', 'RAX'], ['RAX', 'RIP'])
    """
    import pandas as pd

    parts = [part for part in parts if len(part)]
    if len(parts) < 2:
        return parts[0].reset_index(drop=True) if parts else frame(table)
    names = [column.name for column in TABLES[table].columns if column.dtype == "category"]
    known = {
        name: pd.api.types.union_categoricals([part[name] for part in parts], sort_categories=True).categories for name in names
    }
    parts = [part.assign(**{name: part[name].cat.set_categories(known[name]) for name in names}) for part in parts]
    data = pd.concat(parts, ignore_index=True)
    for extra in data.columns.difference(list(TABLES[table].names)):
        data[extra] = data[extra].fillna("").astype("str")
    return data


def factors(measurements: pd.DataFrame) -> list[str]:
    """Names of the factor columns: those of a measurements table that the schema does not define."""
    return [name for name in measurements.columns if name not in MEASUREMENTS.names]


def exported(table: str, data: pd.DataFrame) -> pd.DataFrame:
    """The table as CSV and JSON show it: 64-bit words as '0x...' text, missing ones empty.

    >>> exported("events", frame("events", [{"msr": 0x1c4}]))["msr"][0]
    '0x1c4'
    """
    data = data.copy()
    for column in TABLES[table].columns:
        if column.hexadecimal and column.name in data:
            data[column.name] = ["" if value is None or value != value else hex(value) for value in
                                 data[column.name].astype(object).where(data[column.name].notna(), None)]
    return data
