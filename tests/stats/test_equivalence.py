"""p of equivalence: by scipy's one-sided tests at both ends of the margin, in step with the interval, and adjusted for many."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from amxperf.stats import compare_many, compare_samples
from amxperf.stats.many import adjusted

BOUND = math.log1p(0.02)


def launches(seed, n=5, k=4, shift=0.0, spread=0.01):
    return np.exp(np.random.default_rng(seed).normal(shift, spread, (n, k)))


@pytest.mark.parametrize("shift", [0.0, 0.012, -0.03])
def test_launches_by_scipy(shift):
    b, t = launches(1), launches(2, n=7, shift=shift)
    left, right = (np.median(np.log(arm), axis=1) for arm in (b, t))
    ends = [stats.ttest_ind(right + BOUND, left, equal_var=False, alternative="greater").pvalue,
            stats.ttest_ind(right - BOUND, left, equal_var=False, alternative="less").pvalue]  # fmt: skip
    assert compare_samples(b, t).p_equivalence == pytest.approx(max(ends), rel=1e-9)


def test_pairs_by_scipy():
    b = launches(3)
    t = b * np.exp(np.random.default_rng(4).normal(0.004, 0.004, (5, 1)))
    change = np.median(np.log(t), axis=1) - np.median(np.log(b), axis=1)
    ends = [stats.ttest_1samp(change, end, alternative=side).pvalue for end, side in ((-BOUND, "greater"), (BOUND, "less"))]
    assert compare_samples(b, t, paired=True).p_equivalence == pytest.approx(max(ends), rel=1e-9)


@pytest.mark.parametrize(("n", "m", "shift"), [(6, 8, 0.0), (12, 9, 0.006), (30, 30, -0.004), (60, 60, 0.002)])
def test_single_values_by_scipy(n, m, shift):
    """Mann-Whitney and Brunner-Munzel, the larger of both, at both ends; exact up to 2,500 pairs."""
    b, t = launches(5, n, 1)[:, 0], launches(6, m, 1, shift)[:, 0]
    x, y = np.log(b), np.log(t)
    method = "exact" if n * m <= 2500 else "asymptotic"
    ends = []
    for end, side in ((-BOUND, "greater"), (BOUND, "less")):
        other = {"greater": "less", "less": "greater"}[side]  # scipy's test asks of its first sample
        ends += [stats.mannwhitneyu(y - end, x, alternative=side, method=method).pvalue,
                 stats.brunnermunzel(x, y - end, alternative=other).pvalue]  # fmt: skip
    found = compare_samples(b, t)
    assert "Mann-Whitney" in found.method and not {"autocorrelation"} & {caution.code for caution in found.cautions}
    assert found.p_equivalence == pytest.approx(max(ends), rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.sampled_from([(5, 1), (8, 1), (30, 1), (3, 4), (2, 3)]), st.floats(-0.03, 0.03),
       st.sampled_from([0.002, 0.01, 0.03]), st.sampled_from([0.9, 0.95, 0.99]))  # fmt: skip
def test_p_and_interval_agree(seed, shape, shift, spread, confidence):
    arms = [launches(seed + k, *shape, shift * k, spread) for k in (0, 1)]
    if shape[1] == 1:
        arms = [arm[:, 0] for arm in arms]
    found = compare_samples(*arms, confidence=confidence)
    inside = math.exp(-BOUND) < found.low90 and found.high90 < math.exp(BOUND)
    assert (found.p_equivalence < 1 - confidence) == inside == ("equivalent" in found.verdict)


def test_a_widened_interval_has_a_larger_p():
    """Series: the interval is stretched by a factor, and p is where the stretched interval meets the margin."""
    rng = np.random.default_rng(8)
    walk = [np.exp(0.004 * np.repeat(rng.normal(0, 1, 8), 5) + rng.normal(0, 0.001, 40)) for _ in range(2)]
    found, mixed = compare_samples(*walk), compare_samples(*(rng.permutation(arm) for arm in walk))
    assert "autocorrelation" in {caution.code for caution in found.cautions}
    assert found.p_equivalence > mixed.p_equivalence
    for confidence in (0.8, 0.9, 0.95, 0.99):
        again = compare_samples(*walk, confidence=confidence)
        assert (found.p_equivalence < 1 - confidence) == ("equivalent" in again.verdict)


def test_equivalences_are_adjusted_as_differences_are():
    rng = np.random.default_rng(11)
    arms = [np.exp(rng.normal(0, 0.012, (30, 8, 1))) for _ in range(2)]
    alone, found = compare_many(*arms), compare_many(*arms).adjust()
    wanted = adjusted(alone.equivalence)
    assert found.alike.tolist() == pytest.approx(wanted)
    lost = 0
    for one, other, q in zip(alone, found, wanted, strict=True):
        assert other.adjusted_equivalence == pytest.approx(q) and other.p_equivalence == one.p_equivalence
        assert ("equivalent" in other.verdict) == ("equivalent" in one.verdict and q < 0.05)
        gone = "equivalent" in one.verdict and q >= 0.05
        assert ("lies inside the margin on its own" in " ".join(map(str, other.cautions))) == gone
        if gone and other.verdict == "inconclusive":
            assert other.settle is None and other.reason.endswith("no longer after adjustment for the other comparisons")
        assert other.alone() == one.verdict
        lost += gone
    assert lost  # else this test shows nothing
