"""Variance components against the model that the values were drawn from, and by hand where there are few."""

import math

import numpy as np
import pytest

from amxperf.errors import UsageError
from amxperf.stats.components import Components, combined, components
from amxperf.stats.plan import upper_spread
from amxperf.stats.result import Caution


@pytest.mark.parametrize("location", ["median", "mean"])
def test_three_levels(location):
    """60 boots of 4 launches of 40 iterations: a standard deviation is then known to about 9, 5 and 1 %."""
    rng = np.random.default_rng(20261124)
    boots = [[np.exp(b + rng.normal(0, 0.02) + rng.normal(0, 0.04, 40)) for _ in range(4)] for b in rng.normal(0, 0.03, 60)]
    found = components(boots, location)
    assert found.boot == pytest.approx(0.03, rel=0.27)
    assert found.launch == pytest.approx(0.02, rel=0.15)
    assert found.iteration == pytest.approx(0.04, rel=0.05)
    assert (found.boots, found.launches, found.iterations) == (60, 4, 40) and found.cautions == ()
    assert found.icc == pytest.approx(found.boot**2 / (found.boot**2 + found.launch**2 + found.iteration**2))


def test_by_hand():
    """Log means 0.1 and 0.3 (variance 0.02), inside both a variance of 0.02: T^2 = 0.02 - 0.02 / 2 = 0.01."""
    boots = [[np.exp([0.0, 0.2])], [np.exp([0.2, 0.4])]]
    found = components([[np.exp(np.log(v))] for boot in boots for v in boot])
    assert found.iteration == pytest.approx(math.sqrt(0.02)) and found.boot == pytest.approx(0.1) and math.isnan(found.launch)


def test_less_than_noise_is_clamped_and_said():
    found = components([[np.exp([0.0, 0.5])], [np.exp([0.01, 0.51])]])
    assert found.boot == 0 and [caution.code for caution in found.cautions] == ["component-clamped"]


def test_what_cannot_be_told_is_nan():
    one = components([[np.array([1.0, 2.0, 3.0])]])
    assert math.isnan(one.boot) and math.isnan(one.launch) and one.iteration > 0 and math.isnan(one.icc)
    single = components([[np.array([1.0])], [np.array([2.0])]])
    assert math.isnan(single.iteration) and single.boot == pytest.approx(math.log(2) / math.sqrt(2))


def test_combined_arms():
    nan = math.nan
    both = combined(Components(nan, 0.03, 0.01, 1, 10, 20), Components(nan, 0.04, 0.02, 1, 10, 10))
    assert both.launch == pytest.approx(math.sqrt((9e-4 + 16e-4) / 2)) and math.isnan(both.boot) and both.boots == 1


def test_unknown_words():
    with pytest.raises(UsageError):
        components([[np.ones(3)]], "mode")
    with pytest.raises(UsageError):
        Components(0, 0, 0, 1, 1, 1).with_spread("iteration", 0.1)


def test_what_holds_for_one_arm_is_said_of_one_arm():
    """The caution of both stays as it is."""
    said = Caution("component-clamped", "boots are alike")
    one, other = (Components(0.0, 0.01, 0.02, 3, 2, 10, cautions=told) for told in ((said,), ()))
    assert combined(one, one).cautions == (said,)
    assert [caution.message for caution in combined(one, other).cautions] == ["in one arm boots are alike"]


def test_degrees_of_freedom_of_both_arms_count():
    """Launches of unknown boots are one boot per arm: 10 and 10 of them have 9 + 9 degrees of freedom, not 9.

    The bound of 80 % is T * sqrt(f / chi2(0.2, f)); R 4.2.2: qchisq(0.2, 18) is 12.856953096411939.
    """
    arm = components([[np.exp([k / 100]) for k in range(10)]], "mean")
    assert (arm.boots, arm.degrees("boot"), arm.degrees("launch")) == (1, 0, 9)
    both = combined(arm, arm)
    assert (both.boots, both.launches, both.degrees("boot"), both.degrees("launch")) == (1, 10, 0, 18)
    assert upper_spread(both, "launch") == pytest.approx(both.launch * math.sqrt(18 / 12.856953096411939), rel=1e-9)
    assert upper_spread(both, "launch") < upper_spread(arm, "launch")


def test_degrees_of_freedom_of_launches_inside_boots():
    """Five boots of two launches know how launches of a boot differ from five differences, though there are ten launches."""
    rng = np.random.default_rng(3)
    arm = components([[np.exp(rng.normal(0, 0.02, 1)) for _ in range(2)] for _ in range(5)])
    assert (arm.degrees("boot"), arm.degrees("launch")) == (4, 5) and combined(arm, arm).degrees("launch") == 10
    assert Components(0.01, 0.02, 0.03, 5, 2, 10).degrees("launch") == 5  # as stated by hand


def test_degrees_of_freedom_of_arms_that_differ_in_size():
    """Var((A + B) / 2) = (2 s^4 / f + 2 s^4 / g) / 4 for variances A, B of f, g degrees; 2 s^4 / h with h = 4 / (1 / f + 1 / g)."""
    small, large = (Components(0.02, math.nan, 0.01, n, 1, 10) for n in (2, 11))
    assert combined(small, large).degrees("boot") == pytest.approx(4 / (1 + 1 / 10))
    assert combined(small, Components(math.nan, math.nan, 0.01, 1, 1, 10)).degrees("boot") == 0


def test_an_assumed_spread_has_no_bound():
    arm = components([[np.exp([k / 100])] for k in range(5)])
    assert math.isnan(upper_spread(arm.with_spread("boot", 0.03), "boot")) and arm.with_spread("boot", 0.03).boot == 0.03
