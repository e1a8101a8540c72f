"""What takes a difference back where degrees of freedom are a guess: the series, where it applies, and what it leaves alone."""

import math

import numpy as np
import pytest
from scipy import stats as reference

from amxperf.gate import _judge
from amxperf.stats import Comparison, compare_many, compare_samples, degrees
from amxperf.stats.estimates import UNSURE


def arms(*locations):
    """Launches of one value each are flat samples; two equal values make them launches with that location."""
    return [np.array([value, value]) for value in np.exp(locations)]


def codes(result):
    return [caution.code for caution in result.cautions]


def aspin(w, f, z):
    """The quantile of Welch's series to the second order over z, as A. A. Aspin printed it (Biometrika 35, 1948, p. 88)."""
    one, two, three = (sum(share**k / n**j for share, n in zip(w, f, strict=True)) for k, j in ((2, 1), (2, 2), (3, 2)))
    fourth = (15 + 32 * z**2 + 9 * z**4) / 32 * one**2
    return 1 + (1 + z**2) / 4 * one - (1 + z**2) / 2 * two + (3 + 5 * z**2 + z**4) / 3 * three - fourth


@pytest.mark.parametrize("shares", [(0.9, 0.1), (0.5, 0.5), (0.3, 0.7)])
def test_the_series(shares):
    """With many degrees of freedom t times the stretch, less the term left out, is Welch's series up to the third order."""
    z = reference.norm.ppf(0.975)
    for n in (200, 400):
        f = (n, n // 2)
        parts, sizes = [np.array([w]) for w in shares], [np.array([k + 1]) for k in f]
        df = 1 / sum(w**2 / k for w, k in zip(shares, f, strict=True))
        left_out = (1 + z**2) / 2 * (sum(w**2 / k**2 for w, k in zip(shares, f, strict=True)) - 1 / df**2)
        found = reference.t.ppf(0.975, df) / z * (degrees.stretch(parts, sizes)[0] - left_out)
        assert abs(found - aspin(shares, f, z)) < 60 / n**3


def test_one_arm_brings_all_noise():
    assert degrees.stretch([np.array([0.0]), np.array([0.2])], [np.array([9]), np.array([2])]).tolist() == [1.0]


def test_a_narrow_difference_of_two_boots_is_taken_back():
    result = compare_samples(arms(0.0, 0.002), arms(0.040, 0.046))
    expected = reference.ttest_ind([0.040, 0.046], [0.0, 0.002], equal_var=False)
    assert result.p == pytest.approx(expected.pvalue, rel=1e-9) and result.p < 0.05 and result.low > 1  # Welch's t, as R has it
    assert result.verdict == "inconclusive" and UNSURE in codes(result)
    clear = compare_samples(arms(0.0, 0.002), arms(0.080, 0.086))
    assert clear.verdict == "different" and UNSURE not in codes(clear)


def test_verdict_reason_and_json_agree():
    rng = np.random.default_rng(1)
    b, t = rng.normal(0, 0.01, (400, 3)), rng.normal(0.05, 0.03, (400, 2))
    batch = compare_many(np.exp(np.repeat(b[:, :, None], 2, axis=2)), np.exp(np.repeat(t[:, :, None], 2, axis=2)))
    back = [result for result in batch if UNSURE in codes(result)]
    assert len(back) > 10
    for result in back:
        assert (result.low > 1 or result.high < 1) and "different" not in result.verdict
        assert "excludes 1, and no longer when its degrees of freedom" in result.reason
        assert result.alone() == result.verdict == Comparison.from_json(result.to_json()).alone()
    assert all("different" in result.verdict for result in batch if (result.low > 1 or result.high < 1) and result not in back)


def test_as_many_in_both_arms_from_three_on_is_welch():
    rng = np.random.default_rng(2)
    b, t = (np.exp(np.repeat(rng.normal(shift, 0.02, (300, 3))[:, :, None], 2, axis=2)) for shift in (0.0, 0.06))
    batch = compare_many(b, t)
    assert not any(UNSURE in codes(result) for result in batch)
    assert ((batch.low > 1) | (batch.high < 1)).tolist() == ["different" in word for word in batch.verdicts]


def test_the_gate_cannot_tell():
    rng = np.random.default_rng(3)
    for _ in range(300):
        b, t = rng.normal(0, 0.01, 3), rng.normal(0.2, 0.03, 2)
        result = compare_samples(arms(*b), arms(*t)).named(better="lower", benchmark="b", metric="time")
        if UNSURE in codes(result) and result.low > 1.02:
            judged = _judge(result, 0.02)
            assert judged.outcome == "cannot tell" and "degrees of freedom" in judged.reason
            return
    pytest.fail("no such result")


def test_adjusting_for_others_does_not_bring_it_back():
    rng = np.random.default_rng(1)
    b, t = rng.normal(0, 0.01, (50, 3)), rng.normal(0.15, 0.03, (50, 2))
    batch = compare_many(np.exp(np.repeat(b[:, :, None], 2, axis=2)), np.exp(np.repeat(t[:, :, None], 2, axis=2)))
    taken = [i for i, result in enumerate(batch) if UNSURE in codes(result)]
    together = batch.adjust()
    assert taken and not any("different" in together[i].verdict for i in taken)
    assert math.isfinite(together[taken[0]].adjusted)
