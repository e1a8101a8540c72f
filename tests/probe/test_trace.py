"""Tracing, on a copy of what tracefs shows: set up for one process, and always taken away again."""

import os
import shutil

import pytest

import amxperf as ap
from amxperf.probe import trace

LINES = """\
# tracer: nop
        amxprobe-7 [000] d.... 1.000001: write_msr: 1c4, value 0
          python-8 [000] d.... 1.000002: write_msr: 1c4, value 0
"""


@pytest.fixture
def tracefs(tmp_path, monkeypatch):
    """A folder that behaves like tracefs: a new instance has its files, and goes with them."""
    (tmp_path / "instances").mkdir()

    def make(place):
        for folder in ("options", "events/x86_fpu", "events/msr/read_msr", "events/msr/write_msr", "events/signal"):
            (place / folder).mkdir(parents=True)
        (place / "trace").write_text(LINES)

    monkeypatch.setattr(trace, "_make", make)
    monkeypatch.setattr(trace, "_remove", shutil.rmtree)
    return tmp_path


def test_set_up_and_removed(tracefs):
    with trace.instance(tracefs, 77) as place:
        read = {path.relative_to(place).as_posix(): path.read_text() for path in place.rglob("*") if path.is_file()}
    assert read["set_event_pid"] == "77" and read["options/event-fork"] == "1" and read["tracing_on"] == "1"
    assert read["events/x86_fpu/enable"] == "1" and "0x1c5" in read["events/msr/read_msr/filter"]
    assert "events/kvm/enable" not in read and not list((tracefs / "instances").iterdir())


def test_removed_when_interrupted(tracefs):
    with pytest.raises(KeyboardInterrupt), trace.instance(tracefs, 77):
        raise KeyboardInterrupt
    assert not list((tracefs / "instances").iterdir())


def test_instances_of_killed_collections_are_removed(tracefs):
    dead, alive, other = (tracefs / "instances" / name for name in ("amxperf-999999999", f"amxperf-{os.getppid()}", "mine"))
    for place in (dead, alive, other):
        place.mkdir()
    with trace.instance(tracefs, 77):
        assert not dead.exists() and alive.exists() and other.exists()


def test_recorded(tracefs, program, tmp_path):
    path = trace.record(program, ["--seed", "1", "exit"], tmp_path / "out", tracefs)
    capture = ap.read(path)
    assert capture.format == "ftrace" and capture.events["comm"].tolist() == ["amxprobe"]
    assert (tmp_path / "out" / trace.OUTPUT).read_text().endswith("done\n") and not list((tracefs / "instances").iterdir())


def test_interrupted_it_leaves_no_folder(tracefs, program, tmp_path, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(trace, "own", interrupt)
    with pytest.raises(KeyboardInterrupt):
        trace.record(program, ["--seed", "1", "exit"], tmp_path / "boot/traced-001", tracefs)
    assert not list((tmp_path / "boot").iterdir()) and not list((tracefs / "instances").iterdir())


def test_a_program_that_is_killed_leaves_no_trace(tracefs, tmp_path):
    killed = tmp_path / "killed"
    killed.write_text("#!/bin/sh\nkill -KILL $$\n")
    killed.chmod(0o755)
    with pytest.raises(ap.DataError, match="the probe ended with -9 while it was traced; go on with --resume"):
        trace.record(killed, [], tmp_path / "boot/traced-001", tracefs)
    assert not list((tmp_path / "boot").iterdir()) and not list((tracefs / "instances").iterdir())


def test_no_permission(tmp_path):
    with pytest.raises(ap.MissingInput, match="tracing needs root, and tracefs mounted; run with sudo"):
        trace.find([tmp_path])


def test_a_tracefs_that_a_user_may_not_look_into(tmp_path):
    """As /sys/kernel/tracing is: mode 0700 and root's."""
    place = tmp_path / "tracing"
    (place / "instances").mkdir(parents=True)
    place.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        with pytest.raises(ap.MissingInput, match="tracing needs root"):
            trace.find([place])
    finally:
        if root:
            os.seteuid(0)
        place.chmod(0o700)
