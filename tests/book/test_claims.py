"""Everything in the notes is covered: the claims a to u, the commits and the 13 call traces, each found in the built book."""

import csv
import json
import re
from pathlib import Path

import amxperf as ap

CHECKOUT = Path(__file__).resolve().parents[2]
ROWS = list(csv.DictReader((CHECKOUT / "book" / "claims.csv").open(encoding="utf-8")))
COMMITS = {"db8268df0983", "dae1bd583896", "672365477ae8", "783e87b40495", "500afbf645a0", "db3e7321b4b8", "2308ee57d93d"}
"""The seven commits that the notes name."""


def test_the_table_is_complete():
    ids = [row["id"] for row in ROWS]
    assert len(ids) == len(set(ids))
    assert set("abcdefghijklmnopqrstu") <= set(ids)
    assert set(ids) >= COMMITS
    assert {f"trace-{number:02}" for number in range(1, 14)} <= set(ids)
    assert {"q1", "q2"} <= set(ids)
    assert all(row[column].strip() for row in ROWS for column in ("claim", "status", "finding", "source", "chapter"))


def test_each_is_found_in_the_built_book(built_book):
    """Once in its chapter, as an anchor, and once in the table, as a link to it."""
    table = (built_book / "claims.html").read_text()
    for row in ROWS:
        page = (built_book / f"{row['chapter']}.html").read_text()
        assert page.count(f'id="claim-{row["id"]}"') == 1, row["id"]
        assert f'{row["chapter"]}.html#claim-{row["id"]}"' in table, row["id"]


def test_each_trace_is_the_one_that_the_captures_hold():
    traces = ap.open_dataset("notes-2024").traces
    there = {f"notes-2024/{row['source']}:{row['line']}" for _, row in traces.iterrows()}
    named = {re.search(r"notes-2024/\S+?:\d+", row["source"])[0] for row in ROWS if row["id"].startswith("trace-")}
    assert named == there and len(there) == 13


def test_every_trace_is_rendered_with_its_frames(built_book):
    """The frames of all traces, read from the captures, stand in the pages with a link to their line."""
    data = ap.open_dataset("notes-2024")
    pages = "".join(path.read_text() for path in built_book.glob("*.html"))
    missing = [
        (row["source"], row["line"])
        for _, row in data.frames.iterrows()
        if f'captures/notes-2024/{row["source"]}.html#L{row["line"]}"' not in pages
    ]
    assert missing == []


def test_no_result_is_typed(built_book):
    """A number that a cell found is never typed in the prose of the same page: the fact's role shows it."""
    constants = {"8192", "1024", "2048", "4096", "256", "512", "0x40000", "10752", "1000", "2496"}
    # sizes and offsets that the architecture fixes, or that were asked for
    typed = []
    for path in sorted((built_book.parent / "stage").rglob("_amx/facts/*.json")):
        record = json.loads(path.read_text())
        prose = _prose(record["page"])
        for name, fact in record["facts"].items():
            number = re.match(r"-?\d[\d.,]*\d", fact["text"])
            if not number or len(number[0].replace(".", "").replace(",", "")) < 3 or number[0] in constants:
                continue
            for line in prose:
                if re.search(rf"(?<![\w.,:]){re.escape(number[0])}(?![\w]|[.,]\d)", line):
                    typed.append((record["page"], name, line.strip()))
    assert typed == []


def _prose(page: str) -> list[str]:
    notebook = CHECKOUT / "book" / f"{page}.ipynb"
    cells = json.loads(notebook.read_text())["cells"] if notebook.is_file() else []
    lines = [line for cell in cells if cell["cell_type"] == "markdown" for line in "".join(cell["source"]).splitlines()]
    return [re.sub(r"`[^`]*`", "", line) for line in lines]
