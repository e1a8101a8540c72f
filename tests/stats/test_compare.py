"""Levels, verdicts, what is refused, and the properties that hold for any data."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as reference

from amxperf.errors import DataError, UsageError
from amxperf.stats import compare_nested, compare_samples


def codes(result):
    return [caution.code for caution in result.cautions]


# --- levels ---------------------------------------------------------------------------------------------------------


def test_a_boot_is_the_mean_of_its_launches():
    # Logs base 2, by hand. Baseline boots: launches 0 and 2 -> 1; launch 1 -> 1; launch 4 -> 4. Mean 2.
    # Treatment boots: 3, 5, 7 with launches of one value. Mean 5. The ratio is 2^3.
    baseline = [[[1.0, 1.0, 1.0], [4.0]], [[2.0]], [[16.0]]]
    treatment = [[[8.0]], [[32.0]], [[128.0]]]
    result = compare_nested(baseline, treatment, replicate="boot")
    assert result.ratio == pytest.approx(8)
    assert (result.baseline_n.boots, result.baseline_n.launches, result.baseline_n.iterations) == (3, 4, 6)
    # Variances in base 2: (1 + 1 + 4) / 2 = 3 and 4; se^2 = 7/3; df = (7/3)^2 / (1 / 2 + (16/9) / 2) = 3.92
    expected = reference.t.ppf(0.975, (49 / 9) / (25 / 18)) * math.sqrt(7 / 3)
    assert math.log2(result.high) == pytest.approx(3 + expected)


def test_more_iterations_in_one_launch_weigh_no_more():
    baseline = [[[1.0, 1.1]], [[1.2, 1.3]]]
    longer = [[[1.0, 1.1] * 50], [[1.2, 1.3]]]
    treatment = [[[2.0]], [[2.1]]]
    a = compare_nested(baseline, treatment, replicate="boot")
    b = compare_nested(longer, treatment, replicate="boot")
    assert (a.ratio, a.low, a.high) == pytest.approx((b.ratio, b.low, b.high))


def test_ten_launches_of_one_boot_are_not_ten_boots():
    rng = np.random.default_rng(1)
    arm = [list(rng.lognormal(0, 0.01, (10, 5)))]
    other = [list(rng.lognormal(0.3, 0.01, (10, 5)))]
    result = compare_nested(arm, other, replicate="boot")
    assert (result.verdict, result.code) == ("not comparable", "one-boot")
    assert math.isnan(result.low) and math.isnan(result.high) and math.isnan(result.p)
    assert result.ratio == pytest.approx(math.exp(0.3), rel=0.02)
    assert result.within.replicate == "launch"
    assert result.within.verdict == "different"
    assert codes(result.within)[0] == "within-boot"
    assert result.within.sentence().endswith(": different between these two boots, which does not speak for the systems.")
    assert compare_nested(arm, other, replicate="launch").verdict == "different"


def test_one_launch():
    rng = np.random.default_rng(2)
    b, t = rng.lognormal(0, 0.05, 20), rng.lognormal(0.5, 0.05, 20)
    result = compare_samples([b], [t])
    assert (result.verdict, result.code) == ("not comparable", "one-launch")
    assert math.isnan(result.low)
    assert result.within.replicate == "value"
    assert "between these two launches" in result.within.sentence()
    flat = compare_samples(b, t)
    assert (result.within.ratio, result.within.low, result.within.high) == (flat.ratio, flat.low, flat.high)


def test_one_boot_of_one_launch_looks_at_its_values():
    result = compare_nested([[[1.0, 1.1, 1.2]]], [[[2.0, 2.1, 2.2]]], replicate="boot")
    assert result.code == "one-boot"
    assert result.within.replicate == "value"
    assert codes(result.within)[0] == "within-launch"


@pytest.mark.parametrize(
    ("baseline", "treatment", "words"),
    [
        ([[[1.0]]], [[[2.0]]], "both arms have one boot"),
        ([[[1.0, 1.1]]], [[[2.0]], [[2.1]]], "the baseline has one boot"),
        ([[[1.0]], [[2.0]]], [[[2.0]]], "the treatment has one boot"),
    ],
)
def test_nothing_within(baseline, treatment, words):
    result = compare_nested(baseline, treatment, replicate="boot")
    assert result.code == "one-boot" and result.within is None
    assert words in result.reason


def test_single_values():
    assert compare_samples([1.0], [2.0, 2.1]).code == "one-value"
    assert compare_samples([1.0], [2.0, 2.1]).ratio == pytest.approx(math.sqrt(2.0 * 2.1))


def test_the_flat_method_needs_one_value_per_replicate_and_five_of_them():
    rng = np.random.default_rng(3)
    values = rng.lognormal(0, 0.1, (2, 6))
    flat = compare_samples(*values)
    assert flat.method.startswith("Mann-Whitney")
    assert compare_samples(*(row[:4] for row in values)).method.startswith("Welch")
    assert compare_samples(*(row[:, None] for row in values)).method == flat.method  # launches of one value
    nested = compare_nested(*([[[v]] for v in row] for row in values), replicate="boot")
    assert (nested.method, nested.low) == (flat.method, flat.low)
    paired_values = [[[v, v]] for v in values[0]], [[[v, v]] for v in values[1]]
    assert compare_nested(*paired_values, replicate="boot").method.startswith("Welch")


def test_few_replicates_are_said():
    arms = [[1.0, 1.1, 1.2, 1.3, 1.4], [2.0, 2.2, 2.4, 2.6, 2.8]]
    expected = {2: ["two-replicates"], 3: ["few-replicates"], 4: ["few-replicates"], 5: []}
    for n, found in expected.items():
        launches = [[[v, v * 1.01] for v in arm[:n]] for arm in arms]
        assert codes(compare_samples(*launches)) == found


def test_launches_of_several_boots_are_said():
    arm = [[[1.0], [1.1]], [[1.2], [1.3]]]
    result = compare_nested(arm, arm, replicate="launch")
    assert result.baseline_n.boots == 2 and "boots-mixed" in codes(result)


def test_totals_use_the_mean():
    result = compare_nested([[[1.0, 3.0]], [[2.0, 4.0]]], [[[4.0]], [[6.0]]], replicate="boot", location="mean")
    assert result.ratio == pytest.approx(math.sqrt(4 * 6) / math.sqrt(2 * 3))


def test_paired():
    rng = np.random.default_rng(4)
    session = rng.normal(0, 0.2, 8)
    b, t = np.exp(session), np.exp(session + 0.03 + rng.normal(0, 0.005, 8))
    result = compare_samples(b, t, paired=True)
    expected = reference.ttest_rel(np.log(t), np.log(b))
    assert (result.low, result.high) == pytest.approx(tuple(np.exp(expected.confidence_interval())), rel=1e-9)
    assert result.verdict == "different"
    assert compare_samples(b, t).verdict == "inconclusive"
    with pytest.raises(UsageError, match="8 against 7 values"):
        compare_samples(b, t[:7], paired=True)


def test_2d_is_launches():
    grid = np.array([[1.0, 1.1], [1.2, 1.3], [1.1, 1.2]])
    assert compare_samples(grid, grid * 2) == compare_samples(list(grid), [list(row * 2) for row in grid])
    assert compare_samples(grid, grid * 2).baseline_n.launches == 3


# --- verdicts -------------------------------------------------------------------------------------------------------

STEPS = np.array([-2, -1, 0, 1, 2])


@pytest.mark.parametrize(
    ("shift", "noise", "verdict"),
    [
        (0.10, 0.005, "different"),
        (0.00, 0.005, "equivalent"),
        (0.01, 0.001, "different and equivalent"),
        (0.02, 0.050, "inconclusive"),
        (-0.10, 0.005, "different"),
    ],
)
def test_verdicts(shift, noise, verdict):
    b, t = np.exp(noise * STEPS), np.exp(shift + noise * STEPS)
    launches = [[[v, v] for v in arm] for arm in (b, t)]  # two iterations: Welch on five launches
    result = compare_samples(*launches)
    # By hand: variance of the steps is 2.5, se = noise * sqrt(2.5 / 5 * 2) = noise; df = 8, t = 2.306 and 1.860.
    assert math.log(result.high) == pytest.approx(shift + 2.306004 * noise, abs=1e-6)
    assert math.log(result.high90) == pytest.approx(shift + 1.859548 * noise, abs=1e-6)
    assert result.verdict == verdict
    assert bool(result.settle) == (verdict == "inconclusive")


def test_a_wider_margin_makes_equivalent():
    b, t = np.exp(0.02 * STEPS), np.exp(0.03 + 0.02 * STEPS)
    launches = [[[v, v] for v in arm] for arm in (b, t)]
    assert compare_samples(*launches).verdict == "inconclusive"
    assert compare_samples(*launches, margin=0.10).verdict == "equivalent"


def test_settling_number_by_plain_search():
    b, t = np.exp(0.05 * STEPS), np.exp(0.02 + 0.05 * STEPS)
    result = compare_samples(*[[[v, v] for v in arm] for arm in (b, t)])
    s = np.std(0.05 * STEPS, ddof=1)
    n = 6
    while abs(0.02) <= reference.t.ppf(0.975, 2 * (n - 1)) * s * math.sqrt(2 / n):
        n += 1  # never equivalent: the difference is beyond log(1.02)
    assert result.settle == n


def test_constant_arms_prove_nothing():
    for launches in ([[[1.0]] * 6, [[2.0]] * 6], [[[1.0, 1.0]] * 3, [[1.0, 1.0]] * 3]):
        result = compare_samples(*launches)
        assert (result.verdict, result.code) == ("not comparable", "no-spread")
        assert math.isnan(result.low) and math.isnan(result.p)
        assert not math.isnan(result.ratio)


def test_one_constant_arm_is_said():
    result = compare_samples([[1.0, 1.0]] * 3, [[2.0, 2.0], [2.1, 2.1], [2.2, 2.2]])
    assert "constant-arm" in codes(result) and result.low < result.ratio < result.high


# --- refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ([1.0, math.nan], "the baseline, value 2 is NaN"),
        ([1.0, math.inf], "the baseline, value 2 is inf"),
        ([0.0, 1.0], "the baseline, value 1 is 0"),
        ([1.0, 1.0, -2.5], "the baseline, value 3 is -2.5"),
        ([], "the baseline has no values"),
        ([[1.0], []], "the baseline, launch 2 has no values"),
        ([[1.0], [1.0, math.nan]], "the baseline, launch 2, value 2 is NaN"),
        (["1.0", "2.0"], "the baseline holds something that is not a number"),
        ([1.0, None, 2.0], "the baseline"),
        (np.ma.masked_array([1.0, 2.0], mask=[False, True]), "the baseline, value 2 is NaN"),
        ([True, False], "the baseline holds something that is not a number"),
    ],
)
def test_bad_values(bad, words):
    with pytest.raises(DataError) as error:
        compare_samples(bad, [[1.0, 2.0], [3.0, 4.0]] if isinstance(bad, list) and [] in bad else [1.0, 2.0])
    assert words in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("baseline", "treatment"),
    [
        ([1.0, [1.0, 2.0]], [1.0, 2.0]),
        ([1.0, 2.0], [[1.0, 2.0], [1.0]]),
        (1.0, [1.0, 2.0]),
        (np.ones((2, 2, 2)), [1.0, 2.0]),
        ({"a": 1}, [1.0, 2.0]),
        ("12", [1.0, 2.0]),
    ],
)
def test_bad_shapes(baseline, treatment):
    with pytest.raises(UsageError):
        compare_samples(baseline, treatment)


def test_bad_nesting():
    good = [[[1.0]], [[2.0]]]
    with pytest.raises(DataError, match="the treatment, boot 2 has no launches"):
        compare_nested(good, [[[1.0]], []], replicate="boot")
    with pytest.raises(DataError, match="the baseline has no boots"):
        compare_nested([], good, replicate="boot")
    with pytest.raises(DataError, match="boot 1, launch 1, value 1 is 0"):
        compare_nested([[[0.0]]], good, replicate="boot")
    with pytest.raises(UsageError, match="boot 1 is not a list of launches"):
        compare_nested([1.0, 2.0], good, replicate="boot")
    with pytest.raises(UsageError, match="not a list of numbers"):
        compare_nested([[1.0, 2.0]], good, replicate="boot")


@pytest.mark.parametrize(
    "options", [{"confidence": 1.0}, {"confidence": 0.5}, {"margin": -0.1}, {"margin": math.inf}, {"margin": math.nan}]
)
def test_bad_options(options):
    with pytest.raises(UsageError):
        compare_samples([1.0, 2.0], [1.0, 2.0], **options)
    for name in ("iteration", "value", "boots"):
        with pytest.raises(UsageError):
            compare_nested([[[1.0]]], [[[1.0]]], replicate=name)


# --- properties -----------------------------------------------------------------------------------------------------

VALUES = st.floats(0.5, 2.0).map(lambda value: round(value, 3))
FLAT = st.lists(VALUES, min_size=2, max_size=9)
LAUNCHES = st.lists(st.lists(VALUES, min_size=1, max_size=4), min_size=2, max_size=5)
ARMS = st.one_of(st.tuples(FLAT, FLAT), st.tuples(LAUNCHES, LAUNCHES))
FEW = settings(max_examples=60, deadline=None, derandomize=True)


def numbers(result):
    return [getattr(result, name) for name in ("ratio", "low", "high", "low90", "high90", "p")]


def scaled(arm, factor):
    return [scaled(item, factor) if isinstance(item, list) else item * factor for item in arm]


@FEW
@given(ARMS, st.sampled_from([0.25, 8.0, 2.0**40]))
def test_scaling_both_arms_changes_nothing(arms, factor):
    # Powers of two scale without rounding, so that ties stay ties.
    result, other = compare_samples(*arms), compare_samples(*(scaled(arm, factor) for arm in arms))
    assert numbers(result) == pytest.approx(numbers(other), rel=1e-6, abs=1e-9, nan_ok=True)
    assert (result.verdict, result.code, codes(result)) == (other.verdict, other.code, codes(other))


@FEW
@given(ARMS)
def test_swapping_the_arms_inverts_the_ratio(arms):
    result, other = compare_samples(*arms), compare_samples(*arms[::-1])
    assert result.ratio * other.ratio == pytest.approx(1)
    assert result.code == other.code
    if result.code:
        return
    assert result.low * other.high == pytest.approx(1)
    assert result.high90 * other.low90 == pytest.approx(1)
    assert result.p == pytest.approx(other.p, rel=1e-6)
    assert result.verdict == other.verdict


@FEW
@given(LAUNCHES, LAUNCHES, st.randoms(use_true_random=False))
def test_the_order_of_iterations_changes_nothing(baseline, treatment, random):
    mixed = [random.sample(values, len(values)) for values in baseline]
    assert compare_samples(baseline, treatment).within is None
    if any(len(values) > 1 for values in baseline + treatment):  # else flat: there the order is evidence
        assert compare_samples(baseline, treatment) == compare_samples(mixed, treatment)


@FEW
@given(ARMS)
def test_the_interval_holds_the_ratio_and_agrees_with_p(arms):
    result = compare_samples(*arms)
    if result.verdict == "not comparable":
        assert result.code == "no-spread"
        return
    assert result.low <= result.ratio * (1 + 1e-12) and result.ratio <= result.high * (1 + 1e-12)
    assert result.low <= result.low90 * (1 + 1e-12) and result.high90 <= result.high * (1 + 1e-12)
    if abs(result.p - 0.05) > 1e-9:
        assert (result.p < 0.05) == (result.low > 1 or result.high < 1) == ("different" in result.verdict)


# --- the point of the method ----------------------------------------------------------------------------------------


def test_pooled_iterations_raise_false_alarms_and_boots_do_not():
    """Two arms of the same system: 5 boots x 10 iterations, boot spread equal to iteration spread (3 %), 400 times.

    A nominal 95 % method may be wrong in 5 %. Taking the 50 iterations as independent (benchstat, pyperf compare_to) is
    wrong in about 40 %.
    """
    rng = np.random.default_rng(20240218)
    ours = pooled = 0
    experiments = 400
    for _ in range(experiments):
        logs = rng.normal(0, 0.03, (2, 5, 1)) + rng.normal(0, 0.03, (2, 5, 10))
        arms = [[[boot] for boot in arm] for arm in np.exp(logs)]
        ours += "different" in compare_nested(*arms, replicate="boot").verdict
        pooled += reference.ttest_ind(logs[0].ravel(), logs[1].ravel(), equal_var=False).pvalue < 0.05
    assert ours / experiments < 0.10
    assert pooled / experiments > 0.25


def test_numbers_that_no_double_holds():
    with pytest.raises(DataError, match="the baseline holds a number that is too large for a double"):
        compare_samples([10**400, 1, 2], [1.0, 2.0, 3.0])
    big = np.array([1.0, 1.1, 1.2], dtype=np.longdouble) * np.longdouble("1e4000")
    with pytest.raises(DataError, match="the baseline, value 1 is inf"):
        compare_samples(big, [1.0, 2.0, 3.0])


@pytest.mark.parametrize("arms", [([1e300, 1.1e300, 1.2e300], [1e-300, 1.1e-300, 1.2e-300]), ([[1e-300]], [[1e300]])])
def test_ratios_that_no_double_holds_are_not_silent(arms):
    for found in (compare_samples(*arms), compare_samples(*arms[::-1])):
        assert found.ratio in (0, math.inf) and "ratio-out-of-range" in [caution.code for caution in found.cautions]
        assert type(found).from_json(found.to_json()) == found


def test_the_same_arm_twice_is_noticed():
    values = [1.0, 1.1, 1.2, 1.05, 1.15]
    codes = [caution.code for caution in compare_samples(values, values).cautions]
    assert "identical-arms" in codes
    assert "identical-arms" not in [caution.code for caution in compare_samples(values, values[::-1]).cautions]
    assert "identical-arms" not in [caution.code for caution in compare_samples([1.0] * 5, [1.0] * 5).cautions]  # no-spread says it


@pytest.mark.parametrize(("options", "text"), [
    ({"confidence": "0.95"}, "confidence is '0.95', which is not a number"), ({"margin": None}, "margin is None"),
    ({"margin": True}, "margin is True"), ({"paired": "no"}, "paired is 'no'"), ({"paired": 1}, "paired is 1"),
])  # fmt: skip
def test_options_of_the_wrong_type(options, text):
    with pytest.raises(UsageError, match=text):
        compare_samples([1.0, 1.1, 1.2], [1.0, 1.1, 1.3], **options)


def test_ranges_are_lists_of_numbers():
    assert compare_samples(range(10, 20), range(11, 21)) == compare_samples(list(range(10, 20)), list(range(11, 21)))
    assert compare_samples([range(10, 20), range(11, 21)], [range(9, 14), range(9, 15)]).replicates() == (2, 2)
