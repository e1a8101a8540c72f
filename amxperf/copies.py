"""Data that look copied: an iteration given twice, two launches with the same values throughout, or single values that repeat."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from .stats.result import Caution

if TYPE_CHECKING:
    from .sampling import Launches


def copies(full: Launches, thread: np.ndarray | None, count: int, cautions: dict[int, list[Caution]]) -> None:
    """Cautions for pairs 0 to `count` - 1, added to `cautions`.

    `full` holds the launches of all arms (arm 2 i and 2 i + 1 of pair i); `thread` is a code per value, None where there is one.
    """
    pair = full.arm // 2
    lengths = np.diff(full.starts)
    for i, number in _repeated(full, thread, lengths, pair, count):
        text = f"{number} values have the launch and iteration of another value"
        cautions.setdefault(i, []).append(Caution("duplicate-rows", text))
    for i, number in (*_identical(full, lengths, pair), *_repeats(full, lengths, pair, count)):
        text = f"{number} launches repeat the values of another one exactly: copied files?"
        cautions.setdefault(i, []).append(Caution("identical-launches", text))


def _repeated(full: Launches, thread: np.ndarray | None, lengths: np.ndarray, pair: np.ndarray, count: int
              ) -> list[tuple[int, int]]:  # fmt: skip
    """Pairs with values that share launch, thread and iteration with an earlier one, and how many."""
    if len(full.values) < 2:
        return []
    inside = np.ones(len(full.values), dtype=bool)
    inside[full.starts[:-1]] = False
    grows = full.iteration[1:] > full.iteration[:-1]
    if thread is None and (grows | ~inside[1:]).all():
        return []
    if np.isnan(full.iteration).all():
        return _doubled(full, lengths, count)
    launch = np.repeat(np.arange(len(lengths)), lengths)
    known = np.flatnonzero(~np.isnan(full.iteration))
    if not len(known):
        return []
    key = (full.iteration[known], thread[known] if thread is not None else np.zeros(len(known)), launch[known])
    order = np.lexsort(key)
    same = np.ones(max(len(known) - 1, 0), dtype=bool)
    for part in key:
        same &= part[order][1:] == part[order][:-1]
    number = np.bincount(pair[launch[known[order[1:]][same]]], minlength=count)
    return [(i, int(number[i])) for i in np.flatnonzero(number).tolist()]


def _doubled(full: Launches, lengths: np.ndarray, count: int) -> list[tuple[int, int]]:
    """Pairs with an arm of three launches or more whose values all come twice, as where a file was appended to itself.

    Without iteration numbers nothing else tells: the second half of every launch repeats the first.
    """
    half = lengths // 2
    twice = (lengths % 2 == 0) & (lengths > 0)
    first = np.repeat(full.starts[:-1], half * twice) + np.arange((half * twice).sum()) - np.repeat(
        np.cumsum(half * twice) - half * twice, half * twice)  # fmt: skip
    other = first + np.repeat(half, half * twice)
    owner = np.repeat(np.arange(len(lengths)), half * twice)
    twice &= np.bincount(owner, weights=full.values[first] != full.values[other], minlength=len(lengths)) == 0
    arms, launches = 2 * count, np.bincount(full.arm, minlength=2 * count)
    whole = (np.bincount(full.arm, weights=twice, minlength=arms) == launches) & (launches > 2)
    low, high = np.full(arms, np.inf), np.full(arms, -np.inf)
    at = np.repeat(full.arm, lengths)
    np.minimum.at(low, at, full.values)
    np.maximum.at(high, at, full.values)
    values = np.bincount(full.arm, weights=half, minlength=arms).astype(int) * (whole & (high > low))
    return [(i, int(number)) for i, number in enumerate(values.reshape(count, 2).sum(axis=1).tolist()) if number]


def _suspects(marks: tuple[np.ndarray, np.ndarray], many: np.ndarray) -> np.ndarray:
    """Launches that may equal another one: those whose marks, as one number, occur twice; few, so that sorting them is cheap."""
    word = marks[0].view(np.int64) * 31 + marks[1].view(np.int64)
    ordered = np.sort(word[many])
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(twice):
        return np.zeros(0, dtype=np.int64)
    at = np.minimum(np.searchsorted(twice, word), len(twice) - 1)
    return np.flatnonzero(many & (twice[at] == word))


def _identical(full: Launches, lengths: np.ndarray, pair: np.ndarray) -> list[tuple[int, int]]:
    """Pairs with launches of more than two different values that equal an earlier launch of the pair, and how many."""
    many = lengths > 2
    if not many.any():
        return []
    marks = full.values[full.starts[:-1]], np.add.reduceat(full.values, full.starts[:-1])  # equal launches share both
    order = _suspects(marks, many)
    order = order[np.lexsort((*(part[order] for part in marks), lengths[order], pair[order]))]
    same = np.ones(max(len(order) - 1, 0), dtype=bool)
    for part in (pair, lengths, *marks):
        same &= part[order][1:] == part[order][:-1]
    found: dict[int, int] = {}
    for one, other in zip(order[:-1][same].tolist(), order[1:][same].tolist(), strict=True):
        series = [full.values[full.starts[k] : full.starts[k + 1]] for k in (one, other)]
        if np.array_equal(*series) and len(np.unique(series[0])) > 2:
            found[int(pair[other])] = found.get(int(pair[other]), 0) + 1
    return sorted(found.items())


CHANCE = 1e-4
"""Single values that repeat as often by chance are no copies."""


def _repeats(full: Launches, lengths: np.ndarray, pair: np.ndarray, count: int) -> list[tuple[int, int]]:
    """Pairs of launches of one value each in which more values repeat than the digits they have would make by chance.

    With n values between which K different ones can be written with as many digits, about n (n - 1) / 2 K pairs agree by chance.
    """
    if not len(lengths) or lengths.min() > 1:
        return []
    longest = np.zeros(count, dtype=np.int64)
    np.maximum.at(longest, pair, lengths)
    single = np.flatnonzero(longest[pair] == 1)
    values, owner = full.values[full.starts[:-1]][single], pair[single]
    order = np.lexsort((values, owner))
    same = (values[order][1:] == values[order][:-1]) & (owner[order][1:] == owner[order][:-1])
    found = []
    for i in np.unique(owner[order][1:][same]).tolist():
        mine = values[owner == i]
        repeats, places = len(mine) - len(np.unique(mine)), max(_decimals(value) for value in mine.tolist())
        possible = float(np.ptp(mine)) * 10.0**places + 1
        expected = len(mine) * (len(mine) - 1) / 2 / possible
        if len(np.unique(mine)) > 2 and expected**repeats < CHANCE:
            found.append((i, repeats))
    return found


def _decimals(value: float) -> int:
    """Decimal places of a number as short as it can be written.

    >>> _decimals(0.125), _decimals(3.0), _decimals(1.5e-7), _decimals(2e20)
    (3, 0, 8, -20)
    """
    return -int(Decimal(repr(value)).normalize().as_tuple().exponent)
