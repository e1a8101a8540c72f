"""Logs of amxprobe: a short one written by hand, one recorded without AMX, cut and foreign ones."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf.document import Document, load
from amxperf.errors import AmxperfError, FormatError, UsageError
from amxperf.formats import recognise
from amxperf.formats.probe import EMULATED, facts, read, sniff, whole

CONTROLS = Path(__file__).with_name("probe-controls.log")
"""amxprobe --seed 1 --iterations 3 --slice-us 50 --largest 65536 on a KVM guest without AMX (AMD EPYC), 2026-11-24."""

LOG = """\
amxprobe 1
fact cpu Some CPU @ 2.00GHz
fact kernel 6.16.1
fact hypervisor none
fact amx yes
fact emulated no
begin tmul
series 0 tmul throughput rate op higher isa=amx dtype=int8
series 1 tmul per_cycle ratio op/cycle higher isa=amx dtype=int8
0 0 2000 1000
1 0 2000 1
0 1 6000 1500
end tmul 0.100 ok 0
begin exit
series 10000 exit time time s lower leaf=0x0 state=live
10000 0 400 2600000
skip exit state=released: not here
end exit 0.200 signal 4
done
"""


def doc(text: str) -> Document:
    return Document("vm/b/l/probe.log", text.encode(), "")


def codes(notes):
    return [note.code for note in notes]


def test_values():
    """By hand: 2000 op in 1000 ns are 2e9 op/s; 2.6 ms for 400 trips are 6.5 us each."""
    tables, notes = read(doc(LOG), {})
    data = tables["measurements"]
    assert data["value"].tolist() == pytest.approx([2e9, 2000, 4e9, 6.5e-6])
    assert data["unit"].tolist() == ["op/s", "op/cycle", "op/s", "s"] and data["iteration"].tolist() == [0, 0, 1, 0]
    assert data["isa"].tolist() == ["amx"] * 3 + [""] and data["state"].tolist() == [""] * 3 + ["live"]
    assert data["line"].tolist() == [10, 11, 12, 16] and data["informative"].all()
    assert codes(notes) == ["machine", "experiment-failed", "skipped-case"]
    assert "Some CPU @ 2.00GHz, Linux 6.16.1, hypervisor none, AMX: yes" in notes[0].message
    assert notes[1].message == "exit ended after 0.200 s by signal 4" and notes[2].line == 17


def test_recorded_controls():
    # awk '/^[0-9]+ /' tests/formats/probe-controls.log | wc -l
    document = load(CONTROLS)
    tables, notes = read(document, {})
    data = tables["measurements"]
    assert recognise(document) == "probe" and sniff(document) == 95 and whole(document)
    assert len(data) == sum(line[0].isdigit() for line in document.lines) and (data["value"] > 0).any()
    assert len(set(data["benchmark"])) == 11 and "amx" not in set(data["isa"])
    assert {"machine", "skipped-case"} <= set(codes(notes)) and facts(document)["hypervisor"] == "KVMKVMKVM"


def test_interleaved():
    """Within a benchmark no case runs to its end before another begins."""
    data = read(load(CONTROLS), {})[0]["measurements"]
    loads = data[(data["benchmark"] == "tileload") & (data["size"] == "65536")].sort_values("line")
    assert loads["iteration"].is_monotonic_increasing and loads["iteration"].max() == 2
    orders = [tuple(part["op"] + part["access"]) for _, part in loads.groupby("iteration")]
    assert len(orders[0]) == 3 and len(set(orders)) > 1


def test_emulated_is_no_evidence():
    tables, notes = read(doc(LOG.replace("emulated no", "emulated yes: for tests")), {})
    assert not tables["measurements"]["informative"].any() and set(tables["measurements"]["reason"]) == {EMULATED}
    assert "emulated" in codes(notes)


@pytest.mark.parametrize(("end", "codes_found"), [("9.000", []), ("9.100", ["stolen-time"]), ("unknown", [])])
def test_stolen_time(end, codes_found):
    """The experiments of the log last 0.3 s together, so 0.1 s is a third of them."""
    text = LOG.replace("begin tmul", "fact steal_start_s 9.000\nbegin tmul").replace("done", f"fact steal_end_s {end}\ndone")
    assert [code for code in codes(read(doc(text), {})[1]) if code == "stolen-time"] == codes_found


def test_cut():
    """A launch that was interrupted: complete lines are read, the last one without its end is not."""
    text = LOG[: LOG.index("0 1 6000 1500") + 6]
    tables, notes = read(doc(text), {})
    assert len(tables["measurements"]) == 2 and codes(notes)[-1] == "cut-log" and not whole(doc(text))


def test_damaged_lines():
    text = LOG.replace("0 1 6000 1500", "0 1 6000 x").replace("10000 0 400", "10000 0 0").replace("1 0 2000 1\n", "7 0 1 1\n")
    tables, notes = read(doc(text), {})
    assert len(tables["measurements"]) == 1
    assert "3 lines are not as the format describes" in next(note.message for note in notes if note.code == "skipped-line")


def test_refusals():
    with pytest.raises(FormatError, match=r"begins with 'amxprobe 2'"):
        read(doc("amxprobe 2\n"), {})
    with pytest.raises(UsageError, match="format probe takes no option"):
        read(doc(LOG), {"seconds": 1})
    assert sniff(doc("a log of amxprobe 1\n")) == 0


@settings(max_examples=50)
@given(st.integers(0, len(LOG)), st.text(max_size=20))
def test_never_breaks(place, text):
    try:
        tables, _ = read(doc(LOG[:place] + text + LOG[place:]), {})
    except AmxperfError:
        return
    assert tables["measurements"]["value"].notna().all()
