"""The runner: a tiny collection becomes a dataset; adding, interruption, resumption, refusals."""

import json

import pytest

import amxperf as ap
from amxperf.errors import OutputError, UsageError
from amxperf.probe import launch, machine, schedule
from amxperf.probe.collect import collect

TINY = ("--iterations", "3", "--slice-us", "50", "--largest", "65536")


@pytest.fixture
def tiny(program, tmp_path):
    """Collect two short experiments into a folder."""

    def call(out=tmp_path / "mine", **options):
        return collect(out, experiments=("exit", "jitter"), options=TINY, binary=program, **{"launches": 2, **options})

    return call


def test_becomes_a_dataset(tiny):
    done = tiny(seed=5)
    data = ap.open_dataset(done.root)
    runs = data.runs
    assert data.kind == "recorded" and len(runs) == 2 and set(runs["boot"]) == {done.boot} and done.plan.left == 0
    assert set(runs["environment"]) == {machine.environment(done.facts)}
    assert set(data.measurements["benchmark"]) == {"exit", "jitter"} and data.manifest.warmup == 1
    seeds = [schedule.Schedule("vm", 2, 5).launch_seed(number) for number in range(2)]
    logs = [(done.root / source).read_text() for source in runs["source"]]
    assert [f"fact seed {seed}\n" in log for seed, log in zip(seeds, logs, strict=True)] == [True, True]
    order = data.manifest.raw["launches"]["order"]
    assert order == sorted(source.rpartition("/")[0] for source in runs["source"]) and "started" not in data.manifest.machine
    assert data.manifest.machine["kernel"] and "hostname" not in (done.root / "dataset.toml").read_text()


def test_adds_to_it_and_keeps_what_a_person_wrote(tiny):
    done = tiny(launches=1)
    path = done.root / "dataset.toml"
    path.write_text(path.read_text().replace('licence = "not stated"', 'licence = "CC0-1.0"  # ours'))
    again = tiny(launches=1, environment="tdx-like")
    data = ap.open_dataset(again.root)
    assert len(data.runs) == 2 and data.manifest.licence == "CC0-1.0" and "# ours" in path.read_text()
    assert set(data.manifest.raw["environments"]) == {done.plan.environment, "tdx-like"}
    compared = ap.compare(data, done.plan.environment, "tdx-like")
    assert {result.code for result in compared} <= {"one-boot", "not-positive"} and len(compared)


def test_interrupted_and_resumed(tiny, tmp_path):
    seen = []

    def stop(done, of, kind, experiment):
        seen.append((done, experiment, kind))
        if done == 1 and kind == "end":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tiny(launches=3, seed=5, progress=stop)
    root = tmp_path / "mine"
    assert [part.name for part in root.rglob("*.part")] == [launch.PART]
    data = ap.open_dataset(root)
    assert len(data.runs) == 1 and "Interrupted and left out: " in data.manifest.recorded
    assert json.loads((root / schedule.FILE).read_text())["done"] == [data.runs["source"][0].rpartition("/")[0]]
    done = tiny(resume=True)
    data = ap.open_dataset(root)
    assert len(data.runs) == 3 and not launch.unfinished(root) and "Interrupted" not in data.manifest.recorded
    assert len(set((root / source).read_text().split("fact seed ")[1].split()[0] for source in data.runs["source"])) == 3
    with pytest.raises(UsageError, match="is complete; leave --resume out"):
        tiny(resume=True)
    assert done.plan.seed == 5


def test_interrupted_while_tracing(tiny, tmp_path, monkeypatch):
    """The launches are complete and the traced one is not: --resume runs that one."""
    traced = []

    def record(binary, arguments, folder, root):
        traced.append(folder.name)
        if len(traced) == 1:
            raise KeyboardInterrupt
        return folder

    monkeypatch.setattr("amxperf.probe.trace.find", lambda: tmp_path)
    monkeypatch.setattr("amxperf.probe.trace.record", record)
    with pytest.raises(KeyboardInterrupt):
        tiny(launches=1, with_trace=True)
    done = tiny(resume=True)
    assert traced == ["traced-001", "traced-001"] and done.plan.complete and len(ap.open_dataset(done.root).runs) == 1
    with pytest.raises(UsageError, match="is complete; leave --resume out"):
        tiny(resume=True)


def test_refusals(tiny, program, tmp_path):
    with pytest.raises(UsageError, match="nothing was collected"):
        tiny(resume=True)
    with pytest.raises(UsageError, match="there is no experiment 'sleep'; use some of tmul"):
        collect(tmp_path / "x", experiments=["sleep"], binary=program)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="the dataset cannot be made"):
        tiny(out=tmp_path / "file" / "below")


def test_full_disk(program, tmp_path):
    (tmp_path / launch.PART).symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"No space left on device.*--resume"):
        launch.run(program, ["--facts"], tmp_path)


def test_a_damaged_plan(tmp_path):
    (tmp_path / schedule.FILE).write_text("{")
    with pytest.raises(ap.DataError, match="is damaged; remove it"):
        schedule.load(tmp_path)


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"hypervisor": "KVMKVMKVM", "tdx_leaf_0x21": "yes"}, "tdx"),
        ({"hypervisor": "unknown", "flags": "hypervisor tdx_guest"}, "tdx"),
        ({"hypervisor": "Microsoft Hv", "flags": ""}, "vm"),
        ({"hypervisor": "none", "flags": "avx"}, "bare-metal"),
        ({}, "bare-metal"),
    ],
)
def test_environments(facts, name):
    assert machine.environment(facts) == name


def test_an_unknown_machine():
    told = machine.told([{"cpu": "unknown"}, {"cpu": "unknown"}])
    assert "cpu" in told["unknown"] and "cpu" not in told
