"""Which rows of two arms stand against each other: per benchmark, by the factors that both arms have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import schema
from .capture import Note
from .selector import Selector
from .stats.result import Caution

if TYPE_CHECKING:
    import pandas as pd

IDENTITY = ("benchmark", "metric", "unit", "better")
"""What two values must share to be compared at all."""

Arms = tuple[Selector, Selector]
Parts = dict[tuple, Any]


@dataclass(frozen=True)
class Pair:
    """The rows of both arms for one benchmark, metric and combination of factors; `cautions` name what else differs."""

    identity: dict[str, str]
    factors: tuple[tuple[str, str], ...]
    baseline: pd.DataFrame
    treatment: pd.DataFrame
    cautions: tuple[Caution, ...]
    mixed: str = ""
    """Why the rows of an arm are no sample of one thing; '' where they are."""


def pairs(baseline: pd.DataFrame, treatment: pd.DataFrame, arms: Arms) -> tuple[list[Pair], list[Note]]:
    """Pair the rows of two arms, and note what only one of them measured.

    A factor in which the arms have a value in common is held fixed: one pair per value.
    One in which they have none is a residue: a caution `also-differs`.
    """
    found: list[Pair] = []
    notes: list[Note] = []
    lefts, rights = _parts(baseline, list(IDENTITY)), _parts(treatment, list(IDENTITY))
    for key in {**lefts, **rights}:
        identity = dict(zip(IDENTITY, key, strict=True))
        if key not in lefts or key not in rights:
            notes.append(_alone(identity, arms if key in lefts else arms[::-1], rights if key in lefts else lefts))
            continue
        left, right = lefts[key], rights[key]
        keys, residues = _keys(left, right, arms)
        cases = _parts(left, keys), _parts(right, keys)
        notes += _unmatched(identity, keys, cases, arms)
        for case in cases[0]:
            if case in cases[1]:
                one, other = cases[0][case], cases[1][case]
                factors = tuple((name, value) for name, value in zip(keys, case, strict=True) if value)
                mixed = next((text for arm in (one, other) for text in _mixture(arm, residues)), "")
                found.append(Pair(identity, factors, one, other, _differences(one, other, residues), mixed))
    return found, notes


def _parts(arm: pd.DataFrame, keys: list[str]) -> Parts:
    """Parts of an arm by the values of columns, in the order of the data; the whole arm for no columns."""
    return dict(tuple(arm.groupby(keys, sort=False))) if keys else {(): arm}


def _keys(left: pd.DataFrame, right: pd.DataFrame, arms: Arms) -> tuple[list[str], list[str]]:
    """Columns to hold fixed, and residues: columns in which the arms have no value in common.

    A column that both arms pin is the question itself. One that a single arm pins is held fixed in the other arm too:
    else its other values would pass for an effect.
    """
    pinned = set(arms[0].columns) & set(arms[1].columns)
    keys, residues = [], []
    for column in ["environment", *schema.factors(left)]:
        one, other = set(left[column]), set(right[column])
        if column in pinned or one | other == {""}:
            continue
        (keys if one & other else residues).append(column)
    return keys, residues


def _mixture(arm: pd.DataFrame, residues: list[str]) -> list[str]:
    """Columns in which the other arm has no value in common and this arm has several: it mixes different things.

    A column with a value of its own for every launch is a label (a time, a host), not a factor.
    """
    launches = arm[["environment", "boot", "launch"]].drop_duplicates()
    found = []
    for column in residues:
        values = sorted(set(arm[column]))
        if 1 < len(values) < max(len(launches), 2):
            found.append(
                f"an arm mixes {column} {_few(values)}, and the other arm has none of them; pin one value in each arm, "
                "or take the column out of the data if it does not matter"
            )
    return found


def _few(values: list[str], most: int = 4) -> str:
    """The first values, and how many there are more."""
    shown = ", ".join(value or "none" for value in values[:most])
    return shown + (f" and {len(values) - most} more" if len(values) > most else "")


def _differences(left: pd.DataFrame, right: pd.DataFrame, residues: list[str]) -> tuple[Caution, ...]:
    found = []
    for column in residues:
        one, other = (_few(sorted(set(arm[column]) - {""})) for arm in (left, right))
        found.append(Caution("also-differs", f"{column} differs too: {one or 'none'} against {other or 'none'}"))
    return tuple(found)


def _alone(identity: dict[str, str], arms: Arms, others: Parts) -> Note:
    """The note on a benchmark and metric that one arm lacks, or has in another unit."""
    have, lack = arms
    what = f"{identity['benchmark']} {identity['metric']}"
    for benchmark, metric, unit, better in others:
        if (benchmark, metric) == (identity["benchmark"], identity["metric"]):
            text = f"{have} has {what} in {identity['unit']} (better: {identity['better']}), {lack} in {unit} (better: {better})"
            return Note("one-arm-only", f"{text}: nothing to compare")
    return Note("one-arm-only", f"only {have} has {what}: nothing to compare")


def _unmatched(identity: dict[str, str], keys: list[str], cases: tuple[Parts, Parts], arms: Arms) -> list[Note]:
    """The combinations of factors that only one arm measured: one note per arm."""
    notes = []
    for have, lack, arm in ((*cases, arms[0]), (*cases[::-1], arms[1])):
        alone = [_words(keys, case) for case in have if case not in lack]
        if alone:
            text = f"only {arm} has {identity['benchmark']} {identity['metric']} with {'; '.join(alone)}: nothing to compare"
            notes.append(Note("one-arm-only", text))
    return notes


def _words(keys: list[str], case: tuple) -> str:
    return " ".join(f"{key}={value}" for key, value in zip(keys, case, strict=True) if value) or "no factor"
