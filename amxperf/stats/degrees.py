"""When a difference rests on degrees of freedom that so few replicates only guess.

Welch's t takes Satterthwaite's estimate of the degrees of freedom for the true number. With few replicates it is a guess, and
where one arm brings most of the noise and happens to scatter little, the interval is too narrow twice: its standard error is too
small and its degrees of freedom are too many. Welch's own series for the quantile, to the second order in 1 / f, has a term for
that. With w_i the share of arm i in the estimated variance and f_i its degrees of freedom, and z the normal quantile, the
quantile is that of Student's t times ::

    1 + (3 + 5 z^2 + z^4) / 3 * V - (1 + z^2) / 2 * (sum w_i^2 / f_i^2 - (sum w_i^2 / f_i)^2)
    V = sum w_i^3 / f_i^2 - (sum w_i^2 / f_i)^2

V is the variance of w_i / f_i with weights w_i: 0 where one arm brings all noise, or all arms bring as much per degree. The
first term widens. The second would narrow, and is left out: a difference is only taken back by this, never added. The interval
and p stay Welch's.

Sources: B. L. Welch, Biometrika 34 (1947) 28-35; A. A. Aspin, Biometrika 35 (1948) 88-96.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .estimates import Estimates


def stretch(parts: Sequence[np.ndarray], sizes: Sequence[np.ndarray], confidence: float = 0.95) -> np.ndarray:
    """The factor on the half width of Welch's interval, 1 or more; NaN where no arm has a spread.

    `parts` : the arms' variances of the mean, spread^2 / n. `sizes` : n, 2 or more. Arrays of one shape.

    >>> noisy, quiet = np.array([0.9, 1.0, 0.5]), np.array([0.1, 0.0, 0.5])
    >>> stretch((quiet, noisy), (np.array([3] * 3), np.array([2] * 3))).round(3).tolist()
    [1.801, 1.0, 1.193]
    """
    from scipy.special import ndtri

    z = float(ndtri(0.5 + confidence / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = [part / sum(parts) for part in parts]
        mean = sum(w**2 / (n - 1) for w, n in zip(shares, sizes, strict=True))
        square = sum(w**3 / (n - 1) ** 2 for w, n in zip(shares, sizes, strict=True))
    return 1 + (3 + 5 * z**2 + z**4) / 3 * np.maximum(square - mean**2, 0.0)


def unsure(found: Estimates, parts: Sequence[np.ndarray], sizes: Sequence[np.ndarray], confidence: float) -> np.ndarray:
    """Where the interval excludes 0 and would not if stretched: a mask.

    Only where an arm has two replicates or the arms have different numbers. With three or more in each, as many in all, Welch's
    interval errs to the careful side.
    """
    least, most = np.min(sizes, axis=0), np.max(sizes, axis=0)
    rows = np.flatnonzero(((least == 2) | (least < most)) & ((found.low > 0) | (found.high < 0)))
    wider = stretch([part[rows] for part in parts], [size[rows] for size in sizes], confidence)
    half = (found.high[rows] - found.low[rows]) / 2
    out = np.zeros(len(found), dtype=bool)
    out[rows] = np.abs(found.shift[rows]) <= half * wider
    return out
