"""What a caller hands in, brought into one shape and checked: an arm is boots of launches of values."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import DataError, UsageError

Arm = list[list[np.ndarray]]
"""Boots of launches of 1-D float arrays, all values positive."""


def sample(arm: Any, name: str) -> tuple[Arm, bool]:
    """An arm of `compare_samples`, and whether it is flat.

    A 1-D array or a list of numbers is flat; a 2-D array or a list of 1-D arrays is launches. `name` is for messages.

    >>> sample([1, 2, 3], "baseline")[1], sample([[1, 2], [3]], "baseline")[1]
    (True, False)
    """
    if isinstance(arm, np.ndarray) or not isinstance(arm, list | tuple | range):
        depth = getattr(arm, "ndim", None)
        if depth not in (1, 2):
            raise UsageError(f"the {name} is neither a list of numbers nor a list of launches",
                             hint="give a 1-D array, or one 1-D array per launch")  # fmt: skip
        if depth == 1 and not _holds_sequences(arm):
            return [[_values(arm, f"the {name}")]], True
        arm = list(np.asanyarray(arm)) if depth == 2 else list(arm)
    if not len(arm):
        raise DataError(f"the {name} has no values")
    deep = [_is_sequence(item) for item in arm]
    if not any(deep):
        return [[_values(arm, f"the {name}")]], True
    if not all(deep):
        place = deep.index(not deep[0]) + 1
        raise UsageError(f"the {name} mixes numbers and launches: item {place} is not like the first",
                         hint="give a list of numbers, or one 1-D array per launch")  # fmt: skip
    return [[_values(values, f"the {name}, launch {i}") for i, values in enumerate(arm, 1)]], False


def nested(arm: Any, name: str) -> Arm:
    """An arm of `compare_nested`: boots of launches of values."""
    boots = _list(arm, f"the {name}", "boots")
    result: Arm = []
    for i, boot in enumerate(boots, 1):
        where = f"the {name}, boot {i}"
        launches = enumerate(_list(boot, where, "launches"), 1)
        result.append([_values(values, f"{where}, launch {j}") for j, values in launches])
    return result


def _list(items: Any, where: str, noun: str) -> Sequence[Any]:
    if not isinstance(items, Iterable) or isinstance(items, str | bytes | dict):
        raise UsageError(f"{where} is not a list of {noun}", hint="an arm is a list of boots, a boot a list of launches")
    found = list(items)
    if not found:
        raise DataError(f"{where} has no {noun}")
    return found


def _is_sequence(item: Any) -> bool:
    return isinstance(item, list | tuple | range) or getattr(item, "ndim", 0) > 0


def _holds_sequences(arm: Any) -> bool:
    return getattr(getattr(arm, "dtype", None), "kind", "") == "O" and any(_is_sequence(item) for item in arm)


def numbers(values: Any, where: str) -> np.ndarray:
    """An array of doubles of the same shape, what is masked as NaN; DataError for what is not numbers."""
    try:
        if isinstance(values, np.ma.MaskedArray):
            values = values.astype(float).filled(np.nan)
        array = np.asarray(values)
        if array.dtype.kind in "bcmMSUV" or (array.dtype == object and any(isinstance(v, str | bool) for v in array)):
            raise TypeError
        with np.errstate(over="ignore"):  # what no double holds is infinite, and refused as such
            array = array.astype(float)
    except OverflowError as error:
        raise DataError(f"{where} holds a number that is too large for a double") from error
    except (TypeError, ValueError) as error:
        raise DataError(f"{where} holds something that is not a number") from error
    return array


def _values(values: Any, where: str) -> np.ndarray:
    """A 1-D float array of positive finite numbers, or one sentence that says where it is not."""
    array = numbers(values, where)
    if array.ndim != 1:
        raise UsageError(f"{where} is not a list of numbers", hint="the values of a launch are a 1-D array")
    if not len(array):
        raise DataError(f"{where} has no values")
    positive(array, where)
    return array


def positive(array: np.ndarray, where: str) -> None:
    """DataError, with place and value, unless all values of a flat array are positive and finite."""
    bad = ~(np.isfinite(array) & (array > 0))
    if bad.any():
        place = int(bad.argmax())
        value = float(array[place])
        what = "NaN" if math.isnan(value) else f"{value:g}"
        raise DataError(f"{where}, value {place + 1} is {what}, and ratios need positive finite values",
                        hint="find out why; amxperf leaves no value out by itself")  # fmt: skip
