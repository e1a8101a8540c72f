"""Agreement with independent references to 1e-9.

R 4.2.2 (base R): tests/stats/reference/make.R made r.json. NIST: Statistical Reference Datasets, analysis of variance
(www.itl.nist.gov/div898/strd), certified values as published; worked out again here in exact rational arithmetic.
"""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from amxperf.stats import compare_many, compare_samples
from amxperf.stats.many import adjusted
from amxperf.stats.ranks import flats, mann_whitney_p
from amxperf.stats.variances import anova, variances
from amxperf.stats.welch import paired_t, welch

CASES = json.loads((Path(__file__).parent / "reference" / "r.json").read_text())


def cases(kind):
    return [pytest.param(case, id=f"{case['name']} {case['level']:g}") for case in CASES if case["name"].startswith(kind)]


@pytest.mark.parametrize("case", cases("t.test"))
def test_t_test(case):
    estimate = welch(np.log(case["x"]), np.log(case["y"]), case["level"])
    found = [getattr(estimate, name) for name in ("shift", "low", "high", "p", "df")]
    assert found == pytest.approx([case[name] for name in ("estimate", "low", "high", "p", "df")], rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("case", cases("t.test"))
def test_t_test_through_the_public_function(case):
    launches = [[[value, value] for value in case[arm]] for arm in "xy"]
    result = compare_samples(*launches, confidence=case["level"])
    wanted = [*np.exp([case["estimate"], case["low"], case["high"]]), case["p"], case["df"]]
    assert [result.ratio, result.low, result.high, result.p, result.df] == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("case", cases("paired"))
def test_paired_t_test(case):
    estimate = paired_t(np.log(case["x"]), np.log(case["y"]))
    found = [getattr(estimate, name) for name in ("shift", "low", "high", "p", "df")]
    assert found == pytest.approx([case[name] for name in ("estimate", "low", "high", "p", "df")], rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("case", cases("wilcox.test"))
def test_wilcox_test(case):
    """p and Hodges-Lehmann estimate are R's; our interval is the hull with Brunner and Munzel's and holds R's."""
    x, y = (np.sort(np.log(case[arm])) for arm in "xy")
    assert mann_whitney_p(x, y) == pytest.approx(case["p"], rel=1e-9)
    estimate = flats(x[None, ::-1], y[None, ::-1], case["level"]).row(0)
    assert estimate.shift == pytest.approx(case["estimate"], rel=1e-9)
    differences = np.sort((y[:, None] - x).ravel())
    low, high = differences[np.abs(differences - case["low"]).argmin()], differences[np.abs(differences - case["high"]).argmin()]
    assert (low, high) == pytest.approx((case["low"], case["high"]), rel=1e-9)  # R's ends are differences
    assert estimate.low <= low and estimate.high >= high


@pytest.mark.parametrize("case", cases("wilcox.test"))
def test_mann_whitney_interval_is_that_of_wilcox_test(case):
    """The rank of the difference where the exact interval begins, against R's interval."""
    from amxperf.stats.nulls import first_kept

    x, y = (np.log(case[arm]) for arm in "xy")
    differences = np.sort((y[:, None] - x).ravel())
    first = first_kept(len(x), len(y), (1 - case["level"]) / 2)
    assert (differences[first - 1], differences[-first]) == pytest.approx((case["low"], case["high"]), rel=1e-9)


def test_p_adjust():
    case = next(case for case in CASES if case["name"].startswith("p.adjust"))
    assert adjusted(case["x"]) == pytest.approx(case["y"], rel=1e-9)


SIRSTV = [
    [196.3052, 196.1240, 196.1890, 196.2569, 196.3403],
    [196.3042, 196.3825, 196.1669, 196.3257, 196.0422],
    [196.1303, 196.2005, 196.2889, 196.0343, 196.1811],
    [196.2795, 196.1748, 196.1494, 196.1485, 195.9885],
    [196.2119, 196.1051, 196.1850, 196.0052, 196.2090],
]
"""Resistance of silicon wafers by five instruments."""


def simon_lesage(replicates, origin):
    """SmLs01 to SmLs09, S. D. Simon and J. P. Lesage 1989: nine groups around 1.4, each a centre and pairs of 0.1 around it."""
    means = ["0.4"] + ["0.3", "0.5"] * 4
    steps = [0] + [-1, 1] * ((replicates - 1) // 2)
    return [[Fraction(origin) + Fraction(mean) + Fraction(step, 10) for step in steps] for mean in means]


# between SS, within SS, F, R squared, residual standard deviation, as certified
CERTIFIED = {
    "SiRstv": (5.11462616000000e-02, 2.16636560000000e-01, 1.18046237440255e00, 1.90999039051129e-01, 1.04076068334656e-01),
    "SmLs01": (1.68000000000000e00, 1.80000000000000e00, 2.10000000000000e01, 4.82758620689655e-01, 1.00000000000000e-01),
    "SmLs02": (1.60800000000000e01, 1.80000000000000e01, 2.01000000000000e02, 4.71830985915493e-01, 1.00000000000000e-01),
    "SmLs03": (1.60080000000000e02, 1.80000000000000e02, 2.00100000000000e03, 4.70712773465067e-01, 1.00000000000000e-01),
}
SHAPES = {"01": (21, 1), "02": (201, 1), "03": (2001, 1), "04": (21, 10**6), "05": (201, 10**6), "06": (2001, 10**6),
          "07": (21, 10**12), "08": (201, 10**12), "09": (2001, 10**12)}  # fmt: skip


def exact(groups):
    """Between and within sums of squares as fractions."""
    every = [value for group in groups for value in group]
    grand = sum(every) / len(every)
    means = [sum(group) / len(group) for group in groups]
    between = sum(len(group) * (mean - grand) ** 2 for group, mean in zip(groups, means, strict=True))
    within = sum((value - mean) ** 2 for group, mean in zip(groups, means, strict=True) for value in group)
    return between, within


def groups_of(name):
    if name == "SiRstv":
        return [[Fraction(str(value)) for value in group] for group in SIRSTV]
    return simon_lesage(*SHAPES[name[4:]])


@pytest.mark.parametrize("name", CERTIFIED)
def test_certified_values_by_exact_arithmetic(name):
    """The data written down here are those that NIST certified."""
    between, within = exact(groups_of(name))
    assert (float(between), float(within)) == pytest.approx(CERTIFIED[name][:2], rel=1e-14)


@pytest.mark.parametrize("name", CERTIFIED)
def test_analysis_of_variance(name):
    table = anova([np.array([float(value) for value in group]) for group in groups_of(name)])
    assert (table.between, table.within, table.f, table.r_squared, table.residual) == pytest.approx(CERTIFIED[name], rel=1e-9)


@pytest.mark.parametrize("number", ["04", "05", "06", "07", "08", "09"])
def test_ill_conditioned(number):
    """10^6 + 1.4 and 10^12 + 1.4 are no doubles: the table is that of the doubles, and as close to the certified as they allow."""
    groups = [np.array([float(value) for value in group]) for group in simon_lesage(*SHAPES[number])]
    table = anova(groups)
    between, within = exact([[Fraction(value) for value in group.tolist()] for group in groups])
    assert (table.between, table.within) == pytest.approx((float(between), float(within)), rel=1e-10)
    f = SHAPES[number][0]  # F is the number of replicates: 21, 201, 2001
    assert table.f == pytest.approx(f, rel=1e-8 if SHAPES[number][1] == 10**6 else 1e-2)


def test_variance_components_are_those_of_the_analysis_of_variance():
    groups = [np.array(group) for group in SIRSTV]
    table = anova([np.log(group) for group in groups])
    found = variances([groups])
    assert found.levels == ("iteration", "launch")
    assert found.variances[0] == pytest.approx(table.within / table.df_within, rel=1e-9)
    # SiRstv: MS between 1.28e-2, within 1.08e-2, five in each group
    assert found.variances[1] == pytest.approx(table.component, rel=1e-6)
    assert table.component == pytest.approx((table.between / 4 - table.within / 20) / 5, rel=1e-12)


def test_three_levels_of_components_by_hand():
    """Logs: boot 1 has launches (0, 2) and (4, 6), boot 2 (10, 12) and (10, 16).

    Inside launches S_1^2 = (2 + 2 + 2 + 18) / 4 = 6. Launch means 1, 5 and 11, 13: S_2^2 = (8 + 2) / 2 = 5.
    Boot means 3, 12: S_3^2 = 40.5. T_2^2 = 5 - 6/2 = 2, T_3^2 = 40.5 - 5/2 = 38.
    """
    arm = [[np.exp([0.0, 2.0]), np.exp([4.0, 6.0])], [np.exp([10.0, 12.0]), np.exp([10.0, 16.0])]]
    found = variances(arm)
    assert found.levels == ("iteration", "launch", "boot") and found.clamped == ()
    assert found.variances == pytest.approx((6, 2, 38), rel=1e-12)
    assert found.icc == pytest.approx(38 / 46) and found.best_iterations(12) == pytest.approx(6)


def test_components_clamped_at_zero_say_so():
    found = variances([[np.exp([0.0, 2.0]), np.exp([0.0, 2.0])]])
    assert found.clamped == ("launch",) and found.variances[1] == 0 and found.best_iterations() == np.inf


def test_unbalanced_components_have_no_bias():
    """Boots of 1 to 3 launches of 2 to 6 iterations, known variances: the mean over 400 data sets, 2.5 standard errors."""
    rng = np.random.default_rng(4)
    found = []
    for _ in range(400):
        arm = []
        for boot in range(6):
            level = rng.normal(0, 0.3)
            sizes = [2 + (boot + k) % 5 for k in range(1 + boot % 3)]
            arm.append([np.exp(level + rng.normal(0, 0.2) + rng.normal(0, 0.1, size)) for size in sizes])
        raw = variances(arm)
        found.append(raw.variances)
    mean, error = np.mean(found, axis=0), np.std(found, axis=0) / 20
    assert np.all(np.abs(mean[:2] - [0.01, 0.04]) < 2.5 * error[:2] + 1e-3)
    assert mean[2] == pytest.approx(0.09, rel=0.1)


@pytest.mark.parametrize("shape", [(5, 5), (8, 11), (30, 30), (55, 60)])
def test_many_comparisons_are_single_ones(shape):
    rng = np.random.default_rng(1)
    b, t = rng.lognormal(0, 0.1, (12, shape[0])), rng.lognormal(0.03, 0.2, (12, shape[1]))
    b[3, 1] = b[3, 0]  # a tie in one row
    t[5, 0] = b[5, 0]
    b[7] = np.sort(b[7])  # a drift
    t[9] = t[9].round(1) + 0.1  # a coarse clock
    b[9] = b[9].round(1) + 0.1
    found = compare_many(b, t)
    for i, result in enumerate(found):
        assert result == compare_samples(b[i], t[i])
    assert found.verdicts.tolist() == [result.verdict for result in found]
    assert found.low.tolist() == pytest.approx([result.low for result in found], nan_ok=True)


def test_many_hierarchical_comparisons_are_single_ones():
    rng = np.random.default_rng(2)
    b, t = rng.lognormal(0, 0.1, (9, 3, 6)), rng.lognormal(0.03, 0.2, (9, 5, 7))
    b[4] = 1.0
    b[5], t[5] = 1.0, 2.0
    found = compare_many(b, t)
    assert [found[i] == compare_samples(b[i], t[i]) for i in range(9)] == [True] * 9
    assert found[5].code == "no-spread" and "constant-arm" in [caution.code for caution in found[4].cautions]
    pairs = compare_many(b, t[:, :3], paired=True)
    assert [pairs[i] == compare_samples(b[i], t[i, :3], paired=True) for i in range(9)] == [True] * 9
    alone = compare_many(b[:, :1], t[:, :1])
    assert [alone[i] == compare_samples(b[i, :1], t[i, :1]) for i in range(9)] == [True] * 9
    assert {result.code for result in alone} == {"one-launch"} and alone[0].within.replicate == "value"
