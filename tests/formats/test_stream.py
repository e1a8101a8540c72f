"""A log streamed to Parquet holds the rows that the reader gives."""

import pandas as pd
import pytest

from amxperf import read_dmesg
from amxperf.errors import UsageError
from amxperf.formats import blocks, stream


def test_rows_of_the_reader(tmp_path, pytestconfig):
    path = pytestconfig.rootpath / "data/notes-2024/vm/boot/host.dmesg"
    seen = []
    files = stream.write(path, tmp_path, progress=seen.append, functions=blocks.Plain(), chunk=500)
    assert sum(seen) == path.stat().st_size and sorted(file.name for file in tmp_path.iterdir()) == sorted(
        f"{name}.parquet" for name in files
    )
    capture = read_dmesg(path)
    for name, file in files.items():
        got, want = pd.read_parquet(file), capture.table(name)
        for column in want.columns.drop("boot", errors="ignore"):
            assert got[column].astype(object).fillna("-").tolist() == want[column].astype(object).fillna("-").tolist(), column
        assert name == "frames" or set(got["boot"]) == {"1"}


def test_an_interrupted_call_leaves_nothing(tmp_path, pytestconfig):
    path = pytestconfig.rootpath / "data/notes-2024/vm/boot/host.dmesg"

    def interrupt(count):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stream.write(path, tmp_path, progress=interrupt, functions=blocks.Plain(), chunk=500)
    assert list(tmp_path.iterdir()) == []


def test_tables_that_cannot_be_streamed(tmp_path):
    with pytest.raises(UsageError, match="name one or more of lines, traces, frames"):
        stream.write("x", tmp_path, ("events",))
