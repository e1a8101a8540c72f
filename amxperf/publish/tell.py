"""Facts that a comparison gives a page, under one prefix, so that every sentence about it follows the data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..stats.sentence import decimals

if TYPE_CHECKING:
    from ..stats.result import Comparison
    from .page import Page


def tell(page: Page, prefix: str, result: Comparison) -> Comparison:
    """Record PREFIX-ratio, -interval, -speedup, -speedup-interval, -verdict, -counts, -method and -sentence; returns the result.

    The ratio is treatment over baseline; the speed-up its inverse, for times (baseline over treatment).
    """
    note = f"{result.treatment} over {result.baseline}, {result.method}"
    inverse = _inverse(result.ratio), _inverse(result.high), _inverse(result.low)
    for name, (ratio, low, high) in {"ratio": (result.ratio, result.low, result.high), "speedup": inverse}.items():
        value, ends = words(ratio, low, high)
        page.fact(f"{prefix}-{name}", ratio, value, note=note if name == "ratio" else f"inverse of: {note}")
        page.fact(f"{prefix}-interval" if name == "ratio" else f"{prefix}-{name}-interval", [low, high], ends, note=note)
    page.fact(f"{prefix}-verdict", result.verdict, note=result.reason)
    page.fact(f"{prefix}-counts", list(result.replicates()), result.counted(), note=note)
    page.fact(f"{prefix}-method", result.method)
    page.fact(f"{prefix}-sentence", result.sentence())
    return result


def words(ratio: float, low: float, high: float) -> tuple[str, str]:
    """A ratio and its interval, with the decimals that the interval's width deserves.

    >>> words(1.2345, 1.2, 1.27), words(2.251, float("nan"), float("nan"))
    (('1.23', '1.20 to 1.27'), ('2.25', 'no interval'))
    """
    if math.isnan(ratio):
        return "no ratio", "no interval"
    if math.isnan(low):
        return f"{ratio:.3g}", "no interval"
    places = min(decimals(low, high), max(0, 3 - math.floor(math.log10(abs(ratio)))))
    return f"{ratio:.{places}f}", f"{low:.{places}f} to {high:.{places}f}"


def _inverse(value: float) -> float:
    return 1 / value if value and math.isfinite(value) else math.nan
