"""A Parquet table of measurements, column by column: what tables of millions of rows need.

The same rules as for text cells (:mod:`amxperf.formats.table`), applied to whole columns. A table of more than `WIDE` rows
keeps its words once (``category``) instead of one text per row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from .. import schema
from ..document import Document
from ..errors import FormatError
from ..units import UNITS

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow

WIDE = 1_000_000
"""Rows above which text columns are categories."""


def fits(table: pyarrow.Table, cells: dict[str, str]) -> bool:
    """Can the table be read by columns? Values and iterations are numbers, `informative` is a flag, the rest words or numbers.

    `cells` maps columns of the measurements table to those of the file.
    """
    import pyarrow.types as kinds

    def numeric(kind: pyarrow.DataType) -> bool:
        return kinds.is_integer(kind) or kinds.is_float32(kind) or kinds.is_float64(kind)

    rules = {"value": numeric, "iteration": numeric, "informative": kinds.is_boolean}
    return "value" in cells and all(rules.get(name, _wordy)(table.schema.field(column).type) for name, column in cells.items())


def _wordy(kind: pyarrow.DataType) -> bool:
    import pyarrow.types as kinds

    if kinds.is_dictionary(kind):
        return _wordy(kind.value_type)
    tests = (kinds.is_string, kinds.is_large_string, kinds.is_integer, kinds.is_floating, kinds.is_boolean, kinds.is_null)
    return any(test(kind) for test in tests) and not kinds.is_float16(kind)


class Columns:
    """The columns of a Parquet table as numpy arrays: words as codes, everything else as numbers.

    cells : column of the measurements table -> column of the file. literals : column -> its one value. `path` is for messages.
    """

    def __init__(self, table: pyarrow.Table, cells: dict[str, str], literals: dict[str, str], path: str) -> None:
        self.rows, self.path, self.literals = table.num_rows, path, literals
        self.table, self.cells = table, cells
        self.faults: list[tuple[int, str, str]] = []

    def frame(self, document: Document, required: tuple[str, ...], better_of: dict[str, str], allowed: tuple[str, ...]
              ) -> tuple[pd.DataFrame, dict[str, str]]:  # fmt: skip
        """The measurements, and the directions that were assumed: base unit -> better.

        `required` columns hold something in every row; `better_of` gives the direction of a base unit where none is stated.
        FormatError at the first row that breaks a rule.
        """
        import numpy as np
        import pandas as pd

        numeric = ("value", "iteration", "informative")
        words = {name: self._words(name) for name in [*self.literals, *self.cells] if name not in numeric}
        for name in required:
            if name in self.cells and name != "value":
                hint = "write 1 as the unit of a count" if name == "unit" else "fill it in"
                self._fault(words[name], [not word.strip() for word in words[name][1]], f"{name} is empty", hint)
        value = self._value(words["unit"])
        words["unit"] = _base(words["unit"])
        better, assumed = self._better(words, better_of, allowed)
        words["better"] = better
        iteration, informative = self._iteration(), self._flags()
        if self.faults:
            self._fail()
        words["source"] = np.zeros(self.rows, dtype=np.int8), [document.source]
        numbers: dict[str, Any] = {
            "value": value, "iteration": iteration, "informative": informative, "line": np.arange(1, self.rows + 1),
        }  # fmt: skip
        extra = [name for name in words if name not in schema.MEASUREMENTS.names]
        data = {}
        for name in [*schema.MEASUREMENTS.names, *extra]:
            data[name] = numbers[name] if name in numbers else self._column(words.get(name))
        return pd.DataFrame(data), assumed

    def _words(self, name: str) -> tuple[np.ndarray, list[str]]:
        """Codes and words of a column, the words in sorted order."""
        import numpy as np
        import pyarrow as pa

        from .records import cell

        if name in self.literals:
            return np.zeros(self.rows, dtype=np.int8), [self.literals[name]]
        column = self.table.column(self.cells[name])
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        array = column.unify_dictionaries().combine_chunks()
        chunk = array.chunk(0) if isinstance(array, pa.ChunkedArray) else array
        texts = [*(cell(value) for value in chunk.dictionary.to_pylist()), ""]
        codes = chunk.indices.fill_null(len(texts) - 1).to_numpy(zero_copy_only=False)
        used = np.zeros(len(texts), dtype=bool)
        used[codes] = True
        names = sorted({text for text, use in zip(texts, used.tolist(), strict=True) if use})
        place = {text: at for at, text in enumerate(names)}
        kind = np.int8 if len(names) < 128 else np.int32
        return np.array([place.get(text, 0) for text in texts], dtype=kind)[codes], names

    def _column(self, part: tuple[np.ndarray, list[str]] | None) -> Any:
        """A text column: one text per row, or categories for a wide table."""
        import numpy as np
        import pandas as pd

        codes, names = part if part is not None else (np.zeros(self.rows, dtype=np.int8), [""])
        if self.rows > WIDE:
            return pd.Categorical.from_codes(codes, pd.Index(names, dtype="str"))
        return pd.array(np.array(names, dtype=object)[codes], dtype="str")

    def _value(self, unit: tuple[np.ndarray, list[str]]) -> np.ndarray:
        """Values in base units."""
        import numpy as np

        from .records import cell

        column = self.table.column(self.cells["value"])
        plain = column.to_numpy().astype(float)
        bad = np.flatnonzero(~np.isfinite(plain))
        if len(bad):
            text = cell(column[int(bad[0])].as_py())
            what = (f"the value {text!r} is not a finite number", "write it like 1234.5, and leave out rows without a value")
            self.faults.append((int(bad[0]), *(what if text else ("value is empty", "fill it in"))))
        codes, names = unit
        scales = [UNITS.get(name.strip(), (1, 1, "")) for name in names]
        with np.errstate(over="ignore"):
            if len({scale[:2] for scale in scales}) == 1:
                value = plain * scales[0][0] / scales[0][1] if scales[0][:2] != (1, 1) else plain
            else:
                up, down = (np.array([float(scale[k]) for scale in scales])[codes] for k in (0, 1))
                value = plain * up / down
        bad = np.flatnonzero(np.isfinite(plain) & ~np.isfinite(value))
        if len(bad):
            row = int(bad[0])
            base = UNITS.get(names[codes[row]].strip(), (1, 1, names[codes[row]]))[2]
            self.faults.append((row, f"the value {cell(column[row].as_py())!r} is too large in {base}", "check it"))
        return value

    def _better(self, words: dict[str, Any], better_of: dict[str, str], allowed: tuple[str, ...]) -> tuple[Any, dict[str, str]]:
        import numpy as np

        codes, names = words.get("better", (np.zeros(self.rows, dtype=np.int8), [""]))
        names = [name.strip() for name in names]
        for name in names:
            if name and name not in allowed:
                self._fault((codes, names), [other == name for other in names], f"better is {name!r}", f"use {', '.join(allowed)}")
        if "" not in names:
            return (codes, names), {}
        units, bases = words["unit"]
        empty = np.array([not name for name in names])[codes]
        every = list(dict.fromkeys([*names, *better_of.values(), "none"]))
        mine = np.array([every.index(better_of.get(base, "none")) for base in bases])[units]
        said = np.array([every.index(name) for name in names])[codes]
        out = np.where(empty, mine, said).astype(np.int8)
        first = _firsts(units, empty)
        assumed = {bases[unit]: better_of.get(bases[unit], "none") for unit in sorted(first, key=first.__getitem__)}
        return (out, every), assumed

    def _iteration(self) -> Any:
        import numpy as np
        import pandas as pd

        if "iteration" not in self.cells:
            return _missing(self.rows)
        column = self.table.column(self.cells["iteration"])
        missing = np.asarray(column.is_null()) if column.null_count else np.zeros(self.rows, dtype=bool)
        plain = column.fill_null(0).to_numpy()
        bad = np.flatnonzero(~((plain >= 0) & (plain < 2.0**63) & (plain == np.floor(plain))))
        if len(bad):
            text = f"the iteration {str(plain[bad[0]])!r} is not a whole number from 0"
            self.faults.append((int(bad[0]), text, "count from 0"))
            return _missing(self.rows)
        return pd.arrays.IntegerArray(plain.astype(np.int64), missing)

    def _flags(self) -> np.ndarray:
        import numpy as np

        if "informative" not in self.cells:
            return np.ones(self.rows, dtype=bool)
        return self.table.column(self.cells["informative"]).fill_null(True).to_numpy().astype(bool)

    def _fault(self, part: tuple[np.ndarray, list[str]], wrong: list[bool], message: str, hint: str) -> None:
        """Note the first row whose word is wrong, if there is one."""
        import numpy as np

        if any(wrong):
            rows = np.flatnonzero(np.array(wrong)[part[0]])
            if len(rows):
                self.faults.append((int(rows[0]), message, hint))

    def _fail(self) -> NoReturn:
        row, message, hint = min(self.faults, key=lambda fault: fault[0])
        raise FormatError(message, path=self.path, line=row + 1, hint=hint)


def _base(unit: tuple[np.ndarray, list[str]]) -> tuple[np.ndarray, list[str]]:
    """Units as base units; several may become one."""
    import numpy as np

    codes, names = unit
    bases = [UNITS.get(name.strip(), (1, 1, name.strip()))[2] for name in names]
    every = sorted(set(bases))
    return np.array([every.index(base) for base in bases], dtype=np.int8 if len(every) < 128 else np.int32)[codes], every


def _firsts(codes: np.ndarray, mask: np.ndarray) -> dict[int, int]:
    """First row of each code among those of a mask."""
    import numpy as np

    rows = np.flatnonzero(mask)
    found, first = np.unique(codes[rows], return_index=True)
    return dict(zip(found.tolist(), rows[first].tolist(), strict=True))


def _missing(rows: int) -> Any:
    """Iterations that nobody numbered."""
    import numpy as np
    import pandas as pd

    return pd.arrays.IntegerArray(np.zeros(rows, dtype=np.int64), np.ones(rows, dtype=bool))
