"""VM-exit maps: the two captures summed with awk, names of the reasons, cut and foreign files."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.document import Document, load
from amxperf.errors import AmxperfError, FormatError, UsageError
from amxperf.formats import recognise
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


def test_the_numbers_of_amd():
    """114 is 0x72, cpuid, and 1024 is 0x400, npf (svm.h); Intel has neither, and calls 32 MSR_WRITE."""
    log = doc("@reason[114]: 7\n@reason[1024]: 9\n@reason[32]: 1\n")
    tables, notes = read(log, {})
    assert tables["measurements"]["exit_reason"].tolist() == ["UNKNOWN_114", "UNKNOWN_1024", "MSR_WRITE"]
    assert [note.code for note in notes] == ["other-vendor"] and 'vendor = "amd"' in notes[0].message
    tables, notes = read(log, {"vendor": "amd"})
    assert tables["measurements"]["exit_reason"].tolist() == ["cpuid", "npf", "read_dr0"] and not notes
    with pytest.raises(UsageError, match="use intel or amd"):
        read(log, {"vendor": "arm"})


def test_guests_of_a_host(pytestconfig):
    """Two guests on one host, counted for 3 s by tracepoint:kvm:kvm_userspace_exit and kvm_pio."""
    folder = pytestconfig.rootpath / "tests/formats/samples/bpftrace"
    for file, count in (("kvm.txt", 14), ("kvm.json", 24)):
        table = read(load(folder / file), {})[0]["measurements"]
        values = table.set_index(["metric", "key"])["value"]
        assert values["port", "128"] == values["userspace", "2"] == count and set(table["benchmark"]) == {"bpftrace"}


def test_repeats_other_maps_and_cut_lines_are_noted():
    text = "Attaching 2 probes...\n@reason[1]: 5\n@start: 7\n@reason[1]: 9\nhello\n@reason[12]: 1"
    tables, notes = read(doc(text), {})
    data = tables["measurements"]
    exits = data[data["benchmark"] == "vm-exits"]
    assert exits["value"].tolist() == [5, 9] and exits["iteration"].tolist() == [0, 1]
    assert data[data["benchmark"] == "bpftrace"][["metric", "value"]].values.tolist() == [["start", 7]]
    assert {note.code: note.line for note in notes} == {"cut-line": 6, "repeated-reason": 0, "skipped-line": 5}
    assert sniff(doc(text)) == 60 and sniff(doc(text.replace("hello\n", ""))) == 95


def test_histograms_and_stamps_between_the_entries():
    # rows as hist() and lhist() print them
    histogram = (
        "@lat_us:\n(..., 0)              1 |@                   |\n[0]                   3 |@@@@                |\n"
        "[1]                   5 |@|\n[2, 4)               12 |@@@@|\n[1K, 2K)              7 |@@  |\n"
        "[2K, ...)             0 |    |\n"
    )
    text = f"Attaching 3 probes...\n12:00:01\n@reason[32]: 12\n{histogram}\n12:00:02\n@reason[32]: 15\n"
    text += "@lat_us[7]:\n[2, 4)   1 |@|\n"
    tables, notes = read(doc(text), {"unit": "us"})
    assert sniff(doc(text)) == 95 and sniff(doc(histogram)) == 95
    data = tables["measurements"]
    exits = data[data["benchmark"] == "vm-exits"]
    assert exits["value"].tolist() == [12, 15] and exits["iteration"].tolist() == [0, 1]
    assert [note.code for note in notes] == ["repeated-reason"]
    buckets = data[data["metric"] == "lat_us bucket"][["key", "low", "high", "value", "line"]].values.tolist()
    assert buckets == [
        ["", "", "0", 1, 5], ["", "0", "1e-06", 3, 6], ["", "1e-06", "2e-06", 5, 7], ["", "2e-06", "4e-06", 12, 8],
        ["", "0.001024", "0.002048", 7, 9], ["", "0.002048", "", 0, 10], ["7", "2e-06", "4e-06", 1, 15],
    ]


def test_strangers():
    with pytest.raises(FormatError):
        read(doc("hello\n"), {})
    assert sniff(doc("The map says\n@reason[32]: 143258\nand no more.\n")) == 0
    assert sniff(doc("@start: 1\n")) == 0 and sniff(doc("@someone: 5\nwrites here\n@other: 6\n")) == 0
    assert sniff(doc("[2, 4)   1 |@|\n")) == 0


def sample(pytestconfig, name):
    return load(pytestconfig.rootpath / "tests/formats/samples/bpftrace" / f"{name}.txt")


def test_every_kind_of_map(pytestconfig):
    """bpftrace 0.17: @by[comm,pid]=count(); @s=stats(10); @s=stats(25); @sum["kvm exit, x"]=sum(9); @ma[4,5]=max(3); ..."""
    tables, notes = read(sample(pytestconfig, "maps"), {})
    data = tables["measurements"]
    other = data[data["benchmark"] == "bpftrace"]
    found = {(row["metric"], row["key"]): row["value"] for row in other.to_dict("records")}
    assert found == {
        ("a", "1"): 7, ("by", "bpftrace, 21116"): 1, ("ma", "4, 5"): 3, ("mi", ""): 3, ("s count", ""): 2, ("s average", ""): 17,
        ("s total", ""): 35, ("st count", "t"): 1, ("st average", "t"): 3, ("st total", "t"): 3, ("start", ""): 1018095809518,
        ("sum", "kvm exit, x"): 9,
    }
    assert data[data["benchmark"] == "vm-exits"]["value"].tolist() == [2, 143258]
    assert [note.code for note in notes] == ["skipped-line"]  # @name[1]: exit, @str: hello, @tup: (1, 2, x)


def test_every_kind_of_histogram(pytestconfig):
    """i * i * 37 for i of 0 to 19, and 0 and 5000000, in hist(): counted here again."""
    data = read(sample(pytestconfig, "hist"), {})[0]["measurements"]
    buckets = data[(data["metric"] == "usecs bucket") & (data["value"] > 0)]
    expected: dict[int, int] = {}
    for value in [0, *(i * i * 37 for i in range(20)), 5_000_000]:
        low = 1 << (value.bit_length() - 1) if value else 0
        expected[low] = expected.get(low, 0) + 1
    assert dict(zip(buckets["low"].map(int), buckets["value"], strict=True)) == expected
    linear = data[data["metric"] == "l bucket"]
    assert linear["low"].tolist() == ["", "0", "5", "10", "15", "20"] and linear["value"].tolist() == [1, 0, 1, 0, 1, 1]
    keyed = data[data["metric"] == "lat bucket"][["key", "low", "high"]].values.tolist()
    assert keyed == [["1, amx", "4", "8"], ["2, x y", "65536", "131072"]]


def test_stacks(pytestconfig):
    data = read(sample(pytestconfig, "stacks"), {})[0]["measurements"]
    found = dict(zip(data["key"], data["value"], strict=True))
    assert found["__schedule+1560;schedule+35;do_wait+83"] == 2
    assert found["wait4+87, python"] == 1 and found["_PyCode_ConstantKey+369;0x7facd1e5bc00, python"] == 1
    assert found[", ksoftirqd/1"] == 1 and found["epoll_wait+19, bpftrace"] == 10


def test_json_lines(pytestconfig):
    data = read(sample(pytestconfig, "json"), {})[0]["measurements"]
    assert data[["metric", "value", "line"]].values.tolist() == [
        ["l bucket", 1, 4], ["exits", 14, 5], ["s count", 1, 6], ["s average", 3, 6], ["s total", 3, 6], ["usecs bucket", 1, 7],
    ]
    assert data[["low", "high"]].values.tolist()[-1] == ["4", "8"]
    bad = [
        '{"type": "map", "data": {"@x": NaN}}', '{"type": "map", "data": {"@x": 1e999}}', '{"type": "map", "data": [1]}',
        '{"type": "hist", "data": {"@x": [{"min": 5}]}}', '{"type": "map", "data": {"@x": "text"}}', '{"type": "map"',
        '{"type": "stats", "data": {"@s": {"count": true, "average": 1, "total": 1}}}',
    ]
    tables, notes = read(doc('{"type": "map", "data": {"@x": {"1": 5}}}\n' + "\n".join(bad) + "\n"), {})
    assert len(tables["measurements"]) == 1 and notes[0].message.startswith("7 lines")


def test_hostile_text():
    deep = "@a[\n" + "x\n" * 3000 + "]: 5\n"
    for text in ("@a[\n" * 3000, deep, "@a: " + "9" * 400 + "\n", "@" * 10_000 + "\n", "@a[" + "[" * 5000 + "]: 1\n"):
        try:
            assert read(doc(text), {})[0]["measurements"].empty
        except FormatError as error:
            assert "no line reads like" in str(error)


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


def rows(document):
    """Metric, key, bounds and value of everything, without the offsets of symbols, which move from start to start."""
    data = read(document, {})[0]["measurements"].fillna("")
    columns = [column for column in ("metric", "key", "low", "high", "value") if column in data]
    return sorted(re.sub(r"\+\d+", "+", str(row)) for row in data[columns].values.tolist())


@pytest.mark.parametrize(("name", "only"), [("kinds", ["['z', 'multi\\nline', '', '', 2.0]"]), ("two-stacks", [])])
def test_text_and_json_of_one_script_agree(pytestconfig, name, only):
    """BEGIN { @two[1,"x, y"] = 4; @two[2,"z]: 9"] = 5; @av = avg(4); @k[kstack(2)] = count(); @z["multi\\nline"] = 2; ... }, every
    kind of map of bpftrace 0.17, run once with and once without -f json; and keys that hold two stacks.
    A key with an end of line cannot be told from a stack in the text: there it is left out and counted."""
    text, json = (load(pytestconfig.rootpath / f"tests/formats/samples/bpftrace/{name}.{end}") for end in ("txt", "json"))
    mine, its = rows(text), rows(json)
    assert [row for row in its if row not in mine] == only and [row for row in mine if row not in its] == []
    assert len(mine) == {"kinds": 23, "two-stacks": 3}[name]


def test_keys_with_stacks(pytestconfig):
    data = read(load(pytestconfig.rootpath / "tests/formats/samples/bpftrace/two-stacks.txt"), {})[0]["measurements"]
    keys = dict(zip(data["metric"], data["key"], strict=True))
    assert re.fullmatch(r"_einittext\+\d+;__bpf_prog_test_run_raw_tp\+106, _einittext\+\d+, 5", keys["both"])
    assert re.fullmatch(r"a, _einittext\+\d+;__bpf_prog_test_run_raw_tp\+106", keys["q"])


def test_words_around_the_maps(pytestconfig):
    text = load(pytestconfig.rootpath / "tests/formats/samples/bpftrace/hist.txt").text
    prose = "The latency of exits, as a histogram.\n\nIt can be seen that\nmost of them\nare short.\n\n# ./exits.bt\n"
    whole = Document("a", ("".join(prose for _ in range(9)) + "Attaching 2 probes...\n" + text).encode(), "")
    assert recognise(whole) == "bpftrace"
    columns = ["metric", "value", "low"]
    mine = read(Document("a", text.encode(), ""), {})[0]["measurements"][columns]
    tables, notes = read(whole, {})
    assert tables["measurements"][columns].equals(mine) and "skipped-line" in [note.code for note in notes]
