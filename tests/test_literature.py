"""Published overheads in groups, against the CSV read with the csv module."""

import csv
import math
from pathlib import Path

import pytest

import amxperf as ap
from amxperf.literature import by_study, marks, pooled, ranges, sources, span, wordless

DATA = Path(__file__).resolve().parents[1] / "data" / "published"


@pytest.fixture(scope="module")
def rows():
    with open(DATA / "overheads.csv", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["comparison"] == "tdx-vm"]


@pytest.fixture(scope="module")
def data():
    return ap.open_dataset("published")


def test_marks_are_the_rows_with_a_number(rows, data):
    numbers = [row for row in rows if row["overhead_percent"] and row["better"] != "none"]
    assert len(marks(data)) == len(numbers)
    apart = ["dstack 2026"]
    assert len(marks(data, apart=apart)) == len([row for row in numbers if row["study"] not in apart])
    assert [row["study"] for row in rows if not row["overhead_percent"]] == wordless(data)["study"].tolist()


def test_two_studies_of_one_document_are_one_source(rows, data):
    chen = marks(data)[marks(data)["study"].isin(["Chen 2024 oneDNN", "Chen 2024 netperf"])]
    assert chen["study"].nunique() == 2 and sources(chen) == 1


def test_ranges(rows, data):
    table = ranges(marks(data)).set_index("study")
    stack = [row for row in rows if row["study"] == "dstack 2026"]
    assert table.loc["dstack 2026", "figures"] == len(stack) == 14
    assert table.loc["dstack 2026", "workloads"] == len({row["workload"] for row in stack}) == 7
    # 2976 / 61 and 784 / 656, the largest and the smallest by hand
    assert (table.loc["dstack 2026", "most"], table.loc["dstack 2026", "least"]) == pytest.approx((2976 / 61, 784 / 656))


def test_span_of_nothing(data):
    assert span(marks(data).iloc[:0]) == "none"


def test_a_document_is_one_replicate(rows, data):
    """The mean log slowdown of the one document with AMX in use, from the CSV by hand, and no pooling of fewer than three."""
    table = by_study(data).set_index("studies")
    stack = [row for row in rows if row["study"] == "dstack 2026" and row["overhead_percent"]]
    logs = [math.log(float(row["treatment_value"]) / float(row["baseline_value"])) * (1 if row["better"] == "lower" else -1)
            for row in stack if row["baseline_value"]]  # fmt: skip
    assert len(logs) == table.loc["dstack 2026", "figures"]
    assert math.log(table.loc["dstack 2026", "time_ratio"]) == pytest.approx(sum(logs) / len(logs), rel=1e-12)
    assert table.loc["Chen 2024 oneDNN, Chen 2024 netperf", "figures"] == 4  # two studies of one document, one replicate
    assert {amx: (found.studies, found.code) for amx, found in pooled(data).items()} == {
        "no": (2, "few-studies"), "yes": (1, "few-studies"), "unknown": (1, "few-studies")
    }  # fmt: skip
