"""VM-exit maps: the two captures summed with awk, names of the reasons, cut and foreign files."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.document import Document, load
from amxperf.errors import AmxperfError, FormatError, UsageError
from amxperf.formats.bpftrace import read, sniff
from amxperf.formats.exit_reasons import EXIT_REASONS, name

VM = {  # worked out from the file with the table of the Intel SDM, volume 3, appendix C
    "VMCALL": 1, "EXCEPTION_NMI": 14, "MSR_READ": 63, "HLT": 146, "APIC_WRITE": 182, "EPT_MISCONFIG": 267,
    "PREEMPTION_TIMER": 142929, "EXTERNAL_INTERRUPT": 143007, "MSR_WRITE": 143258,
}
TDX = {"EPT_VIOLATION": 5121, "TDCALL": 137299, "EXTERNAL_INTERRUPT": 271561}


def doc(text: str) -> Document:
    return Document("x.txt", text.encode(), "")


@pytest.mark.parametrize(("side", "counts", "total"), [("vm", VM, 429867), ("tdx", TDX, 413981)])
def test_every_capture(pytestconfig, side, counts, total):
    # awk -F'[: ]+' '{s+=$2} END{print s, NR}' data/tdx-perf-2024/*/exits/kvmexit.bpftrace.txt -> 429867 9 and 413981 3
    document = load(pytestconfig.rootpath / f"data/tdx-perf-2024/{side}/exits/kvmexit.bpftrace.txt")
    tables, notes = read(document, {})
    data = tables["measurements"]
    assert dict(zip(data["exit_reason"], data["value"], strict=True)) == counts
    assert data["value"].sum() == total and not notes and sniff(document) == 95
    assert set(data["unit"]) == {"1"} and set(data["better"]) == {"none"} and set(data["metric"]) == {"exits"}
    assert data["line"].tolist() == list(range(1, len(counts) + 1))


def test_a_recording_length_gives_rates(pytestconfig):
    document = load(pytestconfig.rootpath / "data/tdx-perf-2024/tdx/exits/kvmexit.bpftrace.txt")
    data = read(document, {"seconds": 10})[0]["measurements"]
    rates = data[data["metric"] == "exit_rate"]
    assert rates["value"].sum() == pytest.approx(41398.1) and set(rates["unit"]) == {"op/s"} and len(data) == 6


@pytest.mark.parametrize("seconds", [0, -1, "10", float("inf"), float("nan"), True])
def test_a_length_is_a_number_above_0(seconds):
    with pytest.raises(UsageError):
        read(doc("@reason[1]: 2\n"), {"seconds": seconds})


def test_names():
    assert (name(0), name(48), name(77), name(85)) == ("EXCEPTION_NMI", "EPT_VIOLATION", "TDCALL", "MSR_WRITE_IMM")
    assert (name(5), name(-1), name(1 << 20)) == ("UNKNOWN_5", "UNKNOWN_-1", "UNKNOWN_1048576")
    assert name(0x80000000 | 33) == "INVALID_STATE FAILED_VMENTRY"
    assert len(set(EXIT_REASONS.values())) == len(EXIT_REASONS)


def test_repeats_other_maps_and_cut_lines_are_noted():
    text = "Attaching 2 probes...\n@reason[1]: 5\n@start: 7\n@reason[1]: 9\n@reason[12]: 1"
    tables, notes = read(doc(text), {})
    data = tables["measurements"]
    assert data["value"].tolist() == [5, 9] and data["iteration"].tolist() == [0, 1]
    assert {note.code: note.line for note in notes} == {"cut-line": 5, "repeated-reason": 0, "skipped-line": 1}
    assert sniff(doc(text)) == 95


def test_histograms_and_stamps_between_the_entries():
    # rows as hist() and lhist() print them
    histogram = (
        "@lat_us:\n(..., 0)              1 |@                   |\n[0]                   3 |@@@@                |\n"
        "[1]                   5 |@|\n[2, 4)               12 |@@@@|\n[1K, 2K)              7 |@@  |\n"
        "[2K, ...)             0 |    |\n"
    )
    text = f"Attaching 3 probes...\n12:00:01\n@reason[32]: 12\n{histogram}\n12:00:02\n@reason[32]: 15\n"
    text += "@lat_us[7]:\n[2, 4)   1 |@|\n"
    tables, notes = read(doc(text), {})
    assert sniff(doc(text)) == 95
    assert tables["measurements"]["value"].tolist() == [12, 15] and tables["measurements"]["iteration"].tolist() == [0, 1]
    assert [note.code for note in notes] == ["repeated-reason", "skipped-line"]
    assert sniff(doc(histogram)) == 0


def test_strangers():
    with pytest.raises(FormatError):
        read(doc("hello\n"), {})
    assert sniff(doc("The map says\n@reason[32]: 143258\nand no more.\n")) == 0
    assert sniff(doc("@start: 1\n")) == 0


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.integers(0, 100), st.integers(0, 2**53)), st.data())
def test_a_map_survives_and_a_cut_map_gives_its_first_rows(counts, data):
    text = "".join(f"@reason[{reason}]: {count}\n" for reason, count in counts.items())
    cut = data.draw(st.integers(0, len(text)))
    try:
        part = read(doc(text[:cut]), {})[0]["measurements"]
    except AmxperfError as error:
        assert error.exit_code == 65
        return
    expected = [(name(reason), count) for reason, count in counts.items()]
    found = [(row["exit_reason"], int(row["value"])) for row in part.to_dict("records")]
    assert found == expected[: text[:cut].count("\n")]
