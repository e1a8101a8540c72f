"""Results of hyperfine 1.15 without its runs: one measurement in three forms says the same, as far as each is rounded.

Recorded with (two benchmarks, one of which fails)
  hyperfine -i -r 2 'sleep 0.02; false' 'sleep 0.01 | cat' --export-csv pipes.csv --export-markdown pipes.md > pipes.printed.txt
  hyperfine -N -r 3 -L isa amx,avx512 -L size 1,2 'sleep 0.0{size}' --export-csv parameters.csv > printed.txt
"""

import pytest

from amxperf.document import Document, load
from amxperf.errors import FormatError
from amxperf.formats import hyperfine, recognise

ALL = ["elapsed max", "elapsed mean", "elapsed min", "elapsed stddev"]


@pytest.fixture(scope="module")
def sample(pytestconfig):
    return lambda name: load(pytestconfig.rootpath / "tests/formats/samples/hyperfine" / name)


def values(document):
    data = hyperfine.read(document, {})[0]["measurements"]
    assert data["iteration"].isna().all() and set(data["unit"]) == {"s"}
    return {(row.benchmark, row.metric): row.value for row in data.itertuples()}


def test_three_forms_of_one_measurement(sample):
    exact, table, printed = (values(sample(f"pipes.{end}")) for end in ("csv", "md", "printed.txt"))
    assert exact["sleep 0.02; false", "elapsed mean"] == 0.02275224042  # the second line of the file
    assert len(exact) == 14 and len(table) == 8 and len(printed) == 12
    assert {key: round(exact[key], 4) for key in table} == pytest.approx(table, abs=1e-12)
    assert {key: round(exact[key], 4) for key in printed} == pytest.approx(printed, abs=1e-12)


def test_what_a_statistic_can_say(sample):
    tables, notes = hyperfine.read(sample("pipes.printed.txt"), {})
    data = tables["measurements"]
    failed, good = (data[data["benchmark"] == name] for name in ("sleep 0.02; false", "sleep 0.01 | cat"))
    assert set(failed["reason"]) >= {"the command failed"} and not failed["informative"].any()
    assert sorted(good[good["informative"]]["metric"]) == ["elapsed mean", "system", "user"]
    assert [(note.code, note.line) for note in notes] == [
        ("mean-of-runs", 0), ("runs", 3), ("failed", 5), ("runs", 9), ("rounded", 0)
    ]  # fmt: skip
    assert notes[1].message == "sleep 0.02; false: 2 runs"


def test_parameters_of_csv_are_factors(sample):
    tables, notes = hyperfine.read(sample("parameters.csv"), {"benchmark": "sleep"})
    means = tables["measurements"].query("metric == 'elapsed mean'")
    assert means[["isa", "size", "value"]].values.tolist() == [  # lines 2 to 5 of the file
        ["amx", "1", 0.013043102666666667], ["avx512", "1", 0.013189071333333335], ["amx", "2", 0.03278126566666667],
        ["avx512", "2", 0.026334264],
    ]  # fmt: skip
    assert set(tables["measurements"]["benchmark"]) == {"sleep"} and [note.code for note in notes] == ["mean-of-runs"]


def test_a_single_run_has_no_spread():
    csv = "command,mean,stddev,median,user,system,min,max\nx,0.5,,0.5,0.1,0,0.5,0.5\n"
    tables, notes = hyperfine.read(Document("a", csv.encode(), ""), {})
    assert "elapsed stddev" not in set(tables["measurements"]["metric"]) and "not-finite" in [note.code for note in notes]
    text = "Benchmark 1: x\n  Time (abs ≡):         98.7 ms               [User: 1.2 ms, System: 0.0 ms]\n \n"
    assert values(Document("a", text.encode(), "")) == {("x", "elapsed mean"): 0.0987, ("x", "user"): 0.0012, ("x", "system"): 0.0}
    table = (
        "| Command | Mean [s] | Min [s] | Max [s] | Relative |\n|:---|---:|---:|---:|---:|\n| `x` | 1.115 | 1.1 | 1.2 | 1.00 |\n"
    )
    assert values(Document("a", table.encode(), ""))["x", "elapsed mean"] == 1.115


def test_other_tables_in_the_same_text_are_counted(sample):
    text = sample("pipes.md").text
    other = "Some words.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
    tables, notes = hyperfine.read(Document("a", (other + text).encode(), ""), {})
    assert len(tables["measurements"]) == 8 and [note.code for note in notes] == ["mean-of-runs", "rounded", "skipped-line"]
    assert recognise(Document("a", (other + text).encode(), "")) == "hyperfine"


@pytest.mark.parametrize(
    "text", ["command,mean,stddev,median,user,system,min,max\n", "command,mean,stddev,median,user,system,min,max\nx,1\n"]
)
def test_csv_without_results_is_an_error(text):
    with pytest.raises(FormatError):
        hyperfine.read(Document("a", text.encode(), ""), {})


def test_a_table_whose_columns_somebody_renamed():
    text = "| Participant | Input | Mean [ms] | Min [ms] | Max [ms] | Relative |\n|:---|:---|---:|---:|---:|---:|\n"
    text += "| one | a | 1.8 ± 0.1 | 1.7 | 2.2 | 1.00 |\n| one | b | 1.9 ± 0.1 | 1.7 | 2.5 | 1.05 ± 0.09 |\n"
    document = Document("a", text.encode(), "")
    assert recognise(document) == "hyperfine"
    means = hyperfine.read(document, {})[0]["measurements"].query("metric == 'elapsed mean'")
    assert means[["benchmark", "Input", "value"]].values.tolist() == [["one", "a", 0.0018], ["one", "b", 0.0019]]
