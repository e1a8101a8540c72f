"""Compare two arms: choose the level, the method and the words."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import DataError, UsageError
from . import arms, checks
from .arms import Arm
from .batch import Batch
from .engine import compare_arms
from .location import LOCATIONS
from .nested import Nested, nested
from .ragged import starts_of
from .result import Caution, Comparison
from .wording import ENOUGH, PLURAL

__all__ = ["ENOUGH", "compare_many", "compare_nested", "compare_samples"]

IDENTICAL = Caution("identical-arms", "both arms hold the same values in the same order: was one taken for the other?")


def compare_samples(
    baseline: Any, treatment: Any, *, confidence: float = 0.95, margin: float = 0.02, paired: bool = False
) -> Comparison:
    """Compare two arms of plain numbers.

    An arm is a 1-D array or list of numbers (flat: independent values), or a list of 1-D arrays or a 2-D array (launches of
    iterations: the launch is the replicate). Values are positive, in any unit, both arms in the same; they are taken as
    given and never trimmed. `paired` pairs the replicates by position. `ratio`, `low` and `high` of the result are
    treatment over baseline; `margin` is the fraction that counts as no difference.

    Two launches or more per arm: one location per launch, Welch's t on the logs. Five or more flat values per arm: ranks
    (`stats.ranks`). One launch per arm: `not comparable`, code `one-launch`, and `.within` compares the values of the two
    launches. Both arms constant: `not comparable`, code `no-spread`.

    Raises UsageError for a mixture of numbers and launches or options out of range; DataError for an empty arm, NaN,
    infinity, zero or negative values, with arm and position.

    >>> print(compare_samples([10.1, 10.3, 10.2, 10.4, 10.0], [12.1, 12.0, 12.4, 12.2, 12.3]).sentence())
    treatment is 1.20 times the baseline (95 % interval 1.17 to 1.23, Mann-Whitney with Brunner-Munzel on the logs,
    5 against 5 values): different.
    >>> compare_samples([[1.0, 1.1, 1.2]], [[2.0, 2.1, 2.2]]).code
    'one-launch'
    """
    (left, flat), (right, also) = arms.sample(baseline, "baseline"), arms.sample(treatment, "treatment")
    if flat != also:
        raise UsageError("one arm is flat and the other is launches", hint="give both arms in the same shape")
    level = "value" if flat else "launch"
    return _compare(left, right, level, confidence, margin, "median", paired, boots=False, launches=not flat)


def compare_nested(
    baseline: Any,
    treatment: Any,
    *,
    replicate: str,
    confidence: float = 0.95,
    margin: float = 0.02,
    location: str = "median",
    paired: bool = False,
) -> Comparison:
    """Compare two arms of boots of launches of iterations.

    An arm is a list of boots, a boot a list of launches, a launch a 1-D array of positive values. `replicate` is the
    highest level at which the treatment was assigned: 'boot' (VM against TDX) or 'launch' (page size inside one guest).
    With 'boot' a boot's location is the mean of its launches' locations; launches of one boot never count as boots.
    With 'launch' the launches of all boots stand side by side (caution `boots-mixed` when there are several boots).
    `location` is 'median' of the log values, or 'mean' (log of the mean) where the metric is a total.

    One boot per arm: `not comparable`, code `one-boot`, and `.within` compares the launches of the two boots, or the values
    where each boot has one launch. Errors as for `compare_samples`.

    >>> vm = [[[1.00, 1.02], [1.01, 1.01]], [[1.05, 1.04]], [[0.98, 0.99]]]
    >>> tdx = [[[1.21, 1.20], [1.22, 1.20]], [[1.25, 1.26]], [[1.18, 1.19]]]
    >>> result = compare_nested(vm, tdx, replicate="boot")
    >>> result.verdict, round(result.ratio, 3), result.baseline_n
    ('different', 1.2, Counts(boots=3, launches=4, iterations=8))
    """
    if replicate not in ("boot", "launch"):
        raise UsageError(f"unknown replicate {replicate!r}", hint="use 'boot' or 'launch'")
    if location not in LOCATIONS:
        raise UsageError(f"unknown location {location!r}", hint=f"use one of {', '.join(LOCATIONS)}")
    left, right = arms.nested(baseline, "baseline"), arms.nested(treatment, "treatment")
    return _compare(left, right, replicate, confidence, margin, location, paired)


def compare_many(
    baseline: np.ndarray,
    treatment: np.ndarray,
    *,
    confidence: float = 0.95,
    margin: float = 0.02,
    location: str = "median",
    paired: bool = False,
) -> Batch:
    """`compare_samples` for many comparisons of one shape, without a Python loop over them.

    Arms of shape (comparisons, values) are flat, of shape (comparisons, launches, iterations) hierarchical; the two arms
    may differ in launches, iterations and values. The result is a sequence of :class:`Comparison`, built when looked at;
    `.ratio`, `.low`, `.high`, `.estimates`, `.verdicts` and `.codes` are arrays over all of them.
    Nothing is adjusted for the number of comparisons; `.adjust()` does that. Errors as for `compare_samples`.

    >>> arms = np.array([[10.1, 10.3, 10.2, 10.4, 10.0], [20.1, 20.3, 20.2, 20.4, 20.0]])
    >>> found = compare_many(arms, arms[::-1])
    >>> found.ratio.round(2).tolist(), found.verdicts.tolist()
    ([1.98, 0.5], ['different', 'different'])
    >>> found[0] == compare_samples(arms[0], arms[1])
    True
    """
    _check(confidence, margin, paired)
    sides = []
    for values, name in ((baseline, "baseline"), (treatment, "treatment")):
        array = np.asanyarray(values)
        if array.ndim not in (2, 3) or array.dtype.kind not in "fiu":
            raise UsageError(f"the {name} is not an array of numbers with two or three axes",
                             hint="give (comparisons, values) or (comparisons, launches, iterations)")  # fmt: skip
        if not array.size:
            raise DataError(f"the {name} has no values")
        array = arms.numbers(array, f"the {name}")
        arms.positive(array.reshape(-1), f"the {name}")
        sides.append(array)
    if sides[0].ndim != sides[1].ndim or len(sides[0]) != len(sides[1]):
        raise UsageError("the arms differ in their number of axes or of comparisons", hint="give both in the same shape")
    flat = sides[0].ndim == 2
    if paired and sides[0].shape[1] != sides[1].shape[1]:
        raise UsageError(f"paired arms differ in length: {sides[0].shape[1]} against {sides[1].shape[1]}")
    return compare_arms(*(_grid(side) for side in sides), "value" if flat else "launch", confidence=confidence, margin=margin,
                        location=location, paired=paired, boots=False, launches=not flat)  # fmt: skip


def _grid(values: np.ndarray) -> Nested:
    """Arms of one boot each from (comparisons, values) or (comparisons, launches, iterations)."""
    grid = values[:, None, :] if values.ndim == 2 else values
    count, launches, iterations = grid.shape
    return Nested(grid.reshape(-1), starts_of(np.full(count * launches, iterations)), starts_of(np.full(count, launches)),
                  np.arange(count + 1))  # fmt: skip


def _compare(left: Arm, right: Arm, level: str, confidence: float, margin: float, location: str, paired: bool,
             *, boots: bool = True, launches: bool = True) -> Comparison:  # fmt: skip
    """The comparison at one level."""
    _check(confidence, margin, paired)
    if paired:
        lengths = [len(arm) if level == "boot" else sum(len(v) if level == "value" else 1 for boot in arm for v in boot)
                   for arm in (left, right)]  # fmt: skip
        if lengths[0] != lengths[1]:
            raise UsageError(f"paired arms differ in length: {lengths[0]} against {lengths[1]} {PLURAL[level]}")
    one, other = nested([left]), nested([right])
    found = compare_arms(one, other, level, confidence=confidence, margin=margin, location=location, paired=paired, boots=boots,
                         launches=launches)[0]  # fmt: skip
    same = len(one.values) > 2 and np.array_equal(one.values, other.values) and np.ptp(one.values) > 0
    return replace(found, cautions=(*found.cautions, IDENTICAL)) if same else found


def _check(confidence: float, margin: float, paired: bool) -> None:
    checks.confidence(confidence)
    checks.within("margin", margin, 0, math.inf, "give a fraction such as 0.02")
    if not isinstance(paired, bool | np.bool_):
        raise UsageError(f"paired is {paired!r}", hint="give True or False")
