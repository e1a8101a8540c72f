"""Published overheads: the CSV counted with other readers, worked ratios, and every complaint with its line."""

import csv
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.document import Document, load
from amxperf.errors import AmxperfError, FormatError, UsageError
from amxperf.formats.overheads import COLUMNS, overhead, read, sniff, time_ratio

GOOD = dict.fromkeys(COLUMNS, "") | {
    "study": "S", "year": "2024", "better": "lower", "source_url": "https://example.org", "quote_location": "p. 1",
}


def doc(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> Document:
    lines = [",".join(columns), *(",".join(row[name] for name in columns) for row in rows)]
    return Document("x.csv", ("\n".join(lines) + "\n").encode(), "")


@pytest.fixture(scope="module")
def document(pytestconfig):
    return load(pytestconfig.rootpath / "data/published/overheads.csv")


def test_the_published_rows(document, pytestconfig):
    tables, notes = read(document, {})
    data = tables["overheads"]
    assert len(data) == 80 and not notes and sniff(document) == 95
    # grep -c ',tdx-vm,' data/published/overheads.csv -> 42, and so on
    assert data["comparison"].value_counts().to_dict() == {
        "tdx-vm": 42, "tdx-metal": 18, "pages": 8, "numa": 6, "vm-metal": 4, "tdx-tdx": 2
    }
    # grep -c ',none,' -> 2 rows that are counts, and one row without any number: three rows without a ratio
    assert data["time_ratio"].isna().sum() == 3
    assert data["line"].tolist() == list(range(2, 82)) and data["year"].min() == 2024
    with open(pytestconfig.rootpath / "data/published/overheads.csv", newline="") as stream:  # a second reader
        for row, (_, found) in zip(csv.DictReader(stream), data.iterrows(), strict=True):
            for name in COLUMNS:
                value = found[name]
                assert row[name] == "" if value != value else (float(row[name]) == value if value.__class__ is float else
                                                               row[name] == str(value)), name
            if row["better"] == "none" or not row["overhead_percent"]:
                continue
            if row["baseline_value"]:
                pair = float(row["baseline_value"]), float(row["treatment_value"])
                expected = pair[1] / pair[0] if row["better"] == "lower" else pair[0] / pair[1]
            else:
                share = float(row["overhead_percent"]) / 100
                expected = 1 + share if row["better"] == "lower" else 1 / (1 - share)
            assert found["time_ratio"] == pytest.approx(expected, rel=1e-12)


def test_ratios_by_hand(document):
    ratio = read(document, {})[0]["overheads"].set_index("line")["time_ratio"]
    assert ratio[2] == pytest.approx(1.32050, abs=5e-6)  # 140.62 / 106.49
    assert ratio[5] == pytest.approx(2.35763, abs=5e-6)  # 29534.07 / 12527.03: 57.58 % fewer transactions
    assert ratio[9] == pytest.approx(1.07538, abs=5e-6)  # 7.01 % less throughput: 1 / 0.9299
    assert time_ratio(50, "higher") == 2.0 and time_ratio(50, "lower") == 1.5 and math.isnan(time_ratio(50, "none"))


@pytest.mark.parametrize(
    ("baseline", "treatment", "percent", "better", "codes"),
    [
        ("106.49", "140.62", "32.05", "lower", []),
        ("106.49", "140.62", "32.15", "lower", ["overhead-mismatch"]),
        ("784", "478", "39.0", "higher", []),
        ("784", "478", "64.0", "higher", ["overhead-mismatch"]),  # t/b - 1 of the inverse: a common slip
        ("5.85", "13.17", "125", "lower", []),
        ("429867", "413981", "-3.70", "none", []),
        ("100", "200", "", "lower", []),
        ("1e2", "2e2", "1.0e2", "lower", []),
    ],
)
def test_a_percentage_must_follow_from_its_values(baseline, treatment, percent, better, codes):
    row = {"baseline_value": baseline, "treatment_value": treatment, "overhead_percent": percent, "better": better}
    assert [note.code for note in read(doc(GOOD | row), {})[1]] == codes


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"study": ""}, "study is empty"),
        ({"source_url": " "}, "source_url is empty"),
        ({"quote_location": ""}, "quote_location is empty"),
        ({"better": "less"}, "better is 'less'"),
        ({"year": "24"}, "year '24'"),
        ({"overhead_percent": "5 %"}, "is not a number"),
        ({"overhead_percent": "nan"}, "is not a number"),
        ({"overhead_percent": "100", "better": "higher"}, "no time ratio"),
        ({"overhead_percent": "-100"}, "no time ratio"),
        ({"baseline_value": "0", "treatment_value": "1"}, "not above 0"),
    ],
)
def test_complaints_name_the_line(change, words):
    with pytest.raises(FormatError, match=words) as caught:
        read(doc(GOOD, GOOD | change), {})
    assert caught.value.line == 3 and caught.value.hint


def test_columns_are_those_of_the_table():
    with pytest.raises(FormatError, match="no column 'amx'"):
        read(doc(GOOD, columns=tuple(name for name in COLUMNS if name != "amx")), {})
    with pytest.raises(FormatError, match="'page' is unknown"):
        read(doc(GOOD | {"page": ""}, columns=(*COLUMNS, "page")), {})
    with pytest.raises(UsageError):
        read(doc(GOOD), {"unit": "s"})
    assert sniff(Document("x", b"study,overhead_percent\n", "")) == 0


@settings(deadline=None, max_examples=60)
@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6), st.sampled_from(["lower", "higher"]))
def test_values_and_percentage_give_one_ratio(baseline, treatment, better):
    ratio = treatment / baseline if better == "lower" else baseline / treatment
    assert time_ratio(overhead(baseline, treatment, better), better) == pytest.approx(ratio, rel=1e-6)


@settings(deadline=None, max_examples=80)
@given(st.sampled_from(["baseline_value", "treatment_value", "overhead_percent", "year"]), st.one_of(
    st.sampled_from(["1e999", "0e999", "1e-999", "-1", "1e", "e5", "5e+", "٣"]), st.from_regex(r"\A[0-9.e+-]{1,8}\Z"),
), st.sampled_from(["lower", "higher", "none"]))
def test_no_number_breaks_the_reader(name, text, better):
    row = GOOD | {"baseline_value": "3", "treatment_value": "4", "better": better} | {name: text}
    try:
        read(doc(row), {})
    except AmxperfError as error:
        assert error.exit_code == 65 and error.line == 2


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_cut_file_is_read_or_refused(document, data):
    cut = data.draw(st.integers(0, len(document.data)))
    try:
        tables, notes = read(Document("x.csv", document.data[:cut], ""), {})
    except AmxperfError as error:
        assert error.exit_code == 65
        return
    assert len(tables["overheads"]) <= 80
    assert document.data[:cut].endswith(b"\n") or "cut-line" in [note.code for note in notes] or not len(tables["overheads"])
