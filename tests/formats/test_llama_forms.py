"""llama-bench in all its forms. Its -o and -oe print one run in two of them, and only JSON has the single runs:

llama-bench -m tiny.gguf -p 16 -n 4 -pg 16,4 -d 0,32 -r 3 -t 1 -o json -oe md > tiny.json 2> tiny.md
llama-bench (the same) -o csv -oe sql > tiny.csv 2> tiny.sql
llama-bench -m tiny.gguf -p 16 -n 4 -r 2 -t 1 -o json -oe md --progress > mixed.txt 2>&1, and -o jsonl > mixed-lines.txt 2>&1
"""

import json
import statistics

import pytest

from amxperf.document import Document, load
from amxperf.formats import llama_bench, recognise

TESTS = ["pp16", "tg4", "pp16+tg4", "pp16 @ d32", "tg4 @ d32", "pp16+tg4 @ d32"]  # in the order of the files


@pytest.fixture(scope="module")
def sample(pytestconfig):
    return lambda name: load(pytestconfig.rootpath / "tests/formats/samples/llama_bench" / name)


def rows(document, metric):
    data = llama_bench.read(document, {})[0]["measurements"]
    return data[data["metric"] == metric]


def test_the_table_rounds_what_json_has(sample):
    runs = rows(sample("tiny.json"), "token_rate").groupby("benchmark", sort=False)["value"]
    table = rows(sample("tiny.md"), "token_rate mean")
    assert table["benchmark"].tolist() == [f"llama-bench-{name}" for name in TESTS] == list(runs.groups)
    exact = [item["avg_ts"] for item in json.loads(sample("tiny.json").text)]
    assert table["value"].tolist() == [round(value, 2) for value in exact] and set(table["unit"]) == {"op/s"}
    assert table["value"].tolist() == pytest.approx([statistics.mean(values) for _, values in runs], rel=1e-4)
    spread = rows(sample("tiny.md"), "token_rate stddev")
    assert spread["value"].tolist() == pytest.approx([statistics.stdev(values) for _, values in runs], rel=1e-3)
    assert not spread["informative"].any() and set(spread["better"]) == {"none"}


def test_csv_and_sql_say_the_same(sample):
    one, two = (llama_bench.read(sample(f"tiny.{end}"), {}) for end in ("csv", "sql"))
    columns = one[0]["measurements"].columns.difference(["source", "line"])
    assert one[0]["measurements"][columns].equals(two[0]["measurements"][columns]) and len(one[0]["measurements"]) == 24
    assert [note.code for note in one[1]] == [note.code for note in two[1]] == ["machine", "mean-of-runs"]
    times = rows(sample("tiny.csv"), "time mean")
    second = sample("tiny.csv").lines[1].replace('"', "").split(",")
    assert times["value"].iloc[0] == int(second[-4]) / 1e9 and times["line"].tolist() == [2, 3, 4, 5, 6, 7]


def test_settings_have_one_name_and_one_word_in_every_form(sample):
    whole = rows(sample("tiny.json"), "time").iloc[0]
    for end, metric, same in (("csv", "time mean", 25), ("sql", "time mean", 25), ("md", "token_rate mean", 9)):
        row = rows(sample(f"tiny.{end}"), metric).iloc[0]
        apart = {"source", "line", "metric", "value", "unit", "better", "iteration"}
        apart |= {"model_size", "model_n_params"} if end == "md" else set()
        names = [name for name in row.index if name in whole.index and name not in apart]
        assert row[names].equals(whole[names]) and len(names) >= same, end


@pytest.mark.parametrize("name", ["mixed.txt", "mixed-lines.txt"])
def test_json_between_lines_of_a_log(sample, name):
    """A brace may be followed by a line of the log, as the end of the line comes with the next object."""
    tables, notes = llama_bench.read(sample(name), {})
    data = tables["measurements"]
    assert data.groupby(["benchmark", "metric"]).size().to_dict() == {
        (f"llama-bench-{test}", metric): 2 for test in ("pp16", "tg4") for metric in ("time", "token_rate")
    }
    assert "skipped-line" in [note.code for note in notes]
    lines = sample(name).lines
    assert all("{" in lines[line - 1] for line in data["line"])


@pytest.mark.parametrize(
    ("test", "name"), [("pp 512", "pp512"), ("tg 128", "tg128"), ("pp512+tg128", "pp512+tg128"), ("pp64 @ d4096", "pp64 @ d4096")]
)
def test_names_of_tests(test, name):
    text = "| model | size | params | backend | ngl | fa | test | t/s |\n| --- | ---: | ---: | --- | --: | -: | ---: | ---: |\n"
    text += f"| llama 7B Q4_0 | 3.56 GiB | 6.74 B | CUDA | 99 | 1 | {test} | 4918.36 ± 132.23 |\n\nbuild: 8cf427ff (5163)\n"
    document = Document("a.md", text.encode(), "")
    assert recognise(document) == "llama_bench"
    row = rows(document, "token_rate mean").iloc[0]
    assert row[["benchmark", "value", "n_gpu_layers", "flash_attn", "build_number"]].tolist() == [
        f"llama-bench-{name}", 4918.36, "99", "true", "5163"
    ]  # fmt: skip


def test_what_is_cut_or_no_result_is_said(sample):
    for end in ("csv", "sql", "md"):
        document = sample(f"tiny.{end}")
        text = "\n".join(line for line in document.lines if line and not line.startswith("build: "))
        tables, notes = llama_bench.read(Document("a", text[:-9].encode(), ""), {})
        assert "cut-file" in [note.code for note in notes] and tables["measurements"]["benchmark"].nunique() == 5, end
    text = sample("tiny.md").text + "\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    notes = llama_bench.read(Document("a", text.encode(), ""), {})[1]
    assert [note.code for note in notes] == ["mean-of-runs", "skipped-line"]


@pytest.mark.parametrize("between", ["[LINUX_PERF:362] unset\n", "ggml_init: done\n"])
@pytest.mark.parametrize("rule", ["| --- | ---: | ---: |\n", ""])
def test_a_table_without_its_rule_and_lines_of_a_log_inside(rule, between):
    text = f"| model | test | t/s |\n{rule}{between}| bitnet 3B | pp32 | 57.14 ± 3.67 |\n"
    text += f"{between}| bitnet 3B | tg32 | 60.11 ± 0.01 |\n"
    document = Document("a.md", text.encode(), "")
    assert recognise(document) == "llama_bench"
    assert rows(document, "token_rate mean")["value"].tolist() == [57.14, 60.11]
