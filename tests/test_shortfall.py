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
            if row["method"] == method:
                least[row["recipe"]] = min(least.get(row["recipe"], 1), float(row["coverage"]))
    table = worst(ap.open_dataset("simulations"), method)
    assert dict(zip(table["recipe"], table["coverage"], strict=True)) == least
    assert table["coverage"].is_monotonic_increasing


def test_error_by_hand():
    row = cells(ap.open_dataset("simulations")).query("recipe == 'two boot states 8 % apart' and boots == 2 and iterations == 30")
    assert row["error"].item() == pytest.approx((0.915 * 0.085 / 2000) ** 0.5) and row["warned"].item() == 1


def test_other_datasets_have_no_cells():
    assert len(cells(ap.open_dataset("vm-onednn"))) == len(worst(ap.open_dataset("published"))) == 0
