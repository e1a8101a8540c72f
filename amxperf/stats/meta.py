"""Put the results of several studies together, where that is allowed: the study is the replicate.

With standard errors: random effects (restricted maximum likelihood, Hartung and Knapp's interval).
Without: one mean per study and Student's t over the studies. With fewer than three studies nothing is pooled.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence, Sized
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..errors import DataError, UsageError
from . import checks
from .arms import numbers
from .result import Caution
from .welch import spread
from .wording import EXTREME

ENOUGH = 3
"""Fewest studies that are pooled: two do not know how much studies differ."""
FARTHEST = 1e6
"""Standard errors of log ratios lie between its inverse and it."""
SCHEMA = 1
ALIKE = "all studies state the same, so nothing shows how much studies differ"


@dataclass(frozen=True)
class Pooled:
    """A mean log ratio over studies.

    ratio, low, high : exp of the mean and of its interval; NaN where nothing is pooled.
    prediction_low, prediction_high : interval for the ratio that one more study of the kind would find.
    p : two-sided, for a ratio of 1.
    tau : standard deviation of the log ratios between studies; q, q_p : Cochran's statistic and its p; i2 : share of the scatter
    that is not sampling error. NaN where no standard errors are known.
    studies, effects : how many; method, confidence : how.
    code, reason : why nothing is pooled ('few-studies', 'no-spread'), or ''.
    """

    ratio: float
    low: float
    high: float
    prediction_low: float
    prediction_high: float
    p: float
    tau: float
    q: float
    q_p: float
    i2: float
    studies: int
    effects: int
    method: str
    confidence: float
    code: str = ""
    reason: str = ""
    cautions: tuple[Caution, ...] = ()

    def sentence(self) -> str:
        """The result in one sentence.

        >>> random_effects([0.1, 0.2, 0.15, 0.4], [0.05, 0.05, 0.06, 0.05]).sentence()
        '1.24 times (95 % interval 1.00 to 1.53; one more study: 0.80 to 1.93), 4 studies, random effects (REML, Hartung-Knapp).'
        """
        if self.code:
            return f"Nothing is pooled: {self.reason}."
        level = f"{100 * self.confidence:g} %"
        return (
            f"{self.ratio:.2f} times ({level} interval {self.low:.2f} to {self.high:.2f}; one more study: "
            f"{self.prediction_low:.2f} to {self.prediction_high:.2f}), {self.studies} studies, {self.method}."
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON; NaN becomes None."""
        data = {"schema": SCHEMA, **asdict(self)}
        return {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in data.items()}


def random_effects(
    effects: Sequence[float],
    errors: Sequence[float],
    studies: Sequence[Hashable] | None = None,
    *,
    correlation: float = 0.5,
    confidence: float = 0.95,
) -> Pooled:
    """Random-effects mean of log ratios with known standard errors.

    Parameters
    ----------
    effects, errors : log ratios and their standard errors, one per result.
    studies : which study each result is from; results of one study are brought into one first (:func:`aggregate`).
    correlation : of the errors of results of one study; not known from the data, so stated.

    The variance between studies is that of restricted maximum likelihood (W. Viechtbauer, J. Educ. Behav. Stat. 30 (2005) 261-293),
    the interval that of J. Hartung and G. Knapp, Stat. Med. 20 (2001) 1771-1782, the prediction interval
    mean +- t(k - 1) * sqrt(tau^2 + se^2); I^2 as in J. P. T. Higgins and S. G. Thompson, Stat. Med. 21 (2002) 1539-1558,
    from tau^2. The interval can be narrower than that of fixed effects where studies agree by chance (caution `narrow`).

    Raises UsageError for lengths that differ; DataError for values that are not finite and standard errors that are not above 0.

    >>> found = random_effects([0.1, 0.2, 0.15, 0.4], [0.05, 0.05, 0.06, 0.05])
    >>> round(found.tau, 4), round(found.i2, 3), found.studies
    (0.1221, 0.845, 4)
    >>> random_effects([0.1, 0.2], [0.05, 0.05]).code
    'few-studies'
    """
    from scipy.special import chdtrc

    y, v = _checked(effects, errors)
    count, cautions = len(y), []
    if studies is not None:
        y, v, _ = aggregate(effects, errors, studies, correlation=correlation)
        if len(y) < count:
            text = f"{count} results of {len(y)} studies: one mean per study, errors taken to correlate by {correlation:g}"
            cautions.append(Caution("correlation-assumed", text))
    if len(y) < ENOUGH:
        return _refused(len(y), count, "random effects (REML, Hartung-Knapp)", confidence)
    if spread(y) == 0:
        return _refused(len(y), count, "random effects (REML, Hartung-Knapp)", confidence, "no-spread", ALIKE)
    k, tau2 = len(y), _reml(y, v)
    w = 1 / (v + tau2)
    mean = float(w @ y / w.sum())
    scale = float(w @ (y - mean) ** 2) / (k - 1)
    se = math.sqrt(scale / w.sum())
    if scale < 1:
        text = "the studies agree better than their standard errors say: the interval is narrower than with those errors alone"
        cautions.append(Caution("narrow", text))
    fixed = 1 / v
    q = float(fixed @ (y - fixed @ y / fixed.sum()) ** 2)
    typical = (k - 1) * fixed.sum() / float(fixed @ _others(fixed))
    numbers = (math.sqrt(tau2), q, float(chdtrc(k - 1, q)), float(tau2 / (tau2 + typical)))
    method = "random effects (REML, Hartung-Knapp)"
    return _pooled(mean, se, math.sqrt(se**2 + tau2), numbers, (k, count), method, confidence, tuple(cautions))


