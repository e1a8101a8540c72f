"""The gate: on the bound of the interval, in the direction of `better`, never on p alone; exit codes, JUnit and JSON."""

import json
import math
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from amxperf.capture import Note
from amxperf.cli import main
from amxperf.comparison import Comparisons, compare
from amxperf.gate import OUTCOMES, gate
from amxperf.stats import compare_samples, not_comparable

BASE = [[1.0, 1.0], [1.01, 1.01], [1.005, 1.005], [0.995, 0.995], [0.99, 0.99]]


def result(factor, better="lower", **changes):
    found = compare_samples(BASE, [[value * factor for value in launch] for launch in BASE])
    return replace(found.named(benchmark="b", metric="time", better=better), **changes)


def many(*results, notes=()):
    return Comparisons("mine", "recorded", "old", "new", tuple(results), tuple(notes))


@pytest.mark.parametrize(("factor", "better", "outcome"), [
    (1.10, "lower", "regression"), (1.10, "higher", "pass"), (0.90, "lower", "pass"), (0.90, "higher", "regression"),
   (1.00, "lower", "pass"), (1.015, "lower", "cannot tell"),
    (1 / 1.015, "higher", "cannot tell"), (1.10, "none", "not comparable"),
])  # fmt: skip
def test_direction_and_bound(factor, better, outcome):
    """The interval of these arms reaches 1.2 % to either side."""
    found = gate(many(result(factor, better)))
    assert found.outcome == outcome and found.exit_code == OUTCOMES[outcome]


def test_a_significant_change_inside_the_margin_passes():
    small = result(1.015)
    assert "different" in small.verdict and small.p < 0.05  # p alone would fail the build
    assert gate(many(small), margin=0.05).outcome == "pass"


def test_beyond_the_margin_but_no_difference_after_adjustment():
    found = gate(many(result(1.1, verdict="inconclusive", reason="adjusted for 40 comparisons")))
    assert found.outcome == "cannot tell" and "adjusted for 40" in found.items[0].reason


def test_the_worst_decides():
    counts = result(1.0).baseline_n
    refused = not_comparable("one-boot", "one boot", replicate="boot", baseline_n=counts, treatment_n=counts).named(better="lower")
    good, bad, open_ = result(0.9), result(1.2), result(1.015)
    assert gate(many(good, bad, open_, refused)).exit_code == 1
    assert gate(many(good, open_)).exit_code == gate(many(good, refused)).exit_code == 2
    assert gate(many(refused)).exit_code == gate(many()).exit_code == 3
    assert gate(many(good, good)).exit_code == 0


def test_what_was_not_run_does_not_pass():
    lost = Note("one-arm-only", "only old has c time: nothing to compare")
    new = Note("one-arm-only", "only new has d time: nothing to compare")
    assert gate(many(result(0.9), notes=[lost])).outcome == "cannot tell"
    assert gate(many(result(0.9), notes=[new])).outcome == "pass"


def test_junit():
    found = gate(many(result(0.9), result(1.2), result(1.015), result(1.0, "none"), result(1.1).named(benchmark="a\x00<&>\"")))
    text = found.junit()
    assert text == gate(many(*[result(0.9), result(1.2), result(1.015), result(1.0, "none"),
                               result(1.1).named(benchmark="a\x00<&>\"")])).junit()  # fmt: skip
    root = ElementTree.fromstring(text)
    suite = root.find("testsuite")
    assert suite.attrib == {"name": "mine", "tests": "5", "failures": "2", "errors": "1", "skipped": "1"}
    cases = suite.findall("testcase")
    assert [[child.tag for child in case] for case in cases] == [[], ["failure"], ["error"], ["skipped"], ["failure"]]
    assert cases[4].get("classname") == "a\ufffd<&>\".time" and "beyond the margin" in cases[1].find("failure").get("message")
    told = {part.get("name"): part.get("value") for part in suite.find("properties")}
    assert told == {"baseline": "old", "treatment": "new", "margin": "0.02"}


