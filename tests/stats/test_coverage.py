"""The table of simulated errors in data/ is what benchmarks/simulated_errors.py makes; it and a quick version keep the bounds."""

import csv
import importlib
import math
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "data" / "simulations" / "coverage.csv"
UNREACHED = {("flat autocorrelation 0.5", "5"), ("flat autocorrelation 0.5", "10"),
             ("flat autocorrelation 0.8", "5"), ("flat autocorrelation 0.8", "10")}  # fmt: skip
"""Recipe and values per arm where neither the interval holds nor the data betray themselves; every such result is cautioned."""


@pytest.fixture(scope="module")
def rows():
    with TABLE.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def program():
    """benchmarks/simulated_errors.py, with the modules beside it."""
    import sys

    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        return importlib.import_module("simulated_errors")
    finally:
        sys.path.pop(0)


def bound(recipe, boots):
    """Least coverage of a cell: the nominal 95 % less 1.5, more where an arm has two boots or the arms scatter unlike."""
    if boots == "2":
        return 0.90
    return {"unequal arms": 0.92, "flat quiet against noisy": 0.93}.get(recipe, 0.935)


def ours(rows, metric):
    return [row for row in rows if row["method"] == "amxperf" and row["metric"] == metric]


def test_every_cell_is_there(rows):
    """8 nested recipes of 4 x 2 sizes, 10 flat ones of 3, three levels with 2 and 5 boots at 5 spreads, 3 x 3 paired."""
    assert len(ours(rows, "coverage")) == 8 * 4 * 2 + 10 * 3 + 2 * 5 + 3 * 3
    assert len(ours(rows, "refused")) == 5 and len(ours(rows, "fdr")) == 4
    assert {int(row["experiments"]) for row in ours(rows, "coverage")} == {10_000}


def test_coverage(rows):
    for row in ours(rows, "coverage"):
        value, warned = float(row["value"]), float(row["warned"])
        if row["boots"] == "2":
            assert warned == 1, row
        if "autocorrelation 0." in row["recipe"]:
            assert value >= 0.93 or warned >= 0.8, row
            detected = value >= 0.93 or float(row["detected"]) >= 0.8
            assert detected != ((row["recipe"], row["iterations"]) in UNREACHED), row  # mends itself: take it off the list
        else:
            assert value >= bound(row["recipe"], row["boots"]), row


def test_false_alarms(rows):
    """At most 6.5 % of equal systems are called different, also where the interval holds less than 93.5 %."""
    for row in ours(rows, "false-alarm"):
        if "autocorrelation 0." not in row["recipe"]:
            assert float(row["value"]) <= 0.065, row


def test_what_fewer_false_alarms_cost(rows):
    """Nothing from three boots on, as many in each arm; power where an arm has two."""
    power = {(*(row[key] for key in ("recipe", "boots", "iterations")), row["method"]): float(row["value"])
             for row in rows if row["metric"] == "power-10"}  # fmt: skip
    assert len(power) == 2 * 8 * 4 * 2
    for (recipe, boots, iterations, method), value in power.items():
        if method == "amxperf":
            plain = power[recipe, boots, iterations, "welch"]
            assert value < plain if boots == "2" else (value <= plain if recipe == "unequal arms" else value == plain)


def test_size_of_equivalence_and_false_discoveries(rows):
    for row in ours(rows, "tost-size") + ours(rows, "fdr") + ours(rows, "alike-fdr"):
        assert float(row["value"]) <= 0.065, row


def test_what_the_adjustment_of_equivalences_does(rows):
    """Unadjusted, more than one in ten of those called equivalent lies at the margin; with ten boots adjusting costs little."""
    found = {(row["recipe"], row["boots"], row["method"], row["metric"]): float(row["value"])
             for row in rows if row["metric"].startswith("alike")}  # fmt: skip
    assert found["suite, a quarter unchanged", "5", "unadjusted", "alike-fdr"] > 0.1
    assert found["suite, a quarter unchanged", "10", "amxperf", "alike-power"] > 0.95
    assert found["suite, all unchanged", "10", "amxperf", "alike-power"] > 0.99


