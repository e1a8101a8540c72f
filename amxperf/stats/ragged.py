"""Arrays of rows of unequal length: one flat array of values and the place where each row starts.

`starts` has one place more than there are rows, so that row i is values[starts[i]:starts[i + 1]]; no row is empty.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from ..errors import UsageError
from .location import LOCATIONS

SAME = 1e-12
"""Log locations closer than this are one value: a relative difference below the rounding of the logarithms."""

CHUNK = 2_000_000
"""Values that are sorted at a time: bounds the memory of copies."""


def starts_of(lengths: np.ndarray) -> np.ndarray:
    """Starts of rows with these lengths.

    >>> starts_of(np.array([2, 1, 3])).tolist()
    [0, 2, 3, 6]
    """
    starts = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts


def sums(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Sum of each row."""
    return np.add.reduceat(values, starts[:-1]) if len(starts) > 1 else np.zeros(0, dtype=values.dtype)


def means(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Mean of each row, from deviations of its first value: exact for constant rows.

    >>> means(np.array([1.0, 2.0, 5.0]), np.array([0, 2, 3])).tolist()
    [1.5, 5.0]
    """
    first = values[starts[:-1]]
    lengths = np.diff(starts)
    return first + sums(values - np.repeat(first, lengths), starts) / lengths


def spreads(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Standard deviation of each row: 0 where all its values are one (to 1e-12), NaN for a row of one value.

    >>> spreads(np.array([1.0, 3.0, 5.0, 5.0, 7.0]), np.array([0, 2, 4, 5])).round(3).tolist()
    [1.414, 0.0, nan]
    """
    if len(starts) < 2:
        return np.zeros(0)
    lengths = np.diff(starts)
    deviations = values - np.repeat(means(values, starts), lengths)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.sqrt(sums(deviations**2, starts) / (lengths - 1))
    range_ = np.maximum.reduceat(values, starts[:-1]) - np.minimum.reduceat(values, starts[:-1])
    found[range_ <= SAME] = 0.0
    found[lengths < 2] = math.nan
    return found


def blocks(starts: np.ndarray, chunk: int = CHUNK) -> Iterator[tuple[np.ndarray, int]]:
    """Rows of equal length, at most `chunk` values at a time: (row numbers, length)."""
    lengths = np.diff(starts)
    for length in np.unique(lengths).tolist():
        rows = np.flatnonzero(lengths == length)
        step = max(chunk // max(length, 1), 1)
        for first in range(0, len(rows), step):
            yield rows[first : first + step], length


def gathered(values: np.ndarray, starts: np.ndarray, rows: np.ndarray, length: int) -> np.ndarray:
    """Rows of one length as a 2-D array, shape (rows, length): a view where they lie side by side."""
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
        return values[starts[rows[0]] : starts[rows[-1] + 1]].reshape(len(rows), length)
    return values[starts[rows][:, None] + np.arange(length)]


def medians(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Median of each row, the mean of the two middle values where it has an even number.

    >>> medians(np.array([3.0, 1.0, 2.0, 5.0, 6.0]), np.array([0, 3, 5])).tolist()
    [2.0, 5.5]
    """
    return _rowwise(values, starts, lambda block: np.median(block, axis=1))


def locations(values: np.ndarray, starts: np.ndarray, location: str = "median") -> np.ndarray:
    """Location of the log values of each row, as :func:`amxperf.stats.location.launch_location` gives that of one.

    `values` positive, shape (all,); the result has shape (rows,).

    >>> (locations(np.array([1.0, 4.0, 16.0, 2.0, 8.0]), np.array([0, 3, 5])) / math.log(2)).round(9).tolist()
    [2.0, 2.0]
    """
    if location not in LOCATIONS:
        raise UsageError(f"unknown location {location!r}", hint=f"use one of {', '.join(LOCATIONS)}")
    return _rowwise(values, starts, _log_median if location == "median" else _log_mean)


def _rowwise(values: np.ndarray, starts: np.ndarray, summary: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    out = np.empty(len(starts) - 1)
    for rows, length in blocks(starts):
        out[rows] = summary(gathered(values, starts, rows, length))
    return out


def _log_median(block: np.ndarray) -> np.ndarray:
    middle = block.shape[1] // 2
    if block.shape[1] == 1:
        return np.log(block[:, 0])
    ordered = np.sort(block, axis=1)
    upper = np.log(ordered[:, middle])
    return upper if block.shape[1] % 2 else (np.log(ordered[:, middle - 1]) + upper) / 2


def _log_mean(block: np.ndarray) -> np.ndarray:
    # Divided by the largest first: values near the largest double must not add up to infinity.
    top = block.max(axis=1)
    return np.log(top) + np.log(np.mean(np.sort(block, axis=1) / top[:, None], axis=1))


def take(values: np.ndarray, starts: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Some of the rows, in this order: values and starts.

    >>> values, starts = take(np.array([1, 2, 3, 4]), np.array([0, 1, 3, 4]), np.array([1, 0]))
    >>> values.tolist(), starts.tolist()
    ([2, 3, 1], [0, 2, 3])
    """
    if len(rows) == len(starts) - 1 and (len(rows) == 0 or (rows[0] == 0 and (np.diff(rows) == 1).all())):
        return values[starts[0] : starts[-1]], starts - starts[0]
    lengths = np.diff(starts)[rows]
    out = starts_of(lengths)
    index = np.arange(out[-1]) + np.repeat(starts[rows] - out[:-1], lengths)
    return values[index], out
