"""A Parquet table by columns is the same table as its cells by text."""

import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf import compare, open_dataset, schema
from amxperf.document import Document
from amxperf.errors import FormatError
from amxperf.formats import columnar, table


def parquet(columns):
    stream = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns), stream, row_group_size=3)
    return Document("t.parquet", stream.getvalue(), "")


def both(columns, monkeypatch, options=None):
    """What the reader makes of it by columns and by text: tables and notes."""
    by_columns = table.read(parquet(columns), options or {})
    with monkeypatch.context() as patch:
        patch.setattr(table, "fits", lambda *_: False)
        by_text = table.read(parquet(columns), options or {})
    return by_columns, by_text


def columns(rows=7, **more):
    words = ["vm", "tdx", "vm", "tdx", "vm", "vm", "tdx"]
    return {
        "environment": words[:rows], "launch": list(range(rows)), "benchmark": ["b"] * rows, "metric": ["time"] * rows,
        "value": [1.5, 2.5, 3.25, 1e-3, 5.0, 7.0, 1e300][:rows], "unit": (["ms", "s", "GB/s", "us", "frames", "ms", "B"])[:rows],
        **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"iteration": [0, 1, None, 3, 4, 5, 2**40], "informative": [True, False, None, True, True, True, True]},
        {"better": ["lower", "", None, " higher", "none", "lower", ""], "isa": ["amx", None, "", "a,b", "é", "amx", "1"]},
        {"size": [16, 64, None, 16, 16, 2, 3], "flag": [True, None, False] * 2 + [True]},
        {"share": [0.1, 1 / 3, None, 2.0, 1e22, 5e-324, 1.0]},
        {"reason": ["x"] * 7, "thread": [1, 2, 3, 4, 5, 6, 7], "iteration": [0.0, 1.0, float("nan"), 2.0, 3.0, 4.0, 5.0]},
    ],
)  # fmt: skip
def test_by_columns_as_by_text(more, monkeypatch):
    if "iteration" in more and isinstance(more["iteration"][0], float):
        more = {**more, "iteration": pa.array([0.0, 1.0, None, 2.0, 3.0, 4.0, 5.0])}
    (found, notes), (wanted, said) = both(columns(**more), monkeypatch)
    pd.testing.assert_frame_equal(found["measurements"], wanted["measurements"])
    assert [str(note) for note in notes] == [str(note) for note in said]


def test_mapped_columns(monkeypatch):
    options = {"columns": {"value": "took", "unit": "=ms", "isa": "=amx", "metric": "what"}}
    (found, notes), (wanted, said) = both(columns(took=[1, 2, 3, 4, 5, 6, 7], what=["a"] * 7), monkeypatch, options)
    pd.testing.assert_frame_equal(found["measurements"], wanted["measurements"])
    assert notes == said and found["measurements"]["value"].tolist()[:2] == [0.001, 0.002]


@pytest.mark.parametrize(
    "more",
    [
        {"value": [1.0, None, 3.0, 4.0, 5.0, 6.0, 7.0]}, {"value": [1.0, 2.0, float("inf"), 4.0, 5.0, 6.0, float("nan")]},
        {"value": [1.0, 2.0, 1e308, 4.0, 5.0, 6.0, 7.0], "unit": ["s", "s", "h", "s", "s", "s", "s"]},
        {"metric": ["a", "b", " ", "c", "", "d", "e"]}, {"unit": ["s", "", None, "s", "s", "s", "s"]},
        {"better": ["lower", "none", "more", "higher", "less", "", ""]}, {"iteration": [0, 1, 2, -1, 3, 4, 5]},
        {"metric": ["a", "b", "c", "d", "", "e", "f"], "value": [1.0, 2.0, None, 4.0, 5.0, 6.0, 7.0]},
    ],
)  # fmt: skip
def test_the_same_complaints(more, monkeypatch):
    sentences = []
    for by in (table.fits, lambda *_: False):
        monkeypatch.setattr(table, "fits", by)
        with pytest.raises(FormatError) as caught:
            table.read(parquet(columns() | more), {})
        sentences.append(str(caught.value))
    assert sentences[0] == sentences[1]


CELL = st.one_of(st.none(), st.sampled_from(["", "a", "b ", "é"]))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.floats(1e-9, 1e9), CELL, st.sampled_from(["s", "ms", "B/s", "1"])), min_size=1, max_size=7))
def test_any_words(rows):
    values, words, units = zip(*rows, strict=True)
    data = columns(len(rows)) | {"value": list(values), "isa": pa.array(words, pa.string()), "unit": list(units)}
    with pytest.MonkeyPatch.context() as patch:
        (found, _), (wanted, _) = both(data, patch)
    pd.testing.assert_frame_equal(found["measurements"], wanted["measurements"])


def test_a_wide_table_is_compared_like_a_narrow_one(make, monkeypatch):
    """Categories instead of texts, from the file to the JSON of the results; with folders, boots and factors."""
    rng = np.random.default_rng(5)
    rows = [(f"bench{k}", launch, i) for k in range(3) for launch in range(4) for i in range(3)]
    names, launches, iterations = zip(*rows, strict=True)
    files = {}
    for side, shift in (("vm", 0.0), ("tdx", 0.2)):
        data = {
            "benchmark": names, "launch": launches, "iteration": iterations, "metric": ["time"] * len(rows),
            "unit": ["ms"] * len(rows),
            "environment": [side] * len(rows), "value": np.exp(shift + rng.normal(0, 0.02, len(rows))), "size": [1] * len(rows),
        }  # fmt: skip
        files[f"{side}/b1/run/t.parquet"] = parquet(data).data
        files[f"{side}/b2/run/t.parquet"] = parquet(data | {"value": data["value"] * 1.01}).data
    root = make(files, '[environments.vm]\nkernel = "6.7"\n[environments.tdx]\nkernel = "6.8"\n')
    narrow = compare(root, "vm", "tdx")
    monkeypatch.setattr(columnar, "WIDE", 0)
    wide = compare(root, "vm", "tdx")
    assert isinstance(open_dataset(root).files[0].capture.measurements["benchmark"].dtype, pd.CategoricalDtype)
    assert json.dumps(wide.to_dict()) == json.dumps(narrow.to_dict())
    assert "kernel differs too: 6.7 against 6.8 (dataset.toml)" in [c.message for c in wide[0].cautions if c.code == "also-differs"]
    assert schema.factors(open_dataset(root).measurements) == ["size"]
