"""Files as bytes and lines; every bad one is one sentence."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import fsspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from amxperf import document, read_dmesg, unpack
from amxperf.document import Document, load
from amxperf.errors import ChecksumError, FormatError, MissingInput, UsageError
from amxperf.formats import read_document

LINE = "[    1.000000] x86/fpu: xstate_offset\n"


def test_hash_is_of_the_file_on_disk(tmp_path):
    path = tmp_path / "a.log.gz"
    path.write_bytes(gzip.compress(LINE.encode()))
    document = load(path, source="vm/a")
    assert document.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (document.source, document.lines) == ("vm/a", [LINE.rstrip("\n")])


PACKERS = [(".gz", gzip.compress), (".xz", lzma.compress), (".bz2", bz2.compress), (".zst", zstandard.compress)]


@pytest.mark.parametrize(("ending", "pack"), PACKERS)
def test_packed(tmp_path, ending, pack):
    path = tmp_path / f"a{ending}"
    path.write_bytes(pack(LINE.encode()))
    assert load(path).text == LINE
    path.write_bytes(pack(LINE.encode() * 200)[:-9])
    with pytest.raises(FormatError, match=rf"a{ending}: (cannot be unpacked .*; check that the file is whole)"):
        load(path)


@pytest.mark.parametrize(("ending", "pack"), PACKERS)
def test_packed_in_parts(tmp_path, ending, pack):
    path = tmp_path / f"a{ending}"
    path.write_bytes(pack(LINE.encode()) + pack(LINE.encode() * 3000))
    assert load(path).text == LINE * 3001


def test_the_bytes_tell_the_packing_not_the_name(tmp_path):
    (tmp_path / "plain.gz").write_text(LINE)
    (tmp_path / "packed.log").write_bytes(gzip.compress(LINE.encode()))
    assert load(tmp_path / "plain.gz").text == load(tmp_path / "packed.log").text == LINE


@pytest.mark.parametrize(("ending", "pack"), PACKERS)
def test_a_bomb_is_refused(tmp_path, monkeypatch, ending, pack):
    monkeypatch.setattr(unpack, "SUSPECT", 1 << 20)
    path = tmp_path / f"bomb{ending}"
    path.write_bytes(pack(bytes(8 << 20)))
    with pytest.raises(FormatError, match=r"unpacks to more than \d+ MiB from \d+ bytes; unpack it yourself if it is no trap"):
        load(path)


def test_the_limit_can_be_set(tmp_path, monkeypatch):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(LINE.encode() * 10))
    monkeypatch.setenv("AMXPERF_UNPACK_LIMIT", str(len(LINE) * 10))
    assert load(path).text == LINE * 10
    monkeypatch.setenv("AMXPERF_UNPACK_LIMIT", "50")
    with pytest.raises(FormatError, match="unpacks to more than"):
        load(path)
    monkeypatch.setenv("AMXPERF_UNPACK_LIMIT", "much")
    with pytest.raises(UsageError, match="AMXPERF_UNPACK_LIMIT is 'much'; set it to a number of bytes"):
        load(path)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\r\nb\r\n", "a\nb\n"),
        (b"\xef\xbb\xbfa\n", "a\n"),
        ("a\u00b5\n".encode("utf-16"), "aµ\n"),
        (b"\xfe\xff" + "a\n".encode("utf-16-be"), "a\n"),
        (b"a\xff\n", "a\ufffd\n"),
        (LINE.encode("utf-16-le"), LINE),
        (LINE.encode("utf-16-be"), LINE),
        (LINE.encode("utf-16-le")[:-1], LINE.rstrip("\n")),
        (b"\0" * 512 + LINE.encode(), LINE),
        (b"a\0b\n", "ab\n"),
        (b"a\n\rb\n\r", "a\nb\n"),
        (b"a\rb\r", "a\nb\n"),
        (b"a\rb\n", "a\rb\n"),
        (b"\0" * 200_001 + LINE.encode(), LINE),
        (b"\0" * 200_001 + LINE.encode("utf-16-le")[1:], LINE[1:]),
        (b"\0" * 200_000 + LINE.encode("utf-16-be"), LINE),
    ],
)
def test_encodings(data, text):
    assert Document("x", data, "").text == text


@pytest.mark.parametrize("data", [b"", b" \n\t\n", b"\xef\xbb\xbf", b"\xff\xfe", "\r\n \r\n".encode("utf-16")])
def test_empty(data):
    with pytest.raises(FormatError, match=r"^x: the file is empty; record it again$"):
        _ = Document("x", data, "").text


@pytest.mark.parametrize("data", [b"\x7fELF\0\0", b"\0" * 4096, bytes(range(256)) * 20, b"\0\1\0\2" * 1000])
def test_binary(data):
    with pytest.raises(FormatError, match=r"^x: the file is binary; give a text log"):
        _ = Document("x", data, "").text
    assert Document("x", data, "").head == []


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_one_clear_error(data):
    try:
        text = Document("x", data).text
    except FormatError as error:
        assert str(error).startswith("x: the file is ")
    else:
        assert "\0" not in text and text.strip()


@pytest.mark.parametrize("front", [b"\n" * 300_000, b"\0" * 300_001])
def test_what_says_nothing_in_front_is_passed_over(front):
    assert Document("x", front + LINE.encode()).head == [LINE.rstrip("\n")]
    assert read_dmesg(io.BytesIO(front + LINE.encode())).lines["message"].iloc[-1] == "x86/fpu: xstate_offset"


def test_lines():
    assert Document("x", b"a\n\nb", "").lines == ["a", "", "b"]
    assert len(Document("x", b"a\n" * 500, "").head) == 400


def test_absent(tmp_path):
    (tmp_path / "a.log").write_text("x")
    for path in (tmp_path / "b.log", tmp_path / "a.log" / "b.log"):
        with pytest.raises(MissingInput, match=r"b.log: no such file; check the name"):
            load(path)


def test_folder(tmp_path):
    with pytest.raises(FormatError, match=r": this is a folder, not a file; name a file in it"):
        load(tmp_path)


def test_unreadable(tmp_path):
    with pytest.raises(FormatError, match=r"aaa: cannot be read .File name too long.; check its name and permissions"):
        load(tmp_path / ("a" * 300))


def test_forbidden(tmp_path, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root, who runs many a CI, reads everything
    path = tmp_path / "a.log"
    with pytest.raises(FormatError, match=r"a.log: cannot be read .Permission denied."):
        load(path)


def test_hash_is_checked_before_unpacking(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(b"damaged")
    with pytest.raises(ChecksumError, match=r"a.gz: the file was changed since its checksum was written; restore the original, or"):
        load(path, sha256="0" * 64)


# other inputs than a path


def test_file_objects(tmp_path):
    assert load(io.BytesIO(LINE.encode())).text == load(io.StringIO(LINE)).text == LINE
    assert load(io.BytesIO(gzip.compress(LINE.encode()))).text == LINE
    (tmp_path / "a.log").write_text(LINE)
    with open(tmp_path / "a.log") as stream:
        assert load(stream).source == str(tmp_path / "a.log")
    with pytest.raises(FormatError, match=r"a.log: cannot be read .I/O operation on closed file.*; open it again"):
        load(stream)
    assert read_dmesg(io.BytesIO(LINE.encode())).lines["message"].tolist() == ["x86/fpu: xstate_offset"]


def test_no_file_at_all():
    with pytest.raises(UsageError, match=r"^a int is no file; give a path, an address or an open file$"):
        load(3)


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINE.encode())))
    found = load("-")
    assert (found.source, found.text) == ("stdin", LINE)


def test_addresses():
    with fsspec.open("memory://logs/a.log", "wb") as stream:
        stream.write(LINE.encode())
    found = load("memory://logs/a.log")
    assert (found.source, found.text) == ("memory://logs/a.log", LINE)
    with pytest.raises(MissingInput, match=r"memory://logs/b.log: no such file; check the address"):
        load("memory://logs/b.log")
    with pytest.raises(UsageError, match=r"gopher://x/y cannot be opened .*gopher.*; download the file and give its path"):
        load("gopher://user:secret@x/y")


@pytest.fixture
def server(tmp_path):
    """The address of a web server on this machine that serves the folder of the test."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def test_addresses_of_the_web(server, tmp_path):
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(LINE.encode()))
    found = load(f"{server}/a.log.gz")
    assert (found.source, found.text) == (f"{server}/a.log.gz", LINE)
    with pytest.raises(MissingInput, match=r"/b.log: no such file; check the address"):
        load(f"{server}/b.log")
    with pytest.raises(FormatError, match=r"http://127.0.0.1:1/: cannot be fetched .*refused.*; download the file"):
        load("http://user:secret@127.0.0.1:1/")


