"""Locations against numpy's median and mean."""

import numpy as np
import pytest

from amxperf.errors import UsageError
from amxperf.stats.location import boot_location, launch_location, locations


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_median_and_mean_of_logs(n):
    values = np.random.default_rng(n).lognormal(0, 1, n)
    assert launch_location(values) == pytest.approx(np.median(np.log(values)), rel=1e-12)
    assert launch_location(values, "mean") == pytest.approx(np.log(np.mean(values)), rel=1e-12)


def test_a_mean_near_the_largest_double():
    assert launch_location(np.array([1.5e308, 1.5e308]), "mean") == pytest.approx(np.log(1.5e308))


def test_levels():
    e = np.e
    arm = [[np.array([e, e]), np.array([e**3])], [np.array([e**5])]]
    assert boot_location(arm[0]) == pytest.approx(2)
    assert locations(arm, "boot").tolist() == pytest.approx([2, 5])
    assert locations(arm, "launch").tolist() == pytest.approx([1, 3, 5])
    assert locations([[np.array([e, e**2])]], "value").tolist() == pytest.approx([1, 2])


def test_unknown_location():
    with pytest.raises(UsageError, match="mode"):
        launch_location(np.ones(3), "mode")