# Element: attributes it must have, attributes it may have, elements inside it. After junit-10.xsd of Jenkins' xUnit plugin (the
# parts that a gate uses), which follows Maven's surefire; `testsuites` there has no `skipped`.
SCHEMA = {
    "testsuites": ((), ("name", "time", "tests", "failures", "errors"), ("testsuite",)),
    "testsuite": (("name", "tests", "failures", "errors"),
                  ("skipped", "time", "timestamp", "hostname", "id", "package", "group", "file", "log", "url"),
                  ("properties", "testcase", "system-out", "system-err")),
    "properties": ((), (), ("property",)),
    "property": (("name", "value"), (), ()),
    "testcase": (("name",), ("classname", "time", "group"), ("skipped", "error", "failure", "system-out", "system-err")),
    "skipped": ((), ("type", "message"), ()),
    "error": ((), ("type", "message"), ()),
    "failure": ((), ("type", "message"), ()),
}  # fmt: skip
HOSTILE = ("a\x00b", "\x1b[31mred\x1b[0m", "]]>", "<![CDATA[x]]>", "&amp;&#0;&#x1b;", "\ud800", "\ufffe\uffff", "\x85\x7f\x9f",
           "\r\n\t", "<!-- --", "<?x?>", "\"'`", "\u202eabc", "\U0001f600", "", " ", "x" * 5000)  # fmt: skip


def keeps(element, inside=None):
    """Is the tree what the schema allows?"""
    must, may, _ = SCHEMA[element.tag]
    assert inside is None or element.tag in SCHEMA[inside][2]
    assert set(must) <= set(element.attrib) <= {*must, *may}, element.attrib
    if element.tag in ("testsuites", "testsuite"):
        cases = list(element.iter("testcase"))
        assert int(element.get("tests")) == len(cases)
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(element.get(key, len(list(element.iter(tag))))) == len(list(element.iter(tag)))
    if element.tag == "testcase":
        assert len(element) <= 1 and element.get("name").strip()
    if element.tag == "testsuite":
        assert [child.tag for child in element][:1] == ["properties"] and element.get("name").strip()
    for child in element:
        keeps(child, element.tag)


@pytest.mark.parametrize("word", HOSTILE)
def test_junit_is_what_the_schema_allows(word):
    """Whatever the benchmarks, the metric, the factors, the selectors and the notes are called."""
    named = [found.named(benchmark=word, metric=word or "m", factors=(("isa", word), (word or "f", "1")))
             for found in (result(0.9), result(1.2), result(1.015), result(1.0, "none"))]  # fmt: skip
    lost = Note("one-arm-only", f"only old has {word} time: nothing")
    judged = gate(replace(many(*named, notes=[lost]), baseline=word, treatment=word))
    text = replace(judged, filter=word, dataset=word.strip() or "d").junit()
    assert text.startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites" and [suite.get("tests") for suite in root] == ["5"]
    keeps(root)
    legal = {"\t", "\n", "\r"}
    assert all(character in legal or " " <= character <= "\ud7ff" or "\ue000" <= character <= "\ufffd" or character >= "\U00010000"
               for character in text.decode())  # fmt: skip


def test_junit_of_nothing():
    keeps(ElementTree.fromstring(gate(many()).junit()))


def test_plain_types():
    shown = json.loads(json.dumps(gate(many(result(1.0, "none"), result(1.2))).to_dict(), allow_nan=False))
    assert (shown["outcome"], shown["exit_code"]) == ("regression", 1)
    assert shown["items"][0]["low"] is None and math.isclose(shown["items"][1]["cost"], 1.2)


ROWS = "environment,launch,benchmark,metric,value,unit,better\n"


def table(factor):
    rows = [f"{arm},{launch},b,time,{scale * (1 + (launch % 5 - 2) / 200):.5f},s,lower\n"
            for arm, scale in (("old", 1), ("new", factor)) for launch in range(10)]  # fmt: skip
    return ROWS + "".join(rows)


