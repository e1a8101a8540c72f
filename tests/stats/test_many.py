"""Benjamini and Hochberg by their own formula: the smallest of p_(j) * m / j over j >= i."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.stats.many import adjusted


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_against_the_formula(ps):
    ranked = sorted(ps)
    least = [min(1, *(ranked[j] * len(ps) / (j + 1) for j in range(i, len(ps)))) for i in range(len(ps))]
    assert sorted(adjusted(ps)) == pytest.approx(least)
    assert [a >= p or a == pytest.approx(p) for a, p in zip(adjusted(ps), ps, strict=True)] == [True] * len(ps)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_against_scipy(ps):
    from scipy.stats import false_discovery_control

    assert adjusted(ps) == pytest.approx(false_discovery_control(ps).tolist(), rel=1e-12)


def test_missing_values_neither_count_nor_move():
    assert adjusted([0.02, math.nan, 0.03])[::2] == adjusted([0.02, 0.03])
    assert all(map(math.isnan, adjusted([math.nan, math.nan])))
