"""The table and the CSV of google-benchmark 1.7.1, against the JSON of the same run (--benchmark_out):

./b --benchmark_min_time=0.02 --benchmark_out=printed.json > printed.txt   (what it writes to standard error stands above)
./b --benchmark_repetitions=2 --benchmark_filter='copy|big/4' --benchmark_counters_tabular=true --benchmark_out=tabular.json
./b --benchmark_format=csv > plain.csv   (which the program breaks off at a counter of its own)
"""

import pytest

from amxperf.document import Document, load
from amxperf.formats import google_benchmark, recognise
from amxperf.formats.google_forms import scaled


@pytest.fixture(scope="module")
def sample(pytestconfig):
    return lambda name: load(pytestconfig.rootpath / "tests/formats/samples/google_benchmark" / name)


def rows(document):
    data = google_benchmark.read(document, {})[0]["measurements"].fillna("")
    keys = [name for name in ("benchmark", "metric", "bytes", "threads", "label", "iteration") if name in data]
    return {tuple(row[name] for name in keys): (row["value"], row["unit"], row["better"], row["informative"])
            for row in data.to_dict("records")}  # fmt: skip


@pytest.mark.parametrize(("name", "left"), [("printed", {"big", "rows"}), ("tabular", set())])
def test_the_table_says_what_json_says(sample, name, left):
    """As far as it is rounded: three digits of a time. M of a program's own counter is not read."""
    table, exact = rows(sample(f"{name}.txt")), rows(sample(f"{name}.json"))
    assert {key[1] for key in exact.keys() - table.keys()} == left and table.keys() <= exact.keys()
    for key, (value, *rest) in table.items():
        assert [value, *rest] == [pytest.approx(exact[key][0], rel=6e-3), *exact[key][1:]], key


def test_notes_of_the_table(sample):
    document = sample("printed.txt")
    tables, notes = google_benchmark.read(document, {})
    assert [note.code for note in notes] == ["debug-build", "error", "complexity", "complexity", "rounded", "unclear-prefix"]
    assert next(note.message for note in notes if note.code == "error") == "BM_refuse: no AMX here"
    copy = tables["measurements"].iloc[0]
    assert "BM_copy/bytes:64 " in document.lines[copy["line"] - 1] and copy["label"] == "plain copy"


def test_csv(sample):
    document = sample("plain.csv")
    found = rows(document)
    assert found["BM_copy", "real_time", "64", "plain copy", 0] == (pytest.approx(1.26681e-08), "s", "lower", True)
    assert found["BM_copy", "bytes_per_second", "4096", "plain copy", 0] == (2.2795e9, "B/s", "higher", True) and len(found) == 8


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("bytes_per_second", "18.3398Gi/s", 18.3398 * 2**30), ("bytes_per_second", "18.3398G/s", 18.3398 * 2**30),
        ("items_per_second", "685.755k/s", 685755.0), ("items_per_second", "2G/s", 2e9), ("level", "0.25", 0.25),
        ("level", "250m", 0.25), ("level", "3k", 3000.0), ("level", "3Mi", 3 * 2**20), ("level", "3M", None), ("level", "x", None),
    ],
)  # fmt: skip
def test_prefixes_of_counters(name, text, value):
    assert scaled(name, text) == (None if value is None else pytest.approx(value))


def test_a_cut_table_and_a_program_that_prints_too(sample):
    text = "loading the model\n" + sample("tabular.txt").text
    document = Document("a", text[: text.rindex("BM_copy/bytes:4096_mean") + 60].encode(), "")
    assert recognise(document) == "google_benchmark"
    tables, notes = google_benchmark.read(document, {})
    assert "cut-file" in [note.code for note in notes] and tables["measurements"]["line"].max() == len(document.lines) - 1


def test_names_with_blanks():
    head = "-" * 60 + "\nBenchmark                  Time             CPU   Iterations UserCounters...\n" + "-" * 60 + "\n"
    text = head + "BM_Search/search position:0       5.70 ns         5.60 ns    126602219 Result=101\n"
    found = google_benchmark.read(Document("a", text.encode(), ""), {})[0]["measurements"]
    assert dict(zip(found["metric"], found["value"], strict=True)) == {
        "real_time": pytest.approx(5.7e-9), "cpu_time": pytest.approx(5.6e-9), "Result": 101
    }  # fmt: skip


def test_lines_in_the_table_that_are_no_results_are_counted(sample):
    whole = sample("printed.txt").text
    text = whole.replace("BM_big/4 ", "a line of the program\nBM_big/4 ").replace("21280\n", "21280\nBM_big/5      1.00 parsecs\n")
    tables, notes = google_benchmark.read(Document("a", text.encode(), ""), {})
    skipped = next(note for note in notes if note.code == "skipped-line")
    assert (skipped.count, text.split("\n")[skipped.line - 1]) == (2, "a line of the program")
    assert len(tables["measurements"]) == len(google_benchmark.read(sample("printed.txt"), {})[0]["measurements"])
