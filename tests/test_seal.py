"""Checksums written into a manifest."""

import hashlib

import pytest

from amxperf import open_dataset
from amxperf.errors import ManifestError, OutputError
from amxperf.seal import seal, section
from amxperf.verify import SUMS

LOG = "$ ./amx-test -d 10 -t 1 -i 1\nThroughput thread0: 744 bytes per second\n"
MANIFEST = """
# recorded on a Monday
[machine] # bench 3
cpu = "x"

[[files]]
match = "*.log"   # all of them
format = "amx_test"
"""


def test_section(make):
    root = make({"vm/1/a.log": LOG})
    digest = hashlib.sha256(LOG.encode()).hexdigest()
    assert section(root) == f'[checksums]\n"vm/1/a.log" = "sha256:{digest}"\n'


def test_keeps_everything_else_and_is_idempotent(make):
    root = make({"vm/1/a.log": LOG, "vm/2/a.log": LOG}, MANIFEST)
    before = (root / "dataset.toml").read_text()
    assert seal(root) == 2
    once = (root / "dataset.toml").read_text()
    assert once.startswith(before) and once.count("[checksums]") == 1
    assert seal(root) == 2
    assert (root / "dataset.toml").read_text() == once
    assert [note for note in open_dataset(root).notes if note.code == "no-checksums"] == []


def test_renews(make):
    root = make({"vm/1/a.log": LOG}, MANIFEST)
    seal(root)
    (root / "vm/1/a.log").rename(root / "vm/1/b.log")
    seal(root)
    assert list(open_dataset(root).manifest.checksums) == ["vm/1/b.log"]


def test_renews_what_vouches_for_it(make):
    root = make({"vm/1/a.log": LOG})
    listing = root.parent / SUMS
    other = "0" * 64 + "  other/dataset.toml"
    listing.write_text(f"{other}\n\n{'1' * 64}  mine/dataset.toml\n")
    seal(root)
    digest = hashlib.sha256((root / "dataset.toml").read_bytes()).hexdigest()
    assert [row for row in listing.read_text().splitlines() if row] == [f"{digest}  mine/dataset.toml", other]
    open_dataset(root)


def test_no_listing_is_made(make):
    root = make({"vm/1/a.log": LOG})
    seal(root)
    assert sorted(path.name for path in root.parent.iterdir()) == ["mine"]


def test_no_manifest(tmp_path):
    with pytest.raises(ManifestError, match=r"the dataset has no dataset.toml"):
        seal(tmp_path)


def test_cannot_be_written(make, monkeypatch):
    from pathlib import Path

    root = make({"vm/1/a.log": LOG})
    before = (root / "dataset.toml").read_bytes()

    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match=r"dataset.toml: cannot be written .No space left on device."):
        seal(root)
    assert (root / "dataset.toml").read_bytes() == before
