"""A comparison read out in one plain sentence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .result import Comparison

WITHIN = {
    "within-boot": "between these two boots, which does not speak for the systems",
    "within-launch": "between these two launches, which does not speak for the systems",
}
"""Caution codes of a comparison that speaks for one replicate only, and how its sentence says so."""


def sentence(result: Comparison) -> str:
    """Ratio, interval, method, replicates and verdict; `better` chooses the verb, the selectors the names.

    >>> from amxperf.stats import compare_samples
    >>> print(sentence(compare_samples([2.0, 2.2, 2.1], [2.9, 3.1, 3.0]).named(better="lower", treatment="isa=amx")))
    isa=amx takes 1.43 times the baseline's time (95 % interval 1.30 to 1.58, Welch's t on the logs,
    3 against 3 values): different.
    """
    who = result.treatment or "treatment"
    if math.isnan(result.ratio):
        return f"{who} and {result.baseline or 'baseline'} are not comparable: {result.reason}."
    if result.verdict == "not comparable":
        return f"{_claim(result, who, f'{result.ratio:.3g}')}, no interval: not comparable, {result.reason}."
    places = decimals(result.low, result.high)
    numbers = [_fixed(value, places) for value in (result.ratio, result.low, result.high)]
    level = f"{100 * result.confidence:g} %"
    return (
        f"{_claim(result, who, numbers[0])} ({level} interval {numbers[1]} to {numbers[2]}, "
        f"{result.method}, {result.counted()}): {_verdict(result)}."
    )


def decimals(low: float, high: float) -> int:
    """Decimals that show the interval: one digit of its half width, two at least, and enough to keep an end off 1.

    >>> decimals(1.25, 1.40), decimals(1.0025, 1.0035), decimals(1.002, 1.09)
    (2, 4, 3)
    """
    half = (high - low) / 2
    places = 2
    if math.isfinite(half) and half > 0:
        places = min(max(-math.floor(math.log10(half)), 2), 6)
    while places < 6 and any(round(end, places) == 1 and end != 1 for end in (low, high) if math.isfinite(end)):
        places += 1
    return places


def _fixed(value: float, places: int) -> str:
    """The value with these decimals; three digits where decimals say nothing (very large and very small ratios)."""
    return f"{value:.{places}f}" if 1e-3 <= abs(value) < 1e4 or value == 0 else f"{value:.3g}"


def _claim(result: Comparison, who: str, times: str) -> str:
    if result.relative_to:
        over = f"{who} over {result.baseline or 'the baseline'}"
        return f"{over}, in {result.metric or 'value'}, is {times} times what it is with {result.relative_to}"
    plain = not result.metric and not result.unit
    if result.better == "lower":
        return f"{who} takes {times} times {_thing(result, 'time' if plain or result.unit == 's' else '')}"
    if result.better == "higher":
        return f"{who} reaches {times} times {_thing(result, 'rate' if plain or result.unit.endswith('/s') else '')}"
    return f"{who} is {times} times {result.baseline or 'the baseline'}"


def _thing(result: Comparison, word: str) -> str:
    word = word or result.metric or "value"
    return f"the {word} of {result.baseline}" if result.baseline else f"the baseline's {word}"


def _verdict(result: Comparison) -> str:
    near = f"equivalent within {100 * result.margin:g} %"
    text = {"equivalent": near, "different and equivalent": f"different, but {near}"}.get(result.verdict, result.verdict)
    text += "".join(f" {WITHIN[caution.code]}" for caution in result.cautions if caution.code in WITHIN)
    apart = any(caution.code in WITHIN for caution in result.cautions)
    if result.verdict == "inconclusive" and result.settle is not None and not apart:
        noun = {"boot": "boots", "block": "blocks", "launch": "launches", "value": "values"}[result.replicate]
        text += f"; about {result.settle} {noun} per arm would settle it every second time, "
        text += "if spread and difference stay as observed"
    unknown = any(caution.code == "boots-unknown" for caution in result.cautions)
    return text + (" (boots unknown)" if unknown else "")
