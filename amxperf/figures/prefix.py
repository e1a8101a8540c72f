"""The prefix that makes values easy to read on an axis."""

from __future__ import annotations

from collections.abc import Iterable

_STEPS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"))


def prefixed(values: Iterable[float], unit: str) -> tuple[float, str]:
    """Factor and unit with which values are shown: the prefix that keeps their median between 1 and 1000.

    Counts, ratios and cycles keep their unit.

    >>> prefixed([2.1e-5, 3e-5, 1e-3], "s"), prefixed([3e11], "B/s"), prefixed([2048.0], "op/cycle")
    ((1000000.0, 'µs'), (1e-09, 'GB/s'), (1.0, 'op/cycle'))
    """
    import numpy as np

    found = [abs(value) for value in values if value]
    if unit not in ("s", "B/s", "op/s", "cycle/s") or not found:
        return 1.0, unit
    middle = float(np.median(found))
    step, sign = next(((step, sign) for step, sign in _STEPS if middle >= step), _STEPS[-1])
    return 1 / step, sign + unit
