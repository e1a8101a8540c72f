"""perf stat: 52 logs that perf 6.1 printed (perf stat -e task-clock,context-switches,page-faults,cycles ... sh w.sh, a shell loop),
read in every spelling, and five written from perf-stat(1) and perf's mailing
list for counters and metrics that a guest does not have."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.document import Document, load
from amxperf.errors import AmxperfError, FormatError, UsageError
from amxperf.formats.perf_lines import csv_record, decimal, json_record, text_record
from amxperf.formats.perf_stat import read, sniff


def doc(text: str) -> Document:
    return Document("x.txt", text.encode(), "")


@pytest.fixture(scope="module")
def sample(pytestconfig):
    return lambda name: load(pytestconfig.rootpath / "tests/formats/samples/perf_stat" / name)


def values(data, **where):
    for column, value in where.items():
        data = data[data[column] == value]
    return dict(zip(data["metric"], data["value"], strict=True))


def test_text_by_hand(sample):
    data = read(sample("default.txt"), {})[0]["measurements"]
    found = values(data)
    assert found.pop("task-clock") == pytest.approx(0.22034, abs=1e-12) and found["task-clock: CPUs utilized"] == 0.995
    assert found["context-switches/s"] == 13.615 and found["page-faults"] == 64
    assert (found["elapsed"], found["user"], found["sys"]) == (0.221393230, 0.221467, 0)
    assert math.isnan(found["cycles"]) and set(data["benchmark"]) == {"sh w.sh"}
    refused = data[~data["informative"]]
    assert refused["metric"].tolist() == ["cycles", "instructions", "branches", "branch-misses"]
    assert set(refused["reason"]) == {"perf has no value: not supported"} and refused["line"].tolist() == [8, 9, 10, 11]
    assert data.set_index("metric").loc[["elapsed", "task-clock", "page-faults"], "better"].tolist() == ["lower", "lower", "none"]


def test_figures_come_out_as_they_were_printed():
    text = " Performance counter stats for 'a':\n\n         12,004.52 msec task-clock   #    1.10% of it\n\n"
    assert values(read(doc(text), {})[0]["measurements"]) == {"task-clock": 12.00452, "task-clock: of it": 0.011}


def test_metrics_alone_by_hand(sample):
    data = read(sample("metric-only-interval.documented.txt"), {})[0]["measurements"]
    assert data[["metric", "value", "iteration", "line"]].values.tolist() == [
        ["insn per cycle", 0.79, 0, 2], ["tma_amx_busy", 0.125, 0, 2], ["MB memory_bandwidth_of_socket", 36.4, 0, 2],
        ["insn per cycle", 0.81, 1, 3], ["tma_amx_busy", 0.131, 1, 3], ["MB memory_bandwidth_of_socket", 36.2, 1, 3],
        ["tma_amx_busy", 0.129, 2, 4], ["MB memory_bandwidth_of_socket", 36.3, 2, 4],
    ]  # fmt: skip
    data, notes = read(sample("metric-only.documented.txt"), {})
    data = data["measurements"]
    assert data[["metric", "value", "cpu"]].values.tolist() == [
        ["insn per cycle", 0.79, "0"], ["GHz", 3.86, "0"], ["branch-misses of all branches", 0.0256, "0"],
        ["insn per cycle", 1.02, "1"], ["branch-misses of all branches", 0.011, "1"], ["elapsed", 1.004576381, ""],
    ]  # fmt: skip
    assert notes == []
    data = read(sample("metric-only-csv.documented.txt"), {})[0]["measurements"]
    rows = [["insn per cycle", 0.79, 2], ["GHz", 3.86, 2], ["insn per cycle", 0.8, 3]]
    assert data[["metric", "value", "line"]].values.tolist() == rows
    data = read(doc('{"interval" : 1.5, "GHz" : "4.166", "insn per cycle" : "0.73"}\n'), {})[0]["measurements"]
    assert values(data) == {"GHz": 4.166, "insn per cycle": 0.73}


def test_a_shares_sign_goes_with_the_name_behind_it():
    """Headings are right-aligned in columns that names overflow: the sign of one name stands at the end of the column before."""
    text = """
 Performance counter stats for 'system wide':

                   %  tma_bad_speculation %  tma_backend_bound      %  tma_retiring %  tma_frontend_bound
