"""Units: every value of the tables is in a base unit (s, B, B/s, op, op/s, Hz, W, J, or 1 for a count).

Prefixes follow the SI (k, M, G, T) and IEC 80000-13 (Ki, Mi, Gi, Ti). Unit symbols are case-sensitive, as in the SI.
`KB` is not converted: some programs mean 1000 bytes by it, others 1024.

>>> to_base(250, "ms")
(0.25, 's')
>>> to_base(2, "GiB/s")
(2147483648.0, 'B/s')
"""

from __future__ import annotations

import re
from decimal import Decimal
from math import isfinite

_PREFIXES = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def _table() -> dict[str, tuple[int, int, str]]:
    """Symbol -> (numerator, denominator, base): exact integers, so that 250 ms is 0.25 s to the last bit."""
    table: dict[str, tuple[int, int, str]] = {}

    def add(base: str, numerator: int, denominator: int, *symbols: str) -> None:
        table.update(dict.fromkeys(symbols, (numerator, denominator, base)))

    add("s", 1, 1, "s", "sec", "second", "seconds")
    add("s", 1, 10**3, "ms", "msec", "millisecond", "milliseconds")
    add("s", 1, 10**6, "us", "µs", "μs", "usec", "microsecond", "microseconds")
    add("s", 1, 10**9, "ns", "nsec", "nanosecond", "nanoseconds")
    add("s", 60, 1, "min", "minute", "minutes")
    add("s", 3600, 1, "h", "hour", "hours")
    add("1", 1, 1, "1", "count", "counts")
    add("op/s", 1, 1, "1/s", "ops/s")
    for prefix, factor in {"": 1, **_PREFIXES, **_BINARY}.items():
        add("B", factor, 1, f"{prefix}B")
        add("B/s", factor, 1, f"{prefix}B/s")
    add("B", 1, 1, "byte", "bytes")
    add("B/s", 1, 1, "byte/s", "bytes/s")
    for prefix, factor in {"": 1, **_PREFIXES}.items():
        add("B/s", factor, 8, f"{prefix}bit/s")
        add("Hz", factor, 1, f"{prefix}Hz")
        add("op", factor, 1, *(f"{prefix}{word}" for word in ("op", "OP", "FLOP")))
        add("op/s", factor, 1, *(f"{prefix}{word}" for word in ("op/s", "OP/s", "FLOP/s", "FLOPS")))
    for base in ("J", "W"):
        add(base, 1, 1000, f"m{base}")
        add(base, 1, 1, base)
        add(base, 1000, 1, f"k{base}")
    return table


UNITS = _table()
"""Every known symbol -> (numerator, denominator, base unit)."""


def to_base(value: float, unit: str) -> tuple[float, str]:
    """A value in its base unit. Unknown units are kept as they are.

    Parameters
    ----------
    value : any number.
    unit : symbol, such as ``us``, ``MiB/s``, ``TFLOP/s``, ``count``; blanks around it do not matter.

    Returns
    -------
    The value and its unit.

    >>> to_base(3, "min"), to_base(1.5, "GB/s"), to_base(8, "bit/s")
    ((180.0, 's'), (1500000000.0, 'B/s'), (1.0, 'B/s'))
    >>> to_base(12, "frames/s"), to_base(12, "KB")
    ((12.0, 'frames/s'), (12.0, 'KB'))
    """
    unit = unit.strip()
    numerator, denominator, base = UNITS.get(unit, (1, 1, unit))
    return float(value) * numerator / denominator, base


def exact(value: float, unit: str) -> tuple[float, str]:
    """:func:`to_base` of a number as it is printed: the value nearest to what a decimal calculation gives.

    >>> to_base(12004.52, "ms"), exact(12004.52, "ms")
    ((12.004520000000001, 's'), (12.00452, 's'))
    """
    numerator, denominator, base = UNITS.get(unit.strip(), (1, 1, unit.strip()))
    if not isfinite(value) or numerator == denominator:
        return float(value), base
    return float(Decimal(repr(float(value))) * numerator / denominator), base


def share(value: float) -> float:
    """A percentage as a share.

    >>> 1.1 / 100, share(1.1)
    (0.011000000000000001, 0.011)
    """
    return float(Decimal(repr(float(value))) / 100) if isfinite(value) else value


def number(text: str) -> float | None:
    """The finite number that a text spells in decimal notation; None where it spells none.

    Stricter than ``float``: no `nan`, no `inf`, no digit groups, nothing that overflows.

    >>> number(" 1e-3 "), number("nan"), number("1_000"), number("1,5"), number("1e999")
    (0.001, None, None, None, None)
    """
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if abs(value) != float("inf") else None
