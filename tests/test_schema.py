"""The tables: DESIGN's columns, and that every reader builds exactly them."""

import pandas as pd
import pytest

from amxperf import read, schema
from amxperf.errors import DataError

COLUMNS = {  # the list of the design; factors of measurements follow the fixed columns
    "measurements": (
        "dataset environment boot launch thread iteration benchmark metric value unit better informative reason source line"
    ),
    "lines": "source line boot timestamp level facility caller message role",
    "traces": "trace source line end event boot timestamp headline cpu pid comm kernel taint hardware complete",
    "frames": "source trace line depth symbol function offset size module build_id reliable inlined context",
    "registers": "source trace line name value",
    "events": (
        "source line timestamp side kind cpu vcpu pid comm msr msr_name value xfeatures xcomp_bv reason intr_info interrupt vector"
        " error_code rip info1 info2 level old new target_pid target_cpu duration detail"
    ),
}
CAPTURES = [
    "notes-2024/vm/boot/host.dmesg",
    "notes-2024/tdx/first-use/guest.dmesg",
    "notes-2024/tdx/first-use/amx-test.log",
    "vm-ftrace/vm/first-use/guest.trace",
    "vm-ftrace/vm/first-use-stacks/guest.trace",
    "vm-onednn/vm/amx-4k-00/matmul.log",
    "tdx-perf-2024/vm/exits/kvmexit.bpftrace.txt",
    "tdx-perf-2024/netperf-udp-rr.mmtests.txt",
    "published/overheads.csv",
]


def as_declared(table: str, data: pd.DataFrame) -> None:
    spec = schema.TABLES[table]
    assert tuple(data.columns[: len(spec.columns)]) == spec.names
    for column in spec.columns:
        dtype = data[column.name].dtype
        assert dtype.name == pd.Series([], dtype=column.dtype).dtype.name, (table, column.name)
        if column.dtype == "category":
            words = dtype.categories
            assert words.dtype == "str" and words.is_monotonic_increasing and not dtype.ordered, (table, column.name)
    extra = list(data.columns[len(spec.columns) :])
    assert spec.open or not extra
    assert all(data[name].dtype == "str" and data[name].notna().all() for name in extra)


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_columns_of_the_design(table):
    assert list(schema.TABLES[table].names) == COLUMNS[table].split()


def test_every_column_says_what_it_is():
    for table in schema.TABLES.values():
        assert table.meaning and all(column.meaning for column in table.columns)


@pytest.mark.parametrize("source", CAPTURES)
def test_readers_build_the_tables(source, pytestconfig):
    path = pytestconfig.rootpath / "data" / source
    capture = read(path, **({"environments": {"gen vm1": "vm", "tdx vm1": "tdx"}} if "mmtests" in source else {}))
    assert capture.tables and sum(capture.counts().values())
    for table, data in capture.tables.items():
        as_declared(table, data)
        if len(data):
            assert (data["source"] == str(path)).all() and (data["line"] >= 0).all()


@pytest.mark.parametrize("table", sorted(schema.TABLES))
def test_empty_tables(table):
    as_declared(table, schema.frame(table))


@pytest.mark.parametrize("name", ["notes-2024", "vm-ftrace", "vm-onednn", "tdx-perf-2024", "published"])
def test_tables_of_datasets(name, data):
    for table in schema.TABLES:
        as_declared(table, getattr(data(name), table))


def test_left_out_cells():
    row = schema.frame("measurements", [{"value": 1}]).iloc[0]
    assert (row["environment"], row["informative"], row["line"]) == ("", True, 0)
    assert row["iteration"] is pd.NA
    assert not schema.frame("frames", [{"reliable": False}])["reliable"][0]


def test_an_unknown_column_is_refused_in_closed_tables():
    with pytest.raises(DataError, match=r"table 'events' has no column 'colour'"):
        schema.frame("events", [{"colour": "red"}])


def test_factors_are_text():
    data = schema.frame("measurements", [{"threads": 2}, {"isa": "amx"}])
    assert schema.factors(data) == ["threads", "isa"]
    assert data[["threads", "isa"]].values.tolist() == [["2", ""], ["", "amx"]]


def test_words_are_exported_in_hexadecimal():
    data = schema.frame("events", [{"msr": 0x1C5, "value": (1 << 64) - 1, "cpu": 5}, {"kind": "x"}])
    out = schema.exported("events", data)
    assert out["msr"].tolist() == ["0x1c5", ""] and out["value"].tolist() == ["0xffffffffffffffff", ""]
    assert out["cpu"].tolist() == [5, pd.NA]
    assert data["value"][0] == (1 << 64) - 1  # the table itself is as it was


def test_words_are_kept_once_and_sorted():
    names = schema.frame("registers", [{"name": name} for name in ("RSP", "RIP", "RSP")])["name"]
    assert names.tolist() == ["RSP", "RIP", "RSP"] and names.cat.categories.tolist() == ["RIP", "RSP"]


def test_joined_tables_keep_their_types():
    parts = [schema.frame("frames", [{"symbol": symbol, "line": 1}]) for symbol in ("f", "g", "f")]
    data = schema.joined("frames", [schema.frame("frames"), *parts])
    as_declared("frames", data)
    assert data["symbol"].tolist() == ["f", "g", "f"] and data.index.tolist() == [0, 1, 2]
    as_declared("frames", schema.joined("frames", []))
    mixed = schema.joined("measurements", [schema.frame("measurements", [{"isa": "amx"}]), schema.frame("measurements", [{}])])
    as_declared("measurements", mixed)
    assert mixed["isa"].tolist() == ["amx", ""]


def test_a_size_that_no_function_has_is_left_out():
    assert schema.frame("frames", [{"size": 1 << 40}, {"size": 80}])["size"].tolist() == [pd.NA, 80]
