"""The figures of a built book, in a small fake one."""

import json
import os

import pytest

from amxperf.catalogue import catalogue, figure
from amxperf.checkout import find_root
from amxperf.errors import DataError, MissingInput, OutputError, UsageError

ENDINGS = ("svg", "png", "pdf", "csv", "bib", "citation.txt", "metadata.json")


@pytest.fixture
def book(tmp_path):
    """A checkout with a built book of two figures."""
    root = tmp_path / "checkout"
    (root / "book").mkdir(parents=True)
    (root / "_config.yml").write_text("title: x\n")
    for name, kind in (("tiles", "published"), ("isa-ratio", "recorded")):
        place = root / "_build/html/figures" / name
        place.mkdir(parents=True)
        files = [f"{name}.{ending}" for ending in ENDINGS]
        for file in files:
            (place / file).write_text(f"{file}\n")
        metadata = {"title": f"Title of {name}", "kind": kind, "citation": f"Cite {name}.", "files": files, "rows": 3}
        (place / f"{name}.metadata.json").write_text(json.dumps(metadata))
    return root


def test_list(book):
    found = catalogue(book)
    assert [(entry.name, entry.kind, entry.title) for entry in found] == [
        ("isa-ratio", "recorded", "Title of isa-ratio"), ("tiles", "published", "Title of tiles"),
    ]  # fmt: skip
    assert figure("tiles", book).citation == "Cite tiles." and figure("tiles", book).bibtex == "tiles.bib"


def test_found_from_below(book, monkeypatch):
    monkeypatch.chdir(book / "_build/html")
    assert find_root() == book and len(catalogue()) == 2


def test_export(book, tmp_path):
    written = figure("tiles", book).export(tmp_path / "new/folder")
    assert (
        sorted(path.name for path in written)
        == sorted(os.listdir(tmp_path / "new/folder"))
        == sorted(f"tiles.{e}" for e in ENDINGS)
    )
    assert (tmp_path / "new/folder/tiles.svg").read_text() == "tiles.svg\n"


def test_export_onto_a_file(book, tmp_path):
    (tmp_path / "file").write_text("kept")
    for target in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(OutputError, match=r"cannot be written .*; name another folder") as caught:
            figure("tiles", book).export(target)
        assert caught.value.exit_code == 73
    assert (tmp_path / "file").read_text() == "kept"


def test_export_into_a_forbidden_folder(book):
    with pytest.raises(OutputError, match=r"/proc/shut: cannot be written .*; name another folder"):
        figure("tiles", book).export("/proc/shut")  # where not even root makes a folder


def test_export_is_whole_or_nothing(book, tmp_path, monkeypatch):
    import shutil

    copy, calls = shutil.copyfile, []

    def full(source, target):
        calls.append(target)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return copy(source, target)

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OutputError, match=r"No space left on device"):
        figure("tiles", book).export(tmp_path / "to")
    assert os.listdir(tmp_path / "to") == []


def test_export_into_the_book_itself(book):
    place = book / "_build/html/figures/tiles"
    figure("tiles", book).export(place)
    assert sorted(os.listdir(place)) == sorted(f"tiles.{ending}" for ending in ENDINGS)


def test_unknown_figure(book):
    with pytest.raises(UsageError, match=r"no figure is called 'tile'; there are isa-ratio, tiles"):
        figure("tile", book)


def test_a_lost_file(book, tmp_path):
    (book / "_build/html/figures/tiles/tiles.pdf").unlink()
    with pytest.raises(MissingInput, match=r"tiles.pdf: the built book lacks this file; run `amxperf build`"):
        figure("tiles", book).export(tmp_path / "to")
    assert not (tmp_path / "to").exists()


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"title": "t"}'])
def test_damaged_metadata(book, text):
    (book / "_build/html/figures/tiles/tiles.metadata.json").write_text(text)
    with pytest.raises(DataError, match=r"tiles.metadata.json: the metadata of this figure is damaged; run `amxperf build` again"):
        catalogue(book)


def test_not_built(book, tmp_path):
    import shutil

    shutil.rmtree(book / "_build")
    with pytest.raises(MissingInput, match=r"the book has no figures yet; run `amxperf build` first"):
        catalogue(book)
    with pytest.raises(MissingInput, match=r"no checkout of the book here: .*; change into the checkout or name it with --root"):
        catalogue(tmp_path)
