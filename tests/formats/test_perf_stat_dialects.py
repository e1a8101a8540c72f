"""perf stat as other releases, locales and people print it: headings over several lines, groups of metrics, names of metrics,
blanks between digits, objects of JSON on one line. Three logs are of perf 6.1; the lines in here are written by the printf formats
of perf's tools/perf/util/stat-display.c."""

# ruff: noqa: E501 (lines of logs stand whole)

import pytest

from amxperf.document import Document, load
from amxperf.formats import recognise
from amxperf.formats.perf_lines import decimal, further, text_record
from amxperf.formats.perf_metrics import metrics
from amxperf.formats.perf_stat import read


def doc(text: str) -> Document:
    return Document("x.txt", text.encode(), "")


def values(text: str, **where):
    data = read(doc(text), {})[0]["measurements"]
    for column, value in where.items():
        data = data[data[column] == value]
    return {metric: value for metric, value in zip(data["metric"], data["value"], strict=True) if value == value}


@pytest.fixture(scope="module")
def sample(pytestconfig):
    return lambda name: load(pytestconfig.rootpath / "tests/formats/samples/perf_stat" / name)


def test_a_command_of_several_lines(sample):
    """perf stat -- sh -c 'i=0 .. done', a command of four lines."""
    tables, notes = read(sample("command-of-lines.txt"), {})
    data = tables["measurements"]
    assert set(data["benchmark"]) == {"sh -c i=0 while [ $i -lt 2000 ]; do i=$((i+1)) done"} and not notes
    found = dict(zip(data["metric"], data["value"], strict=True))
    assert (found["page-faults"], found["elapsed"], found["sys"]) == (63, 0.016007727, 0.004031)
    assert data[data["metric"] == "page-faults"]["line"].tolist() == [10]


@pytest.mark.parametrize(
    ("name", "faults", "spread"), [("locale-cs-repeat.txt", 32639, 0.0002), ("locale-ch-repeat.txt", 32674, 0.0003)]
)
def test_blanks_and_apostrophes_between_digits(sample, name, faults, spread):
    data = read(sample(name), {})[0]["measurements"]
    found = dict(zip(data["metric"], data["value"], strict=True))
    assert (found["page-faults"], found["page-faults +-"]) == (faults, pytest.approx(spread))


@pytest.mark.parametrize("number", [5, 999, 1_000, 45_678, 560_323_120, 12_911_337_103])
@pytest.mark.parametrize("mark", [" ", "\u00a0", "\u202f", "'", "’"])
def test_digits_in_groups(number, mark):
    """A blank as the mark of thousands is what old releases of glibc have for French."""
    text = f"{number:,}".replace(",", mark)
    record = text_record(1, f" {text:>18}      page-faults               #    0,005 M/sec   ( +-  6,46% )")
    assert (record.value, record.event, record.metrics, record.places) == (number, "page-faults", [(0.005, "M/sec")], {})
    record = text_record(1, f"S0-D0-C0           2 {text:>18}      page-faults")
    assert (record.value, record.places) == (number, {"core": "S0-D0-C0"})
    record = text_record(1, f"     1.000123456 {text:>18}      page-faults")
    assert (record.value, record.stamp) == (number, 1.000123456)


def test_digits_that_are_no_groups():
    assert text_record(1, "       12 3456      page-faults") is None
    assert decimal("1 234 567") == 1234567


HYBRID = """
 Performance counter stats for './gemm':

       737,806,000      cpu_core/instructions/           #     1.97  insn per cycle
     <not counted>      cpu_atom/instructions/                                                  (0.00%)
                  TopdownL1 (cpu_core)                   #     87.9 %  tma_bad_speculation
                                                         #     24.0 %  tma_frontend_bound
                                                         #      nan %  tma_retiring
                  TopdownL1 (cpu_atom)                   #      3.5 %  tma_bad_speculation      (57.00%)

       1.001518955 seconds time elapsed
"""


def test_groups_of_metrics_have_names_of_their_own():
    """They were the metrics of the counter above them, or lost where that was not counted."""
    assert values(HYBRID) == {
        "cpu_core/instructions/": 737806000, "cpu_core/instructions/: insn per cycle": 1.97,
        "TopdownL1 (cpu_core): tma_bad_speculation": 0.879, "TopdownL1 (cpu_core): tma_frontend_bound": 0.24,
        "TopdownL1 (cpu_atom): tma_bad_speculation": 0.035, "elapsed": 1.001518955,
    }  # fmt: skip
    csv = "100,,cpu_core/cycles/,1000,100.00,,\n<not counted>,,cpu_atom/cycles/,0,0.00,,\n,1000,100.00,,,,TopdownL1 (cpu_core)\n"
    csv += ",,,,,87.9,%  tma_bad_speculation\n,1000,100.00,,,24.0,%  tma_frontend_bound\n"
    json = (
        '{"counter-value" : "100.0", "unit" : "", "event" : "cpu_core/cycles/", "event-runtime" : 1000, "pcnt-running" : 100.00}\n'
    )
    json += '{"event-runtime" : 1000, "pcnt-running" : 100.00, "metricgroup" : "TopdownL1 (cpu_core)"}\n'
    json += '{"metric-value" : "87.900000", "metric-unit" : "%  tma_bad_speculation"}\n'
    json += '{"metric-value" : "24.000000", "metric-unit" : "%  tma_frontend_bound"}\n'
    shares = {"TopdownL1 (cpu_core): tma_bad_speculation": 0.879, "TopdownL1 (cpu_core): tma_frontend_bound": 0.24}
    for text in (csv, json):
        assert values(text) == {"cpu_core/cycles/": 100, **shares}, text


