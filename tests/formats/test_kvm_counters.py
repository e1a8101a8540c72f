"""KVM's counters. Recorded here with a small guest of our own running: `grep -r . /sys/kernel/debug/kvm` (this kernel is locked
down, so only the world-readable files show), `grep . *`, `head`, and a loop of echo. The `.documented.` ones are written from the
file names of Linux 6.16 (arch/x86/kvm/x86.c, include/linux/kvm_host.h) and from what tools/kvm/kvm_stat/kvm_stat prints."""

import pytest
from cutting import first_rows_remain
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.document import Document, load
from amxperf.errors import FormatError, UsageError
from amxperf.formats import recognise
from amxperf.formats.kvm_counters import difference, read, sniff


def doc(text: str) -> Document:
    return Document("x.txt", text.encode(), "")


@pytest.fixture(scope="module")
def sample(pytestconfig):
    return lambda name: load(pytestconfig.rootpath / "tests/formats/samples/kvm_counters" / name)


def test_a_snapshot_by_hand(sample):
    tables, notes = read(sample("before.documented.txt"), {})
    data = tables["measurements"]
    vm = data[data["scope"] == "vm"].set_index("metric")
    assert vm["value"].to_dict() == {
        "pages_4k": 75, "pages_2m": 1422, "pages_1g": 0, "nx_lpage_splits": 3, "mmu_unsync": 0, "remote_tlb_flush": 812,
    }
    assert vm["informative"].tolist() == [True] * 5 + [False]
    one = data[data["thread"] == "vcpu1"].set_index("metric")
    assert (one.loc["exits", "value"], one.loc["halt_wait", "value"], one.loc["halt_wait", "unit"]) == (143259, 8.812345679, "s")
    assert set(one["scope"]) == {"vcpu"} and "vm" not in data and not one["informative"].any()
    host = data[data["scope"] == "host"].set_index("metric")["value"]
    assert host["exits"] == 2 * 143258 and len(data) == 17 + 6 + 2 * 11
    assert [(note.code, note.line) for note in notes] == [("skipped-line", 35), ("since-start", 0)]  # two histograms


def test_the_difference_of_two_snapshots(sample):
    before, after = (read(sample(f"{name}.documented.txt"), {})[0]["measurements"] for name in ("before", "after"))
    rates = difference(before, after, 10)
    zero = rates[rates["thread"] == "vcpu0"].set_index("metric")
    assert zero.loc["exits/s", "value"] == pytest.approx(2 * 143258 / 10) and zero.loc["exits/s", "unit"] == "op/s"
    assert zero.loc["halt_wait/s", ["value", "unit"]].tolist() == [pytest.approx(2 * 8.812345678 / 10), "1"]
    assert not [name for name in rates["metric"] if name.startswith("pages")] and rates["informative"].all()
    assert difference(after, before, 10).query("metric == 'exits/s'").empty  # a restarted guest
    for seconds in (0, -1, float("nan"), float("inf")):
        with pytest.raises(UsageError):
            difference(before, after, seconds)


@pytest.mark.parametrize("name", ["grep-totals.txt", "names.txt", "head.txt"])
def test_spellings_recorded_here(sample, name):
    data = read(sample(name), {})[0]["measurements"]
    pages = data[data["metric"].str.startswith("pages_")]
    assert pages["metric"].tolist() == ["pages_1g", "pages_2m", "pages_4k"] and set(pages["scope"]) == {"host"}


def test_two_guests(sample):
    """Guests of 256 MiB in huge pages and of 64 MiB without: recorded while they touched it from 2 MiB up."""
    data = read(sample("two-guests.txt"), {})[0]["measurements"]
    pages = data[data["scope"] == "vm"].pivot(index="vm", columns="metric", values="value")
    large, small = pages.sort_values("pages_2m", ascending=False).to_dict("records")
    assert (large["pages_2m"], large["pages_4k"], small["pages_2m"]) == (124, 8, 0)  # as `sort | grep pages` shows
    assert (64 - 2) * 256 <= small["pages_4k"] <= 64 * 256 and large["pages_1g"] == small["pages_1g"] == 0
    host = data[data["scope"] == "host"].set_index("metric")["value"]
    assert host["pages_4k"] == large["pages_4k"] + small["pages_4k"] and host["pages_2m"] == large["pages_2m"]


def test_what_a_locked_down_kernel_shows(sample):
    data = read(sample("grep-locked-down.txt"), {})[0]["measurements"]
    assert data["scope"].value_counts().to_dict() == {"host": 7, "vm": 7, "vcpu": 1}
    assert "pid" not in set(data["metric"]) and data["thread"].tolist()[0] == "vcpu0"


