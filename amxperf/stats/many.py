"""Several comparisons at once: p values adjusted so that few of the claims made are false."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def adjusted(ps: Iterable[float]) -> list[float]:
    """p values after Benjamini and Hochberg (J. R. Stat. Soc. B 57 (1995) 289-300), in the same order.

    A NaN (a comparison without a test) stays NaN and does not count. Calling those below 5 % different keeps the expected
    share of false ones among them below 5 % where the tests are independent or go together. The same holds for those that are
    called equivalent, from the p of :mod:`amxperf.stats.equivalence`.

    The numbers are those of scipy.stats.false_discovery_control, without the second that importing scipy.stats takes.

    >>> adjusted([0.01, float("nan"), 0.04])
    [0.02, nan, 0.04]
    >>> adjusted([])
    []
    """
    out = np.fromiter(ps, dtype=float)
    known = np.flatnonzero(~np.isnan(out))
    order = known[np.argsort(out[known], kind="stable")]
    scaled = out[order] * len(order) / np.arange(1, len(order) + 1)
    out[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)  # none above that of a larger p
    return out.tolist()
