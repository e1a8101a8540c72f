"""The probe's part of a page: nothing measured, the controls only, and with tiles."""

import pytest

import amxperf as ap
from amxperf.publish.probed import open_probe

EXIT = {"benchmark": "exit", "metric": "time", "by": ("leaf", "state")}
LOG = """\
amxprobe 1
fact emulated no
series 1 exit time time s lower leaf=0x0 state=released
series 2 exit time time s lower leaf=0x0 state=live
series 3 tmul per_cycle ratio op/cycle higher isa=amx dtype=int8
1 0 1 100
2 0 1 130
3 0 2000 1
done
"""


@pytest.fixture
def page(data):
    return ap.open_page("x", data("vm-ftrace"))


def test_nothing_measured(page, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    probe = open_probe(page)
    assert probe.dataset is None and probe.draw("cases", "exit", "CPUID", **EXIT) is None and probe.added() is None
    assert "no machine with AMX has been measured" in str(probe.notice()) and "`amxperf collect mydata`" in str(probe.notice())


def test_controls_only(page):
    probe = open_probe(page, "vm-probe-controls")
    assert "holds the controls only (the processor has no AMX" in str(probe.notice()) and not probe.has_amx
    assert probe.draw("cases", "exit", "CPUID", **EXIT).name == "probe-exit" and probe.added() is None
    assert "does not show the figure" in str(probe.draw("cases", "x", "X", benchmark="x", metric="y", by=()))


def test_with_tiles(page, make):
    probe = open_probe(page, make({"vm/b/l/probe.log": LOG}))
    assert probe.has_amx and probe.notice() is None
    assert probe.draw("cases", "exit", "CPUID", **EXIT).data["case"].tolist() == ["0x0 released", "0x0 live"]
    assert "30" in probe.added()._repr_markdown_()


def test_the_host(page, make):
    counters = "7-4/pages_4k:8\n7-4/pages_2m:127\n7-4/pages_1g:0\n"
    files = {"vm/b/l/probe.log": LOG, "vm/host-1/session-1/after.kvm.txt": counters}
    shown = open_probe(page, make(files)).backing()._repr_markdown_()
    assert "127" in shown and "100 %" in shown and "not read" in shown
    assert open_probe(page, "vm-probe-controls").backing() is None


def test_a_name_that_is_not_there(page):
    with pytest.raises(ap.MissingInput, match="no dataset is called 'vm-prob'"):
        open_probe(page, "vm-prob")