def study_means(effects: Sequence[float], studies: Sequence[Hashable], *, confidence: float = 0.95) -> Pooled:
    """Mean over studies of their mean log ratios, where no standard error is published.

    Student's t over the study means, each counted alike, and the prediction interval mean +- t(k - 1) * s * sqrt(1 + 1 / k).
    How many results a study gives does not matter.

    >>> study_means([0.1, 0.3, 0.2, 0.4], ["a", "a", "b", "c"]).studies
    3
    >>> study_means([0.1, 0.3, 0.2], ["a", "a", "b"]).sentence()
    'Nothing is pooled: 2 studies do not show how much studies differ.'
    """
    y = numbers(effects, "the list of effects")
    if y.ndim != 1:
        raise UsageError("the effects are not a list of numbers", hint="give one log ratio per result")
    _finite(y)
    groups = _groups(studies, len(y))
    means = np.array([y[places].mean() for places in groups.values()])
    k, method = len(means), "mean of study means, Student's t"
    if k < ENOUGH:
        return _refused(k, len(y), method, confidence)
    scatter = spread(means)
    if scatter == 0:
        return _refused(k, len(y), method, confidence, "no-spread", ALIKE)
    nan = math.nan
    return _pooled(float(means.mean()), scatter / math.sqrt(k), scatter * math.sqrt(1 + 1 / k), (nan, nan, nan, nan), (k, len(y)),
                   method, confidence, ())  # fmt: skip


def aggregate(
    effects: Sequence[float], errors: Sequence[float], studies: Sequence[Hashable], *, correlation: float = 0.5
) -> tuple[np.ndarray, np.ndarray, list[Hashable]]:
    """One effect per study: means, their variances, and the studies in the order of the data.

    Within a study the errors correlate by `correlation`; with covariance matrix V the mean is weighted by the row sums of V^-1
    (generalised least squares), its variance is 1 / sum(V^-1).

    >>> y, v, names = aggregate([0.1, 0.3, 0.2], [0.1, 0.1, 0.1], ["a", "a", "b"])
    >>> y.round(3).tolist(), v.round(4).tolist(), names
    ([0.2, 0.2], [0.0075, 0.01], ['a', 'b'])
    """
    y, v = _checked(effects, errors)
    checks.within("correlation", correlation, 0, 1, "give a fraction from 0 to below 1, such as 0.5")
    groups = _groups(studies, len(y))
    means, variances = [], []
    for places in groups.values():
        s = np.sqrt(v[places])
        matrix = np.outer(s, s) * (correlation + (1 - correlation) * np.eye(len(s)))
        weights = np.linalg.solve(matrix, np.ones(len(s)))
        means.append(weights @ y[places] / weights.sum())
        variances.append(1 / weights.sum())
    return np.array(means), np.array(variances), list(groups)


