"""Counts of tracepoints, against plain text searches in the traces."""

import re
from pathlib import Path

import pytest

import amxperf as ap
from amxperf.tally import tally

DATA = Path(__file__).resolve().parents[1] / "data" / "vm-ftrace"
SOURCES = [path.relative_to(DATA).as_posix() for path in sorted(DATA.glob("*/*/*.trace"))]


@pytest.fixture(scope="module")
def table():
    return tally(ap.open_dataset(DATA)).set_index("source")


@pytest.mark.parametrize("source", SOURCES)
def test_counts(table, source):
    text = (DATA / source).read_text()
    wanted = {
        "first_uses": r"read_msr: 1c5, value [4-7]0000\b",
        "disarmed": r"write_msr: 1c4, value 0$",
        "armed": r"write_msr: 1c4, value 40000$",
        "timer": r"write_msr: 6e0,",
        "ipi": r"write_msr: 830,",
        "switches": r"sched_switch:",
        "saves": r"x86_fpu_regs_deactivated:",
        "saves_with_tiles": r"x86_fpu_regs_deactivated:.* xfeatures: 6[0-9a-f]{4} ",
    }
    row = table.loc[source]
    counted = {name: len(re.findall(pattern, text, re.MULTILINE)) for name, pattern in wanted.items()}
    assert counted == {name: row[name] for name in wanted}


def test_first_use_by_hand(table):
    # lines 20 and 22 of the file: 872.020549 read of XFD_ERR, 872.020573 write of XFD
    assert table.loc["vm/first-use/guest.trace", "first_use_us"] == 24
    assert table.loc["vm/no-permission/guest.trace", "first_use_us"] != table.loc["vm/no-permission/guest.trace", "first_use_us"]
    assert table.loc["vm/first-use/guest.trace", "timer_ms"] == pytest.approx(4, abs=0.01)


def test_other_datasets_have_no_tracepoints():
    for name in ("vm-onednn", "notes-2024", "published"):
        assert len(tally(ap.open_dataset(name))) == 0
