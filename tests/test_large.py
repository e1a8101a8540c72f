"""Large kernel logs: the same bytes as the way of small ones, and nothing half-written."""

import io
import json
import os
import signal
import sys
import threading
from functools import partial

import corpus
import pandas as pd
import pytest

from amxperf import large, read_dmesg
from amxperf.cli import main
from amxperf.errors import OutputError
from amxperf.formats.kernellog import blocks, engine, stream
from amxperf.output import serialise
from amxperf.summary import summary

PACKED = (b"{", b"\x1f", b"\xfd")
"""What JSON and packed files begin with."""


@pytest.fixture
def log(monkeypatch, pytestconfig):
    """A log that counts as large, read in chunks of 500 bytes by the uncompiled functions."""
    monkeypatch.setattr(large, "SIZE", 1)
    monkeypatch.setattr(engine, "wanted", lambda document: True)
    monkeypatch.setattr(stream, "write", partial(stream.write, functions=blocks.Plain(), chunk=500))
    monkeypatch.setattr(stream, "ROWS", 20)
    return str(pytestconfig.rootpath / "data/notes-2024/vm/boot/host.dmesg")


def test_which_files(log, tmp_path, pytestconfig):
    assert large.streams(log, None, None) and large.streams(log, "dmesg", "frames")
    assert large.streams(log, None, "events") and not large.streams(log, None, "measurements")
    assert not large.streams(log, "ftrace", None) and not large.streams("-", None, None)
    assert not large.streams(str(tmp_path), None, None)
    assert not large.streams(str(pytestconfig.rootpath / "data/vm-ftrace/vm/first-use/guest.trace"), None, None)


@pytest.mark.parametrize("table", ["lines", "frames", "traces", "registers", "events"])
@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "parquet"])
def test_same_rows_as_the_way_of_small_files(log, tmp_path, table, form):
    out = tmp_path / f"out.{form}"
    large.export(log, table, form, out)
    assert os.listdir(tmp_path) == [out.name]
    whole = read_dmesg(log).table(table)
    if form == "parquet":
        got = pd.read_parquet(out)
        assert [got[name].astype(object).fillna("").tolist() for name in got] == [
            whole[name].astype(object).fillna("").tolist() for name in whole
        ]
        return
    assert out.read_bytes() == serialise(table, [whole], form)


def test_to_a_pipe(log, monkeypatch):
    pipe = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", pipe)
    large.export(log, "frames", "jsonl", None)
    rows = [json.loads(line) for line in pipe.buffer.getvalue().splitlines()]
    assert [row["function"] for row in rows] == read_dmesg(log).frames["function"].tolist()


def test_the_summary(log, capsys, monkeypatch):
    assert main(["parse", log]) == 0
    text = capsys.readouterr().out
    assert "dmesg: 104 lines, 6 traces, 75 frames, 3 events" in text and "1 boot, stamps from " in text
    monkeypatch.setattr(large, "SIZE", 1 << 40)
    assert main(["parse", log]) == 0
    assert capsys.readouterr().out == text


@pytest.mark.parametrize("number", range(3))
def test_the_summary_of_many_captures(log, number, tmp_path):
    """Two boots and more, events, traces without frames, notes: the same words as from memory."""
    path = tmp_path / "log"
    path.write_bytes(b"".join(entry.data for entry in corpus.logs()[number::3] if not entry.data.startswith(PACKED)))
    assert large.summary(str(path)) == summary(read_dmesg(path))


def test_an_interruption_leaves_nothing(log, monkeypatch, tmp_path):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(large, "_texts", interrupt)
    assert main(["parse", log, "--table", "frames", "--out", str(tmp_path / "out.csv")]) == 130
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_leaves_nothing(log, monkeypatch, tmp_path, sign):
    monkeypatch.setattr(large, "_texts", lambda *arguments: os.kill(os.getpid(), sign) or [])
    assert main(["parse", log, "--table", "frames", "--out", str(tmp_path / "out.csv")]) == 130
    assert os.listdir(tmp_path) == [] and signal.getsignal(sign) == signal.SIG_DFL


def test_a_device_stays_one(log, tmp_path):
    """What is no plain file, such as /dev/null, is written to and not replaced."""
    pipe, rows = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: rows.extend(pipe.read_text().splitlines()))
    reader.start()
    assert main(["parse", log, "--table", "frames", "--format", "csv", "--out", str(pipe)]) == 0
    reader.join()
    assert len(rows) == 76 and pipe.is_fifo()


def test_a_reader_that_goes(log, monkeypatch):
    def gone(*arguments):
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(large, "_texts", gone)
    monkeypatch.setattr("amxperf.exits._drop_output", lambda: None)
    assert main(["parse", log, "--table", "frames"]) == 0


def test_on_a_terminal(log, monkeypatch, tmp_path, capsysbinary):
    path = tmp_path / "log"
    path.write_bytes(b"[    1.000000] a\x1b]8;;x\xc2\x9b\n" * 3)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert main(["parse", str(path), "--table", "lines", "--reader", "dmesg"]) == 0
    assert capsysbinary.readouterr().out.count(b"a\\x1b]8;;x") == 3


def test_a_folder_that_is_not_there(log, tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        large.export(log, "frames", "csv", tmp_path / "none" / "out.csv")
