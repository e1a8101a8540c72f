"""Columns of words as whole numbers, and combinations of columns as one number: what grouping millions of rows needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

DENSE = 1 << 24
"""A table of all possible combinations is used up to this many, or four times the rows; beyond, they are sorted."""


@dataclass(frozen=True)
class Coded:
    """A column as numbers: `words[codes[i]]` is the word of row i."""

    codes: np.ndarray
    words: tuple[str, ...]

    def at(self, rows: np.ndarray) -> Coded:
        """The same words for some of the rows."""
        return Coded(self.codes[rows], self.words)

    def word(self, row: int) -> str:
        """The word of a row."""
        return self.words[int(self.codes[row])]

    def code(self, word: str) -> int:
        """The number of a word, -1 where it does not occur."""
        return self.words.index(word) if word in self.words else -1


def coded(column: pd.Series) -> Coded:
    """Numbers for a column of words, `str` or `category`.

    >>> import pandas as pd
    >>> coded(pd.Series(["vm", "tdx", "vm"])).codes.tolist()
    [0, 1, 0]
    """
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return Coded(column.cat.codes.to_numpy(), tuple(str(word) for word in column.cat.categories))
    codes, words = pd.factorize(column)
    return Coded(codes, tuple(str(word) for word in words))


def filled(column: pd.Series, word: str) -> pd.Series:
    """A column of words, `str` or `category`, with a word in its empty cells.

    >>> import pandas as pd
    >>> filled(pd.Series(["", "b1"]), "b0").tolist(), filled(pd.Series(["", "b1"], dtype="category"), "b0").tolist()
    (['b0', 'b1'], ['b0', 'b1'])
    """
    import pandas as pd

    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column.where(column != "", word)
    return renamed(column, lambda old: old or word)


def renamed(column: pd.Series, name: Callable[[str], str]) -> pd.Series:
    """A column of words, each by another name; several may get the same."""
    import pandas as pd

    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column.map(name).astype("str")
    words = [name(str(word)) for word in column.cat.categories]
    every = sorted(set(words))
    if every == words:
        fresh = pd.Categorical.from_codes(column.cat.codes, pd.Index(every, dtype="str"))
    else:
        place = np.array([every.index(word) for word in words], dtype=np.int8 if len(every) < 128 else np.int32)
        fresh = pd.Categorical.from_codes(place[column.cat.codes.to_numpy()], pd.Index(every, dtype="str"))
    return pd.Series(fresh, index=column.index)


def combined(parts: Sequence[tuple[np.ndarray, int]]) -> tuple[np.ndarray, int]:
    """One number per row for a combination of codes, counted from 0 in order of first appearance, and how many there are.

    A part is codes and a number above all of them.

    >>> combined([(np.array([1, 0, 1]), 2), (np.array([5, 5, 5]), 6)])
    (array([0, 1, 0]), 2)
    """
    rows = len(parts[0][0])
    key, size = np.zeros(rows, dtype=np.int64), 1
    for codes, above in parts:
        if above <= 1:
            continue
        if size * above > 1 << 62:
            key, size = _dense(key, size)
        key *= above
        key += codes
        size *= above
    ids, count = _dense(key, size)
    if rows < 2 or (not (np.diff(ids) < 0).any() and ids[0] == 0):
        return ids, count  # in order already
    rank = np.empty(count, dtype=np.int64)
    rank[np.argsort(firsts(ids, count), kind="stable")] = np.arange(count)
    return rank[ids], count


def _dense(key: np.ndarray, size: int) -> tuple[np.ndarray, int]:
    """Numbers without gaps, in the order of the keys."""
    if size <= max(4 * len(key), DENSE):
        seen = np.zeros(size, dtype=bool)
        seen[key] = True
        number = np.cumsum(seen) - 1
        return number[key], int(number[-1]) + 1 if len(key) else 0
    words, ids = np.unique(key, return_inverse=True)
    return ids.astype(np.int64), len(words)


def firsts(ids: np.ndarray, count: int) -> np.ndarray:
    """First row of each number.

    >>> firsts(np.array([1, 0, 1]), 2).tolist()
    [1, 0]
    """
    out = np.zeros(count, dtype=np.int64)
    out[ids[::-1]] = np.arange(len(ids) - 1, -1, -1)
    return out


def distinct(groups: np.ndarray, codes: np.ndarray, count: int, above: int) -> np.ndarray:
    """How many different codes each group has, shape (count,).

    >>> distinct(np.array([0, 0, 1]), np.array([3, 4, 4]), 2, 5).tolist()
    [2, 1]
    """
    pairs, _ = _pairs_of(groups, codes, above)
    return np.bincount(pairs // above, minlength=count)


def shared(groups: np.ndarray, codes: np.ndarray, side: np.ndarray, count: int, above: int) -> np.ndarray:
    """Groups in which a code occurs on both sides (`side` is True or False), shape (count,).

    >>> shared(np.array([0, 0, 1, 1]), np.array([1, 1, 1, 2]), np.array([True, False] * 2), 2, 3).tolist()
    [True, False]
    """
    both = np.intersect1d(_pairs_of(groups[side], codes[side], above)[0], _pairs_of(groups[~side], codes[~side], above)[0])
    out = np.zeros(count, dtype=bool)
    out[both // above] = True
    return out


def _pairs_of(groups: np.ndarray, codes: np.ndarray, above: int) -> tuple[np.ndarray, int]:
    found = np.unique(groups.astype(np.int64) * above + codes)
    return found, len(found)
