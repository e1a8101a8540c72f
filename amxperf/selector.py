"""Selectors: which rows of a measurements table make an arm, pass a filter or form a group.

One grammar for arms, filters and gates. Conditions are joined by commas, and all of them must hold::

    tdx                                 environment=tdx
    environment=tdx,isa=amx             two columns pinned
    benchmark=matmul*,size>=512         a pattern (* and ?), a number compared
    isa!=amx,pages=4k|2m                not this value, one of these

A value that occurs in the data as it is written is taken literally, with its *, ? and |.
Groups are column names joined by commas.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from .codes import Coded, coded
from .errors import MissingInput, UsageError
from .schema import factors
from .units import number

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FIXED = ("environment", "boot", "launch", "benchmark", "metric")
"""Columns besides the factors that a selector may name."""

ORDER = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
"""Comparisons of numbers."""

_CONDITION = re.compile(r"([^=<>!]*?)\s*(!=|>=|<=|=|>|<)\s*(.*)", re.DOTALL)


@dataclass(frozen=True)
class Condition:
    """One condition: column, operator and value, as written."""

    key: str
    sign: str
    value: str

    def __str__(self) -> str:
        return f"{self.key}{self.sign}{self.value}"

    def words(self, words: tuple[str, ...]) -> list[bool] | None:
        """For each word of a column, does it satisfy the condition? None where a wanted value occurs nowhere."""
        if self.sign in ORDER:
            bound, values = number(self.value), [number(word) for word in words]
            if not any(value is not None for value in values):
                return None
            return [value is not None and ORDER[self.sign](value, bound) for value in values]
        found = [False] * len(words)
        for wanted in [self.value] if self.value in words else self.value.split("|"):
            hits = [word == wanted for word in words]
            if not any(hits):
                hits = [fnmatchcase(word, wanted.replace("[", "[[]")) for word in words]
            if not any(hits):
                return None
            found = [a or b for a, b in zip(found, hits, strict=True)]
        return found if self.sign == "=" else [not hit for hit in found]


@dataclass(frozen=True)
class Selector:
    """Conditions, in the order written."""

    conditions: tuple[Condition, ...]

    @property
    def terms(self) -> tuple[tuple[str, str], ...]:
        """Column and value of the conditions with '='."""
        return tuple((term.key, term.value) for term in self.conditions if term.sign == "=")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns pinned to one value: '=' without a pattern or a list."""
        return tuple(key for key, value in self.terms if not re.search(r"[*?|]", value))

    def __str__(self) -> str:
        if len(self.conditions) == 1:
            term = self.conditions[0]
            if (term.key, term.sign) == ("environment", "=") and not re.search("[=<>]", term.value):
                return term.value
        return ",".join(str(term) for term in self.conditions)

    def without(self, keys: set[str]) -> Selector:
        """The same without the conditions on these columns."""
        return Selector(tuple(term for term in self.conditions if term.key not in keys))

    def mask(self, data: pd.DataFrame, dataset: str = "") -> np.ndarray:
        """Which rows match, shape (rows,); errors as those of `rows`."""
        import numpy as np

        of = f" of {dataset}" if dataset else ""
        allowed = [*FIXED, *factors(data)]
        chosen = np.ones(len(data), dtype=bool)
        for term in self.conditions:
            if term.key not in allowed:
                raise UsageError(f"{term.key!r} is not a column to select by", hint=f"use one of {', '.join(allowed)}")
            column = coded(data[term.key])
            holds = term.words(column.words)
            if holds is None or not _present(holds, column):
                raise _absent(term, column, of)
            chosen &= np.array(holds)[column.codes]
        if not chosen.any():
            raise MissingInput(f"no measurement{of} matches {str(self)!r}", hint="pin fewer columns")
        return chosen

    def rows(self, data: pd.DataFrame, dataset: str = "") -> pd.DataFrame:
        """The rows that match.

        Raises UsageError for a column that is not there, MissingInput for a value that never occurs (both name what there is).
        """
        return data[self.mask(data, dataset)]


def _present(holds: list[bool], column: Coded) -> bool:
    """Does a word that satisfies the condition occur in a row? (A category may have words without rows.)"""
    import numpy as np

    return bool(np.array(holds, dtype=bool)[np.unique(column.codes)].any()) if len(column.codes) else False


def _absent(term: Condition, column: Coded, of: str) -> MissingInput:
    import numpy as np

    there = sorted({column.words[code] for code in np.unique(column.codes)} - {""})
    hint = f"there are {', '.join(there)}" if there else f"this data states no {term.key}"
    if term.sign in ORDER:
        return MissingInput(f"no {term.key} {term.sign} {term.value} in the measurements{of}", hint=hint)
    verb = "called" if term.sign == "=" else "left by"
    named = repr(term.value) if term.sign == "=" else str(term)
    return MissingInput(f"no {term.key} is {verb} {named} in the measurements{of}", hint=hint)


def parse(text: str) -> Selector:
    """Read a selector.

    >>> parse("tdx").terms
    (('environment', 'tdx'),)
    >>> str(parse("environment=tdx, isa=amx"))
    'environment=tdx,isa=amx'
    >>> [str(term) for term in parse("benchmark=matmul*, size >= 512, isa!=amx").conditions]
    ['benchmark=matmul*', 'size>=512', 'isa!=amx']
    """
    terms: dict[str, list[Condition]] = {}
    for part in text.split(","):
        found = _CONDITION.fullmatch(part.strip())
        key, sign, value = (found[1].strip(), found[2], found[3].strip()) if found else ("environment", "=", part.strip())
        if not key or not value:
            raise UsageError(f"the selector {text!r} is not complete", hint="write tdx, or key=value,key=value")
        if sign in ORDER and number(value) is None:
            raise UsageError(f"{value!r} in the selector {text!r} is not a number", hint=f"write {key}{sign}512, or use = or !=")
        if any(sign == "=" or term.sign == "=" or term.sign == sign for term in terms.get(key, [])):
            raise UsageError(f"the selector {text!r} names {key} twice", hint="name it once")
        terms.setdefault(key, []).append(Condition(key, sign, value))
    return Selector(tuple(term for group in terms.values() for term in group))


def parse_keys(text: str, data: pd.DataFrame) -> tuple[str, ...]:
    """Read the columns to group by: names joined by commas; UsageError for one that the data do not have.

    >>> from amxperf import schema
    >>> parse_keys("benchmark, isa", schema.frame("measurements", [{"isa": "amx"}]))
    ('benchmark', 'isa')
    """
    allowed = ("environment", "benchmark", "metric", "unit", *factors(data))
    keys = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    for key in keys:
        if key not in allowed:
            raise UsageError(f"{key!r} is not a column to group by", hint=f"use one of {', '.join(allowed)}")
    return keys
