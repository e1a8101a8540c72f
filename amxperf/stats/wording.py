"""Reasons and cautions of a comparison, in words."""

from __future__ import annotations

import math

from .ranks import SMALLEST
from .result import Caution

ENOUGH = 5
"""Fewest replicates per arm from which the number that would settle a question is given: fewer do not know their spread."""

CHECKABLE = 25
"""Fewest flat values per arm of which a test for autocorrelation finds a lag-1 correlation of 0.5 in four of five samples."""

EXTREME = 700.0
"""Log ratios beyond this leave the range of doubles: the ratio is then shown as 0, as infinite or with few digits."""

PLURAL = {"boot": "boots", "block": "blocks", "launch": "launches", "value": "values", "iteration": "iterations"}


def alone(n: int, m: int, level: str) -> str:
    """Why arms of n and m replicates have no interval.

    >>> alone(1, 3, "boot")
    'the baseline has one boot, so nothing shows how much boots differ'
    """
    who = "both arms have" if n == m else f"the {'baseline' if n == 1 else 'treatment'} has"
    return f"{who} one {level}, so nothing shows how much {PLURAL[level]} differ"


def few(least: int, level: str) -> tuple[Caution, ...]:
    """The caution on so few replicates in the smaller arm, if any."""
    if least == 2:
        text = f"two {PLURAL[level]} in an arm: a state that both share is invisible, and the interval is wide"
        return (Caution("two-replicates", text),)
    if least < SMALLEST:
        return (Caution("few-replicates", f"{least} {PLURAL[level]} in an arm: the spread is a rough guess"),)
    return ()


def unchecked(least: int, level: str) -> tuple[Caution, ...]:
    """The standing caution on flat samples too short to show that their values go together.

    >>> [caution.code for caution in unchecked(10, "value") + unchecked(30, "value") + unchecked(10, "launch")]
    ['independence-unchecked']
    """
    if level != "value" or least >= CHECKABLE:
        return ()
    text = f"{least} values in an arm are too few to show whether they go together; values of one process in a row mostly do"
    return (Caution("independence-unchecked", text),)


def extreme(shift: float) -> tuple[Caution, ...]:
    """The caution on a ratio that no double holds, if it is one.

    >>> [str(caution) for caution in extreme(-1381.6)]
    ['the ratio is 10 to the power of -600, beyond what a double holds: are the units right? [ratio-out-of-range]']
    """
    if not abs(shift) > EXTREME:
        return ()
    text = f"the ratio is 10 to the power of {shift / math.log(10):.0f}, beyond what a double holds: are the units right?"
    return (Caution("ratio-out-of-range", text),)


def mixed(several: bool) -> tuple[Caution, ...]:
    """The caution on launches of several boots."""
    if not several:
        return ()
    return (Caution("boots-mixed", "launches of several boots stand side by side: what a boot does counts as launch noise"),)


def adjusted_away(what: str, family: int, p: float, adjusted: float) -> Caution:
    """The caution on a claim that holds by itself and not among the others."""
    text = f"the interval {what} on its own, and no longer after adjustment for {family} comparisons"
    return Caution("multiplicity", f"{text} (p {p:.2g}, adjusted {adjusted:.2g})")


def reason(
    found: str,
    confidence: float,
    margin: float,
    needed: int | None,
    level: str,
    lost: tuple[bool, bool] = (False, False),
    unsure: bool = False,
) -> str:
    """Why the verdict is what it is.

    lost : a difference, an equivalence that adjustment for other comparisons took away.
    unsure : a difference was taken back because its degrees of freedom are uncertain.
    """
    wide, narrow, near = f"{100 * confidence:g} %", f"{100 * (2 * confidence - 1):g} %", f"{100 * margin:g} %"
    after = "on its own, and no longer after adjustment for the other comparisons"
    if found == "inconclusive" and any(lost):
        claims = (f"the {wide} interval excludes 1", f"the {narrow} interval lies inside the margin of {near}")
        return f"{' and '.join(claim for claim, gone in zip(claims, lost, strict=True) if gone)} {after}"
    if found == "inconclusive" and unsure:
        return f"the {wide} interval excludes 1, and no longer when its degrees of freedom count as uncertain"
    if found == "inconclusive":
        text = f"the {wide} interval includes 1 and the {narrow} interval leaves the margin of {near}"
        return text + (f"; about {needed} {PLURAL[level]} per arm would settle it every second time" if needed else "")
    parts = [f"the {wide} interval excludes 1"] if "different" in found else []
    parts += [f"the {narrow} interval lies inside the margin of {near}"] if "equivalent" in found else []
    return " and ".join(parts)
