"""Compare two arms: choose the level, the method and the words."""

from __future__ import annotations

import math
from typing import Any

from ..errors import UsageError
from . import arms, ranks, verdict, welch
from .arms import Arm
from .location import LOCATIONS, locations
from .result import Caution, Comparison, Counts, not_comparable

ENOUGH = 5
"""Fewest replicates per arm from which the number that would settle a question is given: fewer do not know their spread."""

_PLURAL = {"boot": "boots", "launch": "launches", "value": "values"}
_HIDES = {
    "boot": "nothing shows how much boots differ",
    "launch": "nothing shows how much launches differ",
    "value": "nothing shows how much values differ",
}


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
    sizes = tuple(arms.counts(arm, boots=False, launches=not flat) for arm in (left, right))
    return _compare(left, right, "value" if flat else "launch", sizes, confidence, margin, "median", paired)


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
    sizes = arms.counts(left), arms.counts(right)
    return _compare(left, right, replicate, sizes, confidence, margin, location, paired)


def _compare(left: Arm, right: Arm, level: str, sizes: tuple[Counts, ...], confidence: float, margin: float,
             location: str, paired: bool, cautions: tuple[Caution, ...] = ()) -> Comparison:  # fmt: skip
    """The comparison at one level; `sizes` as the result shows them."""
    _check(confidence, margin)
    b, t = locations(left, level, location), locations(right, level, location)
    if paired and len(b) != len(t):
        raise UsageError(f"paired arms differ in length: {len(b)} against {len(t)} {_PLURAL[level]}")
    common: dict[str, Any] = {
        "replicate": level, "baseline_n": sizes[0], "treatment_n": sizes[1], "confidence": confidence, "margin": margin,
    }  # fmt: skip
    spread = welch.spread(b), welch.spread(t)
    if min(len(b), len(t)) == 1:
        within = _within(left, right, level, sizes, confidence, margin, location) if len(b) == len(t) else None
        return not_comparable(f"one-{level}", _alone(len(b), len(t), level), ratio=_exp(float(t.mean() - b.mean())),
                              spread=spread, within=within, cautions=cautions, **common)  # fmt: skip
    single = all(len(values) == 1 for arm in (left, right) for boot in arm for values in boot) or level == "value"
    single = single and (level != "boot" or all(len(boot) == 1 for arm in (left, right) for boot in arm))
    if paired:
        estimate = welch.paired_t(b, t, confidence)
    elif single and min(len(b), len(t)) >= ranks.SMALLEST:
        estimate = ranks.flat(b, t, confidence)
    else:
        estimate = welch.welch(b, t, confidence)
    cautions = (*cautions, *_few(min(len(b), len(t)), level), *_mixed(left, right, level), *estimate.cautions)
    if math.isnan(estimate.low):
        return not_comparable("no-spread", estimate.cautions[-1].message, ratio=_exp(estimate.shift),
                              spread=spread, cautions=cautions, **common)  # fmt: skip
    ends = estimate.low, estimate.high, estimate.low90, estimate.high90
    found = verdict.judge(*ends, margin)
    needed = None
    if found == "inconclusive" and min(len(b), len(t)) >= ENOUGH:
        noise = (welch.spread(t - b), 0.0) if paired else spread
        needed = verdict.settle(estimate.shift, *noise, confidence, margin, max(len(b), len(t)))
    low, high, low90, high90 = (_exp(end) for end in ends)
    reason = _reason(found, confidence, margin, needed, level)
    return Comparison(
        ratio=_exp(estimate.shift), low=low, high=high, method=estimate.method, p=estimate.p, verdict=found, code="",
        reason=reason, settle=needed, cautions=cautions, within=None, low90=low90, high90=high90,
        spread_baseline=spread[0], spread_treatment=spread[1], **common,
    )  # fmt: skip


def _within(left: Arm, right: Arm, level: str, sizes: tuple[Counts, ...], confidence: float, margin: float,
            location: str) -> Comparison | None:  # fmt: skip
    """The comparison inside the only replicate of each arm: one level down, or two where that level is single too."""
    if level == "value":
        return None
    lower = "launch" if level == "boot" else "value"
    label = Caution(f"within-{level}", f"this speaks for these two {_PLURAL[level]} only, not for the systems")
    result = _compare(left, right, lower, sizes, confidence, margin, location, False, (label,))
    return result.within if result.code == "one-launch" else None if result.code == "one-value" else result


def _check(confidence: float, margin: float) -> None:
    if not 0.5 < confidence < 1:
        raise UsageError(f"the confidence is {confidence:g}", hint="give a fraction above 0.5 and below 1, such as 0.95")
    if not 0 <= margin < math.inf:
        raise UsageError(f"the margin is {margin:g}", hint="give a fraction such as 0.02")


def _few(least: int, level: str) -> tuple[Caution, ...]:
    if least == 2:
        message = f"two {_PLURAL[level]} in an arm: a state that both share is invisible, and the interval is wide"
        return (Caution("two-replicates", message),)
    if least < ranks.SMALLEST:
        return (Caution("few-replicates", f"{least} {_PLURAL[level]} in an arm: the spread is a rough guess"),)
    return ()


def _mixed(left: Arm, right: Arm, level: str) -> tuple[Caution, ...]:
    if level != "launch" or max(len(left), len(right)) == 1:
        return ()
    return (Caution("boots-mixed", "launches of several boots stand side by side: what a boot does counts as launch noise"),)


def _alone(n: int, m: int, level: str) -> str:
    who = "both arms have" if n == m else f"the {'baseline' if n == 1 else 'treatment'} has"
    return f"{who} one {level}, so {_HIDES[level]}"


def _reason(found: str, confidence: float, margin: float, needed: int | None, level: str) -> str:
    wide, narrow, near = f"{100 * confidence:g} %", f"{100 * (2 * confidence - 1):g} %", f"{100 * margin:g} %"
    if found == "inconclusive":
        text = f"the {wide} interval includes 1 and the {narrow} interval leaves the margin of {near}"
        return text + (f"; about {needed} {_PLURAL[level]} per arm would settle it every second time" if needed else "")
    parts = [f"the {wide} interval excludes 1"] if "different" in found else []
    parts += [f"the {narrow} interval lies inside the margin of {near}"] if "equivalent" in found else []
    return " and ".join(parts)


def _exp(value: float) -> float:
    """exp, unbounded where a double ends."""
    return math.exp(value) if value < 709 else math.inf
