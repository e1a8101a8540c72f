"""Which rows of two arms stand against each other: per benchmark, by the factors that both arms have."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from . import schema
from .capture import Note
from .codes import Coded, coded, combined, distinct, firsts, shared
from .selector import Selector
from .stats.result import Caution

if TYPE_CHECKING:
    import pandas as pd

IDENTITY = ("benchmark", "metric", "unit", "better")
"""What two values must share to be compared at all."""

PLACE = ("environment", "boot", "launch")
"""What names a launch."""

Arms = tuple[Selector, Selector]


@dataclass(frozen=True)
class Pairing:
    """All pairs of two arms.

    Rows of one arm that agree in every column but value and iteration are a *cell*; arrays below are over rows or cells.
    rows : the table, both arms. cell : number of the cell of each row. treatment : is a cell one of the treatment?
    pair : pair of each cell, -1 for none. columns : codes of the columns for each cell.
    fixed, residues : columns held fixed, and columns in which the arms have no value in common: masks over pairs.
    first : for each pair its first cell in baseline and treatment. mixed : pairs whose arm is no sample of one thing.
    """

    rows: pd.DataFrame
    cell: np.ndarray
    treatment: np.ndarray
    pair: np.ndarray
    columns: dict[str, Coded]
    fixed: dict[str, np.ndarray]
    residues: dict[str, np.ndarray]
    first: np.ndarray
    mixed: np.ndarray
    notes: tuple[Note, ...]

    def __len__(self) -> int:
        return len(self.first)

    def identity(self, i: int) -> dict[str, str]:
        """Benchmark, metric, unit and better of a pair."""
        return {name: self.columns[name].word(self.first[i, 0]) for name in IDENTITY}

    def factors(self, i: int) -> tuple[tuple[str, str], ...]:
        """The columns that a pair holds fixed, with their values."""
        found = ((name, self.columns[name].word(self.first[i, 0])) for name, mask in self.fixed.items() if mask[i])
        return tuple((name, word) for name, word in found if word)

    def words(self, i: int, side: int, column: str) -> list[str]:
        """The values of a column in an arm of a pair (0 baseline, 1 treatment), sorted."""
        return sorted({self.columns[column].word(cell) for cell in self.cells(i, side)})

    def cells(self, i: int, side: int) -> np.ndarray:
        """The cells of an arm of a pair (0 baseline, 1 treatment)."""
        order, starts = self._order
        return order[starts[2 * i + side] : starts[2 * i + side + 1]]

    @cached_property
    def _order(self) -> tuple[np.ndarray, np.ndarray]:
        """Cells sorted by pair and arm, and where each arm starts."""
        key = np.where(self.pair < 0, 2 * len(self), self.pair * 2 + self.treatment)
        order = np.argsort(key, kind="stable")
        return order, np.searchsorted(key[order], np.arange(2 * len(self) + 1))

    def differences(self, i: int) -> dict[str, tuple[list[str], list[str]]]:
        """The residues of a pair, with the values of both arms."""
        return {name: (self.words(i, 0, name), self.words(i, 1, name)) for name, mask in self.residues.items() if mask[i]}

    def cautions(self, i: int, declared: Collection[str] = ()) -> tuple[Caution, ...]:
        """One caution per residue that nobody declared."""
        found = []
        for column, sides in self.differences(i).items():
            if column in declared:
                continue
            one, other = (few([word for word in side if word]) for side in sides)
            found.append(Caution("also-differs", f"{column} differs too: {one or 'none'} against {other or 'none'}"))
        return tuple(found)

    def mixture(self, i: int) -> str:
        """Why an arm of a pair is no sample of one thing; '' where both are."""
        if not self.mixed[i]:
            return ""
        for side in (0, 1):
            launches = len({tuple(int(self.columns[name].codes[cell]) for name in PLACE) for cell in self.cells(i, side)})
            for column, sides in self.differences(i).items():
                if 1 < len(sides[side]) < max(launches, 2):
                    return (
                        f"an arm mixes {column} {few(sides[side])}, and the other arm has none of them; pin one value in each "
                        "arm, or take the column out of the data if it does not matter"
                    )
        return ""


def paired(rows: pd.DataFrame, treatment: np.ndarray, arms: Arms, skip: Collection[str] = ()) -> Pairing:
    """Pair the rows of two arms, and note what only one of them measured.

    rows : both arms. treatment : which rows are the treatment's. skip : factors that pair nothing (a block).

    A factor in which the arms have a value in common is held fixed: one pair per value.
    One in which they have none is a residue.
    A column that both arms pin to different values is the question itself. One that a single arm pins is held fixed in the
    other arm too: else its other values would pass for an effect.
    """
    names = [*IDENTITY, *PLACE, *schema.factors(rows)]
    whole = {name: coded(rows[name]) for name in names}
    keys = [(treatment, 2), (rows["informative"].to_numpy(), 2), *((part.codes, len(part.words)) for part in whole.values())]
    cell, count = combined(keys)
    rep = firsts(cell, count)
    columns = {name: part.at(rep) for name, part in whole.items()}
    del whole, keys
    side = treatment[rep]
    ident, identities = combined([(columns[name].codes, len(columns[name].words)) for name in IDENTITY])
    fixed, residues = _kinds(columns, ident, identities, side, arms, skip)
    parts = [(ident, identities)]
    for name, mask in fixed.items():
        part = columns[name]
        parts.append((np.where(mask[ident], part.codes, 0), len(part.words)))
    case, cases = combined(parts)
    first = np.full((cases, 2), -1)
    for arm in (1, 0):
        cells = np.flatnonzero(side == bool(arm))[::-1]
        first[case[cells], arm] = cells
    whole_pairs = (first >= 0).all(axis=1)
    where = np.flatnonzero(whole_pairs)
    begin = np.full(identities, count)
    left = np.flatnonzero(~side)[::-1]
    begin[ident[left]] = left
    where = where[np.lexsort((first[where, 0], begin[ident[first[where, 0]]]))]
    number = np.full(cases, -1)
    number[where] = np.arange(len(where))
    of = ident[first[where, 0]]
    fixed_of = {name: mask[of] for name, mask in fixed.items()}
    residues_of = {name: mask[of] for name, mask in residues.items() if mask[of].any()}
    pair = number[case]
    notes = _alone(columns, side, ident, case, first, fixed, arms) if not whole_pairs.all() else []
    mixed = _mixed(columns, pair, side, len(where), residues_of)
    return Pairing(rows, cell, side, pair, columns, fixed_of, residues_of, first[where], mixed, tuple(notes))


def _kinds(columns: dict[str, Coded], ident: np.ndarray, count: int, side: np.ndarray, arms: Arms,
           skip: Collection[str]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:  # fmt: skip
    """Per identity: is a column held fixed, is it a residue? Neither where it is the question, or empty throughout."""
    question = {name for name in arms[0].columns if name in arms[1].columns} | set(skip)
    fixed, residues = {}, {}
    for name in ["environment", *(name for name in columns if name not in (*IDENTITY, *PLACE))]:
        part = columns[name]
        if name in question:
            continue
        if len(part.words) == 1:
            fixed[name] = np.full(count, part.words[0] != "")
            continue
        common = shared(ident, part.codes, side, count, len(part.words))
        stated = np.zeros(count, dtype=bool)
        stated[ident[part.codes != part.code("")]] = True
        fixed[name], residues[name] = common & stated, ~common & stated
    return fixed, residues


def _mixed(columns: dict[str, Coded], pair: np.ndarray, side: np.ndarray, count: int, residues: dict[str, np.ndarray]
           ) -> np.ndarray:  # fmt: skip
    """Pairs with an arm that has several values of a residue: it mixes different things.

    A column with a value of its own for every launch is a label (a time, a host), not a factor.
    """
    out = np.zeros(count, dtype=bool)
    if not residues:
        return out
    cells = np.flatnonzero(pair >= 0)
    arm = pair[cells] * 2 + side[cells]
    launch, launches = combined([(columns[name].codes[cells], len(columns[name].words)) for name in PLACE])
    most = np.maximum(distinct(arm, launch, 2 * count, launches), 2)
    for name, mask in residues.items():
        part = columns[name]
        several = distinct(arm, part.codes[cells], 2 * count, len(part.words))
        out |= mask & ((several > 1) & (several < most)).reshape(count, 2).any(axis=1)
    return out


def few(values: list[str], most: int = 4) -> str:
    """The first values, and how many there are more."""
    shown = ", ".join(value or "none" for value in values[:most])
    return shown + (f" and {len(values) - most} more" if len(values) > most else "")


def _alone(columns: dict[str, Coded], side: np.ndarray, ident: np.ndarray, case: np.ndarray, first: np.ndarray,
           fixed: dict[str, np.ndarray], arms: Arms) -> list[Note]:  # fmt: skip
    """Notes on what only one arm measured: identities, and combinations of factors."""
    notes = []
    begin = [np.full(int(ident.max()) + 1, -1) for _ in arms]
    for arm in (0, 1):
        cells = np.flatnonzero(side == bool(arm))[::-1]
        begin[arm][ident[cells]] = cells
    names: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for i, ends in enumerate(zip(*begin, strict=True)):
        cell = max(ends)
        names.setdefault((columns["benchmark"].word(cell), columns["metric"].word(cell)), []).append((i, cell))
    unmatched: dict[int, list[list[int]]] = {}
    for lone in np.flatnonzero((first < 0).any(axis=1)).tolist():
        arm = 0 if first[lone, 0] >= 0 else 1
        cell = int(first[lone, arm])
        unmatched.setdefault(int(ident[cell]), [[], []])[arm].append(cell)
    for i in sorted(unmatched, key=lambda i: (begin[0][i] < 0, max(begin[0][i], begin[1][i]))):
        if min(begin[0][i], begin[1][i]) >= 0:
            keys = [name for name, mask in fixed.items() if mask[i]]
            for arm in (0, 1):
                if unmatched[i][arm]:
                    cell = unmatched[i][arm][0]
                    what = f"{columns['benchmark'].word(cell)} {columns['metric'].word(cell)}"
                    texts = "; ".join(_words(columns, keys, cell) for cell in unmatched[i][arm])
                    notes.append(Note("one-arm-only", f"only {arms[arm]} has {what} with {texts}: nothing to compare"))
            continue
        arm = 0 if begin[0][i] >= 0 else 1
        cell = int(begin[arm][i])
        benchmark, metric, unit, better = (columns[name].word(cell) for name in IDENTITY)
        text = f"only {arms[arm]} has {benchmark} {metric}"
        for j, other in names[benchmark, metric]:
            if begin[1 - arm][j] >= 0:
                theirs = columns["unit"].word(other), columns["better"].word(other)
                text = (f"{arms[arm]} has {benchmark} {metric} in {unit} (better: {better}), "
                        f"{arms[1 - arm]} in {theirs[0]} (better: {theirs[1]})")  # fmt: skip
                break
        notes.append(Note("one-arm-only", f"{text}: nothing to compare"))
    return notes


def _words(columns: dict[str, Any], keys: list[str], cell: int) -> str:
    said = ((key, columns[key].word(cell)) for key in keys)
    return " ".join(f"{key}={word}" for key, word in said if word) or "no factor"
