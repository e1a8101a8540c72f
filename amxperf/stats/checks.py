"""Options that must be numbers in a range: one sentence where they are not."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

from ..errors import UsageError

CLOSEST = 1e-9
"""A confidence nearer to 1 has no quantile that doubles can tell."""


def number(name: str, value: Any, hint: str = "give a fraction") -> float:
    """The option as a float; UsageError for what is no real number (a truth value is none).

    >>> number("margin", 0.02)
    0.02
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise UsageError(f"the {name} is {value!r}, which is not a number", hint=hint)
    try:
        return float(value)
    except OverflowError as error:
        raise UsageError(f"the {name} is too large for a double", hint=hint) from error


def within(name: str, value: Any, low: float, high: float, hint: str) -> float:
    """The option as a float, `low` <= value < `high`.

    >>> within("join", 0.01, 0, 1, "give a fraction such as 0.01")
    0.01
    """
    found = number(name, value, hint)
    if not low <= found < high:
        raise UsageError(f"the {name} is {found:g}", hint=hint)
    return found


def confidence(value: Any, name: str = "confidence") -> float:
    """A confidence: above 0.5, below 1."""
    hint = "give a fraction above 0.5 and below 1, such as 0.95"
    found = number(name, value, hint)
    if not 0.5 < found <= 1 - CLOSEST:
        raise UsageError(f"the {name} is {found:.12g}", hint=hint)
    return found


def count(name: str, value: Any) -> int:
    """A whole number, from 1 to 10^9."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not 1 <= value <= 10**9:
        raise UsageError(f"{value} {name} are no plan", hint="give a whole number of 1 or more")
    return int(value)


def spread(name: str, value: Any) -> float:
    """A standard deviation of logs, or NaN for an unknown one: 0 to 100 and, if not 0, above 1e-100."""
    found = number(name, value, "give a fraction such as 0.01")
    if not (math.isnan(found) or found == 0 or 1e-100 < found <= 100):
        raise UsageError(f"the {name} is {found:g}", hint="give a fraction such as 0.01")
    return found