def test_a_stream_without_an_end(monkeypatch):
    monkeypatch.setenv("AMXPERF_UNPACK_LIMIT", str(3 << 20))
    with open("/dev/zero", "rb") as stream:
        for path in "/dev/zero", stream:
            with pytest.raises(FormatError, match=r"/dev/zero: more than 3 MiB came, without an end; save it in a file"):
                load(path)


def test_a_pipe_with_a_name(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = Thread(target=path.write_text, args=(LINE,))
    writer.start()
    assert load(path).text == LINE
    writer.join()


def test_names_that_are_no_text(tmp_path):
    path = os.fsencode(tmp_path) + b"/caf\xe9.log"
    with open(path, "w") as stream:
        stream.write(LINE)
    assert read_dmesg(os.fsdecode(path)).lines["source"][0].endswith("/caf\\udce9.log")


def test_a_large_file_waits_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(document, "LARGE", 100)
    path = tmp_path / "a.log"
    path.write_text(LINE * 5000)
    found = load(path)
    assert "data" not in vars(found) and found.size == path.stat().st_size
    assert len(found.head) == 400 and "data" not in vars(found)
    with found.open() as stream:
        assert stream.read() == path.read_bytes()
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.text == LINE * 5000
    found = load(path)
    path.write_text(LINE * 2)
    capture = read_document(found, "dmesg")
    assert len(capture.lines) == 2 and [note.code for note in capture.notes] == ["shrunk"]
    path.write_bytes(gzip.compress((LINE * 5000).encode()) + bytes(200))
    assert load(path).size == len(LINE) * 5000
