"""What the host's part says about a guest's memory.

The counts of pages are those that KVM showed for small guests of 64 and 256 MiB, with and without huge pages; exits are made up.
"""

import json
import math

import pytest

import amxperf as ap
from amxperf.backing import COLUMNS, backing

HOST = "amxprobe 1\nfact side host\nfact counted_s 10\ndone\n"


def snapshot(small, large, exits=None):
    lines = [f"7-4/pages_1g:0\n7-4/pages_2m:{large}\n7-4/pages_4k:{small}\npages_2m:{large}\npages_4k:{small}\npages_1g:0\n"]
    return "".join(lines if exits is None else [*lines, f"7-4/exits:{exits}\nexits:{exits + 5}\n"])


def test_pages_and_exits(make):
    root = make({
        "vm/host-1/session-1/before.kvm.txt": snapshot(3, 100, 1000),
        "vm/host-1/session-1/after.kvm.txt": snapshot(512, 127, 31000),
        "vm/host-1/session-1/host.log": HOST,
        "tdx/host-1/session-1/before.kvm.txt": snapshot(15874, 0),
    })
    found = backing(ap.open_dataset(root))
    assert tuple(found.columns) == COLUMNS and found["environment"].tolist() == ["tdx", "vm"]
    tdx, vm = found.to_dict("records")
    assert (vm["pages_4k"], vm["pages_2m"], vm["exits"], vm["seconds"]) == (512, 127, 30000, 10)
    assert vm["large_share"] == pytest.approx(127 * 512 / (127 * 512 + 512))  # in units of 4 KiB
    assert tdx["large_share"] == 0 and math.isnan(tdx["exits"]) and math.isnan(tdx["seconds"])


def test_exits_that_qemu_told(make, pytestconfig):
    """On a kernel that is locked down: pages from debugfs, exits from QEMU's query-stats (recorded samples)."""
    folder = pytestconfig.rootpath / "tests/formats/samples/qemu_stats"
    files = {f"vm/host-1/session-1/{when}.kvm.json": (folder / f"{when}.json").read_bytes() for when in ("before", "after")}
    files |= {f"vm/host-1/session-1/{when}.kvm.txt": snapshot(512, 127) for when in ("before", "after")}
    (row,) = backing(ap.open_dataset(make(files))).to_dict("records")
    answers = [(folder / f"{when}.json").read_text().splitlines()[1] for when in ("before", "after")]
    exits = [json.loads(answer)["return"][0]["stats"] for answer in answers]
    first, last = (next(one["value"] for one in stats if one["name"] == "exits") for stats in exits)
    assert (row["pages_2m"], row["pages_4k"], row["exits"]) == (127, 512, last - first) and last > first


def test_two_guests_and_sums_only(make):
    two = "7-4/pages_2m:31\n7-4/pages_4k:8\n9-4/pages_2m:0\n9-4/pages_4k:15874\npages_2m:31\npages_4k:15882\n"
    sums = "exits:1\npages_2m:2\npages_4k:0\npages_1g:0\n"
    files = {"vm/host-1/session-1/after.kvm.txt": two, "vm/host-1/session-2/after.kvm.txt": sums}
    found = backing(ap.open_dataset(make(files)))
    assert found["vm"].tolist() == ["7-4", "9-4", "all"] and found["pages_2m"].tolist() == [31, 0, 2]


def test_no_host(make):
    log = "amxprobe 1\nseries 1 exit time time s lower leaf=0x0\n1 0 1 9\ndone\n"
    assert len(backing(ap.open_dataset(make({"vm/a/b/probe.log": log})))) == 0


def test_what_the_host_counts_is_not_compared(make):
    """It is no speed; the probe's own measurements are compared as without it."""
    log = "amxprobe 1\nseries 1 exit time time s lower leaf=0x0\n1 0 1 9\n1 1 1 {}\ndone\n"
    arms = (("vm", "b1", 10), ("tdx", "b2", 20))
    files = {f"{kind}/{boot}/l/probe.log": log.format(value) for kind, boot, value in arms}
    alone = ap.compare(make(files, name="alone"), "vm", "tdx")
    names = [f"{kind}/host-1/session-1/{when}.kvm.txt" for kind in ("vm", "tdx") for when in ("before", "after")]
    parts = dict.fromkeys(names, snapshot(3, 100, 1000))
    together = ap.compare(make(files | parts, name="together"), "vm", "tdx")
    assert [(result.benchmark, result.ratio) for result in together] == [(result.benchmark, result.ratio) for result in alone]
    assert {result.benchmark for result in together} == {"exit"}
