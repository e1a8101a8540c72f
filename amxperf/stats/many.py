"""Several comparisons at once: p values adjusted so that few of the differences claimed are false."""

from __future__ import annotations

import math
from collections.abc import Iterable


def adjusted(ps: Iterable[float]) -> list[float]:
    """p values after Benjamini and Hochberg (J. R. Stat. Soc. B 57 (1995) 289-300), in the same order.

    A NaN (a comparison without a test) stays NaN and does not count. Calling those below 5 % different keeps the expected
    share of false ones among them below 5 % where the tests are independent or go together.

    >>> adjusted([0.01, float("nan"), 0.04])
    [0.02, nan, 0.04]
    >>> adjusted([])
    []
    """
    from scipy.stats import false_discovery_control

    ps = [float(p) for p in ps]
    known = [p for p in ps if not math.isnan(p)]
    moved = iter(false_discovery_control(known).tolist() if known else [])
    return [math.nan if math.isnan(p) else next(moved) for p in ps]
