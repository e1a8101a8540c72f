"""A log streamed to Parquet holds the rows that the reader gives, in every table."""

import corpus
import pandas as pd
import pytest

from amxperf import read_dmesg
from amxperf.document import Document
from amxperf.errors import FormatError, UsageError
from amxperf.formats import dmesg
from amxperf.formats.kernellog import blocks, dialect, logjson, stream, tracemarks


def suited(entry):
    """Whether the compiled passes take the log: not JSON, no form of writing, no header in two lines."""
    document = Document("", entry.data)
    if logjson.looks_like_json(document.head) or dialect.passes(document.head):
        return False
    texts = [parts.message.strip() for _, parts, _ in dmesg.records(document)]
    return not any(tracemarks.BROKEN.fullmatch(text) or tracemarks.EIP.match(text) for text in texts)


LOGS = [entry for entry in corpus.logs() + corpus.pasted() if suited(entry)]
OOPS = b"""\
[    3.000000] tdx: Guest detected
[    3.500000] BUG: kernel NULL pointer dereference, address: 0000000000000008
[    3.500001] CPU: 1 PID: 77 Comm: CPU 0/KVM Not tainted 6.9.0 #1
[    3.500002] RIP: 0010:fpu_swap_kvm_fpstate+0x1f/0x90
[    3.500003] RSP: 0018:ffffc90000d6bd40 EFLAGS: 00010246
[    3.500004] Call Trace:
[    3.500005]  <TASK>
[    3.500006]  kvm_load_guest_fpu+0x3b/0x50 [kvm]
[    3.500007]  whole_of_a_module+0x80000000/0x123456789 [big]
[    3.500007]  </TASK>
[    3.500008] handle_xfd_event on CPU3
"""


def same(path, folder, monkeypatch, *, rows=5, chunk=300, tables=stream.STREAMED, made=blocks.Plain):
    """Stream a log in small pieces and hold every table against that of the plain reader; what was seen beside them."""
    monkeypatch.setattr(stream, "ROWS", rows)
    monkeypatch.setattr(stream, "MOST", 1 << 30)
    seen = stream.Seen()
    files = stream.write(path, folder, tables, side="host", seen=seen, functions=made(), chunk=chunk)
    assert tuple(files) == tuple(name for name in stream.STREAMED if name in tables)
    assert sorted(file.name for file in folder.iterdir()) == sorted(f"{name}.parquet" for name in files)
    want, notes = dmesg.read(Document(str(path), path.read_bytes()), {"side": "host"})
    for name, file in files.items():
        got = pd.read_parquet(file)
        assert list(got) == list(want[name])
        for column in got:
            assert got[column].astype(object).fillna("-").tolist() == want[name][column].astype(object).fillna("-").tolist(), (
                name, column,
            )  # fmt: skip
    assert seen.notes == notes
    assert (seen.lines, seen.left) == (len(want["lines"]), int((want["lines"]["role"] == "other").sum()))
    assert seen.boots == want["lines"]["boot"].nunique()
    return seen


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    monkeypatch.setenv("AMXPERF_ENGINE", "plain")


@pytest.mark.parametrize("number", range(4))
def test_rows_of_the_reader(number, tmp_path, monkeypatch):
    path = tmp_path / "log"
    path.write_bytes(OOPS + b"".join(entry.data for entry in LOGS[number::4]))
    assert same(path, tmp_path / "out", monkeypatch, chunk=700).boots > 1


def test_machine_code(tmp_path, monkeypatch):
    path = tmp_path / "log"
    path.write_bytes(OOPS + b"".join(entry.data for entry in LOGS[::4]))
    same(path, tmp_path / "out", monkeypatch, chunk=5000, made=blocks.compiled)


def test_most_of_the_corpus_is_held_against_it():
    assert len(LOGS) > 130


def test_one_boot(tmp_path, monkeypatch, pytestconfig):
    path = pytestconfig.rootpath / "data/notes-2024/vm/boot/host.dmesg"
    assert same(path, tmp_path, monkeypatch).boots == 1


def test_an_oops_becomes_an_event(tmp_path, monkeypatch):
    path = tmp_path / "log"
    path.write_bytes(OOPS)
    seen = same(path, tmp_path / "out", monkeypatch, rows=1, chunk=60)
    events = pd.read_parquet(tmp_path / "out" / "events.parquet")
    assert [note.code for note in seen.notes] == ["oversized"] and seen.notes[0].line == 9
    assert events[["line", "kind"]].values.tolist() == [[1, "tdx_guest"], [2, "oops"], [11, "handle_xfd_event"]]


@pytest.mark.parametrize("table", stream.STREAMED)
def test_single_tables(table, tmp_path, monkeypatch):
    path = tmp_path / "log"
    path.write_bytes(OOPS + OOPS.replace(b"[    3", b"[    1"))
    same(path, tmp_path / "out", monkeypatch, tables=(table,))


def test_progress_and_few_notes(tmp_path, pytestconfig, monkeypatch):
    path = pytestconfig.rootpath / "data/notes-2024/vm/boot/host.dmesg"
    parts, seen = [], stream.Seen()
    stream.write(path, tmp_path, ("frames",), seen=seen, progress=parts.append, functions=blocks.Plain(), chunk=500)
    assert sum(parts) == path.stat().st_size
    log = tmp_path / "log"
    log.write_bytes(b"".join(b"[    2.000000] ** %d printk messages dropped **\n" % number for number in range(1, 30)))
    stream.write(log, tmp_path / "out", ("lines",), seen=(seen := stream.Seen()), functions=blocks.Plain(), chunk=200)
    assert len(seen.notes) == stream.MOST and seen.more == {"lost-messages": 29 - stream.MOST}


def test_an_interrupted_call_leaves_nothing(tmp_path, pytestconfig):
    path = pytestconfig.rootpath / "data/notes-2024/vm/boot/host.dmesg"

    def interrupt(count):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stream.write(path, tmp_path, progress=interrupt, functions=blocks.Plain(), chunk=500)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_streamed(tmp_path):
    with pytest.raises(UsageError, match="name one or more of lines, traces, frames, registers, events"):
        stream.write("x", tmp_path, ("measurements",))
    empty = tmp_path / "empty"
    empty.write_bytes(b"\n \n")
    with pytest.raises(FormatError, match="the file is empty"):
        stream.write(empty, tmp_path / "out", functions=blocks.Plain())


def test_read_dmesg_gives_the_same(tmp_path, pytestconfig):
    path = pytestconfig.rootpath / "data/notes-2024/vm/boot/host.dmesg"
    files = stream.write(path, tmp_path, ("traces",), functions=blocks.Plain())
    assert pd.read_parquet(files["traces"])["headline"].tolist() == read_dmesg(path).traces["headline"].tolist()
