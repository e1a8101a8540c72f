"""What can make an interval lie, looked for in the data: order and drift, series, two states, a coarse clock, a launch apart.

Each finding is a caution with a stable code. Some take a verdict back: a difference that a drift would explain, or that
hangs on one launch, is *inconclusive* after all. Nothing here makes a verdict stronger.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .contrast import Contrast
from .estimates import Estimate
from .result import Caution, Comparison
from .verdict import judge

APART = 0.8
"""Arms are apart in time where the rank correlation of arm and order is beyond this (1 for all of A before all of B is 0.87)."""
SERIES = 10
"""Replicates per arm from which a series of them is judged."""
STATES = 8
"""Replicates of an arm from which two states are looked for."""
GAP = 6.0
"""Two states: their distance in standard deviations inside the states."""
FAR = 7.0
"""A replicate this many robust standard deviations from the median of its arm stands apart."""
CLOCK = 0.01
"""A clock whose step is more than this share of the values is coarse."""


@dataclass(frozen=True)
class Finding:
    """A caution, and the parts of a verdict ('different', 'equivalent') that it takes back."""

    caution: Caution
    takes_back: tuple[str, ...] = ()


def diagnose(
    *arms: np.ndarray,
    order: Sequence[Sequence[float]] | None = None,
    values: Sequence[np.ndarray] | None = None,
    confidence: float = 0.95,
    margin: float = 0.02,
) -> tuple[Finding, ...]:
    """Look at arms of replicates: baseline and treatment; of a ratio of ratios then those of the reference; of pairs log ratios.

    Parameters
    ----------
    arms : log locations of the replicates, 1-D, 2 or more each; two arms or four, or one of log ratios (no order is looked at).
    order : when each replicate ran (any increasing number), per arm in the same order as the locations; None where not known.
    values : the values behind them, per arm, for the step of the clock; None to leave it out.

    What a finding takes back is judged on the ratio, or on the ratio of ratios, that the arms make together.

    >>> low, high = np.array([0.00, 0.01, 0.02, 0.03, 0.04]), np.array([0.05, 0.06, 0.07, 0.08, 0.09])
    >>> [finding.caution.code for finding in diagnose(low, high, order=(range(5), range(5, 10)))]
    ['arms-in-sequence']
    """
    contrast = Contrast(arms)
    found: list[Finding] = []
    if order is not None and len(arms) > 1:
        times = tuple(np.asarray(times, dtype=float) for times in order)
        found += _order(contrast, times, confidence, margin)
        found += _series(contrast, times, confidence, margin)
    found += _states(contrast)
    found += _outliers(contrast, confidence, margin)
    for pair in zip(values[::2], values[1::2], strict=True) if values is not None else ():
        found += _clock(pair, contrast.estimate(confidence).shift, margin)
    return tuple(dict.fromkeys(found))


def applied(result: Comparison, findings: Sequence[Finding]) -> Comparison:
    """The result with the cautions of the findings, and its verdict without what they take back.

    Estimate, interval and p stay as they are: they say what the numbers give, the verdict what may be concluded.
    """
    if not findings:
        return result
    cautions = (*result.cautions, *(finding.caution for finding in findings))
    taken = {part for finding in findings for part in finding.takes_back}
    parts = [part for part in ("different", "equivalent") if part in result.verdict and result.verdict != "not comparable"]
    kept = [part for part in parts if part not in taken]
    if kept == parts:
        return replace(result, cautions=cautions)
    why = [finding.caution.message for finding in findings if set(finding.takes_back) & set(parts)]
    return replace(result, cautions=cautions, verdict=" and ".join(kept) or "inconclusive", settle=None, reason="; ".join(why))


def _order(contrast: Contrast, times: tuple[np.ndarray, ...], confidence: float, margin: float) -> list[Finding]:
    """Arms that ran one after the other, and drift seen inside them.

    In sequence, a steady drift and a difference look alike. The shift is estimated again beside a common straight line over
    the order (least squares); what its wider interval does not support is taken back.
    """
    place = _ranks(np.concatenate(times))
    apart = contrast.apart(place) > APART
    found = []
    drift, p = contrast.slope(place)
    total = drift * (len(place) - 1)
    if apart:
        shift, se, df = contrast.beside_line(place)
        half, narrow = (_half(se, df, level) for level in (confidence, 2 * confidence - 1))
        lost = _lost((shift - half, shift + half, shift - narrow, shift + narrow), contrast.estimate().shift, margin)
        beside = f"beside a steady drift the verdict would be {_left(lost)}" if lost else "a steady drift changes nothing"
        text = f"one arm ran after the other, so a drift of the machine would pass for a difference or hide one; {beside}"
        found.append(Finding(Caution("arms-in-sequence", text), lost))
    if p < 0.01 and not apart:
        text = f"values drift by {100 * abs(math.expm1(total)):.2g} % over the session"
        text += "; alternating arms share it, blocks would remove it"
        found.append(Finding(Caution("drift", text)))
    return found


def _lost(ends: tuple[float, float, float, float], shift: float, margin: float) -> tuple[str, ...]:
    """Parts of a verdict that other ends do not support; a difference of the other sign is none."""
    verdict = judge(*ends, margin)
    turned = ends[1] < 0 < shift or shift < 0 < ends[0]
    return tuple(part for part in ("different", "equivalent") if part not in verdict or (part == "different" and turned))


def _left(lost: tuple[str, ...]) -> str:
    return " and ".join(part for part in ("different", "equivalent") if part not in lost) or "inconclusive"


def _half(se: float, df: float, level: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.5 + level / 2)) * se if df >= 1 else math.inf


def _series(contrast: Contrast, times: tuple[np.ndarray, ...], confidence: float, margin: float) -> list[Finding]:
    """Replicates that follow each other and are alike: the interval is widened by the effective sample size and judged again."""
    ordered = contrast.in_order(times)
    if contrast.least < SERIES or not ordered.related():
        return []
    estimate, factor = contrast.estimate(confidence), ordered.widening()
    lost = _lost(tuple(estimate.shift + (end - estimate.shift) * factor for end in _ends(estimate)), estimate.shift, margin)
    text = f"replicates that ran after each other are alike: an honest interval is about {factor:.1f} times as wide"
    return [Finding(Caution("replicates-in-series", text), lost)]


def _ends(estimate: Estimate) -> tuple[float, float, float, float]:
    return estimate.low, estimate.high, estimate.low90, estimate.high90


def _states(contrast: Contrast) -> list[Finding]:
    """Two groups of replicates with nothing between them, as where each boot falls into one of two states."""
    found = []
    for name, arm in zip(contrast.names, contrast.arms, strict=True):
        split = two_states(arm)
        if split:
            low, count = split
            words = f"{count} of {len(arm)} replicates of the {name} lie {100 * math.expm1(low):.2g} % above the others"
            words += ", with none between"
            found.append(Finding(Caution("two-states", f"{words}: a mean of two states describes neither")))
    return found


def two_states(locations: np.ndarray) -> tuple[float, int] | None:
    """Distance of two groups of log locations and the size of the upper one; None where there is one group.

    The groups are those of the widest gap. Both hold two or more, and their means lie at least six standard deviations
    inside the groups apart; a normal sample of eight or more is called two states in fewer than 3 % of cases (simulated).

    >>> two_states(np.array([0.00, 0.01, 0.005, 0.008, 0.002, 0.30, 0.31, 0.305]))[1]
    3
    >>> two_states(np.arange(8) / 10) is None
    True
    """
    if len(locations) < STATES:
        return None
    ordered = np.sort(locations)
    gaps = np.diff(ordered)
    cut = 2 + int(gaps[1:-1].argmax())
    low, high = ordered[:cut], ordered[cut:]
    inside = math.sqrt((((low - low.mean()) ** 2).sum() + ((high - high.mean()) ** 2).sum()) / (len(ordered) - 2))
    distance = float(high.mean() - low.mean())
    if distance <= GAP * inside or distance < math.log1p(CLOCK) or gaps[cut - 1] < gaps.max():
        return None
    return distance, len(high)


def _outliers(contrast: Contrast, confidence: float, margin: float) -> list[Finding]:
    """Replicates far from the rest of their arm: is the verdict another one without them?"""
    masks = [outlying(arm) for arm in contrast.arms]
    out = sum(int(mask.sum()) for mask in masks)
    if not out:
        return []
    both = contrast.estimate(confidence), contrast.without(masks).estimate(confidence)
    verdicts = [judge(*_ends(estimate), margin) for estimate in both]
    text = f"{out} {'replicate lies' if out == 1 else 'replicates lie'} far from the rest of the arm: find out what happened there"
    if verdicts[0] == verdicts[1]:
        return [Finding(Caution("outlier-replicate", text))]
    rest = "it" if out == 1 else "them"
    lost = tuple(part for part in ("different", "equivalent") if part in verdicts[0] and part not in verdicts[1])
    return [Finding(Caution("outlier-replicate", f"{text}; without {rest} the verdict would be {verdicts[1]}"), lost)]


def outlying(locations: np.ndarray) -> np.ndarray:
    """Mask of replicates farther than seven robust standard deviations (1.4826 times the median deviation) from the median.

    All False with fewer than six replicates, where the median deviation is 0, or where more than one in five is that far.

    >>> outlying(np.array([0.00, 0.01, 0.02, 0.01, 0.00, 0.9])).tolist()
    [False, False, False, False, False, True]
    """
    none = np.zeros(len(locations), dtype=bool)
    if len(locations) < 6:
        return none
    away = np.abs(locations - np.median(locations))
    scale = 1.4826 * float(np.median(away))
    far = away > FAR * scale
    return far if scale > 0 and far.sum() <= len(locations) / 5 else none


def _clock(values: tuple[np.ndarray, np.ndarray], shift: float, margin: float) -> list[Finding]:
    """A clock whose steps are large beside the values."""
    both = np.concatenate([np.asarray(part, dtype=float) for part in values])
    different, counts = np.unique(both, return_counts=True)
    if len(different) < 2 or counts[counts > 1].sum() < len(both) / 2:
        return []
    steps = np.diff(different)
    step = float(steps[steps > 1e-9 * different[-1]].min(initial=math.inf)) / float(np.median(both))
    if not CLOCK < step < math.inf:
        return []
    lost = [name for name, small in (("different", abs(shift) < math.log1p(step)), ("equivalent", step > margin)) if small]
    text = f"the values move in steps of {100 * step:.2g} %, as of a coarse clock: time longer runs"
    return [Finding(Caution("coarse-clock", text + ("; what is claimed is smaller than a step" if lost else "")), tuple(lost))]


def _ranks(values: np.ndarray) -> np.ndarray:
    """Midranks from 0."""
    ordered = np.sort(values)
    return (ordered.searchsorted(values, "left") + ordered.searchsorted(values, "right") - 1) / 2
