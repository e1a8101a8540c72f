"""A hash that is taken late is that of the file that was read, or none."""

import hashlib
import os
import time

import pytest

from amxperf import digest, document, read_dmesg
from amxperf.digest import Digest
from amxperf.errors import FormatError

LOG = b"[    1.000000] handle_xfd_event on CPU3\n"


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(document, "LARGE", 10)
    monkeypatch.setattr(digest, "TICK", 0)
    (tmp_path / "a.log").write_bytes(LOG)
    return tmp_path / "a.log"


def test_hash_of_a_large_file(path):
    capture = read_dmesg(path)
    assert isinstance(capture.digest, Digest)
    assert capture.sha256 == hashlib.sha256(LOG).hexdigest()


def test_a_changed_file_has_none(path):
    capture = read_dmesg(path)
    before = path.stat()
    time.sleep(0.02)  # longer than a tick of the kernel
    path.write_bytes(LOG.replace(b"3", b"4"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # a program can set this time, but not the other
    with pytest.raises(FormatError, match=r"a\.log: the file was changed since it was read, so it has no checksum; read it again"):
        _ = capture.sha256


def test_a_replaced_or_lost_file_has_none(path, tmp_path):
    capture = read_dmesg(path)
    (tmp_path / "b.log").write_bytes(LOG)
    (tmp_path / "b.log").replace(path)
    with pytest.raises(FormatError, match="was changed since it was read"):
        _ = capture.sha256
    path.unlink()
    with pytest.raises(FormatError, match=r"its checksum cannot be taken \(No such file or directory\); read it again where"):
        _ = capture.sha256
    assert repr(capture.digest) == f"Digest({str(path)!r})"


def test_a_file_that_changes_while_it_is_hashed(path, monkeypatch):
    late = Digest(path)
    digest_of = hashlib.file_digest

    def change(stream, name):
        path.write_bytes(LOG * 2)
        return digest_of(stream, name)

    monkeypatch.setattr(hashlib, "file_digest", change)
    with pytest.raises(FormatError, match="was changed since it was read"):
        _ = late.hexadecimal


def test_a_file_that_just_changed_is_hashed_at_once(path, monkeypatch):
    monkeypatch.setattr(digest, "TICK", 3600 * 10**9)
    capture = read_dmesg(path)
    path.write_bytes(LOG * 2)
    assert capture.sha256 == hashlib.sha256(LOG).hexdigest()
