"""Results: sentences word by word, JSON both ways."""

import dataclasses
import json
import math

import numpy as np
import pytest

from amxperf.errors import DataError
from amxperf.stats import Caution, Comparison, Counts, compare_nested, compare_samples, not_comparable
from amxperf.stats.sentence import decimals

TEN = Counts(0, 10, 100)
KNOWN = Comparison(
    ratio=1.32, low=1.25, high=1.40, confidence=0.95, margin=0.02, method="Welch's t on the logs", p=1e-6,
    replicate="launch", baseline_n=TEN, treatment_n=TEN, verdict="different", code="", reason="", settle=None,
    cautions=(), within=None, low90=1.26, high90=1.39, spread_baseline=0.05, spread_treatment=0.06,
)  # fmt: skip
NUMBERS = "(95 % interval 1.25 to 1.40, Welch's t on the logs, 10 against 10 launches)"


@pytest.mark.parametrize(
    ("identity", "claim"),
    [
        ({"better": "lower"}, "treatment takes 1.32 times the baseline's time"),
        ({"better": "higher"}, "treatment reaches 1.32 times the baseline's rate"),
        ({"better": "none"}, "treatment is 1.32 times the baseline"),
        ({}, "treatment is 1.32 times the baseline"),
        ({"better": "lower", "unit": "s", "metric": "exec", "baseline": "vm", "treatment": "tdx"},
         "tdx takes 1.32 times the time of vm"),
        ({"better": "higher", "unit": "B/s", "metric": "bandwidth", "baseline": "vm"},
         "treatment reaches 1.32 times the rate of vm"),
        ({"better": "lower", "metric": "exits"}, "treatment takes 1.32 times the baseline's exits"),
        ({"better": "none", "baseline": "isa=avx512", "treatment": "isa=amx"}, "isa=amx is 1.32 times isa=avx512"),
    ],
)  # fmt: skip
def test_sentence(identity, claim):
    assert KNOWN.named(**identity).sentence() == f"{claim} {NUMBERS}: different."


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"verdict": "equivalent"}, "): equivalent within 2 %."),
        ({"verdict": "different and equivalent"}, "): different, but equivalent within 2 %."),
        ({"verdict": "inconclusive"}, "): inconclusive."),
        ({"verdict": "inconclusive", "settle": 24}, "): inconclusive; about 24 launches per arm would settle it every second time, "
         "if spread and difference stay as observed."),
        ({"cautions": (Caution("within-boot", "x"),)},
         "): different between these two boots, which does not speak for the systems."),
    ],
)
def test_sentence_of_each_verdict(changes, end):
    assert dataclasses.replace(KNOWN, **changes).sentence().endswith(end)


def test_sentence_without_an_answer():
    result = compare_nested([[[1.0, 1.0]]], [[[2.0, 2.0]]], replicate="boot").named(better="lower")
    assert result.sentence() == (
        "treatment takes 2 times the baseline's time, no interval: not comparable, "
        "both arms have one boot, so nothing shows how much boots differ."
    )
    refused = not_comparable("x", "why not", replicate="launch", baseline_n=TEN, treatment_n=TEN, treatment="tdx")
    assert refused.sentence() == "tdx and baseline are not comparable: why not."


def test_digits_never_print_an_end_as_1():
    assert decimals(1.004, 1.09) == 3
    assert decimals(0.9, math.inf) == 2
    assert "1.004 to 1.090" in dataclasses.replace(KNOWN, low=1.004, high=1.09).sentence()


def test_json_both_ways():
    rng = np.random.default_rng(1)
    results = [
        KNOWN.named(factors=(("isa", "amx"), ("pages", "4k")), kind="recorded", unit="s"),
        compare_samples(rng.lognormal(0, 0.1, 9), rng.lognormal(0.3, 0.1, 9)),
        compare_nested(rng.lognormal(0, 0.1, (1, 4, 9)), rng.lognormal(0.3, 0.1, (1, 4, 9)), replicate="boot"),
        dataclasses.replace(KNOWN, high=math.inf),
    ]
    for result in results:
        text = result.to_json()
        back = Comparison.from_json(text)
        assert back == result and hash(back) == hash(result)
        assert back.to_json() == text
        assert isinstance(back.factors, tuple) and isinstance(back.cautions, tuple)
    data = json.loads(results[2].to_json(indent=2))
    assert data["schema"] == 2 and data["low"] is None and data["within"]["replicate"] == "launch"
    assert math.isnan(Comparison.from_dict(data).low)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "found 'list'"),
        ('{"schema": 3}', "found 3"),
        ('{"schema": 1, "ratio": 1.0}', "lacks the key"),
    ],
)
def test_json_that_is_none(text, words):
    with pytest.raises(DataError, match=words):
        Comparison.from_json(text)


def test_json_of_the_wrong_type():
    for key, value in (("ratio", "much"), ("baseline_n", {"boots": 1}), ("cautions", 3)):
        with pytest.raises(DataError, match="wrong type"):
            Comparison.from_dict({**KNOWN.to_dict(), key: value})


def test_results_are_frozen_and_readable():
    with pytest.raises(dataclasses.FrozenInstanceError):
        KNOWN.ratio = 2.0
    assert repr(KNOWN) == (
        "<Comparison 1.32 (1.25 to 1.4 at 95 %), different; Welch's t on the logs, 10 against 10 launches>"
    )
    assert str(Caution("two-replicates", "two boots")) == "two boots [two-replicates]"


def test_names_reach_within():
    result = compare_samples([[1.0, 1.1, 1.2]], [[2.0, 2.1, 2.3]]).named(better="lower", treatment="tdx")
    assert result.within.sentence().startswith("tdx takes ")


def test_field_order_is_the_contract():
    names = " ".join(field.name for field in dataclasses.fields(Comparison))
    assert names == (
        "ratio low high confidence margin method p replicate baseline_n treatment_n verdict code reason settle cautions "
        "within low90 high90 spread_baseline spread_treatment benchmark metric unit better baseline treatment factors kind "
        "adjusted family df pairs components relative_to reference_n p_equivalence adjusted_equivalence halves"
    )
