"""Where a figure comes from and how it is cited."""

import io

import pytest

from amxperf import RELEASED, __version__
from amxperf.manifest import KINDS
from amxperf.provenance import SITE, address, architectural, bibtex, citation, code_sha256, provenance, weakest


@pytest.fixture
def origin(data):
    return provenance(data("vm-onednn"), "aggregated", launches=40)


def test_of_one(origin, data):
    assert (origin.datasets, origin.kind, origin.processing, origin.launches) == (("vm-onednn",), "recorded", "aggregated", 40)
    assert origin.data == data("vm-onednn").sha256 and len(origin.code) == 64
    assert origin.to_dict()["date"] == "2026-11-23" and origin.boots is None


def test_of_several_is_as_weak_as_the_weakest(data):
    both = provenance([data("vm-onednn"), data("notes-2024")], "parsed")
    assert (both.kind, both.datasets) == ("transcribed", ("vm-onednn", "notes-2024"))
    assert both.data not in (data("vm-onednn").sha256, data("notes-2024").sha256)
    assert both.data != provenance([data("notes-2024"), data("vm-onednn")], "parsed").data


def test_order_of_kinds():
    assert KINDS == ("recorded", "published", "transcribed", "emulated", "synthetic")
    assert weakest(KINDS) == "synthetic" and weakest(["published", "recorded", "transcribed"]) == "transcribed"


def test_architectural():
    one, other = architectural("SDM", [8, 16]), architectural("SDM", [8, 17])
    assert one.kind == "published" and one.data != other.data and one.datasets == ()


def test_code_hash_covers_every_module(pytestconfig):
    import hashlib

    root = pytestconfig.rootpath / "amxperf"
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    code_sha256.cache_clear()
    assert code_sha256() == digest.hexdigest()


@pytest.mark.parametrize("site", [None, "https://example.org/amx/", "https://example.org/a_b"])
def test_citation(origin, monkeypatch, site):
    monkeypatch.delenv(SITE, raising=False) if site is None else monkeypatch.setenv(SITE, site)
    text = citation("isa-ratio", "AMX against AVX-512", origin)
    known = f"sha256 {origin.data[:12]}", f"code sha256 {origin.code[:12]}", f"version {__version__}", f"({RELEASED[:4]})"
    for part in (*known, "“AMX against AVX-512” [figure isa-ratio]", "vm-onednn (recorded, 2026-11-23"):
        assert part in text
    if site is None:
        assert address("isa-ratio") == "" and "http" not in text
    else:
        assert text.endswith(f" {site.rstrip('/')}/figures/isa-ratio/")


def parsed(text):
    from pybtex.database.input import bibtex as reader

    entries = reader.Parser().parse_stream(io.StringIO(text)).entries
    assert len(entries) == 1
    return next(iter(entries.items()))


def test_bibtex(origin, monkeypatch):
    monkeypatch.setenv(SITE, "https://example.org/a_b")
    key, entry = parsed(bibtex("isa-ratio", "AMX {and} 50 % of R&D_1", origin))
    assert (key, entry.type) == ("amxperf-isa-ratio", "incollection")
    assert entry.fields["title"] == r"{AMX \{and\} 50 \% of R\&D\_1}"
    assert entry.fields["url"] == "https://example.org/a_b/figures/isa-ratio/"
    assert entry.fields["year"] == RELEASED[:4] and origin.data[:12] in entry.fields["note"]
    assert [str(person) for person in entry.persons["author"]] == ["{The amxperf contributors}"]


def test_bibtex_without_a_site(origin, monkeypatch):
    monkeypatch.delenv(SITE, raising=False)
    assert "url" not in parsed(bibtex("x", "t", origin))[1].fields
