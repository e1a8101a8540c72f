"""Files as bytes and lines; every bad one is one sentence."""

import bz2
import gzip
import hashlib
import lzma
from pathlib import Path

import pytest

from amxperf.document import Document, load
from amxperf.errors import ChecksumError, FormatError, MissingInput

LINE = "[    1.000000] x86/fpu: xstate_offset\n"


def test_hash_is_of_the_file_on_disk(tmp_path):
    path = tmp_path / "a.log.gz"
    path.write_bytes(gzip.compress(LINE.encode()))
    document = load(path, source="vm/a")
    assert document.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (document.source, document.lines) == ("vm/a", [LINE.rstrip("\n")])


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress), (".bz2", bz2.compress)])
def test_packed(tmp_path, ending, pack):
    path = tmp_path / f"a{ending}"
    path.write_bytes(pack(LINE.encode()))
    assert load(path).text == LINE
    path.write_bytes(pack(LINE.encode())[:-9])
    with pytest.raises(FormatError, match=rf"a{ending}: cannot be unpacked .*; check that the file is whole"):
        load(path)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\r\nb\r\n", "a\nb\n"),
        (b"\xef\xbb\xbfa\n", "a\n"),
        ("a\u00b5\n".encode("utf-16"), "aµ\n"),
        (b"\xfe\xff" + "a\n".encode("utf-16-be"), "a\n"),
        (b"a\xff\n", "a\ufffd\n"),
    ],
)
def test_encodings(data, text):
    assert Document("x", data, "").text == text


@pytest.mark.parametrize("data", [b"", b" \n\t\n", b"\xef\xbb\xbf", b"\xff\xfe", "\r\n \r\n".encode("utf-16")])
def test_empty(data):
    with pytest.raises(FormatError, match=r"^x: the file is empty; record it again$"):
        _ = Document("x", data, "").text


@pytest.mark.parametrize("data", [b"\x7fELF\0\0", "a line without a mark\n".encode("utf-16-le")])
def test_binary_and_unmarked_utf16(data):
    with pytest.raises(FormatError, match=r"^x: the file is binary; give a text log"):
        _ = Document("x", data, "").text
    assert Document("x", data, "").head == []


def test_broken_utf16():
    with pytest.raises(FormatError, match=r"^x: the file starts like UTF-16 and breaks at byte 2; save it as UTF-8$"):
        _ = Document("x", b"\xff\xfea", "").text


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
    with pytest.raises(ChecksumError, match=r"a.gz: the file was changed since its checksum was written; restore the original"):
        load(path, sha256="0" * 64)
