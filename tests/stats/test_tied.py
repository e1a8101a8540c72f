"""p where values tie, against all choices, against a plain count, and at the edges of the Fourier sum."""

import itertools
import math

import numpy as np
import pytest
from scipy.stats import rankdata

from amxperf.stats import nulls, ranks, tied


def plainly(midranks, m):
    """The plain count over all items: ways[k, s] for k members whose doubled ranks sum to s, in whole numbers without a limit."""
    doubled = [round(2 * rank) for rank in midranks]
    ways = [{} for _ in range(m + 1)]
    ways[0][0] = 1
    for rank in doubled:
        for k in range(m, 0, -1):
            for total, count in ways[k - 1].items():
                ways[k][total + rank] = ways[k].get(total + rank, 0) + count
    observed, every = sum(doubled[:m]), math.comb(len(doubled), m)
    lower = sum(count for total, count in ways[m].items() if total <= observed)
    upper = sum(count for total, count in ways[m].items() if total >= observed)
    return min(1.0, 2 * min(lower, upper) / every)


def midranks(sizes, rng, apart=0.0):
    """Midranks of tied groups of these sizes, shuffled; `apart` moves the first half of the row down, in shares of its length."""
    found = np.repeat(np.cumsum(sizes) - (np.array(sizes) - 1) / 2, sizes)
    return found[np.argsort(rng.random(len(found)) + apart * np.arange(len(found)) / len(found))]


def scattered(rng, total):
    """Sizes of tied groups: up to half of the values in groups of two to four, at random places."""
    sizes = []
    while sum(sizes) < total * rng.uniform(0.05, 0.5) - 3:
        sizes.append(int(rng.choice([2, 2, 3, 4])))
    return rng.permutation(sizes + [1] * (total - sum(sizes)))


@pytest.mark.parametrize("m", [2, 4, 5, 8])
def test_all_choices(m):
    rng = np.random.default_rng(m)
    for _ in range(5):
        found = rankdata(rng.integers(0, 5, 10))
        sums = np.array([found[list(chosen)].sum() for chosen in itertools.combinations(range(10), m)])
        expected = min(1.0, 2 * min((sums <= found[:m].sum()).mean(), (sums >= found[:m].sum()).mean()))
        assert tied.counted_p(found, m) == pytest.approx(expected, rel=1e-12)
        assert tied.tied_ps(found[None], m)[0] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("m", "n"), [(5, 5), (7, 19), (12, 12), (20, 20), (5, 40), (25, 26), (16, 27), (6, 120)])
def test_plain_count(m, n):
    rng = np.random.default_rng(m * n)
    rows = np.array([midranks(scattered(rng, m + n), rng, apart) for apart in (0.0, 0.3, 0.8, 1.2)])
    expected = [plainly(row, m) for row in rows]
    assert [tied.counted_p(row, m) for row in rows] == pytest.approx(expected, rel=1e-12)
    assert tied.tied_ps(rows, m).tolist() == pytest.approx(expected, rel=1e-3, abs=1e-7 if m * n > tied.FULL else 1e-12)


def test_no_ties_is_the_recursion():
    rng = np.random.default_rng(1)
    for m, n in ((9, 14), (25, 25), (15, 40)):
        rows = np.array([midranks([1] * (m + n), rng, apart) for apart in (0.0, 0.4, 0.8)])
        expected = ranks.mann_whitney_ps(rows, m, np.zeros(3, dtype=bool))
        assert tied.tied_ps(rows, m).tolist() == pytest.approx(expected.tolist(), rel=1e-4, abs=1e-7)
        assert [tied.counted_p(row, m) for row in rows] == pytest.approx(expected.tolist(), rel=1e-10)


PATTERNS = {
    "every third": [2, 1, 1] * 15,
    "one large group": [30, *[1] * 30],
    "large group in the middle": [*[1] * 15, 30, *[1] * 15],
    "threes": [3] * 10 + [1] * 30,
    "twos": [2] * 15 + [1] * 30,
}


@pytest.mark.parametrize("sizes", PATTERNS.values(), ids=PATTERNS)
def test_regular_ties(sizes):
    """Midranks in a regular pattern have another period than 1: a Fourier sum near the ends alone would be off by up to 1e-3."""
    rng = np.random.default_rng(2)
    rows = np.array([midranks(sizes, rng, apart) for apart in (0.0, 0.2, 0.5)])
    assert tied.tied_ps(rows, 30).tolist() == pytest.approx([tied.counted_p(row, 30) for row in rows], rel=1e-5)


def test_the_sum_that_is_cut_short():
    """Where terms are left out the error is what `FULL` says, 1e-6 for irregular ties; here the smallest shapes, the worst ones."""
    worst = 0.0
    rng = np.random.default_rng(3)
    for m, n in ((20, 21), (16, 26), (15, 40)):
        rows = np.array([midranks(scattered(rng, m + n), rng, apart) for apart in rng.uniform(0, 0.5, 40)])
        found = tied.tied_ps(rows, m)
        assert len(tied._terms(m, n).weights) < 0.1 * m * n * (max(m, n) + 1)
        worst = max(worst, *(abs(p - tied.counted_p(row, m)) for p, row in zip(found, rows, strict=True)))
    assert 0 < worst < 1e-6


@pytest.mark.parametrize(("m", "n"), [(12, 12), (15, 28), (20, 21), (30, 30)])
def test_small_p_are_right_to_a_thousandth(m, n):
    rng = np.random.default_rng(6)
    rows = np.array([midranks(scattered(rng, m + n), rng, apart) for apart in np.linspace(0.8, 2, 40)])
    counted = np.array([tied.counted_p(row, m) for row in rows])
    assert counted.min() < 1e-5 and (counted > 1e-7).sum() > 10
    assert tied.tied_ps(rows, m) == pytest.approx(counted, rel=1e-3)


def test_p_does_not_depend_on_its_neighbours():
    rng = np.random.default_rng(5)
    rows = np.array([midranks(scattered(rng, 50), rng, 0.2) for _ in range(70)])
    assert tied.tied_ps(rows, 25).tolist() == [tied.tied_ps(row[None], 25)[0] for row in rows]


def test_separated_arms_have_the_smallest_p():
    low, high = np.arange(30).repeat(2)[:30], np.arange(30).repeat(2)[:30] + 100
    found = ranks.mann_whitney_p(low.astype(float), high.astype(float))
    assert found == pytest.approx(2 / math.comb(60, 30), rel=1e-12)  # 1.7e-17, far below the rounding of a Fourier sum


def test_one_value_only():
    assert tied.tied_ps(np.full((2, 12), 6.5), 6).tolist() == [1.0, 1.0]
    assert tied.counted_p(np.full(12, 6.5), 6) == 1.0


def test_normal_beyond_the_pairs():
    rng = np.random.default_rng(4)
    row = midranks(scattered(rng, 110), rng, 0.2)
    assert nulls.normal_ps(row[None], 55)[0] == pytest.approx(tied.counted_p(row, 55), rel=0.05)
