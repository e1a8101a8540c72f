"""Random effects against R's metafor (values and the script that made them: tests/stats/reference), and what is refused."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from amxperf.errors import DataError, UsageError
from amxperf.stats.meta import aggregate, random_effects, study_means

REFERENCE: dict[str, dict[str, list[float]]] = {}
with (Path(__file__).parent / "reference" / "metafor.csv").open(newline="") as file:
    for row in csv.DictReader(file):
        REFERENCE.setdefault(row["case"], {}).setdefault(row["name"], []).append(float(row["value"]))


@pytest.mark.parametrize("case", ["four", "agreeing", "three", "wide", "bcg"])
def test_metafor(case):
    wanted = REFERENCE[case]
    found = random_effects(wanted["effect"], wanted["error"])
    logs = {name: math.log(getattr(found, name)) for name in ("low", "high", "prediction_low", "prediction_high")}
    plain = {"mean": math.log(found.ratio), "p": found.p, "q": found.q, "q_p": found.q_p, "i2": found.i2, "tau2": found.tau**2}
    for name, value in {**logs, **plain}.items():
        assert value == pytest.approx(wanted[name][0], rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("correlation", [0, 0.5, 0.8])
def test_metafor_aggregates_the_same(correlation):
    wanted = REFERENCE[f"aggregate {correlation:g}"]
    means, variances, names = aggregate(
        [0.1, 0.3, 0.2, 0.25, 0.5, 0.05], [0.1, 0.2, 0.1, 0.15, 0.3, 0.08], [1, 1, 2, 2, 2, 3], correlation=correlation
    )
    assert names == [1, 2, 3]
    np.testing.assert_allclose(means, wanted["mean"], rtol=1e-12)
    np.testing.assert_allclose(variances, wanted["variance"], rtol=1e-12)


def test_results_of_one_study_count_once():
    found = random_effects([0.1, 0.3, 0.2, 0.25, 0.5, 0.05], [0.1] * 6, list("aabbbc"))
    assert (found.studies, found.effects) == (3, 6) and "correlation-assumed" in [c.code for c in found.cautions]
    twice = random_effects([0.1, 0.1, 0.3, 0.4], [0.1] * 4, list("aabc"), correlation=0.999999)
    once = random_effects([0.1, 0.3, 0.4], [0.1] * 3)
    assert twice.ratio == pytest.approx(once.ratio, rel=1e-5)


def test_few_studies_are_not_pooled():
    for found in (random_effects([0.1, 0.2], [0.1, 0.1]), study_means([0.1, 0.2, 0.3], ["a", "a", "b"]),
                  random_effects([0.1, 0.2, 0.3], [0.1] * 3, ["a", "a", "b"])):  # fmt: skip
        assert found.code == "few-studies" and math.isnan(found.ratio) and found.studies == 2
        assert json.loads(json.dumps(found.to_dict()))["ratio"] is None
    assert "1 study does not" in study_means([0.1], ["a"]).reason


def test_study_means_are_students_t():
    """scipy.stats.ttest_1samp on the three means, and the prediction interval by hand."""
    from scipy import stats

    means = np.array([0.2, 0.2, 0.5])
    found = study_means([0.1, 0.3, 0.2, 0.5], ["a", "a", "b", "c"])
    wanted = stats.ttest_1samp(means, 0)
    ends = wanted.confidence_interval()
    assert (math.log(found.low), math.log(found.high), found.p) == pytest.approx((ends.low, ends.high, wanted.pvalue), rel=1e-9)
    half = stats.t.ppf(0.975, 2) * means.std(ddof=1) * math.sqrt(4 / 3)
    assert math.log(found.prediction_high) == pytest.approx(means.mean() + half, rel=1e-12)


def test_equal_studies_have_no_spread():
    assert study_means([0.1, 0.1, 0.1], "abc").code == "no-spread"


def test_agreement_by_chance_is_told():
    wanted = REFERENCE["agreeing"]
    found = random_effects(wanted["effect"], wanted["error"])
    assert found.tau == 0 and [caution.code for caution in found.cautions] == ["narrow"]


numbers = st.lists(st.tuples(st.floats(-2, 2), st.floats(0.01, 1)), min_size=3, max_size=12)


@given(numbers, st.floats(-1, 1))
def test_a_shift_shifts(rows, shift):
    """All log ratios plus a constant: the mean moves by it, everything else stays."""
    effects, errors = zip(*rows, strict=True)
    one, other = random_effects(effects, errors), random_effects([value + shift for value in effects], errors)
    assume("no-spread" not in (one.code, other.code))
    assert math.log(other.ratio) == pytest.approx(math.log(one.ratio) + shift, abs=1e-6)
    assert other.tau == pytest.approx(one.tau, abs=1e-5)
    assert one.prediction_low <= one.low <= one.ratio <= one.high <= one.prediction_high


@pytest.mark.parametrize(("call", "kind", "text"), [
    (lambda: random_effects([0.1, 0.2], [0.1]), UsageError, "differ in length"),
    (lambda: random_effects([0.1, math.inf, 0], [0.1] * 3), DataError, "effect 2"),
    (lambda: random_effects([0.1, 0.2, 0.3], [0.1, 0, 0.1]), DataError, "standard error 2"),
    (lambda: random_effects([0.1] * 3, [0.1] * 3, "ab"), UsageError, "studies differ"),
    (lambda: random_effects([0.1] * 3, [0.1] * 3, "abc", correlation=1), UsageError, "correlation is 1"),
    (lambda: study_means([0.1, 0.2, 0.3], "abc", confidence=95), UsageError, "confidence is 95"),
])  # fmt: skip
def test_bad_calls(call, kind, text):
    with pytest.raises(kind, match=text):
        call()
