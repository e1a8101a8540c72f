"""Measurement tables: the two foreign captures, round trips through CSV and Parquet, and every complaint with its line."""

import csv
import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amxperf import schema
from amxperf.document import Document, load
from amxperf.errors import AmxperfError, FormatError, UsageError
from amxperf.formats.table import REQUIRED, read, sniff

BENCHDNN = {
    "columns": {"benchmark": "=benchdnn-matmul", "metric": "=total time", "value": "seconds", "unit": "=s", "better": "=lower",
                "launch": "=1"}
}
CREATION = {
    "columns": {"environment": "=tdx", "benchmark": "=td", "unit": "=ms", "better": "=lower", "launch": "=1"},
    "melt": {"create": "creation time", "destroy": "destruction time"},
}
HEADER = "environment,launch,benchmark,metric,value,unit"


def doc(text: str | bytes) -> Document:
    return Document("x.csv", text if isinstance(text, bytes) else text.encode(), "")


def test_benchdnn_totals(pytestconfig):
    # tail -n +2 data/tdx-perf-2024/benchdnn-matmul-totals.csv: six rows; inference-lb,tdx,342.70 is the last, line 7
    document = load(pytestconfig.rootpath / "data/tdx-perf-2024/benchdnn-matmul-totals.csv")
    tables, notes = read(document, BENCHDNN)
    data = tables["measurements"]
    assert data["value"].tolist() == [106.49, 140.62, 5.85, 13.17, 288.71, 342.70]
    assert schema.factors(data) == ["input"] and data["input"].nunique() == 3 and not notes
    last = data.iloc[-1]
    assert (last["environment"], last["input"], last["unit"], last["line"]) == ("tdx", "inference-lb", "s", 7)
    assert sniff(document) == 0


def test_creation_times(pytestconfig):
    # 3 lines of data with 2 values each; 10,210,9 -> 0.21 s and 0.009 s
    document = load(pytestconfig.rootpath / "data/tdx-perf-2024/td-create-destroy.csv")
    data = read(document, CREATION)[0]["measurements"]
    assert len(data) == 6 and schema.factors(data) == ["size_gb"]
    assert data["metric"].tolist()[:2] == ["creation time", "destruction time"]
    assert data["value"].tolist() == pytest.approx([0.21, 0.009, 0.403, 0.017, 0.629, 0.026])
    assert data["size_gb"].tolist() == ["10", "10", "20", "20", "30", "30"] and sniff(document) == 0


def test_an_own_table():
    text = f"{HEADER},isa,informative,iteration\nvm,1,copy,rate,2,GB/s,amx,,0\ntdx,2,copy,time,3,ms,amx,no,1.0\n"
    tables, notes = read(doc(text), {})
    data = tables["measurements"]
    assert data["value"].tolist() == [2e9, 0.003] and data["unit"].tolist() == ["B/s", "s"]
    assert data["better"].tolist() == ["higher", "lower"] and data["informative"].tolist() == [True, False]
    assert data["line"].tolist() == [2, 3] and data["iteration"].tolist() == [0, 1] and schema.factors(data) == ["isa"]
    assert [(note.code, note.message) for note in notes] == [
        ("better-assumed", "better is not given; assumed: higher for B/s, lower for s")
    ]
    assert sniff(doc(text)) == 90


def test_blanks_around_cells_are_no_part_of_them():
    text = (
        "environment, launch, benchmark ,metric,value,unit, isa\n"
        'vm , 1, copy,\ttime, 2 ,s , "amx, tile"\nvm,1,copy,time,2,s,"amx, tile"\n'
    )
    data = read(doc(text), {})[0]["measurements"].drop(columns="line")
    assert data.loc[0].equals(data.loc[1]) and sniff(doc(text)) == 90
    assert (data["environment"][0], data["metric"][0], data["isa"][0]) == ("vm", "time", "amx, tile")


def test_lines_are_those_of_the_file():
    text = f'{HEADER},remark\r\n\r\nvm,1,b,m,1,s,"two\r\nlines"\r\nvm,2,b,m,2,s,x\r\n'
    assert read(doc(text), {})[0]["measurements"]["line"].tolist() == [3, 5]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("environment,launch,benchmark,metric,value\nvm,1,b,m,1\n", 1, "no column 'unit'"),
        (f"{HEADER},unit\nvm,1,b,m,1,s,s\n", 1, "two columns are called 'unit'"),
        (f"{HEADER},\nvm,1,b,m,1,s,s\n", 1, "column 7 has no name"),
        (f"{HEADER}," + ",".join(f"c{k}" for k in range(100_000)) + "\n", 1, "the table has 100006 columns; keep at most 4096"),
        (f"{HEADER}\nvm,1,b,m,1,s\nvm,1,b,m,1\n", 3, "5 cells under 6 columns"),
        (f"{HEADER}\nvm,1,b,m,fast,s\n", 2, "'fast' is not a finite number"),
        (f"{HEADER}\nvm,1,b,m,nan,s\n", 2, "not a finite number"),
        (f"{HEADER}\nvm,1,b,m,inf,s\n", 2, "not a finite number"),
        (f"{HEADER}\nvm,1,b,m,1e308,h\n", 2, "too large in s"),
        (f"{HEADER}\n,1,b,m,1,s\n", 2, "environment is empty"),
        (f"{HEADER}\nvm,1,b,m,1,\n", 2, "unit is empty"),
        (f"{HEADER},better\nvm,1,b,m,1,s,more\n", 2, "better is 'more'"),
        (f"{HEADER},iteration\nvm,1,b,m,1,s,-1\n", 2, "not a whole number"),
        (f"{HEADER},informative\nvm,1,b,m,1,s,perhaps\n", 2, "informative is 'perhaps'"),
        (f'{HEADER}\nvm,1,b,m,1,s\nvm,1,b,"m,1,s\n', 3, "not CSV"),
        (f"{HEADER}\n", 1, "no rows"),
    ],
)
def test_complaints_name_the_line(text, line, words):
    with pytest.raises(FormatError, match=words) as caught:
        read(doc(text), {})
    assert caught.value.line == line and caught.value.path == "x.csv" and caught.value.hint


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"columns": {"value": "ms"}}, FormatError, "no column 'ms' for 'value'"),
        ({"melt": {"x": "m"}}, FormatError, "no column 'x' for 'm'"),
        ({"melt": {"value": "m"}, "columns": {"metric": "=m"}}, UsageError, "both give"),
        ({"melt": {"value": "m", "launch": "m"}}, UsageError, "same metric"),
        ({"columns": "value"}, UsageError, "must map"),
        ({"colums": {}}, UsageError, "takes no option"),
    ],
)
def test_bad_options_are_refused(options, kind, words):
    with pytest.raises(kind, match=words):
        read(doc(f"{HEADER}\nvm,1,b,m,1,s\n"), options)