def test_kvm_stat(sample):
    once = read(sample("kvm_stat-once.documented.txt"), {})[0]["measurements"].set_index("metric")
    assert once.loc["kvm_exit(HLT)", "value"] == 146 and once.loc["kvm_exit(HLT)/s", ["value", "unit"]].tolist() == [15, "op/s"]
    assert not once.loc["kvm_exit", "informative"] and once.loc["kvm_exit/s", "informative"]
    log = read(sample("kvm_stat-log.documented.txt"), {"seconds": 3})[0]["measurements"]
    exits = log[log["metric"] == "kvm_exit delta"]
    assert exits["value"].tolist() == [42990 * 3 + k for k in range(22)] and exits["iteration"].tolist() == list(range(22))
    assert log[log["metric"] == "kvm_exit/s"]["value"].iloc[0] == 42990
    csv = read(sample("kvm_stat-csv.documented.txt"), {})[0]["measurements"]
    assert csv[csv["metric"] == "pages_2m delta"]["value"].tolist() == [0, -4]


def test_several_guests_repeats_and_strangers(sample):
    text = "1-2/pages_4k:5\n3-4/pages_4k:6\n1-2/pages_2m:1\n1-2/pages_1g:0\n"
    data = read(doc(text), {})[0]["measurements"]
    assert data["vm"].tolist() == ["1-2", "3-4", "1-2", "1-2"] and set(data["iteration"]) == {0}
    assert read(doc(text * 2), {})[0]["measurements"]["iteration"].tolist() == [0] * 4 + [1] * 4
    assert sniff(doc("name: 5\nother: 6\n")) == 0 and sniff(doc("exits are counted\npages_4k: 5 of them\nand more\n")) == 0
    with pytest.raises(FormatError):
        read(doc("hello world\n"), {})
    with pytest.raises(UsageError):
        read(doc(text), {"second": 1})
    assert read(doc(f"exits:{'9' * 300}\npages_4k:1\npages_2m:2\nexits:nan\n"), {})[0]["measurements"]["value"].tolist() == [1, 2]


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(["before", "kvm_stat-once", "kvm_stat-log", "kvm_stat-csv"]), st.data())
def test_a_cut_file_gives_its_first_rows(sample, name, data):
    first_rows_remain(read, sample(f"{name}.documented.txt").text, data)


SCREENS = [  # the printf formats of tools/kvm/kvm_stat: before 4.19, and since
    ("kvm statistics - summary\n\n Event                                        Total Current\n"
     " exits                                    705683003    4037  \n fpu_reload                                41607606     140\n"
     " halt_exits                                  204769       0\n", {"exits": 4037, "fpu_reload": 140, "halt_exits": 0}),
    ("kvm statistics - pid 7289 (guest)\n\n Event                                         Total %Total CurAvg/s\n"
     " kvm_exit                                      13988   16.4    66300\n"
     "   kvm_exit(HLT)                              1124   47.3     2028\n"
     " kvm_entry                                     13985   16.4    66300\n"
     " kvm_msr                                        6985    8.2\n"
     " Total                                         85321           404460\n",
     {"kvm_exit": 66300, "kvm_exit(HLT)": 2028, "kvm_entry": 66300}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rates"), SCREENS)
def test_the_screen_of_kvm_stat(text, rates):
    document = Document("a", text.encode(), "")
    assert recognise(document) == "kvm_counters"
    tables, notes = read(document, {})
    data = tables["measurements"]
    found = data[data["metric"].str.endswith("/s")]
    assert {metric[:-2]: value for metric, value in zip(found["metric"], found["value"], strict=True)} == rates
    assert found["informative"].all() and set(found["unit"]) == {"op/s"}
    totals = data[~data["metric"].str.endswith("/s")]
    assert not totals["informative"].any() and totals["value"].max() < 1e9 and "Total" not in set(totals["metric"])
    assert [note.code for note in notes] == ["since-start"]


def test_a_screen_of_another_architecture_with_a_filter():
    text = "  kvm statistics - summary\n                   regex filter: diag\n   Event                    Total %Total CurAvg/s\n"
    text += "   exit_instruction           276  100.0       12\n     instruction_diag_44      256   92.8       11\n"
    text += "   Total     276       12\n"
    document = Document("a", text.encode(), "")
    assert recognise(document) == "kvm_counters"
    data = read(document, {})[0]["measurements"]
    assert dict(zip(data["metric"], data["value"], strict=True)) == {
        "exit_instruction": 276, "exit_instruction/s": 12, "instruction_diag_44": 256, "instruction_diag_44/s": 11
    }  # fmt: skip
