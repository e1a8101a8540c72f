"""Values as files and sentences hold them: plain numbers, few digits, the same bytes each time."""

from __future__ import annotations

import json
import math
from typing import Any

DIGITS = 10
"""Significant digits of a number on file."""


def dump(record: Any) -> str:
    """JSON with sorted keys and plain numbers: the same record gives the same bytes."""
    return json.dumps(plain(record), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """A value as JSON holds it: numbers of numpy unpacked, floats to 10 significant digits, NaN and infinities null.

    >>> plain({"a": 0.1 + 0.2, "b": float("nan"), "c": (1, True)})
    {'a': 0.3, 'b': None, 'c': [1, True]}
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        rounded = float(f"{value:.{DIGITS}g}")
        return rounded if math.isfinite(rounded) else None
    return str(value)


def show(value: Any, unit: str = "") -> str:
    """A value as a sentence shows it: whole numbers in full, others to 3 significant digits, then the unit.

    >>> show(0.30512), show(12345.6), show(40), show(1.0, "s"), show("tdx"), show(2.5e-7)
    ('0.305', '12300', '40', '1.00 s', 'tdx', '2.50e-07')
    """
    value = plain(value)
    if value is None:
        text = "unknown"
    elif isinstance(value, float):
        text = _digits(value)
    else:
        text = str(value)
    return f"{text} {unit}" if unit else text


def _digits(value: float, digits: int = 3) -> str:
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits}g}")
    power = math.floor(math.log10(abs(rounded)))
    if not -4 <= power < 7:
        return f"{value:.{digits - 1}e}"
    return f"{rounded:.{max(0, digits - 1 - power)}f}"
