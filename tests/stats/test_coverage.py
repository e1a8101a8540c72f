"""The table of simulated coverage in data/ is what benchmarks/coverage.py prints, and keeps its bounds."""

import csv
import importlib.util
import tomllib
from itertools import islice
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "data" / "simulations" / "coverage.csv"


@pytest.fixture(scope="module")
def rows():
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_bounds_hold(rows):
    ours = [row for row in rows if row["method"] == "amxperf"]
    assert len(ours) == 8 * 4 * 2 + 3 * 3
    for row in ours:
        coverage, warned = float(row["coverage"]), float(row["warned"])
        if "autocorrelation 0.5" in row["recipe"]:
            continue  # short series cannot show it: below
        if row["boots"] == "2":
            assert coverage >= 0.90 and warned == 1, row
        else:
            assert coverage >= (0.92 if row["recipe"] == "unequal arms" else 0.935), row


def test_autocorrelation_is_warned_of_in_long_series(rows):
    warned = {row["iterations"]: float(row["warned"]) for row in rows if "correlation 0.5" in row["recipe"] and row["warned"]}
    assert warned["30"] >= 0.80 > warned["10"]


def test_pooling_fails_where_boots_differ(rows):
    pooled = [row for row in rows if row["method"] == "pooled" and row["recipe"].startswith("3 % boots")]
    assert pooled and all(float(row["coverage"]) < 0.70 for row in pooled)


def test_the_program_prints_these_rows(rows, monkeypatch):
    """The first cell again, whole: its own seed, so the figures must be the same to the last digit."""
    spec = importlib.util.spec_from_file_location("coverage_benchmark", ROOT / "benchmarks" / "coverage.py")
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    for made, row in zip(islice(program.cells(), 3), rows, strict=False):
        assert [made[0], str(made[1]), str(made[2]), made[3]] == [row[k] for k in ("recipe", "boots", "iterations", "method")]
        assert f"{made[4]:.4f}" == row["coverage"]


def test_the_dataset_says_that_it_is_synthetic():
    manifest = tomllib.loads((TABLE.parent / "dataset.toml").read_text())
    assert manifest["kind"] == "synthetic"
    assert set(manifest) >= {"kind", "title", "date", "licence", "recorded"}
