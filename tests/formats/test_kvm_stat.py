"""perf kvm stat: the tables are written from the format strings of tools/perf/builtin-kvm.c (Linux 6.1), with the exit counts of
data/tdx-perf-2024/vm and made-up times, as perf decodes no exit on this guest; `no-samples.txt` is what it then prints."""

import pytest
from cutting import first_rows_remain
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.document import Document, load
from amxperf.errors import FormatError, UsageError
from amxperf.formats import recognise
from amxperf.formats.kvm_stat import read, sniff


def doc(text: str) -> Document:
    return Document("x.txt", text.encode(), "")


@pytest.fixture(scope="module")
def sample(pytestconfig):
    return lambda name: load(pytestconfig.rootpath / "tests/formats/samples/kvm_stat" / name)


def test_report_by_hand(sample):
    tables, notes = read(sample("report.documented.txt"), {})
    data = tables["measurements"]
    counts = data[data["metric"] == "samples"]
    assert counts["value"].sum() == 429867 and len(counts) == 9 and notes == []  # the total of the capture
    halt = data[data["exit_reason"] == "HLT"].set_index("metric")
    #                  HLT        146     0.03%    91.90%      1.90us 1000213.45us  60520.31us ( +-  14.73% )
    assert halt["value"].to_dict() == pytest.approx({
        "samples": 146, "min_time": 1.9e-6, "max_time": 1.00021345, "avg_time": 0.06052031, "samples_share": 0.0003,
        "time_share": 0.919, "avg_time +-": 0.1473,
    })
    assert set(halt["better"]) == {"none"} and set(halt["line"]) == {12}
    wrote = data[data["exit_reason"] == "MSR_WRITE"].set_index("metric")
    assert wrote.loc["avg_time", ["value", "unit", "better"]].tolist() == [pytest.approx(2.05e-6), "s", "lower"]
    assert set(data.loc[~data["informative"], "metric"]) == {"samples_share", "time_share", "avg_time +-"}
    assert data[data["metric"] == "handled_time"]["value"].tolist() == [pytest.approx(9.61500327)]


def test_other_tables_and_repeats(sample):
    text = sample("ioport.documented.txt").text
    data = read(doc(text * 2), {})[0]["measurements"]
    assert set(data["benchmark"]) == {"io-accesses"} and set(data["exit_reason"]) == {"0x70:POUT", "0x71:PIN", ""}
    assert data[data["metric"] == "handled_time"]["iteration"].tolist() == [0, 1]


def test_the_table_of_later_releases(sample):
    """The columns that later releases print, in ns: the heading as a patch to perf kvm stat quotes it, the numbers made up."""
    data = read(sample("later.documented.txt"), {})[0]["measurements"]
    halt = data[data["exit_reason"] == "HLT"].set_index("metric")["value"].to_dict()
    assert halt == pytest.approx({
        "samples": 146, "min_time": 1.9e-6, "max_time": 1.00021345, "avg_time": 0.06052031, "handled_time": 8.83596526,
        "samples_share": 0.54, "time_share": 0.99,
    })
    assert data[["benchmark", "exit_reason"]].drop_duplicates().values.tolist() == [
        ["vm-exits", "HLT"], ["vm-exits", "MSR_WRITE"], ["mmio-accesses", "0xfee00380:W"],
    ]


def test_nothing_seen(sample):
    tables, notes = read(sample("no-samples.txt"), {})
    assert tables["measurements"].empty and [note.code for note in notes] == ["no-samples"]


def test_missing_rows_strangers_and_bad_numbers(sample):
    lines = sample("report.documented.txt").text.splitlines(keepends=True)
    without = "".join(line for line in lines if "HLT" not in line)
    assert [note.code for note in read(doc(without), {})[1]] == ["total"]
    huge = "".join(lines).replace("143258", "9" * 400)
    assert [note.code for note in read(doc(huge), {})[1]] == ["total"]
    assert sniff(doc("Total Samples:1, Total events handled time:2.00us.\n")) == 0
    with pytest.raises(FormatError):
        read(doc("hello\n"), {})
    with pytest.raises(UsageError):
        read(doc("hello\n"), {"seconds": 1})


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_cut_report_gives_its_first_rows(sample, data):
    first_rows_remain(read, sample("report.documented.txt").text, data, ("value",))


def test_a_report_that_a_mailer_broke(sample):
    """Headings and rows in two lines each; the numbers of the lines stay."""
    document = sample("report.documented.txt")
    whole = read(document, {})[0]["measurements"]
    lines = []
    for line in document.lines:
        row = line.rfind("us ", 0, line.rfind("us ")) + 2 if "us " in line else 0
        place = line.find("Max Time") + 3 if "Max Time" in line else row
        lines += [line[:place], line[place:].strip()] if place > 3 else [line, ""]
    broken = Document("a", ("\n".join(lines) + "\n").encode(), "")
    assert recognise(broken) == "kvm_stat"
    tables, notes = read(broken, {})
    columns = whole.columns.difference(["source", "line"])
    assert tables["measurements"][columns].equals(whole[columns]) and not notes
    assert ((tables["measurements"]["line"] + 1) // 2).tolist() == whole["line"].tolist()


def test_accesses_of_msrs():
    """The names look like those of --event=mmio in the later table; the heading says what they are."""
    head = "MSR Access Samples  Samples% Time%  Min Time Max Time  Avg time\n\n"
    row = "  0x6e0:W   67007  98.17%   98.31%  0.59us   10.69us  0.90us ( +-  0.10% )\n"
    data = read(doc(f"Analyze events for all VMs, all VCPUs:\n\n{head}{row}"), {})[0]["measurements"]
    assert set(data["benchmark"]) == {"msr-accesses"} and set(data["exit_reason"]) == {"0x6e0:W"}