def test_a_more_careful_method_costs_width(rows):
    """Cochran and Cox's interval errs less for unequal arms, and is wider than Welch's in every cell."""
    wide = {(row["recipe"], row["boots"], row["iterations"], row["method"]): float(row["value"])
            for row in rows if row["metric"] == "half-width"}  # fmt: skip
    assert len(wide) == 2 * 8 * 4 * 2
    for (*cell, method), value in wide.items():
        if method == "amxperf":
            assert value < wide[*cell, "cochran-cox"]
    assert wide["unequal arms", "3", "10", "cochran-cox"] > 1.5 * wide["unequal arms", "3", "10", "amxperf"]


def test_what_others_do(rows):
    """Pooling fails where boots differ, and so do launches of one boot; the two-level bootstrap is no cure at few boots."""

    def values(method, **wanted):
        found = [row for row in rows if row["method"] == method and row["metric"] == "coverage"]
        return [float(row["value"]) for row in found if all(row[key].startswith(value) for key, value in wanted.items())]

    for method in ("pooled", "benchstat"):
        assert max(values(method, recipe="3 % boots")) < 0.75
    assert max(values("bootstrap2", boots="3", recipe="3 % boots")) < 0.9
    assert values("launches", recipe="three levels, 1 %", boots="1")[0] < 0.65
    assert max(values("geomean-pooled")) < 0.5 < 0.935 <= min(values("geomean"))


def test_pairing_finds_what_sessions_hide(rows):
    power = {row["method"]: float(row["value"]) for row in rows
             if row["recipe"] == "paired, 5 % sessions" and row["boots"] == "5" and row["metric"] == "power"}  # fmt: skip
    assert power["unpaired"] < 0.1 and power["amxperf"] > 0.7


@pytest.mark.parametrize("place", [0, 60])
def test_the_program_makes_these_rows(rows, program, place):
    """Two cells whole: each has its own seed, so the figures must be the same; the last digit may turn on another processor."""
    cell = program.cells()[place]
    made = list(csv.DictReader((",".join(program.COLUMNS) + "\n" + program.text(program.run(cell))).splitlines()))
    start = next(i for i, row in enumerate(rows) if (row["recipe"], row["boots"], row["iterations"]) == tuple(map(str, cell[1:4])))
    for one, other in zip(made, rows[start:], strict=False):
        assert {**one, "value": ""} == {**other, "value": ""}
        assert abs(float(one["value"]) - float(other["value"])) <= 2 / int(one["experiments"])


QUICK = 400
"""Experiments per cell: a share of 95 % then has a standard error of 1.1 points, and the bounds get three of them."""


def slack(least):
    return 3 * math.sqrt(least * (1 - least) / QUICK)


def test_quick_hierarchical(program):
    for recipe in program.recipes.HIERARCHICAL:
        for boots in (2, 3):
            for row in program.hierarchical(recipe, boots, 10, count=QUICK, fewer=20):
                _keeps(row, bound(recipe, "2" if recipe == "unequal arms" else str(boots)))


def test_quick_flat(program):
    for recipe in program.recipes.FLAT:
        if "autocorrelation" not in recipe:
            for row in program.flat(recipe, 5, count=QUICK, fewer=20):
                _keeps(row, bound(recipe, "0"))


def test_quick_three_levels_pairs_and_suites(program):
    for row in [*program.three_level(0.02, 2, count=QUICK), *program.paired(0.05, 5, count=QUICK)]:
        _keeps(row, bound(row[0], str(row[1])))
    suites = [*program.suite("suite, a quarter changed", 5, count=100), *program.alike("suite, a quarter unchanged", 10, count=100)]
    for row in suites:
        if row[4] == "amxperf" and row[5].endswith("fdr"):
            assert row[6] <= 0.065 + 3 * 0.1 / math.sqrt(100)  # the share of false ones has a standard deviation below 0.1


def _keeps(row, least):
    if row[4] != "amxperf":
        return
    metric, value = row[5], row[6]
    if metric == "coverage":
        assert value >= least - slack(least), row
    elif metric in ("false-alarm", "tost-size"):
        assert value <= 0.065 + slack(0.065), row


def test_the_dataset_says_that_it_is_synthetic():
    manifest = tomllib.loads((TABLE.parent / "dataset.toml").read_text())
    assert manifest["kind"] == "synthetic"
    assert set(manifest) >= {"kind", "title", "date", "licence", "recorded"}