def test_a_mapping_wins_over_a_column_and_says_so():
    tables, notes = read(doc(f"{HEADER},took\nvm,1,b,m,1,s,7\n"), {"columns": {"value": "took", "isa": "=amx"}})
    row = tables["measurements"].iloc[0]
    assert (row["value"], row["isa"]) == (7.0, "amx")
    assert [note.code for note in notes] == ["better-assumed", "dropped-column"] and "value" in notes[1].message


def test_parquet(tmp_path):
    frame = pd.DataFrame({
        "environment": ["vm", "tdx"], "launch": [1, 2], "benchmark": "b", "metric": "time", "value": [2.5, 1e-3], "unit": "ms",
        "better": "lower", "iteration": [0.0, None], "informative": [True, False], "size": [16, 64], "note": [None, "x"],
    }, index=["a", "b"])
    path = tmp_path / "t.parquet"
    frame.to_parquet(path)
    tables, notes = read(load(path), {})
    data = tables["measurements"]
    assert data["value"].tolist() == [0.0025, 1e-6] and data["launch"].tolist() == ["1", "2"] and not notes
    assert data["informative"].tolist() == [True, False] and data["iteration"].isna().tolist() == [False, True]
    assert schema.factors(data) == ["size", "note"] and data["size"].tolist() == ["16", "64"] and data["line"].tolist() == [1, 2]
    assert sniff(load(path)) == 90
    frame.assign(value=[1.0, None]).to_parquet(path)
    with pytest.raises(FormatError) as caught:
        read(load(path), {})
    assert caught.value.line == 2


def test_damaged_parquet(tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({name: ["1"] for name in REQUIRED}).to_parquet(path)
    whole = path.read_bytes()
    for cut in range(4, len(whole), 97):
        with pytest.raises(FormatError, match="damaged"):
            read(doc(whole[:cut]), {})
    assert sniff(doc(whole[:-1])) == 0


WORD = st.text(st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
CELL = WORD.map(str.strip).filter(bool)
ROW = st.fixed_dictionaries({
    "environment": CELL, "launch": CELL, "benchmark": CELL, "metric": CELL,
    "value": st.floats(allow_nan=False, allow_infinity=False), "unit": st.sampled_from(["s", "B/s", "1", "frames"]),
    "better": st.sampled_from(["lower", "higher", "none"]), "iteration": st.one_of(st.none(), st.integers(0, 2**40)),
    "informative": st.booleans(), "isa": st.text("abc, \"\n'", max_size=5).map(str.strip),
})


@settings(deadline=None, max_examples=40)
@given(st.lists(ROW, min_size=1, max_size=5))
def test_the_exported_table_reads_back(rows):
    before = schema.frame("measurements", rows)
    text = schema.exported("measurements", before).to_csv(index=False)
    after, notes = read(doc(text.replace("\r\n", "\n")), {})
    own = ["source", "line"]
    pd.testing.assert_frame_equal(after["measurements"].drop(columns=own), before.drop(columns=own))
    assert [note.code for note in notes] == ["dropped-column"]


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_cut_table_is_read_or_refused(data):
    text = f'{HEADER},isa\nvm,1,b,m,1.25,ms,"a ""b"""\ntdx,2,b,m,2.5,ms,"c,\nd"\n'
    cut = data.draw(st.integers(0, len(text)))
    try:
        tables, notes = read(doc(text[:cut]), {})
    except AmxperfError as error:
        assert error.exit_code == 65
        return
    assert len(tables["measurements"]) <= 2
    assert cut == len(text) or text[cut - 1] == "\n" or "cut-line" in [note.code for note in notes]


@settings(deadline=None, max_examples=80)
@given(st.lists(st.lists(st.text(max_size=6), max_size=7), max_size=4))
def test_no_csv_breaks_the_reader(rows):
    stream = io.StringIO()
    csv.writer(stream).writerows([REQUIRED, *rows])
    for text in (stream.getvalue(), stream.getvalue().replace('"', "")):
        try:
            read(doc(text), {})
        except AmxperfError as error:
            assert error.exit_code == 65
