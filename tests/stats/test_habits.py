"""The table of what habits cost is what benchmarks/simulated_habits.py makes; the pairing of ratios of ratios keeps the bounds."""

import csv
import importlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "data" / "simulations" / "habits.csv"


@pytest.fixture(scope="module")
def found():
    """Method, size and metric -> share."""
    with TABLE.open(newline="") as file:
        rows = {(row["method"], int(row["boots"]), row["metric"]): float(row["value"]) for row in csv.DictReader(file)}
    assert len(rows) == 38
    return rows


@pytest.fixture(scope="module")
def program():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        return importlib.import_module("simulated_habits")
    finally:
        sys.path.pop(0)


def test_ratios_of_ratios_with_blocks_cover_and_find(found):
    for method in ("blocks", "boot-blocks"):
        for size in (3, 5, 10):
            assert 0.935 <= found[method, size, "coverage"] <= 0.97
            assert found[method, size, "power"] > 5 * found[f"no-{method}", size, "power"]
            assert found[f"no-{method}", size, "coverage"] > 0.99  # the drift of sessions makes unpaired intervals far too wide


def test_order_and_looks(found):
    for size in (5, 10):
        assert found["in-sequence", size, "false-alarm"] > 0.15
        assert max(found["interleaved", size, "false-alarm"], found["in-sequence-diagnosed", size, "false-alarm"]) <= 0.065
    assert found["looking", 30, "false-alarm"] > 2 * found["one-look", 30, "false-alarm"]
    assert found["one-look", 30, "false-alarm"] <= 0.065


def test_one_variance_and_a_test_before_pooling_fail(found):
    assert max(found["one-variance", size, "coverage"] for size in (3, 5, 10)) < 0.92
    assert found["pretest", 2, "coverage"] < 0.9


def test_the_program_makes_these_rows(program, found):
    """One cell of each kind that is quick; the last digit may turn on another processor."""
    for row in (*program.one_variance(3), *program.pretest(2), *program.looks()):
        assert abs(row[6] - found[row[4], row[1], row[5]]) <= 2 / row[7]
