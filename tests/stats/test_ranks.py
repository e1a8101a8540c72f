"""Rank methods against scipy, R's documented output, and brute force over permutations and differences."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats as reference

from amxperf.stats import brunner_munzel, compare_samples, nulls, ranks, serial

# R: the second example of ?wilcox.test (Hollander and Wolfe 1973, p. 69, permeability of the chorioamnion):
# wilcox.test(x, y, alternative = "greater") prints W = 35, p-value = 0.1272.
TERM = np.array([0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46])
EARLY = np.array([1.15, 0.88, 0.90, 0.74, 1.21])

# Brunner and Munzel's pain scores (Biometrical Journal 42, 2000), as in R's lawstat and brunnermunzel:
# statistic 3.1375, df = 17.683, p-value = 0.005786.
PAIN_Y = np.sort(np.array([1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1], float))
PAIN_N = np.sort(np.array([3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4], float))


def arms(seed, low=5, high=30, scale=0.2):
    rng = np.random.default_rng(seed)
    m, n = rng.integers(low, high, 2)
    return rng.normal(0, 0.1, m), rng.normal(0.05, scale, n)


def test_r_documentation():
    assert ranks.mann_whitney_p(np.sort(TERM), np.sort(EARLY)) == pytest.approx(2 * 0.1272, abs=1e-4)
    assert ranks.brunner_munzel_p(PAIN_Y, PAIN_N) == pytest.approx(0.005786, abs=5e-7)


@pytest.mark.parametrize("seed", range(10))
def test_scipy_without_ties(seed):
    x, y = (np.sort(arm) for arm in arms(seed))
    exact = reference.mannwhitneyu(x, y, method="exact").pvalue
    assert ranks.mann_whitney_p(x, y) == pytest.approx(exact, rel=1e-9)
    assert ranks.brunner_munzel_p(x, y) == pytest.approx(reference.brunnermunzel(x, y).pvalue, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("seed", range(5))
def test_midranks_by_all_permutations(seed):
    rng = np.random.default_rng(seed)
    pooled = rng.integers(0, 4, 10).astype(float)  # many ties
    m = 4
    midranks = reference.rankdata(pooled)
    sums = np.array([midranks[list(chosen)].sum() for chosen in itertools.combinations(range(10), m)])
    observed = midranks[:m].sum()
    expected = min(1.0, 2 * min((sums <= observed).mean(), (sums >= observed).mean()))
    assert ranks.mann_whitney_p(np.sort(pooled[:m]), np.sort(pooled[m:])) == pytest.approx(expected, rel=1e-12)
    assert ranks.mann_whitney_p(np.sort(pooled[m:]), np.sort(pooled[:m])) == pytest.approx(expected, rel=1e-12)


def test_brunner_munzel_at_its_edges():
    low, high = np.arange(5.0), np.arange(5.0) + 10
    assert ranks.brunner_munzel_p(low, high) == 0.0  # separated: no variance left
    assert ranks.brunner_munzel_p(np.ones(5), np.ones(6)) == 1.0


@pytest.mark.parametrize("seed", range(6))
def test_hodges_lehmann_by_brute_force(seed):
    b, t = arms(seed)
    shift = np.median([y - x for y in t for x in b])
    assert ranks.flat(b, t).shift == pytest.approx(shift, rel=1e-12)
    assert compare_samples(np.exp(b), np.exp(t)).ratio == pytest.approx(math.exp(shift), rel=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_interval_by_scanning_every_shift(seed):
    """The hull of all shifts that scipy's two tests keep, p between neighbouring differences being constant."""
    b, t = arms(seed, high=10)
    differences = np.sort((t[:, None] - b).ravel())
    shifts = (differences[1:] + differences[:-1]) / 2
    kept = []
    for gap, shift in enumerate(shifts):
        p = reference.mannwhitneyu(b, t - shift, method="exact").pvalue
        q = reference.brunnermunzel(b, t - shift).pvalue
        if p >= 0.05 or q >= 0.05:
            kept += [differences[gap], differences[gap + 1]]
    found = ranks._ranked(b[None], t[None], np.zeros(1, dtype=bool), 0.95).row(0)
    assert (found.low, found.high) == pytest.approx((min(kept), max(kept)), rel=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_p_and_interval_agree(seed):
    rng = np.random.default_rng(seed)
    digits = (8, 2, 1)[seed % 3]  # rounded arms have ties
    b, t = rng.normal(1, 0.1, 9).round(digits), rng.normal(1.12, 0.1, 11).round(digits)
    estimate = ranks.flat(np.log(b), np.log(t))
    assert (estimate.p < 0.05 - 1e-12) == (estimate.low > 0 or estimate.high < 0)


def test_counts_of_the_null_distribution():
    # m = n = 3: the numbers of ways to U = 0..9 are 1 1 2 3 3 3 3 2 1 1 of 20.
    assert (nulls.mann_whitney_pmf(3, 3) * 20).round(9).tolist() == [1, 1, 2, 3, 3, 3, 3, 2, 1, 1]
    assert nulls.mann_whitney_pmf(50, 50).sum() == pytest.approx(1, rel=1e-12)
    # The smallest tail of 10 against 10 is 1 / C(20, 10).
    assert nulls.mann_whitney_pmf(10, 10)[0] == pytest.approx(1 / math.comb(20, 10), rel=1e-12)


def test_normal_beyond_fifty():
    rng = np.random.default_rng(3)
    x, y = np.sort(rng.normal(0, 1, 60)), np.sort(rng.normal(0.3, 1, 70))
    expected = reference.mannwhitneyu(x, y, method="asymptotic", use_continuity=True).pvalue
    assert ranks.mann_whitney_p(x, y) == pytest.approx(expected, rel=1e-9)
    assert abs(nulls.first_kept(51, 51, 0.025) - nulls.first_kept(50, 50, 0.025)) < 60


def test_ties_fall_back_to_welch():
    b, t = [1.0, 1.1, 1.0, 1.2, 1.0, 1.1], [1.2, 1.3, 1.1, 1.3, 1.2, 1.2]
    result = compare_samples(b, t)
    expected = reference.ttest_ind(np.log(t), np.log(b), equal_var=False)
    assert result.method.startswith("Welch")
    assert "ties" in [caution.code for caution in result.cautions]
    assert result.p == pytest.approx(expected.pvalue, rel=1e-9)


def test_half_the_values_tied_still_ranks():
    b = [1.01, 1.02, 1.03, 1.04, 1.05, 1.06]
    t = [1.07, 1.07, 1.08, 1.08, 1.09, 1.09]  # six of twelve have an equal: not more than half
    assert compare_samples(b, t).method == ranks.METHOD


def test_an_unreachable_confidence_falls_back():
    b, t = arms(1, low=5, high=6)
    estimate = ranks.flat(b, t, confidence=0.999)  # 2 / C(10, 5) is 0.0079
    assert next(caution.code for caution in estimate.cautions) == "rank-limit"


def test_many_values_use_means():
    rng = np.random.default_rng(5)
    result = compare_samples(rng.lognormal(0, 0.1, 2500), rng.lognormal(0.5, 0.1, 2500))
    assert "many-values" in [caution.code for caution in result.cautions]
    assert result.verdict == "different"


def ar1(rng, n, phi):
    noise = rng.normal(0, 1, n)
    for i in range(1, n):
        noise[i] += phi * noise[i - 1]
    return noise


def test_autocorrelation_widens_and_warns():
    rng = np.random.default_rng(11)
    b, t = 0.05 * ar1(rng, 60, 0.8), 0.05 * ar1(rng, 60, 0.8)
    order = np.argsort(rng.random(60))
    related, shuffled = ranks.flat(b, t), ranks.flat(b[order], t[order])
    assert [caution.code for caution in related.cautions] == ["autocorrelation"]
    assert shuffled.cautions == ()
    assert related.shift == shuffled.shift
    assert related.high - related.low > 1.8 * (shuffled.high - shuffled.low)
    assert related.p > shuffled.p


def test_a_short_series_is_cautioned_but_not_widened():
    b, t = np.arange(5) / 100, np.arange(5) / 100 + 0.5  # drifting upwards: Bartels' z is 2.2
    estimate = ranks.flat(b, t)
    assert "unknown factor" in estimate.cautions[0].message
    assert estimate.p == pytest.approx(2 / math.comb(10, 5))


def test_the_lag1_test_keeps_its_level():
    rng = np.random.default_rng(12)
    fired = sum(serial.rank_lag1(rng.normal(size=20))[1] > serial.CRITICAL for _ in range(2000))
    assert 0.015 < fired / 2000 < 0.035


def test_lag1_against_a_plain_formula():
    values = np.array([3.0, 1.0, 4.0, 1.5, 5.0, 9.0, 2.0, 6.0])
    r = [4, 1, 5, 2, 6, 8, 3, 7]  # ranks, by hand
    steps = sum((p - q) ** 2 for p, q in itertools.pairwise(r))  # 9 + 16 + 9 + 16 + 4 + 25 + 16 = 95
    total = sum((p - 4.5) ** 2 for p in r)  # 42
    variance = 4 * 6 * (5 * 64 - 16 - 9) / (5 * 8 * 9 * 49)
    assert (steps, total) == (95, 42)
    assert serial.rank_lag1(values)[1] == pytest.approx((2 - 95 / 42) / math.sqrt(variance))


@pytest.mark.parametrize(("m", "n"), [(5, 5), (6, 9), (9, 6), (12, 12)])
@pytest.mark.parametrize("shape", ["normal", "bimodal", "quiet"])
def test_no_gap_left_out_is_kept(m, n, shape):
    """The first gap by the quick way is that of Brunner and Munzel's test at every gap, also where placements are 0 or all."""
    rng = np.random.default_rng(m * n)
    b, t = rng.normal(0, 1, (40, m)), rng.normal(0, 1, (40, n))
    b += 9 * (rng.random((40, m)) < 0.4) * (shape == "bimodal")
    b *= 0.01 if shape == "quiet" else 1
    x, y = np.sort(b, axis=1), np.sort(t, axis=1)
    differences = (y[:, :, None] - x[:, None, :]).reshape(40, m * n)
    order, first = ranks.ordered(differences), m * n // 2
    [(below, above)] = brunner_munzel.kept(differences, order, m, n, [(first, 0.05)])
    values = np.take_along_axis(differences, order, axis=1)
    for i in range(40):
        ps = [brunner_munzel.at_zero(x[i : i + 1], y[i : i + 1] - shift)[0] for shift in (values[i, 1:] + values[i, :-1]) / 2]
        inside = 1 + np.flatnonzero(np.array(ps) >= 0.05)
        assert (below[i], above[i]) == (min(first, inside.min()), max(m * n - first, inside.max()))
