"""The host's part, on a copy of the tree that KVM makes in debugfs."""

import os

import pytest

import amxperf as ap
from amxperf.probe import host, talk

BASE = {"boot": "09a8d3537194a511", "kernel": "6.16.1", "emulated": "no"}


@pytest.fixture
def counters(tmp_path):
    root = tmp_path / "kvm"
    for path, value in {
        "pages_4k": "75", "pages_2m": "1422", "exits": "1000", "7289-14/pages_4k": "70", "7289-14/vcpu0/exits": "900",
        "7289-14/vcpu0/halt_wait_hist": "1 2 3", "99-3/pages_4k": "5",
    }.items():  # fmt: skip
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(value + "\n")
    return root


def test_snapshot(counters, tmp_path):
    assert host.snapshot(counters, 7289).splitlines() == [
        "7289-14/pages_4k:70", "7289-14/vcpu0/exits:900", "exits:1000", "pages_2m:1422", "pages_4k:75",
    ]  # fmt: skip
    assert "99-3/pages_4k:5" in host.snapshot(counters) and host.snapshot(tmp_path / "nothing") == ""


def test_becomes_a_part_of_the_dataset(counters, tmp_path):
    def guest():
        (counters / "exits").write_text("51000\n")

    folder = host.collect(tmp_path / "mine", "tdx", BASE, guest, counters=counters)
    assert folder == tmp_path / "mine/tdx/host-09a8d353/session-1"
    data = ap.open_dataset(tmp_path / "mine")
    exits = data.measurements[(data.measurements["metric"] == "exits") & (data.measurements["scope"] == "host")]
    assert sorted(exits["value"]) == [1000, 51000] and set(data.runs["format"]) == {"kvm_counters", "probe"}
    assert {data.side(source) for source in data.runs["source"]} == {"host"}
    known = data.manifest.raw["environments"]["tdx"]["host"]
    assert known["kernel"] == "6.16.1" and known["kvm_counters"] == "yes" and "kvm_tdx" in known
    assert host.collect(tmp_path / "mine", "tdx", BASE, lambda: None, counters=counters).name == "session-2"


def test_without_permission_counters_are_unknown(tmp_path):
    folder = host.collect(tmp_path / "mine", "vm", BASE, lambda: None, counters=tmp_path / "nothing")
    assert [path.name for path in folder.iterdir()] == [host.LOG]
    assert "fact kvm_counters unknown\n" in (folder / host.LOG).read_text()


def test_the_vm_that_is_meant(counters):
    assert host.vms(counters) == [99, 7289] and host.check("vm", None, counters) is None
    with pytest.raises(ap.MissingInput, match=f"process {os.getpid()} runs no VM of KVM; KVM's VMs are the processes 99, 7289"):
        host.check("vm", os.getpid(), counters)
    (counters / f"{os.getpid()}-9").mkdir()
    assert host.check("vm", os.getpid(), counters) == os.getpid()
    for name in ("99-3/pages_4k", "7289-14/pages_4k", "7289-14/vcpu0/exits", "7289-14/vcpu0/halt_wait_hist"):
        (counters / name).unlink()
    for name in ("99-3", "7289-14/vcpu0", "7289-14"):
        (counters / name).rmdir()
    assert host.check("vm", None, counters) == os.getpid()  # the only one


def test_a_vm_that_ends_meanwhile(counters, tmp_path):
    mine = counters / f"{os.getpid()}-9"
    mine.mkdir()
    (mine / "pages_4k").write_text("7\n")

    def end():
        (mine / "pages_4k").unlink()
        mine.rmdir()

    folder = host.collect(tmp_path / "mine", "vm", BASE, end, vm=os.getpid(), counters=counters)
    assert sorted(path.name for path in folder.iterdir()) == [host.BEFORE, host.LOG]
    found = (folder / host.LOG).read_text()
    assert "fact vm_ended yes\n" in found and "fact vm_Rss_kib unknown" not in found  # the memory is known from before


def test_interrupted_nothing_is_left(counters, tmp_path):
    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        host.collect(tmp_path / "mine", "vm", BASE, interrupt, counters=counters)
    assert not (tmp_path / "mine").exists()
    host.collect(tmp_path / "mine", "vm", BASE, lambda: None, counters=counters)
    with pytest.raises(KeyboardInterrupt):
        host.collect(tmp_path / "mine", "vm", BASE, interrupt, counters=counters)
    assert [path.name for path in (tmp_path / "mine/vm/host-09a8d353").iterdir()] == ["session-1"]


def test_a_kernel_that_is_locked_down(counters, tmp_path, monkeypatch):
    """As on a kernel with Secure Boot: root reads files of mode 0444 only."""
    read = host.Path.read_text

    def refuse(path, *arguments, **options):
        if path.name == "exits":
            raise PermissionError(1, "Operation not permitted")
        return read(path, *arguments, **options)

    monkeypatch.setattr(host.Path, "read_text", refuse)
    monkeypatch.setattr(host.os, "geteuid", lambda: 0)
    folder = host.collect(tmp_path / "mine", "vm", BASE, lambda: None, counters=counters)
    assert "fact kvm_counters levels\n" in read(folder / host.LOG) and "exits" not in read(folder / host.AFTER)
    assert any("this kernel is locked down" in line for line in talk._lacks(folder))


def test_memory_of_a_process(tmp_path):
    process = tmp_path / "proc/5"
    process.mkdir(parents=True)
    (process / "smaps_rollup").write_text("00-ff ---p [rollup]\nRss:  2048 kB\nAnonHugePages:  1024 kB\n")
    (process / "numa_maps").write_text("7f default anon=3 N0=2 N1=1 kernelpagesize_kB=4\n80 default N1=2 kernelpagesize_kB=2048\n")
    found = host.facts(5, tmp_path)
    assert (found["vm_Rss_kib"], found["vm_AnonHugePages_kib"], found["vm_nodes_kib"]) == ("2048", "1024", "N0=8 N1=4100")
    assert found["vm_ShmemPmdMapped_kib"] == found["kvm_tdx"] == "unknown"


def test_refusals(tmp_path):
    with pytest.raises(ap.UsageError, match="add --environment vm or --environment tdx"):
        host.collect(tmp_path, "", BASE, lambda: None)
    with pytest.raises(ap.MissingInput, match="there is no process 999999999"):
        host.collect(tmp_path, "vm", BASE, lambda: None, vm=999999999)
    assert os.listdir(tmp_path) == []
