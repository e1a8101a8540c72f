"""Facts that a comparison gives a page, under one prefix, so that every sentence about it follows the data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..stats.sentence import decimals

MOST = 15
"""Decimals of a number near 1 that a double can tell apart."""

if TYPE_CHECKING:
    from ..stats.result import Comparison
    from .page import Page


def tell(page: Page, prefix: str, result: Comparison) -> Comparison:
    """Record PREFIX-ratio, -interval, -speedup, -speedup-interval, -verdict, -counts, -method and -sentence; returns the result.

    The ratio is treatment over baseline; the speed-up its inverse, for times (baseline over treatment).
    """
    note = f"computed: {result.treatment} over {result.baseline}, {result.method or 'no interval'}, {counted(result)}"
    inverse = _inverse(result.ratio), _inverse(result.high), _inverse(result.low)
    for name, (ratio, low, high) in {"ratio": (result.ratio, result.low, result.high), "speedup": inverse}.items():
        value, ends = words(ratio, low, high)
        page.fact(f"{prefix}-{name}", ratio, value, note=note if name == "ratio" else f"{note}; inverse")
        page.fact(f"{prefix}-interval" if name == "ratio" else f"{prefix}-{name}-interval", [low, high], ends, note=note)
    page.fact(f"{prefix}-verdict", result.verdict, note=result.reason)
    page.fact(f"{prefix}-counts", list(result.replicates()), counted(result), note=note)
    page.fact(f"{prefix}-method", result.method, note=note)
    page.fact(f"{prefix}-sentence", result.sentence(), note=note)
    return result


def counted(result: Comparison) -> str:
    """The replicates in words, and that their boots are unknown where they are: '10 against 10 launches (boots unknown)'."""
    unknown = any(caution.code == "boots-unknown" for caution in result.cautions)
    return result.counted() + (" (boots unknown)" if unknown else "")


def words(ratio: float, low: float, high: float) -> tuple[str, str]:
    """A ratio and its interval, with the decimals that the interval's width deserves.

    An end that is not 1 never shows as 1; very small and very large numbers show three significant digits.

    >>> words(1.2345, 1.2, 1.27), words(2.251, float("nan"), float("nan"))
    (('1.23', '1.20 to 1.27'), ('2.25', 'no interval'))
    >>> words(1.0011, 1.0002, 1.002), words(2e-7, 1e-7, 4e-7)
    (('1.0011', '1.0002 to 1.0020'), ('2e-07', '1e-07 to 4e-07'))
    """
    if math.isnan(ratio):
        return "no ratio", "no interval"
    if math.isnan(low):
        return f"{ratio:.3g}", "no interval"
    size = math.floor(math.log10(ratio)) if 0 < ratio < math.inf else 0
    places = min(decimals(low, high), max(0, 3 - size))
    while places < MOST and any(round(end, places) == 1 and end != 1 for end in (low, high) if math.isfinite(end)):
        places += 1
    return _digits(ratio, places), f"{_digits(low, places)} to {_digits(high, places)}"


def _digits(value: float, places: int) -> str:
    """The value with these decimals; three significant digits below 0.001 and from 10,000 on."""
    return f"{value:.{places}f}" if 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"


def _inverse(value: float) -> float:
    """1 over the value; NaN where there is none, 0 for an unbounded one."""
    return 1 / value if value and abs(value) > 1e-308 else math.nan