S0-D0-C0              2                     5.0                 40.0                    15.0                   40.0
S0-D0-C1              2                     6.0                 29.0                    20.0                   45.0
"""
    data = read(doc(text), {})[0]["measurements"]
    assert values(data[data["core"] == "S0-D0-C0"]) == {
        "tma_bad_speculation": 0.05, "tma_backend_bound": 0.4, "tma_retiring": 0.15, "tma_frontend_bound": 0.4,
    }  # fmt: skip


def test_of_two_intervals_the_cut_one_is_odd():
    text = "     1.000100000     7      page-faults\n     1.250100000     2      page-faults\n"
    data = read(doc("#           time             counts unit events\n" + text), {})[0]["measurements"]
    assert data["informative"].tolist() == [True, False] and "counted for 0.25 s" in data["reason"][1]


@pytest.mark.parametrize("name", ["csv", "semi", "tab", "sepword", "json", "locale-de-csv", "locale-de-semi", "locale-de-json"])
def test_every_spelling_gives_the_same_kind_of_rows(sample, name):
    document = sample(f"{name}.txt")
    data = read(document, {})[0]["measurements"]
    found = values(data)
    # the value in front of the unit, read here without the reader; ms in the file
    clock = re.search(r"(\d+[.,]\d+)\W+(?:unit\W+)?msec", document.text)[1].replace(",", ".")
    assert found["task-clock"] == pytest.approx(float(clock) / 1000, rel=1e-12) and 0.1 < float(clock) / 1000 < 0.3
    assert 60 < found["page-faults"] < 66 and f"{found['page-faults']:.0f}" in re.search(r".*page-faults", document.text)[0]
    assert set(data["unit"]) <= {"s", "1", "op/s"} and set(data["benchmark"]) == {"perf-stat"}


@pytest.mark.parametrize(
    ("name", "clock", "switches", "duration"),
    [("de", 0.94466, 3991, 2.370488067), ("fr", 1.05826, 4113, 1.479373429), ("en", 1.02964, 4108, 1.164903390)],
)
def test_thousands_and_decimal_marks_of_locales(sample, name, clock, switches, duration):
    # sed -n 4,9p tests/formats/samples/perf_stat/locale-*.txt: 944,66 and 3.991; 1 058,26 (U+202F); 1,029.64
    found = values(read(sample(f"locale-{name}.txt"), {})[0]["measurements"])
    assert (found["task-clock"], found["context-switches"]) == (pytest.approx(clock, abs=1e-12), switches)
    assert found["duration_time"] == found["elapsed"] == pytest.approx(duration, abs=1e-12)


def test_a_decimal_comma_between_commas(sample):
    # 156,39,msec,task-clock,156389216,100,00,0,CPUs utilized: perf cuts its own metric at the comma
    found = values(read(sample("locale-de-csv.txt"), {})[0]["measurements"])
    assert found["task-clock"] == pytest.approx(0.15639) and found["context-switches"] == 23
    assert not [name for name in found if name.endswith(("/s", "running", "utilized"))]


@pytest.mark.parametrize("name", ["repeat", "csv-repeat", "json-repeat", "locale-de-repeat", "table"])
def test_repeats(sample, name):
    tables, notes = read(sample(f"{name}.txt"), {})
    data = tables["measurements"]
    spreads = data[data["metric"].str.endswith("+-")]
    # +- 8.49 %, 2.14 %, 18.80, 3,08 %, 16.84 % of task-clock
    expected = {"repeat": 0.0849, "csv-repeat": 0.0214, "json-repeat": 0.188, "locale-de-repeat": 0.0308, "table": 0.1684}[name]
    assert values(spreads)["task-clock +-"] == pytest.approx(expected) and not spreads["informative"].any()
    assert "mean-of-runs" in [note.code for note in notes]
    if name == "table":  # --table lists the elapsed time of each run
        elapsed = data[data["metric"] == "elapsed"]
        assert elapsed["value"].tolist() == [0.2370, 0.2168, 0.1523] and elapsed["iteration"].tolist() == [0, 1, 2]


@pytest.mark.parametrize("name", ["interval", "interval-csv", "interval-json", "locale-de-interval"])
def test_intervals_are_iterations_and_the_last_is_short(sample, name):
    tables, notes = read(sample(f"{name}.txt"), {})
    faults = tables["measurements"].query("metric == 'page-faults'")
    assert faults["iteration"].tolist() == list(range(len(faults))) and len(faults) == (5 if "de" in name else 3)
    assert not faults["informative"].iloc[-1] and "counted for 0.0" in faults["reason"].iloc[-1]
    assert "odd-interval" in [note.code for note in notes]
    if "de" not in name:
        assert math.isnan(faults["value"].iloc[1]) and faults["reason"].iloc[1] == "perf has no value: not counted"


@pytest.mark.parametrize("name", ["summary", "summary-csv", "summary-json"])
def test_a_summary_is_not_one_more_interval(sample, name):
    tables, notes = read(sample(f"{name}.txt"), {})
    data = tables["measurements"]
    clocks = data[data["metric"] == "task-clock"]
    assert len(clocks) == (3 if name == "summary" else 2) and "summary" in [note.code for note in notes]


@pytest.mark.parametrize(
    ("name", "column", "places"),
    [
        ("percpu", "cpu", {"0", "1"}), ("percpu-csv", "cpu", {"0", "1"}), ("percpu-json", "cpu", {"0", "1"}),
        ("percore", "core", {"S0-D0-C0", "S0-D0-C1"}), ("percore-csv", "core", {"S0-D0-C0", "S0-D0-C1"}),
        ("interval-percore", "core", {"S0-D0-C0", "S0-D0-C1"}), ("interval-percore-csv", "core", {"S0-D0-C0", "S0-D0-C1"}),
        ("perdie", "die", {"S0-D0"}), ("perdie-json", "die", {"S0-D0"}), ("persocket", "socket", {"S0"}),
        ("pernode", "node", {"N0"}), ("pernode-csv", "node", {"N0"}), ("cgroup", "cgroup", {"/"}), ("cgroup-csv", "cgroup", {"/"}),
        ("cgroup-json", "cgroup", {"/"}), ("perthread", "thread", {"sh-19625"}), ("perthread-csv", "thread", {"sh-19625"}),
        ("perthread-json", "thread", {"sh-19625"}),
        ("perthread-sys", "thread", {"perf-14469", "rcu_preempt-15", "kworker/0:1-9813", "ksoftirqd/1-22", "kcompactd0-35"}),
    ],
)
def test_places(sample, name, column, places):
    data = read(sample(f"{name}.txt"), {})[0]["measurements"]
    counted = data[data["metric"] == "task-clock"]
    assert set(counted[column]) == places and set(counted["better"]) <= {"none"}
    if name == "percore":  # S0-D0-C1           1                140      context-switches
        assert values(data, core="S0-D0-C1")["context-switches"] == 140


def test_counters_of_hardware(sample):
    """Written from perf-stat(1) and the source of its printing, as this guest counts no hardware event."""
    tables, notes = read(sample("hardware.documented.txt"), {})
    found = values(tables["measurements"])
    assert (found["cycles"], found["cycles/s"], found["cycles running"]) == (5312998104, 2.806e9, pytest.approx(0.6661))
    assert found["instructions: insn per cycle"] == 1.7 and found["branch-misses: of all branches"] == pytest.approx(0.0018)
    assert found["exe.amx_busy: tma_amx_busy"] == pytest.approx(0.153)
    assert found["exe.amx_busy: tma_ports_utilization"] == pytest.approx(0.42)
    assert (found["power/energy-pkg/"], found["uncore_imc/data_reads/"]) == (38.10, 102.33 * 2**20)
    units = tables["measurements"].set_index("metric")["unit"]
    assert (units["power/energy-pkg/"], units["uncore_imc/data_reads/"]) == ("J", "B")
    assert {note.code for note in notes} == {"multiplexed", "mean-of-runs"}


def test_an_event_may_hold_the_separator(sample):
    found = values(read(sample("events-with-commas.documented.txt"), {})[0]["measurements"])
    assert found["cpu/event=0xb7,umask=0x2/"] == 812311904 and found["cpu/event=0xb7,umask=0x2/ running"] == pytest.approx(0.499)
    assert found["cpu/event=0xb7,umask=0x2/: tma_amx_busy"] == pytest.approx(0.153)


def test_no_counter_but_the_time(sample):
    """perf stat --null -r 3 --table sh w.sh: perf as a stopwatch."""
    document = sample("null.txt")
    data = read(document, {})[0]["measurements"]
    listed = [float(found[1]) for line in document.lines if (found := re.match(r"\s+(\d\.\d+) \([+-]", line))]
    assert len(listed) == 3 and data[data["metric"] == "elapsed"]["value"].tolist() == listed


def test_metrics_below_a_counter_in_every_spelling():
    """A counter with two metrics has a second line for the other (builtin-stat's print_metric_csv and print_metric_json)."""
    csv = "812311904,,exe.amx_busy,944811030,100.00,15.3,% tma_amx_busy\n,,,,,42.0,% tma_ports_utilization\n"
    lines = (
        '{"counter-value" : "812311904.0", "unit" : "", "event" : "exe.amx_busy", "pcnt-running" : 100.00, '
        '"metric-value" : "15.3", "metric-unit" : "% tma_amx_busy"}\n'
        '{"metric-value" : "42.0", "metric-unit" : "% tma_ports_utilization"}\n'
    )
    for text in (csv, lines):
        assert values(read(doc(text), {})[0]["measurements"]) == pytest.approx({
            "exe.amx_busy": 812311904, "exe.amx_busy: tma_amx_busy": 0.153, "exe.amx_busy: tma_ports_utilization": 0.42,
        })


def test_named_rates_of_new_releases():
    text = " Performance counter stats for 'x':\n\n             4,108      context-switches    #    4.0 K/sec  cs_per_second\n"
    text += "               65      page-faults         #   61.4 faults/sec  page_faults_per_second\n"
    found = values(read(doc(text), {})[0]["measurements"])
    assert (found["context-switches/s"], found["page-faults/s"]) == (4000, 61.4)


def test_a_program_prints_too(sample):
    tables, notes = read(sample("mixed.txt"), {})
    assert set(tables["measurements"]["benchmark"]) == {'sh -c echo hello; echo "12 nothing" >&2; exit 3'}
    assert [note.code for note in notes] == ["skipped-line"]  # hello
    long = "".join(f"step {k}\n" for k in range(60)) + sample("mixed.txt").text
    assert sniff(doc(long)) == 60 and sniff(doc("step 1\n" * 60)) == 0


def test_two_blocks_are_two_iterations(sample):
    data = read(doc(sample("default.txt").text * 2), {"benchmark": "mine"})[0]["measurements"]
    assert data[data["metric"] == "elapsed"]["iteration"].tolist() == [0, 1] and set(data["benchmark"]) == {"mine"}


def test_hostile_lines():
    bad = [
        '{"counter-value" : "nan", "event" : "x"}', '{"counter-value" : "1e999", "event" : "x"}',
        '{"counter-value" : "1", "event" : 5}',
        '{"counter-value" : "1", "event" : "x", "interval" : {}}', '{"counter-value" : "1", "event" : "x"', "[" * 3000,
        f"{'9' * 400},,cycles,1,100.00,,", "-5,,cycles,1,100.00,,",
    ]
    for line in bad:
        assert json_record(1, line) is None and csv_record(1, line) is None and text_record(1, line) is None
    good = '{"counter-value" : "5.0", "unit" : "", "event" : "x", "event-runtime" : 1, "pcnt-running" : 100.00}\n'
    tables, notes = read(doc(good + "\n".join(bad) + "\n"), {})
    assert tables["measurements"]["value"].tolist() == [5] and [note.code for note in notes] == ["skipped-line"]
    with pytest.raises(FormatError):
        read(doc("hello\n"), {})
    with pytest.raises(UsageError):
        read(doc(good), {"seconds": 1})


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["default", "csv-repeat", "json", "interval-percore", "table", "locale-de-csv"]), st.data())
def test_a_cut_log_gives_the_first_rows(sample, name, data):
    text = sample(f"{name}.txt").text
    whole = read(doc(text), {})[0]["measurements"]
    cut = data.draw(st.integers(1, len(text)))
    try:
        part = read(doc(text[:cut]), {})[0]["measurements"]
    except AmxperfError as error:
        assert error.exit_code == 65
        return
    keys = ["metric", "value", "line", "iteration"]
    both = (part, whole.iloc[: len(part)])
    assert str(both[0][keys].values.tolist()) == str(both[1][keys].values.tolist())  # str: NaN is not itself


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 10**15), st.sampled_from([",", ".", "\u202f", "\u00a0", "'"]), st.sampled_from([None, ".", ","]))
def test_any_grouping(number, group, mark):
    text = f"{number:,}".replace(",", group)
    if mark and mark != group:
        assert decimal(f"{text}{mark}25") == number + 0.25
    elif number >= 1000 or len(text) < 4:
        assert decimal(text) == number


def test_the_tables_of_older_perf():
    """Up to 5.0 the unit stands behind the clock, up to 3.x there is none and the share of a counter stands in brackets."""
    text = (
        " Performance counter stats for './a.out':\n\n"
        "       1920.159821 task-clock                #    0.998 CPUs utilized          \n"
        "     6,138,428,373 cycles                    #    3.197 GHz                     [83.43%]\n"
        "          0.652839      cpu-clock (msec)          #    0.001 CPUs utilized          \n"
    )
    tables, notes = read(Document("a", text.encode()), {})
    table = tables["measurements"].set_index("metric")
    assert [note.code for note in notes] == ["multiplexed"]
    assert table.loc[["task-clock", "cpu-clock"], ["value", "unit"]].values.tolist() == [[1.920159821, "s"], [0.000652839, "s"]]
    assert table.loc[["cycles running", "cycles/s"], "value"].tolist() == [0.8343, 3.197e9]
