"""Spread inside and between launches, against the statistics module of Python on the raw logs."""

import math
import statistics
from pathlib import Path

import pytest

import amxperf as ap
from amxperf.scatter import clock_step, scatter, steady

DATA = Path(__file__).resolve().parents[1] / "data" / "vm-onednn"


def _logs(isa, pages, problem, skip):
    """Log times of each launch, read without the package: the last two fields of a line are problem and milliseconds."""
    found = []
    for path in sorted(DATA.glob(f"vm/{isa}-{pages}-*/matmul.log")):
        rows = [line.split(",") for line in path.read_text().splitlines() if ",exec," in line]
        found.append([math.log(float(row[-1]) / 1e3) for row in rows if row[-2] == problem][skip:])
    return found


@pytest.mark.parametrize(("isa", "pages", "side"), [("amx", "4k", 256), ("avx512", "2m", 2048)])
def test_against_the_raw_logs(isa, pages, side):
    problem = f"{side}x{side}:{side}x{side}"
    table = scatter(ap.open_dataset(DATA))
    row = table[(table["isa"] == isa) & (table["pages"] == pages) & (table["problem"] == problem)].iloc[0]
    launches = _logs(isa, pages, problem, skip=3)
    middles = [statistics.median(values) for values in launches]
    quartiles = [statistics.quantiles(values, n=4, method="inclusive") for values in launches]
    assert row["launches"] == len(launches) == 10
    assert row["between"] == pytest.approx(statistics.stdev(middles))
    assert row["within"] == pytest.approx(statistics.median(high - low for low, _, high in quartiles) / 1.349)
    assert row["expected"] == pytest.approx(row["within"] * math.sqrt(math.pi / (2 * len(launches[0]))))
    assert row["range"] == pytest.approx(math.exp(max(middles) - min(middles)) - 1)
    starts = [math.exp(values[0]) for values in _logs(isa, pages, problem, skip=0)]
    ratios = [start / statistics.median(map(math.exp, values)) for start, values in zip(starts, launches, strict=True)]
    assert row["first"] == pytest.approx(statistics.median(ratios))


def test_data_without_launches_give_an_empty_table():
    for name in ("vm-ftrace", "notes-2024", "published", "tdx-perf-2024"):
        assert len(scatter(ap.open_dataset(name))) == 0


def test_warm_up_is_left_out():
    data = ap.open_dataset(DATA)
    assert steady(data)["iteration"].min() == 3  # warmup = 3 in the manifest


def test_clock_step():
    assert clock_step([5.0, 5.0, 5.25, 6.0]) == 0.25
    assert math.isnan(clock_step([5.0])) and math.isnan(clock_step([]))
