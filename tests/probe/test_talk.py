"""`amxperf collect` as people call it: what it prints, where, and its exit codes."""

import os

import pytest

import amxperf as ap
from amxperf.cli import main
from amxperf.probe import talk
from amxperf.probe.collect import Collected
from amxperf.probe.schedule import Schedule

TINY = ("--launches", "2", "--experiments", "jitter", "--quick")


@pytest.fixture
def run(program, monkeypatch, capsys):
    """Call the command with a program that is compiled already: exit code, standard output, standard error."""

    def prebuilt(target, **options):
        os.link(program, target)
        return target

    monkeypatch.setattr("amxperf.probe.program.compile", prebuilt)

    def call(*arguments):
        code = main(["collect", *map(str, arguments)])
        return code, *capsys.readouterr()

    return call


def test_collect(run, tmp_path):
    code, out, err = run(tmp_path / "mine", *TINY, "--environment", "vm", "--seed", "3")
    assert code == 0 and f"2 launches in {tmp_path}/mine/vm/boot-" in out
    assert "1 boot of vm so far" in out and "boots are what counts" in out and "--baseline vm --treatment tdx" in out
    assert "[load]" in err or "nothing found that will disturb" in err or "[no-amx]" in err
    assert len(ap.open_dataset(tmp_path / "mine").runs) == 2
    code, out, _ = run(tmp_path / "mine", *TINY, "--environment", "tdx")
    assert code == 0
    assert "Next:\n" in out and "--baseline vm --treatment tdx" in out
    assert main(["compare", str(tmp_path / "mine"), "--baseline", "vm", "--treatment", "tdx"]) in (0, 2, 3)


def test_bundle_and_from(run, tmp_path):
    code, out, err = run("--bundle", tmp_path / "bundle")
    assert (code, err) == (0, "") and "copy it to the guest and run ./collect.sh results" in out
    run(tmp_path / "theirs", *TINY, "--environment", "tdx")
    code, out, err = run(tmp_path / "mine", "--from", tmp_path / "theirs")
    assert (code, err) == (0, "") and "2 launches added" in out
    assert set(ap.open_dataset(tmp_path / "mine").runs["environment"]) == {"tdx"}


def test_host(run, tmp_path, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda: "")
    code, out, err = run(tmp_path / "mine", "--host", "--environment", "tdx")
    assert code == 0 and "press Enter when it is done" in err and f"The host's part is in {tmp_path}/mine/tdx/host-" in out


def test_resumed_in_another_boot(tmp_path):
    """As it happened in a guest that was started again between the two."""
    names = ("vm/boot-1/launch-001", "vm/boot-2/launch-001", "vm/boot-2/launch-002")
    done = Collected(tmp_path, {"amx": "yes"}, Schedule("vm", 3, 7, done=names), "boot-2", 2)
    assert f"2 launches in {tmp_path}/vm/boot-2, and 1 before the interruption in another boot" in talk.ending(done)


def test_interrupted(run, tmp_path, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("amxperf.probe.launch.run", interrupt)
    code, out, err = run(tmp_path / "mine", *TINY)
    assert (code, out) == (130, "") and "what is complete is kept; --resume goes on" in err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 64, "give OUT"),
        (("x", "--experiments", "sleep"), 64, "there is no experiment 'sleep'"),
        (("x", "--resume"), 64, "nothing was collected"),
        (("x", "--from", "nowhere"), 66, "no log of the probe lies below"),
        (("x", "--host"), 64, "add --environment vm or --environment tdx"),
        (("x", "--host", "--environment", "vm", "--with-trace"), 64, "--with-trace does nothing with --host"),
        (("x", "--vm", "7"), 64, "add --host"),
    ],
)
def test_wrong_calls(run, tmp_path, monkeypatch, arguments, code, words):
    monkeypatch.chdir(tmp_path)
    found, out, err = run(*arguments)
    assert (found, out) == (code, "") and words in err and "Traceback" not in err
