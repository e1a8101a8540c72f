"""Selectors: which rows of a measurements table make an arm.

``tdx`` means ``environment=tdx``; ``environment=tdx,isa=amx,pages=4k`` pins three columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import MissingInput, UsageError
from .schema import factors

if TYPE_CHECKING:
    import pandas as pd

FIXED = ("environment", "boot", "launch", "benchmark", "metric")
"""Columns besides the factors that a selector may pin."""


@dataclass(frozen=True)
class Selector:
    """Column -> wanted value, in the order written."""

    terms: tuple[tuple[str, str], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(key for key, _ in self.terms)

    def __str__(self) -> str:
        if len(self.terms) == 1 and self.terms[0][0] == "environment" and "=" not in self.terms[0][1]:
            return self.terms[0][1]
        return ",".join(f"{key}={value}" for key, value in self.terms)

    def rows(self, data: pd.DataFrame, dataset: str = "") -> pd.DataFrame:
        """The rows that match.

        Raises UsageError for a column that is not there, MissingInput for a value that never occurs (both name what there is).
        """
        of = f" of {dataset}" if dataset else ""
        allowed = [*FIXED, *factors(data)]
        chosen = data
        for key, value in self.terms:
            if key not in allowed:
                raise UsageError(f"{key!r} is not a column to select by", hint=f"use one of {', '.join(allowed)}")
            if value not in set(data[key]):
                there = sorted(set(data[key]) - {""})
                raise MissingInput(
                    f"no {key} is called {value!r} in the measurements{of}",
                    hint=f"there are {', '.join(there)}" if there else f"this data states no {key}",
                )
            chosen = chosen[chosen[key] == value]
        if not len(chosen):
            raise MissingInput(f"no measurement{of} matches {str(self)!r}", hint="pin fewer columns")
        return chosen


def parse(text: str) -> Selector:
    """Read a selector.

    >>> parse("tdx").terms
    (('environment', 'tdx'),)
    >>> str(parse("environment=tdx, isa=amx"))
    'environment=tdx,isa=amx'
    """
    terms: dict[str, str] = {}
    for part in text.split(","):
        key, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign:
            key, value = "environment", key
        if not key or not value:
            raise UsageError(f"the selector {text!r} is not complete", hint="write tdx, or key=value,key=value")
        if key in terms:
            raise UsageError(f"the selector {text!r} names {key} twice", hint="name it once")
        terms[key] = value
    return Selector(tuple(terms.items()))
