"""Bad input for steady, plan, components and meta: one sentence or an answer, never a traceback or a warning of NumPy."""

import math
import warnings
from decimal import Decimal

import numpy as np
import pytest

from amxperf.errors import AmxperfError, DataError, UsageError
from amxperf.stats import checks, compare_many, compare_samples
from amxperf.stats.components import Components, components
from amxperf.stats.meta import aggregate, random_effects, study_means
from amxperf.stats.plan import Costs, plan
from amxperf.stats.steady import steady

NAN, INF = math.nan, math.inf
NOT_NUMBERS = ["abc", ["1", "x"], [True] * 9, [1j] * 9, [None] * 9, {1, 2}, {1: 2}, (x for x in range(9)), [10**400] * 9,
               [[1.0], [2.0, 3.0]]]  # fmt: skip
"""What is not a list of numbers, or holds one that is too large for a double."""
ODD = [NAN, INF, -INF, -1, 0, 1e-320, 1e308, "x", None, True, 2.5, 10**400]
MASKED = np.ma.masked_array(np.linspace(1, 2, 20), mask=[False] * 19 + [True])


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def answers(function, *arguments, **options):
    """It answers, or raises one clear error: a sentence without a line break."""
    try:
        return function(*arguments, **options)
    except AmxperfError as error:
        assert str(error).strip()
        return None


@pytest.mark.parametrize("values", NOT_NUMBERS, ids=lambda values: type(values[0] if isinstance(values, list) else values).__name__)
def test_not_numbers(values):
    with pytest.raises((DataError, UsageError)):
        steady(values)
    with pytest.raises((DataError, UsageError)):
        components([[values], [[1.0, 2.0]]])
    with pytest.raises((DataError, UsageError)):
        random_effects(values, [0.1] * 9)
    with pytest.raises((DataError, UsageError)):
        random_effects([0.1] * 9, values)
    with pytest.raises((DataError, UsageError)):
        study_means(values, range(9))


def test_what_is_masked_is_not_taken():
    for call in (lambda: steady(MASKED), lambda: components([[MASKED], [MASKED]]), lambda: study_means(MASKED, range(20)),
                 lambda: random_effects(MASKED, np.ones(20)), lambda: random_effects(np.ones(20), MASKED),
                 lambda: compare_many(np.ma.stack([MASKED] * 2), np.ones((2, 20)))):  # fmt: skip
        with pytest.raises(DataError):
            call()


@pytest.mark.parametrize("value", [0, -1, NAN, INF, -INF])
def test_a_pilot_of_values_that_have_no_log(value):
    with pytest.raises(DataError, match=r"pilot, boot 1, launch 1, value 2 is .*positive finite"):
        components([[[1.0, value]], [[1.0, 2.0]]])


def test_numbers_of_other_types_are_numbers():
    assert steady([Decimal("1.5")] * 9).shape == "flat" and steady(np.full(9, 7, dtype=np.uint8)).shape == "flat"
    assert steady([1.7e308] * 4).segments[0].level == pytest.approx(1.7e308) and steady([5e-324] * 20).shape == "flat"


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:9])
def test_options_out_of_range(value):
    series = [1.0, 1.1] * 10
    pilot = Components(0.01, 0.0, 0.02, 3, 1, 10)
    for name in ("join", "better"):
        answers(steady, series, **{name: value})
    for goal in ("width", "change", "margin"):
        answers(plan, pilot, **{goal: value})
        for name in ("power", "confidence", "launches", "iterations", "replicate"):
            answers(plan, pilot, **{goal: 0.02, name: value})
        for level in ("boot", "launch", "iteration"):
            answers(lambda goal=goal, level=level: plan(Components(**{**vars(pilot), level: value}), **{goal: 0.02}))
            answers(lambda goal=goal, level=level: plan(pilot, **{goal: 0.02}, costs=Costs(**{level: value})))
    answers(random_effects, [0.1, 0.2, 0.4], [0.1] * 3, confidence=value)
    answers(random_effects, [0.1, 0.2, 0.4], [0.1] * 3, "aab", correlation=value)
    answers(aggregate, [0.1, 0.2, 0.4], [0.1] * 3, value)
    answers(study_means, [0.1, 0.2, 0.4], value)
    for name in ("confidence", "margin", "paired"):
        answers(compare_samples, series, series[::-1], **{name: value})


def test_a_study_without_a_name():
    for bad in ([NAN, 1, 2], [["a"], "b", "c"]):
        with pytest.raises(UsageError, match="study"):
            study_means([0.1, 0.2, 0.4], bad)


@pytest.mark.parametrize(("effects", "errors"), [
    ([0.1, 0.2, 0.15, 0.4], [1e-5, 1e5, 1, 1]), ([0.1, 0.2, 0.15, 0.4], [1e-5, 1e-5, 1e5, 1e5]), ([600, -600, 1, 2], [0.1] * 4),
])  # fmt: skip
def test_studies_of_very_unlike_weight(effects, errors):
    """One study outweighs all others by 10^20: sums of squares less squares of sums would be 0 or negative."""
    found = random_effects(effects, errors)
    assert found.low <= found.ratio <= found.high and found.tau >= 0 and 0 <= found.i2 <= 1


def test_beyond_any_ratio():
    with pytest.raises(DataError, match="effect 2 is 800, beyond"):
        random_effects([0.1, 800, 0.2], [0.1] * 3)
    with pytest.raises(DataError, match="standard error 1 is 1e\\+300"):
        random_effects([0.1, 0.3, 0.2], [1e300, 0.1, 0.1])


def test_a_confidence_that_doubles_cannot_tell_from_one():
    assert checks.confidence(0.999999) == 0.999999
    with pytest.raises(UsageError, match="the confidence is 1;"):
        compare_samples([[1.0], [1.1]], [[1.2], [1.3]], confidence=1 - 2**-53)
