"""What the command line prints and writes: every digit, whole files or none."""

import csv
import io
import json
import math
import os
import stat

import pandas as pd
import pytest

from amxperf import schema
from amxperf.capture import Note
from amxperf.errors import OutputError, UsageError
from amxperf.output import notes, serialise, wrapped, write

EVENTS = schema.frame(
    "events", [{"source": "a", "line": 1, "timestamp": 0.1 + 0.2, "msr": 0x1C5, "cpu": 3}, {"source": "a", "comm": "é"}]
)
TINY = schema.frame("measurements", [{"value": 2.123456789012345e-9, "isa": "amx"}, {"value": 1 / 3}])


def test_csv():
    rows = list(csv.DictReader(io.StringIO(serialise("events", [EVENTS], "csv").decode())))
    assert list(rows[0]) == list(schema.TABLES["events"].names)
    assert (rows[0]["msr"], rows[0]["cpu"], float(rows[0]["timestamp"])) == ("0x1c5", "3", 0.1 + 0.2)
    assert (rows[1]["msr"], rows[1]["cpu"], rows[1]["timestamp"], rows[1]["comm"]) == ("", "", "", "é")


@pytest.mark.parametrize("format", ["json", "jsonl"])
def test_json_keeps_every_digit(format):
    text = serialise("measurements", [TINY], format).decode()
    rows = json.loads(text) if format == "json" else [json.loads(line) for line in text.splitlines()]
    assert [row["value"] for row in rows] == TINY["value"].tolist()
    assert rows[0]["isa"] == "amx" and rows[0]["iteration"] is None and rows[0]["informative"] is True
    assert list(rows[0]) == list(TINY.columns)


def test_json_of_words_and_gaps():
    rows = json.loads(serialise("events", [EVENTS], "json"))
    assert (rows[0]["msr"], rows[0]["cpu"], rows[1]["timestamp"]) == ("0x1c5", 3, None)


def test_parquet_round_trip():
    back = pd.read_parquet(io.BytesIO(serialise("events", [EVENTS], "parquet")))
    pd.testing.assert_frame_equal(back, EVENTS)


def test_empty():
    assert serialise("events", [], "csv").decode().strip() == ",".join(schema.TABLES["events"].names)
    assert json.loads(serialise("events", [], "json")) == [] and serialise("events", [], "jsonl") == b""


def test_files_with_different_factors():
    other = schema.frame("measurements", [{"value": 1, "pages": "4k"}])
    rows = json.loads(serialise("measurements", [TINY, other], "json"))
    assert [(row["isa"], row["pages"]) for row in rows] == [("amx", ""), ("", ""), ("", "4k")]


def test_notes():
    found = [Note("a", "same", "x", 1), Note("a", "same", "y"), Note("b", "other", "z", 3)]
    assert notes(found) == "2 files: same [a]\nz:3: other [b]\n"
    assert notes([]) == ""


def test_write(tmp_path):
    path = tmp_path / "out.csv"
    write(b"one", path)
    write(b"two", path)
    assert path.read_bytes() == b"two" and os.listdir(tmp_path) == ["out.csv"]


@pytest.mark.parametrize("name", ["folder", "folder/none/x", "file/x", "a" * 300])
def test_cannot_be_written(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("kept")
    with pytest.raises(OutputError, match=r"cannot be written .*; name another file") as caught:
        write(b"x", tmp_path / name)
    assert caught.value.exit_code == 73
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"] and os.listdir(tmp_path / "folder") == []


def test_here_is_a_folder(tmp_path, monkeypatch):
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match=r"^.: cannot be written .this is a folder."):
        write(b"x", Path())


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    from pathlib import Path

    path = tmp_path / "out.csv"
    path.write_text("old")
    full = Path.write_bytes

    def half(self, data):
        full(self, data[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OutputError, match=r"out.csv: cannot be written .No space left"):
        write(b"new", path)
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["out.csv"]


def test_links_and_devices_stay(tmp_path):
    from pathlib import Path

    (tmp_path / "real.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("real.csv")
    write(b"new", tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink() and (tmp_path / "real.csv").read_text() == "new"
    write(b"gone", Path("/dev/null"))
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_parquet_to_a_terminal(monkeypatch):
    import sys

    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    with pytest.raises(UsageError, match=r"Parquet is binary and would garble the terminal; add --out FILE"):
        write(b"PAR1", None, "parquet")


def test_no_nan_in_json():
    data = schema.frame("events", [{"timestamp": math.nan}])
    assert json.loads(serialise("events", [data], "json"))[0]["timestamp"] is None


def test_many_messages_of_one_code_are_counted():
    found = [Note("skipped", f"case {number} is skipped", "a.log", number) for number in range(1, 7)]
    text = notes([*found, Note("other", "once", "a.log", 9)])
    assert text.count("[skipped]") == 4 and "3 more of this kind [skipped]" in text and "once" in text


def test_long_lines_are_broken_for_a_terminal_only(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("COLUMNS", "40")
    text = "  the header promises 86 entries and 85 are here: the file was cut [missing-entries]\n"
    assert wrapped(text, io.StringIO()) == text
    lines = wrapped(text, Terminal()).splitlines()
    assert max(map(len, lines)) <= 40 and " ".join(" ".join(lines).split()) == text.strip()
