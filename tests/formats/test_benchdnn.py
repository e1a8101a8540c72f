"""benchdnn: no package has it, so the samples are written from tests/benchdnn/doc/knobs_perf_report.md of oneDNN (the CSV line of
resnet:ip1 is its example) and the format strings of benchdnn.cpp, with made-up times."""

import pytest
from cutting import first_rows_remain
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.document import Document, load
from amxperf.errors import FormatError, UsageError
from amxperf.formats.benchdnn import read, sniff


def doc(text: str) -> Document:
    return Document("x.txt", text.encode(), "")


@pytest.fixture(scope="module")
def sample(pytestconfig):
    return lambda name: load(pytestconfig.rootpath / "tests/formats/samples/benchdnn" / f"{name}.documented.txt")


def test_performance_by_hand(sample):
    tables, notes = read(sample("performance"), {})
    data = tables["measurements"]
    first = data[data["line"] == 2].set_index("metric")
    assert first["value"].to_dict() == pytest.approx({
        "operations": 2.14748e9, "create time min": 3.1084e-3, "time min": 1.02563e-3, "rate min": 2.09382e12,
        "time avg": 1.1123e-3, "rate avg": 1.93067e12,
    })
    assert first["unit"].tolist() == ["op", "s", "s", "op/s", "s", "op/s"]
    assert first["better"].tolist() == ["none", "lower", "lower", "higher", "lower", "higher"]
    assert first["informative"].tolist() == [False, True, True, True, True, True] and set(first["benchmark"]) == {"benchdnn-matmul"}
    row = first.iloc[0]
    assert row["problem"].endswith('--attr-post-ops=relu:0.5,sum 1024x1024:1024x1024n"gemm') and row["isa"] == "amx"
    whole = data[data["metric"].str.startswith("total")].set_index("metric")
    assert whole["value"].to_dict() == pytest.approx({"total time min": 1.02783e-3, "total time avg": 1.1148e-3, "total": 6.54})
    assert whole["informative"].tolist() == [True, True, False] and notes == []


def test_csv_by_hand(sample):
    data = read(sample("performance-csv"), {})[0]["measurements"]
    first = data[data["line"] == 2].set_index("metric")["value"].to_dict()
    assert first == pytest.approx({
        "operations": 458752000, "time min": 0.520264e-3, "rate min": 881.768e9, "time avg": 0.564043e-3, "rate avg": 813.328e9,
    })  # a frequency of 0 is none
    row = data.iloc[0]
    assert (row["problem"], row["name"], row["dir"], row["cfg"]) == ("112,1000,2048,1,1", "resnet:ip1", "FWD_B", "f32")
    assert data[data["metric"] == "time min"]["iteration"].tolist() == [0, 1]
    assert data[data["metric"] == "frequency min"]["value"].tolist() == [2.1e9]


def test_a_template_of_ones_own(sample):
    data = read(sample("custom-template"), {})[0]["measurements"].set_index("metric")
    assert data["value"].to_dict() == {"time max": 0.00025, "bandwidth avg": 1200.5e6, "clocks min": 12500}
    assert data.loc["bandwidth avg", ["unit", "better", "benchmark"]].tolist() == ["B/s", "higher", "benchdnn-matmul"]


@pytest.mark.parametrize(("name", "values"), [("correctness", [1.843, 0.012, 5.85]), ("correctness-old", [])])
def test_correctness_mode_is_no_measurement_of_speed(sample, name, values):
    tables, notes = read(sample(name), {})
    data = tables["measurements"]
    assert data["value"].tolist() == pytest.approx(values) and not data["informative"].any()
    assert all("scalar reference code" in reason for reason in data["reason"])
    assert [note.code for note in notes] == ["correctness-mode"] and "--mode=P" in notes[0].message


def test_a_comparison_refuses_it(make, sample):
    from amxperf import compare

    text = sample("correctness").text
    root = make({f"{arm}/run-{k}/benchdnn.log": text for arm in ("vm", "tdx") for k in range(3)})
    assert {result.code for result in compare(root, "vm", "tdx")} == {"not-informative"}


def test_strangers_and_bad_lines(sample):
    with pytest.raises(FormatError, match="no template"):
        read(doc("perf,cpu,x,1,2\n"), {})
    with pytest.raises(FormatError):
        read(doc("hello\n"), {})
    with pytest.raises(UsageError):
        read(doc("hello\n"), {"x": 1})
    text = sample("performance").text
    bad = "perf,cpu,nan\nperf,cpu,a,b,c,1,2,nan,4,5,6\nperf," + "," * 9000 + "\nperf,cpu,a,b,c,1,2,1e999,4,5,6\n"
    tables, notes = read(doc(text + bad), {})
    assert len(tables["measurements"]) == 15 and [(note.code, note.message[0]) for note in notes] == [("skipped-line", "4")]
    joined = "Output template: perf,%engine%%-time%,%0time%\nperf,cpu1.5,2.5\n"  # found by mutation
    with pytest.raises(FormatError):
        read(doc(joined), {})
    failed = text.replace("failed:0", "failed:2")
    assert [note.code for note in read(doc(failed), {})[1]] == ["failed"]
    assert sniff(doc("onednn_verbose,v1,info,x\n" + text)) == 0 and sniff(doc("perf,cpu,x,1,2\n")) == 0


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(["performance", "performance-csv", "correctness"]), st.data())
def test_a_cut_log_gives_its_first_rows(sample, name, data):
    first_rows_remain(read, sample(name).text, data)
