"""Words beside the published marks: what hangs together, what is left out; counted in the CSV."""

import csv
from pathlib import Path

import pytest

from amxperf import figures, open_dataset

FILE = Path(__file__).resolve().parents[2] / "data" / "published" / "overheads.csv"


@pytest.fixture(scope="module")
def figure():
    return figures.overheads(open_dataset("published"), name="x", title="t", apart=["canonical/tdx #128", "Chen 2024 VM exits"])


def test_caption_counts_documents_and_dependent_marks(figure):
    with open(FILE, encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["comparison"] == "tdx-vm" and row["overhead_percent"]]
    rows = [row for row in rows if row["study"] in set(figure.data["study"])]
    assert f"{len(rows)} published figures of {len({row['source_url'] for row in rows})} sources" in figure.caption
    assert "dstack 2026: 14 marks of 7 workloads" in figure.caption and "not independent" in figure.caption
    assert "Shown apart: canonical/tdx #128" in figure.caption and "Without a number, so without a mark: 1 row" in figure.caption
    assert "middle" not in figure.caption and "median" not in figure.caption


def test_labels_say_the_page_size_of_the_baseline(figure):
    labels = [label.get_text() for label in figure.canvas.axes[0].get_yticklabels()]
    pages = [base for base in figure.data["baseline_env"] if "1 GB" in base]
    assert sum(label.endswith("VM on 1 GB pages") for label in labels) == len(pages) == 8
    assert sum(label.endswith("VM on 2 MB pages") for label in labels) == 12
    assert len(set(labels)) == len(labels)
