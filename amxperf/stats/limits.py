"""What so few replicates can show, in plain sentences: printed beside every comparison of up to ten."""

from __future__ import annotations

from .plan import half_width
from .power import power_difference
from .wording import PLURAL

SPREADS = (0.01, 0.03)
"""Spreads between replicates that the sentences speak of."""
CHANGE = 0.02
FEW = 10
"""Most replicates of which they speak."""


def limits(level: str, least: int, confidence: float = 0.95, arms: int = 2, matched: bool = False) -> list[str]:
    """What `least` replicates per arm can show.

    Half widths are those of Welch's interval in the best case (:func:`amxperf.stats.plan.half_width`, replicates whose
    locations scatter by 1 and by 3 %), and what 80 % power for a change of 2 % takes. `arms` is 4 for a ratio of ratios, 1 for
    replicates that blocks pair, whose log ratios are one sample. `matched`: a ratio of ratios whose blocks pair its arms.

    >>> for line in limits("boot", 3):
    ...     print(line)
    With 3 boots per arm that scatter by 1 %, an interval is 2.3 % to either side at best; by 3 %, 7.0 %.
    A change of 2 % is found in 80 % of such experiments from 6 boots per arm on, where they scatter by 1 %; from 38, by 3 %.
    With 3 per arm no rank test can reach 5 %.
    >>> print(limits("boot", 3, arms=4)[0])
    With 3 boots per arm that scatter by 1 %, the interval of a ratio of ratios is 2.7 % to either side at best; by 3 %, 8.3 %.
    >>> print(limits("block", 5, arms=1)[0])
    With 5 pairs of blocks whose ratios scatter by 1 %, an interval is 1.2 % to either side at best; by 3 %, 3.8 %.
    >>> limits("launch", 1)
    ['With one launch per arm nothing can be said about the systems: the interval, if any, speaks for these two launches.']
    """
    noun = PLURAL[level]
    what = "the interval of a ratio of ratios" if arms == 4 or matched else "an interval"
    one, many, scatter = f"{level} per arm", f"{noun} per arm", "ratios scatter" if matched else ""
    if arms == 1:
        one, many, scatter = f"pair of {noun}", f"pairs of {noun}", "ratios scatter"
    if arms == 1 and matched:
        one, many = (f"{word} with all four arms" for word in ((level, noun) if level == "block" else (one, many)))
        scatter = "ratios of ratios scatter"
    if least == 1:
        text = f"With one {one} nothing can be said about the systems"
        return [f"{text}: the interval, if any, speaks for these {'two ' if arms == 2 and not matched else ''}{noun}."]
    if least > FEW:
        return []
    halves = [f"{100 * half_width(least, spread, confidence=confidence, arms=arms):.1f} %" for spread in SPREADS]
    needed = [needs(spread, confidence, arms=arms) for spread in SPREADS]
    lines = [
        f"With {least} {many} {f'whose {scatter}' if scatter else 'that scatter'} by 1 %, {what} is {halves[0]} to either side at "
        f"best; by 3 %, {halves[1]}.",
        f"A change of 2 % is found in 80 % of such experiments from {needed[0]} {many} on, where they scatter by 1 %; "
        f"from {needed[1]}, by 3 %.",
    ]
    if least == 2:
        lines.append(f"A state that both {'pairs' if arms == 1 else f'{noun} of an arm'} share is invisible.")
    if least == 3 and confidence >= 0.95 and arms != 1:
        lines.append("With 3 per arm no rank test can reach 5 %.")
    return lines


def needs(spread: float, confidence: float = 0.95, change: float = CHANGE, power: float = 0.8, arms: int = 2) -> int:
    """Replicates per arm from which a change is found with this power, at most 1,000.

    >>> needs(0.01), needs(0.03)
    (6, 38)
    """
    low, high = 1, 1000
    while high - low > 1:
        middle = (low + high) // 2
        enough = power_difference(middle, spread, change, confidence, arms) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high
