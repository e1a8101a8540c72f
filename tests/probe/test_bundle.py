"""The bundle runs with a shell only, and its results become a dataset."""

import os
import subprocess

import pytest

import amxperf as ap
from amxperf.probe import bundle, machine, program

TINY = ("--iterations", "2", "--slice-us", "20", "--largest", "65536", "exit", "jitter")


@pytest.fixture
def results(program, tmp_path, monkeypatch):
    """Two launches, run by the bundle's script; the folder of their logs."""

    def prebuilt(target, **options):
        os.link(program, target)
        return target

    monkeypatch.setattr("amxperf.probe.program.compile", prebuilt)
    names = [path.name for path in bundle.write(tmp_path / "bundle")]
    assert names == ["amxprobe", "collect.sh", "README.md"]
    out = tmp_path / "results"
    done = subprocess.run([tmp_path / "bundle/collect.sh", out, "2", *TINY], capture_output=True, text=True)
    assert done.returncode == 0 and "amxperf collect DATASET --from results" in done.stdout, done.stderr
    return out


def test_calls_that_are_wrong(results, tmp_path):
    script = results.parent / "bundle/collect.sh"
    for words, code, said in [((), 64, "Usage"), (("--help",), 64, "Usage"), ((results, "many"), 64, "many is no number")]:
        done = subprocess.run([script, *words], capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == code and said in done.stdout + done.stderr
    assert not (tmp_path / "--help").exists()


def test_an_emulated_processor_is_refused(results):
    """The program says so itself; a script in its place says what it would."""
    folder = results.parent / "bundle"
    (folder / "amxprobe").unlink()
    (folder / "amxprobe").write_text("#!/bin/sh\necho 'fact emulated yes: QEMU translates'; echo 'fact hypervisor TCGTCGTCGTCG'\n")
    (folder / "amxprobe").chmod(0o755)
    done = subprocess.run([folder / "collect.sh", results.parent / "none"], capture_output=True, text=True)
    assert done.returncode == 64 and "no time here would be a measurement: yes: QEMU translates" in done.stderr
    assert not (results.parent / "none").exists()


def test_options_without_a_number_of_launches(results):
    """`--quick` in place of the number is an option, not a number; the first launch starts with it."""
    script = results.parent / "bundle/collect.sh"
    done = subprocess.run([script, results, "--nonsense"], capture_output=True, text=True)
    assert "launch 1 of 10" in done.stderr and "not an option" in done.stderr and done.returncode == 64


def test_taken_in(results, tmp_path, program):
    root = tmp_path / "mine"
    root.mkdir()
    added = bundle.take(root, results)
    data = ap.open_dataset(root)
    facts = bundle.facts(bundle.load(results / added[0] / "probe.log"))
    assert added == [f"{machine.environment(facts)}/{machine.boot(facts)}/launch-00{number}" for number in (1, 2)]
    assert set(data.measurements["benchmark"]) == {"exit", "jitter"} and len(data.runs) == 2
    assert len({bundle.facts(bundle.load(log))["seed"] for log in results.rglob("probe.log")}) == 2
    assert bundle.take(root, results) == []  # the same results once more add nothing
    log = next(results.rglob("launch-001/probe.log"))
    log.write_text(log.read_text().replace("fact load ", "fact load 9"))
    assert bundle.take(root, results) == [added[0].replace("001", "003")]  # another launch of the same name gets a number


def test_parts_of_the_host_and_traces_of_the_same_name(results, tmp_path):
    """Two hosts' sessions, or traced launches, of one boot have the same names in two collections: none is lost."""
    boot = next(results.glob("*/boot-*"))
    session, traced = boot.with_name("host-1") / "session-1", boot / "traced-001"
    root = tmp_path / "mine"
    root.mkdir()
    names = []
    for value in ("7", "7", "8"):
        texts = {session / "host.log": f"amxprobe 1\nfact kvm_halt_poll_ns {value}\ndone\n", traced / "guest.trace": f"# {value}\n"}
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        names.append([name.rpartition("/")[2] for name in bundle.take(root, results) if "launch" not in name])
    assert names == [["session-1", "traced-001"], [], ["session-2", "traced-002"]]


def test_refusals(results, tmp_path):
    root = tmp_path / "mine"
    root.mkdir()
    log = next(results.rglob("launch-001/probe.log"))
    whole = log.read_text()
    for text, words in [
        (whole.replace("emulated no", "emulated yes"), "emulated"),
        (whole.removesuffix("done\n"), "has no end"),
        ("hello\n", "no log of the probe"),
    ]:
        log.write_text(text)
        with pytest.raises(ap.DataError, match=words):
            bundle.take(root, results)
    assert not list(root.iterdir())
    with pytest.raises(ap.MissingInput, match="no log of the probe lies below"):
        bundle.take(root, tmp_path / "nowhere")


def test_compiles_statically_or_else_as_it_can(monkeypatch, tmp_path):
    calls = []

    def compile(target, extra=()):
        calls.append(extra)
        if extra:
            raise ap.DataError("no static C library")
        target.write_text("")

    monkeypatch.setattr(program, "compile", compile)
    bundle.write(tmp_path)
    assert calls == [("-static",), ()]
