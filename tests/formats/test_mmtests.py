"""mmtests comparisons: the netperf capture against awk, percentages as an independent check, other headers."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.document import Document, load
from amxperf.errors import AmxperfError, FormatError, UsageError
from amxperf.formats.mmtests import read, sniff

OPTIONS = {
    "environments": {"gen vm1": "vm", "tdx vm1": "tdx"}, "benchmark": "netperf-udp-rr", "unit": "1/s", "better": "higher",
}


def doc(text: str) -> Document:
    return Document("x.txt", text.encode(), "")


@pytest.fixture(scope="module")
def document(pytestconfig):
    return load(pytestconfig.rootpath / "data/tdx-perf-2024/netperf-udp-rr.mmtests.txt")


def test_the_capture(document):
    # awk 'NR>2{print $1,$3}' data/tdx-perf-2024/netperf-udp-rr.mmtests.txt -> 8 rows; Hmean 29534.07 and 12527.03 in line 4
    tables, notes = read(document, OPTIONS)
    data = tables["measurements"]
    assert len(data) == 16 and set(data["environment"]) == {"vm", "tdx"} and set(data["case"]) == {"10"}
    hmean = data[data["metric"] == "Hmean"].set_index("environment")
    assert hmean["value"].to_dict() == {"vm": 29534.07, "tdx": 12527.03} and set(hmean["line"]) == {4}
    assert set(hmean["unit"]) == {"op/s"} and set(hmean["better"]) == {"higher"}
    assert [(note.code, note.line) for note in notes] == [("spread", 5)]
    spread = data[~data["informative"]]
    assert sorted(set(spread["metric"])) == ["CoeffVar", "Stddev"] and len(spread) == 4
    assert set(spread["better"]) == {"none"} and spread["reason"].str.contains("spread").all()
    assert spread.set_index(["metric", "environment"])["unit"]["CoeffVar", "vm"] == "%"
    assert sniff(document) == 95


def test_the_printed_percentages_follow_from_the_values(document):
    # an independent second reader: the percentage of the second run, from the text
    data = read(document, OPTIONS)[0]["measurements"]
    for line, text in enumerate(document.lines, start=1):
        found = re.findall(r"(-?[\d.]+)%", text)
        if len(found) == 2:
            rows = data[data["line"] == line]["value"].tolist()
            gain = (rows[1] / rows[0] - 1) * 100
            sign = 1 if data[data["line"] == line]["informative"].all() else -1  # of a spread, less is better
            slack = 0.005 + 100 * 0.01 / rows[0]  # two decimals of the percentage and of the values
            assert sign * gain == pytest.approx(float(found[1]), abs=slack)


def test_runs_keep_their_names_without_a_mapping(document):
    assert set(read(document, {})[0]["measurements"]["environment"]) == {"gen vm1", "tdx vm1"}
    data = read(document, {})[0]["measurements"]
    assert set(data["benchmark"]) == {"mmtests"} and set(data["unit"]) == {"", "%"} and set(data["better"]) == {"none"}


def test_words_of_the_header_stand_above_the_values():
    text = (
        "nas-mpich-mg NAS Time\n"
        "                                 test                  other\n"
        "                                               mgD-many\n".replace(" " * 47 + "mgD-many", " " * 52 + "mgD-many")
        + "Min       mg.D       95.80 (   0.00%)      90.00 (   6.05%)\n"
        "Amean     mg.D      110.77 (   0.00%)     100.00 *   9.72%*\n"
        "\n"
        "Duration User       25810.02    25158.93\n"
    )
    tables, notes = read(doc(text), {"unit": "ms"})
    data = tables["measurements"]
    assert data["environment"].tolist()[:2] == ["test", "other mgD-many"]
    assert data["value"].tolist()[0] == pytest.approx(0.0958) and set(data["unit"]) == {"s"}
    assert [note.code for note in notes] == ["skipped-line"]


def test_durations_below_do_not_hide_the_comparison():
    durations = "".join(f"Duration {what:10} 12.34       15.00\n" for what in ("User", "System", "Elapsed"))
    text = (
        "netperf-udp\n                              vm                    tdx\n"
        "Hmean     64      210.54 (   0.00%)      180.12 * -14.45%*\n"
        "Stddev    64        1.54 (   0.00%)        2.12 ( -37.66%)\n\n"
        "                       vm         tdx\n                      6.8         6.8\n" + durations
    )
    assert sniff(doc(text)) == 95
    data = read(doc(text), {})[0]["measurements"]
    assert data["value"].tolist() == [210.54, 180.12, 1.54, 2.12] and data["environment"].tolist() == ["vm", "tdx"] * 2
    assert sniff(doc(durations)) == 0


@pytest.mark.parametrize("word", ["nan", "inf"])
def test_a_row_without_a_finite_value_is_left_out(document, word):
    text = document.text.replace("12527.03", word.ljust(8))
    tables, notes = read(doc(text), {})
    assert sniff(doc(text)) == 95
    assert len(tables["measurements"]) == 14 and 4 not in tables["measurements"]["line"].tolist()
    assert [(note.code, note.line) for note in notes] == [("not-finite", 4), ("spread", 5)]
    head, row = document.lines[:2], document.lines[3].replace("12527.03", word.ljust(8))
    with pytest.raises(FormatError, match="finite") as caught:
        read(doc("\n".join([*head, row, ""])), {})
    assert caught.value.line == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"environments": {"gen": "vm"}}, "no run is called 'gen'"),
        ({"environments": ["gen vm1"]}, "must map"),
        ({"better": "more"}, "use lower, higher, none"),
        ({"units": "s"}, "takes no option 'units'"),
        ({"unit": 1}, "must be a text"),
    ],
)
def test_bad_options_are_refused(document, options, words):
    with pytest.raises(UsageError, match=words):
        read(document, options)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda text: text.replace("12527.03 * -57.58%*", ""), 4),
        (lambda text: text.replace("tdx", "gen"), 2),
        (lambda text: text.split("vm1\n", 1)[1], 1),
    ],
)
def test_errors_name_the_line(document, change, line):
    with pytest.raises(FormatError) as caught:
        read(doc(change(document.text)), {})
    assert caught.value.line == line


def test_strangers():
    with pytest.raises(FormatError):
        read(doc("hello\n"), {})
    assert sniff(doc("Prose\nHmean     10    29534.07 (   0.00%)    12527.03 * -57.58%*\nmore prose\nand more\n")) == 0


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_cut_comparison_gives_its_first_rows(document, data):
    cut = data.draw(st.integers(0, len(document.text)))
    whole = read(document, {})[0]["measurements"]
    try:
        part = read(doc(document.text[:cut]), {})[0]["measurements"]
    except AmxperfError as error:
        assert error.exit_code == 65
        return
    assert part["value"].tolist() == whole["value"].tolist()[: len(part)]
