"""What existing tools get wrong (facts measured on them), asked of this one."""

import math

import numpy as np
import pytest

from amxperf.stats import compare_many, compare_samples


def test_a_constant_arm_that_overlaps_the_other_is_no_proof():
    """benchstat prints p = 0 there."""
    constant, other = [1.0] * 6, [0.97, 0.99, 1.01, 1.02, 0.98, 1.03]
    result = compare_samples(constant, other)
    assert result.p > 0.05 and result.verdict != "different" and result.low < 1 < result.high


@pytest.mark.parametrize("seed", range(8))
def test_ties_do_not_make_p_depend_on_the_order_of_the_arms(seed):
    """benchstat prints 0.079 one way and 0.095 the other."""
    rng = np.random.default_rng(seed)
    b, t = rng.normal(1.0, 0.05, 9).round(2), rng.normal(1.03, 0.05, 8).round(2)
    assert compare_samples(b, t).p == pytest.approx(compare_samples(t, b).p, rel=1e-9)


def test_iterations_do_not_stand_in_for_launches():
    """pyperf and google/benchmark pool: a hundred times the iterations of the same launches must not narrow the interval."""
    launches = [[1.00] * 3, [1.03] * 3, [0.98] * 3], [[1.05] * 3, [1.01] * 3, [1.04] * 3]
    few, many = compare_samples(*launches), compare_samples(*([values * 100 for values in arm] for arm in launches))
    assert (few.low, few.high, few.p) == (many.low, many.high, many.p)


def test_the_interval_shrinks_with_the_number_of_launches():
    """hyperfine's +- and mmtests' AmeanCI are standard deviations, which do not: here it goes with one over the root."""
    rng = np.random.default_rng(3)
    widths = []
    for n in (10, 160):
        found = compare_many(rng.lognormal(0, 0.05, (50, n, 1)), rng.lognormal(0, 0.05, (50, n, 1)))
        widths.append(np.median(np.log(found.high / found.low)))
    assert widths[0] / widths[1] == pytest.approx(4, rel=0.25)


def test_comparisons_of_a_batch_do_not_depend_on_each_other():
    """scipy.stats.bootstrap(axis=...) shares resamples over slices; here each row is what it is alone."""
    rng = np.random.default_rng(4)
    b, t = rng.lognormal(0, 0.1, (2, 6, 12))
    assert [compare_many(b, t)[i] for i in (0, 3)] == [compare_many(b[[i]], t[[i]])[0] for i in (0, 3)]


def test_the_same_input_gives_the_same_bytes():
    rng = np.random.default_rng(5)
    b, t = rng.lognormal(0, 0.1, 12), rng.lognormal(0.1, 0.1, 15)
    assert compare_samples(b, t).to_json() == compare_samples(b.copy(), t.copy()).to_json()


def test_ten_million_values_in_one_launch():
    values = np.linspace(1.0, 2.0, 10**7)
    result = compare_samples([values[:2]], [values])
    assert (result.code, result.treatment_n.iterations) == ("one-launch", 10**7)
    assert result.ratio == pytest.approx(1.5, rel=1e-6) and math.isnan(result.low)