@pytest.mark.parametrize(("factor", "code"), [(1.0, 0), (1.1, 1), (1.018, 2)])
def test_the_command(make, tmp_path, capsys, factor, code):
    root = str(make({"t.csv": table(factor)}))
    report = tmp_path / "junit.xml"
    call = ["compare", root, "--baseline", "old", "--treatment", "new", "--gate"]
    assert main([*call, "--junit", str(report)]) == code
    assert f"gate: {list(OUTCOMES)[code]}" in capsys.readouterr().out
    assert len(ElementTree.parse(report).getroot().findall(".//testcase")) == 1
    assert main([*call, "--format", "json"]) == code
    shown = json.loads(capsys.readouterr().out)
    assert shown["gate"]["exit_code"] == code and shown["results"][0]["benchmark"] == "b"


def test_the_command_with_nothing_to_compare(make, capsys):
    one = ROWS + "old,1,b,time,1,s,lower\nnew,1,b,time,2,s,lower\n"
    root = str(make({"t.csv": one}))
    assert main(["compare", root, "--baseline", "old", "--treatment", "new", "--gate"]) == 3
    assert "one-launch" in capsys.readouterr().out


def test_usage(make, capsys):
    root = str(make({"t.csv": table(1.0)}))
    assert main(["compare", root, "--baseline", "old", "--treatment", "new", "--junit", "x.xml"]) == 64
    assert "--gate" in capsys.readouterr().err
    assert main(["compare", root, "--baseline", "old", "--treatment", "new", "--gate", "--margin", "-1"]) == 64


def small_costs(cost):
    """Six benchmarks of the same ten launches, each `cost` slower, with a noise of its own in each."""
    places = [(arm, k, b) for arm in ("old", "new") for k in range(10) for b in range(6)]
    noise = [1 + 0.03 * ((k * 7 + 3 * b + (arm == "new")) % 10 - 4.5) / 4.5 for arm, k, b in places]
    return ROWS + "".join(f"{arm},{k},b{b},time,{(1 + cost * (arm == 'new')) * by:.6f},s,lower\n"
                          for (arm, k, b), by in zip(places, noise, strict=True))  # fmt: skip


def test_a_group_is_judged_by_its_geometric_mean(make, capsys, tmp_path):
    """3.5 % in each of six benchmarks, too little for any one of them to tell, is a regression of all together."""
    root, report = str(make({"t.csv": small_costs(0.035)})), tmp_path / "junit.xml"
    call = ["compare", root, "--baseline", "old", "--treatment", "new", "--gate"]
    assert main(call) == 2
    capsys.readouterr()
    assert main([*call, "--group-by", "metric", "--junit", str(report)]) == 1
    assert "regression: geometric mean of 6.time" in capsys.readouterr().out
    suite = ElementTree.parse(report).getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("7", "1")
    assert main([*call, "--filter", "benchmark=b1|b2", "--junit", str(report)]) == 2
    told = {part.get("name"): part.get("value") for part in ElementTree.parse(report).getroot().iter("property")}
    assert told["filter"] == "benchmark=b1|b2" and "only benchmark=b1|b2" in capsys.readouterr().out


def test_a_report_is_not_written_among_the_logs(make, capsys):
    """The next run would take it for a log."""
    root = make({"t.csv": table(1.0)})
    call = ["compare", str(root), "--baseline", "old", "--treatment", "new", "--gate", "--junit"]
    assert main([*call, str(root / "gate.xml")]) == 64 and "lies in the dataset" in capsys.readouterr().err
    assert not (root / "gate.xml").exists()


def test_a_ratio_of_ratios_that_cannot_be_made_does_not_pass(make):
    """One benchmark passes; the other was measured with AMX only, and nothing says that it does."""
    rows = "".join(f"{e},{k},{name},time,{1 + k / 1000},s,{isa}\n" for e in ("old", "new") for k in range(6)
                   for name, isa in (("both", "amx"), ("both", "avx512"), ("lone", "amx")))  # fmt: skip
    root = make({"t.csv": "environment,launch,benchmark,metric,value,unit,isa\n" + rows})
    found = gate(compare(root, "old", "new", within="isa=avx512"))
    assert found.outcome == "cannot tell" and {item.outcome for item in found.items} == {"pass", "not comparable"}
    assert gate(compare(root, "old", "new", within="isa=avx512", filter="benchmark=both")).outcome == "pass"
