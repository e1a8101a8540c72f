"""A dataset in tables: every statement of the manifest is there, notes are grouped, and nothing is dropped."""

import pandas as pd
import pytest

import amxperf as ap
from amxperf import describe

NAMES = ["notes-2024", "published", "simulations", "tdx-perf-2024", "vm-ftrace", "vm-onednn"]


@pytest.mark.parametrize("name", NAMES)
def test_every_dataset(name):
    data = ap.open_dataset(name)
    assert describe.machine(data)["what"].tolist() == [key.replace("_", " ") for key in data.manifest.machine]
    about = describe.about(data).set_index("what")["value"]
    assert (about["name"], about["kind"], about["sha256"]) == (name, data.kind, data.sha256)
    assert describe.runs(data)["files"].sum() == len(data.runs)
    assert describe.notes(data)["times"].sum() == len(data.notes)


def test_launches_are_counted():
    runs = describe.runs(ap.open_dataset("vm-onednn")).iloc[0]
    assert (runs["launches"], runs["boots"], runs["rows"]) == (40, 1, "2720 measurements")  # ls vm | wc -l; grep -c ,exec,


def test_or_none():
    full = pd.DataFrame({"a": [1]})
    assert describe.or_none(full, "nothing") is full
    assert describe.or_none(full.iloc[:0], "nothing").to_dict("list") == {"a": ["nothing"]}
