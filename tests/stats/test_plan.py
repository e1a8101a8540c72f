"""Width before measuring, against Welch's interval on samples drawn from the same model."""

import numpy as np
import pytest
from scipy import stats

from amxperf.stats.plan import half_width


@pytest.mark.parametrize(("boots", "spread"), [(3, 0.01), (5, 0.03), (10, 0.0)])
def test_against_simulated_experiments(boots, spread):
    rng = np.random.default_rng(20261123)
    halves = []
    for _ in range(600):
        arms = [np.median(rng.normal(0, spread, (boots, 1)) + rng.normal(0, 0.02, (boots, 10)), axis=1) for _ in range(2)]
        interval = stats.ttest_ind(*arms, equal_var=False).confidence_interval(0.95)
        halves.append((interval.high - interval.low) / 2)
    # a median of ten values varies a little less than pi/2 says, and the mean of a spread lies below the spread
    assert np.expm1(np.mean(halves)) == pytest.approx(half_width(boots, spread, 0.02, 10), rel=0.15)


def test_more_is_narrower():
    widths = [half_width(n, 0.02) for n in (2, 3, 5, 10, 100)]
    assert widths == sorted(widths, reverse=True)
    assert half_width(5, 0.02, 0.02, 100) < half_width(5, 0.02, 0.02, 10)


def test_one_replicate_has_no_interval():
    with pytest.raises(ValueError):
        half_width(1, 0.01)
