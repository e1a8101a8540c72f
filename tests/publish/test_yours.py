"""The reader's own comparison: facts always, whatever the data; words that follow the verdict."""

import math
from dataclasses import replace

import pytest

import amxperf as ap
from amxperf.publish.tell import counted, tell, words
from amxperf.publish.yours import ADJUSTED, ADVICE, Yours, advice, compare_yours
from amxperf.stats import Caution

FACTS = {
    "dataset", "kind", "baseline", "treatment", "filter", "group-by", "margin", "confidence",
    "comparisons", "different", "equivalent", "inconclusive", "refused", "problem", "adjusted", "undrawn",
}  # fmt: skip


@pytest.fixture
def own(tmp_path):
    """Three boots per environment, two launches each, times 20 % apart and a benchmark that only one arm has."""
    rows = ["environment,boot,launch,benchmark,metric,value,unit"]
    for environment, factor in (("vm", 1.0), ("tdx", 1.2)):
        for boot in range(3):
            for launch in range(2):
                time = factor * (1 + 0.001 * boot + 0.0005 * launch)
                rows.append(f"{environment},b{boot},l{launch},gemm,time,{time},s")
    rows.append("tdx,b0,l0,boot,time,3,s")
    (tmp_path / "times.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "dataset.toml").write_text('kind = "synthetic"\ntitle = "for a test"\n')
    return ap.open_page("p", tmp_path)


def test_a_dataset_that_can_be_compared(own):
    yours = compare_yours(own, "vm", "tdx")
    assert {name: own.facts[name].value for name in ("comparisons", "different", "refused", "problem")} == {
        "comparisons": 1, "different": 1, "refused": 0, "problem": "none",
    }  # fmt: skip
    assert yours.table()["ratio"].tolist() == ["1.200"] and yours.made[0].replicate == "boot"
    assert "boot" in yours.left_out()["why"].iloc[0] and len(yours.advice()) == 0
    assert set(own.facts) == FACTS


@pytest.mark.parametrize(
    ("dataset", "baseline", "treatment", "why"),
    [
        ("vm-onednn", "vm", "tdx", "tdx"),
        ("vm-ftrace", "vm", "tdx", "no measurements"),
        ("published", "vm", "tdx", "no measurements"),
        ("vm-onednn", "vm", "vm", "equal"),
        ("vm-onednn", "colour=red", "vm", "colour"),
        ("notes-2024", "vm", "tdx", "vm"),
    ],
)
def test_a_dataset_that_cannot(dataset, baseline, treatment, why):
    page = ap.open_page("p", dataset)
    yours = compare_yours(page, baseline, treatment)
    assert why in yours.problem and page.facts["comparisons"].value == 0 and set(page.facts) == FACTS
    assert len(yours.table()) == len(yours.sentences()) == len(yours.advice()) == 0
    assert yours.left_out()["why"].tolist() == [yours.problem]


def test_refusals_say_what_to_run():
    page = ap.open_page("p", "tdx-perf-2024")
    yours = compare_yours(page, "vm", "tdx")
    assert not yours.made and len(yours.refused) == len(yours.comparisons) == page.facts["refused"].value
    assert {advice(result) for result in yours.refused} == {ADVICE["one-launch"], ADVICE["not-informative"]}


def test_an_open_question_says_how_many_launches():
    result = ap.compare("vm-onednn", "isa=amx,pages=4k", "isa=amx,pages=2m").one(problem="2048x2048:2048x2048")
    assert advice(result).startswith(f"about {result.settle} launches")


def test_an_open_question_with_few_replicates_says_to_run_more_first(make):
    """Three boots per arm that overlap; from five on, the noise is known, and may be too much."""

    def asked(boots):
        arms = {"vm": 1, "tdx": 1.01}.items()
        rows = [f"{arm},b{k},l0,gemm,time,{value + k / 10},s" for arm, value in arms for k in range(boots)]
        text = "\n".join(["environment,boot,launch,benchmark,metric,value,unit", *rows]) + "\n"
        result = ap.compare(make({"times.csv": text}, name=f"of{boots}"), "vm", "tdx")[0]
        assert result.verdict == "inconclusive"
        return result

    assert advice(asked(3)) == advice(asked(4))
    assert advice(asked(4)) == "fewer than 5 boots do not know their own spread: run at least 5 per arm first"
    enough = replace(asked(5), settle=None)
    assert advice(enough).startswith("no practical number of boots settles it: reduce the noise")


def test_facts_of_one_comparison():
    page = ap.open_page("p", "vm-onednn")
    result = tell(page, "gain", ap.compare(page.dataset, "isa=amx", "isa=avx512")[0])
    assert page.facts["gain-verdict"].text == result.verdict and page.facts["gain-sentence"].text == result.sentence()
    assert page.facts["gain-interval"].value == [result.low, result.high]
    assert page.facts["gain-speedup-interval"].value == [1 / result.high, 1 / result.low]


def test_words_keep_the_digits_that_the_interval_deserves():
    nan = float("nan")
    assert words(12.43, 11.99, 12.89) == ("12.43", "11.99 to 12.89")
    assert words(0.0871, 0.0851, 0.0891) == ("0.087", "0.085 to 0.089")
    assert words(1e300, 1e-300, math.inf) == ("1e+300", "1e-300 to inf") and words(1e-300, 1e-301, 1e-299)[0] == "1e-300"
    assert words(0.0004321, 0.0004, 0.00047) == ("0.000432", "0.0004 to 0.00047")
    assert words(1.23, 1.0000004, 1.5)[1].split(" to ")[0] == "1.0000004"
    assert words(2.0, nan, nan) == ("2", "no interval") and words(nan, nan, nan) == ("no ratio", "no interval")


def test_unknown_boots_are_said():
    found = ap.compare("vm-onednn", "isa=amx", "isa=avx512")[0]
    assert "unknown" not in counted(found)
    other = replace(found, cautions=(Caution("boots-unknown", "nothing says which"),))
    assert counted(other) == f"{found.counted()} (boots unknown)"


def test_the_figure_shows_no_value_twice():
    yours = Yours(ap.compare("tdx-perf-2024", "vm", "tdx"))
    assert yours.main() == {"benchdnn-matmul": "total time", "netperf-udp-rr": "Hmean", "vm-exits": "exits"}
    assert [(r.benchmark, r.metric) for r in yours.drawn()].count(("netperf-udp-rr", "Hmean")) == 1
    assert len(yours.drawn()) == 3 + 1 + 1 and len(yours.table()) == len(yours.comparisons)


def test_several_looks_are_adjusted():
    pages = Yours(ap.compare("vm-onednn", "isa=amx,pages=4k", "isa=amx,pages=2m"))
    # one of four is different by itself, with p near 0.03; the smallest of four is multiplied by up to four
    alone = [r.low > 1 or r.high < 1 for r in pages.comparisons]
    assert alone.count(True) == 1 and [r.verdict for r in pages.comparisons] == ["inconclusive"] * 4
    assert ["multiplicity" in {c.code for c in r.cautions} for r in pages.comparisons] == alone
    assert [cell.split(",")[0] for cell in pages.table()[ADJUSTED]] == ["no"] * 4
    assert ADJUSTED not in Yours(ap.compare("tdx-perf-2024", "vm", "tdx")).table()


def test_advice_for_blocks_and_for_claims_lost_among_many(make):
    rows = "".join(f"vm,{k},b,time,{1 + 0.02 * ((k * 7 + s) % 5) + 0.001 * s},s,{side},s{k}\n"
                   for k in range(6) for s, side in enumerate("ab"))  # fmt: skip
    root = make({"t.csv": "environment,launch,benchmark,metric,value,unit,side,session\n" + rows}, 'block = "session"\n')
    result = ap.compare(root, "side=a", "side=b")[0]
    assert (result.replicate, result.verdict) == ("block", "inconclusive") and "blocks" in advice(result)
    lost = replace(result, cautions=(Caution("multiplicity", "m"),), family=9)
    assert advice(lost) == "it holds by itself and not among 9 comparisons: ask fewer questions, or run more blocks"
