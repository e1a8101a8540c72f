"""What other tools do, on arrays of experiments: does their nominal 95 % interval of the log ratio hold the true shift?

Arms have shape (experiments, replicates, iterations). Each function returns one truth value per experiment.
"""

from __future__ import annotations

import warnings

import numpy as np
from scipy import special, stats


def pooled(b: np.ndarray, t: np.ndarray, shift: float) -> np.ndarray:
    """Welch's t on the logs of all iterations, as if they were independent (pyperf, google/benchmark's compare.py)."""
    b, t = (arm.reshape(len(arm), -1) for arm in (b, t))
    with warnings.catch_warnings():  # a coarse clock can make all values of an arm equal
        warnings.filterwarnings("ignore", "Precision loss", RuntimeWarning)
        return stats.ttest_ind(b + shift, t, axis=1, equal_var=False).pvalue >= 0.05


def benchstat(b: np.ndarray, t: np.ndarray, shift: float) -> np.ndarray:
    """Mann-Whitney on all iterations, inverted at the true shift: golang's benchstat with several runs in one file."""
    b, t = (arm.reshape(len(arm), -1) for arm in (b, t))
    small = b.shape[1] * t.shape[1] <= 100
    found = stats.mannwhitneyu(b + shift, t, axis=1, method="exact" if small else "asymptotic")
    return ~(found.pvalue < 0.05)  # NaN where all values are equal: no difference


def cochran_cox(b: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shift and half width of Cochran and Cox's interval on the medians of boots, for arms that may scatter unlike.

    The quantile is the mean of those of t(n - 1) and t(m - 1), weighted by the variances of the two means: never too narrow
    for normal boots, and as wide as with the degrees of freedom of one arm where both are as large (W. G. Cochran and
    G. M. Cox, Experimental Designs, 1957, section 4.14).
    """
    arms = [np.median(arm, axis=2) for arm in (b, t)]
    parts = [arm.var(axis=1, ddof=1) / arm.shape[1] for arm in arms]
    quantiles = [special.stdtrit(arm.shape[1] - 1, 0.975) for arm in arms]
    variance = parts[0] + parts[1]
    weighted = (parts[0] * quantiles[0] + parts[1] * quantiles[1]) / variance
    return arms[1].mean(axis=1) - arms[0].mean(axis=1), weighted * np.sqrt(variance)


def two_level(rng: np.random.Generator, b: np.ndarray, t: np.ndarray, shift: float, resamples: int = 400) -> np.ndarray:
    """Percentile interval of the two-level bootstrap: boots are resampled, then iterations in each drawn boot."""
    means = []
    for arm in (b, t):
        count, n, k = arm.shape
        out = np.empty((count, resamples))
        for i in range(count):
            boots = rng.integers(0, n, (resamples, n, 1))
            out[i] = arm[i][boots, rng.integers(0, k, (resamples, n, k))].mean(axis=(1, 2))
        means.append(out)
    low, high = np.quantile(means[1] - means[0], (0.025, 0.975), axis=1)
    return (low <= shift) & (shift <= high)


def resampled(rng: np.random.Generator, b: np.ndarray, t: np.ndarray, shift: float, resamples: int = 999) -> dict[str, np.ndarray]:
    """Percentile and BCa bootstrap of the difference of mean logs of flat arms, shape (experiments, values).

    BCa as in B. Efron, J. Amer. Statist. Assoc. 82 (1987) 171-185, with the jackknife over both arms.
    """
    count = len(b)
    means = []
    for arm in (b, t):
        drawn = rng.integers(0, arm.shape[1], (count, resamples, arm.shape[1]))
        means.append(np.take_along_axis(arm[:, None, :], drawn, axis=2).mean(axis=2))
    differences = np.sort(means[1] - means[0], axis=1)
    seen = t.mean(axis=1) - b.mean(axis=1)
    low, high = np.quantile(differences, (0.025, 0.975), axis=1)
    below = ((differences < seen[:, None]).sum(axis=1) + 0.5) / (resamples + 1)
    bias = special.ndtri(below)
    away = [sign * (arm - arm.mean(axis=1, keepdims=True)) / (arm.shape[1] - 1) for sign, arm in ((-1, b), (1, t))]
    skew = np.concatenate(away, axis=1)
    square = (skew**2).sum(axis=1)
    pull = (skew**3).sum(axis=1) / (6 * np.where(square > 0, square, 1) ** 1.5)
    ends = []
    for tail in (0.025, 0.975):
        z = bias + special.ndtri(tail)
        place = special.ndtr(bias + z / (1 - pull * z)) * (resamples - 1)
        ends.append(differences[np.arange(count), np.clip(np.round(place), 0, resamples - 1).astype(int)])
    return {"percentile": (low <= shift) & (shift <= high), "bca": (ends[0] <= shift) & (shift <= ends[1])}
