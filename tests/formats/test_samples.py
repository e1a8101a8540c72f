"""Every sample log is recognised as its own format and as no other, whole, cut in its middle and with CRLF ends."""

from pathlib import Path

import pandas as pd
import pytest

from amxperf import schema
from amxperf.document import Document, load
from amxperf.formats import FORMATS, SURE, module, read_document, recognise

SAMPLES = sorted(path for path in Path(__file__).with_name("samples").glob("*/*") if path.is_file())
NAMES = [f"{path.parent.name}/{path.name}" for path in SAMPLES]


@pytest.mark.parametrize("path", SAMPLES, ids=NAMES)
def test_recognised_as_itself_only(path):
    document = load(path)
    scores = {name: module(name).sniff(document) for name in FORMATS}
    assert {name for name, score in scores.items() if score} == {path.parent.name}, scores
    assert scores[path.parent.name] >= SURE
    capture = read_document(document)
    assert capture.format == path.parent.name and (capture.counts() or capture.notes)
    for name, table in capture.tables.items():
        assert (table["line"] >= 1).all() and (table["line"] <= len(document.lines)).all()
        columns = schema.TABLES[name].columns
        assert tuple(table.columns[: len(columns)]) == schema.TABLES[name].names
        assert all(table[column.name].dtype.name == pd.Series([], dtype=column.dtype).dtype.name for column in columns)
        if name == "measurements":
            assert set(table["better"]) <= {"lower", "higher", "none"}
            assert (table[["unit", "metric", "benchmark"]] != "").all(axis=None)
            assert (table["informative"] == (table["reason"] == "")).all()
            assert table.loc[table["informative"], "value"].notna().all()


@pytest.mark.parametrize("path", SAMPLES, ids=NAMES)
def test_line_ends_of_windows_change_nothing(path):
    document = load(path)
    other = Document(document.source, document.data.replace(b"\n", b"\r\n"), "", document.path)
    assert recognise(other) == path.parent.name
    for name, table in read_document(document).tables.items():
        assert read_document(other).tables[name].equals(table)
