"""Welch's t and the paired t against values worked by hand, R's documented output, and scipy."""

import math

import numpy as np
import pytest
from scipy import stats as reference

from amxperf.stats import compare_samples
from amxperf.stats.welch import paired_t, spread, welch

# R: t.test(extra ~ group, data = sleep), the example of ?t.test (Student's sleep data, Biometrika 6, 1908). It prints
# t = -1.8608, df = 17.776, p-value = 0.07939, interval -3.3654832 to 0.2054832, means 0.75 and 2.33.
SLEEP_1 = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SLEEP_2 = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])


def test_by_hand():
    # b = 0, 2, 4: mean 2, variance (4 + 0 + 4) / 2 = 4.       s^2/n = 4/3
    # t = 1, 3, 5, 7: mean 4, variance (9 + 1 + 1 + 9) / 3 = 20/3.   s^2/m = 5/3
    # se^2 = 4/3 + 5/3 = 3;  df = 9 / ((16/9) / 2 + (25/9) / 3) = 9 / (98/54) = 486/98
    estimate = welch(np.array([0.0, 2.0, 4.0]), np.array([1.0, 3.0, 5.0, 7.0]))
    assert estimate.shift == 2
    assert estimate.df == pytest.approx(486 / 98, rel=1e-14)
    half = reference.t.ppf(0.975, 486 / 98) * math.sqrt(3)
    assert (estimate.low, estimate.high) == pytest.approx((2 - half, 2 + half), rel=1e-12)
    half90 = reference.t.ppf(0.95, 486 / 98) * math.sqrt(3)
    assert (estimate.low90, estimate.high90) == pytest.approx((2 - half90, 2 + half90), rel=1e-12)
    assert estimate.p == pytest.approx(2 * reference.t.sf(2 / math.sqrt(3), 486 / 98), rel=1e-12)


def test_by_hand_with_a_table_value():
    # Two arms of two: differences of logs 0, 2 and 10, 12. Variances 2 and 2, se^2 = 1 + 1 = 2, df = 4 / (1 + 1) = 2.
    # t(0.975, 2) = 4.302653 in every table, so the interval is 10 -+ 4.302653 * 1.414214 = 3.915131 to 16.084869.
    estimate = welch(np.array([0.0, 2.0]), np.array([10.0, 12.0]))
    assert estimate.df == pytest.approx(2)
    assert (estimate.low, estimate.high) == pytest.approx((3.915130, 16.084870), abs=2e-6)


def test_r_documentation():
    estimate = welch(SLEEP_2, SLEEP_1)
    assert estimate.shift == pytest.approx(0.75 - 2.33)
    assert estimate.df == pytest.approx(17.776, abs=5e-4)
    assert estimate.p == pytest.approx(0.07939, abs=5e-6)
    assert (estimate.low, estimate.high) == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)


def test_r_documentation_paired():
    # R: with(sleep, t.test(extra[group == 1], extra[group == 2], paired = TRUE)):
    # t = -4.0621, df = 9, p-value = 0.002833, interval -2.4598858 to -0.7001142.
    estimate = paired_t(SLEEP_2, SLEEP_1)
    assert estimate.df == 9
    assert estimate.p == pytest.approx(0.002833, abs=5e-7)
    assert (estimate.low, estimate.high) == pytest.approx((-2.4598858, -0.7001142), abs=5e-8)


@pytest.mark.parametrize("seed", range(5))
def test_scipy(seed):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(2, 20, 2)
    b, t = rng.lognormal(0, 0.1, n), rng.lognormal(0.05, 0.3, m)
    expected = reference.ttest_ind(np.log(t), np.log(b), equal_var=False)
    estimate = welch(np.log(b), np.log(t))
    assert estimate.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert estimate.df == pytest.approx(expected.df, rel=1e-9)
    for level, ends in ((0.95, (estimate.low, estimate.high)), (0.90, (estimate.low90, estimate.high90))):
        assert ends == pytest.approx(tuple(expected.confidence_interval(level)), rel=1e-9, abs=1e-12)


def test_scipy_through_the_public_function():
    rng = np.random.default_rng(7)
    b, t = rng.lognormal(0, 0.1, (4, 9)), rng.lognormal(0.1, 0.2, (6, 5))
    medians_b, medians_t = np.median(np.log(b), axis=1), np.median(np.log(t), axis=1)
    expected = reference.ttest_ind(medians_t, medians_b, equal_var=False)
    result = compare_samples(b, t)
    assert result.ratio == pytest.approx(math.exp(medians_t.mean() - medians_b.mean()), rel=1e-12)
    assert (result.low, result.high) == pytest.approx(tuple(np.exp(expected.confidence_interval())), rel=1e-9)
    assert result.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert result.spread_treatment == pytest.approx(np.std(medians_t, ddof=1), rel=1e-12)


def test_a_constant_arm_leaves_the_other_to_speak():
    # Only t has a variance: se^2 = s_t^2 / m and df = m - 1, the one-sample t.
    t = np.array([0.10, 0.12, 0.15, 0.11])
    estimate = welch(np.zeros(3), t)
    expected = reference.ttest_1samp(t, 0.0)
    assert estimate.df == pytest.approx(3)
    assert estimate.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert [caution.code for caution in estimate.cautions] == ["constant-arm"]
    assert "baseline" in estimate.cautions[0].message


def test_two_constant_arms_have_no_interval():
    estimate = welch(np.zeros(3), np.ones(3))
    assert math.isnan(estimate.low) and math.isnan(estimate.p)
    assert [caution.code for caution in estimate.cautions] == ["no-spread"]


def test_spread_sees_through_rounding():
    values = np.log(np.array([0.1, 0.1, 0.1]))  # np.std of equal values need not be exactly 0
    assert spread(values) == 0.0
    assert math.isnan(spread(values[:1]))
