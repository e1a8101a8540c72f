"""Worst cells of the simulations, against the CSV read with the csv module."""

import csv
from pathlib import Path

import pytest

import amxperf as ap
from amxperf.shortfall import cells, worst

FILE = Path(__file__).resolve().parents[1] / "data" / "simulations" / "coverage.csv"


@pytest.mark.parametrize("method", ["amxperf", "pooled", "bootstrap2"])
def test_worst_of_each_recipe(method):
    least = {}
    with open(FILE, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["method"] == method and row["metric"] == "coverage":
                least[row["recipe"]] = min(least.get(row["recipe"], 1), float(row["value"]))
    table = worst(ap.open_dataset("simulations"), method)
    assert dict(zip(table["recipe"], table["coverage"], strict=True)) == least
    assert table["coverage"].is_monotonic_increasing


def test_error_by_hand():
    row = cells(ap.open_dataset("simulations")).query("recipe == 'two boot states 8 % apart' and boots == 2 and iterations == 30")
    share = row["coverage"].item()
    assert row["error"].item() == pytest.approx((share * (1 - share) / 10_000) ** 0.5)
    assert row["warned"].item() == 1 and row["detected"].item() == 0


def test_another_metric():
    table = cells(ap.open_dataset("simulations"), metric="false-alarm")
    assert "false-alarm" in table and "coverage" not in table and table["false-alarm"].between(0, 1).all()


def test_other_datasets_have_no_cells():
    assert len(cells(ap.open_dataset("vm-onednn"))) == len(worst(ap.open_dataset("published"))) == 0
