"""google-benchmark 1.7.1 and hyperfine 1.15 of Debian, recorded here; llama-bench of llama.cpp as in llama-cpp-python 0.3.9,
recorded here with a model of 90,000 random weights. Two samples of it are written from its documentation, with made-up times."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.document import Document, load
from amxperf.errors import AmxperfError, FormatError, UsageError
from amxperf.formats import google_benchmark, hyperfine, llama_bench
from amxperf.formats.jsonrecords import objects

MODULES = {"google_benchmark": google_benchmark, "hyperfine": hyperfine, "llama_bench": llama_bench}
WHOLE = ["google_benchmark/repetitions.json", "hyperfine/parameters.json", "llama_bench/tests.documented.json",
         "llama_bench/tests.documented.jsonl"]  # fmt: skip


def doc(text: str) -> Document:
    return Document("x.json", text.encode(), "")


@pytest.fixture(scope="module")
def sample(pytestconfig):
    return lambda name: load(pytestconfig.rootpath / "tests/formats/samples" / name)


@pytest.mark.parametrize("name", ["plain", "repetitions", "aggregates-only"])
def test_google_benchmark_against_json(sample, name):
    document = sample(f"google_benchmark/{name}.json")
    tables, notes = google_benchmark.read(document, {})
    data = tables["measurements"]
    items = json.loads(document.text)["benchmarks"]
    runs = [item for item in items if item["run_type"] == "iteration" and not item.get("error_occurred")]
    times = data[data["metric"] == "real_time"]
    scale = {"ns": 1e-9, "us": 1e-6}
    assert times["value"].tolist() == pytest.approx([item["real_time"] * scale[item["time_unit"]] for item in runs], rel=1e-14)
    assert times["iteration"].tolist() == [item["repetition_index"] for item in runs] and times["informative"].all()
    lines = document.lines
    assert all('"name"' in lines[line] and lines[line - 1].strip() == "{" for line in times["line"])
    means = data[data["metric"] == "real_time mean"]
    assert len(means) == sum(item.get("aggregate_name") == "mean" for item in items)
    assert (not means["informative"].any()) if name == "repetitions" else means["informative"].all()
    spread = data[data["metric"].str.endswith((" stddev", " cv"))]
    assert not spread["informative"].any() and set(spread["better"]) <= {"none"}
    assert {note.code for note in notes} == {"debug-build", "error", "complexity"}
    assert next(note.message for note in notes if note.code == "error") == "BM_refuse: no AMX here"


def test_google_benchmark_factors_and_units(sample):
    data = google_benchmark.read(sample("google_benchmark/plain.json"), {})[0]["measurements"]
    copy = data[(data["benchmark"] == "BM_copy") & (data["bytes"] == "4096")].set_index("metric")
    assert copy["value"].to_dict() == pytest.approx({
        "real_time": 2.3223085937607025e-06, "cpu_time": 2.3187473958333335e-06, "bytes_per_second": 1.7664709866026354e9,
        "items_per_second": 4.3126733071353403e5,
    })
    assert copy["unit"].to_dict() == {"real_time": "s", "cpu_time": "s", "bytes_per_second": "B/s", "items_per_second": "op/s"}
    assert set(copy["label"]) == {"plain"} and copy["better"].tolist() == ["lower", "lower", "higher", "higher"]
    count = data[data["benchmark"] == "BM_count/real_time"].set_index("metric")
    assert count.loc["rows", ["value", "unit", "better", "threads"]].tolist() == [4.4653627343805760e8, "1", "none", "2"]
    assert set(data[data["benchmark"].str.startswith("BM_big")]["benchmark"]) == {"BM_big/1", "BM_big/4", "BM_big/16", "BM_big/64"}


def test_google_benchmark_of_old_releases():
    """Before 1.5 an aggregate is told by its name, and nothing else."""
    runs = [{"name": "a/n:8", "iterations": 1, "real_time": 2.0, "cpu_time": 1.0, "time_unit": "ms"},
            {"name": "a/n:8_mean", "iterations": 1, "real_time": 2.5, "cpu_time": 1.0, "time_unit": "ms"}]  # fmt: skip
    data = google_benchmark.read(doc(json.dumps({"context": {}, "benchmarks": runs})), {})[0]["measurements"]
    assert data[["metric", "value", "n"]].values.tolist() == [
        ["real_time", 0.002, "8"], ["cpu_time", 0.001, "8"], ["real_time mean", 0.0025, "8"], ["cpu_time mean", 0.001, "8"],
    ]


def test_hyperfine_by_hand(sample):
    data = hyperfine.read(sample("hyperfine/simple.json"), {})[0]["measurements"]
    assert data[data["metric"] == "elapsed"]["value"].tolist() == [0.01180726, 0.017026727000000002, 0.019278014, 0.015891921]
    assert data[data["metric"] == "user"]["value"].tolist() == pytest.approx([0.00155875])
    assert set(data["benchmark"]) == {"sleep 0.01"}
    data = hyperfine.read(sample("hyperfine/parameters.json"), {"benchmark": "sleep"})[0]["measurements"]
    kinds = data[data["metric"] == "elapsed"].groupby(["isa", "size"]).size()
    assert kinds.to_dict() == {(isa, size): 3 for isa in ("amx", "avx512") for size in ("1", "2")}
    assert set(data["benchmark"]) == {"sleep"}


def test_hyperfine_failures(sample):
    tables, notes = hyperfine.read(sample("hyperfine/failed.json"), {})
    data = tables["measurements"]
    failed, quick = (data[data["benchmark"] == name] for name in ('sh -c "exit 3"', "true"))
    assert set(failed["reason"]) == {"the command failed with exit code 3"} and not failed["informative"].any()
    elapsed = quick[quick["metric"] == "elapsed"]
    assert not elapsed["informative"].any() and "hyperfine with -N" in elapsed["reason"].iloc[0]
    assert [(note.code, note.line) for note in notes] == [("failed", 3)]


def test_hyperfine_parameters_never_overwrite_columns():
    parameters = {"value": "7", "unit": "B", "": "z"}
    result = {"command": "x", "times": [1.0], "stddev": 0.0, "exit_codes": [None], "parameters": parameters}
    row = hyperfine.read(doc(json.dumps({"results": [result]})), {})[0]["measurements"].iloc[0]
    assert (row["value"], row["unit"], row["parameter_value"], row["parameter_unit"]) == (1.0, "s", "7", "B")
    assert row["reason"] == "the command was killed by a signal"
    mean = {"command": "x", "mean": 2.0, "stddev": 0.0, "memory_usage_byte": [4096]}
    tables, notes = hyperfine.read(doc(json.dumps({"results": [mean]})), {})
    assert tables["measurements"]["value"].tolist() == [2.0, 4096] and notes[0].code == "mean-of-runs"


def test_llama_bench(sample):
    one, two = (llama_bench.read(sample(f"llama_bench/tests.documented.{end}"), {}) for end in ("json", "jsonl"))
    data = one[0]["measurements"]
    columns = data.columns.difference(["source", "line"])
    assert data[columns].equals(two[0]["measurements"][columns]) and two[0]["measurements"]["line"].tolist() == [1] * 6 + [2] * 6
    prompt = data[data["benchmark"] == "llama-bench-pp512"]
    times, rates = (prompt[prompt["metric"] == metric] for metric in ("time", "token_rate"))
    assert times["value"].tolist() == [5.020401, 5.10120031, 4.998120042] and times["iteration"].tolist() == [0, 1, 2]
    assert rates["value"].iloc[0] == pytest.approx(512 / 5.020401, rel=1e-6) and set(rates["unit"]) == {"op/s"}
    row = prompt.iloc[0]
    settings = ["n_threads", "model_type", "build_commit", "flash_attn"]
    assert row[settings].tolist() == ["8", "llama 7B Q4_0", "8cf427ff", "false"]
    assert not {"test_time", "cpu_info", "model_filename", "avg_ns"} & set(data.columns)
    assert [(note.code, note.message) for note in one[1]] == [("machine", "Intel(R) Xeon(R) Platinum 8480+")]
    bare = {"n_prompt": 1, "n_gen": 0, "avg_ns": 5, "avg_ts": float("nan"), "model_type": "m"}
    tables, notes = llama_bench.read(doc(json.dumps(bare)), {})
    assert tables["measurements"]["value"].tolist() == [5e-9] and {note.code for note in notes} == {"mean-of-runs", "not-finite"}


@pytest.mark.parametrize("name", WHOLE)
def test_a_cut_file_gives_what_stands_whole(sample, name):
    document = sample(name)
    read = MODULES[name.split("/")[0]].read
    whole = read(document, {})[0]["measurements"]

    @settings(deadline=None, max_examples=40)
    @given(st.integers(1, len(document.text)))
    def check(cut):
        try:
            tables, notes = read(doc(document.text[:cut]), {})
        except AmxperfError as error:
            assert error.exit_code == 65
            return
        part = tables["measurements"]
        assert part["value"].tolist() == whole["value"].tolist()[: len(part)]
        assert len(part) == len(whole) or name.endswith("l") or "cut-file" in [note.code for note in notes]

    check()


HOSTILE = [
    '{"context": {}, "benchmarks": [{"name": "a", "real_time": 1, "time_unit": "fortnight"}]}',
    '{"context": {}, "benchmarks": [{"name": 5, "time_unit": "ns"}]}', '{"context": {}, "benchmarks": [5], "time_unit": 1}',
    '{"context": {}, "benchmarks": [{"name": "a", "real_time": ' + "9" * 5000 + "}]}",
    '{"context": {}, "benchmarks": [' + "[" * 50_000,
    '{"results": [{"command": 5, "stddev": 0}]}', '{"results": [{"command": "x", "stddev": 0}]}', '{"results": [], "stddev": 0}',
    '{"results": {"command": "x", "times": [1]}}', '{"n_prompt": "a", "n_gen": 0, "avg_ns": 1, "model_type": ""}', "[" * 50_000,
    '{"n_prompt": 1, "n_gen": 0} garbage {"avg_ns": 1, "model_type": ""}', '{"avg_ns": 1, "n_gen": 2}', "[]", "{}", "nonsense",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("name", sorted(MODULES))
def test_hostile_json_is_one_error(name, text):
    assert MODULES[name].sniff(doc(text)) in (0, 95)
    with pytest.raises(FormatError):
        MODULES[name].read(doc(text), {})


def test_numbers_that_are_none():
    values = '"real_time": NaN, "cpu_time": 1e999, "bytes_per_second": true, "items_per_second": null, "rows": "text"'
    text = f'{{"context": {{}}, "benchmarks": [{{"name": "a", {values}, "time_unit": "ns"}}]}}'
    tables, notes = google_benchmark.read(doc(text), {})
    assert tables["measurements"].empty and [note.code for note in notes] == ["not-finite"] * 4
    text = '{"results": [{"command": "x", "times": [NaN, -1, 2], "stddev": null, "user": {}}]}'
    tables, notes = hyperfine.read(doc(text), {})
    assert tables["measurements"]["value"].tolist() == [2] and [note.code for note in notes] == ["not-finite"] * 3


def test_options_and_lines():
    for module in MODULES.values():
        with pytest.raises(UsageError):
            module.read(doc("{}"), {"colour": 1})
    found = objects(doc('{"a": [\n{"x":\n1},\n\n {"x": 2}\n]}\n'), "a")
    assert [line for line, _ in found.items] == [2, 5] and found.cut == 0
    with pytest.raises(FormatError, match=r"x\.json:3: this is not JSON"):
        objects(doc('{"a": [\n{"x": 1},\n{"x" 2}, {"y": 3}, {"z": 4}\n]}\n'), "a")


@pytest.mark.parametrize("name", ["google_benchmark/repetitions.json", "hyperfine/parameters.json"])
def test_two_results_in_one_file_are_an_error_at_the_second(sample, name):
    """Read as one they would lose the second without a word."""
    text = sample(name).text.rstrip("\n") + "\n"
    key = "results" if name.startswith("hyperfine") else "benchmarks"
    line = text.count("\n") + 1 + (text + text)[len(text):].split(f'"{key}"')[0].count("\n")
    with pytest.raises(FormatError, match=f"a second array '{key}'") as error:
        MODULES[name.split("/")[0]].read(doc(text + text), {})
    assert error.value.line == line
