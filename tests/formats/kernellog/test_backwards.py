"""Logs with their newest line first: the same tables as the forward text, with the line numbers of the file."""

import corpus
import pandas as pd
import pytest
import second_reader
from reexpress import record, write

from amxperf.document import Document
from amxperf.formats import dmesg, recognise
from amxperf.formats.kernellog import backwards, stream

FORMS = ["stamp", "console with caller", "/dev/kmsg with caller", "journal short", "journal short-iso", "journal json",
         "dmesg -T -x", "mail quote"]  # fmt: skip


def rows():
    """The lines of many captures one behind the other, 100 ms apart."""
    texts = [(line.text, line.caller) for entry in corpus.logs()[::5] for line in second_reader.records(entry.data)]
    return [record(text, 10 + number / 10, caller) for number, (text, caller) in enumerate(texts)]


def turned(data: bytes) -> bytes:
    return b"".join(reversed(data.splitlines(keepends=True)))


@pytest.mark.parametrize("form", FORMS)
def test_turned_logs_give_the_tables_of_the_forward_text(form):
    data = write(rows(), form)
    assert not backwards.is_backwards(Document("a", data).head)
    want, notes = dmesg.read(Document("a", data), {})
    got, found = dmesg.read(Document("a", turned(data)), {})
    assert recognise(Document("a", turned(data))) == "dmesg"
    last = data.count(b"\n") + 1
    for name, table in want.items():
        back = {column: last - got[name][column] for column in ("line", "end") if column in table}
        pd.testing.assert_frame_equal(got[name].assign(**back), table, obj=name)
    assert found[0].code == "backwards"
    assert [(note.code, last - note.line) for note in found[1:]] == [(note.code, note.line) for note in notes]


def test_the_lines_lead_to_the_bytes_of_the_file():
    text = "[    4.000000] x\n[    3.300000]  g+0x1/0x2\n[    3.200000]  f+0x1/0x2\n[    3.000000] Call Trace:\n[    1.000000] y\n"
    tables, _ = dmesg.read(Document("a", text.encode()), {})
    assert tables["frames"][["line", "symbol"]].values.tolist() == [[3, "f"], [2, "g"]]
    assert tables["traces"][["line", "end", "headline"]].values.tolist() == [[4, 2, ""]]


def test_one_second_is_told_by_the_trace():
    head = [" f+0x1/0x2 [kvm]", "Call Trace:", "Hardware name: QEMU", "CPU: 1 PID: 7 Comm: x Not tainted 6.1.0 #1", "why"]
    stamped = ["Apr 29 00:58:14 host kernel: " + line for line in head]
    for lines in (head, stamped):
        assert backwards.is_backwards(lines)
        assert not backwards.is_backwards(lines[::-1])
        found, _ = dmesg.read(Document("a", "\n".join(lines).encode()), {})
        assert found["traces"][["cpu", "pid", "comm", "hardware"]].values.tolist() == [[1, 7, "x", "QEMU"]]


@pytest.mark.parametrize("stamps", [
    [1, 2, 3, 0.1, 1, 2, 0.1, 1, 2, 0.1, 1, 2], [5, 4.999, 4.998, 6, 7], [3, 2], [3, 3, 3, 3], [9, 8, 7, 8, 9, 8],
])  # fmt: skip
def test_boots_and_small_disorder_are_no_turned_log(stamps):
    assert not backwards.is_backwards([f"[{stamp:12.6f}] x" for stamp in stamps])


def test_several_boots_turned():
    data = "".join(f"[{stamp:12.6f}] line\n" for boot in range(2) for stamp in range(40)).encode()
    tables, notes = dmesg.read(Document("a", turned(data)), {})
    assert [note.code for note in notes] == ["backwards", "several-boots"]
    assert tables["lines"]["boot"].tolist() == ["1"] * 40 + ["2"] * 40
    assert tables["lines"]["line"].tolist() == list(range(80, 0, -1))


def test_they_are_not_streamed(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(turned(write(rows(), "stamp")))
    with pytest.raises(stream.Unsuited):
        stream.write(log, tmp_path / "out")
    files = stream.whole(log, tmp_path, ("frames",))
    want = dmesg.read(Document(str(log), log.read_bytes()), {})[0]["frames"]
    pd.testing.assert_frame_equal(pd.read_parquet(files["frames"]), want, check_dtype=False, check_categorical=False)