def _reml(y: np.ndarray, v: np.ndarray) -> float:
    """Variance between studies: the root of the restricted score, by Fisher scoring from the method of moments, 0 if below."""
    w = 1 / v
    q = float(w @ (y - w @ y / w.sum()) ** 2)
    tau2 = max(0.0, (q - (len(y) - 1)) / (float(w @ _others(w)) / float(w.sum())))
    for _ in range(1000):
        w = 1 / (v + tau2)
        one, others = float(w.sum()), _others(w)
        mean = w @ y / one
        # Trace of the projection and of its square; as sums of what is positive, for one study can outweigh all others.
        trace, square = float(w @ others) / one, float((w * others) @ (w * others) + w**2 @ _others(w**2)) / one**2
        step = (float(w**2 @ (y - mean) ** 2) - trace) / square
        moved = max(0.0, tau2 + step)
        if abs(moved - tau2) <= 1e-13 * (tau2 + float(v.min())):
            return moved
        tau2 = moved
    return tau2


def _others(values: np.ndarray) -> np.ndarray:
    """For each value the sum of the others, without subtracting it from the sum of all."""
    return np.concatenate(([0.0], np.cumsum(values)[:-1])) + np.concatenate((np.cumsum(values[::-1])[-2::-1], [0.0]))


def _pooled(mean: float, se: float, wide: float, numbers: tuple[float, float, float, float], counts: tuple[int, int], method: str,
            confidence: float, cautions: tuple[Caution, ...]) -> Pooled:  # fmt: skip
    from scipy.special import stdtr, stdtrit

    _level(confidence)
    df = counts[0] - 1
    t = float(stdtrit(df, 0.5 + confidence / 2))
    p = 2 * float(stdtr(df, -abs(mean) / se)) if se > 0 else 0.0
    ends = (mean, mean - t * se, mean + t * se, mean - t * wide, mean + t * wide)
    ratios = (math.exp(end) if end < EXTREME else math.inf for end in ends)
    return Pooled(*ratios, p, *numbers, *counts, method, confidence, cautions=cautions)


def _refused(k: int, count: int, method: str, confidence: float, code: str = "few-studies", reason: str = "") -> Pooled:
    _level(confidence)
    reason = reason or f"{k} {'study does' if k == 1 else 'studies do'} not show how much studies differ"
    return Pooled(*[math.nan] * 10, k, count, method, confidence, code, reason)


def _level(confidence: float) -> None:
    checks.confidence(confidence)


def _checked(effects: Sequence[float], errors: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    y, s = numbers(effects, "the list of effects"), numbers(errors, "the list of standard errors")
    if y.ndim != 1 or y.shape != s.shape:
        raise UsageError("effects and standard errors differ in length", hint="give one standard error per effect")
    _finite(y)
    good = np.isfinite(s) & (s > 0)
    if not np.all(good):
        raise DataError(f"standard error {int(np.argmin(good)) + 1} is not above 0", hint="leave results without one out")
    good = (s > 1 / FARTHEST) & (s < FARTHEST)
    if not np.all(good):
        place = int(np.argmin(good))
        raise DataError(f"standard error {place + 1} is {s[place]:g}: no log ratio has that", hint="give that of a log ratio")
    return y, s**2


def _finite(effects: np.ndarray) -> None:
    if not np.all(np.isfinite(effects)):
        raise DataError(f"effect {int(np.argmin(np.isfinite(effects))) + 1} is not a finite number", hint="give the log of a ratio")
    far = np.abs(effects) > EXTREME
    if far.any():
        place = int(far.argmax())
        raise DataError(f"effect {place + 1} is {effects[place]:g}, beyond the log of any ratio", hint="give the log of a ratio")


def _groups(studies: Sequence[Hashable], count: int) -> dict[Hashable, list[int]]:
    if not isinstance(studies, Sized):
        raise UsageError(f"the studies are {studies!r}, which is not a list", hint="name the study of each effect")
    if len(studies) != count:
        raise UsageError("effects and studies differ in length", hint="name the study of each effect")
    groups: dict[Hashable, list[int]] = {}
    for place, study in enumerate(studies):
        if not isinstance(study, Hashable):
            raise UsageError(f"study {place + 1} is {study!r}, which is no name", hint="name the study of each effect")
        if study != study:
            raise UsageError(f"the study of effect {place + 1} has no name", hint="name the study of each effect")
        groups.setdefault(study, []).append(place)
    return groups
