"""Findings that take a verdict back: on made-up arms that have the fault, and rarely on arms that have none."""

import numpy as np
import pytest

from amxperf.stats import compare_samples
from amxperf.stats.diagnostics import applied, diagnose, outlying, two_states
from amxperf.stats.welch import welch

RUNS = 300


def codes(findings):
    return [finding.caution.code for finding in findings]


def compared(b, t, **options):
    result = compare_samples(np.exp(b)[:, None], np.exp(t)[:, None])
    return result, applied(result, diagnose(b, t, **options))


def test_a_drift_passes_for_a_difference_where_the_arms_run_in_sequence():
    """2 % drift over a session of 10 + 10 replicates that scatter by 1.5 %: a third of equal arms are called different."""
    rng = np.random.default_rng(20261124)
    before = after = interleaved = 0
    for _ in range(RUNS):
        values = rng.normal(0, 0.015, 20) + np.linspace(0, 0.02, 20)
        estimate = welch(values[:10], values[10:])
        wrong = estimate.low > 0 or estimate.high < 0
        findings = diagnose(values[:10], values[10:], order=(range(10), range(10, 20)))
        before += wrong
        after += wrong and not any("different" in finding.takes_back for finding in findings)
        mixed = diagnose(values[::2], values[1::2], order=(range(0, 20, 2), range(1, 20, 2)))
        interleaved += "arms-in-sequence" in codes(mixed)
    assert before / RUNS > 0.25 and after / RUNS < 0.05 and interleaved == 0


def test_a_large_difference_in_sequence_stays():
    b = np.array([0.0, 0.01, -0.01, 0.005, 0.0, -0.005])
    result, told = compared(b, b + 0.5, order=(range(6), range(6, 12)))
    assert result.verdict == told.verdict == "different" and codes(diagnose(b, b + 0.5, order=(range(6), range(6, 12)))) == [
        "arms-in-sequence"
    ]
    assert (told.ratio, told.low, told.high, told.p) == (result.ratio, result.low, result.high, result.p)


def test_a_small_difference_in_sequence_is_taken_back():
    b = np.array([0.00, 0.01, 0.02, 0.03, 0.04])
    result, told = compared(b, b + 0.05, order=(range(5), range(5, 10)))
    assert result.verdict == "different" and told.verdict == "inconclusive" and told.settle is None
    assert "one arm ran after the other" in told.reason and told.cautions[-1].code == "arms-in-sequence"


def test_drift_of_alternating_arms_is_a_caution_only():
    both = np.linspace(0, 0.1, 20) + np.tile([0.0, 0.001, -0.001, 0.0], 5)
    findings = diagnose(both[::2], both[1::2], order=(range(0, 20, 2), range(1, 20, 2)))
    assert "drift" in codes(findings) and not findings[codes(findings).index("drift")].takes_back


def test_replicates_in_series_take_back_false_alarms():
    """Equal arms of 20 replicates, each like the one before it (AR(1) 0.7): most of the false alarms go."""
    rng = np.random.default_rng(20261124)
    before = after = 0
    for _ in range(RUNS):
        noise = rng.normal(0, 0.02, (2, 20))
        for i in range(1, 20):
            noise[:, i] += 0.7 * noise[:, i - 1]
        result = welch(*noise)
        wrong = result.low > 0 or result.high < 0
        findings = diagnose(*noise, order=(range(0, 40, 2), range(1, 41, 2)))
        before += wrong
        after += wrong and not any("different" in finding.takes_back for finding in findings)
    assert before / RUNS > 0.25 and after < before / 2


@pytest.mark.parametrize("n", [8, 10, 30])
def test_one_state_is_rarely_called_two(n):
    """3 % of 400 with three standard errors: 22."""
    rng = np.random.default_rng(n)
    assert sum(two_states(rng.normal(0, 0.02, n)) is not None for _ in range(400)) <= 22


def test_two_boot_states_are_seen():
    """8 % apart and 1 % wide, as in the recipe of the simulations; in most samples of ten."""
    rng = np.random.default_rng(1)
    seen = sum(two_states(0.08 * rng.integers(0, 2, 10) + rng.normal(0, 0.01, 10)) is not None for _ in range(400))
    assert seen / 400 > 0.8
    b = np.array([0.0, 0.001, 0.002, 0.003, 0.0, 0.08, 0.081, 0.082])
    assert codes(diagnose(b, b + 1e-4)) == ["two-states", "two-states"]


def test_an_outlier_that_carries_the_verdict():
    """One slow launch widens the interval; what the others show without it is said, and the verdict stays careful."""
    b = np.array([0.00, 0.01, 0.02, 0.015, 0.005, 0.012])
    t = np.append(b[:-1] + 0.001, 1.0)
    result, told = compared(b, t)
    assert outlying(t).tolist() == [False] * 5 + [True]
    assert [caution.code for caution in told.cautions].count("outlier-replicate") == 1 and result.verdict == "inconclusive"
    assert "without it the verdict would be equivalent" in told.cautions[-1].message


def test_outliers_are_rare_in_normal_arms():
    rng = np.random.default_rng(2)
    assert sum(outlying(rng.normal(0, 1, 10)).any() for _ in range(1000)) <= 15  # 0.4 % and three standard errors
    assert not outlying(np.array([0, 0, 0, 0, 0, 0, 5.0])).any()  # no robust spread, no outlier


def test_a_coarse_clock_takes_back_what_is_smaller_than_a_step():
    b = np.array([1.00, 1.05, 1.00, 1.05, 1.00, 1.05, 1.00, 1.00])
    t = np.array([1.05, 1.05, 1.05, 1.05, 1.00, 1.05, 1.05, 1.05])
    findings = diagnose(np.log(b), np.log(t), values=(b, t))
    assert codes(findings)[-1] == "coarse-clock" and findings[-1].takes_back == ("different", "equivalent")
    fine = diagnose(np.log(b), np.log(t), values=(np.linspace(1, 2, 9), np.linspace(1.001, 2, 9)))
    assert "coarse-clock" not in codes(fine)


def test_nothing_found_changes_nothing():
    b = np.array([0.0, 0.011, 0.02, 0.029, 0.042])
    result, told = compared(b, b + 0.3)
    assert told is result


def test_equivalence_survives_what_supports_it():
    b = np.tile([0.0, 0.001, -0.001, 0.0005, -0.0005], 4)
    result, told = compared(b, b + 1e-4, order=(range(20), range(20, 40)))
    assert result.verdict == told.verdict == "equivalent" and told.cautions[-1].code == "arms-in-sequence"
