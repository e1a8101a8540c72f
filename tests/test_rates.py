"""Rates of matrix products, against arithmetic on the raw logs."""

import math
import statistics
from pathlib import Path

import pytest

import amxperf as ap
from amxperf.rates import operations, rates, shape, size

DATA = Path(__file__).resolve().parents[1] / "data" / "vm-onednn"


def test_rate_of_one_group():
    table = rates(ap.open_dataset(DATA))
    row = table[(table["isa"] == "amx") & (table["pages"] == "4k") & (table["problem"] == "512x512:512x512")].iloc[0]
    medians = []
    for path in DATA.glob("vm/amx-4k-*/matmul.log"):
        times = [float(line.split(",")[-1]) for line in path.read_text().splitlines() if ",512x512:512x512," in line]
        medians.append(statistics.median(times[3:]) / 1e3)
    work = 2 * 512**3 / 1e12
    assert row["tflops"] == pytest.approx(work / statistics.median(medians))
    assert (row["slowest"], row["fastest"]) == pytest.approx((work / max(medians), work / min(medians)))


@pytest.mark.parametrize(
    ("problem", "sides", "work", "short"),
    [
        ("2x3:3x4", (1, 2, 3, 4), 2 * 2 * 3 * 4, "2x3:3x4"),
        ("8x16x32:8x32x64", (8, 16, 32, 64), 2 * 8 * 16 * 32 * 64, "8x16x32:8x32x64"),
        ("16x16:16x16", (1, 16, 16, 16), 2 * 16**3, "16"),
    ],
)
def test_problems(problem, sides, work, short):
    assert (shape(problem), operations(problem), size(problem)) == (sides, work, short)


@pytest.mark.parametrize("problem", ["", "mb1ic3", "2x3:4x5"])
def test_other_problems_have_no_rate(problem):
    assert shape(problem) is None and math.isnan(operations(problem)) and size(problem) == problem


def test_data_without_products_give_an_empty_table():
    for name in ("vm-ftrace", "tdx-perf-2024", "published"):
        assert len(rates(ap.open_dataset(name))) == 0
