"""The project's own datasets: sealed, complete, and holding what was counted by hand."""

import hashlib
from pathlib import Path

import pytest

import amxperf as ap
from amxperf.manifest import KINDS

DATA = Path(__file__).resolve().parents[1] / "data"
NAMES = sorted(path.parent.name for path in DATA.glob("*/dataset.toml"))


def test_all_are_here():
    assert NAMES == [
        "emulated-amx", "notes-2024", "published", "simulations", "tdx-perf-2024", "vm-ftrace", "vm-onednn", "vm-probe-controls",
    ]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_sealed(name):
    """Checksums for every file, and a checksum of the manifest itself."""
    dataset = ap.open_dataset(name)
    assert set(dataset.manifest.checksums) == {run.source for run in dataset.files}
    digest = hashlib.sha256((DATA / name / "dataset.toml").read_bytes()).hexdigest()
    assert f"{digest}  {name}/dataset.toml" in (DATA / "SHA256SUMS").read_text().splitlines()
    assert not [note for note in dataset.notes if note.code == "no-checksums"]


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_is(name):
    manifest = ap.open_dataset(name).manifest
    for text in (manifest.title, manifest.date, manifest.licence, manifest.recorded):
        assert text and text != "not stated"
    assert manifest.kind in KINDS


def test_kinds():
    kinds = {name: ap.open_dataset(name).kind for name in NAMES}
    assert kinds == {
        "emulated-amx": "emulated",
        "notes-2024": "transcribed",
        "published": "published",
        "simulations": "synthetic",
        "tdx-perf-2024": "published",
        "vm-ftrace": "recorded",
        "vm-onednn": "recorded",
        "vm-probe-controls": "recorded",
    }


def test_notes():
    """13 traces: grep -c 'Call Trace:'; 142 frames, 39 with '?': grep -cE '\\+0x[0-9a-f]+/0x', grep -cE '\\?  *\\w.*\\+0x'."""
    data = ap.open_dataset("notes-2024")
    assert (len(data.traces), len(data.frames), int((~data.frames["reliable"]).sum())) == (13, 142, 39)
    assert data.measurements["value"].tolist() == [744.0]
    assert not data.measurements["informative"].any()


def test_onednn():
    """40 logs of 68 executions: grep -c ',exec,'; 10 launches for each of 4 combinations: ls."""
    data = ap.open_dataset("vm-onednn").measurements
    assert len(data) == 40 * 68
    assert data.groupby(["isa", "pages"])["launch"].nunique().tolist() == [10, 10, 10, 10]
    assert set(data["boot"]) == {"2026-11-23"}


def test_published():
    """80 rows: wc -l minus the header."""
    data = ap.open_dataset("published").overheads
    assert len(data) == 80
    assert (data["source_url"] != "").all() and (data["quote_location"] != "").all()


def test_exits():
    """Totals of the two histograms, added with awk."""
    data = ap.open_dataset("tdx-perf-2024").measurements
    exits = data[data["metric"] == "exits"].groupby("environment")["value"].sum()
    assert exits.to_dict() == {"tdx": 413_981, "vm": 429_867}


def test_emulated():
    """Three boots, each with 51 verdicts OK and none FAIL; two have a guest with one exit for #NM: grep -c on the files.

    No number of it is a measurement: the program in the emulated machine says so itself.
    """
    data = ap.open_dataset("emulated-amx")
    checks = data.events[data.events["source"].str.endswith("/checks/tilecheck.log")]
    assert checks.groupby(["source", "reason"], observed=True).size().unstack()["OK"].tolist() == [51, 51, 51]
    assert "FAIL" not in set(data.events["reason"])
    armed = data.events[data.events["source"].str.endswith("/boot/guest.trace")]
    assert set(armed["msr"]) == {0x1C4} and set(armed["value"]) == {0x40000}
    faults = data.events[(data.events["kind"] == "kvm_exit") & data.events["intr_info"].eq(0x80000307).fillna(False)]
    assert faults["source"].tolist() == [f"emulated/linux-{kernel}/kvm/host.trace" for kernel in ("6.12", "7.2")]
    assert len(data.measurements) and not data.measurements["informative"].any()
    logs = [run for run in data.files if run.capture.format == "probe"]
    assert logs and all({"emulated"} <= {note.code for note in run.capture.notes} for run in logs)
    assert not {"skipped-line", "cut-log", "experiment-failed"} & {note.code for run in logs for note in run.capture.notes}
