"""Published overheads in groups, against the CSV read with the csv module."""

import csv
from pathlib import Path

import pytest

import amxperf as ap
from amxperf.literature import marks, ranges, sources, span, wordless

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