@pytest.mark.parametrize(
    ("line", "metric", "value", "unit"),
    [
        ("7,807,494      hv_24x7/pm_pb_cyc,chip=0/ #      2.0 GHz  PowerBUS_Frequency_0", "hv_24x7/pm_pb_cyc,chip=0/: PowerBUS_Frequency_0", 2e9, "Hz"),
        ("6,158,658      cpu_core/cpu-cycles/   #      4.1 GHz  cycles_frequency", "cpu_core/cpu-cycles//s", 4.1e9, "op/s"),
        ("1,117,309      UNC_M_CAS_COUNT.RD     #   124.96 MB/s  memory_bandwidth_read", "UNC_M_CAS_COUNT.RD: memory_bandwidth_read", 124.96e6, "B/s"),
        ("1,512.44 msec task-clock:u            #      1.0 CPUs  CPUs_utilized", "task-clock:u: CPUs_utilized", 1.0, "1"),
        ("18,402,624      instructions           #      3.0 instructions  insn_per_cycle", "instructions: insn_per_cycle", 3.0, "1"),
        ("4,348,981      branches               #   2875.5 M/sec  branch_frequency", "branches/s", 2875.5e6, "op/s"),
        ("13,780      branch-misses          #      0.3 %  branch_miss_rate", "branch-misses: branch_miss_rate", 0.003, "1"),
    ],
)  # fmt: skip
def test_metrics_with_a_name(line, metric, value, unit):
    """Two blanks stand between the unit and the name. A clock of another unit is not the rate of the event that it was worked out of."""
    data = read(doc(f" Performance counter stats for 'x':\n\n  {line}   \n"), {})[0]["measurements"]
    row = data.iloc[1]
    assert (row["metric"], row["value"], row["unit"]) == (metric, pytest.approx(value), unit)


def test_a_metric_or_a_share_on_the_next_line():
    text = " Performance counter stats for 'x' (3 runs):\n\n   1,000 instructions     #    0.42  insns per cycle\n"
    text += "                          #    3.55  stalled cycles per insn  ( +-  0.09% ) [100.00%]\n"
    text += "   913,369      BR_INST_RETIRED.NEAR_CALL\n                  (79.95%)\n\n     417.5 seconds time elapsed    ( +-  0.23% )\n"
    found = values(text)
    assert found["instructions: stalled cycles per insn"] == 3.55 and found["BR_INST_RETIRED.NEAR_CALL running"] == 0.7995
    assert (found["elapsed"], found["elapsed +-"]) == (417.5, pytest.approx(0.0023))
    assert further("# 1254992790.0").metrics == []  # a number that a mail cut off its name


def test_several_objects_on_a_line():
    one = '{"counter-value" : "1117309.000000", "unit" : "", "event" : "A", "event-runtime" : 8, "pcnt-running" : 100.00, %s}'
    more = '{"metric-value" : 237.237504, "metric-unit" : "MB/s  memory_bandwidth_total"}'
    text = one % '"metric-value" : 1.5, "metric-unit" : "MB/s  read"' + " " + more + "\n" + one % "" + "\n"
    data = read(doc(text), {})[0]["measurements"]
    assert data[["metric", "value", "line"]].values.tolist() == [
        ["A", 1117309, 1], ["A: read", 1.5e6, 1], ["A: memory_bandwidth_total", 237.237504e6, 1], ["A", 1117309, 2]
    ]  # fmt: skip


@pytest.mark.parametrize("sep", [",", ";", ":", "\t"])
def test_metrics_alone_with_any_separator(sep):
    text = "core,cpus,%  tma_core_bound,insn per cycle,\nS0-D0-C0,2,10.5,0.79,\nS0-D0-C1,2,15.0,0.81,\n".replace(",", sep)
    assert recognise(doc(text)) == "perf_stat"
    assert [(found.name, found.value, found.places) for found in metrics(text.splitlines())] == [
        ("tma_core_bound", 0.105, {"core": "S0-D0-C0"}), ("insn per cycle", 0.79, {"core": "S0-D0-C0"}),
        ("tma_core_bound", 0.15, {"core": "S0-D0-C1"}), ("insn per cycle", 0.81, {"core": "S0-D0-C1"}),
    ]  # fmt: skip


def test_topdown_of_old_releases():
    text = "core,cpus,retiring,bad speculation,frontend bound,backend bound\nS0-C0,1,151.0,3.9,26.0,,\n"
    assert values(text, core="S0-C0") == {"retiring": 1.51, "bad speculation": pytest.approx(0.039), "frontend bound": 0.26}


def test_the_share_of_time_behind_a_metric_on_the_next_line():
    text = " Performance counter stats for 'x':\n\n   1,000 instructions:u     #    0.83  insn per cycle\n"
    text += "                             #    0.98  stalled cycles per insn     (74.94%)\n\n     417.5 seconds time elapsed\n"
    assert values(text)["instructions:u running"] == pytest.approx(0.7494)


@pytest.mark.parametrize("place", ["socket cpus", "node   cpus", "die cpus"])
def test_headings_of_intervals_with_places(place):
    mark = {"s": "S0", "n": "N0", "d": "S0-D0"}[place[0]]
    text = f"  #           time {place}             counts unit events\n       1.001085024 {mark}        1         9615386315      clockticks\n"
    assert recognise(doc(text)) == "perf_stat" and values(text) == {"clockticks": 9615386315}


def test_json_between_other_lines():
    one = '{"counter-value" : "6326.000000", "unit" : "", "event" : "cycles", "event-runtime" : 293786, "pcnt-running" : 100.00}'
    text = f"$ perf stat -j -- true\n...\n{one}\n...\nand so on\n"
    assert recognise(doc(text)) == "perf_stat" and values(text) == {"cycles": 6326}
